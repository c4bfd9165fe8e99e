//! Bookings: created, moved, cancelled, not attended, handed over (product S1).

use rolodeck::store::OutboxState;
use serde_json::json;

use super::{cal, rig};

#[tokio::test]
async fn a_booking_of_an_unknown_person_makes_a_contact_and_an_event_in_three_calls() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.held, report.retry), (1, 0, 0), "{report:?}");
    assert!(report.calls <= 3, "{} calls", report.calls);

    let contact = rig.only("Contact");
    assert_eq!(contact["Email"], "bo@buyer.test");
    assert_eq!((&contact["FirstName"], &contact["LastName"]), (&json!("Bo"), &json!("van der Guest")));
    let event = rig.only("Event");
    assert_eq!(event["WhoId"], contact["Id"]);
    assert_eq!(event["StartDateTime"], "2031-03-05T09:30:00.000+0000");
    assert_eq!(event["EndDateTime"], "2031-03-05T10:30:00.000+0000");
    assert_eq!(event["Location"], "https://app.cal.test/video/u1");
    let users = rig.records("User");
    let ann = users.iter().find(|user| user["Email"] == "ann@seller.test").unwrap();
    assert_eq!((&event["OwnerId"], &contact["OwnerId"]), (&ann["Id"], &ann["Id"]));
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_costs_nothing() {
    let rig = rig(json!({}), json!({}), "").await;
    let created = cal("BOOKING_CREATED", "u1", 0, json!({}));
    rig.calcom(created.clone()).await;
    rig.sync().await;
    let before = rig.sandbox.dump();
    assert!(rig.calcom(created).await.duplicate);
    let report = rig.sync().await;
    assert_eq!((report.done, report.skipped, report.calls), (0, 0, 0));
    assert_eq!(rig.sandbox.dump(), before);
}

#[tokio::test]
async fn a_reschedule_moves_that_same_event() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let id = rig.only("Event")["Id"].clone();
    let moved = json!({"rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z"});
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.calls), (1, 1), "{report:?}");
    let event = rig.only("Event");
    assert_eq!(event["Id"], id);
    assert_eq!(event["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    assert_eq!(event["EndDateTime"], "2031-03-06T13:00:00.000+0000");
    assert_eq!(rig.records("Contact").len(), 1);
}

#[tokio::test]
async fn a_cancellation_deletes_the_event_or_says_so_in_it() {
    let profile = "[[sync.profile]]\nname = \"keep\"\nwhen = \"source:calcom\"\nbase = \"oncehub\"\n";
    for (config, object) in [("", "Contact"), (profile, "Lead")] {
        let rig = rig(json!({}), json!({}), config).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        rig.sync().await;
        assert_eq!(rig.records(object).len(), 1);
        let canceled = json!({"status": "CANCELLED", "cancellationReason": "ill", "cancelledBy": "bo@buyer.test"});
        rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, canceled)).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.calls), (1, 1), "{report:?}");
        if config.is_empty() {
            assert!(rig.records("Event").is_empty());
        } else {
            let event = rig.only("Event");
            assert!(event["Subject"].as_str().unwrap().starts_with("Canceled: "));
            assert!(event["Description"].as_str().unwrap().contains("ill"), "{event:#}");
            assert_eq!(event["ShowAs"], "Free");
        }
    }
}

#[tokio::test]
async fn what_is_cancelled_before_it_was_sent_is_never_sent() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, json!({"status": "CANCELLED"}))).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.skipped, report.calls), (0, 1, 0));
    assert!(rig.records("Event").is_empty() && rig.records("Contact").is_empty());
}

#[tokio::test]
async fn a_no_show_is_ticked_and_unticked() {
    let org = json!({"custom_fields": {"Event": [{"name": "No_Show__c", "type": "boolean"}]}});
    let config = "[[sync.profile]]\nname = \"all\"\nno_show_field = \"No_Show__c\"\n";
    let rig = rig(org, json!({}), config).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    assert_eq!(rig.only("Event")["No_Show__c"], false);
    for (minute, came) in [(10, false), (11, true)] {
        let payload = json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": format!("2031-03-02T09:{minute}:00.000Z"),
            "payload": {"message": "x", "attendees": [{"email": "bo@buyer.test", "noShow": !came}], "bookingUid": "u1"}});
        rig.calcom(payload).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.calls), (1, 1), "{report:?}");
        assert_eq!(rig.only("Event")["No_Show__c"], !came);
    }
}

#[tokio::test]
async fn a_booking_handed_over_gets_its_new_owner() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let to_bob =
        json!({"organizer": {"id": 6, "name": "Bob Lee", "email": "bob@seller.test", "timeZone": "Europe/Oslo"}});
    rig.calcom(cal("BOOKING_CREATED", "u1", 7, to_bob)).await;
    rig.sync().await;
    let users = rig.records("User");
    let bob = users.iter().find(|user| user["Email"] == "bob@seller.test").unwrap();
    assert_eq!(rig.only("Event")["OwnerId"], bob["Id"]);
    // The person's record keeps its owner.
    assert_ne!(rig.only("Contact")["OwnerId"], bob["Id"]);
}

#[tokio::test]
async fn two_hundred_bookings_need_six_calls_at_most() {
    let rig = rig(json!({}), json!({}), "[[sync.profile]]\nname = \"leads\"\nrecord = \"lead\"\n").await;
    for n in 0..200 {
        let email = format!("guest{n}@buyer.test");
        let change = json!({
            "attendees": [{"email": email, "name": format!("Guest {n}"), "timeZone": "Europe/Oslo"}],
            "responses": {"email": {"label": "email_address", "value": email}}
        });
        rig.calcom(cal("BOOKING_CREATED", &format!("u{n}"), 0, change)).await;
    }
    let report = rig.sync().await;
    assert_eq!((report.done, report.held, report.retry), (200, 0, 0), "{:?}", report.lines.last());
    assert!(report.calls <= 6, "{} calls", report.calls);
    assert_eq!((rig.records("Lead").len(), rig.records("Event").len()), (200, 200));
    let stats = rig.sandbox.stats();
    assert_eq!(rig.client.calls_made(), stats["api_calls"].as_u64().unwrap(), "{stats:#}");
}

#[tokio::test]
async fn an_event_that_somebody_deleted_is_not_made_again_behind_their_back() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let id = rig.only("Event")["Id"].as_str().unwrap().parse().unwrap();
    rig.client.delete("Event", id).await.unwrap();
    let moved = json!({"rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z"});
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved)).await;
    assert_eq!(rig.sync().await.held, 1);
    assert!(rig.records("Event").is_empty());
    // A person decides that it is wanted.
    let held = rig.store.outbox(&[OutboxState::Held], 9).await.unwrap();
    rig.store.outbox_retry(&[held[0].id], jiff::Timestamp::now()).await.unwrap();
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!(rig.only("Event")["StartDateTime"], "2031-03-06T12:00:00.000+0000");
}

/// Every order of some things.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (nth, first) in things.iter().enumerate() {
        let rest = [&things[..nth], &things[nth + 1..]].concat();
        all.extend(orders(&rest).into_iter().map(|order| [vec![first.clone()], order].concat()));
    }
    all
}

#[tokio::test]
async fn whatever_the_order_of_deliveries_one_event_is_left_or_none() {
    let moved = |day: u32, previous: &str| {
        let (start, end) = (format!("2031-03-{day:02}T09:00:00Z"), format!("2031-03-{day:02}T10:00:00Z"));
        json!({"rescheduleUid": previous, "startTime": start, "endTime": end})
    };
    let mut story = vec![
        cal("BOOKING_CREATED", "u1", 0, json!({})),
        cal("BOOKING_RESCHEDULED", "u2", 5, moved(6, "u1")),
        cal("BOOKING_RESCHEDULED", "u3", 9, moved(7, "u2")),
    ];
    // The worker keeps up with every delivery, so that Salesforce has seen each state of things.
    for order in orders(&story) {
        let rig = rig(json!({}), json!({}), "").await;
        for payload in &order {
            rig.calcom(payload.clone()).await;
            rig.sync().await;
        }
        let events = rig.records("Event");
        let told: Vec<_> = order.iter().map(|payload| &payload["payload"]["uid"]).collect();
        assert_eq!(events.len(), 1, "{told:?}: {events:#?}");
        assert_eq!(events[0]["StartDateTime"], "2031-03-07T09:00:00.000+0000", "{told:?}");
        assert_eq!(rig.records("Contact").len(), 1);
    }
    story.push(cal("BOOKING_CANCELLED", "u3", 12, json!({"status": "CANCELLED"})));
    for order in orders(&story) {
        let rig = rig(json!({}), json!({}), "").await;
        for payload in &order {
            rig.calcom(payload.clone()).await;
            rig.sync().await;
        }
        let told: Vec<_> = order.iter().map(|payload| &payload["createdAt"]).collect();
        assert_eq!(rig.records("Event"), Vec::<serde_json::Value>::new(), "{told:?}");
    }
}

/// A mark that comes before its booking makes neither a contact nor an Event; the booking, when it comes, makes both once.
#[tokio::test]
async fn a_no_show_of_a_booking_that_was_never_heard_of_makes_nobody() {
    let rig = rig(json!({}), json!({}), "").await;
    let mark = json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2031-03-02T09:10:00.000Z",
        "payload": {"message": "x", "attendees": [{"email": "bo@buyer.test", "noShow": true}], "bookingUid": "u1"}});
    let applied = rig.calcom(mark).await;
    assert_eq!((applied.contact_id, applied.contact_created), (None, false));
    let report = rig.sync().await;
    assert_eq!((report.skipped, report.held), (1, 0), "{report:?}");
    assert!(rig.records("Contact").is_empty());
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    assert!(applied.contact_created);
    assert_eq!(rig.sync().await.done, 1);
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
    // It stays what the mark said.
    let state = rig.store.activity_detail(applied.activity_id.unwrap()).await.unwrap().unwrap().activity.state;
    assert_eq!(state, rolodeck::domain::activity::State::NoShow);
}
