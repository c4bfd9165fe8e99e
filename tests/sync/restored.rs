//! A store that was restored from an older copy makes nothing twice that it has forgotten.

use rolodeck::sync::batch::RESTORED;
use serde_json::{Value, json};

use super::{Rig, cal, rig};

/// What the store knew before anything was sent, as after `rolodeck restore`.
async fn restore(rig: &Rig) {
    rig.sql("DELETE FROM link").await;
    rig.sql("DELETE FROM guest_link").await;
    rig.sql("UPDATE outbox SET state = 'pending', intent = NULL, done_at = NULL, next_at = 0, attempts = 0").await;
    rig.store.set_setting(RESTORED, "2031-03-04T00:00:00Z").await.unwrap();
}

async fn book(rig: &Rig, trigger: &str, uid: &str, minute: u32, change: Value) {
    rig.calcom(cal(trigger, uid, minute, change)).await;
}

#[tokio::test]
async fn a_forgotten_event_is_found_again() {
    let rig = rig(json!({}), json!({}), "").await;
    book(&rig, "BOOKING_CREATED", "u1", 0, json!({})).await;
    // Two that look alike are two, after the restore as before.
    book(&rig, "BOOKING_CREATED", "u2", 1, json!({"bookingId": 92})).await;
    rig.sync().await;
    let ids = |rig: &Rig| {
        let mut ids: Vec<String> = rig.records("Event").iter().map(|event| event["Id"].to_string()).collect();
        ids.sort();
        ids
    };
    let before = ids(&rig);
    assert_eq!(before.len(), 2);

    restore(&rig).await;
    rig.sync().await;
    assert_eq!(ids(&rig), before);
    rig.only("Contact");

    // They are linked again: what happens to one of them reaches it.
    book(&rig, "BOOKING_CANCELLED", "u1", 5, json!({"status": "CANCELLED"})).await;
    rig.sync().await;
    assert_eq!(rig.records("Event").len(), 1);
}

#[tokio::test]
async fn a_cancellation_finds_the_forgotten_event() {
    let rig = rig(json!({}), json!({}), "").await;
    book(&rig, "BOOKING_CREATED", "u1", 0, json!({})).await;
    rig.sync().await;
    rig.only("Event");
    restore(&rig).await;
    book(&rig, "BOOKING_CANCELLED", "u1", 5, json!({"status": "CANCELLED"})).await;
    rig.sync().await;
    assert_eq!(rig.records("Event"), Vec::<Value>::new());
}

#[tokio::test]
async fn another_persons_event_at_that_time_is_left_alone() {
    let org = json!({
        "Contact": [{"_key": "di", "LastName": "Other", "Email": "di@other.test"}],
        "Event": [{"Subject": "60min between Ann Host and Bo Guest", "WhoId": "@di",
                   "StartDateTime": "2031-03-05T09:30:00Z", "EndDateTime": "2031-03-05T10:30:00Z"}],
    });
    let rig = rig(org, json!({}), "").await;
    rig.store.set_setting(RESTORED, "2031-03-04T00:00:00Z").await.unwrap();
    book(&rig, "BOOKING_CREATED", "u1", 0, json!({})).await;
    rig.sync().await;
    assert_eq!(rig.records("Event").len(), 2);
}
