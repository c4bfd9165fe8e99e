//! A contact as the API writes it (OnceHub API v2: contact).

use serde_json::{Map, Value as Json, json};

use crate::domain::{Contact, ContactId, Field, FieldKey, FieldValue, Status, Values};

/// What ids of contacts begin with.
const PREFIX: &str = "CTC-";

/// The id of a contact, as the API writes it.
pub fn id(id: ContactId) -> String {
    format!("{PREFIX}{id}")
}

/// The number in an id; with or without the prefix.
pub fn parse_id(text: &str) -> Option<ContactId> {
    text.strip_prefix(PREFIX).unwrap_or(text).parse().ok().filter(|id| *id > 0)
}

/// The key of a field: OnceHub's spelling.
fn key(field: Field) -> &'static str {
    if field == Field::TimeZone { "timezone" } else { field.key() }
}

/// A contact, every key there, null if blank.
pub fn contact(contact: &Contact) -> Json {
    let mut object = Map::new();
    object.insert("object".to_owned(), json!("contact"));
    object.insert("id".to_owned(), json!(id(contact.id)));
    object.insert("creation_time".to_owned(), json!(contact.created_at));
    object.insert("last_updated_time".to_owned(), json!(contact.updated_at));
    object.insert("last_interacted_time".to_owned(), json!(contact.interacted_at));
    let owner = contact.owner.as_ref().and_then(|owner| owner.email.as_ref().map(|email| email.as_str().to_owned()));
    object.insert("owner".to_owned(), json!(owner));
    object.insert("status".to_owned(), json!(contact.status.map(Status::label)));
    object.insert("source".to_owned(), json!(contact.source));
    for field in Field::ALL {
        let value = contact.values.get(field).map(FieldValue::to_json);
        object.insert(key(field).to_owned(), value.unwrap_or_default());
    }
    object.insert("custom_fields".to_owned(), Json::Array(custom(&contact.values)));
    Json::Object(object)
}

fn custom(values: &Values) -> Vec<Json> {
    let pair = |(key, value): (&FieldKey, &FieldValue)| match key {
        FieldKey::Custom(name) => Some(json!({ "name": name, "value": value.to_json() })),
        FieldKey::System(_) => None,
    };
    values.iter().filter_map(pair).collect()
}

/// The fields that have a value: what a form need not ask again (product C13).
pub fn known(values: &Values) -> Json {
    let mut object = Map::new();
    for (field, value) in values.iter() {
        if let FieldKey::System(field) = field {
            object.insert(key(*field).to_owned(), value.to_json());
        }
    }
    object.insert("custom_fields".to_owned(), Json::Array(custom(values)));
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        assert_eq!(parse_id(&id(12)), Some(12));
        assert_eq!(parse_id("12"), Some(12));
        for none in ["", "CTC-", "CTC-x", "0", "-3", "BKNG-1", "99999999999999999999"] {
            assert_eq!(parse_id(none), None, "{none}");
        }
    }
}
