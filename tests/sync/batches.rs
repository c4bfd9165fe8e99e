//! Batches that one record spoils, that meet locks, that find no room or no calls left (product S14).

use jiff::SignedDuration;
use rolodeck::store::OutboxState;
use serde_json::{Value, json};

use super::doubt::settle;
use super::{Rig, cal, rig};

/// A booking of guest `n`, with the title and email given.
async fn book(rig: &Rig, n: usize, title: &str, email: &str) {
    let change = json!({"title": title, "attendees": [{"email": email, "name": format!("Guest {n}"), "timeZone": "UTC"}],
        "responses": {"email": {"label": "email_address", "value": email}}});
    rig.calcom(cal("BOOKING_CREATED", &format!("u{n}"), 0, change)).await;
}

fn answer(status: u16, code: &str) -> Value {
    json!({"answer": {"status": status, "body": [{"message": "no", "errorCode": code}]}})
}

/// A request is refused as a whole for the sake of one record: it is found and held, the others are written.
#[tokio::test]
async fn a_poisoned_batch_is_halved_until_the_guilty_record_stands_alone() {
    for (code, title, email) in [
        ("JSON_PARSER_ERROR", "poison", "guest77@buyer.test"),
        ("OPERATION_TOO_LARGE", "poison", "guest77@buyer.test"),
        // It spoils the questions as well as the writes.
        ("MALFORMED_QUERY", "meeting", "poison@buyer.test"),
    ] {
        let faults =
            json!({"rules": [{"match": {"path": "/composite", "body": "poison"}, "effect": answer(400, code)}]});
        let rig = rig(json!({}), faults, "").await;
        for n in 0..300 {
            let (title, email) = match n {
                77 => (title.to_owned(), email.to_owned()),
                n => (format!("meeting {n}"), format!("guest{n}@buyer.test")),
            };
            book(&rig, n, &title, &email).await;
        }
        let report = rig.sync().await;
        assert_eq!((report.done, report.held, report.retry), (299, 1, 0), "{code}: {:?}", report.stopped);
        assert!(report.calls <= 60, "{code}: {} calls", report.calls);
        let held = rig.store.outbox(&[OutboxState::Held], 9).await.unwrap().remove(0);
        assert_eq!(held.code.as_deref(), Some(code));
        assert_eq!(rig.records("Event").len(), 299, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_not_asked_for_ever() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "body": "sobjects"}, "effect": answer(400, "LIMIT_EXCEEDED")}]});
    let rig = rig(json!({}), faults, "").await;
    for n in 0..200 {
        book(&rig, n, "meeting", &format!("guest{n}@buyer.test")).await;
    }
    let report = rig.sync().await;
    assert_eq!(report.done, 0);
    assert!(report.calls <= 150, "{} calls", report.calls);
}

#[tokio::test]
async fn locked_rows_come_back_soon_and_alone() {
    let faults = json!({"rules": [{"match": {"object": "Event", "times": 7}, "effect": "lock_row"}]});
    let rig = rig(json!({}), faults, "").await;
    for n in 0..20 {
        book(&rig, n, "meeting", &format!("guest{n}@buyer.test")).await;
    }
    let report = rig.sync().await;
    assert_eq!((report.done, report.retry), (13, 7), "{report:?}");
    // Together: one call looks whether their people are still there, one writes.
    rig.later(SignedDuration::from_secs(2));
    let report = rig.sync().await;
    assert_eq!((report.done, report.calls), (7, 2), "{report:?}");
    assert_eq!(rig.records("Event").len(), 20);
}

#[tokio::test]
async fn a_full_org_takes_updates_and_creates_wait() {
    let error = json!({"row_error": {"code": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded"}});
    let full = json!({"object": "Event", "row": {"field": "Subject", "contains": "full"}, "times": 3});
    let rig = rig(json!({}), json!({"rules": [{"match": full, "effect": error}]}), "").await;
    book(&rig, 0, "meeting", "guest0@buyer.test").await;
    assert_eq!(rig.sync().await.done, 1);
    let moved = json!({"title": "meeting", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z",
        "rescheduleUid": "u0", "attendees": [{"email": "guest0@buyer.test", "name": "Guest 0", "timeZone": "UTC"}]});
    rig.calcom(cal("BOOKING_RESCHEDULED", "u0x", 5, moved)).await;
    for n in 1..4 {
        book(&rig, n, "full", &format!("guest{n}@buyer.test")).await;
    }
    let report = rig.sync().await;
    assert_eq!((report.done, report.retry, report.held, report.stopped), (1, 3, 0, None));
    assert_eq!(rig.only("Event")["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    let waiting = rig.store.outbox(&[OutboxState::Retry], 9).await.unwrap();
    assert!(waiting.iter().all(|row| row.code.as_deref() == Some("STORAGE_LIMIT_EXCEEDED")));
    assert!(waiting.iter().all(|row| row.next_at > rig.now()));
    settle(&rig).await;
    assert_eq!(rig.records("Event").len(), 4);
}

#[tokio::test]
async fn a_hidden_field_stops_all_and_blames_no_row() {
    let rule = json!({"match": {"path": "/composite", "times": 1}, "effect": answer(400, "INVALID_FIELD")});
    let rig = rig(json!({}), json!({"rules": [rule]}), "").await;
    for n in 0..3 {
        book(&rig, n, "meeting", &format!("guest{n}@buyer.test")).await;
    }
    let report = rig.sync().await;
    assert_eq!((report.retry, report.held), (3, 0), "{report:?}");
    assert!(report.stopped.unwrap().contains("field"));
    settle(&rig).await;
    assert_eq!(rig.records("Event").len(), 3);
}

#[tokio::test]
async fn below_the_share_of_the_allowance_it_stops_and_resumes_by_itself() {
    let config = "[sync]\napi_share_percent = 50\n";
    let org = json!({"settings": {"daily_limit": 1000, "daily_used": 499}});
    let rig = rig(org, json!({}), config).await;
    book(&rig, 0, "meeting", "guest0@buyer.test").await;
    // The search uses up the share: nothing is written, and no row is to blame.
    let report = rig.sync().await;
    assert_eq!((report.done, report.retry, report.held, report.calls), (0, 1, 0, 1), "{report:?}");
    assert!(report.stopped.unwrap().contains("50 %"));
    let row = rig.store.outbox(&[OutboxState::Retry], 9).await.unwrap().remove(0);
    assert_eq!(row.code.as_deref(), Some("API_SHARE_USED"));
    assert!(rig.records("Contact").is_empty());
}
