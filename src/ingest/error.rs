//! What can be wrong with a payload: errors refuse it, warnings leave out a part.

use std::fmt;

use serde_json::Value as Json;

use crate::domain::text::visible;

/// Why a payload is refused. Nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON at all.
    #[error("this is not JSON: {reason} at line {line}, column {column}")]
    NotJson {
        /// What the parser met.
        reason: String,
        /// Line within the payload, from 1.
        line: usize,
        /// Column within that line.
        column: usize,
    },
    /// JSON, but a list, a text or a number.
    #[error("a payload is a JSON object; this is {0}")]
    NotAnObject(&'static str),
    /// Of no program that we know.
    #[error("this is neither a Cal.com payload (it has no `triggerEvent`) nor a OnceHub one (no known `object`)")]
    Unrecognized,
    /// Something without which the event means nothing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A time that cannot be read.
    #[error("`{key}` is `{value}`; a time looks like 2026-03-05T09:30:00Z")]
    Time {
        /// Where.
        key: String,
        /// What stands there, cut.
        value: String,
    },
    /// Something of another JSON type than it must be.
    #[error("`{key}` is {found}; it must be {expected}")]
    Shape {
        /// Where.
        key: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl PayloadError {
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self::NotJson { reason: reason(error), line: error.line(), column: error.column() }
    }

    pub(super) fn not_an_object(json: &Json) -> Self {
        Self::NotAnObject(kind(json))
    }
}

/// serde's reason without its own " at line 1 column 2".
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// A part of a payload that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands: `contact.status`.
    pub key: String,
    /// Why it was left out. Holds the value: for people, not for logs.
    pub reason: String,
}

impl Warning {
    pub(super) fn new(key: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { key: key.into(), reason: reason.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", visible(&self.key), visible(&self.reason))
    }
}

/// What people call a JSON type.
pub(super) fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

pub(super) use crate::domain::text::excerpt;
