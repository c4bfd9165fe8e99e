//! Polling against stand-ins of the two APIs: paging, overlap, resumption, limits, one poller a store.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "support/apis.rs"]
mod apis;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use apis::{Api, Held, KEY};
use jiff::{SignedDuration, Timestamp};
use rolodeck::domain::{Email, Source, State};
use rolodeck::ingest::poll::{self, PollError, Poller, Report};
use rolodeck::store::{Holder, IdentityRules, Store};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

struct Rig {
    store: Store,
    _folder: tempfile::TempDir,
    clock: Arc<AtomicI64>,
}

/// Seconds of 2026-06-01.
fn at(seconds: i64) -> Timestamp {
    "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn text(seconds: i64) -> String {
    at(seconds).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        Self { store, _folder: folder, clock: Arc::new(AtomicI64::new(100_000)) }
    }

    fn poller(&self, source: Source, api: &Api, key: &str, owner: &str) -> Poller {
        let clock = Arc::clone(&self.clock);
        let api = poll::Api {
            source,
            url: api.url.parse().unwrap(),
            key: key.into(),
            first: SignedDuration::from_hours(24 * 30),
            every: Duration::from_mins(5),
        };
        let holder = Holder { owner: owner.into(), host: "here".into(), pid: 7 };
        let clock = Arc::new(move || at(clock.load(Ordering::Relaxed)));
        Poller::new(self.store.clone(), IdentityRules::default(), None, holder, clock, vec![api])
    }

    async fn poll(&self, source: Source, api: &Api) -> Result<Report, PollError> {
        let poller = self.poller(source, api, KEY, "one");
        poller.once(&CancellationToken::new()).await.remove(0).1
    }

    fn later(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn state(&self, email: &str) -> State {
        let contact = self.store.contact_by_email(&Email::parse(email).unwrap()).await.unwrap().unwrap();
        self.store.contact_detail(contact).await.unwrap().unwrap().activities[0].state
    }
}

fn calcom(n: i64, updated: i64, extra: Value) -> Value {
    let mut booking = json!({"id": n, "uid": format!("u{n}"), "title": "Demo", "status": "accepted",
        "hosts": [{"id": 1, "name": "Kari", "email": "kari@seller.test"}], "duration": 30,
        "start": text(900_000), "end": text(901_800), "createdAt": text(0), "updatedAt": text(updated),
        "attendees": [{"name": format!("P {n}"), "email": format!("p{n}@x.test"), "absent": false}], "bookingFieldsResponses": {}});
    for (key, value) in extra.as_object().unwrap() {
        booking[key] = value.clone();
    }
    booking
}

fn oncehub(n: i64, updated: i64, status: &str) -> Value {
    json!({"object": "booking", "id": format!("BKNG-{n}"), "subject": "Demo", "status": status, "owner": "USR-1",
        "creation_time": text(0), "last_updated_time": text(updated), "starting_time": text(900_000), "duration_minutes": 30,
        "form_submission": {"name": format!("P {n}"), "email": format!("p{n}@x.test")}})
}

#[tokio::test]
async fn calcoms_bookings_are_read_page_by_page_and_only_what_is_new_the_next_time() {
    let rig = Rig::new().await;
    // More than two pages; 150 of them changed in the same moment.
    let bookings = (0..230).map(|n| calcom(n, if n < 150 { 5000 } else { 5000 + n }, json!({}))).collect();
    let api = Api::calcom(bookings).await;
    let report = rig.poll(Source::CalCom, &api).await.unwrap();
    assert_eq!((report.stored, report.activities_created, report.contacts_created), (230, 230, 230));
    let asked = api.asked();
    assert_eq!(asked.len() as u64, report.calls);
    assert_eq!(asked[0].1["sortUpdatedAt"], "asc");
    assert!(asked.iter().any(|(_, query)| query.contains_key("afterCreatedAt")));
    let state = rig.store.source("calcom").await.unwrap().unwrap();
    assert_eq!(state.last_success_at, Some(at(100_000)));

    // One is cancelled; what lies within the overlap comes again and changes nothing.
    rig.later(60);
    api.held.lock().unwrap().bookings[3] =
        calcom(3, 100_030, json!({"status": "cancelled", "cancellationReason": "ill"}));
    let report = rig.poll(Source::CalCom, &api).await.unwrap();
    assert_eq!((report.stored, report.activities_created), (1, 0));
    assert_eq!(rig.state("p3@x.test").await, State::Canceled);
    let asked = api.asked();
    assert_eq!(asked[0].1["afterUpdatedAt"], text(5229 - 300));
    // A booking without a time of change is found by its creation.
    let new = calcom(500, 0, json!({"updatedAt": null, "createdAt": text(100_050)}));
    api.held.lock().unwrap().bookings.push(new);
    assert_eq!(rig.poll(Source::CalCom, &api).await.unwrap().activities_created, 1);
}

#[tokio::test]
async fn a_poll_that_broke_goes_on_where_it_stood() {
    let rig = Rig::new().await;
    let users = vec![
        json!({"object": "user", "id": "USR-1", "email": "kari@seller.test", "first_name": "Kari", "last_name": "Nord"}),
    ];
    let bookings = (0..250).map(|n| oncehub(n, 1000 + n * 100, "scheduled")).collect();
    let contact = json!({"object": "contact", "id": "CTC-1", "email": "p0@x.test", "first_name": "Paula", "last_name": "Zero",
        "city": "Oslo", "status": "Qualified", "last_updated_time": text(2000)});
    let api =
        Api::oncehub(Held { bookings, users, contacts: vec![contact], fail: Some((4, 500)), ..Held::default() }).await;
    // Users, two pages of bookings, and the third page fails.
    let error = rig.poll(Source::OnceHub, &api).await.unwrap_err();
    assert!(error.to_string().contains("status 500: try later"), "{error}");
    let state = rig.store.source("oncehub").await.unwrap().unwrap();
    assert!(state.error().unwrap().contains("try later"));
    let asked = api.asked();
    assert_eq!(asked[1].1["expand"], "contact,conversation,owner");

    let report = rig.poll(Source::OnceHub, &api).await.unwrap();
    let asked = api.asked();
    assert_eq!(asked[0].1["after"], "BKNG-50", "the page where it stood, and no users again");
    assert_eq!((report.stored, report.activities_created), (51, 50), "the rest of the bookings, and the contact");
    let id = rig.store.contact_by_email(&Email::parse("p0@x.test").unwrap()).await.unwrap().unwrap();
    let detail = rig.store.contact_detail(id).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.full_name(), "Paula Zero");
    assert_eq!(detail.activities[0].user.as_deref(), Some("Kari Nord"));
    assert!(rig.store.source("oncehub").await.unwrap().unwrap().error().is_none());

    // Nothing new but a no-show.
    rig.later(600);
    api.held.lock().unwrap().bookings[7] = oncehub(7, 100_500, "no_show");
    let report = rig.poll(Source::OnceHub, &api).await.unwrap();
    assert_eq!((report.stored, report.duplicates), (1, 4), "three bookings and the contact lie within the overlap");
    assert_eq!(rig.state("p7@x.test").await, State::NoShow);
}

/// OnceHub reference 5.1 and D8: the bare `expand` first, then with its prefix, then contact by contact.
#[tokio::test]
async fn a_booking_without_a_form_finds_its_contact_however_the_api_expands() {
    for (expands, asked_for) in [
        (Some(""), vec!["/v2/bookings contact,conversation,owner"]),
        (
            Some("data."),
            vec!["/v2/bookings contact,conversation,owner", "/v2/bookings data.contact,data.conversation,data.owner"],
        ),
        (
            None,
            vec![
                "/v2/bookings contact,conversation,owner",
                "/v2/bookings data.contact,data.conversation,data.owner",
                "/v2/contacts/CTC-77 ",
                "/v2/contacts/CTC-78 ",
            ],
        ),
    ] {
        let rig = Rig::new().await;
        let known = json!({"object": "contact", "id": "CTC-77", "email": "ana@x.test", "first_name": "Ana",
            "status": "Qualified", "last_updated_time": text(2000)});
        let booking = |n: i64, contact: &str, form: Value| {
            let mut booking = oncehub(n, 1000 + n, "scheduled");
            booking["contact"] = contact.into();
            booking["form_submission"] = form;
            booking
        };
        let form = json!({"name": "Bo", "email": "bo@x.test"});
        // The same contact twice, one who is told by the form, and one who is not there any more.
        let bookings = vec![
            booking(1, "CTC-77", Value::Null),
            booking(2, "CTC-77", Value::Null),
            booking(3, "CTC-79", form),
            booking(4, "CTC-78", Value::Null),
        ];
        let api = Api::oncehub(Held { bookings, contacts: vec![known], expands, ..Held::default() }).await;
        let report = rig.poll(Source::OnceHub, &api).await.unwrap();
        assert_eq!((report.activities_created, report.contacts_created), (4, 2), "{expands:?}");
        let id = rig.store.contact_by_email(&Email::parse("ana@x.test").unwrap()).await.unwrap().unwrap();
        let detail = rig.store.contact_detail(id).await.unwrap().unwrap();
        assert_eq!(detail.activity_count, 2, "{expands:?}");
        let mut asked: Vec<_> = api.asked().into_iter().filter(|(path, _)| path != "/v2/users").collect();
        asked.retain(|(path, _)| path != "/v2/contacts");
        let mut asked: Vec<_> = asked
            .iter()
            .map(|(path, query)| format!("{path} {}", query.get("expand").map_or("", String::as_str)))
            .collect();
        asked[..].sort();
        if expands.is_some() {
            // One that cannot be expanded is asked for by itself.
            assert_eq!(asked.pop().as_deref(), Some("/v2/contacts/CTC-78 "));
        }
        assert_eq!(asked, asked_for, "{expands:?}");
    }
}

#[tokio::test]
async fn a_refused_key_is_told_and_nothing_else_is() {
    let rig = Rig::new().await;
    let api = Api::calcom(Vec::new()).await;
    let poller = rig.poller(Source::CalCom, &api, "wr0ng", "one");
    let error = poller.once(&CancellationToken::new()).await.remove(0).1.unwrap_err().to_string();
    assert!(error.contains("refused the key") && !error.contains("wr0ng"), "{error}");
    let nowhere = Api { url: "http://127.0.0.1:9".into(), ..api };
    let error = rig.poll(Source::CalCom, &nowhere).await.unwrap_err();
    assert!(error.to_string().starts_with("127.0.0.1 cannot be reached"), "{error}");
}

#[tokio::test]
async fn one_process_polls_a_store() {
    let rig = Rig::new().await;
    let api = Api::calcom(vec![calcom(1, 10, json!({}))]).await;
    let holder = Holder { owner: "other".into(), host: "there".into(), pid: 42 };
    rig.store.lease_take(poll::ROLE, &holder, SignedDuration::from_mins(1), at(100_000)).await.unwrap();
    let error = rig.poll(Source::CalCom, &api).await.unwrap_err();
    assert_eq!(error.to_string(), "process 42 on there polls this store");
    assert_eq!(api.asked(), []);
    rig.later(61);
    assert_eq!(rig.poll(Source::CalCom, &api).await.unwrap().stored, 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_the_rest_is_taken() {
    let rig = Rig::new().await;
    let broken = calcom(1, 10, json!({"updatedAt": text(20), "end": 5}));
    let api = Api::calcom(vec![broken, calcom(2, 30, json!({}))]).await;
    let report = rig.poll(Source::CalCom, &api).await.unwrap();
    assert_eq!(report.stored, 1);
    assert!(report.refused > 0 && report.problems[0].starts_with("u1: `endTime`"), "{report:?}");
}
