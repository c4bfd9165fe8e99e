//! Where everything is kept: one SQLite file, WAL, one writer and a few readers.
//!
//! Every change is one transaction that also writes the history and the outbox. Nothing here decides; decisions are in
//! `domain`. Whoever needs the time passes it in.
//!
//! A [`Store`] is a handle. [`Store::acting`] gives one in the hands of somebody: lists, counts and details show what
//! their role reaches, and changes that it does not allow are refused ([`crate::domain::access`]). Screen, command line
//! and HTTP each work through such a handle (`store.acting(store.actor_named(email, role).await?)`), so that roles are
//! enforced here and nowhere else; the sync worker and the readers of payloads use the bare one.
//!
//! Changes by hand, all of them in the undo log ([`Store::undo_entries`], [`Store::undo`], [`Store::redo`]):
//! [`Store::edit`], [`Store::add_contact`], [`Store::merge_prompt`] and [`Store::merge`], [`Store::delete_contacts`],
//! [`Store::set_status_of`], [`Store::assign`], and custom fields ([`Store::add_field`], …). What a form needs to know of
//! fields is [`Store::schema`]; see the module docs of `edit`, `merging`, `bulk` and `undo`.

mod activities;
mod api_keys;
mod apply;
mod bulk;
mod calls;
mod care;
mod change;
mod clock;
mod connect;
mod contacts;
mod convert;
mod daily;
mod detail;
mod duplicates;
mod edit;
mod erase;
mod error;
mod export;
mod fields;
mod filters;
mod history;
mod hooks;
mod import;
mod lease;
mod links;
mod list;
mod list_reader;
mod lookup;
mod merging;
mod migrate;
mod order;
mod outbox;
mod pages;
mod report;
mod rows;
mod search;
mod seen;
mod settings;
mod sources;
mod trash;
mod triage;
mod undo;
mod users;
mod vocabulary;
mod wal_watch;

pub use api_keys::ApiKey;
pub use apply::{Applied, IdentityRules};
pub use bulk::{Bulk, BulkProgress, DELETE_LIMIT, Progress, Selection};
pub use care::{Backup, Health, Keep, LetGo, restore, verify};
pub use change::ChangeError;
pub use connect::Store;
pub use duplicates::{DuplicatePair, DuplicateScan, DuplicateSide, reason_words};
pub use edit::{Added, Edited, FollowThrough, Saved};
pub use erase::Erased;
pub use error::StoreError;
pub use export::RowIds;
pub use fields::FieldDef;
pub use filters::{FilterError, NewFilter, TakenFilters, glimpse_saved_filters};
pub use hooks::{Happening, HookCursor, HookDelivery, HookNews, HookOutcome, HookState, NewContact, NewDelivery};
pub use import::{Import, ImportEnd, ImportFigures, ImportMode, ImportOutcome, ImportRow, Imported, ScratchStore};
pub use lease::Holder;
pub use links::{LinkWrite, SyncFacts};
pub use list::{ActivityOrder, Anchor, ContactOrder, Key, Order, SortValue, Window};
pub use merging::{Merge, MergePrompt, Merged};
pub use migrate::Upgrade;
pub use outbox::{Fault, Outcome, SETTLING, Settled};
pub use pages::Count;
pub use report::{Dimension, Figures, Report, ReportRow};
pub use rows::{
    ActivityDetail, ActivityRow, ContactDetail, ContactRow, DuplicateHint, Entity, HistoryEntry, Lease, Link,
    OutboxCounts, OutboxRow, OutboxState, PageView, SavedFilter, StatusCounts, SyncMark,
};
pub use seen::Conflicted;
pub use settings::custom_fields_of;
pub use sources::{Delivery, SourceState, UnknownType};
pub use trash::{Activities, Mark, Marked, TRASH_KEPT};
pub use undo::{KEPT as UNDO_KEPT, UndoEntry, Undone};
pub use users::{TeamRow, UserRow};
