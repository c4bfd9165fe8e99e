//! Whose record it is: found, followed, created, updated (product S2, S4, S9).

use rolodeck::domain::Status;
use rolodeck::store::Entity;
use serde_json::{Value, json};

use super::{cal, rig};

const LEADS: &str = "[[sync.profile]]\nname = \"leads\"\nrecord = \"lead\"\n";

fn lead(change: Value) -> Value {
    let mut lead = json!({"_key": "l1", "LastName": "Guest", "Company": "Buyer", "Email": "bo@buyer.test"});
    for (key, value) in change.as_object().unwrap() {
        lead[key] = value.clone();
    }
    lead
}

/// OnceHub reference 4.2 and Cal.com reference 2.2, row by row: org, profile, and the record that gets the Event.
#[tokio::test]
async fn the_record_that_gets_the_event() {
    let contact = || json!({"_key": "c1", "LastName": "Guest", "Email": "BO@buyer.test"});
    let converted = || lead(json!({"IsConverted": true, "ConvertedContactId": "@c1"}));
    let lead_then_contact = "[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\nlead_checks_contact = true\n";
    let oncehub = "[[sync.profile]]\nname = \"x\"\nbase = \"oncehub\"\n";
    let cases: Vec<(&str, &str, Value, &str, usize)> = vec![
        ("contact mode finds the Contact", "", json!({"Contact": [contact()]}), "c1", 0),
        ("contact mode ignores a Lead", "", json!({"Lead": [lead(json!({}))]}), "new Contact", 1),
        ("lead mode finds the Lead", LEADS, json!({"Lead": [lead(json!({}))]}), "l1", 0),
        ("lead mode ignores a Contact", LEADS, json!({"Contact": [contact()]}), "new Lead", 1),
        (
            "lead mode with check prefers the Contact",
            lead_then_contact,
            json!({"Contact": [contact()], "Lead": [lead(json!({}))]}),
            "c1",
            0,
        ),
        ("oncehub prefers the Contact", oncehub, json!({"Contact": [contact()], "Lead": [lead(json!({}))]}), "c1", 0),
        ("oncehub takes the Lead", oncehub, json!({"Lead": [lead(json!({}))]}), "l1", 0),
        ("a converted Lead is followed", LEADS, json!({"Contact": [contact()], "Lead": [converted()]}), "c1", 0),
        ("oncehub makes a Lead", oncehub, json!({}), "new Lead", 1),
    ];
    for (name, config, org, expected, created) in cases {
        let rig = rig(org, json!({}), config).await;
        let before: Vec<Value> = ["Lead", "Contact"].iter().flat_map(|object| rig.records(object)).collect();
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        let report = rig.sync().await;
        assert_eq!(report.done, 1, "{name}: {report:?}");
        let after: Vec<Value> = ["Lead", "Contact"].iter().flat_map(|object| rig.records(object)).collect();
        assert_eq!(after.len() - before.len(), created, "{name}");
        let who = rig.only("Event")["WhoId"].clone();
        let prefix = if expected.ends_with("Lead") || expected == "l1" { "00Q" } else { "003" };
        assert!(who.as_str().unwrap().starts_with(prefix), "{name}: {who}");
        assert_eq!(before.iter().any(|record| record["Id"] == who), created == 0, "{name}");
    }
}

#[tokio::test]
async fn of_several_the_most_recently_modified_is_taken_and_it_is_said() {
    let org = json!({"Contact": [
        {"LastName": "Old", "Email": "bo@buyer.test", "LastModifiedDate": "2030-01-01T00:00:00Z"},
        {"LastName": "New", "Email": "bo@buyer.test", "LastModifiedDate": "2030-06-01T00:00:00Z"}
    ]});
    let rig = rig(org, json!({}), "").await;
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let report = rig.sync().await;
    assert_eq!(report.done, 1, "{report:?}");
    let contacts = rig.records("Contact");
    let newest = contacts.iter().find(|contact| contact["LastName"] == "New").unwrap();
    assert_eq!(rig.only("Event")["WhoId"], newest["Id"]);
    let detail = rig.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.link.unwrap().candidates.len(), 2);
    assert!(report.lines[0].contains("several records match"), "{report:?}");
}

#[tokio::test]
async fn skip_creation_leaves_unknown_people_out_and_guests_block_nothing() {
    let config = "[[sync.profile]]\nname = \"x\"\nskip_creation = true\n";
    let rig = rig(json!({"Contact": [{"LastName": "Guest", "Email": "bo@buyer.test"}]}), json!({}), config).await;
    let guests = json!({"attendees": [
        {"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"},
        {"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "Europe/Oslo"}
    ]});
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, guests)).await;
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!(rig.records("Contact").len(), 1);
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
}

#[tokio::test]
async fn guests_become_people_unless_ignored() {
    let guests = || {
        json!({"attendees": [
            {"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"},
            {"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "Europe/Oslo"}
        ]})
    };
    for (config, people) in [("", 2), ("[[sync.profile]]\nname = \"x\"\nignore_guests = true\n", 1)] {
        let rig = rig(json!({}), json!({}), config).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, guests())).await;
        assert_eq!(rig.sync().await.done, 1);
        assert_eq!(rig.records("Contact").len(), people);
        // A second booking of the same people makes nobody new.
        rig.calcom(cal("BOOKING_CREATED", "u2", 1, guests())).await;
        assert_eq!(rig.sync().await.done, 1);
        assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (people, 2));
    }
}

#[tokio::test]
async fn a_form_finds_or_makes_the_lead_and_fills_only_blanks() {
    let form = |email: &str| {
        json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2031-03-02T09:00:00.000Z", "payload": {
            "formId": "f1", "formName": "Contact us",
            "responses": {"email": {"value": email, "response": email}, "company": {"value": "Buyer AS", "response": "Buyer AS"},
                          "job title": {"value": "CTO", "response": "CTO"}}}})
    };
    let org = json!({"Lead": [lead(json!({"Title": "Chief"}))]});
    let config = "[[sync.profile]]\nname = \"x\"\nbase = \"oncehub\"\n";
    let rig = rig(org, json!({}), config).await;
    rig.calcom(form("bo@buyer.test")).await;
    rig.calcom(form("new@other.test")).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.held), (2, 0), "{report:?}");
    let leads = rig.records("Lead");
    assert_eq!(leads.len(), 2);
    let known = leads.iter().find(|lead| lead["Email"] == "bo@buyer.test").unwrap();
    assert_eq!((&known["Company"], &known["Title"]), (&json!("Buyer"), &json!("Chief")));
    let new = leads.iter().find(|lead| lead["Email"] == "new@other.test").unwrap();
    assert_eq!((&new["Company"], &new["Title"]), (&json!("Buyer AS"), &json!("CTO")));
}

#[tokio::test]
async fn the_gate_leaves_people_out_until_they_pass() {
    let rig = rig(json!({}), json!({}), "[sync]\ngate = \"status:qualified\"\n").await;
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.skipped, report.calls), (0, 1, 0));
    let id = applied.contact_id.unwrap();
    rig.store.set_status(&[id], Some(Status::Qualified), "ann@seller.test", jiff::Timestamp::now()).await.unwrap();
    // The meeting that was booked before comes along.
    rig.sync().await;
    rig.sync().await;
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
    assert_eq!(rig.sync().await.done, 0);
}

#[tokio::test]
async fn what_a_person_skipped_stays_skipped_when_the_contact_is_synced() {
    let rig = rig(json!({}), json!({}), "").await;
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let row = rig.store.outbox(&[], 9).await.unwrap().into_iter().find(|row| row.entity == Entity::Activity).unwrap();
    rig.store.outbox_skip(&[row.id], jiff::Timestamp::now()).await.unwrap();
    let id = applied.contact_id.unwrap();
    rig.store.set_status(&[id], Some(Status::Qualified), "ann@seller.test", jiff::Timestamp::now()).await.unwrap();
    rig.sync().await;
    rig.sync().await;
    rig.only("Contact");
    assert_eq!(rig.records("Event").len(), 0);
}

#[tokio::test]
async fn a_booking_of_somebody_without_an_address_is_written_when_there_is_one() {
    let rig = rig(json!({}), json!({}), "").await;
    let nobody = json!({"attendees": [{"email": "", "name": "Bo Guest", "timeZone": "UTC"}], "responses": {}});
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, nobody)).await;
    rig.sync().await;
    assert_eq!(rig.records("Contact").len(), 0);
    rig.sql("UPDATE contact SET email = 'bo2@buyer.test'").await;
    rig.sql(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', id, id, 'updated', 'pending', 1, 1, 1 FROM contact",
    )
    .await;
    rig.sync().await;
    rig.sync().await;
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
}

#[tokio::test]
async fn an_event_of_somebody_who_fell_out_of_the_gate_keeps_its_owner_and_what_others_wrote() {
    let config = "[sync]\ngate = \"-status:disqualified\"\ndefault_owner = \"bob@seller.test\"\n\
        [[sync.profile]]\nname = \"all\"\nbase = \"calcom\"\n\
        [[sync.profile.write]]\nobject = \"event\"\non = \"update\"\nfield = \"Product__c\"\nvalue = \"ours\"\nwhen = \"empty\"\n";
    let org = json!({"custom_fields": {"Event": [{"name": "Product__c", "type": "string"}]}});
    let rig = rig(org, json!({}), config).await;
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let owner = rig.only("Event")["OwnerId"].clone();
    let id = rig.only("Event")["Id"].as_str().unwrap().to_owned();
    rig.client
        .update("Event", id.parse().unwrap(), json!({"Product__c": "theirs"}).as_object().unwrap())
        .await
        .unwrap();
    let contact = applied.contact_id.unwrap();
    rig.store
        .set_status(&[contact], Some(Status::Disqualified), "ann@seller.test", jiff::Timestamp::now())
        .await
        .unwrap();
    rig.sync().await;
    rig.calcom(cal(
        "BOOKING_RESCHEDULED",
        "u1b",
        5,
        json!({"rescheduleUid": "u1", "startTime": "2031-03-07T09:30:00Z", "endTime": "2031-03-07T10:30:00Z"}),
    ))
    .await;
    // Another process, which knows no users yet.
    super::worker(&rig.store, &rig.client, config, "test").once().await.unwrap();
    let event = rig.only("Event");
    assert_eq!(event["StartDateTime"], json!("2031-03-07T09:30:00.000+0000"));
    assert_eq!((&event["OwnerId"], &event["Product__c"]), (&owner, &json!("theirs")));
}

#[tokio::test]
async fn a_guest_who_books_in_the_same_batch_is_that_contact() {
    let rig = rig(json!({}), json!({}), "").await;
    let attendee = |email: &str| json!({"email": email, "name": "Somebody", "timeZone": "Europe/Oslo"});
    let people = |emails: &[&str]| {
        json!({"attendees": emails.iter().map(|email| attendee(email)).collect::<Vec<_>>(),
            "responses": {"email": {"label": "email_address", "value": emails[0]}}})
    };
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test", "cy@buyer.test"]))).await;
    let cy = rig.calcom(cal("BOOKING_CREATED", "u2", 1, people(&["cy@buyer.test"]))).await;
    assert_eq!(rig.sync().await.done, 2);
    assert_eq!(rig.records("Contact").len(), 2);
    let link = rig.store.contact_detail(cy.contact_id.unwrap()).await.unwrap().unwrap().link.unwrap();
    let record = rig.records("Contact").into_iter().find(|contact| contact["Email"] == "cy@buyer.test").unwrap();
    assert_eq!(record["Id"], link.record_id);
}

/// Control and bidirectional characters have no place in anybody's records: they are stored as they came and not sent.
#[tokio::test]
async fn nothing_hidden_reaches_salesforce() {
    let rules =
        "[[sync.profile.write]]\nobject = \"person\"\non = \"create\"\nfield = \"Department\"\nvalue = \"{team}\"\n";
    let config = format!("[[sync.profile]]\nname = \"x\"\n{rules}");
    let rig = rig(json!({}), json!({}), &config).await;
    let name = "Bo \u{1b}[31mvan\u{202e} der\u{0}\nGuest\u{200b}\u{7}";
    let guest = json!([{"email": "bo@buyer.test", "name": name, "timeZone": "Europe/Oslo"}]);
    let responses = json!({"name": {"label": "your_name", "value": name}, "email": {"value": "bo@buyer.test"},
        "notes": {"label": "additional_notes", "value": "one\ntwo\u{1b}]0;x\u{7}"},
        "team": {"label": "Team", "value": "Red\u{9b}31m \u{2066}Team"}});
    let change = json!({"attendees": guest, "responses": responses, "title": "Intro\u{7}\r\nwith \u{202e}Bo",
        "additionalNotes": "one\ntwo\u{1b}]0;x\u{7}"});
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, change.clone())).await;
    assert_eq!(rig.sync().await.done, 1);
    let (contact, event) = (rig.only("Contact"), rig.only("Event"));
    assert_eq!((&contact["FirstName"], &contact["LastName"]), (&json!("Bo"), &json!("[31mvan der Guest")));
    assert_eq!(contact["Department"], "Red31m Team");
    assert_eq!(event["Subject"], "Intro with Bo");
    let hidden = |text: &str| text.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t'));
    let texts = [&contact, &event].into_iter().flat_map(|record| record.as_object().unwrap().values());
    for text in texts.filter_map(Value::as_str) {
        assert!(!hidden(text) && !text.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{text:?}");
    }
    assert!(event["Description"].as_str().unwrap().contains("one\r\ntwo]0;x"), "{}", event["Description"]);
    // What was cleaned is not seen as a difference the next time.
    let stored = rig.store.contacts_by_id(&[1]).await.unwrap();
    assert!(stored[0].values.full_name().contains('\u{1b}'), "stored as it came");
    rig.calcom(cal("BOOKING_CREATED", "u1", 1, change)).await;
    let before = rig.only("Contact")["SystemModstamp"].clone();
    rig.sync().await;
    assert_eq!(rig.only("Contact")["SystemModstamp"], before);
}
