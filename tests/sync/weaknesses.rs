//! The documented weaknesses of Cal.com's integration, one by one: what goes wrong there goes right here.
//!
//! Names begin with the place in our notes on it: `w24` for the faults at event creation, `w37_N` for its known traps.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::doubt::{empty_search, settle};
use super::{Rig, cal, rig};

const UNSHARED: &str = "{\"settings\":{\"shared_activities\":false}}";

fn org() -> Value {
    let text = |name: &str| json!({"name": name, "type": "string", "length": 40});
    json!({"custom_fields": {
        "Event": [text("Product__c"), text("Area__c")],
        "Contact": [text("Product__c"), text("Flag__c")]
    }})
}

fn with(mut org: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        org[key] = value.clone();
    }
    org
}

fn rule(object: &str, on: &str, field: &str, value: &str) -> String {
    format!("[[sync.profile.write]]\nobject = \"{object}\"\non = \"{on}\"\nfield = \"{field}\"\nvalue = \"{value}\"\n")
}

fn profile(options: &str, rules: &[String]) -> String {
    format!("[[sync.profile]]\nname = \"x\"\n{options}\n{}", rules.concat())
}

fn bo() -> Value {
    json!({"Contact": [{"LastName": "Guest", "Email": "bo@buyer.test"}]})
}

fn two() -> Value {
    json!({"attendees": [
        {"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"},
        {"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "Europe/Oslo"}
    ]})
}

fn row_error(object: &str, code: &str, fields: &[&str]) -> Value {
    let effect = json!({"row_error": {"code": code, "message": "no", "fields": fields}});
    json!({"rules": [{"match": {"object": object, "times": 1}, "effect": effect}]})
}

async fn created(rig: &Rig, change: Value) -> rolodeck::sync::worker::Report {
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, change)).await;
    rig.sync().await
}

async fn moved(rig: &Rig) -> rolodeck::sync::worker::Report {
    let change = json!({"rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z"});
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, change)).await;
    rig.sync().await
}

#[tokio::test]
async fn w24_an_org_without_shared_activities_keeps_custom_fields_and_owner() {
    let org = with(org(), serde_json::from_str(UNSHARED).unwrap());
    let rig = rig(org, json!({}), &profile("", &[rule("event", "create", "Product__c", "CRM")])).await;
    let report = created(&rig, two()).await;
    assert_eq!(report.done, 1, "{report:?}");
    let event = rig.only("Event");
    assert_eq!(event["Product__c"], "CRM");
    assert!(report.lines.join("\n").contains("relates an Event to one person"), "{report:?}");
}

#[tokio::test]
async fn w24_a_refused_field_costs_that_field_and_no_other() {
    let rules = [rule("event", "create", "Product__c", "CRM"), rule("event", "create", "Area__c", "Oslo")];
    let faults = row_error("Event", "FIELD_CUSTOM_VALIDATION_EXCEPTION", &["Product__c"]);
    let rig = rig(org(), faults, &profile("", &rules)).await;
    let report = created(&rig, json!({})).await;
    assert_eq!(report.done, 1, "{report:?}");
    let event = rig.only("Event");
    assert_eq!((&event["Product__c"], &event["Area__c"]), (&Value::Null, &json!("Oslo")));
    assert!(report.lines[0].contains("Product__c is left out"), "{report:?}");
}

#[tokio::test]
async fn w24_with_nobody_to_put_it_under_there_is_no_event_and_it_is_said_why() {
    let rig = rig(org(), json!({}), &profile("record = \"account\"", &[])).await;
    let report = created(&rig, json!({})).await;
    assert_eq!((report.skipped, report.held, report.retry), (1, 0, 0), "{report:?}");
    assert!(report.lines[0].contains("the profile makes neither Contacts under Accounts nor Leads"), "{report:?}");
}

#[tokio::test]
async fn w24_an_owner_change_that_fails_loses_no_event() {
    let users = json!([
        {"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "FirstName": "Ann", "Email": "ann@seller.test", "Alias": "ann"},
        {"_key": "int", "Username": "int@seller.test", "LastName": "User", "FirstName": "Integration", "Email": "int@seller.test", "Alias": "int"}
    ]);
    let contact = json!([{"LastName": "Guest", "Email": "bo@buyer.test", "OwnerId": "@int"}]);
    let org = with(org(), json!({"User": users, "Contact": contact}));
    let faults = row_error("Contact", "INSUFFICIENT_ACCESS_OR_READONLY", &[]);
    let rig = rig(org, faults, &profile("change_owner_from = \"Integration User\"", &[])).await;
    created(&rig, json!({})).await;
    let id = rig.only("Event")["Id"].clone();
    // The booking still reaches it.
    moved(&rig).await;
    let event = rig.only("Event");
    assert_eq!((&event["Id"], &event["StartDateTime"]), (&id, &json!("2031-03-06T12:00:00.000+0000")));
}

#[tokio::test]
async fn w24_a_field_write_that_fails_loses_no_event_and_is_shown() {
    let org = with(org(), bo());
    let faults = row_error("Contact", "FIELD_CUSTOM_VALIDATION_EXCEPTION", &[]);
    let rig = rig(org, faults, &profile("", &[rule("person", "create", "Product__c", "CRM")])).await;
    let report = created(&rig, json!({})).await;
    assert_eq!(report.held, 1, "the refusal is shown: {report:?}");
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
    let rows = rig.store.outbox(&[], 9).await.unwrap();
    rig.store.outbox_retry(&[rows[0].id], Timestamp::now()).await.unwrap();
    rig.sync().await;
    assert_eq!(rig.records("Event").len(), 1, "no second Event");
}

#[tokio::test]
async fn w24_yes_and_no_on_a_text_field_are_text() {
    let rules = [rule("event", "create", "Product__c", "{vip}"), rule("person", "create", "Flag__c", "{vip}")];
    let rig = rig(org(), json!({}), &profile("", &rules)).await;
    let answers = json!({"responses": {"email": {"label": "email_address", "value": "bo@buyer.test"}, "vip": {"label": "VIP", "value": false}}});
    assert_eq!(created(&rig, answers).await.done, 1);
    assert_eq!((&rig.only("Event")["Product__c"], &rig.only("Contact")["Flag__c"]), (&json!("false"), &json!("false")));
}

#[tokio::test]
async fn w24_a_describe_that_fails_waits_instead_of_writing_nothing() {
    let faults = json!({"rules": [{"match": {"path": "/describe", "times": 1}, "effect": "html_503"}]});
    let rig = rig(org(), faults, &profile("", &[rule("event", "create", "Product__c", "CRM")])).await;
    assert_eq!(created(&rig, json!({})).await.retry, 1);
    assert!(rig.records("Event").is_empty());
    rig.later(SignedDuration::from_hours(1));
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!(rig.only("Event")["Product__c"], "CRM");
}

#[tokio::test]
async fn w37_1_a_failed_search_is_not_nobody() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "nth": 1}, "effect": "html_503"}]});
    let rig = rig(with(org(), bo()), faults, "").await;
    assert_eq!(created(&rig, json!({})).await.retry, 1);
    rig.later(SignedDuration::from_hours(1));
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 1));
}

#[tokio::test]
async fn w37_2_a_duplicate_rule_loses_no_booking() {
    let org = with(with(org(), bo()), json!({"settings": {"duplicate_rule": "block"}}));
    let faults = json!({"rules": [{"match": {"path": "/composite", "nth": 1}, "effect": {"answer": {"status": 200, "body": empty_search()}}}]});
    let rig = rig(org, faults, "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    settle(&rig).await;
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
}

#[tokio::test]
async fn w37_3_an_unknown_guest_blocks_no_event() {
    let rig = rig(with(org(), bo()), json!({}), &profile("skip_creation = true", &[])).await;
    let report = created(&rig, two()).await;
    assert_eq!(report.done, 1, "{report:?}");
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
    assert!(report.lines[0].contains("Cy Guest is left out"), "{report:?}");
}

#[tokio::test]
async fn w37_4_no_word_of_a_name_is_lost() {
    let rig = rig(org(), json!({}), "").await;
    let name = json!({"attendees": [{"email": "bo@buyer.test", "name": "John Michael  Doe", "timeZone": "UTC"}],
        "responses": {"email": {"label": "email_address", "value": "bo@buyer.test"}}});
    created(&rig, name).await;
    let contact = rig.only("Contact");
    assert_eq!((&contact["FirstName"], &contact["LastName"]), (&json!("John"), &json!("Michael Doe")));
}

#[tokio::test]
async fn w37_5_a_mail_service_puts_nobody_under_an_account() {
    let org = json!({
        "Account": [{"_key": "a", "Name": "Acme", "Website": "gmail.com"}],
        "Contact": [{"LastName": "A", "Email": "a@gmail.com", "AccountId": "@a"}, {"LastName": "B", "Email": "b@gmail.com", "AccountId": "@a"}]
    });
    let options =
        "record = \"account\"\ncontact_under_account = true\nlead_when_no_account = true\nfuzzy_domain = true";
    let rig = rig(org, json!({}), &profile(options, &[])).await;
    let gmail = json!({"attendees": [{"email": "new@gmail.com", "name": "New Guest", "timeZone": "UTC"}],
        "responses": {"email": {"label": "email_address", "value": "new@gmail.com"}}});
    assert_eq!(created(&rig, gmail).await.done, 1);
    assert_eq!((rig.records("Contact").len(), rig.only("Lead")["Email"].clone()), (2, json!("new@gmail.com")));
}

#[tokio::test]
async fn w37_6_a_contact_is_not_moved_to_another_account() {
    let org = json!({
        "Account": [{"_key": "a", "Name": "Buyer", "Website": "buyer.test"}, {"_key": "o", "Name": "Other"}],
        "Contact": [{"LastName": "Guest", "Email": "bo@buyer.test", "AccountId": "@o"}]
    });
    let rig = rig(org, json!({}), &profile("record = \"account\"\ncontact_under_account = true", &[])).await;
    let before = rig.only("Contact")["AccountId"].clone();
    created(&rig, json!({})).await;
    assert_eq!(rig.only("Contact")["AccountId"], before);
}

#[tokio::test]
async fn w37_7_an_owner_is_not_stolen() {
    let contact = json!({"Contact": [{"LastName": "Guest", "Email": "bo@buyer.test", "OwnerId": "@bob"}]});
    let rig = rig(contact, json!({}), &profile("change_owner_from = \"Integration User\"", &[])).await;
    let before = rig.only("Contact")["OwnerId"].clone();
    created(&rig, json!({})).await;
    assert_eq!(rig.only("Contact")["OwnerId"], before);
}

#[tokio::test]
async fn w37_8_a_plain_failure_is_tried_again() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "times": 2}, "effect": {"answer": {"status": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]}}}]});
    let rig = rig(org(), faults, "").await;
    created(&rig, json!({})).await;
    settle(&rig).await;
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 1));
}

#[tokio::test]
async fn w37_9_what_was_made_is_known_whoever_the_organizer_is() {
    let rig = rig(org(), json!({}), "").await;
    let stranger = json!({"organizer": {"id": 5, "name": "H", "email": "x@else.test", "timeZone": "Europe/Oslo"}});
    let report = created(&rig, stranger).await;
    assert!(report.lines[0].contains("x@else.test is no active user of Salesforce"), "{report:?}");
    rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, json!({"status": "CANCELLED"}))).await;
    assert_eq!(rig.sync().await.done, 1);
    assert!(rig.records("Event").is_empty(), "a cancellation reaches it");
}

#[tokio::test]
async fn w37_10_case_makes_no_second_person() {
    let rig = rig(json!({"Contact": [{"LastName": "Guest", "Email": "BO@Buyer.Test"}]}), json!({}), "").await;
    created(&rig, json!({})).await;
    rig.only("Contact");
}

#[tokio::test]
async fn w37_11_what_changed_in_salesforce_is_read_back() {
    let rig = rig(org(), json!({}), "").await;
    created(&rig, json!({})).await;
    let id = rig.only("Contact")["Id"].as_str().unwrap().parse().unwrap();
    let change = json!({"LastName": "Else"});
    rig.client.update("Contact", id, change.as_object().unwrap()).await.unwrap();
    super::batcher(&rig.store, &rig.client, "").reread(rig.now()).await.unwrap();
    assert_eq!(rig.store.conflicts(9).await.unwrap().len(), 1);
}

#[test]
fn w37_12_sandboxes_and_my_domains_can_be_logged_in_to() {
    for host in
        ["https://test.salesforce.com", "https://acme--dev.sandbox.my.salesforce.com", "https://acme.my.salesforce.com"]
    {
        let (_, problems) = rolodeck::config::read(&format!("[salesforce]\nlogin_url = \"{host}\"\n"));
        assert!(problems.iter().all(|problem| !problem.is_error()), "{host}: {problems:?}");
    }
}

#[tokio::test]
async fn w37_13_one_bad_rule_drops_no_other() {
    let rules = [rule("event", "create", "Nope__c", "x"), rule("event", "create", "Product__c", "CRM")];
    let rig = rig(org(), json!({}), &profile("", &rules)).await;
    assert_eq!(created(&rig, json!({})).await.done, 1);
    assert_eq!(rig.only("Event")["Product__c"], "CRM");
}

#[tokio::test]
async fn w37_14_notes_survive_every_try() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "nth": 1}, "effect": "html_503"}]});
    let rig = rig(org(), faults, "").await;
    created(&rig, json!({"additionalNotes": "Bring the contract"})).await;
    rig.later(SignedDuration::from_hours(1));
    assert_eq!(rig.sync().await.done, 1);
    assert!(rig.only("Event")["Description"].as_str().unwrap().contains("Bring the contract"));
}

#[tokio::test]
async fn w37_15_the_true_account_is_found_behind_sixty_that_look_alike() {
    let mut accounts: Vec<Value> = (0..60)
        .map(|n| json!({"Name": format!("Alike {n}"), "Website": format!("https://shop{n}-buyer.test/")}))
        .collect();
    accounts.push(json!({"_key": "t", "Name": "True", "Website": "HTTPS://WWW.buyer.test:443/about"}));
    let rig =
        rig(json!({"Account": accounts}), json!({}), &profile("record = \"lead\"\ncontact_under_account = true", &[]))
            .await;
    created(&rig, json!({})).await;
    let account = rig.only("Contact")["AccountId"].clone();
    let all = rig.records("Account");
    assert_eq!(all.iter().find(|one| one["Id"] == account).unwrap()["Name"], "True");
}

#[tokio::test]
async fn w37_16_what_will_be_written_is_seen_before_it_is() {
    let rig = rig(org(), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let rows = rig.store.outbox(&[], 9).await.unwrap();
    let plan = super::batcher(&rig.store, &rig.client, "").plan(&rows, rig.now()).await.unwrap();
    assert!(rig.records("Contact").is_empty() && rig.records("Event").is_empty());
    assert_eq!(plan.persons.len(), 1);
    assert!(plan.items[0].event.as_ref().is_some_and(|event| event.operation.is_some()));
}

/// Reference 2.5: the no-show switch off, with its field still named, went on writing. Without the option, nothing does.
#[tokio::test]
async fn w25_without_the_option_no_no_show_is_written() {
    let org = json!({"custom_fields": {"Event": [{"name": "No_Show__c", "type": "boolean"}]}});
    let rig = rig(org, json!({}), "").await;
    created(&rig, json!({})).await;
    rig.calcom(json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2031-03-02T09:10:00.000Z",
        "payload": {"message": "x", "attendees": [{"email": "bo@buyer.test", "noShow": true}], "bookingUid": "u1"}}))
        .await;
    rig.sync().await;
    assert_eq!(rig.only("Event")["No_Show__c"], false);
}

/// Reference 2.5: an incomplete booking wrote over what was there and never wrote a date. Here a form is like the rest.
#[tokio::test]
async fn w25_a_form_without_a_booking_reaches_the_lead_by_the_same_rules() {
    let org = json!({"custom_fields": {"Lead": [{"name": "Product__c", "type": "string", "length": 40}, {"name": "Asked__c", "type": "date"}]},
        "Lead": [{"LastName": "Guest", "Company": "B", "Email": "bo@buyer.test", "Product__c": "theirs"}]});
    let rules = [
        format!("{}when = \"empty\"\n", rule("lead", "update", "Product__c", "{form:product}")),
        rule("lead", "update", "Asked__c", "{form:day}"),
    ];
    let config =
        "[[sync.profile]]\nname = \"forms\"\nwhen = \"kind:form\"\nrecord = \"lead\"\n".to_owned() + &rules.concat();
    let rig = rig(org, json!({}), &config).await;
    let answers = json!({"email": {"value": "bo@buyer.test", "response": "bo@buyer.test"},
        "product": {"value": "CRM", "response": "CRM"}, "day": {"value": "2031-03-09", "response": "2031-03-09"}});
    rig.calcom(json!({"triggerEvent": "FORM_SUBMITTED_NO_EVENT", "createdAt": "2031-03-02T09:00:00.000Z",
        "payload": {"formId": "f1", "formName": "Contact us", "responseId": 1, "responses": answers}}))
        .await;
    assert_eq!(rig.sync().await.done, 1);
    let lead = rig.only("Lead");
    assert_eq!((&lead["Product__c"], &lead["Asked__c"]), (&json!("theirs"), &json!("2031-03-09")));
    assert!(rig.records("Event").is_empty());
}
