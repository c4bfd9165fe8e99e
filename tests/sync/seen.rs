//! What changed in Salesforce: re-read, shown, and who wins (product S16).

use jiff::Timestamp;
use rolodeck::domain::Status;
use rolodeck::store::Entity;
use rolodeck::sync::seen::Seen;
use serde_json::{Value, json};

use super::{Rig, batcher, cal, rig};

const CONFIG: &str = "[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n";

fn rule(object: &str, on: &str, field: &str, value: &str, wins: &str) -> String {
    format!(
        "[[sync.profile.write]]\nobject = \"{object}\"\non = \"{on}\"\nfield = \"{field}\"\nvalue = \"{value}\"\nwins = \"{wins}\"\n"
    )
}

async fn change(rig: &Rig, object: &str, fields: Value) {
    let id = rig.only(object)["Id"].as_str().unwrap().parse().unwrap();
    rig.client.update(object, id, fields.as_object().unwrap()).await.unwrap();
}

async fn seen(rig: &Rig, contact: i64) -> Seen {
    let detail = rig.store.contact_detail(contact).await.unwrap().unwrap();
    Seen::of(&detail.link.unwrap())
}

#[tokio::test]
async fn what_changed_there_is_read_in_one_call_and_shown() {
    let rig = rig(json!({}), json!({}), CONFIG).await;
    let contact = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
    rig.sync().await;
    let batcher = batcher(&rig.store, &rig.client, CONFIG);
    let before = rig.client.calls_made();
    let found = batcher.reread(rig.now()).await.unwrap();
    assert_eq!(
        (rig.client.calls_made() - before, found.linked, found.conflicts, found.more),
        (1, 2, 0, false),
        "{found:?}"
    );
    let known = seen(&rig, contact).await;
    assert_eq!(
        (known.owner.as_deref(), known.status.as_deref()),
        (Some("Ann Host"), Some("Open - Not Contacted")),
        "{known:?}"
    );
    assert!(rig.store.conflicts(9).await.unwrap().is_empty());

    // Somebody works on it there.
    let bob = rig.records("User").into_iter().find(|user| user["Email"] == "bob@seller.test").unwrap()["Id"].clone();
    change(&rig, "Lead", json!({"OwnerId": bob, "Status": "Working - Contacted", "LastName": "Else", "Rating": "Hot"}))
        .await;
    change(&rig, "Event", json!({"Subject": "Moved by hand"})).await;
    let found = batcher.reread(rig.now()).await.unwrap();
    assert_eq!((found.linked, found.conflicts), (2, 2), "{found:?}");
    let known = seen(&rig, contact).await;
    assert_eq!((known.owner.as_deref(), known.status.as_deref()), (Some("Bob Lee"), Some("Working - Contacted")));
    let conflicts = rig.store.conflicts(9).await.unwrap();
    let told: Vec<_> = conflicts
        .iter()
        .flat_map(|one| Seen::of(&one.link).conflicts.into_iter().map(|c| (one.entity, c.field, c.ours, c.theirs)))
        .filter(|(_, field, ..)| field != "OwnerId")
        .collect();
    assert!(told.contains(&(Entity::Contact, "LastName".into(), json!("van der Guest"), json!("Else"))), "{told:?}");
    assert!(
        told.iter().any(|(entity, field, _, theirs)| *entity == Entity::Activity
            && field == "Subject"
            && *theirs == json!("Moved by hand")),
        "{told:?}"
    );
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test]
async fn deleted_and_converted_records_are_seen_as_such() {
    let rig = rig(json!({}), json!({}), CONFIG).await;
    let contact = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
    rig.sync().await;
    let id = rig.only("Lead")["Id"].as_str().unwrap().parse().unwrap();
    rig.client.delete("Lead", id).await.unwrap();
    batcher(&rig.store, &rig.client, CONFIG).reread(rig.now()).await.unwrap();
    let known = seen(&rig, contact).await;
    assert!(known.gone && known.line().contains("deleted"), "{known:?}");
}

/// Per rule: ours is written again, or theirs stays and it is said.
#[tokio::test]
async fn each_rule_says_who_wins() {
    let org = json!({"custom_fields": {
        "Lead": [{"name": "Product__c", "type": "string", "length": 40}],
        "Event": [{"name": "Stage__c", "type": "string", "length": 40}]
    }});
    for (wins, person, event) in [("rolodeck", "Qualified", "rescheduled"), ("salesforce", "theirs", "theirs")] {
        let rules = [
            rule("lead", "create", "Product__c", "first", wins),
            rule("lead", "update", "Product__c", "{contact.status}", wins),
            rule("event", "create", "Stage__c", "{booking.state}", wins),
            rule("event", "update", "Stage__c", "{booking.state}", wins),
        ];
        let config = format!("{CONFIG}{}", rules.concat());
        let rig = rig(org.clone(), json!({}), &config).await;
        let contact = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
        rig.sync().await;
        change(&rig, "Lead", json!({"Product__c": "theirs"})).await;
        change(&rig, "Event", json!({"Stage__c": "theirs"})).await;
        rig.store.set_status(&[contact], Some(Status::Qualified), "ann", Timestamp::now()).await.unwrap();
        let moved =
            json!({"rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z"});
        rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
        let report = rig.sync().await;
        assert_eq!((report.held, report.retry), (0, 0), "{report:?}");
        assert_eq!(rig.only("Lead")["Product__c"], person, "{wins}: {report:?}");
        assert_eq!(rig.only("Event")["Stage__c"], event, "{wins}: {report:?}");
        let said = report.lines.join("\n").contains("was changed in Salesforce since and is left as it is there");
        assert_eq!(said, wins == "salesforce", "{report:?}");
        // What was written stands there: it is no conflict any more, also before it is read again.
        batcher(&rig.store, &rig.client, &config).reread(rig.now()).await.unwrap();
        let conflicts = rig.store.conflicts(9).await.unwrap();
        assert_eq!(conflicts.is_empty(), wins == "rolodeck", "{conflicts:#?}");
    }
}

/// Standard fields: theirs stays unless the profile says otherwise.
#[tokio::test]
async fn the_profile_says_who_wins_in_standard_fields() {
    for (wins, title) in [("", "Chief"), ("wins = \"rolodeck\"\n", "CTO")] {
        let org =
            json!({"Lead": [{"LastName": "Guest", "Company": "Buyer", "Email": "bo@buyer.test", "Title": "Chief"}]});
        let rig = rig(org, json!({}), &format!("{CONFIG}{wins}")).await;
        let form = json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2031-03-02T09:00:00.000Z", "payload": {
            "formId": "f1", "formName": "Contact us", "responses": {
                "email": {"value": "bo@buyer.test", "response": "bo@buyer.test"}, "job title": {"value": "CTO", "response": "CTO"}}}});
        rig.calcom(form).await;
        assert_eq!(rig.sync().await.done, 1);
        assert_eq!(rig.only("Lead")["Title"], title);
    }
}

/// Thousands of changes are read a page at a time, and none twice or never.
#[tokio::test]
async fn many_changes_are_read_page_by_page() {
    let leads: Vec<Value> = (0..2_100)
        .map(|n| json!({"LastName": format!("L{n}"), "Company": "C", "Email": format!("l{n}@x.test")}))
        .collect();
    let rig = rig(json!({"Lead": leads}), json!({}), CONFIG).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let batcher = batcher(&rig.store, &rig.client, CONFIG);
    // The cursor goes on where the page ended.
    rig.sql("UPDATE link SET linked_at = 0").await;
    let first = batcher.reread(rig.now()).await.unwrap();
    assert_eq!((first.more, first.read >= 2_000), (true, true), "{first:?}");
    let second = batcher.reread(rig.now()).await.unwrap();
    assert!(!second.more, "{second:?}");
    let linked = first.linked + second.linked;
    assert!(linked >= 2, "{first:?} {second:?}");
    // What is old is not read again.
    rig.later(jiff::SignedDuration::from_mins(10));
    while batcher.reread(rig.now()).await.unwrap().more {}
    rig.later(jiff::SignedDuration::from_mins(10));
    assert_eq!(batcher.reread(rig.now()).await.unwrap().read, 0);
}
