//! What the worker tells the screen, its own or another process's (through the lease row).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::budget::Forecast;
use crate::store::OutboxCounts;

/// Everything that the sync pane shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkerStatus {
    /// What the worker does.
    pub state: WorkerState,
    /// Whom it is logged in as; `None` until the first answer.
    pub connection: Option<Connection>,
    /// API calls of the day; `None` until the first answer.
    pub api: Option<ApiUse>,
    /// How long the allowance lasts; `None` until there is a rate.
    pub forecast: Option<Forecast>,
    /// The outbox by state.
    pub counts: OutboxCounts,
    /// Rows settled in each of the last 60 seconds, oldest first.
    pub throughput: Vec<u16>,
    /// The second, since 1970, that the last of them is.
    pub throughput_at: Option<i64>,
    /// The batch at hand.
    pub batch: Option<BatchProgress>,
    /// The last results, newest first, at most 20.
    pub results: Vec<ResultLine>,
    /// Open failures by code, most frequent first.
    pub errors: Vec<ErrorGroup>,
}

/// What the worker does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum WorkerState {
    /// No connection is configured, or sync is switched off; the reason in words.
    Off {
        /// Why.
        reason: String,
    },
    /// Starting.
    #[default]
    Starting,
    /// Nothing is due.
    Idle,
    /// A batch is on its way.
    Working,
    /// Waits before the next try.
    BackingOff {
        /// Until when.
        until: Timestamp,
        /// Why, in words.
        reason: String,
    },
    /// A person paused it.
    Paused,
    /// Another process holds the lease.
    Elsewhere {
        /// Its machine.
        host: String,
        /// Its process id.
        pid: u32,
    },
}

/// Whom the worker is logged in as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Login name, if Salesforce told.
    pub user: Option<String>,
    /// Host of the org.
    pub instance: String,
}

/// API calls of the last 24 hours, as Salesforce counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUse {
    /// Used by everyone.
    pub used: u64,
    /// The allowance.
    pub max: u64,
    /// Made by the programs of this store, all processes together; never more than were used.
    pub ours: u64,
}

/// Progress within a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchProgress {
    /// Rows settled.
    pub done: usize,
    /// Rows claimed.
    pub total: usize,
}

/// One settled row, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultLine {
    /// When.
    pub at: Timestamp,
    /// It worked.
    pub ok: bool,
    /// "Created Event for Ana Berg", "Lead of Bo Lee: value too long".
    pub text: String,
    /// It names a contact, whoever's that is: for administrators.
    #[serde(default)]
    pub names: bool,
}

/// Open failures of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// Salesforce's code.
    pub code: String,
    /// What it means.
    pub words: String,
    /// How many rows.
    pub count: i64,
}
