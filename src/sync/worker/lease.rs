//! The hold on the store: one worker over all processes and sessions.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{ROLE, SyncError, Worker};
use crate::store::{Holder, Lease};

/// How long a hold lasts unless renewed: a death is noticed within it.
const TERM: SignedDuration = SignedDuration::from_secs(14);
/// How often it is renewed: late enough that an idle program sleeps, early enough that a store that is busy for seconds
/// costs nobody the hold.
pub(super) const RENEW: Duration = Duration::from_secs(9);

/// Who holds the lease.
pub(super) enum Hold {
    /// This worker.
    Ours,
    /// Another process; `None`: it was given up a moment ago.
    Theirs(Option<Lease>),
}

impl Worker {
    /// Takes or renews the lease, unless another process lives that holds it.
    pub(super) async fn take_lease(&self) -> Result<Hold, SyncError> {
        let take = || self.store.lease_take(ROLE, &self.holder, TERM, (self.clock)());
        let mut held = take().await?;
        let mut lease = None;
        if !held {
            lease = self.store.lease(ROLE).await?;
            if let Some(dead) = lease.as_ref().filter(|lease| is_dead(lease, &self.holder)) {
                tracing::info!(pid = dead.pid, "taking over from a process that is no more");
                self.store.lease_release(ROLE, &dead.owner).await?;
                held = take().await?;
            }
        }
        self.held.store(held, Ordering::Release);
        Ok(if held { Hold::Ours } else { Hold::Theirs(lease) })
    }

    /// Renews the hold while the worker lives. A hold that is lost is not taken back here: a batch may be under way
    /// whose rows another process has.
    pub(super) async fn heartbeat(&self, cancel: &CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(RENEW) => {}
            }
            if !self.held.load(Ordering::Acquire) {
                continue;
            }
            let renewed = self.store.lease_renew(ROLE, &self.holder.owner, TERM, (self.clock)()).await;
            if !matches!(renewed, Ok(true)) {
                // A lease that cannot be renewed is not ours for long: nothing more is sent under it.
                tracing::warn!(?renewed, "the lease is not renewed");
                self.held.store(false, Ordering::Release);
            }
        }
    }
}

/// True if the holder was a process of this very machine that is no more: nobody need wait for its term to end.
fn is_dead(lease: &Lease, us: &Holder) -> bool {
    let machine = |owner: &str| owner.split_once('@').map(|(_, machine)| machine.to_owned());
    machine(&lease.owner).is_some_and(|theirs| machine(&us.owner) == Some(theirs)) && !runs(lease.pid)
}

#[cfg(unix)]
fn runs(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_none_or(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn runs(_pid: u32) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use jiff::Timestamp;

    /// R3: whoever waits looks when the term of the one who died ends, and never earlier than `LEAST` after its last look.
    #[test]
    fn another_takes_over_within_fifteen_seconds() {
        let least = SignedDuration::try_from(super::super::LEAST).unwrap();
        assert!(TERM + least < SignedDuration::from_secs(15));
        // One renewal may be late by seconds and costs nobody the hold.
        assert!(SignedDuration::try_from(RENEW).unwrap() + SignedDuration::from_secs(3) < TERM);
    }

    #[test]
    fn dead_is_who_lived_here_and_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = child.id();
        child.wait().unwrap();
        let us = Holder { owner: "1@here".into(), host: "h".into(), pid: std::process::id() };
        for (owner, pid, dead) in
            [("2@here", gone, true), ("2@here", us.pid, false), ("2@elsewhere", gone, false), ("2", gone, false)]
        {
            let now = Timestamp::UNIX_EPOCH;
            let status = serde_json::Value::Null;
            let lease = Lease { owner: owner.into(), host: "h".into(), pid, until: now, since: now, status };
            assert_eq!(is_dead(&lease, &us), dead, "{owner} {pid}");
        }
        let nameless = Holder { owner: "1".into(), ..us };
        let now = Timestamp::UNIX_EPOCH;
        let status = serde_json::Value::Null;
        let lease = Lease { owner: "2".into(), host: "h".into(), pid: gone, until: now, since: now, status };
        assert!(!is_dead(&lease, &nameless));
    }
}
