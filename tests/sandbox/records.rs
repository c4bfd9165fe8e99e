//! Single records: create, read, change, delete, and why not.

use serde_json::json;

use crate::support::{Org, small_org};

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let org = Org::start(small_org()).await;
    let made = org
        .post("/sobjects/Lead/", json!({"LastName": "Myers", "Company": "Acme", "Email": "Chloe.Myers@X.Test"}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!((&made.body["success"], &made.body["errors"]), (&json!(true), &json!([])));
    let id = made.body["id"].as_str().unwrap();
    assert!(id.len() == 18 && id.starts_with("00Q"), "{id}");
    assert_eq!(made.headers["location"], format!("/services/data/v66.0/sobjects/Lead/{id}"));

    let read = org.get(&format!("/sobjects/lead/{}?fields=email,name,Status,OwnerId", &id[..15])).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.body["Email"], "chloe.myers@x.test", "stored in lower case, answered in canonical case");
    assert_eq!(read.body["Name"], "Myers");
    assert_eq!(read.body["Status"], "Open - Not Contacted", "defaulted on create");
    assert_eq!(read.body["attributes"]["type"], "Lead");

    let changed = org.patch(&format!("/sobjects/Lead/{id}"), json!({"FirstName": "Chloe", "Email": null})).await;
    assert_eq!((changed.status, &changed.body), (204, &json!("")));
    let read = org.get(&format!("/sobjects/Lead/{id}")).await;
    assert_eq!((&read.body["Name"], &read.body["Email"]), (&json!("Chloe Myers"), &json!(null)));

    assert_eq!(org.send("DELETE", &format!("/sobjects/Lead/{id}"), json!(null)).await.status, 204);
    let gone = org.get(&format!("/sobjects/Lead/{id}")).await;
    assert_eq!((gone.status, gone.code()), (404, "ENTITY_IS_DELETED"));
    let missing = org.get("/sobjects/Lead/00Q000000000001AAA").await;
    assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn refusals_have_salesforces_codes_words_and_fields() {
    let org = Org::start(small_org()).await;
    let eva = org.column("SELECT Id FROM User WHERE IsActive = false", "Id").await[0].clone();
    let long = "x".repeat(41);
    for (object, fields, code, words, named) in [
        (
            "Lead",
            json!({"FirstName": "A"}),
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName, Company]",
            json!(["LastName", "Company"]),
        ),
        (
            "Lead",
            json!({"LastName": "", "Company": null}),
            "REQUIRED_FIELD_MISSING",
            "[LastName, Company]",
            json!(["LastName", "Company"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "FirstName": long}),
            "STRING_TOO_LONG",
            "First Name: data value too large: xxx",
            json!(["FirstName"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "Email": "not an address"}),
            "INVALID_EMAIL_ADDRESS",
            "Email: invalid email address: not an address",
            json!(["Email"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "Level__c": "Bronze"}),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "bad value for restricted picklist field: Bronze",
            json!(["Level__c"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "Nope__c": 1}),
            "INVALID_FIELD",
            "No such column 'Nope__c' on sobject of type Contact",
            json!(null),
        ),
        (
            "Contact",
            json!({"LastName": "A", "Id": "003000000000001AAA"}),
            "INVALID_FIELD",
            "The Id field should not be specified",
            json!(null),
        ),
        (
            "Contact",
            json!({"LastName": "A", "CreatedDate": "2026-01-01T00:00:00Z"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: CreatedDate",
            json!(["CreatedDate"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "AccountId": "nonsense"}),
            "MALFORMED_ID",
            "Account ID: id value of incorrect type: nonsense",
            json!(["AccountId"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "AccountId": "003000000000001AAA"}),
            "MALFORMED_ID",
            "id value of incorrect type",
            json!(["AccountId"]),
        ),
        (
            "Contact",
            json!({"LastName": "A", "AccountId": "001000000000009AAA"}),
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            json!(["AccountId"]),
        ),
        (
            "Lead",
            json!({"LastName": "A", "Company": "B", "OwnerId": eva}),
            "INACTIVE_OWNER_OR_USER",
            "inactive user",
            json!(["OwnerId"]),
        ),
        (
            "Lead",
            json!({"LastName": "A", "Company": "B", "OwnerId": null}),
            "REQUIRED_FIELD_MISSING",
            "[OwnerId]",
            json!(["OwnerId"]),
        ),
        (
            "Lead",
            json!({"LastName": "A", "Company": "B", "NumberOfEmployees": "many"}),
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of int from VALUE_STRING value many",
            json!(null),
        ),
        (
            "Lead",
            json!({"LastName": 7, "Company": "B"}),
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of string from VALUE_NUMBER_INT value 7",
            json!(null),
        ),
        (
            "Lead",
            json!({"LastName": "A", "Company": "B", "NumberOfEmployees": 1_000_000_000}),
            "NUMBER_OUTSIDE_VALID_RANGE",
            "outside of valid range",
            json!(["NumberOfEmployees"]),
        ),
        (
            "Lead",
            json!({"LastName": "A", "Company": "B", "IsUnreadByOwner": null}),
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "value not of required type",
            json!(["IsUnreadByOwner"]),
        ),
        ("Lead", json!([]), "JSON_PARSER_ERROR", "START_ARRAY", json!(null)),
    ] {
        let answer = org.post(&format!("/sobjects/{object}"), fields.clone()).await;
        assert_eq!(answer.status, 400, "{fields}");
        assert_eq!(answer.code(), code, "{fields} {}", answer.body);
        assert!(answer.message().contains(words), "{fields}: {}", answer.message());
        assert_eq!(answer.body[0]["fields"], named, "{fields}");
    }
    let unknown = org.post("/sobjects/Nothing", json!({})).await;
    assert_eq!((unknown.status, unknown.code()), (404, "NOT_FOUND"));
    let garbage = org
        .request("POST", "/sobjects/Lead")
        .header("content-type", "application/json")
        .body("{\"a\":")
        .send()
        .await
        .unwrap();
    assert_eq!(garbage.status(), 400);
    assert_eq!(org.sandbox.dump()["Lead"].as_array().unwrap().len(), 2, "nothing was stored");
}

#[tokio::test]
async fn unrestricted_picklists_take_any_text() {
    let org = Org::start(small_org()).await;
    let id = org
        .create("Lead", json!({"LastName": "A", "Company": "B", "LeadSource": "Chatbot", "Status": "Brand new"}))
        .await;
    let read = org.get(&format!("/sobjects/Lead/{id}?fields=LeadSource,Status")).await;
    assert_eq!((&read.body["LeadSource"], &read.body["Status"]), (&json!("Chatbot"), &json!("Brand new")));
}

#[tokio::test]
async fn a_converted_lead_cannot_be_changed() {
    let org = Org::start(small_org()).await;
    let id = org.column("SELECT Id FROM Lead WHERE IsConverted = true", "Id").await[0].as_str().unwrap().to_owned();
    let answer = org.patch(&format!("/sobjects/Lead/{id}"), json!({"Title": "x"})).await;
    assert_eq!(
        (answer.status, answer.code(), answer.message()),
        (400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    );
}

#[tokio::test]
async fn upsert_by_external_id_email_and_id() {
    let org = Org::start(small_org()).await;
    let first = org.patch("/sobjects/Contact/Ext__c/K-1", json!({"LastName": "New"})).await;
    assert_eq!((first.status, &first.body["created"]), (201, &json!(true)));
    let second = org.patch("/sobjects/Contact/Ext__c/k-1", json!({"FirstName": "Nia"})).await;
    assert_eq!((second.status, &second.body["created"], &second.body["id"]), (200, &json!(false), &first.body["id"]));
    let old = org.patch("/services/data/v45.0/sobjects/Contact/Ext__c/K-1", json!({"FirstName": "Nia"})).await;
    assert_eq!(old.status, 204, "up to v45 an update answers nothing");
    let never = org.patch("/sobjects/Contact/Ext__c/K-2?updateOnly=true", json!({"LastName": "New"})).await;
    assert_eq!(never.status, 404);
    let in_body = org.patch("/sobjects/Contact/Ext__c/K-1", json!({"Ext__c": "K-1"})).await;
    assert_eq!((in_body.status, in_body.code()), (400, "INVALID_FIELD"));
    let no_key = org.patch("/sobjects/Contact/Title/x", json!({})).await;
    assert_eq!((no_key.status, no_key.code()), (404, "NOT_FOUND"));

    let by_mail = org.patch("/sobjects/Contact/Email/CHLOE.myers%40acme.test", json!({"Title": "CTO"})).await;
    assert_eq!((by_mail.status, &by_mail.body["created"]), (200, &json!(false)));
    org.create("Contact", json!({"LastName": "Twin", "Email": "chloe.myers@acme.test"})).await;
    let several = org.patch("/sobjects/Contact/Email/chloe.myers@acme.test", json!({"Title": "CEO"})).await;
    assert_eq!(several.status, 300);
    let urls = several.body.as_array().unwrap();
    assert_eq!(urls.len(), 2);
    assert!(urls.iter().all(|url| url.as_str().unwrap().starts_with("/services/data/v66.0/sobjects/Contact/003")));

    let id = first.body["id"].as_str().unwrap();
    let by_id = org.patch(&format!("/sobjects/Contact/Id/{id}"), json!({"Title": "COO"})).await;
    assert_eq!((by_id.status, &by_id.body["created"]), (200, &json!(false)));

    let taken = org.post("/sobjects/Contact", json!({"LastName": "A", "Ext__c": "K-1"})).await;
    assert_eq!(taken.code(), "DUPLICATE_VALUE");
    assert!(taken.message().ends_with(id), "{}", taken.message());
}

#[tokio::test]
async fn a_parent_can_be_named_by_its_external_id() {
    let mut file = small_org();
    file["custom_fields"]["Account"] = json!([{"name": "Code__c", "type": "string", "external_id": true}]);
    file["Account"][0]["Code__c"] = json!("AC-1");
    let org = Org::start(file).await;
    let id = org.create("Contact", json!({"LastName": "A", "Account": {"Code__c": "AC-1"}})).await;
    let names = org.column(&format!("SELECT Account.Name FROM Contact WHERE Id = '{id}'"), "Account").await;
    assert_eq!(names[0]["Name"], "Acme");
    let missing = org.post("/sobjects/Contact", json!({"LastName": "A", "Account": {"Code__c": "AC-9"}})).await;
    assert_eq!(missing.code(), "INVALID_FIELD");
    assert!(missing.message().contains("Foreign key external ID: AC-9 not found for field Code__c in entity Account"));
}

#[tokio::test]
async fn conditional_headers_look_at_whole_seconds() {
    let mut file = small_org();
    file["settings"] = json!({"now": "2026-05-01T07:25:37.900Z"});
    let org = Org::start(file).await;
    let id = org.column("SELECT Id FROM Contact", "Id").await[0].as_str().unwrap().to_owned();
    let path = format!("/sobjects/Contact/{id}");
    let before = "Fri, 01 May 2026 07:25:36 GMT";
    let at = "Fri, 01 May 2026 07:25:37 GMT";
    for (method, header, date, status) in [
        ("GET", "If-Modified-Since", before, 200),
        ("GET", "If-Modified-Since", at, 304),
        ("GET", "If-Unmodified-Since", before, 412),
        ("PATCH", "If-Unmodified-Since", before, 412),
        ("PATCH", "If-Unmodified-Since", at, 204),
    ] {
        let request = org.request(method, &path).header(header, date);
        let request = if method == "PATCH" { request.json(&json!({"Title": "x"})) } else { request };
        assert_eq!(request.send().await.unwrap().status(), status, "{method} {header} {date}");
    }
    let stamp = org.column("SELECT SystemModstamp FROM Contact", "SystemModstamp").await;
    assert_eq!(stamp, [json!("2026-05-01T07:25:37.000+0000")]);
}

#[tokio::test]
async fn a_duplicate_rule_finds_persons_of_both_types() {
    for (key, rule) in [("duplicateResult", "alert"), ("duplicateResut", "block")] {
        let mut file = small_org();
        file["settings"] = json!({"duplicate_rule": rule, "duplicate_key": key});
        let org = Org::start(file).await;
        let fields = json!({"LastName": "Open", "Email": "LEO@open.test"});
        let refused = org.post("/sobjects/Contact", fields.clone()).await;
        assert_eq!(
            (refused.status, refused.code(), refused.message()),
            (400, "DUPLICATES_DETECTED", "Use one of these records?")
        );
        let result = &refused.body[0][key]["matchResults"][0];
        assert_eq!((&result["entityType"], &result["size"]), (&json!("Lead"), &json!(1)));
        assert!(result["matchRecords"][0]["record"]["Id"].as_str().unwrap().starts_with("00Q"));
        let request = org
            .request("POST", "/sobjects/Contact")
            .header("Sforce-Duplicate-Rule-Header", "allowSave=true; includeRecordDetails=false");
        let status = request.json(&fields).send().await.unwrap().status();
        assert_eq!(status, if rule == "alert" { 201 } else { 400 });
    }
}
