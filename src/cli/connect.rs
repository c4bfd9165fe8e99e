//! Store, org and worker as the configuration describes them: what most programs begin with.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Context, keeper, login};
use crate::config::{Config, DataDir};
use crate::ingest;
use crate::salesforce::{Client, ClientConfig};
use crate::store::{Holder, IdentityRules, Store, StoreError, Upgrade};
use crate::sync::batch::Batcher;
use crate::sync::calls;
use crate::sync::doctor;
use crate::sync::setup::{Setup, Surroundings};
use crate::sync::worker::Clock;
use crate::tui::terminal;
use crate::words::Failure;

/// Opens the store of this run.
pub(super) async fn store(context: &Context) -> Result<Store, Failure> {
    Ok(open(&context.data_dir()?.database()?).await?)
}

/// Opens a store, and says so if that may take long. A screen makes room for it.
pub(super) async fn open(path: &Path) -> Result<Store, StoreError> {
    let tell = |upgrade: &Upgrade| {
        terminal::leave();
        // A closed stderr has nobody to be told.
        let _ = writeln!(
            std::io::stderr(),
            "An older version of rolodeck has made this store: it is brought up to date. With millions of activities that \
             takes some minutes.\nAs it was, it is kept in {}",
            upgrade.copy.display()
        );
    };
    Store::open_telling(path, tell).await
}

/// The same for programs that tell how things stand: meetings that have ended are completed first, and so on. A store that
/// cannot be written is told of as it is.
pub(super) async fn store_of_now(context: &Context) -> Result<Store, Failure> {
    let store = store(context).await?;
    if let Err(error) = keeper::catch_up(&store, &CancellationToken::new()).await {
        tracing::warn!(%error, "what the clock changes is not done");
    }
    Ok(store)
}

/// How contacts are told apart.
pub(super) fn identity(config: &Config) -> IdentityRules {
    IdentityRules { strict_email: config.identity.strict_email }
}

/// What readers of payloads must know.
pub(super) async fn ingest_context(config: &Config, store: &Store) -> Result<ingest::Context, Failure> {
    Ok(ingest::Context { country: config.identity.country(), custom_fields: store.custom_fields().await? })
}

/// Whom changes are put down to: the configured user, else the one who is logged in on this machine.
pub(super) fn actor(config: &Config) -> String {
    let named = config.user.email().map(String::from);
    let login = || std::env::var("USER").ok().filter(|user| !user.is_empty());
    named.or_else(login).unwrap_or_else(|| "unknown".to_owned())
}

/// The store in the hands of the configured user, who is one of its users from then on: roles count. A login name alone
/// makes nobody a user.
pub(super) async fn acting(store: &Store, config: &Config) -> Result<Store, Failure> {
    Ok(store.acting(store.sign_in(&actor(config), config.user.role).await?))
}

/// A client of the configured org; the error says what is missing. `data_dir`: where a login is kept.
pub(super) fn client(config: &Config, data_dir: &Path) -> Result<Client, Failure> {
    let mut client = ClientConfig::new(login::tokens(config, data_dir)?);
    client.api_version = config
        .salesforce
        .api_version
        .parse()
        .map_err(|error| login::missing(format!("salesforce.api_version: {error}"), "write it as in 66.0"))?;
    Ok(Client::new(client)?)
}

/// The directory in which the store lies, and the login beside it.
pub(super) fn data_dir(store: &Store) -> &Path {
    store.path().parent().unwrap_or(Path::new("."))
}

/// The planner of the configured org.
pub(super) async fn batcher(config: &Config, store: &Store) -> Result<Batcher, Failure> {
    let surroundings =
        Surroundings { zone: config.user.time_zone(), me: config.user.email(), custom: store.custom_fields().await? };
    let setup = Setup::from_config(config, &surroundings)?;
    for line in doctor::at_load(&setup, &surroundings.custom) {
        tracing::warn!(about = line.about, finding = line.finding, remedy = line.remedy, "a write rule needs a look");
    }
    Ok(Batcher::new(store.clone(), client(config, data_dir(store))?, setup))
}

/// Keeps account of what a client has called, in programs that need no store: where there is none, there is nothing to
/// keep it in.
pub(super) async fn count_calls(context: &Context, client: &Client) {
    let path = DataDir::database_in(&context.paths.data_dir);
    if path.exists()
        && let Ok(store) = Store::open(&path).await
    {
        calls::count(&store, client, Timestamp::now()).await;
        store.close().await;
    }
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
