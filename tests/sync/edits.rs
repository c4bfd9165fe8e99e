//! Edits of contacts, statuses and phones on their way to Salesforce (product S4, C8).

use jiff::Timestamp;
use rolodeck::domain::Status;
use serde_json::{Value, json};

use super::{Rig, cal, rig};

const LEADS: &str = "[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n";

/// Gives the only contact another email, as an edit by hand does.
async fn change_email(rig: &Rig) {
    rig.sql("UPDATE contact SET email = 'new@buyer.test' WHERE email = 'bo@buyer.test'").await;
    rig.sql(
        "INSERT INTO history (at, actor, contact_id, what, data) SELECT 1, 'ann@seller.test', id, 'updated', \
         '{\"changes\":[{\"field\":\"email\",\"from\":\"bo@buyer.test\",\"to\":\"new@buyer.test\"}]}' FROM contact",
    )
    .await;
    enqueue(rig).await;
}

/// Puts every contact into the queue.
async fn enqueue(rig: &Rig) {
    rig.sql(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', id, id, 'updated', 'pending', 1, 1, 1 FROM contact",
    )
    .await;
}

fn lead(change: Value) -> Value {
    let mut lead = json!({"LastName": "Guest", "Company": "Buyer", "Email": "bo@buyer.test"});
    for (key, value) in change.as_object().unwrap() {
        lead[key] = value.clone();
    }
    lead
}

fn form(email: Option<&str>, mobile: &str) -> Value {
    let mut fields = json!({"mobile phone": {"value": mobile, "response": mobile}, "name": {"value": "Bo Guest", "response": "Bo Guest"}});
    if let Some(email) = email {
        fields["email"] = json!({"value": email, "response": email});
    }
    json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2031-03-02T09:00:00.000Z",
        "payload": {"formId": "f1", "formName": "Contact us", "responses": fields}})
}

/// The linked record gets the new address, also when we never wrote the old one there ourselves.
#[tokio::test]
async fn a_new_email_reaches_the_linked_record() {
    for there in [json!({}), json!({"Lead": [lead(json!({"Email": "BO@buyer.test"}))]})] {
        let rig = rig(there, json!({}), LEADS).await;
        let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        assert_eq!(rig.sync().await.done, 1);
        change_email(&rig).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.held), (1, 0), "{report:?}");
        assert_eq!(rig.only("Lead")["Email"], "new@buyer.test");
        // The outcome is in the contact's history.
        let detail = rig.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap();
        let told =
            detail.history.iter().any(|entry| entry.what == "synced" && entry.data.to_string().contains("Email"));
        assert!(told, "{:?}", detail.history);
    }
}

/// Who is not linked is looked for by the new, then by the old address; the record found gets the new one.
#[tokio::test]
async fn who_is_not_linked_is_looked_for_by_the_new_then_the_old_address() {
    for (org, created, updated) in [
        (json!([lead(json!({}))]), 0, "bo@buyer.test"),
        (
            json!([lead(json!({"LastName": "Old"})), lead(json!({"Email": "new@buyer.test", "LastName": "New"}))]),
            0,
            "New",
        ),
        (json!([]), 1, ""),
    ] {
        let before = org.as_array().unwrap().len();
        // The gate kept the contact from Salesforce until now.
        let config = format!("[sync]\ngate = \"status:qualified\"\n{LEADS}");
        let rig = rig(json!({"Lead": org}), json!({}), &config).await;
        let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        rig.sync().await;
        change_email(&rig).await;
        let id = applied.contact_id.unwrap();
        rig.store.set_status(&[id], Some(Status::Qualified), "ann", Timestamp::now()).await.unwrap();
        let report = rig.sync().await;
        assert_eq!((report.held, report.retry), (0, 0), "{report:?}");
        let leads = rig.records("Lead");
        assert_eq!(leads.len(), before + created);
        assert_eq!(leads.iter().filter(|lead| lead["Email"] == "new@buyer.test").count(), 1, "{leads:#?}");
        if updated == "New" {
            assert!(leads.iter().any(|lead| lead["LastName"] == "Old" && lead["Email"] == "bo@buyer.test"));
        }
    }
}

/// An address that was the contact's and is another contact's record by now is not taken from them.
#[tokio::test]
async fn the_record_of_another_contact_is_not_taken_over_by_an_old_address() {
    let rig = rig(json!({}), json!({}), LEADS).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    // A second contact once had that address too.
    rig.sql("INSERT INTO contact (email, source, name_key, created_at, updated_at) VALUES ('cy@buyer.test', 'manual', 'cy', 1, 1)").await;
    rig.sql(
        "INSERT INTO history (at, actor, contact_id, what, data) SELECT 1, 'ann', id, 'updated', \
         '{\"changes\":[{\"field\":\"email\",\"from\":\"bo@buyer.test\",\"to\":\"cy@buyer.test\"}]}' FROM contact WHERE email = 'cy@buyer.test'",
    )
    .await;
    enqueue(&rig).await;
    rig.sync().await;
    let mut emails: Vec<_> = rig.records("Lead").iter().map(|lead| lead["Email"].clone()).collect();
    emails.sort_by_key(ToString::to_string);
    assert_eq!(emails, [json!("bo@buyer.test"), json!("cy@buyer.test")]);
}

/// Product S4: find by email, then phone, most recently modified.
#[tokio::test]
async fn whom_no_email_finds_the_phone_finds() {
    let by_phone = |change: Value| {
        let mut lead = lead(json!({"Email": null, "MobilePhone": "(415) 555-2671"}));
        for (key, value) in change.as_object().unwrap() {
            lead[key] = value.clone();
        }
        lead
    };
    let strict = "[identity]\nstrict_email = true\n";
    // Configuration, Leads of the org, email of the form, the name of the record that is updated (none: a new one).
    let cases: [(&str, Value, Option<&str>, Option<&str>); 7] = [
        ("", json!([by_phone(json!({"LastName": "A"}))]), Some("bo@buyer.test"), Some("A")),
        (
            "",
            json!([by_phone(json!({"LastName": "A", "MobilePhone": null, "Phone": "+1 415-555-2671"}))]),
            Some("bo@buyer.test"),
            Some("A"),
        ),
        (
            "",
            json!([
                by_phone(json!({"LastName": "Old", "LastModifiedDate": "2030-01-01T00:00:00Z"})),
                by_phone(json!({"LastName": "New", "LastModifiedDate": "2030-06-01T00:00:00Z"}))
            ]),
            Some("bo@buyer.test"),
            Some("New"),
        ),
        (
            "",
            json!([by_phone(json!({"LastName": "A"})), lead(json!({"LastName": "B"}))]),
            Some("bo@buyer.test"),
            Some("B"),
        ),
        ("", json!([by_phone(json!({"LastName": "A", "Email": "eve@x.test"}))]), Some("bo@buyer.test"), Some("A")),
        (strict, json!([by_phone(json!({"LastName": "A", "Email": "eve@x.test"}))]), Some("bo@buyer.test"), None),
        ("[sync]\ngate = \"has:phone OR has:email\"\n", json!([by_phone(json!({"LastName": "A"}))]), None, Some("A")),
    ];
    for (nth, (config, org, email, updated)) in cases.into_iter().enumerate() {
        let before = org.as_array().unwrap().len();
        let config = format!("{config}[[sync.profile]]\nname = \"x\"\nbase = \"oncehub\"\n");
        let rig = rig(json!({"Lead": org}), json!({}), &config).await;
        let applied = rig.calcom(form(email, "+14155552671")).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.held), (1, 0), "{nth}: {report:?}");
        let leads = rig.records("Lead");
        assert_eq!(leads.len() - before, usize::from(updated.is_none()), "{nth}: {report:?}");
        if let Some(name) = updated {
            let link = rig.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap().link.unwrap();
            let found = leads.iter().find(|lead| lead["Id"] == link.record_id).unwrap();
            assert_eq!(found["LastName"], name, "{nth}");
            // Its own email stays.
            assert!(nth != 4 || found["Email"] == "eve@x.test");
        }
    }
}

#[tokio::test]
async fn who_has_only_a_phone_is_synced_where_the_gate_lets_them_in_and_once() {
    let config =
        |gate: &str| format!("[sync]\ngate = \"{gate}\"\n[[sync.profile]]\nname = \"x\"\nbase = \"oncehub\"\n");
    let rig1 = rig(json!({}), json!({}), &config("")).await;
    rig1.calcom(form(None, "+14155552671")).await;
    let report = rig1.sync().await;
    assert_eq!((report.skipped, report.calls), (1, 0), "{report:?}");
    let rig2 = rig(json!({}), json!({}), &config("has:phone OR has:email")).await;
    rig2.calcom(form(None, "+14155552671")).await;
    rig2.sync().await;
    assert_eq!(rig2.only("Lead")["MobilePhone"], "+14155552671");
}

/// An answer that was lost is looked for by the phone where there is no email.
#[tokio::test]
async fn somebody_with_only_a_phone_is_not_made_twice() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "body": "MobilePhone\":", "times": 1}, "effect": "close_after_commit"}]});
    let config = "[sync]\ngate = \"has:phone OR has:email\"\n[[sync.profile]]\nname = \"x\"\nbase = \"oncehub\"\n";
    let rig = rig(json!({}), faults, config).await;
    rig.calcom(form(None, "+14155552671")).await;
    assert_eq!(rig.sync().await.done, 0);
    rig.later(jiff::SignedDuration::from_mins(10));
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!(rig.records("Lead").len(), 1);
}

/// Bookings of Cal.com are looked for by email alone, unless the profile says otherwise.
#[tokio::test]
async fn a_booking_is_found_by_phone_only_where_the_profile_says() {
    for (option, people) in [("", 2), ("match_phone = true\n", 1)] {
        let org = json!({"Contact": [{"LastName": "Guest", "MobilePhone": "415.555.2671"}]});
        let rig = rig(org, json!({}), &format!("[[sync.profile]]\nname = \"x\"\n{option}")).await;
        let attendee = json!({"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo", "phoneNumber": "+14155552671"});
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({"attendees": [attendee]}))).await;
        assert_eq!(rig.sync().await.done, 1);
        assert_eq!(rig.records("Contact").len(), people, "{option}");
    }
}

/// A status reaches Salesforce where a rule maps it.
#[tokio::test]
async fn a_status_is_written_where_a_rule_maps_it() {
    let org = json!({"custom_fields": {"Contact": [{"name": "Qualification__c", "type": "string", "length": 40}]}});
    let rules = "[[sync.profile]]\nname = \"x\"\n[[sync.profile.write]]\nobject = \"contact\"\non = \"update\"\n\
                 field = \"Qualification__c\"\nvalue = \"{contact.status}\"\n";
    let rig = rig(org, json!({}), rules).await;
    let id = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
    rig.sync().await;
    for (status, there) in [(Some(Status::SalesQualified), json!("Sales qualified")), (None, json!("Sales qualified"))]
    {
        rig.store.set_status(&[id], status, "ann", Timestamp::now()).await.unwrap();
        let report = rig.sync().await;
        assert_eq!(report.held, 0, "{report:?}");
        // No status is blank, and blank clears nothing.
        assert_eq!(rig.only("Contact")["Qualification__c"], there);
    }
}
