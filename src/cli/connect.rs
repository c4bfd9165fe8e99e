//! Store, org and worker as the configuration describes them: what most programs begin with.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::config::{Auth, Config};
use crate::domain::Source;
use crate::ingest;
use crate::ingest::poll::{Api, Poller};
use crate::salesforce::{Client, ClientConfig, TokenSource};
use crate::store::{Holder, IdentityRules, Store};
use crate::sync::batch::Batcher;
use crate::sync::doctor;
use crate::sync::setup::{Setup, Surroundings};
use crate::sync::status::{WorkerState, WorkerStatus};
use crate::sync::worker::{Clock, Worker};
use crate::words::Failure;

/// Opens the store of this run.
pub(super) async fn store(context: &Context) -> Result<Store, Failure> {
    Ok(Store::open(&context.data_dir()?.database()?).await?)
}

/// How contacts are told apart.
pub(super) fn identity(config: &Config) -> IdentityRules {
    IdentityRules { strict_email: config.identity.strict_email }
}

/// What readers of payloads must know.
pub(super) async fn ingest_context(config: &Config, store: &Store) -> Result<ingest::Context, Failure> {
    let custom_fields = store.custom_fields().await?.into_iter().map(|field| field.name).collect();
    Ok(ingest::Context { country: config.identity.country(), custom_fields })
}

/// Whom changes are put down to: the configured user, else the one who is logged in on this machine.
pub(super) fn actor(config: &Config) -> String {
    let named = config.user.email().map(String::from);
    let login = || std::env::var("USER").ok().filter(|user| !user.is_empty());
    named.or_else(login).unwrap_or_else(|| "unknown".to_owned())
}

/// The store in the hands of the configured user: roles count.
pub(super) async fn acting(store: &Store, config: &Config) -> Result<Store, Failure> {
    Ok(store.acting(store.actor_named(&actor(config), config.user.role).await?))
}

/// A client of the configured org; the error says what is missing.
pub(super) fn client(config: &Config) -> Result<Client, Failure> {
    let salesforce = &config.salesforce;
    if salesforce.auth != Auth::AccessToken {
        let name = serde_json::to_value(salesforce.auth).ok().and_then(|name| name.as_str().map(str::to_owned));
        return Err(Failure::usage(
            "Salesforce is not connected",
            format!("this version cannot log in by salesforce.auth = \"{}\" yet", name.unwrap_or_default()),
            "set auth = \"access_token\" and instance_url, and give the token in ROLODECK_SF_ACCESS_TOKEN",
        ));
    }
    if salesforce.instance_url.is_empty() {
        return Err(Failure::usage(
            "Salesforce is not connected",
            "salesforce.instance_url is not set",
            "set it to the address of the org, as in https://example.my.salesforce.com",
        ));
    }
    let token = salesforce.access_token()?.ok_or_else(|| {
        Failure::usage(
            "Salesforce is not connected",
            "there is no access token",
            "give it in the environment variable ROLODECK_SF_ACCESS_TOKEN",
        )
    })?;
    let tokens = TokenSource::access_token(&salesforce.instance_url, token)?;
    let mut client = ClientConfig::new(tokens);
    client.api_version = salesforce.api_version.parse().map_err(|error| {
        Failure::usage("Salesforce is not connected", format!("salesforce.api_version: {error}"), "write it as in 66.0")
    })?;
    Ok(Client::new(client)?)
}

/// The planner of the configured org.
pub(super) async fn batcher(config: &Config, store: &Store) -> Result<Batcher, Failure> {
    let surroundings =
        Surroundings { zone: config.user.time_zone(), me: config.user.email(), custom: store.custom_fields().await? };
    let setup = Setup::from_config(config, &surroundings)?;
    for line in doctor::at_load(&setup, &surroundings.custom) {
        tracing::warn!(about = line.about, finding = line.finding, remedy = line.remedy, "a write rule needs a look");
    }
    Ok(Batcher::new(store.clone(), client(config)?, setup))
}

/// This process, for the lease.
pub(super) fn holder() -> Holder {
    let mut random = [0_u8; 8];
    // Without randomness the process id and the time still tell processes apart.
    if getrandom::fill(&mut random).is_err() {
        random = Timestamp::now().as_nanosecond().to_le_bytes()[..8].try_into().unwrap_or_default();
    }
    let random = u64::from_le_bytes(random);
    Holder { owner: format!("{random:016x}@{}", machine()), host: host_name(), pid: std::process::id() }
}

/// Within which process ids mean the same: this boot of the machine, and the container that we may be in.
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let container = std::fs::read_link("/proc/self/ns/pid");
    match (boot, container) {
        (Ok(boot), Ok(container)) => format!("{}/{}", boot.trim(), container.display()),
        _ => host_name(),
    }
}

fn host_name() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "this machine".to_owned())
    }
}

/// The clock of the system.
pub(super) fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// A worker on this runtime, or the reason why there is none, and its status either way.
pub(super) struct Syncing {
    /// How it fares.
    pub status: watch::Receiver<WorkerStatus>,
    /// Makes it look at once.
    pub wake: Arc<Notify>,
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Syncing {
    /// Starts the worker if the configuration has a connection and sync is on; otherwise the status says why not.
    pub async fn start(config: &Config, store: &Store) -> Result<Self, Failure> {
        let (sender, status) = watch::channel(WorkerStatus::default());
        let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let batcher = if config.sync.enabled {
            batcher(config, store).await
        } else {
            Err(Failure::usage("Sync is switched off", "sync.enabled is false", "set it to true"))
        };
        let task = match batcher {
            Ok(batcher) => {
                let client = batcher.client().clone();
                let worker = Worker::new(store.clone(), batcher, holder(), clock(), sender, wake.clone());
                let stop = stop.clone();
                Some(tokio::spawn(async move {
                    if let Ok(url) = client.instance_url().await {
                        worker.introduce(url.host().to_owned()).await;
                    }
                    worker.run(stop).await;
                }))
            }
            Err(failure) => {
                // Filters and options that are wrong are for the person who wrote them; a missing connection is normal.
                if failure.what != "Salesforce is not connected" && config.sync.enabled {
                    return Err(failure);
                }
                let reason = format!("{}: {}", failure.what, failure.why);
                sender.send_modify(|status| status.state = WorkerState::Off { reason });
                None
            }
        };
        Ok(Self { status, wake, stop, task })
    }

    /// Stops the worker; a batch that is under way is finished.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Some(task) = self.task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the worker ended badly");
        }
    }
}

/// The sources to poll, as configured; `only` leaves out the others. A source that is to be polled and has no key is an
/// error.
pub(super) fn apis(config: &Config, only: Option<Source>) -> Result<Vec<Api>, Failure> {
    let (calcom, oncehub) = (&config.source.calcom, &config.source.oncehub);
    let mut apis = Vec::new();
    for (source, poll, url, key, days, seconds) in [
        (Source::CalCom, calcom.poll, &calcom.api_url, calcom.api_key(), calcom.poll_days, calcom.poll_seconds),
        (Source::OnceHub, oncehub.poll, &oncehub.api_url, oncehub.api_key(), oncehub.poll_days, oncehub.poll_seconds),
    ] {
        let named = only == Some(source);
        if !named && (!poll || only.is_some()) {
            continue;
        }
        let what = format!("{source} cannot be polled");
        let place = format!("source.{}", source.key());
        let key = key?.ok_or_else(|| {
            Failure::usage(
                what.clone(),
                "there is no API key",
                format!("set {place}.api_key_env or {place}.api_key_file"),
            )
        })?;
        let url = reqwest::Url::parse(url)
            .map_err(|error| Failure::usage(what, error.to_string(), format!("correct {place}.api_url")))?;
        apis.push(Api {
            source,
            url,
            key,
            first: jiff::SignedDuration::from_hours(24 * i64::from(days)),
            every: std::time::Duration::from_secs(seconds),
        });
    }
    Ok(apis)
}

/// The poller of the configured sources.
pub(super) fn poller(config: &Config, store: &Store, apis: Vec<Api>) -> Poller {
    Poller::new(store.clone(), identity(config), config.identity.country(), holder(), clock(), apis)
}

/// Polling on this runtime, if a source is configured for it.
pub(super) struct Polling {
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Polling {
    /// Starts it; without a source to poll, nothing.
    pub fn start(config: &Config, store: &Store) -> Result<Self, Failure> {
        let (apis, stop) = (apis(config, None)?, CancellationToken::new());
        let task = (!apis.is_empty()).then(|| {
            let (poller, stop) = (poller(config, store, apis), stop.clone());
            tokio::spawn(async move { poller.run(stop).await })
        });
        Ok(Self { stop, task })
    }

    /// Stops it; a page that is under way is given up, and asked for again the next time.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Some(task) = self.task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "polling ended badly");
        }
    }
}

/// Completes when the process is asked to end (Ctrl-C, SIGTERM, SIGHUP).
pub(super) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let wait = |kind| async move {
            match signal(kind) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a signal cannot be listened for");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = wait(SignalKind::interrupt()) => {}
            () = wait(SignalKind::terminate()) => {}
            () = wait(SignalKind::hangup()) => {}
        }
    }
    #[cfg(not(unix))]
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C cannot be listened for");
        std::future::pending::<()>().await;
    }
}
