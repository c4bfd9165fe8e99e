//! How the worker fares, for this process's screen and, through the lease, for every other's.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::told::Told;
use super::{ROLE, Worker};
use crate::salesforce::{Usage, words};
use crate::store::{OutboxRow, Outcome};
use crate::sync::calls;
use crate::sync::carry_out::BatchEnd;
use crate::sync::status::{ApiUse, BatchProgress, Connection, ErrorGroup, ResultLine, WorkerState, WorkerStatus};

/// The least time between two reports to other processes.
const TELL: Duration = Duration::from_secs(1);

impl Worker {
    /// Tells other processes what changes, at most once a second; it sleeps while nothing does.
    pub(super) async fn tell_others(&self, cancel: &CancellationToken) {
        let mut status = self.status.subscribe();
        status.mark_changed();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = status.changed() => {}
            }
            let json = serde_json::to_value(&*status.borrow_and_update());
            if self.held.load(Ordering::Acquire)
                && let Ok(json) = json
                && let Err(error) = self.store.lease_report(ROLE, &self.holder.owner, &json).await
            {
                tracing::warn!(%error, "the status is not told");
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(TELL) => {}
            }
        }
    }

    pub(super) fn set_state(&self, state: WorkerState) {
        self.status.send_if_modified(|status| {
            let changed = status.state != state;
            status.state = state;
            changed
        });
    }

    pub(super) fn progress(&self, done: usize, total: usize) {
        let api = self.api_use();
        self.status.send_modify(|status| {
            status.batch = Some(BatchProgress { done, total });
            status.api = api.or(status.api);
        });
    }

    /// Keeps the last results for the screen.
    pub(super) fn note(&self, end: &BatchEnd, rows: &[OutboxRow]) {
        let at = (self.clock)();
        let silent = |outcome: &Outcome| matches!(outcome, Outcome::Skipped | Outcome::LeftOut | Outcome::Release(_));
        let mut told = Told::default();
        told.take(end.rows.iter().filter(|row| !silent(&row.outcome)), rows);
        for line in told.lines().iter().filter(|line| !line.done) {
            // Without its words: they may quote what somebody wrote.
            tracing::warn!(rows = line.times, item = line.row, code = line.code, "not sent");
        }
        self.status.send_modify(|status| {
            status.batch = None;
            let mut results: VecDeque<ResultLine> = std::mem::take(&mut status.results).into();
            for line in told.lines() {
                results.push_front(ResultLine { at, ok: line.done, text: line.short(), names: true });
            }
            results.truncate(20);
            status.results = results.into();
            let settled = end.rows.iter().filter(|row| matches!(row.outcome, Outcome::Done)).count();
            add_throughput(status, at, settled);
        });
    }

    /// Brings the status up to date.
    pub(super) async fn report(&self) {
        self.count_calls().await;
        if !self.held.load(Ordering::Acquire) {
            return;
        }
        let counts = self.store.outbox_counts().await;
        let errors = self.store.outbox_errors().await;
        let (api, now) = (self.api_use(), (self.clock)());
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
            if let Some(api) = api {
                let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
                rate.observe(api.used, now);
                status.forecast = rate.forecast(api, self.batcher.setup().share_percent, now);
                status.api = Some(api);
            }
            add_throughput(status, now, 0);
            *status != before
        });
    }

    /// Keeps account of our own calls, those that others made through this client included.
    pub(super) async fn count_calls(&self) {
        let now = (self.clock)();
        calls::count(&self.store, self.batcher.client(), now).await;
        if let Ok(noted) = self.store.calls_noted(now).await {
            self.noted.store(noted, Ordering::Relaxed);
        }
    }

    /// The org's calls and our own among them; `None` until the first answer. An org that has begun to count anew (a
    /// sandbox) may have heard fewer calls than were made to the one before.
    fn api_use(&self) -> Option<ApiUse> {
        let client = self.batcher.client();
        let Usage { used, max, .. } = client.usage()?;
        let ours = self.noted.load(Ordering::Relaxed).saturating_add(client.untaken_calls());
        Some(ApiUse { used, max, ours: ours.min(used) })
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
