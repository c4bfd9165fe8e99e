//! The worker: one per store over all processes, under a lease.

mod lease;
mod look;
mod pace;
mod tell;
mod told;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use self::lease::{Hold, RENEW};
use self::pace::Pace;
use self::told::{Line, Told};
use super::batch::{BatchError, Batcher};
use super::budget::{self, Rate, SHARE_USED};
use super::carry_out::{BatchEnd, Carrier, ENDING, RowEnd, asked_to_end, lease_lost};
use super::retry;
use super::settle::Failure;
use super::status::{BatchProgress, WorkerState, WorkerStatus};
use crate::salesforce::{ApiError, ErrorClass, Scope, words};
use crate::store::{Holder, Lease, OutboxRow, Outcome, Settled, Store, StoreError};

/// The role of the lease.
pub const ROLE: &str = "sync";
/// The setting that pauses the worker, in whatever process it is: `1`.
pub const PAUSED: &str = "sync.paused";
/// The setting by which a person in any process asks the worker to look at once; its value is another one each time.
pub const WISHED: &str = "sync.wished";

/// Rows of one batch: the most that pays (ten calls of a thousand writes each).
const BATCH: usize = 10_000;
/// Changes come in flocks: a moment's wait makes one call of them.
const GATHER: Duration = Duration::from_millis(250);
/// Never a busy loop, whatever is due.
const LEAST: Duration = Duration::from_millis(500);
/// Nobody sleeps longer than this: the clock may be put right meanwhile.
const LONGEST: Duration = Duration::from_mins(1);
/// How often a batch is halved in search of a row that spoils its questions.
const MOST_HALVINGS: usize = 64;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Asks the worker of a store, in whatever process it is, to look at once ("sync now").
pub async fn wish(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    store.set_setting(WISHED, &format!("{now}#{}", fastrand::u32(..))).await
}

/// What `sync --once` came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Rows that Salesforce now holds.
    pub done: usize,
    /// Rows that needed no writing.
    pub skipped: usize,
    /// Rows that will be tried again.
    pub retry: usize,
    /// Rows that need a person.
    pub held: usize,
    /// API calls made.
    pub calls: u64,
    /// What was done and what failed, in words; what ended alike is one line.
    pub lines: Vec<String>,
    /// Why it ended before everything was sent, in words.
    pub stopped: Option<String>,
}

/// Why the worker cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Another process holds the lease.
    #[error("process {} on {} is syncing this store", .0.pid, .0.host)]
    Elsewhere(Box<Lease>),
    /// A person has paused it.
    #[error("the sync is paused")]
    Paused,
    /// The store or Salesforce failed.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Batch(BatchError::Store(error))
    }
}

/// The worker.
pub struct Worker {
    store: Store,
    batcher: Arc<Batcher>,
    holder: Holder,
    clock: Clock,
    status: watch::Sender<WorkerStatus>,
    wake: Arc<Notify>,
    /// The lease is ours, as far as we know; the store knows for sure.
    held: AtomicBool,
    rate: Mutex<Rate>,
    /// Our own calls of the last 24 hours, as last read from the store.
    noted: AtomicU64,
}

impl Worker {
    /// A worker that does nothing yet. `wake` makes it look at once ("sync now").
    pub fn new(
        store: Store,
        batcher: impl Into<Arc<Batcher>>,
        holder: Holder,
        clock: Clock,
        status: watch::Sender<WorkerStatus>,
        wake: Arc<Notify>,
    ) -> Self {
        let (batcher, held, rate) = (batcher.into(), AtomicBool::new(false), Mutex::default());
        Self { store, batcher, holder, clock, status, wake, held, rate, noted: AtomicU64::new(0) }
    }

    /// Works until cancelled; the call that is under way is waited for and its rows are settled.
    pub async fn run(&self, cancel: CancellationToken) {
        // What was wished before this worker came is over.
        let heard = self.store.setting(WISHED).await.ok().flatten();
        let mut pace = Pace { heard, ..Pace::default() };
        let mut changes = self.store.changes();
        let work = async {
            while !cancel.is_cancelled() {
                // What changes from here on wakes the wait, also when it changes during the turn.
                changes.borrow_and_update();
                let wait = match self.turn(&mut pace, &cancel).await {
                    Ok(wait) => wait,
                    Err(error) => {
                        tracing::error!(%error, "sync");
                        let until = (self.clock)() + SignedDuration::from_secs(5);
                        self.set_state(WorkerState::BackingOff { until, reason: error.to_string() });
                        Wait::Until(until)
                    }
                };
                self.report().await;
                pace.wished |= self.wait(wait, &pace, &mut changes, &cancel).await;
            }
        };
        tokio::join!(self.heartbeat(&cancel), self.tell_others(&cancel), work);
        self.count_calls().await;
        if self.held.load(Ordering::Acquire)
            && let Err(error) = self.store.lease_release(ROLE, &self.holder.owner).await
        {
            tracing::warn!(%error, "the lease is not released; it ends by itself");
        }
    }

    /// Sends everything that is due, once, unless the sync is paused.
    pub async fn once(&self) -> Result<Report, SyncError> {
        self.once_until(&CancellationToken::new()).await
    }

    /// The same; once cancelled, the call that is under way is waited for and its rows are settled, and the rest waits.
    pub async fn once_until(&self, cancel: &CancellationToken) -> Result<Report, SyncError> {
        if self.is_paused().await? {
            return Err(SyncError::Paused);
        }
        match self.take_lease().await? {
            Hold::Ours => {}
            Hold::Theirs(Some(lease)) => return Err(SyncError::Elsewhere(Box::new(lease))),
            Hold::Theirs(None) => return Err(StoreError::Locked.into()),
        }
        let stop = CancellationToken::new();
        let work = async {
            let result = self.drain(cancel).await;
            stop.cancel();
            result
        };
        let ((), (), result) = tokio::join!(self.heartbeat(&stop), self.tell_others(&stop), work);
        self.count_calls().await;
        self.store.lease_release(ROLE, &self.holder.owner).await?;
        result
    }

    async fn drain(&self, cancel: &CancellationToken) -> Result<Report, SyncError> {
        let before = self.batcher.client().calls_made();
        self.count_calls().await;
        let mut report = Report::default();
        self.recover().await?;
        self.store.outbox_clock_back((self.clock)()).await?;
        while self.store.tick((self.clock)()).await? > 0 {}
        let mut told = Told::default();
        while report.stopped.is_none() {
            if cancel.is_cancelled() {
                report.stopped = Some(reason(&asked_to_end()));
                break;
            }
            let rows = self.store.outbox_claim(&self.holder.owner, BATCH, (self.clock)()).await?;
            if rows.is_empty() {
                break;
            }
            let end = self.batch(&rows, cancel).await?;
            for row in &end.rows {
                report.take(row);
            }
            told.take(&end.rows, &rows);
            report.stopped = end.stop.as_ref().map(reason);
        }
        report.lines = told.lines().iter().map(Line::long).collect();
        report.calls = self.batcher.client().calls_made() - before;
        Ok(report)
    }

    /// One turn of the loop: what to do now, and what to wait for.
    async fn turn(&self, pace: &mut Pace, cancel: &CancellationToken) -> Result<Wait, SyncError> {
        if let Hold::Theirs(lease) = self.take_lease().await? {
            let until = lease.as_ref().map(|lease| lease.until);
            if let Some(lease) = lease {
                self.set_state(WorkerState::Elsewhere { host: lease.host, pid: lease.pid });
            }
            return Ok(Wait::Lease(until));
        }
        // Between two batches nothing of ours is under way: what is still in flight was left by a worker that died, or by
        // a batch of ours that broke off because the store failed.
        if self.store.outbox_counts().await?.in_flight > 0 {
            self.recover().await?;
        }
        let now = (self.clock)();
        if self.is_paused().await? {
            self.set_state(WorkerState::Paused);
            return Ok(Wait::Change(None));
        }
        self.store.outbox_clock_back(now).await?;
        pace.clock_back(now, self.batcher.setup().interval);
        if self.is_wished(pace).await? && pace.hurry() {
            self.store.outbox_hurry(now).await?;
        }
        if let Some((until, reason)) = pace.waits(now) {
            self.set_state(WorkerState::BackingOff { until, reason });
            return Ok(Wait::Until(until));
        }
        if let Some((until, _)) = pace.backoff.take()
            && pace.share_used
        {
            // One call tells whether there is room again; its own failure is no worse than no room.
            let probed = self.batcher.client().limits().await;
            tracing::debug!(ok = probed.is_ok(), %until, "asked for the allowance");
            if let Some(spent) = self.spent() {
                return Ok(Wait::Until(self.pause(pace, &spent)));
            }
        }
        if let Some(next) = pace.next_batch.filter(|next| *next > now) {
            return Ok(Wait::Until(next));
        }
        let rows = self.store.outbox_claim(&self.holder.owner, BATCH, now).await?;
        if rows.is_empty() {
            let look = self.look_around(now).await?;
            self.set_state(WorkerState::Idle);
            let due = [self.store.outbox_next_due(now).await?, look];
            return Ok(Wait::Change(due.into_iter().flatten().min()));
        }
        let end = self.batch(&rows, cancel).await?;
        let now = (self.clock)();
        pace.next_batch = Some(now + self.batcher.setup().interval);
        // A share that this batch has used up stops the next one before it claims anything.
        if let Some(stop) = end.stop.or_else(|| self.spent()) {
            return Ok(Wait::Until(self.pause(pace, &stop)));
        }
        (pace.failures, pace.limit, pace.share_used) = (0, false, false);
        Ok(Wait::Until(now))
    }

    /// All work waits; returns until when.
    fn pause(&self, pace: &mut Pace, stop: &Failure) -> Timestamp {
        pace.failures += 1;
        pace.limit = stop.class == ErrorClass::Limit;
        pace.share_used = stop.fault.code == SHARE_USED;
        let until = stop.pause(pace.failures, (self.clock)(), fastrand::f64());
        let reason = reason(stop);
        self.set_state(WorkerState::BackingOff { until, reason: reason.clone() });
        pace.backoff = Some((until, reason));
        until
    }

    fn spent(&self) -> Option<Failure> {
        budget::spent(self.batcher.client().usage().as_ref(), self.batcher.setup().share_percent)
    }

    /// Takes over what a process before, or a turn that failed, left in flight.
    async fn recover(&self) -> Result<(), SyncError> {
        let now = (self.clock)();
        let look_at = retry::in_doubt(1, now, fastrand::f64());
        let taken = self.store.outbox_recover(&self.holder.owner, now, look_at).await?;
        if taken > 0 {
            tracing::info!(rows = taken, "taken over what was in flight");
        }
        Ok(())
    }

    /// Plans and carries out claimed rows. Questions that are refused for one row's sake are asked again in halves.
    async fn batch(&self, rows: &[OutboxRow], cancel: &CancellationToken) -> Result<BatchEnd, SyncError> {
        self.status.send_modify(|status| {
            status.state = WorkerState::Working;
            status.batch = Some(BatchProgress { done: 0, total: rows.len() });
        });
        let mut end = BatchEnd::default();
        let mut parts = VecDeque::from([rows]);
        let mut halvings = 0;
        while let Some(part) = parts.pop_front() {
            if let Some(stop) = end.stop.clone() {
                self.give_back(part, &stop, &mut end).await?;
                continue;
            }
            match self.batcher.plan(part, (self.clock)()).await {
                Ok(plan) => {
                    let before = end.rows.len();
                    let carrier = Carrier {
                        store: &self.store,
                        client: self.batcher.client(),
                        owner: &self.holder.owner,
                        clock: self.clock.as_ref(),
                        rows: part,
                        external_id: self.batcher.setup().external_id_field.as_deref(),
                        may_send: &|| {
                            if cancel.is_cancelled() {
                                Some(asked_to_end())
                            } else if self.held.load(Ordering::Acquire) {
                                self.spent()
                            } else {
                                Some(lease_lost())
                            }
                        },
                        progress: &|done| self.progress(before + done, rows.len()),
                    };
                    let part = carrier.carry_out(&plan).await?;
                    end.rows.extend(part.rows);
                    end.stop = part.stop;
                }
                Err(BatchError::Api(error)) => {
                    let failure = unanswered(&error);
                    let guilty = matches!(failure.class, ErrorClass::Split | ErrorClass::Bug);
                    if guilty && part.len() > 1 && halvings < MOST_HALVINGS {
                        halvings += 1;
                        let (head, tail) = part.split_at(part.len() / 2);
                        parts.extend([head, tail]);
                        continue;
                    }
                    let failure = if part.len() == 1 { failure.alone() } else { failure };
                    self.give_back(part, &failure, &mut end).await?;
                    end.stop = Some(failure).filter(|failure| failure.scope == Scope::Org);
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.note(&end, rows);
        Ok(end)
    }

    /// Nothing was written, and the rows wait. What was in doubt still is.
    async fn give_back(&self, rows: &[OutboxRow], failure: &Failure, end: &mut BatchEnd) -> Result<(), SyncError> {
        let (now, random) = ((self.clock)(), fastrand::f64());
        let settled: Vec<Settled> = rows
            .iter()
            .map(|row| {
                let failure = Failure { in_doubt: row.intent.is_some(), ..failure.clone() };
                Settled {
                    id: row.id,
                    version: row.version,
                    outcome: failure.outcome(row.attempts + 1, now, random),
                    note: Vec::new(),
                    links: Vec::new(),
                }
            })
            .collect();
        self.store.outbox_settle(&self.holder.owner, &settled, now).await?;
        let ended = |row: Settled| RowEnd { row_id: row.id, outcome: row.outcome, words: failure.words() };
        end.rows.extend(settled.into_iter().map(ended));
        Ok(())
    }

    async fn is_paused(&self) -> Result<bool, SyncError> {
        Ok(self.store.setting(PAUSED).await?.as_deref() == Some("1"))
    }

    /// True once for each time that somebody asked for a look, in this process or in another.
    async fn is_wished(&self, pace: &mut Pace) -> Result<bool, SyncError> {
        let wish = self.store.setting(WISHED).await?;
        let elsewhere = wish != pace.heard;
        pace.heard = wish;
        Ok(std::mem::take(&mut pace.wished) || elsewhere)
    }

    /// Waits; true if somebody of this process wishes for a look.
    async fn wait(
        &self,
        wait: Wait,
        pace: &Pace,
        changes: &mut watch::Receiver<u64>,
        cancel: &CancellationToken,
    ) -> bool {
        let now = (self.clock)();
        let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default().min(LONGEST);
        let woken = async {
            match wait {
                Wait::Lease(end) => tokio::select! {
                    // Whoever works is told, too.
                    () = self.wake.notified() => {
                        if let Err(error) = wish(&self.store, now).await {
                            tracing::warn!(%error, "the other process is not told to look now");
                        }
                        false
                    }
                    () = tokio::time::sleep(end.map_or(RENEW, until).clamp(LEAST, RENEW)) => false,
                },
                Wait::Until(at) => tokio::select! {
                    () = self.wake.notified() => true,
                    () = tokio::time::sleep(until(at)) => false,
                    () = self.told(pace, changes) => false,
                },
                Wait::Change(due) => {
                    let idle = due.map_or(LONGEST, |at| until(at).max(LEAST));
                    tokio::select! {
                        () = self.wake.notified() => true,
                        _ = changes.changed() => {
                            tokio::time::sleep(GATHER).await;
                            false
                        }
                        () = tokio::time::sleep(idle) => false,
                    }
                }
            }
        };
        tokio::select! {
            () = cancel.cancelled() => false,
            wished = woken => wished,
        }
    }

    /// Completes when a person of any process asks for a look, or for a pause: neither waits for a backoff to end.
    async fn told(&self, pace: &Pace, changes: &mut watch::Receiver<u64>) {
        while changes.changed().await.is_ok() {
            tokio::time::sleep(GATHER).await;
            changes.borrow_and_update();
            let wish = self.store.setting(WISHED).await;
            if wish.is_ok_and(|wish| wish != pace.heard) || self.is_paused().await.unwrap_or(false) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}

/// A question that was not answered is nobody's fault unless a row spoils it: a field that the org hides stops all.
fn unanswered(error: &ApiError) -> Failure {
    let mut failure = Failure::of_call("", error, false);
    if failure.class == ErrorClass::TellUser {
        failure.scope = Scope::Org;
    }
    failure
}

/// Why everything waits, in words.
fn reason(stop: &Failure) -> String {
    match stop.fault.code.as_str() {
        SHARE_USED | ENDING => stop.fault.message.clone(),
        code => words(code).meaning.trim_end_matches('.').to_owned(),
    }
}

enum Wait {
    /// Somebody else works, until then unless they renew their hold.
    Lease(Option<Timestamp>),
    /// Until a moment.
    Until(Timestamp),
    /// Until something changes, or until something is due.
    Change(Option<Timestamp>),
}

impl Report {
    fn take(&mut self, row: &RowEnd) {
        match row.outcome {
            Outcome::Done => self.done += 1,
            Outcome::Skipped | Outcome::LeftOut => self.skipped += 1,
            Outcome::Retry(..) | Outcome::InDoubt(..) | Outcome::Release(_) => self.retry += 1,
            Outcome::Held(_) => self.held += 1,
        }
    }
}
