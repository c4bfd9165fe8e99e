//! People under Accounts: which one, when it is asked for, and what becomes of those who have none (product S2, S3).

use serde_json::{Value, json};

use super::{Rig, cal, rig};

/// Books as somebody at an address; returns the calls it took.
async fn book(rig: &Rig, uid: &str, email: &str) -> u64 {
    let change = json!({
        "attendees": [{"email": email, "name": "Bo Guest", "timeZone": "Europe/Oslo"}],
        "responses": {"email": {"label": "email_address", "value": email}}
    });
    rig.calcom(cal("BOOKING_CREATED", uid, 0, change)).await;
    let report = rig.sync().await;
    assert_eq!((report.held, report.retry), (0, 0), "{report:?}");
    report.calls
}

fn profile(options: &str) -> String {
    format!("[[sync.profile]]\nname = \"x\"\n{options}\n")
}

fn id_of(rig: &Rig, object: &str, field: &str, value: &str) -> Value {
    let records = rig.records(object);
    let found = records.iter().find(|record| record[field] == value);
    found.unwrap_or_else(|| panic!("no {object} with {field} {value}: {records:#?}"))["Id"].clone()
}

/// Cal.com reference 2.2, "create by mode", as a table: options, the org, and who gets the Event.
#[tokio::test]
async fn what_is_made_of_an_unknown_person() {
    let acme = || json!([{"_key": "a1", "Name": "Acme", "Website": "https://www.acme.test/"}]);
    let lead = || json!([{"LastName": "Guest", "Company": "Acme", "Email": "bo@acme.test"}]);
    let account = "record = \"account\"\n";
    let cases: Vec<(&str, String, Value, &str)> = vec![
        ("contact mode", "contact_under_account = true".into(), json!({"Account": acme()}), "Contact under Acme"),
        ("contact mode, no account", "contact_under_account = true".into(), json!({}), "Contact"),
        ("contact mode without the option", String::new(), json!({"Account": acme()}), "Contact"),
        (
            "lead mode",
            "record = \"lead\"\ncontact_under_account = true".into(),
            json!({"Account": acme()}),
            "Contact under Acme",
        ),
        ("lead mode, no account", "record = \"lead\"\ncontact_under_account = true".into(), json!({}), "Lead"),
        (
            "lead mode, known Lead",
            "record = \"lead\"\ncontact_under_account = true".into(),
            json!({"Account": acme(), "Lead": lead()}),
            "Lead",
        ),
        (
            "account mode",
            format!("{account}contact_under_account = true"),
            json!({"Account": acme()}),
            "Contact under Acme",
        ),
        ("account mode, no account", format!("{account}contact_under_account = true"), json!({}), "nobody"),
        ("account mode, neither option", account.into(), json!({"Account": acme()}), "nobody"),
        ("account mode, lead", format!("{account}lead_when_no_account = true"), json!({}), "Lead"),
        ("account mode, known Lead", format!("{account}lead_when_no_account = true"), json!({"Lead": lead()}), "Lead"),
        (
            "account mode, account but no contact wanted",
            format!("{account}lead_when_no_account = true"),
            json!({"Account": acme()}),
            "nobody",
        ),
        (
            "account mode, both options, known Lead",
            format!("{account}lead_when_no_account = true\ncontact_under_account = true"),
            json!({"Account": acme(), "Lead": lead()}),
            "Contact under Acme",
        ),
        (
            "account mode, both options, no account",
            format!("{account}lead_when_no_account = true\ncontact_under_account = true"),
            json!({}),
            "Lead",
        ),
        (
            "nobody is made",
            format!("{account}lead_when_no_account = true\ncontact_under_account = true\nskip_creation = true"),
            json!({"Account": acme()}),
            "nobody",
        ),
    ];
    for (name, options, org, expected) in cases {
        let leads = org["Lead"].as_array().map_or(0, Vec::len);
        let rig = rig(org, json!({}), &profile(&options)).await;
        let calls = book(&rig, "u1", "bo@acme.test").await;
        if expected == "nobody" {
            assert!(rig.records("Event").is_empty() && rig.records("Contact").is_empty(), "{name}");
            assert_eq!(rig.records("Lead").len(), leads, "{name}");
            continue;
        }
        let event = rig.only("Event");
        if expected == "Lead" {
            assert_eq!(event["WhoId"], rig.only("Lead")["Id"], "{name}");
            assert!(rig.records("Contact").is_empty(), "{name}");
        } else {
            let contact = rig.only("Contact");
            assert_eq!(event["WhoId"], contact["Id"], "{name}");
            let under = contact["AccountId"].is_string();
            assert_eq!(under, expected == "Contact under Acme", "{name}: {contact:#}");
        }
        // One for people, one for Accounts, one for the person, one for the Event.
        assert!(calls <= 4, "{name}: {calls} calls");
    }
}

#[tokio::test]
async fn each_rule_and_option_of_matching_reaches_salesforce() {
    let kind = |name: &str| json!({"_key": name, "Name": name, "SobjectType": "Account", "DeveloperName": name});
    let org = json!({
        "RecordType": [kind("Partner"), kind("Customer")],
        "Account": [
            {"_key": "p", "Name": "Acme Partner", "Website": "acme.test", "RecordTypeId": "@Partner"},
            {"_key": "c", "Name": "Acme Customer", "Website": "http://acme.test/home", "RecordTypeId": "@Customer"},
            {"_key": "m", "Name": "Majority"},
            {"_key": "f", "Name": "Fuzzy", "Website": "globex.example"}
        ],
        "Contact": [
            {"LastName": "One", "Email": "one@initech.test", "AccountId": "@m"},
            {"LastName": "Two", "Email": "two@INITECH.test", "AccountId": "@m"},
            {"LastName": "Three", "Email": "three@initech.test", "AccountId": "@f"},
            {"LastName": "Gmail", "Email": "x@gmail.com", "AccountId": "@m"}
        ]
    });
    let options = "contact_under_account = true\nfuzzy_domain = true\nexclude_account_record_types = [\"partner\"]";
    let rig = rig(org, json!({}), &profile(options)).await;
    for (n, (email, account)) in [
        ("bo@acme.test", Some("Acme Customer")),
        ("bo@initech.test", Some("Majority")),
        ("bo@globex.test", Some("Fuzzy")),
        ("bo@gmail.com", None),
        ("bo@nobody.test", None),
    ]
    .into_iter()
    .enumerate()
    {
        book(&rig, &format!("u{n}"), email).await;
        let contacts = rig.records("Contact");
        let contact = contacts.iter().find(|contact| contact["Email"] == email).unwrap();
        let expected = account.map_or(Value::Null, |name| id_of(&rig, "Account", "Name", name));
        assert_eq!(contact["AccountId"], expected, "{email}");
    }
}

/// Cal.com reference 3.7, 6: an existing contact is put under another account.
#[tokio::test]
async fn an_existing_contact_is_never_moved_and_one_without_an_account_is_placed_openly() {
    let org = json!({
        "Account": [{"_key": "a", "Name": "Acme", "Website": "acme.test"}, {"_key": "o", "Name": "Other"}],
        "Contact": [
            {"LastName": "There", "Email": "there@acme.test", "AccountId": "@o"},
            {"LastName": "Bare", "Email": "bare@acme.test"}
        ]
    });
    let rig = rig(org, json!({}), &profile("record = \"account\"\ncontact_under_account = true")).await;
    book(&rig, "u1", "there@acme.test").await;
    book(&rig, "u2", "bare@acme.test").await;
    let contacts = rig.records("Contact");
    assert_eq!(contacts.len(), 2);
    let account_of = |email: &str| contacts.iter().find(|c| c["Email"] == email).unwrap()["AccountId"].clone();
    assert_eq!(account_of("there@acme.test"), id_of(&rig, "Account", "Name", "Other"));
    assert_eq!(account_of("bare@acme.test"), id_of(&rig, "Account", "Name", "Acme"));
    let rows = rig.store.outbox(&[], 9).await.unwrap();
    let noted = rows.iter().flat_map(|row| &row.note).any(|note| note.contains("is put under one: Account Acme"));
    assert!(noted, "{rows:#?}");
}

/// Cal.com reference 3.7, 15: only the first fifty hits of a website search are looked at.
#[tokio::test]
async fn the_true_account_is_found_behind_many_that_only_look_alike() {
    let mut accounts: Vec<Value> = (0..130)
        .map(|n| json!({"Name": format!("Alike {n}"), "Website": format!("https://shop{n}-acme.test/")}))
        .collect();
    accounts.push(json!({"Name": "Acme", "Website": "https://acme.test/"}));
    let rig = rig(json!({"Account": accounts}), json!({}), &profile("contact_under_account = true")).await;
    book(&rig, "u1", "bo@acme.test").await;
    assert_eq!(rig.only("Contact")["AccountId"], id_of(&rig, "Account", "Name", "Acme"));
}

#[tokio::test]
async fn a_tie_counts_what_hangs_on_the_accounts() {
    let org = json!({
        "Account": [
            {"_key": "a", "Name": "First", "Website": "acme.test", "OwnerId": "@ann"},
            {"_key": "b", "Name": "Second", "Website": "acme.test", "OwnerId": "@bob"}
        ],
        "Opportunity": [{"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2031-01-01", "AccountId": "@b"}]
    });
    let rig = rig(org, json!({}), &profile("contact_under_account = true")).await;
    let calls = book(&rig, "u1", "bo@acme.test").await;
    assert_eq!(rig.only("Contact")["AccountId"], id_of(&rig, "Account", "Name", "Second"));
    assert_eq!(calls, 5, "people, accounts, counts, person, event");
    let noted = rig.store.outbox(&[], 9).await.unwrap();
    assert_eq!(noted.len(), 1);
}

#[tokio::test]
async fn accounts_are_asked_for_only_when_they_decide() {
    let org = json!({
        "Account": [{"_key": "a", "Name": "Acme", "Website": "acme.test"}],
        "Contact": [{"LastName": "Guest", "Email": "bo@acme.test", "AccountId": "@a"}]
    });
    let rig = rig(org, json!({}), &profile("record = \"account\"\ncontact_under_account = true")).await;
    assert_eq!(book(&rig, "u1", "bo@acme.test").await, 2, "people and event");
    assert_eq!(book(&rig, "u2", "bo@gmail.com").await, 1, "a mail service has no account to look for");
    assert_eq!(rig.records("Event").len(), 1);
}

/// A question that the org refuses holds whom it is about, and nobody else.
#[tokio::test]
async fn a_refused_account_search_is_not_an_account_that_is_not_there() {
    let refusal = |id: &str| {
        json!({
            "body": [{"message": "No such column 'Website'", "errorCode": "INVALID_FIELD"}],
            "httpHeaders": {}, "httpStatusCode": 400, "referenceId": id
        })
    };
    let refused = json!({"compositeResponse": [refusal("query0"), refusal("query1")]});
    let faults = json!({"rules": [{"match": {"path": "/composite", "nth": 2}, "effect": {"answer": {"status": 200, "body": refused}}}]});
    let rig = rig(json!({}), faults, &profile("record = \"lead\"\ncontact_under_account = true")).await;
    let change = |email: &str| {
        json!({
            "attendees": [{"email": email, "name": "Bo Guest", "timeZone": "Europe/Oslo"}],
            "responses": {"email": {"label": "email_address", "value": email}}
        })
    };
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, change("bo@acme.test"))).await;
    rig.calcom(cal("BOOKING_CREATED", "u2", 0, change("x@gmail.com"))).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.held), (1, 1), "{report:?}");
    assert_eq!(rig.only("Lead")["Email"], "x@gmail.com");
    let held = rig.store.outbox(&[rolodeck::store::OutboxState::Held], 9).await.unwrap().remove(0);
    assert_eq!(held.code.as_deref(), Some("account_search"));
}
