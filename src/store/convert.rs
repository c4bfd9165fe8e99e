//! Between Rust's types and SQLite's.

use jiff::Timestamp;

use super::StoreError;

/// Milliseconds since 1970, as the store keeps time.
pub(super) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A stored time.
pub(super) fn instant(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| StoreError::Value { what: "a time", value: ms.to_string() })
}

/// Numbers as a JSON array, for `json_each(?)`: one statement whatever their count.
pub(super) fn json_ids(ids: &[i64]) -> String {
    serde_json::to_string(ids).unwrap_or_default()
}

/// Words as a JSON array, for `json_each(?)`.
pub(super) fn json_words(words: &[&str]) -> String {
    serde_json::to_string(words).unwrap_or_default()
}

/// A stored word of an enum.
pub(super) fn word<T>(what: &'static str, text: String, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(&text).ok_or(StoreError::Value { what, value: text })
}
