//! What a change was made of, so that it can be taken back and made again: steps over rows, each with its inverse.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::super::Entity;
use super::super::import::Kept;

/// A row by column names.
pub(in crate::store) type Row = Map<String, Json>;

/// Tables whose rows are kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Table {
    Contact,
    Activity,
    PageView,
    ImportContact,
    PossibleDuplicate,
    Link,
    CustomField,
    SavedFilter,
    Team,
    User,
}

impl Table {
    pub fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Activity => "activity",
            Self::PageView => "page_view",
            Self::ImportContact => "import_contact",
            Self::PossibleDuplicate => "possible_duplicate",
            Self::Link => "link",
            Self::CustomField => "custom_field",
            Self::SavedFilter => "saved_filter",
            Self::Team => "team",
            Self::User => "user",
        }
    }

    /// The columns that name a row.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::ImportContact => &["import_id", "contact_id"],
            Self::Link => &["entity", "entity_id"],
            _ => &["id"],
        }
    }

    /// Columns that are not part of what a change did: when a row was last touched says nothing about what it holds.
    pub fn passing(self) -> &'static [&'static str] {
        match self {
            Self::Contact | Self::Activity | Self::Link => &["updated_at"],
            _ => &[],
        }
    }
}

/// Columns of which many rows change alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Column {
    ContactStatus,
    ContactOwner,
    ActivityContact,
    ActivityTrashed,
    ActivityUnread,
    HistoryContact,
    DeliveryContact,
    PageViewContact,
    OutboxContact,
}

impl Column {
    /// Table and column.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::ContactStatus => ("contact", "status"),
            Self::ContactOwner => ("contact", "owner_id"),
            Self::ActivityContact => ("activity", "contact_id"),
            Self::ActivityTrashed => ("activity", "trashed_at"),
            Self::ActivityUnread => ("activity", "unread"),
            Self::HistoryContact => ("history", "contact_id"),
            Self::DeliveryContact => ("delivery", "contact_id"),
            Self::PageViewContact => ("page_view", "contact_id"),
            Self::OutboxContact => ("outbox", "contact_id"),
        }
    }
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(in crate::store) enum Step {
    /// Columns of a row.
    Set { table: Table, key: Row, from: Row, to: Row },
    /// A new row.
    Insert { table: Table, row: Row },
    /// A row that went.
    Delete { table: Table, row: Row },
    /// One column of many rows.
    Move { column: Column, ids: Vec<i64>, from: Json, to: Json },
    /// Things that wait for Salesforce.
    Queue { entity: Entity, ids: Vec<i64>, contact: Option<i64> },
    /// Things that no longer wait for Salesforce.
    Unqueue { entity: Entity, ids: Vec<i64>, contact: Option<i64> },
    /// New contacts of an import, by their numbers. Their rows are in no image before they went: there may be a million of
    /// them. `kept`: what went; `None`: nothing did, or it was not kept.
    Imported {
        import: i64,
        first: i64,
        last: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<Box<Kept>>,
    },
    /// The same, gone again.
    Unimported {
        import: i64,
        first: i64,
        last: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<Box<Kept>>,
    },
}

impl Step {
    /// The step that takes this one back; the inverse of the inverse is the step.
    pub fn inverse(self) -> Self {
        match self {
            Self::Set { table, key, from, to } => Self::Set { table, key, from: to, to: from },
            Self::Insert { table, row } => Self::Delete { table, row },
            Self::Delete { table, row } => Self::Insert { table, row },
            Self::Move { column, ids, from, to } => Self::Move { column, ids, from: to, to: from },
            Self::Queue { entity, ids, contact } => Self::Unqueue { entity, ids, contact },
            Self::Unqueue { entity, ids, contact } => Self::Queue { entity, ids, contact },
            Self::Imported { import, first, last, kept } => Self::Unimported { import, first, last, kept },
            Self::Unimported { import, first, last, kept } => Self::Imported { import, first, last, kept },
        }
    }

    /// True if what it did must be noted with it, or what it needed for that can be forgotten.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Imported { .. } | Self::Unimported { .. })
    }

    /// True if it does nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Move { ids, .. } | Self::Queue { ids, .. } | Self::Unqueue { ids, .. } => ids.is_empty(),
            Self::Set { to, .. } => to.is_empty(),
            Self::Insert { .. } | Self::Delete { .. } | Self::Imported { .. } | Self::Unimported { .. } => false,
        }
    }
}
