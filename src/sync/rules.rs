//! Write rules: one mapped field each.

use serde_json::Value as Json;

use crate::domain::{Activity, Contact};
use crate::salesforce::Describe;

/// The record that a rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleObject {
    /// The Event of a booking.
    Event,
    /// The Lead or Contact of the person who booked.
    Person,
    /// A Lead that is created or updated.
    Lead,
    /// A Contact that is created or updated.
    Contact,
}

/// The moment at which a rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The record is created, or the person books.
    Create,
    /// The record changes.
    Update,
    /// The booking is cancelled.
    Cancel,
}

/// Whether a value that stands there is overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is.
    Always,
    /// Only an empty field is written.
    Empty,
}

/// How a value is turned into the field's form; by default as describe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleType {
    /// Text.
    Text,
    /// Phone number.
    Phone,
    /// Calendar date.
    Date,
    /// Point in time.
    Datetime,
    /// Yes or no.
    Checkbox,
    /// One of the active values.
    Picklist,
    /// Some of the active values.
    MultiPicklist,
    /// Number.
    Number,
    /// Time of day.
    Time,
    /// As it is, whatever the field's type.
    Custom,
}

/// One mapped field.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteRule {
    /// The record.
    pub object: RuleObject,
    /// The moment.
    pub on: Moment,
    /// The field's API name.
    pub field: String,
    /// What is written: a literal, a template, or both mixed.
    pub value: String,
    /// Whether a value that stands there is overwritten.
    pub when: When,
    /// The form; `None`: as describe says.
    pub kind: Option<RuleType>,
    /// Written when the value is missing.
    pub fallback: Option<String>,
}

/// What templates may speak of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// `{contact.x}`.
    pub contact: Option<&'a Contact>,
    /// `{answer}`, `{form:x}`, `{utm:x}`, `{booking.x}`.
    pub activity: Option<&'a Activity>,
}

/// The fields that rules write, and what was left out or cut, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// Field and value, in the order of the rules.
    pub fields: Vec<(String, Json)>,
    /// Fields among them that are only written where they are empty now.
    pub only_if_empty: Vec<String>,
    /// What was dropped or cut, and why.
    pub notes: Vec<String>,
}

/// Applies the rules of one record and moment.
pub fn render(
    rules: &[WriteRule],
    object: RuleObject,
    on: Moment,
    sources: Sources<'_>,
    describe: Option<&Describe>,
) -> Rendered {
    let _ = (rules, object, on, sources, describe);
    Rendered::default()
}
