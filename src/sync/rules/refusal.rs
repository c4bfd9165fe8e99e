//! Why a value cannot be written to a field, in words for people.

use crate::domain::text::visible;

/// Why a value cannot be written to a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Salesforce makes the field itself.
    #[error("Salesforce makes it itself from other fields")]
    Unwritable,
    /// Not of the field's form.
    #[error("`{got}` is no {expected}")]
    Form {
        /// The value, shortened.
        got: String,
        /// What the field takes.
        expected: &'static str,
    },
    /// Several values for one.
    #[error("it takes one value and there are {0}")]
    Several(usize),
    /// None of the picklist's active values.
    #[error("`{got}` is none of its active values ({})", .active.join(", "))]
    NotActive {
        /// The value, shortened.
        got: String,
        /// The first few active values.
        active: Vec<String>,
    },
    /// Was a value of the picklist once.
    #[error("`{0}` can no longer be chosen")]
    Inactive(String),
    /// Several active values differ from it only by case.
    #[error("`{got}` could be any of {}", .values.join(", "))]
    Ambiguous {
        /// The value, shortened.
        got: String,
        /// Those that it could be.
        values: Vec<String>,
    },
    /// Half of it would be something else.
    #[error("it has {count} characters, the field takes {length}, and half of it would be wrong")]
    TooLong {
        /// Its length.
        count: usize,
        /// The field's.
        length: usize,
    },
    /// More digits than the field holds, or a date that Salesforce does not know.
    #[error("{0} is outside of what the field holds")]
    Range(String),
    /// The id of a record of another object.
    #[error("`{id}` is the id of {is}, and it takes the id of {}", .takes.join(" or "))]
    OtherObject {
        /// The id.
        id: String,
        /// The object it belongs to.
        is: &'static str,
        /// The objects that the field can point to.
        takes: Vec<String>,
    },
}

impl Refusal {
    pub(super) fn form(got: &str, expected: &'static str) -> Self {
        Self::Form { got: excerpt(got), expected }
    }
}

/// A text that strangers wrote, short and safe to show.
pub(super) fn excerpt(text: &str) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}
