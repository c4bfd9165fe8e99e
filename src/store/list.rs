//! Lists are windows: a page of rows before, after or around a key, never an offset and never all of them.

use serde::{Deserialize, Serialize};

use crate::domain::FieldKey;

/// The column that orders a list, with the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order<C> {
    /// The column.
    pub by: C,
    /// Largest first.
    pub descending: bool,
}

/// Orders of the contact list. The first four have an index: any page of a million contacts is there at once. All others
/// sort what the filter finds: of more than some hundred thousand contacts a page takes a moment (a full scan; measured
/// in the tests of `store::pages`). Blank values come last, whatever the direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactOrder {
    /// Last interaction, else creation.
    Recent,
    /// Name.
    Name,
    /// Creation.
    Created,
    /// Last change.
    Updated,
    /// Status: sales qualified, marketing qualified, qualified, disqualified, none.
    Status,
    /// Name of the owner.
    Owner,
    /// Where it came from.
    Source,
    /// A system or custom field.
    Field(FieldKey),
}

/// Orders of the activity stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityOrder {
    /// Last change.
    Updated,
    /// Start of the meeting; activities without one are not listed.
    Start,
}

/// The place of a row in an ordered list: what it is sorted by, and its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Value of the ordering column.
    pub sort: SortValue,
    /// The row's id breaks ties.
    pub id: i64,
}

/// A value of an ordering column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortValue {
    /// Nothing: after all others.
    Blank,
    /// Milliseconds, or a whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A name.
    Text(String),
}

/// Which rows of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchor {
    /// From the top.
    First,
    /// Up to the bottom.
    Last,
    /// The rows below a key.
    After(Key),
    /// The rows above a key, in the list's order.
    Before(Key),
    /// From a key on, the key's own row first if it is still there.
    From(Key),
}

/// Some rows of a list, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Window<T> {
    /// The rows with their places.
    pub rows: Vec<(Key, T)>,
    /// There are rows above the first one.
    pub before: bool,
    /// There are rows below the last one.
    pub after: bool,
}
