//! The Salesforce client against answers of every shape the API, its proxies and broken networks give.

#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used)] // a stand-in that cannot play its part should fail its test

#[path = "salesforce_client/faults.rs"]
mod faults;
#[path = "salesforce_client/login.rs"]
mod login;
#[path = "salesforce_client/stand_in.rs"]
mod stand_in;

use rolodeck::salesforce::{
    ApiError, ClientConfig, CollectionRequest, Composite, DuplicateRules, ErrorClass, RecordRef, Row, Saved, SfId,
    Subrequest, Usage, classify,
};
use serde_json::{Map, Value, json};
use stand_in::{Reply, StandIn, TOKEN, config_at};

fn id(text: &str) -> SfId {
    text.parse().unwrap()
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

fn leads(count: usize) -> CollectionRequest {
    let row = |n| Row::new("Lead", fields(json!({"LastName": format!("L{n}"), "Company": "C"})));
    CollectionRequest::Create((0..count).map(row).collect())
}

fn page(ids: &[&str], next: Option<&str>) -> Value {
    let records: Vec<_> = ids.iter().map(|id| json!({"attributes": {"type": "Contact"}, "Id": id})).collect();
    let mut page = json!({"totalSize": 5, "done": next.is_none(), "records": records});
    if let Some(next) = next {
        page["nextRecordsUrl"] = json!(next);
    }
    page
}

const SAVED: &str = "00Q000000000001EAA";
const ANA: &str = "003000000000001AAA";
const BEN: &str = "003000000000002AAA";

#[tokio::test]
async fn five_collections_are_one_call_with_an_outcome_for_each_row() {
    let saved = json!({"id": SAVED, "success": true, "errors": []});
    let upserted = json!({"id": ANA, "success": true, "errors": [], "created": true});
    let refused = json!({"success": false, "errors": [
        {"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Company]", "fields": ["Company"]}]});
    let envelope = json!([{"errorCode": "JSON_PARSER_ERROR", "message": "bad date"}]);
    let stand_in = StandIn::playing([Reply::composite(&[
        // Not in the order of the requests: references tell them apart.
        ("collection4", 200, json!([saved])),
        ("collection0", 200, json!([saved, refused])),
        ("collection1", 200, json!([saved])),
        ("collection2", 200, json!([upserted])),
        ("collection3", 400, envelope),
    ])])
    .await;
    let client = stand_in.client();
    let upsert = CollectionRequest::Upsert {
        object: "Contact".to_owned(),
        external_id_field: "Email".to_owned(),
        rows: vec![Row::new("Contact", fields(json!({"Email": "a@x.io", "LastName": "A"})))],
    };
    let update = CollectionRequest::Update(vec![Row::existing("Lead", id(SAVED), fields(json!({"Title": "T"})))]);
    let results = client
        .collections(&[leads(2), CollectionRequest::Delete(vec![id(SAVED)]), upsert, leads(1), update, leads(0)])
        .await;

    let first = results[0].as_ref().unwrap();
    assert_eq!(first[0].clone().into_result(), Ok(id(SAVED)));
    assert_eq!(first[1].errors[0].fields, ["Company"]);
    assert!(results[1].as_ref().unwrap()[0].success);
    assert_eq!(results[2].as_ref().unwrap()[0].created, Some(true));
    assert_eq!(classify(results[3].as_ref().unwrap_err()), ErrorClass::Split);
    assert!(results[4].as_ref().unwrap()[0].success);
    assert_eq!(results[5], Ok(vec![]), "an empty collection costs nothing");

    assert_eq!(client.calls_made(), 1);
    let asked = &stand_in.asked()[0];
    assert_eq!((asked.method.as_str(), asked.uri.as_str()), ("POST", "/services/data/v66.0/composite"));
    let body = asked.json();
    assert_eq!(body["allOrNone"], false);
    let subs = body["compositeRequest"].as_array().unwrap();
    let urls: Vec<_> = subs.iter().map(|s| format!("{} {}", s["method"], s["url"]).replace('"', "")).collect();
    assert_eq!(
        urls,
        [
            "POST /services/data/v66.0/composite/sobjects",
            "DELETE /services/data/v66.0/composite/sobjects?ids=00Q000000000001EAA&allOrNone=false",
            "PATCH /services/data/v66.0/composite/sobjects/Contact/Email",
            "POST /services/data/v66.0/composite/sobjects",
            "PATCH /services/data/v66.0/composite/sobjects",
        ]
    );
    assert_eq!(subs[0]["body"]["records"][1]["LastName"], "L1");
    assert!(subs.iter().all(|sub| sub["httpHeaders"]["Sforce-Auto-Assign"] == "FALSE"));
}

#[tokio::test]
async fn a_sixth_collection_is_a_second_call() {
    let rows = || json!([{"id": SAVED, "success": true, "errors": []}]);
    let five: Vec<_> = ["collection0", "collection1", "collection2", "collection3", "collection4"]
        .map(|reference| (reference, 200, rows()))
        .into();
    let stand_in = StandIn::playing([Reply::composite(&five), Reply::composite(&[("collection5", 200, rows())])]).await;
    let client = stand_in.client();
    let results = client.collections(&vec![leads(1); 6]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(client.calls_made(), 2);
}

#[tokio::test]
async fn a_failure_of_the_whole_org_stops_the_calls_after_it() {
    let limit = json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]);
    let stand_in = StandIn::playing([Reply::json(403, &limit)]).await;
    let client = stand_in.client();
    let results = client.collections(&vec![leads(1); 11]).await;
    assert!(matches!(&results[0], Err(ApiError::Api { status: 403, .. })));
    for result in &results[5..] {
        let error = result.as_ref().unwrap_err();
        assert!(matches!(error, ApiError::Skipped(_)) && !error.may_have_committed(), "{error:?}");
        assert_eq!(classify(error), ErrorClass::Limit);
    }
    assert_eq!(client.calls_made(), 1);
}

#[tokio::test]
async fn an_impossible_collection_does_not_hold_the_others() {
    let stand_in = StandIn::playing([Reply::composite(&[(
        "collection1",
        200,
        json!([{"id": SAVED, "success": true, "errors": []}]),
    )])])
    .await;
    let results = stand_in.client().collections(&[leads(201), leads(1)]).await;
    assert!(matches!(results[0], Err(ApiError::Request(_))) && results[1].is_ok());
}

#[tokio::test]
async fn queries_are_one_call_and_their_pages_are_followed() {
    let next = "/services/data/v66.0/query/01g000000000001AAA-2000";
    let last = "/services/data/v66.0/query/01g000000000001AAA-4000";
    let malformed = json!([{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}]);
    let stand_in = StandIn::playing([
        Reply::composite(&[
            ("query0", 200, page(&[ANA], Some(next))),
            ("query1", 400, malformed),
            ("query2", 200, page(&[], None)),
        ]),
        Reply::json(200, &page(&[BEN], Some(last))),
        Reply::json(200, &page(&["003000000000003AAA"], None)),
    ])
    .await;
    let client = stand_in.client();
    let results =
        client.queries(&["SELECT Id FROM Contact WHERE Email IN ('a+b@x.io')", "oops", "SELECT Id FROM Lead"]).await;
    let ids: Vec<_> = results[0].as_ref().unwrap().iter().map(|r| r.id().unwrap().to_string()).collect();
    assert_eq!(ids, [ANA, BEN, "003000000000003AAA"]);
    assert_eq!(results[1].as_ref().unwrap_err().code(), "MALFORMED_QUERY");
    assert_eq!(results[2], Ok(vec![]));
    assert_eq!(client.calls_made(), 3);
    let asked = stand_in.asked();
    assert_eq!(
        asked[0].json()["compositeRequest"][0]["url"],
        "/services/data/v66.0/query?q=SELECT%20Id%20FROM%20Contact%20WHERE%20Email%20IN%20%28%27a%2Bb%40x.io%27%29"
    );
    assert_eq!((asked[1].uri.as_str(), asked[2].uri.as_str()), (next, last));
}

#[tokio::test]
async fn a_page_that_fails_or_leads_to_itself_gives_no_half_result() {
    let next = "/services/data/v66.0/query/01g000000000001AAA-2000";
    let gone = json!([{"errorCode": "INVALID_QUERY_LOCATOR", "message": "m"}]);
    for second in [Reply::json(400, &gone), Reply::json(200, &page(&[BEN], Some(next))), Reply::new(200, "{")] {
        let stand_in = StandIn::playing([Reply::json(200, &page(&[ANA], Some(next))), second]).await;
        assert!(stand_in.client().query("SELECT Id FROM Contact").await.is_err());
        assert_eq!(stand_in.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_long_query_goes_into_the_body() {
    let stand_in = StandIn::playing([
        Reply::json(200, &page(&[ANA], None)),
        Reply::composite(&[("query0", 200, page(&[ANA], None))]),
        Reply::json(200, &page(&[ANA], None)),
    ])
    .await;
    let client = stand_in.client();
    assert_eq!(client.query("SELECT Id FROM Contact").await.unwrap().len(), 1);
    let long = format!("SELECT Id FROM Contact WHERE LastName = '{}'", "x".repeat(10_000));
    assert_eq!(client.query(&long).await.unwrap().len(), 1);
    assert_eq!(client.query_all("SELECT Id FROM Event").await.unwrap().len(), 1);
    let uris: Vec<_> = stand_in.asked().iter().map(|a| format!("{} {}", a.method, a.uri)).collect();
    assert_eq!(
        uris,
        [
            "GET /services/data/v66.0/query?q=SELECT%20Id%20FROM%20Contact",
            "POST /services/data/v66.0/composite",
            "GET /services/data/v66.0/queryAll?q=SELECT%20Id%20FROM%20Event",
        ]
    );
}

#[tokio::test]
async fn queries_and_writes_mix_and_refer_to_each_other() {
    let stand_in = StandIn::playing([Reply::composite(&[
        ("persons", 200, json!([{"id": SAVED, "success": true, "errors": []}])),
        ("event", 201, json!({"id": "00U000000000001EAA", "success": true, "errors": []})),
        ("reread", 200, page(&[ANA], None)),
    ])])
    .await;
    let client = stand_in.client();
    let who = RecordRef::Result("persons[0].id".to_owned()).to_string();
    let composite = Composite::of(vec![
        leads(1).subrequest("persons").unwrap(),
        Subrequest::create("event", "Event", fields(json!({"WhoId": who, "Subject": "Demo"}))),
        Subrequest::query_all("reread", "SELECT Id FROM Contact"),
    ]);
    let mut answers = client.composite(&composite).await.unwrap().into_iter();
    assert_eq!(answers.next().unwrap().into_rows(1).unwrap()[0].id, Some(id(SAVED)));
    assert_eq!(answers.next().unwrap().into_saved(), Ok(Saved { id: id("00U000000000001EAA"), created: true }));
    assert_eq!(answers.next().unwrap().into_page().unwrap().records.len(), 1);
    let body = stand_in.asked()[0].json();
    assert_eq!(body["compositeRequest"][1]["body"]["WhoId"], "@{persons[0].id}");
    assert_eq!(client.calls_made(), 1);
}

#[tokio::test]
async fn single_records() {
    let record = json!({"attributes": {"type": "Contact"}, "Id": ANA, "Email": "a@x.io"});
    let changed = json!([{"errorCode": "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", "message": "m"}]);
    let stand_in = StandIn::playing([
        Reply::json(201, &json!({"id": ANA, "success": true, "errors": []})),
        Reply::json(200, &record),
        Reply::new(204, ""),
        Reply::json(412, &changed),
        Reply::json(200, &json!({"id": ANA, "success": true, "errors": [], "created": false})),
        Reply::new(204, ""),
    ])
    .await;
    let client = stand_in.client();
    let ana = id(ANA);
    let body = fields(json!({"LastName": "A"}));
    assert_eq!(client.create("Contact", &body).await, Ok(ana));
    assert_eq!(client.get("Contact", ana, &["Id", "Email"]).await.unwrap().str("email"), Some("a@x.io"));
    assert_eq!(client.update("Contact", ana, &body).await, Ok(()));
    let since = "2026-05-01T07:25:37.5Z".parse().unwrap();
    let conflict = client.update_if_unmodified_since("Contact", ana, &body, since).await.unwrap_err();
    assert_eq!(classify(&conflict), ErrorClass::Rematch);
    let upserted = client.upsert("Contact", "Email", "a+b@x.io", &body).await;
    assert_eq!(upserted, Ok(Saved { id: ana, created: false }));
    assert_eq!(client.delete("Contact", ana).await, Ok(()));

    let asked = stand_in.asked();
    let lines: Vec<_> =
        asked.iter().map(|a| format!("{} {}", a.method, a.uri.replace("/services/data/v66.0", ""))).collect();
    assert_eq!(
        lines,
        [
            "POST /sobjects/Contact".to_owned(),
            format!("GET /sobjects/Contact/{ANA}?fields=Id%2CEmail"),
            format!("PATCH /sobjects/Contact/{ANA}"),
            format!("PATCH /sobjects/Contact/{ANA}"),
            "PATCH /sobjects/Contact/Email/a%2Bb%40x.io".to_owned(),
            format!("DELETE /sobjects/Contact/{ANA}"),
        ]
    );
    assert_eq!(asked[3].header("If-Unmodified-Since"), Some("Fri, 01 May 2026 07:25:37 GMT"));
    assert_eq!(client.calls_made(), 6);
}

#[tokio::test]
async fn an_upsert_with_several_hits_names_them() {
    let hits = json!([
        format!("/services/data/v66.0/sobjects/Contact/{ANA}"),
        format!("/services/data/v66.0/sobjects/Contact/{BEN}")
    ]);
    let stand_in = StandIn::playing([Reply::json(300, &hits)]).await;
    let error = stand_in.client().upsert("Contact", "Email", "a@x.io", &Map::new()).await.unwrap_err();
    assert_eq!((error.code().as_ref(), classify(&error)), ("DUPLICATE_EXTERNAL_ID", ErrorClass::TellUser));
    assert_eq!(error.entries()[0].duplicates[0].ids, [id(ANA), id(BEN)]);
}

#[tokio::test]
async fn every_call_says_who_it_is_and_what_the_org_must_not_do() {
    let ok = || Reply::json(201, &json!({"id": ANA, "success": true, "errors": []}));
    let stand_in = StandIn::playing([ok(), ok()]).await;
    stand_in.client().create("Lead", &Map::new()).await.unwrap();
    let rules = Some(DuplicateRules { allow_save: true, run_as_current_user: true });
    let client =
        rolodeck::salesforce::Client::new(ClientConfig { duplicate_rules: rules, ..config_at(&stand_in.url) }).unwrap();
    client.create("Lead", &Map::new()).await.unwrap();
    let asked = stand_in.asked();
    for (name, value) in [
        ("authorization", Some(format!("Bearer {TOKEN}"))),
        ("sforce-auto-assign", Some("FALSE".to_owned())),
        ("sforce-call-options", Some("client=rolodeck".to_owned())),
        ("sforce-duplicate-rule-header", None),
        ("content-type", Some("application/json; charset=UTF-8".to_owned())),
        ("accept-encoding", Some("gzip".to_owned())),
        ("user-agent", Some(format!("rolodeck/{}", env!("CARGO_PKG_VERSION")))),
    ] {
        assert_eq!(asked[0].header(name).map(ToOwned::to_owned), value, "{name}");
    }
    assert_eq!(
        asked[1].header("sforce-duplicate-rule-header"),
        Some("allowSave=true; includeRecordDetails=false; runAsCurrentUser=true")
    );
}

#[tokio::test]
async fn usage_follows_the_last_counted_answer() {
    let limits = || json!({"DailyApiRequests": {"Max": 15000, "Remaining": 14000}});
    let answer = |header: &str| Reply::json(200, &limits()).with("Sforce-Limit-Info", header);
    let stand_in = StandIn::playing([
        answer("api-usage=22/15000"),
        answer("api-usage=23/15000; per-app-api-usage=17/250(appName=sample)"),
        answer("nonsense"),
        Reply::json(200, &limits()),
        Reply::json(403, &json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "m"}]))
            .with("Sforce-Limit-Info", "api-usage=15000/15000"),
    ])
    .await;
    let client = stand_in.client();
    assert_eq!(client.usage(), None);
    let mut seen = Vec::new();
    for _ in 0..5 {
        let _ = client.limits().await;
        let Usage { used, max, per_app } = client.usage().unwrap();
        seen.push((used, max, per_app.map(|app| app.used)));
    }
    let second = (23, 15_000, Some(17));
    assert_eq!(seen, [(22, 15_000, None), second, second, second, (15_000, 15_000, None)]);
    assert_eq!(client.calls_made(), 5);
}

#[tokio::test]
async fn versions_and_the_user_cost_nothing() {
    let versions = json!([{"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"}]);
    let user = json!({"sub": "x", "user_id": "005000000000001AAA", "organization_id": "00D000000000001EAA",
        "preferred_username": "sync@x.io", "name": "Sync", "email": "sync@x.io", "zoneinfo": "Europe/Berlin", "urls": {}});
    let stand_in = StandIn::playing([Reply::json(200, &versions), Reply::json(200, &user)]).await;
    let client = stand_in.client();
    assert_eq!(client.versions().await.unwrap()[0].version, "66.0");
    assert_eq!(client.user_info().await.unwrap().username, "sync@x.io");
    assert_eq!(client.instance_url().await.unwrap().as_str(), stand_in.url);
    assert_eq!(client.calls_made(), 0);
    let asked = stand_in.asked();
    assert_eq!((asked[0].uri.as_str(), asked[0].header("authorization")), ("/services/data", None));
    assert_eq!(asked[1].uri, "/services/oauth2/userinfo");
}

#[tokio::test]
async fn a_describe_is_asked_once_until_it_is_forgotten() {
    let describe =
        json!({"name": "Lead", "label": "Lead", "fields": [{"name": "LastName", "type": "string", "length": 80}]});
    let stand_in = StandIn::playing([
        Reply::json(404, &json!([{"errorCode": "NOT_FOUND", "message": "m"}])),
        Reply::json(200, &describe),
        Reply::json(200, &describe),
    ])
    .await;
    let client = stand_in.client();
    assert!(client.describe("Lead").await.is_err(), "a failure is not kept");
    for name in ["Lead", "lead", "LEAD"] {
        assert_eq!(client.clone().describe(name).await.unwrap().field("lastname").unwrap().length, 80);
    }
    assert_eq!(stand_in.asked().len(), 2);
    client.forget_describes();
    client.describe("Lead").await.unwrap();
    assert_eq!(stand_in.asked().len(), 3);
}
