//! References: an id, or the object itself when it is expanded.

use serde_json::Value as Json;

use crate::domain::{Email, UserRef};
use crate::ingest::json::{as_text, first_text, is_blank, text};

/// The reference under `key`, unless it is blank or a deleted object.
pub fn get<'a>(json: &'a Json, key: &str) -> Option<&'a Json> {
    let reference = json.get(key)?;
    let deleted = reference.get("deleted").and_then(Json::as_bool) == Some(true);
    (!is_blank(reference) && !deleted).then_some(reference)
}

/// The object under `key` if it is expanded.
pub fn expanded<'a>(json: &'a Json, key: &str) -> Option<&'a Json> {
    get(json, key).filter(|reference| reference.is_object())
}

/// The name of what is referred to, else its id.
pub fn name(json: &Json, key: &str) -> Option<String> {
    let reference = get(json, key)?;
    first_text(reference, &["name", "label", "url", "id"]).or_else(|| as_text(reference))
}

/// The id of what is referred to.
pub fn id(json: &Json, key: &str) -> Option<String> {
    let reference = get(json, key)?;
    text(reference, "id").or_else(|| as_text(reference))
}

/// A user of the team.
pub fn user(json: &Json, key: &str) -> Option<UserRef> {
    let reference = get(json, key)?;
    let email = text(reference, "email").and_then(|email| Email::parse(&email).ok());
    let name = text(reference, "name").or_else(|| {
        let parts = [text(reference, "first_name"), text(reference, "last_name")];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    });
    let user = UserRef { email, name, external_id: id(json, key) };
    (user != UserRef::default()).then_some(user)
}
