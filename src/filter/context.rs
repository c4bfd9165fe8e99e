//! What a query means depends on: when, where, for whom, and on which list.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::Email;

/// The list that is filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// People.
    Contacts,
    /// Bookings, conversations and forms.
    Activities,
}

impl List {
    /// The word in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Activities => "activities",
        }
    }

    /// Finds it by its key.
    pub fn parse(key: &str) -> Option<Self> {
        [Self::Contacts, Self::Activities].into_iter().find(|list| list.key() == key)
    }
}

/// The column that a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Contacts: `recent_at`, the last interaction or else creation.
    Recent,
    /// Contacts: `name_key`.
    Name,
    /// Contacts: `created_at`.
    Created,
    /// Both: `updated_at`.
    Updated,
    /// Activities: `start_at`.
    Start,
}

pub use crate::domain::edit::CustomKind as CustomField;

/// Everything that a query's meaning depends on.
#[derive(Clone, Debug)]
pub struct Context {
    /// The list.
    pub list: List,
    /// The present: what `today` and `2h` count from.
    pub now: Timestamp,
    /// The user's time zone: where days begin.
    pub zone: TimeZone,
    /// The user: what `mine` and `me` mean; unknown, they match nothing.
    pub me: Option<Email>,
    /// Custom fields that are not archived.
    pub custom: Vec<CustomField>,
}

impl Context {
    /// For a list, at a time, in UTC, for nobody, without custom fields.
    pub fn new(list: List, now: Timestamp) -> Self {
        Self { list, now, zone: TimeZone::UTC, me: None, custom: Vec::new() }
    }
}
