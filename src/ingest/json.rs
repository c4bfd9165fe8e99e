//! Reading loosely typed JSON: null, "" and blank are alike, ids may be numbers, times may lack their offset.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::PayloadError;
use super::error::{excerpt, kind};
pub use crate::domain::typed::{as_text, parse_time};

/// Null, blank text, an empty list and an empty object say nothing.
pub fn is_blank(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// The text under `key`.
pub fn text(json: &Json, key: &str) -> Option<String> {
    json.get(key).and_then(as_text)
}

/// The first text under one of the keys.
pub fn first_text(json: &Json, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(json, key))
}

/// The object under `key`.
pub fn object<'a>(json: &'a Json, key: &str) -> Option<&'a Map<String, Json>> {
    json.get(key).and_then(Json::as_object)
}

/// The items of the list under `key`; none if there is no list.
pub fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// True or false under `key`, also written as text.
pub fn flag(json: &Json, key: &str) -> Option<bool> {
    match json.get(key)? {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number of minutes under `key`; not negative, at most a year.
pub fn minutes(json: &Json, key: &str) -> Option<i64> {
    let value = json.get(key)?;
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (0..=366 * 24 * 60).contains(&number).then_some(number)
}

/// The time under `key`; blank is `None`, anything else that is no time an error.
pub fn time(json: &Json, key: &str) -> Result<Option<Timestamp>, PayloadError> {
    match json.get(key) {
        None => Ok(None),
        Some(value) if is_blank(value) => Ok(None),
        Some(Json::String(text)) => {
            parse_time(text).map(Some).ok_or_else(|| PayloadError::Time { key: key.to_owned(), value: excerpt(text) })
        }
        Some(other) => Err(PayloadError::Time { key: key.to_owned(), value: excerpt(&other.to_string()) }),
    }
}

/// Requires the object under `key`.
pub fn require_object<'a>(json: &'a Json, key: &'static str) -> Result<&'a Json, PayloadError> {
    match json.get(key) {
        None | Some(Json::Null) => Err(PayloadError::Missing(key)),
        Some(object @ Json::Object(_)) => Ok(object),
        Some(other) => Err(PayloadError::Shape { key, expected: "an object", found: kind(other) }),
    }
}

/// Trims the keys of every object in it: some documented payloads have keys with a trailing blank.
pub fn with_trimmed_keys(json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.trim().to_owned(), with_trimmed_keys(value))).collect())
        }
        Json::Array(items) => items.iter().map(with_trimmed_keys).collect(),
        other => other.clone(),
    }
}
