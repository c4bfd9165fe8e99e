//! The worker against the sandbox: payloads in at one end, Salesforce records out at the other.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

#[path = "sync/accounts.rs"]
mod accounts;
#[path = "sync/attendees.rs"]
mod attendees;
#[path = "sync/batches.rs"]
mod batches;
#[path = "sync/bookings.rs"]
mod bookings;
#[path = "sync/calls.rs"]
mod calls;
#[path = "sync/doctor.rs"]
mod doctor;
#[path = "sync/doubt.rs"]
mod doubt;
#[path = "sync/edits.rs"]
mod edits;
#[path = "sync/external_id.rs"]
mod external_id;
#[path = "sync/in_flight.rs"]
mod in_flight;
#[path = "sync/owner.rs"]
mod owner;
#[path = "sync/ownership.rs"]
mod ownership;
#[path = "sync/people.rs"]
mod people;
#[path = "sync/plans.rs"]
mod plans;
#[path = "sync/restored.rs"]
mod restored;
#[path = "sync/rules.rs"]
mod rules;
#[path = "sync/running.rs"]
mod running;
#[path = "sync/seen.rs"]
mod seen;
#[path = "sync/watching.rs"]
mod watching;
#[path = "sync/weaknesses.rs"]
mod weaknesses;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use rolodeck::config;
use rolodeck::domain::Source;
use rolodeck::ingest;
use rolodeck::salesforce::{Client, ClientConfig, TokenSource};
use rolodeck::sandbox::{Faults, OrgFile, Sandbox};
use rolodeck::store::{Applied, Holder, IdentityRules, Store};
use rolodeck::sync::batch::Batcher;
use rolodeck::sync::setup::{Setup, Surroundings};
use rolodeck::sync::status::WorkerStatus;
use rolodeck::sync::worker::{Clock, Report, Worker};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

/// A store, an org, and a worker between them.
pub struct Rig {
    pub store: Store,
    pub sandbox: Sandbox,
    pub client: Client,
    worker: Worker,
    /// Milliseconds by which the worker's clock is ahead.
    ahead: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

/// A rig whose org holds the users Ann and Bob, and what is given; `config` is a configuration file.
pub async fn rig(org: Value, faults: Value, config: &str) -> Rig {
    let mut file = json!({
        "User": [
            {"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "FirstName": "Ann", "Email": "ann@seller.test", "Alias": "ann"},
            {"_key": "bob", "Username": "bob@seller.test", "LastName": "Lee", "FirstName": "Bob", "Email": "bob@seller.test", "Alias": "bob"}
        ]
    });
    for (key, value) in org.as_object().unwrap() {
        file[key] = value.clone();
    }
    let org = OrgFile::parse(&file.to_string()).unwrap();
    let faults = Faults::parse(&faults.to_string()).unwrap();
    let sandbox = Sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), org, faults).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let tokens = TokenSource::access_token(&sandbox.url(), sandbox.access_token().into()).unwrap();
    let client = Client::new(ClientConfig::new(tokens)).unwrap();
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = {
        let ahead = ahead.clone();
        Arc::new(move || Timestamp::now() + SignedDuration::from_millis(ahead.load(Ordering::Relaxed)))
    };
    let status = watch::channel(WorkerStatus::default()).0;
    let worker = any_worker(&store, &client, config, "test", status, clock);
    Rig { store, sandbox, client, worker, ahead, folder }
}

/// A worker under this lease owner.
pub fn worker(store: &Store, client: &Client, config: &str, owner: &str) -> Worker {
    watched_worker(store, client, config, owner, watch::channel(WorkerStatus::default()).0)
}

/// The same, with another clock.
pub fn worker_at(store: &Store, client: &Client, config: &str, owner: &str, clock: Clock) -> Worker {
    any_worker(store, client, config, owner, watch::channel(WorkerStatus::default()).0, clock)
}

/// The same, telling `status` how it fares.
pub fn watched_worker(
    store: &Store,
    client: &Client,
    config: &str,
    owner: &str,
    status: watch::Sender<WorkerStatus>,
) -> Worker {
    any_worker(store, client, config, owner, status, Arc::new(Timestamp::now))
}

fn any_worker(
    store: &Store,
    client: &Client,
    config: &str,
    owner: &str,
    status: watch::Sender<WorkerStatus>,
    clock: Clock,
) -> Worker {
    let batcher = batcher(store, client, config);
    let holder = Holder { owner: owner.into(), host: "here".into(), pid: 1 };
    Worker::new(store.clone(), batcher, holder, clock, status, Arc::new(Notify::new()))
}

/// What plans and looks, without a worker.
pub fn batcher(store: &Store, client: &Client, config: &str) -> Batcher {
    let (config, problems) = config::read(config);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    let surroundings = Surroundings { zone: jiff::tz::TimeZone::UTC, me: None, custom: Vec::new() };
    let setup = Setup::from_config(&config.unwrap(), &surroundings).unwrap();
    Batcher::new(store.clone(), client.clone(), setup)
}

impl Rig {
    /// Takes in one Cal.com payload.
    pub async fn calcom(&self, payload: Value) -> Applied {
        self.take(Source::CalCom, payload).await
    }

    /// Takes in one OnceHub payload.
    pub async fn oncehub(&self, payload: Value) -> Applied {
        self.take(Source::OnceHub, payload).await
    }

    async fn take(&self, source: Source, payload: Value) -> Applied {
        let context = ingest::Context::default();
        // The payloads are of 2031 and are read on their day; nothing may call itself later than it is received.
        let day = "2031-03-03T00:00:00Z".parse().unwrap();
        let parsed = ingest::understand(Some(source), &payload.to_string(), &context, day).unwrap();
        let rules = IdentityRules::default();
        self.store.apply_all(&parsed.interactions, rules, Timestamp::now()).await.unwrap().pop().unwrap()
    }

    /// Lets the worker's clock go on.
    pub fn later(&self, by: SignedDuration) {
        self.ahead.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
    }

    /// What the worker's clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// Sends everything that is due.
    pub async fn sync(&self) -> Report {
        self.worker.once().await.unwrap()
    }

    /// Changes the store behind its back, as another process would.
    pub async fn sql(&self, sql: &'static str) {
        let path = self.folder.path().join("rolodeck.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// Records of the org that are not deleted.
    pub fn records(&self, object: &str) -> Vec<Value> {
        let dump = self.sandbox.dump();
        let records = dump[object].as_array().cloned().unwrap_or_default();
        records.into_iter().filter(|record| record["IsDeleted"] != json!(true)).collect()
    }

    /// The only record of an object.
    pub fn only(&self, object: &str) -> Value {
        let records = self.records(object);
        assert_eq!(records.len(), 1, "{records:#?}");
        records.into_iter().next().unwrap()
    }
}

/// A Cal.com booking payload of Bo Guest with Ann as host, in 2031 so that no clock completes it.
pub fn cal(trigger: &str, uid: &str, minute: u32, change: Value) -> Value {
    let mut payload = json!({
        "bookingId": 91, "uid": uid, "type": "60min", "title": "60min between Ann Host and Bo Guest",
        "startTime": "2031-03-05T09:30:00Z", "endTime": "2031-03-05T10:30:00Z", "length": 60, "status": "ACCEPTED",
        "organizer": {"id": 5, "name": "Ann Host", "email": "ann@seller.test", "timeZone": "Europe/Oslo"},
        "attendees": [{"email": "Bo@Buyer.test", "name": "Bo van der Guest", "timeZone": "Europe/Oslo"}],
        "responses": {"name": {"label": "your_name", "value": "Bo van der Guest"},
                      "email": {"label": "email_address", "value": "Bo@Buyer.test"}},
        "metadata": {"videoCallUrl": "https://app.cal.test/video/u1"}
    });
    for (key, value) in change.as_object().unwrap() {
        payload[key] = value.clone();
    }
    json!({"triggerEvent": trigger, "createdAt": format!("2031-03-02T09:{minute:02}:00.000Z"), "payload": payload})
}
