//! Write rules from payload to record: each object and moment, and what Salesforce's side decides (product S5).

use jiff::Timestamp;
use rolodeck::store::{Entity, LinkWrite};
use serde_json::{Value, json};

use super::doubt::hold;
use super::{Rig, cal, rig, worker_at};

fn org() -> Value {
    let picklist = json!({"name": "Stage__c", "type": "picklist", "restricted": true,
        "values": ["Scheduled", "Rescheduled", "Completed", "No-show", "Canceled"]});
    let text = |name: &str| json!({"name": name, "type": "string", "length": 20});
    json!({"custom_fields": {
        "Event": [picklist, text("Product__c"), text("Reason__c"), {"name": "No_Show__c", "type": "boolean"}],
        "Contact": [text("Product__c"), text("Last_Cancel__c"), {"name": "Booked_At__c", "type": "datetime"}, {"name": "Hot__c", "type": "boolean"}],
        "Lead": [text("Product__c")]
    }})
}

fn rule(object: &str, on: &str, field: &str, value: &str, more: &str) -> String {
    format!(
        "[[sync.profile.write]]\nobject = \"{object}\"\non = \"{on}\"\nfield = \"{field}\"\nvalue = \"{value}\"\n{more}\n"
    )
}

fn profile(options: &str, rules: &[String]) -> String {
    format!("[[sync.profile]]\nname = \"x\"\n{options}\n{}", rules.concat())
}

fn answers(product: &str) -> Value {
    json!({"responses": {
        "email": {"label": "email_address", "value": "bo@buyer.test"},
        "product": {"label": "Product", "value": product}
    }})
}

async fn sync(rig: &Rig) -> Vec<String> {
    let report = rig.sync().await;
    assert_eq!((report.held, report.retry), (0, 0), "{report:?}");
    report.lines
}

#[tokio::test]
async fn a_booking_writes_its_event_and_its_person() {
    let rules = [
        rule("event", "create", "Product__c", "{product}", ""),
        rule("person", "create", "Product__c", "wants {product}", ""),
        rule("contact", "create", "Hot__c", "true", ""),
    ];
    let rig = rig(org(), json!({}), &profile("", &rules)).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, answers("CRM"))).await;
    sync(&rig).await;
    assert_eq!(rig.only("Event")["Product__c"], "CRM");
    let contact = rig.only("Contact");
    assert_eq!((&contact["Product__c"], &contact["Hot__c"]), (&json!("wants CRM"), &json!(true)));
}

/// `when = "empty"` looks at what stands in Salesforce, not at what we remember.
#[tokio::test]
async fn only_what_is_empty_there_is_filled() {
    let rules = [
        rule("person", "create", "Product__c", "{product}", "when = \"empty\""),
        rule("person", "create", "Hot__c", "true", "when = \"empty\""),
        rule("event", "update", "Product__c", "{product}", "when = \"empty\""),
    ];
    for (there, expected) in [("theirs", "theirs"), ("", "CRM")] {
        let mut org = org();
        org["Contact"] = json!([{"LastName": "Guest", "Email": "bo@buyer.test", "Product__c": there}]);
        let rig = rig(org, json!({}), &profile("", &rules)).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, answers("CRM"))).await;
        sync(&rig).await;
        let contact = rig.only("Contact");
        assert_eq!((&contact["Product__c"], &contact["Hot__c"]), (&json!(expected), &json!(true)));
        // Somebody fills the Event by hand before it is moved.
        let event = rig.only("Event")["Id"].as_str().unwrap().parse().unwrap();
        if !there.is_empty() {
            let by_hand = json!({"Product__c": there});
            rig.client.update("Event", event, by_hand.as_object().unwrap()).await.unwrap();
        }
        let mut moved = answers("CRM");
        moved["rescheduleUid"] = json!("u1");
        moved["startTime"] = json!("2031-03-06T12:00:00Z");
        moved["endTime"] = json!("2031-03-06T13:00:00Z");
        rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
        sync(&rig).await;
        assert_eq!(rig.only("Event")["Product__c"], expected);
        assert_eq!(rig.only("Event")["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    }
}

/// Cal.com reference 3.7, 13: one bad field makes them drop all custom fields.
#[tokio::test]
async fn one_bad_field_is_left_out_and_the_rest_is_written() {
    let rules = [
        rule("event", "create", "Stage__c", "{product}", ""),
        rule("event", "create", "Nope__c", "x", ""),
        rule("event", "create", "Product__c", "{product}", ""),
        rule("event", "create", "Reason__c", "a text that is longer than the field", ""),
    ];
    let rig = rig(org(), json!({}), &profile("", &rules)).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, answers("CRM"))).await;
    let said = sync(&rig).await.join("\n");
    let event = rig.only("Event");
    assert_eq!((&event["Product__c"], &event["Stage__c"]), (&json!("CRM"), &Value::Null));
    assert_eq!(event["Reason__c"], "a text that is longe");
    assert!(said.contains("Stage__c is left out") && said.contains("Nope__c is left out"), "{said}");
}

#[tokio::test]
async fn a_cancellation_writes_event_and_person_with_or_without_each_other() {
    let event = rule("event", "cancel", "Reason__c", "{booking.reason}", "");
    let person = rule("person", "cancel", "Last_Cancel__c", "{booking.reason}", "");
    for (options, rules, kept) in [
        ("on_cancel = \"update\"", vec![event.clone(), person.clone()], true),
        ("on_cancel = \"delete\"", vec![event.clone(), person.clone()], false),
        ("on_cancel = \"update\"", vec![event], true),
        ("on_cancel = \"update\"", vec![person], true),
    ] {
        let rig = rig(org(), json!({}), &profile(options, &rules)).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        sync(&rig).await;
        let canceled = json!({"status": "CANCELLED", "cancellationReason": "ill"});
        rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, canceled)).await;
        sync(&rig).await;
        let writes = |object: &str| rules.iter().any(|rule| rule.contains(&format!("\"{object}\"")));
        let expected = |object: &str| if writes(object) { json!("ill") } else { Value::Null };
        assert_eq!(rig.records("Event").len(), usize::from(kept));
        if kept {
            assert_eq!(rig.only("Event")["Reason__c"], expected("event"));
        }
        assert_eq!(rig.only("Contact")["Last_Cancel__c"], expected("person"));
    }
}

/// A cancelled booking of somebody who is not in Salesforce makes nobody.
#[tokio::test]
async fn a_cancellation_makes_nobody() {
    let rules = [rule("person", "cancel", "Last_Cancel__c", "{booking.reason}", "")];
    let rig = rig(org(), json!({}), &profile("on_cancel = \"update\"", &rules)).await;
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    sync(&rig).await;
    // Somebody gives the Contact another address, and our link to it is lost.
    let contact = rig.only("Contact")["Id"].as_str().unwrap().parse().unwrap();
    let other = json!({"Email": "else@where.test"});
    rig.client.update("Contact", contact, other.as_object().unwrap()).await.unwrap();
    let clear = LinkWrite::Clear { entity: Entity::Contact, id: applied.contact_id.unwrap() };
    hold(&rig, "janitor").await;
    assert!(rig.store.outbox_intend("janitor", &[], &[clear], Timestamp::now()).await.unwrap());
    rig.store.lease_release("sync", "janitor").await.unwrap();
    rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, json!({"status": "CANCELLED", "cancellationReason": "ill"}))).await;
    sync(&rig).await;
    assert_eq!(rig.only("Contact")["Last_Cancel__c"], Value::Null);
    assert!(rig.only("Event")["Subject"].as_str().unwrap().starts_with("Canceled: "));
}

/// OnceHub reference 4.2: the state of the meeting in a field, through all that can happen to it.
#[tokio::test]
async fn the_state_reaches_its_field() {
    let rules = [
        rule("event", "create", "Stage__c", "{booking.state}", ""),
        rule("event", "update", "Stage__c", "{booking.state}", ""),
    ];
    let config = profile("no_show_field = \"No_Show__c\"", &rules);
    let rig = rig(org(), json!({}), &config).await;
    let stage = || (rig.only("Event")["Stage__c"].clone(), rig.only("Event")["No_Show__c"].clone());
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    sync(&rig).await;
    assert_eq!(stage(), (json!("Scheduled"), json!(false)));
    // Moved and handed over at once.
    let moved = json!({
        "rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z",
        "organizer": {"id": 6, "name": "Bob Lee", "email": "bob@seller.test", "timeZone": "Europe/Oslo"}
    });
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
    sync(&rig).await;
    assert_eq!(stage().0, "Rescheduled");
    let bob = rig.records("User").into_iter().find(|user| user["Email"] == "bob@seller.test").unwrap();
    let event = rig.only("Event");
    assert_eq!((&event["OwnerId"], &event["StartDateTime"]), (&bob["Id"], &json!("2031-03-06T12:00:00.000+0000")));
    // Its end passes.
    let after: Timestamp = "2031-03-07T00:00:00Z".parse().unwrap();
    let later = worker_at(&rig.store, &rig.client, &config, "test", std::sync::Arc::new(move || after));
    assert_eq!(later.once().await.unwrap().done, 1);
    assert_eq!(stage(), (json!("Completed"), json!(false)));
}

#[tokio::test]
async fn a_leads_company_comes_from_a_rule_before_anything_else() {
    for (value, expected) in [("{product}", "CRM"), ("Static Ltd", "Static Ltd"), ("{missing}", "buyer.test")] {
        let rules = [rule("lead", "create", "Company", value, "")];
        let rig = rig(org(), json!({}), &profile("record = \"lead\"", &rules)).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, answers("CRM"))).await;
        sync(&rig).await;
        assert_eq!(rig.only("Lead")["Company"], expected);
    }
}

/// Cal.com reference 3.7, 14: notes are lost when the work is done later.
#[tokio::test]
async fn notes_reach_the_event() {
    let rig = rig(org(), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({"additionalNotes": "Bring the contract"}))).await;
    sync(&rig).await;
    assert!(rig.only("Event")["Description"].as_str().unwrap().contains("Bring the contract"));
}

/// Cal.com reference 3.7, 1: a search that failed is taken for "nobody there".
#[tokio::test]
async fn a_failed_search_makes_nobody() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "nth": 1}, "effect": "html_503"}]});
    let mut org = org();
    org["Contact"] = json!([{"LastName": "Guest", "Email": "bo@buyer.test"}]);
    let rig = rig(org, faults, "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    assert_eq!(rig.sync().await.retry, 1);
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 0));
    let rows = rig.store.outbox(&[], 9).await.unwrap();
    rig.store.outbox_retry(&[rows[0].id], Timestamp::now()).await.unwrap();
    sync(&rig).await;
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
}
