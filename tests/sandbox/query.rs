//! SOQL over HTTP.

use serde_json::{Value, json};

use crate::support::{Answer, Org, small_org};

fn people() -> Value {
    let mut file = small_org();
    file["settings"] = json!({"now": "2026-05-13T12:00:00Z"});
    file["Lead"] = json!([
        {"LastName": "Ask", "Company": "A", "Email": "ask@x.test", "NumberOfEmployees": 5, "Status": "New", "CreatedDate": "2026-05-13T08:00:00Z"},
        {"LastName": "bee", "Company": "B", "Email": "bee+1@x.test", "NumberOfEmployees": 50, "Status": "New", "CreatedDate": "2026-05-10T08:00:00Z"},
        {"LastName": "Cay", "Company": "C", "Status": "Old", "CreatedDate": "2026-04-01T08:00:00Z", "AnnualRevenue": 10.5},
        {"LastName": "O'Dea", "Company": "100%", "Email": "dea@y.test", "NumberOfEmployees": 7, "Status": "Old", "CreatedDate": "2025-12-31T23:59:59Z"},
        {"LastName": "Gone", "Company": "G", "Email": "gone@x.test", "IsDeleted": true}
    ]);
    file
}

#[tokio::test]
async fn conditions_and_order() {
    let org = Org::start(people()).await;
    for (rest, expected) in [
        ("ORDER BY LastName", "Ask bee Cay O'Dea"),
        ("ORDER BY LastName DESC LIMIT 2", "O'Dea Cay"),
        ("ORDER BY LastName LIMIT 2 OFFSET 1", "bee Cay"),
        ("ORDER BY NumberOfEmployees", "Cay Ask O'Dea bee"),
        ("ORDER BY NumberOfEmployees DESC", "Cay bee O'Dea Ask"),
        ("ORDER BY NumberOfEmployees DESC NULLS LAST", "bee O'Dea Ask Cay"),
        ("WHERE Email = 'ASK@X.TEST'", "Ask"),
        ("WHERE email in ('ask@x.test', 'BEE+1@x.test', 'nobody@x.test') order by lastname", "Ask bee"),
        ("WHERE Email NOT IN ('ask@x.test') ORDER BY LastName", "bee Cay O'Dea"),
        ("WHERE Email = null", "Cay"),
        ("WHERE Email != null AND NumberOfEmployees > 6 ORDER BY LastName", "bee O'Dea"),
        ("WHERE Email <> 'ask@x.test' ORDER BY LastName", "bee Cay O'Dea"),
        ("WHERE LastName LIKE '%e%' ORDER BY LastName", "bee O'Dea"),
        (r"WHERE LastName = 'O\'Dea'", "O'Dea"),
        (r"WHERE Company LIKE '100\%'", "O'Dea"),
        ("WHERE NOT NumberOfEmployees > 6 ORDER BY LastName", "Ask Cay"),
        ("WHERE (Status = 'New' AND NumberOfEmployees = 5) OR AnnualRevenue >= 10.5 ORDER BY LastName", "Ask Cay"),
        ("WHERE CreatedDate = TODAY", "Ask"),
        ("WHERE CreatedDate >= LAST_N_DAYS:7 ORDER BY LastName", "Ask bee"),
        ("WHERE CreatedDate < THIS_YEAR", "O'Dea"),
        ("WHERE CreatedDate > 2026-05-10T07:59:59Z AND CreatedDate <= 2026-05-10T10:00:00+02:00", "bee"),
        ("WHERE IsConverted = false AND Owner.Email = 'ana@seller.test' ORDER BY LastName LIMIT 1", "Ask"),
        ("WHERE IsDeleted = true", ""),
        ("WHERE Id IN (SELECT WhoId FROM Event)", ""),
        ("l WHERE l.LastName = 'ask'", "Ask"),
        ("WHERE Lead.LastName = 'ask'", "Ask"),
    ] {
        let names = org.column(&format!("SELECT LastName FROM Lead {rest}"), "LastName").await;
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        assert_eq!(names.join(" "), expected, "{rest}");
    }
}

#[tokio::test]
async fn parents_children_groups_and_counts() {
    let org = Org::start(people()).await;
    let contact = org.query("select id, name, account.website, owner.email from contact").await.body;
    let row = &contact["records"][0];
    assert_eq!((&contact["totalSize"], &contact["done"]), (&json!(1), &json!(true)));
    assert_eq!((&row["Name"], &row["Account"]["Website"]), (&json!("Chloe Myers"), &json!("https://acme.test")));
    assert_eq!(row["Account"]["attributes"]["type"], "Account");
    assert_eq!(row["Owner"]["Email"], "ana@seller.test");
    let id = row["Id"].as_str().unwrap();
    assert_eq!(
        row["attributes"],
        json!({"type": "Contact", "url": format!("/services/data/v66.0/sobjects/Contact/{id}")})
    );

    org.create("Event", json!({"WhoId": id, "StartDateTime": "2026-05-14T09:00:00Z", "DurationInMinutes": 30})).await;
    let who = org.column("SELECT Who.Type, Who.Name FROM Event", "Who").await;
    assert_eq!((&who[0]["Type"], &who[0]["Name"]), (&json!("Contact"), &json!("Chloe Myers")));

    let account = org
        .query("SELECT Name, (SELECT LastName FROM Contacts), (SELECT Id FROM Opportunities) FROM Account")
        .await
        .body;
    let account = &account["records"][0];
    assert_eq!(
        (&account["Contacts"]["totalSize"], &account["Contacts"]["records"][0]["LastName"]),
        (&json!(1), &json!("Myers"))
    );
    assert_eq!(account["Opportunities"], json!(null));
    let joined = org
        .column("SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Myers')", "Name")
        .await;
    assert_eq!(joined, [json!("Acme")]);

    let count = org.query("SELECT COUNT() FROM Lead WHERE Email != null").await.body;
    assert_eq!(count, json!({"totalSize": 3, "done": true, "records": []}));
    let groups = org.query("SELECT Status, COUNT(Id) n, MAX(NumberOfEmployees), SUM(AnnualRevenue) FROM Lead GROUP BY Status HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC, Status").await.body;
    assert_eq!(
        groups["records"],
        json!([
            {"attributes": {"type": "AggregateResult"}, "Status": "New", "n": 2, "expr0": 50, "expr1": null},
            {"attributes": {"type": "AggregateResult"}, "Status": "Old", "n": 2, "expr0": 7, "expr1": 10.5},
        ])
    );
    let all = org.query("SELECT FIELDS(STANDARD) FROM Contact").await.body;
    assert!(all["records"][0].get("Email").is_some() && all["records"][0].get("Ext__c").is_none());
    assert_eq!(all["records"][0]["MailingAddress"], json!(null));
}

#[tokio::test]
async fn refusals() {
    let org = Org::start(people()).await;
    for (soql, code, words) in [
        (
            "SELECT Foo FROM Lead",
            "INVALID_FIELD",
            "\nSELECT Foo FROM Lead\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Lead'.",
        ),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "ERROR at Row:1:Column:16\nsObject type 'Foo' is not supported."),
        (
            "SELECT Id FROM Lead WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Lead ORDER BY Description",
            "INVALID_FIELD",
            "field 'Description' can not be sorted in a query call",
        ),
        ("SELECT Id, Name, ID FROM Lead", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id, FIELDS(STANDARD) FROM Lead", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "LIMIT of at most 200"),
        (
            "SELECT Id FROM Lead WHERE CreatedDate = '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE LastName = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        ("SELECT Id FROM Lead WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        (
            "SELECT Id FROM Lead WHERE IsConverted > true",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Lead WHERE NumberOfEmployees LIKE '5'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on int field",
        ),
        ("SELECT Account.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Account' in field path"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Lead", "INVALID_TYPE", "Didn't understand relationship 'Contacts'"),
        ("SELECT Id, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "Field must be grouped or aggregated: Id"),
        ("SELECT LastName l FROM Lead", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        (
            "SELECT Id FROM Lead WHERE LastName = 'a' OR LastName = 'b' AND Company = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'AND'",
        ),
        ("SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", "MALFORMED_QUERY", "semi join"),
    ] {
        let answer = org.query(soql).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{soql}: {}", answer.body);
        assert!(answer.message().contains(words), "{soql}: {}", answer.message());
        assert!(answer.body[0].get("fields").is_none());
    }
    assert_eq!(org.get("/query").await.code(), "MALFORMED_QUERY");
}

#[tokio::test]
async fn pages_of_two_thousand_and_fewer() {
    let mut file = people();
    file["Lead"] = (0..4_500).map(|n| json!({"LastName": format!("L{n:05}"), "Company": "X"})).collect();
    let org = Org::start(file).await;
    let mut page = org.query("SELECT LastName FROM Lead").await;
    let mut sizes = Vec::new();
    loop {
        assert_eq!(page.body["totalSize"], 4_500);
        sizes.push(page.body["records"].as_array().unwrap().len());
        let Some(next) = page.body["nextRecordsUrl"].as_str().map(str::to_owned) else { break };
        assert_eq!(page.body["done"], false);
        page = org.get(&next).await;
    }
    assert_eq!((sizes, &page.body["done"]), (vec![2_000, 2_000, 500], &json!(true)));
    assert_eq!(page.body["records"][499]["LastName"], "L04499");

    let small =
        org.request("GET", "/query?q=SELECT+Id+FROM+Lead+LIMIT+450").header("Sforce-Query-Options", "batchSize=200");
    let small = Answer::read(small.send().await.unwrap()).await;
    assert_eq!(small.body["records"].as_array().unwrap().len(), 200);
    let wrong = org.get("/query/01g000000000099AAA-2000").await;
    assert_eq!(wrong.code(), "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn a_plus_in_a_mail_must_be_encoded_and_columns_can_be_asked_for() {
    let org = Org::start(people()).await;
    let find = async |q: &str| org.get(&format!("/query/?q={q}")).await.body["totalSize"].clone();
    assert_eq!(find("SELECT+Id+FROM+Lead+WHERE+Email='bee%2B1@x.test'").await, 1);
    assert_eq!(find("SELECT+Id+FROM+Lead+WHERE+Email='bee+1@x.test'").await, 0, "a plus is a space");
    let columns = org.get("/query?q=SELECT+Id,Owner.Name,NumberOfEmployees+FROM+Lead&columns=true").await.body;
    let names: Vec<&Value> =
        columns["columnMetadata"].as_array().unwrap().iter().map(|column| &column["columnName"]).collect();
    assert_eq!(names, ["Id", "Owner.Name", "NumberOfEmployees"]);
    assert_eq!((&columns["entityName"], &columns["keyPrefix"]), (&json!("Lead"), &json!("00Q")));
    let all = org.get("/queryAll?q=SELECT+LastName+FROM+Lead+WHERE+IsDeleted=true").await.body;
    assert_eq!(all["records"][0]["LastName"], "Gone");
}
