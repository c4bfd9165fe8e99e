//! Events out in a program that stays.

use tokio_util::sync::CancellationToken;

use super::connect::{clock, holder};
use crate::config::Config;
use crate::filter::{Context, List};
use crate::hooks::Receiver;
use crate::hooks::worker::{Surroundings, Worker, filter};
use crate::store::Store;
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

/// Events out on this runtime, if a hook is configured.
pub(super) struct Hooking {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Hooking {
    /// Starts it. Without a hook nothing runs, and what happens meanwhile is never told.
    pub async fn start(config: &Config, store: &Store) -> Result<Self, Failure> {
        let stop = CancellationToken::new();
        let task = match worker(config, store).await? {
            Some(worker) => tokio::spawn(worker.run(stop.clone())),
            None => tokio::spawn(forget(store.clone())),
        };
        Ok(Self { stop, task })
    }

    /// Stops it; a try that is under way is given up, and made again by whoever comes next.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
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
