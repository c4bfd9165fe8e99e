//! `/composite` and its relatives.

use serde_json::{Value, json};

use crate::support::{Org, small_org};

fn lead(reference: &str, name: Option<&str>) -> Value {
    json!({"method": "POST", "url": "/services/data/v66.0/sobjects/Lead", "referenceId": reference, "body": {"LastName": name, "Company": "X"}})
}

fn used(org: &Org) -> u64 {
    org.sandbox.stats()["api_calls"].as_u64().unwrap()
}

#[tokio::test]
async fn one_call_finds_creates_and_refers() {
    let org = Org::start(small_org()).await;
    let body = json!({"allOrNone": false, "compositeRequest": [
        {"method": "GET", "url": "/services/data/v66.0/query/?q=SELECT+Id+FROM+Contact+WHERE+Email+IN+('chloe.myers%40acme.test')", "referenceId": "found"},
        {"method": "POST", "url": "/services/data/v66.0/composite/sobjects", "referenceId": "people", "body": {"records": [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": "X"}]}},
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Event", "referenceId": "e1", "body": {"WhoId": "@{found.records[0].Id}", "StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 30}},
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Event", "referenceId": "e2", "body": {"WhoId": "@{people[0].id}", "StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 30}},
        {"method": "GET", "url": "/services/data/v66.0/sobjects/Event/@{e1.id}?fields=WhoId", "referenceId": "read"},
        {"method": "PATCH", "url": "/services/data/v66.0/sobjects/Event/@{e1.Id}", "referenceId": "wrong_case", "body": {"Subject": "x"}},
        {"method": "PATCH", "url": "/services/data/v66.0/sobjects/Event/@{e2.id}", "referenceId": "right", "body": {"Subject": "x"}},
    ]});
    let answer = org.post("/composite", body).await;
    assert_eq!(answer.status, 200);
    let responses = answer.body["compositeResponse"].as_array().unwrap();
    let statuses: Vec<u64> = responses.iter().map(|r| r["httpStatusCode"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 201, 201, 200, 400, 204], "{}", answer.body);
    assert_eq!(responses[4]["body"]["WhoId"], responses[0]["body"]["records"][0]["Id"]);
    assert!(responses[2]["httpHeaders"]["Location"].as_str().unwrap().contains("/sobjects/Event/00U"));
    assert_eq!(responses[5]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert!(
        responses[5]["body"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("Invalid reference specified. No value for e1.Id found in e1.")
    );
    assert_eq!(used(&org), 1);
    assert_eq!(answer.headers["sforce-limit-info"], "api-usage=1/15000");
}

#[tokio::test]
async fn all_or_none_undoes_everything() {
    let org = Org::start(small_org()).await;
    let body =
        json!({"allOrNone": true, "compositeRequest": [lead("a", Some("A")), lead("b", None), lead("c", Some("C"))]});
    let responses = org.post("/composite", body).await.body["compositeResponse"].clone();
    let codes: Vec<&Value> = responses.as_array().unwrap().iter().map(|r| &r["body"][0]["errorCode"]).collect();
    assert_eq!(codes, ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]);
    assert_eq!(org.query("SELECT COUNT() FROM Lead").await.body["totalSize"], 2);
    let body = json!({"compositeRequest": [lead("a", Some("A")), lead("b", None), lead("c", Some("C"))]});
    let responses = org.post("/composite", body).await.body["compositeResponse"].clone();
    let statuses: Vec<&Value> = responses.as_array().unwrap().iter().map(|r| &r["httpStatusCode"]).collect();
    assert_eq!(statuses, [201, 400, 201]);
}

#[tokio::test]
async fn an_outer_all_or_none_overrules_a_collections_own() {
    let org = Org::start(small_org()).await;
    let collection = |reference: &str, names: &[Option<&str>]| {
        let records: Vec<Value> =
            names.iter().map(|n| json!({"attributes": {"type": "Lead"}, "LastName": n, "Company": "X"})).collect();
        json!({"method": "POST", "url": "/services/data/v66.0/composite/sobjects", "referenceId": reference, "body": {"allOrNone": false, "records": records}})
    };
    let body = json!({"allOrNone": true, "compositeRequest": [lead("x", Some("X")), collection("a", &[Some("A")]), collection("b", &[Some("B"), None]), lead("d", Some("D"))]});
    let responses = org.post("/composite", body).await.body["compositeResponse"].clone();
    assert_eq!(responses[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(responses[1]["body"][0]["success"], true, "says success although it was undone");
    assert_eq!(responses[2]["body"][0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(responses[3]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(org.query("SELECT COUNT() FROM Lead").await.body["totalSize"], 2);
}

#[tokio::test]
async fn limits_and_names_of_subrequests() {
    let org = Org::start(small_org()).await;
    let query = |n: usize| json!({"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Lead", "referenceId": format!("q{n}")});
    let leads = |n: usize| (0..n).map(|i| lead(&format!("r{i}"), Some("A"))).collect::<Vec<_>>();
    for (requests, status) in [
        (leads(25), 200),
        (leads(26), 400),
        ((0..5).map(query).collect(), 200),
        ((0..6).map(query).collect(), 400),
        (vec![lead("a-b", Some("A"))], 400),
        (vec![lead("a.b", Some("A"))], 400),
        (vec![lead("a", Some("A")), lead("a", Some("A"))], 400),
        (vec![], 400),
    ] {
        let count = requests.len();
        let answer = org.post("/composite", json!({"compositeRequest": requests})).await;
        assert_eq!(answer.status, status, "{count}: {}", answer.body);
        assert_eq!(answer.body.is_array(), status == 400);
    }
    let mut with_header = lead("a", Some("A"));
    with_header["httpHeaders"] = json!({"Authorization": "x"});
    assert_eq!(org.post("/composite", json!({"compositeRequest": [with_header]})).await.status, 400);
    let id = org.create("Lead", json!({"LastName": "Cond", "Company": "X"})).await;
    let old = json!({"method": "PATCH", "url": format!("/services/data/v66.0/sobjects/Lead/{id}"), "referenceId": "a", "body": {"Title": "x"}, "httpHeaders": {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}});
    let answer = org.post("/composite", json!({"compositeRequest": [old]})).await;
    assert_eq!(answer.body["compositeResponse"][0]["httpStatusCode"], 412);
}

#[tokio::test]
async fn long_queries_travel_in_the_body_only() {
    let org = Org::start(small_org()).await;
    let mails: Vec<String> = (0..1_000).map(|n| format!("'person{n}@company.test'")).collect();
    let soql = format!("SELECT Id FROM Contact WHERE Email IN ({},'chloe.myers@acme.test')", mails.join(","));
    assert_eq!(org.query(&soql).await.status, 414);
    let url = format!("/services/data/v66.0/query?q={}", soql.replace(' ', "+"));
    let answer =
        org.post("/composite", json!({"compositeRequest": [{"method": "GET", "url": url, "referenceId": "q"}]})).await;
    assert_eq!(answer.body["compositeResponse"][0]["body"]["totalSize"], 1);
    let longer = format!("{soql}{}", " ".repeat(100_000));
    let url = format!("/services/data/v66.0/query?q={}", longer.replace(' ', "+"));
    let answer =
        org.post("/composite", json!({"compositeRequest": [{"method": "GET", "url": url, "referenceId": "q"}]})).await;
    assert_eq!(answer.body["compositeResponse"][0]["body"][0]["errorCode"], "MALFORMED_QUERY");
}

#[tokio::test]
async fn a_batch_counts_each_request() {
    let org = Org::start(small_org()).await;
    let body = json!({"batchRequests": [
        {"method": "GET", "url": "v66.0/limits"},
        {"method": "POST", "url": "v66.0/sobjects/Lead", "richInput": {"LastName": "B"}},
        {"method": "PATCH", "url": "v66.0/sobjects/Lead/00Q000000000009EAA", "richInput": {}},
    ]});
    let answer = org.post("/composite/batch", body).await;
    let statuses: Vec<&Value> = answer.body["results"].as_array().unwrap().iter().map(|r| &r["statusCode"]).collect();
    assert_eq!((statuses, &answer.body["hasErrors"]), (vec![&json!(200), &json!(400), &json!(404)], &json!(true)));
    assert_eq!(used(&org), 3);
}

#[tokio::test]
async fn a_tree_is_made_whole_or_not_at_all() {
    let org = Org::start(small_org()).await;
    let tree = |last: Option<&str>| {
        json!({"records": [{"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Tree", "Contacts": {"records": [
            {"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "One"},
            {"attributes": {"type": "Contact", "referenceId": "c2"}, "LastName": last}]}}]})
    };
    let failed = org.post("/composite/tree/Account/", tree(None)).await;
    assert_eq!((failed.status, &failed.body["hasErrors"]), (400, &json!(true)));
    assert_eq!(failed.body["results"][0]["referenceId"], "c2");
    assert_eq!(failed.body["results"][0]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(org.query("SELECT COUNT() FROM Account").await.body["totalSize"], 1);
    let made = org.post("/composite/tree/Account", tree(Some("Two"))).await;
    assert_eq!((made.status, made.body["results"].as_array().unwrap().len()), (201, 3));
    assert_eq!(org.query("SELECT COUNT() FROM Contact WHERE Account.Name = 'Tree'").await.body["totalSize"], 2);
}

#[tokio::test]
async fn each_graph_is_a_transaction() {
    let org = Org::start(small_org()).await;
    let graph = |id: &str, second: Option<&str>| {
        json!({"graphId": id, "compositeRequest": [
            lead("person", Some("G")),
            {"method": "PATCH", "url": "/services/data/v66.0/sobjects/Lead/@{person.id}", "referenceId": "name", "body": {"LastName": second}}]})
    };
    let answer = org.post("/composite/graph", json!({"graphs": [graph("1", Some("Good")), graph("2", None)]})).await;
    let graphs = answer.body["graphs"].as_array().unwrap();
    assert_eq!((&graphs[0]["isSuccessful"], &graphs[1]["isSuccessful"]), (&json!(true), &json!(false)));
    assert_eq!(graphs[1]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(org.column("SELECT LastName FROM Lead WHERE Company = 'X'", "LastName").await, [json!("Good")]);
    let query = json!({"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Lead", "referenceId": "q"});
    let answer = org.post("/composite/graph", json!({"graphs": [{"graphId": "1", "compositeRequest": [query]}]})).await;
    assert_eq!(answer.status, 400);
}
