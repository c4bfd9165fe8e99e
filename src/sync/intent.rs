//! What was about to be created when the answer was lost: the outbox's `intent`, written before anything is sent.

use serde_json::{Map, Value as Json, json};

use crate::store::OutboxRow;

/// The Lead or Contact of the row's own contact; whole, because the contact's email may change before it is looked for.
pub fn person(object: &str, body: &Map<String, Json>) -> Json {
    json!({ "person": { "object": object, "body": body } })
}

/// The record of a guest, who is nothing but an email.
pub fn guest(email: Option<&Json>) -> Json {
    json!({ "guest": email })
}

/// The Event of a booking.
pub fn event(body: &Map<String, Json>) -> Json {
    json!({ "event": body })
}

/// Object and fields of the person that a row was about to create.
pub fn of_person(row: &OutboxRow) -> Option<(&str, &Map<String, Json>)> {
    let person = row.intent.as_ref()?.get("person")?;
    Some((person.get("object")?.as_str()?, person.get("body")?.as_object()?))
}

/// Fields of the Event that a row was about to create.
pub fn of_event(row: &OutboxRow) -> Option<&Map<String, Json>> {
    row.intent.as_ref()?.get("event")?.as_object()
}

/// A field of an intent as the text that it is looked for by.
pub fn text<'a>(body: &'a Map<String, Json>, field: &str) -> Option<&'a str> {
    body.get(field)?.as_str()
}
