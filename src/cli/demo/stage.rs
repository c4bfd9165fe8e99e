//! Everything that runs in a demo: an org on the loopback, a store, the worker between them, and a stream of events.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::DemoError;
use super::feeder::Feeder;
use super::home::Home;
use super::live::Live;
use super::people::Cast;
use super::story::Story;
use crate::cli::{connect, keeper};
use crate::config::{self, Config};
use crate::filter::{Context, Filter, List};
use crate::salesforce::{Client, ClientConfig, TokenSource};
use crate::sandbox::{Faults, Sandbox};
use crate::store::{OutboxCounts, Store, StoreError};
use crate::sync::batch::Batcher;
use crate::sync::setup::{Setup, Surroundings};
use crate::sync::status::WorkerStatus;
use crate::sync::worker::Worker;

const CONFIG: &str = include_str!("../../../assets/demo.toml");
const FAULTS: &str = include_str!("../../../assets/demo-faults.json");

/// Every demo is the same, but for the time of day.
const SEED: u64 = 20_260_506;
/// How long the batch at hand may take when somebody leaves.
const GRACE: Duration = Duration::from_secs(4);
/// How often a kept org is written down.
const KEEP_EVERY: Duration = Duration::from_secs(15);
/// Counts how often a demo ran on this store.
const RUNS: &str = "demo.runs";
/// Set when the story has been told whole.
const TOLD: &str = "demo.told";

/// A running demo.
#[derive(Debug)]
pub struct Stage {
    /// The store.
    pub store: Store,
    /// The org.
    pub sandbox: Arc<Sandbox>,
    /// What the worker says.
    pub status: watch::Receiver<WorkerStatus>,
    /// Makes the worker look for work at once.
    pub wake: Arc<Notify>,
    /// Plans as the worker does.
    pub planner: Arc<Batcher>,
    /// The configuration.
    pub config: Config,
    heard: Arc<AtomicU64>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    home: Arc<Home>,
}

/// The figures of a demo, for tests and scripts.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Contacts in the store.
    pub contacts: i64,
    /// Activities in the store.
    pub activities: i64,
    /// Events that came while it ran.
    pub events: u64,
    /// The outbox by state.
    pub outbox: OutboxCounts,
    /// The sandbox's own figures.
    pub sandbox: Json,
}

impl Stage {
    /// A client of the org, for the screen.
    pub fn org(&self) -> Result<Client, DemoError> {
        client(&self.sandbox)
    }

    /// Starts a demo in a temporary directory, or goes on in one that is kept.
    pub async fn open(keep: Option<&Path>) -> Result<Self, DemoError> {
        let home = match keep {
            Some(directory) => Home::kept(directory)?,
            None => Home::temporary()?,
        };
        let mut config = configuration();
        let sandbox = Sandbox::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), home.org()?, faults()).await?;
        config.salesforce.instance_url = sandbox.url();
        let dump = sandbox.dump();
        home.keep_org(&dump)?; // before there is a store: it tells that this store is a demo's
        let store = Store::open(&home.data().database()?).await?;
        let cast = Cast::of_org(&dump);
        let feeder = Feeder::new(store.clone(), &config);
        let live = begin(&store, &feeder, cast).await?;

        let (sender, status) = watch::channel(WorkerStatus::default());
        let wake = Arc::new(Notify::new());
        let planner = Arc::new(planner(&store, &sandbox, &config)?);
        let (holder, clock) = (connect::holder(), connect::clock());
        let worker = Worker::new(store.clone(), Arc::clone(&planner), holder, clock, sender, Arc::clone(&wake));
        let mut stage = Self {
            store,
            sandbox: Arc::new(sandbox),
            status,
            wake,
            planner,
            config,
            heard: Arc::default(),
            cancel: CancellationToken::new(),
            tasks: JoinSet::new(),
            home: Arc::new(home),
        };
        let instance = format!("{} (sandbox)", stage.sandbox.url().trim_start_matches("http://"));
        let cancel = stage.cancel.clone();
        stage.tasks.spawn(async move {
            worker.introduce(instance).await;
            worker.run(cancel).await;
        });
        stage.tasks.spawn(keeper::clock(stage.store.clone(), stage.cancel.clone()));
        stage.tasks.spawn(stream(live, feeder, Arc::clone(&stage.heard), stage.cancel.clone()));
        if stage.home.is_kept() {
            let (home, sandbox) = (Arc::clone(&stage.home), Arc::clone(&stage.sandbox));
            stage.tasks.spawn(keep_org(home, sandbox, stage.cancel.clone()));
        }
        Ok(stage)
    }

    /// How things stand.
    pub async fn summary(&self) -> Result<Summary, StoreError> {
        let all = Filter::parse("", &Context::new(List::Activities, Timestamp::now()));
        let activities = match all {
            Ok(all) => self.store.activity_total(&all, 1_000_000).await?.n,
            Err(_) => 0, // an empty filter has no errors
        };
        Ok(Summary {
            contacts: self.store.status_counts().await?.total(),
            activities,
            events: self.heard.load(Ordering::Relaxed),
            outbox: self.store.outbox_counts().await?,
            sandbox: self.sandbox.stats(),
        })
    }

    /// Ends the demo: the stream at once, the worker after the batch at hand, but not later than in a few seconds. A
    /// temporary directory is removed.
    pub async fn close(mut self) -> Result<(), DemoError> {
        self.cancel.cancel();
        let finished = tokio::time::timeout(GRACE, async { while self.tasks.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            tracing::warn!("the last batch is not waited for");
            self.tasks.shutdown().await;
        }
        let kept = self.home.keep_org(&self.sandbox.dump());
        if let Some(sandbox) = Arc::into_inner(self.sandbox) {
            sandbox.shutdown().await;
        }
        self.store.close().await;
        kept
    }
}

/// The demo's configuration, which is a file like any other; where the org is, it does not know yet.
pub(super) fn configuration() -> Config {
    let (config, problems) = config::read(CONFIG);
    debug_assert!(problems.is_empty(), "{problems:?}");
    config.unwrap_or_default()
}

fn faults() -> Faults {
    #[allow(clippy::expect_used)] // compiled in, and a test reads it
    Faults::parse(FAULTS).expect("the fault script is well formed")
}

/// Tells the story, unless that store has heard it, and gives the stream that follows.
async fn begin(store: &Store, feeder: &Feeder, cast: Cast) -> Result<Live, StoreError> {
    let run = store.setting(RUNS).await?.and_then(|run| run.parse().ok()).unwrap_or(0_u64);
    store.set_setting(RUNS, &(run + 1).to_string()).await?;
    if store.setting(TOLD).await?.is_some() {
        return Ok(Live::new(cast, SEED, run));
    }
    let now = Timestamp::now();
    let past = Story::tell(&cast, SEED, now);
    feeder.hear_all(&past, now).await?;
    store.set_setting(TOLD, "1").await?;
    Ok(Live::new(cast, SEED, run).continues(past))
}

fn client(sandbox: &Sandbox) -> Result<Client, DemoError> {
    let tokens = TokenSource::access_token(&sandbox.url(), sandbox.access_token().into())?;
    Ok(Client::new(ClientConfig::new(tokens))?)
}

fn planner(store: &Store, sandbox: &Sandbox, config: &Config) -> Result<Batcher, DemoError> {
    let client = client(sandbox)?;
    let surroundings = Surroundings { zone: config.user.time_zone(), me: config.user.email(), custom: Vec::new() };
    Ok(Batcher::new(store.clone(), client, Setup::from_config(config, &surroundings)?))
}

/// One event after the other, until cancelled.
async fn stream(mut live: Live, feeder: Feeder, heard: Arc<AtomicU64>, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(live.pause()) => {}
        }
        let now = Timestamp::now();
        match feeder.hear(&live.next(now), now).await {
            Ok(()) => heard.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                tracing::error!(%error, "an event of the demo is not stored");
                continue;
            }
        };
    }
}

/// Writes the org down from time to time, so that little is lost if the demo is killed.
async fn keep_org(home: Arc<Home>, sandbox: Arc<Sandbox>, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(KEEP_EVERY) => {}
        }
        let (home, dump) = (Arc::clone(&home), sandbox.dump());
        match tokio::task::spawn_blocking(move || home.keep_org(&dump)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the org is not kept"),
            Err(error) => tracing::warn!(%error, "the org is not kept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_is_well_formed() {
        let (config, problems) = config::read(CONFIG);
        assert!(problems.is_empty(), "{problems:?}");
        let config = config.unwrap();
        assert_eq!(config.sync.profiles.len(), 3);
        let surroundings = Surroundings { zone: jiff::tz::TimeZone::UTC, me: None, custom: Vec::new() };
        assert!(Setup::from_config(&config, &surroundings).is_ok());
        assert_eq!(faults().fired().len(), 5);
    }
}
