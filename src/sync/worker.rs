//! The worker: one per store over all processes, under a lease.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::batch::{BatchError, Batcher};
use super::carry_out::{BatchEnd, Carrier, RowEnd};
use super::retry;
use super::settle::Failure;
use super::status::{ApiUse, BatchProgress, Connection, ErrorGroup, ResultLine, WorkerState, WorkerStatus};
use crate::salesforce::{ErrorClass, words};
use crate::store::{Holder, Lease, OutboxRow, Outcome, Settled, Store, StoreError};

/// The role of the lease.
pub const ROLE: &str = "sync";
/// The setting that pauses the worker, in whatever process it is: `1`.
pub const PAUSED: &str = "sync.paused";

/// How long a hold lasts unless renewed: a death is noticed within it.
const TERM: SignedDuration = SignedDuration::from_secs(12);
const RENEW: Duration = Duration::from_secs(4);
/// Rows of one batch: the most that pays (ten calls of a thousand writes each).
const BATCH: usize = 10_000;
/// Changes come in flocks: a moment's wait makes one call of them.
const GATHER: Duration = Duration::from_millis(250);
/// How often the org is asked again while its allowance is used up.
const ALLOWANCE_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

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
    /// What was done and what failed, in words.
    pub lines: Vec<String>,
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
    batcher: Batcher,
    holder: Holder,
    clock: Clock,
    status: watch::Sender<WorkerStatus>,
    wake: Arc<Notify>,
    held: Arc<AtomicBool>,
}

impl Worker {
    /// A worker that does nothing yet. `wake` makes it look at once ("sync now").
    pub fn new(
        store: Store,
        batcher: Batcher,
        holder: Holder,
        clock: Clock,
        status: watch::Sender<WorkerStatus>,
        wake: Arc<Notify>,
    ) -> Self {
        Self { store, batcher, holder, clock, status, wake, held: Arc::new(AtomicBool::new(false)) }
    }

    /// Works until cancelled; a batch that is under way is finished first.
    pub async fn run(&self, cancel: CancellationToken) {
        let mut pace = Pace::default();
        let mut changes = self.store.changes();
        let heartbeat = self.heartbeat(&cancel);
        let work = async {
            while !cancel.is_cancelled() {
                // What changes from here on wakes the wait, also when it changes during the turn.
                changes.borrow_and_update();
                let wait = match self.turn(&mut pace).await {
                    Ok(wait) => wait,
                    Err(error) => {
                        tracing::error!(%error, "sync");
                        let until = (self.clock)() + SignedDuration::from_secs(5);
                        self.set_state(WorkerState::BackingOff { until, reason: error.to_string() });
                        Wait::Until(until)
                    }
                };
                self.report().await;
                self.wait(wait, &mut changes, &cancel).await;
            }
        };
        tokio::join!(heartbeat, work);
        if self.held.load(Ordering::Acquire)
            && let Err(error) = self.store.lease_release(ROLE, &self.holder.owner).await
        {
            tracing::warn!(%error, "the lease is not released; it ends by itself");
        }
    }

    /// Sends everything that is due, once, unless the sync is paused.
    pub async fn once(&self) -> Result<Report, SyncError> {
        if self.is_paused().await? {
            return Err(SyncError::Paused);
        }
        if !self.take_lease().await? {
            let lease = self.store.lease(ROLE).await?;
            return Err(lease
                .map_or(BatchError::Store(StoreError::Locked).into(), |lease| SyncError::Elsewhere(Box::new(lease))));
        }
        let stop = CancellationToken::new();
        let heartbeat = self.heartbeat(&stop);
        let work = async {
            let result = self.drain().await;
            stop.cancel();
            result
        };
        let ((), result) = tokio::join!(heartbeat, work);
        self.store.lease_release(ROLE, &self.holder.owner).await?;
        result
    }

    async fn drain(&self) -> Result<Report, SyncError> {
        let before = self.batcher.client().calls_made();
        let mut report = Report::default();
        self.store.outbox_recover(&self.holder.owner, (self.clock)()).await?;
        while self.store.tick((self.clock)()).await? > 0 {}
        loop {
            let rows = self.store.outbox_claim(&self.holder.owner, BATCH, (self.clock)()).await?;
            if rows.is_empty() {
                break;
            }
            let end = self.batch(&rows).await?;
            for row in &end.rows {
                report.take(row);
            }
            if end.stop.is_some() {
                break;
            }
        }
        report.calls = self.batcher.client().calls_made() - before;
        Ok(report)
    }

    /// One turn of the loop: what to do now, and what to wait for.
    async fn turn(&self, pace: &mut Pace) -> Result<Wait, SyncError> {
        if !self.take_lease().await? {
            if let Some(lease) = self.store.lease(ROLE).await? {
                self.set_state(WorkerState::Elsewhere { host: lease.host, pid: lease.pid });
            }
            return Ok(Wait::Lease);
        }
        let now = (self.clock)();
        // Between two batches nothing of ours is under way: what is still in flight was left by a worker that died, or by
        // a batch of ours that broke off because the store failed.
        if self.store.outbox_counts().await?.in_flight > 0 {
            self.store.outbox_recover("", now).await?;
        }
        self.store.tick(now).await?;
        if self.is_paused().await? {
            self.set_state(WorkerState::Paused);
            return Ok(Wait::Change(None));
        }
        if let Some((until, reason)) = pace.backoff.clone().filter(|(until, _)| *until > now) {
            self.set_state(WorkerState::BackingOff { until, reason });
            return Ok(Wait::Until(until));
        }
        pace.backoff = None;
        if let Some(next) = pace.next_batch.filter(|next| *next > now) {
            return Ok(Wait::Until(next));
        }
        // Looked at before it is claimed: a claim is a write that wakes whoever listens for changes, us among them.
        let next = self.store.outbox_next_due().await?;
        let rows = match next {
            Some(due) if due <= now => self.store.outbox_claim(&self.holder.owner, BATCH, now).await?,
            _ => Vec::new(),
        };
        if rows.is_empty() {
            self.set_state(WorkerState::Idle);
            let due = [next, self.store.next_tick().await?];
            return Ok(Wait::Change(due.into_iter().flatten().min()));
        }
        let end = self.batch(&rows).await?;
        let now = (self.clock)();
        pace.next_batch = Some(now + self.batcher.setup().interval);
        if let Some(stop) = end.stop {
            pace.failures += 1;
            let backoff = if stop.class == ErrorClass::Transient { retry::TRANSIENT } else { retry::LIMIT };
            let until = backoff.after(pace.failures, now, fastrand::f64());
            pace.backoff = Some((until, words(&stop.fault.code).meaning.to_owned()));
        } else {
            pace.failures = 0;
        }
        if let Some(usage) = self.batcher.client().usage()
            && usage.share() * 100.0 >= f64::from(self.batcher.setup().share_percent)
        {
            let share = self.batcher.setup().share_percent;
            let reason = format!("{share} % of the org's daily API calls are used");
            pace.backoff = Some((now + ALLOWANCE_PAUSE, reason));
        }
        Ok(Wait::Until(now))
    }

    /// Plans and carries out claimed rows.
    async fn batch(&self, rows: &[OutboxRow]) -> Result<BatchEnd, SyncError> {
        self.status.send_modify(|status| {
            status.state = WorkerState::Working;
            status.batch = Some(BatchProgress { done: 0, total: rows.len() });
        });
        // The row was read before its try was counted.
        let attempts: HashMap<i64, i64> = rows.iter().map(|row| (row.id, row.attempts + 1)).collect();
        let end = match self.batcher.plan(rows, (self.clock)()).await {
            Ok(plan) => {
                let progress = |done: usize| self.progress(done, rows.len());
                let carrier = Carrier {
                    store: &self.store,
                    client: self.batcher.client(),
                    owner: &self.holder.owner,
                    clock: self.clock.as_ref(),
                    attempts: &attempts,
                    may_send: &|| self.held.load(Ordering::Acquire),
                    progress: &progress,
                };
                carrier.carry_out(&plan).await?
            }
            Err(BatchError::Api(error)) => self.give_back(rows, &attempts, &error).await?,
            Err(error) => return Err(error.into()),
        };
        self.note(&end, rows);
        Ok(end)
    }

    /// A question failed: nothing was written, and every row waits. What was in doubt still is.
    async fn give_back(
        &self,
        rows: &[OutboxRow],
        attempts: &HashMap<i64, i64>,
        error: &crate::salesforce::ApiError,
    ) -> Result<BatchEnd, SyncError> {
        let now = (self.clock)();
        let failure = Failure::of_call("", error, false);
        let settled: Vec<Settled> = rows
            .iter()
            .map(|row| {
                let doubtful = Failure { in_doubt: row.intent.is_some(), ..failure.clone() };
                Settled {
                    id: row.id,
                    version: row.version,
                    outcome: doubtful.outcome(attempts.get(&row.id).copied().unwrap_or(1), now, fastrand::f64()),
                    note: Vec::new(),
                    links: Vec::new(),
                }
            })
            .collect();
        self.store.outbox_settle(&self.holder.owner, &settled, now).await?;
        let rows = settled
            .into_iter()
            .map(|row| RowEnd { row_id: row.id, outcome: row.outcome, words: failure.words() })
            .collect();
        Ok(BatchEnd { rows, stop: Some(failure) })
    }

    async fn is_paused(&self) -> Result<bool, SyncError> {
        Ok(self.store.setting(PAUSED).await?.as_deref() == Some("1"))
    }

    async fn take_lease(&self) -> Result<bool, SyncError> {
        let held = self.store.lease_take(ROLE, &self.holder, TERM, (self.clock)()).await?;
        self.held.store(held, Ordering::Release);
        Ok(held)
    }

    /// Renews the hold while a batch is under way.
    async fn heartbeat(&self, cancel: &CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(RENEW) => {}
            }
            if !self.held.load(Ordering::Acquire) {
                continue;
            }
            if let Err(error) = self.take_lease().await {
                // A lease that cannot be renewed is not ours for long: nothing more is sent under it.
                tracing::warn!(%error, "the lease is not renewed");
                self.held.store(false, Ordering::Release);
            }
        }
    }

    async fn wait(&self, wait: Wait, changes: &mut watch::Receiver<u64>, cancel: &CancellationToken) {
        let now = (self.clock)();
        let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
        match wait {
            Wait::Lease => {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(RENEW) => {}
                }
            }
            Wait::Until(at) => {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(until(at)) => {}
                }
            }
            Wait::Change(due) => {
                // Never a busy loop, whatever is due.
                let idle = due.map_or(Duration::from_secs(60), |at| until(at).max(Duration::from_millis(500)));
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = self.wake.notified() => {}
                    _ = changes.changed() => {
                        tokio::select! {
                            () = cancel.cancelled() => {}
                            () = tokio::time::sleep(GATHER) => {}
                        }
                    }
                    () = tokio::time::sleep(idle) => {}
                }
            }
        }
    }

    fn set_state(&self, state: WorkerState) {
        self.status.send_if_modified(|status| {
            let changed = status.state != state;
            status.state = state;
            changed
        });
    }

    fn progress(&self, done: usize, total: usize) {
        let usage = self.batcher.client().usage();
        self.status.send_modify(|status| {
            status.batch = Some(BatchProgress { done, total });
            if let Some(usage) = usage {
                let ours = self.batcher.client().calls_made();
                status.api = Some(ApiUse { used: usage.used, max: usage.max, ours });
            }
        });
    }

    /// Keeps the last results for the screen.
    fn note(&self, end: &BatchEnd, rows: &[OutboxRow]) {
        let at = (self.clock)();
        let labels: HashMap<i64, &str> = rows.iter().map(|row| (row.id, row.label.as_str())).collect();
        self.status.send_modify(|status| {
            status.batch = None;
            let mut results: VecDeque<ResultLine> = std::mem::take(&mut status.results).into();
            let told = end.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Skipped | Outcome::Release));
            for row in told {
                let label = labels.get(&row.row_id).copied().unwrap_or_default();
                let ok = matches!(row.outcome, Outcome::Done);
                results.push_front(ResultLine { at, ok, text: format!("{label}: {}", row.words) });
            }
            results.truncate(20);
            status.results = results.into();
            let settled = end.rows.iter().filter(|row| matches!(row.outcome, Outcome::Done)).count();
            add_throughput(status, at, settled);
        });
    }

    /// Tells the screen, and through the lease every other process's screen, how things are.
    async fn report(&self) {
        if !self.held.load(Ordering::Acquire) {
            return;
        }
        let counts = self.store.outbox_counts().await;
        let errors = self.store.outbox_errors().await;
        let usage = self.batcher.client().usage();
        self.status.send_if_modified(|status| {
            let before = status.clone();
            if let Ok(counts) = counts {
                status.counts = counts;
            }
            if let Ok(errors) = errors {
                let group =
                    |(code, count): (String, i64)| ErrorGroup { words: words(&code).meaning.to_owned(), code, count };
                status.errors = errors.into_iter().map(group).collect();
            }
            if let Some(usage) = usage {
                let ours = self.batcher.client().calls_made();
                status.api = Some(ApiUse { used: usage.used, max: usage.max, ours });
            }
            add_throughput(status, (self.clock)(), 0);
            *status != before
        });
        let status = self.status.borrow().clone();
        if let Ok(json) = serde_json::to_value(&status)
            && let Err(error) = self.store.lease_report(ROLE, &self.holder.owner, &json).await
        {
            tracing::warn!(%error, "the status is not told");
        }
    }

    /// Says whom the worker is logged in as; asked once, and not counted by Salesforce.
    pub async fn introduce(&self, instance: String) {
        let user = match self.batcher.client().user_info().await {
            Ok(user) => Some(user.username),
            Err(error) => {
                tracing::info!(%error, "who is logged in is not known");
                None
            }
        };
        self.status.send_modify(|status| status.connection = Some(Connection { user, instance }));
    }
}

/// What the loop remembers from turn to turn.
#[derive(Default)]
struct Pace {
    failures: i64,
    backoff: Option<(Timestamp, String)>,
    next_batch: Option<Timestamp>,
}

enum Wait {
    /// Somebody else works; look again when their hold may have ended.
    Lease,
    /// Until a moment.
    Until(Timestamp),
    /// Until something changes, or until something is due.
    Change(Option<Timestamp>),
}

impl Report {
    fn take(&mut self, row: &RowEnd) {
        match row.outcome {
            Outcome::Done => self.done += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Retry(..) | Outcome::InDoubt(..) | Outcome::Release => self.retry += 1,
            Outcome::Held(_) => self.held += 1,
        }
        if !row.words.is_empty() {
            self.lines.push(row.words.clone());
        }
    }
}

/// Rows settled per second over the last minute; the last entry is the present second.
fn add_throughput(status: &mut WorkerStatus, at: Timestamp, settled: usize) {
    let second = at.as_second();
    let passed = status.throughput_at.map_or(60, |last| (second - last).clamp(0, 60));
    status.throughput.resize(60, 0);
    status.throughput.rotate_left(passed as usize);
    for slot in status.throughput.iter_mut().rev().take(passed as usize) {
        *slot = 0;
    }
    if let Some(last) = status.throughput.last_mut() {
        *last = last.saturating_add(u16::try_from(settled).unwrap_or(u16::MAX));
    }
    status.throughput_at = Some(second);
}
