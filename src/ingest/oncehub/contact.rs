//! The contact inside a booking or conversation, and lists of custom fields.

use serde_json::Value as Json;

use super::Told;
use crate::domain::activity::Answer;
use crate::domain::{ActivityUpdate, Field, Kind, Person};
use crate::ingest::Context;
use crate::ingest::json::{is_blank, list, text};
use crate::ingest::oncehub::reference;
use crate::ingest::person::PersonBuilder;

/// A contact by itself, as `GET /contacts` returns it: what OnceHub holds of a person, without an activity.
pub(super) fn read(data: &Json, context: &Context) -> Told {
    let mut person = PersonBuilder::new(context);
    take(&mut person, data);
    let (person, warnings) = person.finish(&mut ActivityUpdate::new(Kind::Conversation, ""));
    let owner = reference::user(data, "owner");
    Told { person: person.map(|person| Person { owner, ..person }), activities: Vec::new(), warnings }
}

/// Takes over everything that an expanded contact tells (OnceHub: contact).
pub fn take(person: &mut PersonBuilder<'_>, contact: &Json) {
    person.email("contact.email", text(contact, "email").as_deref());
    person.mobile("contact.mobile_phone", text(contact, "mobile_phone").as_deref());
    person.name(text(contact, "first_name").as_deref(), text(contact, "last_name").as_deref(), None);
    if let Some(entries) = contact.as_object() {
        for (key, value) in entries {
            match Field::parse(key) {
                None | Some(Field::Email | Field::MobilePhone | Field::FirstName | Field::LastName) => {}
                Some(field @ (Field::Bot | Field::Form)) => {
                    let name = reference::name(contact, key).map_or(Json::Null, Json::from);
                    person.field(field, &format!("contact.{key}"), &name);
                }
                Some(field) => person.field(field, &format!("contact.{key}"), value),
            }
        }
    }
    for (name, value) in custom_fields(contact) {
        person.custom(&name, value);
    }
    person.status("contact.status", text(contact, "status").as_deref());
}

/// The `custom_fields` of an object: `[{name, value}]`, blank ones left out.
pub fn custom_fields(json: &Json) -> impl Iterator<Item = (String, &Json)> {
    list(json, "custom_fields").iter().filter_map(|field| {
        let value = field.get("value").filter(|value| !is_blank(value))?;
        Some((text(field, "name")?, value))
    })
}

/// Custom fields as answers of the booking form.
pub fn answers(json: &Json) -> impl Iterator<Item = Answer> {
    custom_fields(json).map(|(key, value)| Answer { key, label: None, value: value.clone(), form: false })
}
