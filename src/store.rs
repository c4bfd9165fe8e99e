//! Where everything is kept: one SQLite file, WAL, one writer and a few readers.
//!
//! Every change is one transaction that also writes the history and the outbox. Nothing here decides; decisions are in
//! `domain`. Whoever needs the time passes it in.

mod activities;
mod apply;
mod bulk;
mod change;
mod clock;
mod connect;
mod contacts;
mod convert;
mod detail;
mod duplicates;
mod edit;
mod error;
mod fields;
mod history;
mod import;
mod lease;
mod links;
mod list;
mod merging;
mod outbox;
mod pages;
mod rows;
mod search;
mod settings;
mod triage;
mod undo;
mod users;

pub use apply::{Applied, IdentityRules};
pub use bulk::{Bulk, BulkProgress, DELETE_LIMIT, Progress, Selection};
pub use change::ChangeError;
pub use connect::Store;
pub use edit::{Added, Edited, FollowThrough, Saved};
pub use error::StoreError;
pub use fields::FieldDef;
pub use import::{ImportFigures, ImportMode, ImportOutcome, ImportRow};
pub use lease::Holder;
pub use links::{LinkWrite, SyncFacts};
pub use list::{ActivityOrder, Anchor, ContactOrder, Key, Order, SortValue, Window};
pub use merging::{Merge, MergePrompt, Merged};
pub use outbox::{Fault, Outcome, SETTLING, Settled};
pub use pages::Count;
pub use rows::{
    ActivityDetail, ActivityRow, ContactDetail, ContactRow, DuplicateHint, Entity, HistoryEntry, Lease, Link,
    OutboxCounts, OutboxRow, OutboxState, PageView, SavedFilter, StatusCounts, SyncMark,
};
pub use undo::{KEPT as UNDO_KEPT, UndoEntry, Undone};
pub use users::{TeamRow, UserRow};
