//! What the next start takes up again.

use serde::{Deserialize, Serialize};

use super::Pane;
use super::columns::Shown;
use crate::store::{ActivityOrder, ContactOrder, Key, Order};

/// Pane, filters and places; kept in the store as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The focused pane.
    pub focus: Option<Pane>,
    /// It fills the screen.
    pub zoomed: bool,
    /// Room of the lists ([`super::Model::share`]).
    pub share: i16,
    /// Order of the contact list.
    pub contact_order: Option<Order<ContactOrder>>,
    /// Order of the activity stream.
    pub activity_order: Option<Order<ActivityOrder>>,
    /// The contact list.
    pub contacts: ListSession,
    /// The activity stream.
    pub activities: ListSession,
    /// The columns of the contact list; empty: the usual ones.
    pub columns: Vec<Shown>,
}

/// How a list was left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListSession {
    /// Its filter.
    pub filter: String,
    /// The name of the preset or saved filter that it is.
    pub name: Option<String>,
    /// Place of the first visible row.
    pub top: Option<Key>,
    /// The selected row.
    pub selected: Option<i64>,
}
