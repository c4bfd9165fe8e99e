//! Events out in a program that stays: started, told of changed hooks, stopped. Hooks that can be worked with take the
//! place of the old ones; wrong ones are told, and the old ones go on.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::connect::{clock, holder};
use super::syncing::{Syncing, tell};
use crate::config::Config;
use crate::filter::{Context, List};
use crate::hooks::Receiver;
use crate::hooks::worker::{Surroundings, Worker, filter};
use crate::store::Store;
use crate::sync::status::WorkerStatus;
use crate::words::Failure;

/// What tells the configured hooks; `None`: there are none.
pub(super) async fn worker(config: &Config, store: &Store) -> Result<Option<Worker>, Failure> {
    let receivers: Vec<Receiver> = config.hooks.iter().filter(|hook| hook.enabled).map(Receiver::new).collect();
    if receivers.is_empty() {
        return Ok(None);
    }
    let surroundings = Surroundings { zone: config.user.time_zone(), me: config.user.email() };
    let context = Context {
        list: List::Contacts,
        now: jiff::Timestamp::now(),
        zone: surroundings.zone.clone(),
        me: surroundings.me.clone(),
        custom: store.custom_fields().await?,
    };
    for receiver in &receivers {
        let hook = &receiver.hook;
        if let Some(Err(why)) = filter(hook, &context) {
            let hint = format!("correct the filter of [[hook]] `{}`", hook.name);
            return Err(Failure::usage(format!("events cannot be sent to `{}`", hook.name), why, hint));
        }
        if let (false, Err(why)) = (hook.url.is_empty(), &receiver.secret) {
            tracing::warn!(hook = hook.name, why, "events wait until they can be signed");
        }
    }
    Ok(Some(Worker::new(store.clone(), receivers, surroundings, holder(), clock())))
}

/// Events out on this runtime, as far as hooks are configured.
pub(super) struct Hooking {
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl Hooking {
    /// Starts it. Without a hook nothing is told, and what happens meanwhile is never told.
    pub async fn start(config: &Config, store: &Store, syncing: &Syncing) -> Result<Self, Failure> {
        let stop = CancellationToken::new();
        let mut desk = Desk {
            store: store.clone(),
            news: syncing.news.clone(),
            stop: stop.clone(),
            config: Arc::new(config.clone()),
            running: None,
        };
        let worker = worker(config, store).await?;
        desk.begin(worker);
        let supervisor = tokio::spawn(desk.look(syncing.configs.clone()));
        Ok(Self { stop, supervisor })
    }

    /// Stops it; a try that is under way is given up, and made again by whoever comes next.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the telling of events ended badly");
        }
    }
}

struct Desk {
    store: Store,
    news: watch::Sender<WorkerStatus>,
    stop: CancellationToken,
    /// What counts now.
    config: Arc<Config>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Desk {
    /// Waits for changed configurations until it is stopped.
    async fn look(mut self, mut configs: watch::Receiver<Arc<Config>>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = configs.changed() => if changed.is_err() {
                    self.stop.cancelled().await; // nobody reads the file any more
                    break;
                }
            }
            let config = Arc::clone(&configs.borrow_and_update());
            self.take(config).await;
        }
        self.end().await;
    }

    /// Works by a configuration from now on, if it can be worked with. A file that was saved is a reason to read the
    /// secrets again, too.
    async fn take(&mut self, config: Arc<Config>) {
        let changed = config.hooks != self.config.hooks;
        if !changed && !config.hooks.iter().any(|hook| hook.enabled) {
            return;
        }
        match worker(&config, &self.store).await {
            Ok(worker) => {
                self.end().await;
                self.begin(worker);
                self.config = config;
                if changed {
                    tell(&self.news, true, "the hooks were read again");
                }
            }
            Err(failure) => {
                tracing::warn!(why = failure.why, "the changed hooks are not used");
                tell(
                    &self.news,
                    false,
                    &format!("{}, so the hooks of before still count: {}", failure.what, failure.why),
                );
            }
        }
    }

    fn begin(&mut self, worker: Option<Worker>) {
        let stop = self.stop.child_token();
        let task = match worker {
            Some(worker) => tokio::spawn(worker.run(stop.clone())),
            None => tokio::spawn(forget(self.store.clone())),
        };
        self.running = Some((stop, task));
    }

    async fn end(&mut self) {
        let Some((stop, task)) = self.running.take() else { return };
        stop.cancel();
        if let Err(error) = task.await {
            tracing::error!(%error, "the telling of events ended badly");
        }
    }
}

/// Without hooks the events of now are nobody's, also when a hook is configured later. Nobody waits for it at the start.
async fn forget(store: Store) {
    if let Err(error) = store.hook_end().await {
        tracing::warn!(%error, "the place in the events is not given up");
    }
}
