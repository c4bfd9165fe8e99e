//! Where everything is kept: one SQLite file, WAL, one writer and a few readers.
//!
//! Every change is one transaction that also writes the history and the outbox. Nothing here decides; decisions are in
//! `domain`. Whoever needs the time passes it in.

mod activities;
mod api_keys;
mod apply;
mod clock;
mod connect;
mod contacts;
mod convert;
mod detail;
mod duplicates;
mod error;
mod history;
mod import;
mod lease;
mod links;
mod list;
mod outbox;
mod pages;
mod rows;
mod search;
mod seen;
mod settings;
mod sources;
mod triage;
mod users;

pub use api_keys::ApiKey;
pub use apply::{Applied, IdentityRules};
pub use connect::Store;
pub use error::StoreError;
pub use import::{ImportFigures, ImportMode, ImportOutcome, ImportRow};
pub use lease::Holder;
pub use links::{LinkWrite, SyncFacts};
pub use list::{ActivityOrder, Anchor, ContactOrder, Key, Order, SortValue, Window};
pub use outbox::{Fault, Outcome, SETTLING, Settled};
pub use pages::Count;
pub use rows::{
    ActivityDetail, ActivityRow, ContactDetail, ContactRow, DuplicateHint, Entity, HistoryEntry, Lease, Link,
    OutboxCounts, OutboxRow, OutboxState, PageView, SavedFilter, StatusCounts, SyncMark,
};
pub use seen::Conflicted;
pub use sources::{Delivery, SourceState, UnknownType};
