//! Files of payloads into a real store: many forms, malformed pieces, repeats.
#![allow(
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use jiff::Timestamp;
use rolodeck::domain::{Email, State};
use rolodeck::ingest::Context;
use rolodeck::ingest::file::{self, FileReport};
use rolodeck::ingest::sink::StoreSink;
use rolodeck::store::{IdentityRules, Store};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

fn now() -> Timestamp {
    "2026-03-03T00:00:00Z".parse().unwrap()
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("rolodeck.db")).await.unwrap(), folder)
}

async fn ingest(store: &Store, text: &str) -> FileReport {
    let sink = StoreSink { store: store.clone(), rules: IdentityRules::default() };
    let stop = CancellationToken::new();
    file::run(text.as_bytes(), None, &Context::default(), &sink, now, &stop, |_| {}).await.unwrap()
}

fn calcom(event: &str, minute: u32, extra: &Json) -> Json {
    let mut payload = json!({"uid": "u1", "title": "Intro", "startTime": "2026-03-06T09:30:00Z", "endTime": "2026-03-06T10:00:00Z",
        "attendees": [{"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"}]});
    for (key, value) in extra.as_object().unwrap() {
        payload[key] = value.clone();
    }
    json!({"triggerEvent": event, "createdAt": format!("2026-03-02T09:{minute:02}:00Z"), "payload": payload})
}

fn oncehub(id: &str, kind: &str, data: &Json) -> Json {
    json!({"object": "event", "id": id, "type": kind, "creation_time": "2026-03-02T09:30:00Z", "data": data})
}

#[tokio::test]
async fn a_mixed_file_is_taken_piece_by_piece() {
    let (store, _folder) = store().await;
    let talk = json!({"object": "conversation", "id": "CVR-1", "status": "closed", "last_updated_time": "2026-03-02T10:00:00Z",
        "contact": {"email": "Bo@Buyer.test", "first_name": "Bo", "status": "Kwalified"}, "bot": {"name": "Helper"}, "answers": []});
    let lines = [
        calcom("BOOKING_CREATED", 1, &json!({})).to_string(),
        "{\"triggerEvent\": broken".to_owned(),
        oncehub("EVNT-1", "conversation.closed", &talk).to_string(),
        "{\"hello\":\"world\"}".to_owned(),
        calcom("OOO_CREATED", 2, &json!({})).to_string(),
        calcom("BOOKING_CREATED", 1, &json!({})).to_string(),
    ];
    let report = ingest(&store, &lines.join("\n")).await;
    let counts = (report.stored, report.duplicates, report.unknown, report.refused, report.warnings);
    assert_eq!(counts, (2, 1, 1, 2, 1));
    assert_eq!((report.contacts_created, report.activities_created), (1, 2), "one person, two activities");
    let listed: Vec<String> = report.listed.iter().map(ToString::to_string).collect();
    assert!(listed.iter().any(|line| line.starts_with("line 2: refused: not JSON")), "{listed:?}");
    assert!(listed.iter().any(|line| line.starts_with("line 3: warning: contact.status: `Kwalified`")), "{listed:?}");
    assert!(listed.iter().any(|line| line.starts_with("line 4: refused: this is neither")), "{listed:?}");

    let again = ingest(&store, &lines.join("\n")).await;
    assert_eq!((again.stored, again.duplicates, again.activities_created), (0, 4, 0));
}

#[tokio::test]
async fn a_reschedule_moves_the_same_booking_whatever_the_order() {
    let moved = json!({"uid": "u2", "rescheduleUid": "u1", "startTime": "2026-03-07T09:30:00Z", "endTime": "2026-03-07T10:00:00Z"});
    let events = [
        calcom("BOOKING_CREATED", 1, &json!({})),
        calcom("BOOKING_RESCHEDULED", 2, &moved),
        calcom("BOOKING_CANCELLED", 3, &json!({"uid": "u2", "cancellationReason": "ill"})),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (store, _folder) = store().await;
        let payloads: Vec<_> = order.iter().map(|at| events[*at].clone()).collect();
        let report = ingest(&store, &Json::Array(payloads).to_string()).await;
        assert_eq!(report.refused, 0, "{:?}", report.listed);
        let contact = store.contact_by_email(&Email::parse("bo@buyer.test").unwrap()).await.unwrap().unwrap();
        let detail = store.contact_detail(contact).await.unwrap().unwrap();
        assert_eq!(detail.activities.len(), 1, "{order:?}");
        let activity = &detail.activities[0];
        assert_eq!(activity.state, State::Canceled, "{order:?}");
    }
}

#[tokio::test]
async fn booked_again_elsewhere_are_two_bookings_of_one_person() {
    let (store, _folder) = store().await;
    let booking = |id: &str, status: &str, other: Json| {
        json!({"object": "booking", "id": id, "status": status, "starting_time": "2026-03-06T09:30:00Z", "duration_minutes": 30,
            "rescheduled_booking_id": other, "form_submission": {"name": "Ana Berg", "email": "ana@x.test"}})
    };
    let file = [
        oncehub("EVNT-1", "booking.scheduled", &booking("BKNG-1", "scheduled", Json::Null)),
        oncehub("EVNT-2", "booking.canceled_then_rescheduled", &booking("BKNG-2", "rescheduled", json!("BKNG-1"))),
    ];
    let report = ingest(&store, &json!({"object": "list", "data": file, "has_more": false}).to_string()).await;
    assert_eq!((report.stored, report.contacts_created, report.activities_created), (2, 1, 2));
    let contact = store.contact_by_email(&Email::parse("ana@x.test").unwrap()).await.unwrap().unwrap();
    let mut states: Vec<_> = store
        .contact_detail(contact)
        .await
        .unwrap()
        .unwrap()
        .activities
        .iter()
        .map(|activity| activity.state)
        .collect();
    states.sort_by_key(|state| state.key());
    assert_eq!(states, [State::Canceled, State::Rescheduled]);
}
