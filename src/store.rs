//! Where everything is kept: one SQLite file, WAL, one writer and a few readers.
//!
//! Every change is one transaction that also writes the history and the outbox. Nothing here decides; decisions are in
//! `domain`. Whoever needs the time passes it in.

mod list;
mod rows;

pub use list::{ActivityOrder, Anchor, ContactOrder, Key, Order, SortValue, Window};
pub use rows::{
    ActivityDetail, ActivityRow, ContactDetail, ContactRow, DuplicateHint, Entity, HistoryEntry, Lease, Link,
    OutboxCounts, OutboxRow, OutboxState, PageView, SavedFilter, StatusCounts, SyncMark,
};
