//! What the clock does for the store, whoever is connected to what: bookings are completed, conversations abandoned and
//! the trash purged when their time has come; old payloads and finished rows are let go.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::store::{Keep, LetGo, Store, StoreError};

/// How often it is looked whether something is too old.
const EVERY: Duration = Duration::from_hours(6);
/// A program that lives for seconds leaves the work to one that stays.
const FIRST: Duration = Duration::from_mins(2);
/// Changes come in flocks: what is due next is asked for once for all of them.
const GATHER: Duration = Duration::from_secs(1);
/// Nobody sleeps longer than this: the clock may be put right meanwhile, and a timer does not count the time that the
/// machine sleeps.
const LONGEST: Duration = Duration::from_mins(1);

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

/// Does what the clock changes and is due now ([`Store::tick`]): for programs whose answer depends on it, too. Several
/// processes may do it at once; each finds what the others left.
pub(super) async fn catch_up(store: &Store, stop: &CancellationToken) -> Result<(), StoreError> {
    while !stop.is_cancelled() && store.tick(Timestamp::now()).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Does what the clock changes at the moment when it is due, until it is stopped.
pub(super) async fn clock(store: Store, stop: CancellationToken) {
    let mut changes = store.changes();
    while !stop.is_cancelled() {
        // What changes from here on is looked at in the next round.
        changes.borrow_and_update();
        let next = async {
            catch_up(&store, &stop).await?;
            store.next_tick().await
        };
        let next = next.await.unwrap_or_else(|error| {
            if !stop.is_cancelled() {
                tracing::warn!(%error, "what the clock changes is not done");
            }
            None
        });
        let news = tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(until(next, Timestamp::now())) => false,
            heard = changes.changed() => heard.is_ok(),
        };
        if news {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(GATHER) => {}
            }
        }
    }
}

/// How long to wait for what is next. What is due and could not be done (an Event of it is on its way to Salesforce) is
/// tried again later.
fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    let wait = next.filter(|at| *at > now).and_then(|at| Duration::try_from(at.duration_since(now)).ok());
    wait.unwrap_or(LONGEST).min(LONGEST)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_until_the_next_is_due_and_never_spins() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |seconds: i64| until(Some(now + SignedDuration::from_secs(seconds)), now);
        assert_eq!(wait(7), Duration::from_secs(7));
        assert_eq!(wait(86_400), LONGEST);
        for due in [until(None, now), wait(0), wait(-5)] {
            assert_eq!(due, LONGEST);
        }
    }
}
