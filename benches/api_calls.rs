//! What bookings cost: API calls, seconds and records per second, against the sandbox in this process (P8, P9).
//!
//! ```text
//! cargo bench --bench api_calls
//! ```
//!
//! `naive` is what an integration makes that handles one booking at a time and knows nothing of collections: two
//! searches, a person and an Event for somebody new, two searches and an Event for somebody known, one call for a
//! change. The seconds are those of the worker and the sandbox together, on the same cores.
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use rolodeck::domain::Source;
use rolodeck::salesforce::{Client, ClientConfig, TokenSource};
use rolodeck::sandbox::{Faults, OrgFile, Sandbox};
use rolodeck::store::{Holder, IdentityRules, Store};
use rolodeck::sync::batch::Batcher;
use rolodeck::sync::setup::{Setup, Surroundings};
use rolodeck::sync::status::WorkerStatus;
use rolodeck::sync::worker::Worker;
use rolodeck::{config, ingest};
use serde_json::{Value, json};
use tokio::sync::watch;

const CONFIG: &str = "[[sync.profile]]\nname = \"leads\"\nrecord = \"lead\"\n";

/// What happens to each of many bookings, one after the other.
const SCENARIOS: [(&str, &str, u64); 4] = [
    ("new people, as leads", "BOOKING_CREATED", 4),
    ("known people", "BOOKING_CREATED", 3),
    ("moved", "BOOKING_RESCHEDULED", 1),
    ("cancelled", "BOOKING_CANCELLED", 1),
];

#[tokio::main]
async fn main() {
    println!(
        "{:<22}{:>9}{:>8}{:>9}{:>8}{:>10}{:>12}",
        "", "bookings", "calls", "naive", "ratio", "seconds", "bookings/s"
    );
    for n in [1, 200, 10_000] {
        run(n).await;
    }
}

async fn run(n: u64) {
    let org = json!({
        "User": [{"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "Email": "ann@seller.test", "Alias": "ann"}],
        "settings": {"daily_limit": 10_000_000}
    });
    let org = OrgFile::parse(&org.to_string()).unwrap();
    let sandbox = Sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), org, Faults::none()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let tokens = TokenSource::access_token(&sandbox.url(), sandbox.access_token().into()).unwrap();
    let client = Client::new(ClientConfig::new(tokens)).unwrap();

    let worker = worker(&store, &client);
    for (step, (name, trigger, naive)) in SCENARIOS.into_iter().enumerate() {
        take(&store, n, step as u64, trigger).await;
        let start = Instant::now();
        let report = worker.once().await.unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!((report.done as u64, report.held, report.retry), (n, 0, 0), "{name}: {:?}", report.lines.last());
        let (calls, naive) = (report.calls, naive * n);
        println!(
            "{name:<22}{n:>9}{calls:>8}{naive:>9}{:>7.0}x{seconds:>10.3}{:>12.0}",
            naive as f64 / calls.max(1) as f64,
            n as f64 / seconds
        );
    }
}

fn worker(store: &Store, client: &Client) -> Worker {
    let (config, _) = config::read(CONFIG);
    let surroundings = Surroundings { zone: jiff::tz::TimeZone::UTC, me: None, custom: Vec::new() };
    let setup = Setup::from_config(&config.unwrap(), &surroundings).unwrap();
    let batcher = Batcher::new(store.clone(), client.clone(), setup);
    let holder = Holder { owner: "bench".into(), host: "here".into(), pid: std::process::id() };
    let (status, _) = watch::channel(WorkerStatus::default());
    Worker::new(store.clone(), batcher, holder, Arc::new(Timestamp::now), status, Arc::default())
}

/// One payload for each booking.
async fn take(store: &Store, n: u64, step: u64, trigger: &str) {
    let context = ingest::Context::default();
    let now = Timestamp::now();
    let mut interactions = Vec::new();
    for i in 0..n {
        let payload = payload(i, step, trigger).to_string();
        interactions.extend(ingest::understand(Some(Source::CalCom), &payload, &context, now).unwrap().interactions);
    }
    for some in interactions.chunks(1_000) {
        store.apply_all(some, IdentityRules::default(), now).await.unwrap();
    }
}

fn payload(i: u64, step: u64, trigger: &str) -> Value {
    // First and second bookings are two; what is moved and cancelled is the second.
    let uid = if step == 0 { format!("first-{i}") } else { format!("second-{i}") };
    let start = Timestamp::from_second(1_940_000_400).unwrap() + SignedDuration::from_mins((i * 30 + step * 7) as i64);
    let email = format!("guest{i}@buyer{}.test", i % 700);
    let mut payload = json!({
        "uid": uid, "type": "demo", "title": format!("Demo {i}"), "status": "ACCEPTED",
        "startTime": start.to_string(), "endTime": (start + SignedDuration::from_mins(30)).to_string(),
        "organizer": {"name": "Ann Host", "email": "ann@seller.test", "timeZone": "Europe/Oslo"},
        "attendees": [{"email": email, "name": format!("Guest Number {i}"), "timeZone": "Europe/Oslo"}],
        "responses": {"email": {"label": "email_address", "value": email},
                      "notes": {"label": "additional_notes", "value": "Looking forward to it"}}
    });
    match step {
        2 => {
            payload["uid"] = format!("moved-{i}").into();
            payload["rescheduleUid"] = uid.into();
        }
        3 => {
            payload["uid"] = format!("moved-{i}").into();
            payload["status"] = "CANCELLED".into();
        }
        _ => {}
    }
    json!({"triggerEvent": trigger, "createdAt": format!("2031-03-02T09:0{step}:00.000Z"), "payload": payload})
}
