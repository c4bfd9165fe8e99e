//! Seated events through the store: one booking id, several people.

use rolodeck::domain::activity::State;
use rolodeck::domain::{Activity, Email, Source};
use rolodeck::ingest::{Context, understand};
use rolodeck::store::IdentityRules;
use serde_json::{Value, json};

use super::{Scratch, at, scratch};

/// Takes a Cal.com webhook of this many seconds after the beginning.
async fn send(s: &Scratch, event: &str, seconds: i64, payload: Value) {
    let mut body = json!({ "triggerEvent": event, "createdAt": at(seconds).to_string() });
    if event.starts_with("MEETING") {
        for (key, value) in payload.as_object().unwrap() {
            body[key] = value.clone();
        }
    } else {
        body["payload"] = payload;
    }
    let parsed = understand(Some(Source::CalCom), &body.to_string(), &Context::default(), at(100_000)).unwrap();
    s.store.apply_all(&parsed.interactions, IdentityRules::default(), at(seconds)).await.unwrap();
}

fn slot(uid: &str, who: &[&str], extra: Value) -> Value {
    let attendees: Vec<_> = who.iter().map(|name| json!({"email": format!("{name}@x.test"), "name": name})).collect();
    let mut slot = json!({"uid": uid, "title": "Webinar", "seatsPerTimeSlot": 10, "attendees": attendees, "responses": {},
        "startTime": at(10_000).to_string(), "endTime": at(11_800).to_string(), "status": "ACCEPTED"});
    for (key, value) in extra.as_object().unwrap() {
        slot[key] = value.clone();
    }
    slot
}

/// The activities of a person: present id and state.
async fn of(s: &Scratch, name: &str) -> Vec<(String, State)> {
    let email = Email::parse(&format!("{name}@x.test")).unwrap();
    let Some(contact) = s.store.contact_by_email(&email).await.unwrap() else { return Vec::new() };
    let detail = s.store.contact_detail(contact).await.unwrap().unwrap();
    let mut all = Vec::new();
    for row in detail.activities {
        let Activity { external_id, state, .. } = s.store.activity_detail(row.id).await.unwrap().unwrap().activity;
        all.push((external_id, state));
    }
    all
}

fn one(id: &str, state: State) -> Vec<(String, State)> {
    vec![(id.to_owned(), state)]
}

#[tokio::test]
async fn every_seat_has_its_contact_its_booking_and_its_fate() {
    let s = scratch().await;
    for (n, name) in ["ana", "bo", "cy"].iter().enumerate() {
        let seat = json!({"attendeeSeatId": format!("seat-{name}")});
        send(&s, "BOOKING_CREATED", n as i64, slot("u1", &[name], seat)).await;
    }
    for name in ["ana", "bo", "cy"] {
        assert_eq!(of(&s, name).await, one(&format!("u1/{name}@x.test"), State::Scheduled));
    }
    assert_eq!(s.store.outbox(&[], 10).await.unwrap().len(), 3);

    // Ana gives up her seat, told by the seat's id alone.
    let gone =
        json!({"attendees": [], "seatReferenceUid": "seat-ana", "status": "CANCELLED", "cancellationReason": "ill"});
    send(&s, "BOOKING_CANCELLED", 10, slot("u1", &[], gone)).await;
    assert_eq!(of(&s, "ana").await[0].1, State::Canceled);
    assert_eq!(of(&s, "bo").await[0].1, State::Scheduled);

    // Bo moves to another slot.
    let moved = json!({"rescheduleUid": "u1", "startTime": at(20_000).to_string(), "endTime": at(21_800).to_string()});
    send(&s, "BOOKING_RESCHEDULED", 11, slot("u2", &["bo"], moved)).await;
    assert_eq!(of(&s, "bo").await, one("u2/bo@x.test", State::Rescheduled));

    // What happens to the first slot as a whole is Cy's alone now.
    let ended = json!({"uid": "u1", "id": 1, "startTime": at(10_000).to_string(), "endTime": at(11_800).to_string(),
        "attendees": [{"email": "cy@x.test", "name": "cy"}], "status": "ACCEPTED"});
    send(&s, "MEETING_ENDED", 11_800, ended).await;
    assert_eq!(of(&s, "cy").await, one("u1/cy@x.test", State::Completed));
    assert_eq!(of(&s, "bo").await[0].1, State::Rescheduled);
    assert_eq!(of(&s, "ana").await[0].1, State::Canceled);
}

#[tokio::test]
async fn no_show_marks_are_for_the_seats_that_are_named() {
    let s = scratch().await;
    for (n, name) in ["ana", "bo"].iter().enumerate() {
        send(&s, "BOOKING_CREATED", n as i64, slot("u1", &[name], json!({}))).await;
    }
    let mark = |who: &[(&str, bool)]| {
        let attendees: Vec<_> =
            who.iter().map(|(name, no_show)| json!({"email": format!("{name}@x.test"), "noShow": no_show})).collect();
        json!({"message": "marked", "bookingUid": "u1", "attendees": attendees})
    };
    send(&s, "BOOKING_NO_SHOW_UPDATED", 12_000, mark(&[("ana", true)])).await;
    assert_eq!((of(&s, "ana").await[0].1, of(&s, "bo").await[0].1), (State::NoShow, State::Scheduled));
    send(&s, "BOOKING_NO_SHOW_UPDATED", 12_100, mark(&[("ana", false), ("bo", true)])).await;
    assert_eq!((of(&s, "ana").await[0].1, of(&s, "bo").await[0].1), (State::Completed, State::NoShow));
}

#[tokio::test]
async fn the_host_cancels_and_moves_all_seats_at_once() {
    let s = scratch().await;
    for (n, name) in ["ana", "bo"].iter().enumerate() {
        send(&s, "BOOKING_CREATED", n as i64, slot("u1", &[name], json!({}))).await;
    }
    let moved = json!({"rescheduleUid": "u1", "startTime": at(20_000).to_string(), "endTime": at(21_800).to_string()});
    send(&s, "BOOKING_RESCHEDULED", 10, slot("u2", &["ana", "bo"], moved)).await;
    assert_eq!(of(&s, "ana").await, one("u2/ana@x.test", State::Rescheduled));
    // Without a word about seats, and naming nobody.
    let canceled = json!({"seatsPerTimeSlot": null, "attendees": [], "status": "CANCELLED"});
    send(&s, "BOOKING_CANCELLED", 20, slot("u2", &[], canceled)).await;
    for name in ["ana", "bo"] {
        assert_eq!(of(&s, name).await, one(&format!("u2/{name}@x.test"), State::Canceled));
    }
}

#[tokio::test]
async fn a_slot_that_was_heard_of_by_its_end_first_becomes_the_seat_of_whom_it_named() {
    let s = scratch().await;
    let started = json!({"uid": "u1", "id": 1, "title": "Webinar", "startTime": at(10_000).to_string(),
        "endTime": at(11_800).to_string(), "attendees": [{"email": "ana@x.test", "name": "ana"}], "status": "ACCEPTED"});
    send(&s, "MEETING_STARTED", 10_000, started).await;
    assert_eq!(of(&s, "ana").await, one("u1", State::Scheduled));
    for (n, name) in ["ana", "bo"].iter().enumerate() {
        send(&s, "BOOKING_CREATED", n as i64, slot("u1", &[name], json!({}))).await;
    }
    assert_eq!(of(&s, "ana").await.len(), 1);
    assert_eq!(of(&s, "bo").await, one("u1/bo@x.test", State::Scheduled));
}

#[tokio::test]
async fn what_is_said_of_a_slot_that_was_left_does_not_follow_who_left() {
    let s = scratch().await;
    send(&s, "BOOKING_CREATED", 0, slot("u1", &["ana"], json!({}))).await;
    send(&s, "BOOKING_CREATED", 1, slot("u1", &["bo"], json!({}))).await;
    let to = |from: &str| json!({"rescheduleUid": from, "startTime": at(20_000).to_string(), "endTime": at(21_800).to_string()});
    send(&s, "BOOKING_RESCHEDULED", 10, slot("u2", &["bo"], to("u1"))).await;
    let canceled = json!({"attendees": [], "status": "CANCELLED"});
    send(&s, "BOOKING_CANCELLED", 20, slot("u1", &[], canceled)).await;
    assert_eq!(of(&s, "ana").await, one("u1/ana@x.test", State::Canceled));
    assert_eq!(of(&s, "bo").await, one("u2/bo@x.test", State::Rescheduled));
    // And back to where it was: that is a move as any other.
    send(&s, "BOOKING_RESCHEDULED", 30, slot("u1", &["bo"], to("u2"))).await;
    assert_eq!(of(&s, "bo").await, one("u1/bo@x.test", State::Rescheduled));
}
