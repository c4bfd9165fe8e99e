//! sObject Collections.

use serde_json::{Value, json};

use crate::support::{Org, small_org};

fn lead(name: &str) -> Value {
    json!({"attributes": {"type": "Lead"}, "LastName": name, "Company": "X"})
}

#[tokio::test]
async fn each_row_has_its_own_outcome_in_order() {
    let org = Org::start(small_org()).await;
    let rows = json!([
        lead("One"),
        {"attributes": {"type": "Lead"}, "LastName": "Two"},
        {"attributes": {"type": "Lead"}, "LastName": "Three", "Company": "X", "Nope__c": 1},
        {"attributes": {"type": "Lead"}, "LastName": "Four", "Company": "X", "NumberOfEmployees": "x"},
        {"attributes": {"type": "Nothing"}, "Name": "Five"},
        {"LastName": "Six"},
        {"attributes": {"type": "Account"}, "Name": "Seven"},
    ]);
    let answer = org.post("/composite/sobjects", json!({"allOrNone": false, "records": rows})).await;
    assert_eq!(answer.status, 200);
    let outcome = |row: &Value| {
        if row["success"] == true {
            assert_eq!(row["errors"], json!([]));
            return row["id"].as_str().unwrap()[..3].to_owned();
        }
        assert!(row["errors"][0]["message"].is_string() && row["errors"][0]["fields"].is_array());
        row["errors"][0]["statusCode"].as_str().unwrap().to_owned()
    };
    let outcomes: Vec<String> = answer.body.as_array().unwrap().iter().map(outcome).collect();
    assert_eq!(
        outcomes,
        ["00Q", "REQUIRED_FIELD_MISSING", "INVALID_FIELD", "JSON_PARSER_ERROR", "INVALID_TYPE", "INVALID_TYPE", "001"]
    );
}

#[tokio::test]
async fn all_or_none_undoes_the_good_rows() {
    let org = Org::start(small_org()).await;
    let answer = org
        .post(
            "/composite/sobjects",
            json!({"allOrNone": true, "records": [lead("One"), {"attributes": {"type": "Lead"}}, lead("Three")]}),
        )
        .await;
    let codes: Vec<&Value> =
        answer.body.as_array().unwrap().iter().map(|row| &row["errors"][0]["statusCode"]).collect();
    assert_eq!(
        codes,
        ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING", "ALL_OR_NONE_OPERATION_ROLLED_BACK"]
    );
    assert_eq!(org.query("SELECT COUNT() FROM Lead").await.body["totalSize"], 2);
    assert_eq!(org.sandbox.stats()["records"], json!({}), "what was undone is not counted");
    let id = org.create("Lead", json!({"LastName": "After", "Company": "X", "Email": "after@x.test"})).await;
    assert_eq!(org.column("SELECT Id FROM Lead WHERE Email = 'after@x.test'", "Id").await, [json!(id)]);
}

#[tokio::test]
async fn update_takes_both_spellings_of_the_id_and_both_forms() {
    let org = Org::start(small_org()).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(org.create("Lead", json!({"LastName": name, "Company": "X"})).await);
    }
    let row = |id: Value, key: &str| json!({"attributes": {"type": "Lead"}, key: id, "Title": "T"});
    let answer = org
        .patch(
            "/composite/sobjects",
            json!({"records": [
                row(json!(ids[0]), "id"),
                row(json!(ids[1][..15]), "Id"),
                row(json!("00Q000000000009EAA"), "id"),
                row(json!("bad"), "id"),
                {"attributes": {"type": "Lead"}, "Title": "T"},
                row(json!(ids[2]), "id"),
                row(json!(ids[2][..15]), "Id"),
            ]}),
        )
        .await;
    let rows = answer.body.as_array().unwrap();
    assert_eq!((&rows[0]["id"], &rows[1]["id"]), (&json!(ids[0]), &json!(ids[1])));
    let codes: Vec<&Value> = rows[2..].iter().map(|row| &row["errors"][0]["statusCode"]).collect();
    assert_eq!(
        codes,
        ["INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "MISSING_ARGUMENT", "DUPLICATE_VALUE", "DUPLICATE_VALUE"]
    );
    assert_eq!(org.query("SELECT COUNT() FROM Lead WHERE Title = 'T'").await.body["totalSize"], 2);
}

#[tokio::test]
async fn upsert_by_email_and_by_external_id() {
    let org = Org::start(small_org()).await;
    let row = |email: &str| json!({"attributes": {"type": "Contact"}, "LastName": "U", "Email": email});
    let rows = json!([row("chloe.MYERS@acme.test"), row("new@x.test"), row("twice@x.test"), row("TWICE@x.test"), {"attributes": {"type": "Contact"}, "LastName": "U"}, row("bad address")]);
    let answer = org.patch("/composite/sobjects/Contact/Email", json!({"allOrNone": false, "records": rows})).await;
    let rows = answer.body.as_array().unwrap();
    assert_eq!((&rows[0]["success"], &rows[0]["created"]), (&json!(true), &json!(false)));
    assert_eq!((&rows[1]["success"], &rows[1]["created"]), (&json!(true), &json!(true)));
    assert_eq!(rows[2]["errors"][0]["statusCode"], "DUPLICATE_VALUE");
    assert!(
        rows[3]["errors"][0]["message"].as_str().unwrap().contains("Duplicate external id specified: twice@x.test")
    );
    assert_eq!(rows[4]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    assert_eq!(
        (&rows[5]["errors"][0]["statusCode"], &rows[5]["created"]),
        (&json!("INVALID_EMAIL_ADDRESS"), &json!(true))
    );

    org.create("Contact", json!({"LastName": "Twin", "Email": "new@x.test"})).await;
    let twins = org.patch("/composite/sobjects/Contact/Email", json!({"records": [row("new@x.test")]})).await;
    assert_eq!(twins.body[0]["errors"][0]["statusCode"], "DUPLICATE_EXTERNAL_ID");
    assert!(
        twins.body[0]["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("more than one record found for external id field: [003")
    );

    let mixed = json!({"records": [{"attributes": {"type": "Contact"}, "Id": rows[1]["id"], "Title": "T"}, {"attributes": {"type": "Contact"}, "Id": null, "LastName": "Fresh"}]});
    let by_id = org.patch("/composite/sobjects/Contact/Id", mixed).await;
    assert_eq!((&by_id.body[0]["created"], &by_id.body[1]["created"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn retrieve_and_delete() {
    let org = Org::start(small_org()).await;
    let id = org.create("Lead", json!({"LastName": "R", "Company": "X"})).await;
    let missing = "00Q000000000009EAA";
    let read = org.get(&format!("/composite/sobjects/Lead?ids={id},{missing}&fields=LastName,Owner.Email")).await;
    assert_eq!((&read.body[0]["LastName"], &read.body[1]), (&json!("R"), &json!(null)));
    let read = org.post("/composite/sobjects/Lead", json!({"ids": [missing, id], "fields": ["LastName"]})).await;
    assert_eq!((&read.body[0], &read.body[1]["LastName"]), (&json!(null), &json!("R")));

    let path = format!("/composite/sobjects?ids={id},{missing}");
    let undone = org.send("DELETE", &format!("{path}&allOrNone=true"), json!(null)).await;
    assert_eq!(undone.body[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(undone.body[0]["id"], json!(id));
    let done = org.send("DELETE", &path, json!(null)).await;
    assert_eq!(
        (&done.body[0]["success"], &done.body[1]["errors"][0]["message"]),
        (&json!(true), &json!("invalid cross reference id"))
    );
    let again = org.send("DELETE", &path, json!(null)).await;
    assert_eq!(again.body[0]["errors"][0]["statusCode"], "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn limits_of_the_envelope() {
    let org = Org::start(small_org()).await;
    let many: Vec<Value> = (0..201).map(|n| lead(&format!("L{n}"))).collect();
    let answer = org.post("/composite/sobjects", json!({"records": many})).await;
    assert_eq!((answer.status, answer.code()), (400, "EXCEEDED_ID_LIMIT"));
    let account = json!({"attributes": {"type": "Account"}, "Name": "A"});
    let chunks: Vec<Value> = (0..11).map(|n| if n % 2 == 0 { lead("L") } else { account.clone() }).collect();
    let answer = org.post("/composite/sobjects", json!({"records": chunks})).await;
    assert_eq!((answer.status, answer.code()), (400, "LIMIT_EXCEEDED"));
    let answer = org.post("/composite/sobjects", json!({"rows": []})).await;
    assert_eq!((answer.status, answer.code()), (400, "JSON_PARSER_ERROR"));
    assert_eq!(org.query("SELECT COUNT() FROM Lead").await.body["totalSize"], 2);
}
