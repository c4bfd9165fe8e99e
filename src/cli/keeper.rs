//! What the clock does for the store while a program runs: old payloads and finished rows are let go.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::store::{Keep, LetGo, Store, StoreError};

/// How often it is looked whether something is too old.
const EVERY: Duration = Duration::from_hours(6);
/// A program that lives for seconds leaves the work to one that stays.
const FIRST: Duration = Duration::from_mins(2);

/// How long the configuration keeps things; 0 days: for ever.
pub(super) fn keep(config: &Config) -> Keep {
    let days = |days: u32| (days > 0).then(|| SignedDuration::from_hours(24 * i64::from(days)));
    Keep { payloads: days(config.store.keep_payloads_days), done: days(config.store.keep_done_days) }
}

/// Lets go of everything that is old enough.
pub(super) async fn sweep(store: &Store, keep: &Keep, now: Timestamp) -> Result<LetGo, StoreError> {
    let mut all = LetGo::default();
    loop {
        let gone = store.let_go(keep, now).await?;
        if gone == LetGo::default() {
            return Ok(all);
        }
        all = LetGo { payloads: all.payloads + gone.payloads, done: all.done + gone.done };
        // Others want to write too.
        tokio::task::yield_now().await;
    }
}

/// Sweeps now and then until it is stopped.
pub(super) async fn run(store: Store, keep: Keep, stop: CancellationToken) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        match sweep(&store, &keep, Timestamp::now()).await {
            Ok(gone) if gone == LetGo::default() => {}
            Ok(gone) => tracing::info!(payloads = gone.payloads, rows = gone.done, "old things were let go"),
            Err(error) => tracing::warn!(%error, "old things could not be let go"),
        }
        wait = EVERY;
    }
}
