//! What the sync pane shows: how the worker stands, wherever it runs, and what waits for a person.

use jiff::{SignedDuration, Timestamp};

use super::list::List;
use crate::store::{Lease, OutboxRow};
use crate::sync::status::{WorkerState, WorkerStatus};

/// The pane.
#[derive(Clone, Debug)]
pub struct SyncPane {
    /// What the worker of this process says.
    pub own: WorkerStatus,
    /// What the worker of the process that holds the lease says, if it is another one.
    pub other: Option<WorkerStatus>,
    /// The lease, as last read.
    pub lease: Option<Lease>,
    /// What waits or failed.
    pub items: List<OutboxRow>,
    /// The items may be out of date.
    pub stale: bool,
}

impl Default for SyncPane {
    fn default() -> Self {
        Self { own: WorkerStatus::default(), other: None, lease: None, items: List::default(), stale: true }
    }
}

/// Lines of the worker's summary above the list of items, border aside.
pub const SUMMARY_LINES: u16 = 8;
/// Lines of words about the selected item below the list.
const WORDS_LINES: u16 = 3;
/// Lines above items: what they are, and the heads of their columns.
const HEADS: u16 = 2;
/// So many items there should be at least.
const ITEMS: u16 = 3;

/// Lines of the summary in a pane of that inner height, if items wait: they are what one can do something about.
pub fn summary_lines(height: u16) -> u16 {
    height.saturating_sub(HEADS + ITEMS).clamp(1, if height > 12 { SUMMARY_LINES } else { 1 })
}

/// Lines of words about the selected item.
pub fn words_lines(height: u16) -> u16 {
    height.saturating_sub(summary_lines(height) + HEADS + ITEMS).min(WORDS_LINES)
}

/// Lines that are left for items.
pub fn item_lines(height: u16) -> u16 {
    height.saturating_sub(summary_lines(height) + words_lines(height) + HEADS).max(1)
}

impl SyncPane {
    /// The status to show: the own worker's, or that of the process which works.
    pub fn status(&self) -> &WorkerStatus {
        match (&self.own.state, &self.other) {
            (WorkerState::Elsewhere { .. }, Some(other)) => other,
            _ => &self.own,
        }
    }

    /// Machine and process that work, if it is not this one.
    pub fn elsewhere(&self) -> Option<(&str, u32)> {
        match &self.own.state {
            WorkerState::Elsewhere { host, pid } => Some((host, *pid)),
            _ => None,
        }
    }

    /// Takes what the lease row tells.
    pub fn set_lease(&mut self, lease: Option<Lease>) {
        self.other = lease.as_ref().and_then(|lease| serde_json::from_value(lease.status.clone()).ok());
        self.lease = lease;
    }

    /// Rows settled in each of the 60 seconds up to now, oldest first.
    pub fn throughput(&self, now: Timestamp) -> Vec<u16> {
        let status = self.status();
        let past = status.throughput_at.map_or(0, |at| (now.as_second() - at).clamp(0, 60)) as usize;
        let mut values = status.throughput.clone();
        values.extend(std::iter::repeat_n(0, past));
        values.split_off(values.len().saturating_sub(60))
    }

    /// When something on the pane changes by itself: the sparkline each second while there is something in it, a
    /// countdown each second for the last 100 and then each minute. `still`: the sparkline is not shown.
    pub fn next_change(&self, now: Timestamp, still: bool) -> Option<Timestamp> {
        let moving = !still && self.status().throughput_at.is_some() && self.throughput(now).iter().any(|n| *n > 0);
        let second = moving.then(|| Timestamp::from_second(now.as_second() + 1).ok()).flatten();
        second.into_iter().chain(self.countdown_change(now)).min()
    }

    fn countdown_change(&self, now: Timestamp) -> Option<Timestamp> {
        let WorkerState::BackingOff { until, .. } = &self.status().state else { return None };
        let left = until.duration_since(now);
        let step = match left.as_secs() {
            ..=0 => return None,
            1..=100 => 1,
            seconds => seconds % 60 + 1,
        };
        now.checked_add(SignedDuration::from_secs(step)).ok()
    }
}
