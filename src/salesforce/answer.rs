//! From status and body to data or errors. Pure, and deaf to whatever does not have the API's shape.
//!
//! Error bodies come in many shapes: an array with `errorCode` (most), rows with `statusCode` (collections, tree), a
//! bare object, OAuth's object, an array of URLs (several hits of an upsert), or no JSON at all (an edge or proxy).

use serde_json::{Map, Value};

use super::error::{ApiError, DuplicateMatch, ErrorEntry};
use super::id::SfId;
use super::text;

/// The most complaints kept of one answer.
const MAX_ENTRIES: usize = 50;

/// Data of a successful answer (`Null` when it has no body by design), or what went wrong.
pub(super) fn interpret(status: u16, body: &[u8]) -> Result<Value, ApiError> {
    if matches!(status, 204 | 205) {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(body) {
        Ok(value) => interpret_value(status, value),
        Err(_) => Err(ApiError::Http { status, body_excerpt: text::excerpt(body) }),
    }
}

/// The same for a body that is already JSON: a subresponse of a composite.
pub(super) fn interpret_value(status: u16, body: Value) -> Result<Value, ApiError> {
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let errors = if status == 300 { several_hits(&body) } else { entries(&body) };
    if errors.is_empty() { Err(unreadable(status, &body)) } else { Err(ApiError::Api { status, errors }) }
}

/// An answer of the wrong shape.
pub(super) fn unreadable(status: u16, body: &Value) -> ApiError {
    let body_excerpt = match body {
        Value::Null => String::new(),
        body => text::excerpt(body.to_string().as_bytes()),
    };
    ApiError::Http { status, body_excerpt }
}

/// The complaints of an error body, in any of its shapes; none when it is not one.
pub(super) fn entries(body: &Value) -> Vec<ErrorEntry> {
    match body {
        Value::Array(items) => items.iter().filter_map(entry).take(MAX_ENTRIES).collect(),
        Value::Object(object) => match object.get("results").or_else(|| object.get("errors")) {
            // Tree: {hasErrors, results: [{referenceId, errors: […]}]}; a failed row: {success: false, errors: […]}.
            Some(Value::Array(items)) if !items.is_empty() => items
                .iter()
                .flat_map(|item| match item.get("errors") {
                    Some(Value::Array(errors)) => errors.iter().filter_map(entry).collect(),
                    _ => entry(item).into_iter().collect::<Vec<_>>(),
                })
                .take(MAX_ENTRIES)
                .collect(),
            _ => entry(body).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}

fn entry(value: &Value) -> Option<ErrorEntry> {
    let object = value.as_object()?;
    let string = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str());
    let code = string(&["errorCode", "statusCode", "error"])?;
    let fields = object.get("fields").and_then(Value::as_array).map_or_else(Vec::new, |fields| {
        fields.iter().filter_map(Value::as_str).map(text::name).take(MAX_ENTRIES).collect()
    });
    // The second spelling is Salesforce's own, in many versions.
    let duplicates = ["duplicateResult", "duplicateResut"].iter().find_map(|key| object.get(*key)?.as_object());
    Some(ErrorEntry {
        code: text::name(code),
        message: text::message(string(&["message", "error_description"]).unwrap_or_default()),
        fields,
        duplicates: duplicates.map(duplicate_matches).unwrap_or_default(),
        allow_save: duplicates.and_then(|d| d.get("allowSave")?.as_bool()).unwrap_or(false),
    })
}

fn duplicate_matches(result: &Map<String, Value>) -> Vec<DuplicateMatch> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut matches = Vec::new();
    for found in list(result.get("matchResults")) {
        let entity_of_rule = found.get("entityType").and_then(Value::as_str);
        for matched in list(found.get("matchRecords")) {
            let record = matched.get("record");
            let entity = record.and_then(|r| r.get("attributes")?.get("type")?.as_str()).or(entity_of_rule);
            let id = record.and_then(|r| r.get("Id").or_else(|| r.get("id"))?.as_str()?.parse().ok());
            if let (Some(entity), Some(id)) = (entity, id) {
                add_match(&mut matches, entity, id);
            }
        }
    }
    matches
}

/// HTTP 300: the body lists the records' URLs, `/services/data/vN.0/sobjects/Contact/003…`.
fn several_hits(body: &Value) -> Vec<ErrorEntry> {
    let mut duplicates = Vec::new();
    for url in body.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut segments = url.trim_end_matches('/').rsplit('/');
        if let (Some(Ok(id)), Some(entity)) = (segments.next().map(str::parse), segments.next()) {
            add_match(&mut duplicates, entity, id);
        }
    }
    if duplicates.is_empty() {
        return Vec::new();
    }
    // The code the same finding has in a collection's row.
    let message = "several records have this external id".to_owned();
    vec![ErrorEntry { code: "DUPLICATE_EXTERNAL_ID".to_owned(), message, duplicates, ..ErrorEntry::default() }]
}

fn add_match(matches: &mut Vec<DuplicateMatch>, entity: &str, id: SfId) {
    match matches.iter_mut().find(|m| m.entity == entity) {
        Some(known) if known.ids.contains(&id) => {}
        Some(known) => known.ids.push(id),
        None => matches.push(DuplicateMatch { entity: text::name(entity), ids: vec![id] }),
    }
}

#[cfg(test)]
mod tests;
