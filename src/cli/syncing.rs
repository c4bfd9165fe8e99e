//! The worker of a program that stays: started, told of a changed configuration, stopped.
//!
//! The file is looked at now and then. A configuration that can be worked with takes the place of the old one between two
//! batches; one that is wrong is told, and the worker goes on as before.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Context, connect, keeper, login};
use crate::config::Config;
use crate::store::Store;
use crate::sync::batch::{Batcher, Planner};
use crate::sync::status::{ResultLine, WorkerState, WorkerStatus};
use crate::sync::worker::Worker;
use crate::words::Failure;

/// How often the files are looked at. Each look wakes an idle program about three times: runtimes reach a moment that is
/// seconds away in steps.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A worker on this runtime, or the reason why there is none, and its status either way.
pub(super) struct Syncing {
    /// How it fares.
    pub status: watch::Receiver<WorkerStatus>,
    /// Makes it look at once.
    pub wake: Arc<Notify>,
    /// Plans as the worker does.
    pub planner: Planner,
    /// The configuration as it is now, whatever part of it changed: for others who read it again.
    pub configs: watch::Receiver<Arc<Config>>,
    /// Where the screen and `sync --status` hear of it.
    pub news: watch::Sender<WorkerStatus>,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl Syncing {
    /// Starts the worker if the configuration has a connection and sync is on; otherwise the status says why not, and it
    /// starts as soon as that changes.
    pub async fn start(context: &Context, config: &Config, store: &Store) -> Result<Self, Failure> {
        let (sender, status) = watch::channel(WorkerStatus::default());
        let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let (plans, planner) = watch::channel(None);
        let (published, configs) = watch::channel(Arc::new(config.clone()));
        let news = sender.clone();
        let mut desk = Desk {
            context: context.clone(),
            store: store.clone(),
            status: sender,
            wake: wake.clone(),
            plans,
            published,
            stop: stop.clone(),
            config: config.clone(),
            refused: false,
            running: None,
        };
        // Filters and options that are wrong are for the person who starts it; a missing connection is normal.
        desk.take(config).await?;
        tokio::spawn(keeper::run(store.clone(), keeper::keep(config), stop.clone()));
        // Meetings end whether or not Salesforce is connected.
        tokio::spawn(keeper::clock(store.clone(), stop.clone()));
        let supervisor = tokio::spawn(desk.look());
        Ok(Self { status, wake, planner, configs, news, stop, supervisor })
    }

    /// Stops the worker; a batch that is under way is finished.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the worker ended badly");
        }
    }
}

struct Desk {
    context: Context,
    store: Store,
    status: watch::Sender<WorkerStatus>,
    wake: Arc<Notify>,
    plans: watch::Sender<Option<Arc<Batcher>>>,
    published: watch::Sender<Arc<Config>>,
    stop: CancellationToken,
    /// What counts now.
    config: Config,
    /// What was read last is wrong.
    refused: bool,
    running: Option<Running>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What tells one state of a file from the next without reading it.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(path: &Path) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

impl Desk {
    /// Looks at the files until it is stopped.
    async fn look(mut self) {
        let config_file = self.context.paths.config_file.clone();
        let login_file = login::file(&self.context.paths.data_dir);
        let mut seen = (stamp(&config_file), stamp(login_file.path()));
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = (stamp(&config_file), stamp(login_file.path()));
            // A worker that is logged in changes the login itself; one that is missing waits for it.
            let (changed, logged_in) = (now.0 != seen.0, now.1 != seen.1 && self.running.is_none());
            seen = now;
            if !changed && !logged_in {
                continue;
            }
            self.reread(changed, logged_in).await;
        }
        self.end().await;
    }

    /// Takes what has changed on disk: another configuration, or a login that came.
    async fn reread(&mut self, changed: bool, logged_in: bool) {
        let config = match self.context.config() {
            Ok(config) => config,
            Err(failure) => return self.refuse(&failure),
        };
        if changed {
            self.published.send_replace(Arc::new(config.clone()));
        }
        let ours = logged_in || self.concerns_us(&config);
        if !ours {
            self.config = config;
        } else if let Err(failure) = self.take(&config).await {
            return self.refuse(&failure);
        }
        // Who corrected a mistake waits for a word, also where what is right again was never ours.
        match (std::mem::take(&mut self.refused), ours) {
            (true, _) => tell(&self.status, true, "the configuration is right again"),
            (false, true) => tell(&self.status, true, "the configuration was read again"),
            (false, false) => {}
        }
    }

    fn concerns_us(&self, config: &Config) -> bool {
        config.sync != self.config.sync
            || config.salesforce != self.config.salesforce
            || config.user != self.config.user
    }

    /// Works by a configuration from now on. An error changes nothing.
    async fn take(&mut self, config: &Config) -> Result<(), Failure> {
        let batcher = if config.sync.enabled {
            connect::batcher(config, &self.store).await
        } else {
            Err(login::off("sync.enabled is false", "set it to true"))
        };
        let batcher = match batcher {
            Ok(batcher) => Some(batcher),
            Err(failure) if login::is_off(&failure) => {
                self.end().await;
                let reason = format!("{}: {}", failure.what, failure.why);
                self.status.send_modify(|status| status.state = WorkerState::Off { reason });
                None
            }
            Err(failure) => return Err(failure),
        };
        if let Some(batcher) = batcher {
            self.end().await;
            self.begin(batcher);
        }
        self.config = config.clone();
        Ok(())
    }

    fn begin(&mut self, batcher: Batcher) {
        let batcher = Arc::new(batcher);
        self.plans.send_replace(Some(batcher.clone()));
        let client = batcher.client().clone();
        let (holder, clock) = (connect::holder(), connect::clock());
        let worker = Worker::new(self.store.clone(), batcher, holder, clock, self.status.clone(), self.wake.clone());
        let stop = self.stop.child_token();
        let ends = stop.clone();
        let task = tokio::spawn(async move {
            if let Ok(url) = client.instance_url().await {
                worker.introduce(url.host().to_owned()).await;
            }
            worker.run(ends).await;
        });
        self.running = Some(Running { stop, task });
    }

    async fn end(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.plans.send_replace(None);
        running.stop.cancel();
        if let Err(error) = running.task.await {
            tracing::error!(%error, "the worker ended badly");
        }
    }

    fn refuse(&mut self, failure: &Failure) {
        self.refused = true;
        tracing::warn!(why = failure.why, "the changed configuration is not used");
        tell(&self.status, false, &format!("{}, so the one before still counts: {}", failure.what, failure.why));
    }
}

/// Puts a line among the results that the screen shows.
pub(super) fn tell(status: &watch::Sender<WorkerStatus>, ok: bool, text: &str) {
    let line = ResultLine { at: Timestamp::now(), ok, text: text.to_owned(), names: false };
    status.send_modify(|status| {
        status.results.insert(0, line);
        status.results.truncate(20);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Paths;

    #[tokio::test]
    async fn a_configuration_that_is_corrected_is_told_also_where_nothing_of_the_sync_changed() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("config.toml");
        let paths = Paths::find(Some(&file), Some(place.path())).unwrap();
        let store = Store::open(&place.path().join("rolodeck.db")).await.unwrap();
        let mut desk = Desk {
            context: Context { paths, json: false, verbose: 0 },
            store: store.clone(),
            status: watch::channel(WorkerStatus::default()).0,
            wake: Arc::default(),
            plans: watch::channel(None).0,
            published: watch::channel(Arc::default()).0,
            stop: CancellationToken::new(),
            config: Config::default(),
            refused: false,
            running: None,
        };
        let (good, broken) = ("[ui]\nreduced_motion = true\n", "[ui\n");
        let rule = "[[sync.profile]]\nname = \"x\"\nwhen = \"nonsense:1\"\n[salesforce]\nauth = \"access_token\"\n";
        for (text, ok, words) in [
            (good, None, ""),
            (broken, Some(false), "the one before still counts"),
            (good, Some(true), "the configuration is right again"),
            // The same again is no news.
            (good, None, ""),
            (rule, Some(false), "the one before still counts"),
            (good, Some(true), "the configuration is right again"),
            ("[sync]\ninterval_seconds = 9\n", Some(true), "the configuration was read again"),
        ] {
            std::fs::write(&file, text).unwrap();
            desk.status.send_modify(|status| status.results.clear());
            desk.reread(true, false).await;
            let status = desk.status.borrow().clone();
            let said = status.results.first();
            assert_eq!(said.map(|line| line.ok), ok, "{text}: {said:?}");
            assert!(said.is_none_or(|line| line.text.contains(words)), "{text}: {said:?}");
        }
        store.close().await;
    }
}
