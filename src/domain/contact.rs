//! A contact: everything known about one person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Email, Field, FieldKey, FieldValue, Phone, Status, UserRef};

/// The number of a contact in the store; never used twice.
pub type ContactId = i64;

/// Field values, blank ones absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<FieldKey, FieldValue>);

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    pub fn get(&self, key: impl Into<FieldKey>) -> Option<&FieldValue> {
        self.0.get(&key.into())
    }

    /// The value of a text field.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.get(field).and_then(FieldValue::as_str)
    }

    /// The value of a yes/no field.
    pub fn bool(&self, field: Field) -> Option<bool> {
        match self.get(field) {
            Some(FieldValue::Bool(b)) => Some(*b),
            _ => None,
        }
    }

    /// Sets a value; `None` clears it.
    pub fn set(&mut self, key: impl Into<FieldKey>, value: Option<FieldValue>) {
        match value {
            Some(value) => self.0.insert(key.into(), value),
            None => self.0.remove(&key.into()),
        };
    }

    /// Sets a text unless it is blank. For building values from payloads, where blank never clears.
    pub fn put_text(&mut self, field: Field, text: Option<&str>) {
        if let Some(value) = text.and_then(FieldValue::text) {
            self.set(field, Some(value));
        }
    }

    /// The email address, the first identifier.
    pub fn email(&self) -> Option<Email> {
        self.text(Field::Email).and_then(|text| Email::parse(text).ok())
    }

    /// The mobile phone, the second identifier.
    pub fn mobile(&self) -> Option<Phone> {
        self.text(Field::MobilePhone).and_then(|text| Phone::from_e164(text).ok())
    }

    /// First and last name; empty if both are unknown.
    pub fn full_name(&self) -> String {
        let parts = [self.text(Field::FirstName), self.text(Field::LastName)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// What to call the person: name, else company, email, mobile phone or salutation; empty if nothing is known.
    pub fn display_name(&self) -> String {
        let name = self.full_name();
        if !name.is_empty() {
            return name;
        }
        [Field::Company, Field::Email, Field::MobilePhone, Field::Salutation]
            .into_iter()
            .find_map(|field| self.text(field))
            .unwrap_or_default()
            .to_owned()
    }

    /// Field by field, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldKey, &FieldValue)> {
        self.0.iter()
    }

    /// True if every field is blank.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(FieldKey, FieldValue)> for Values {
    fn from_iter<I: IntoIterator<Item = (FieldKey, FieldValue)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// A person with one history.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Its number.
    pub id: ContactId,
    /// System and custom fields.
    pub values: Values,
    /// None: no status.
    pub status: Option<Status>,
    /// The user it belongs to.
    pub owner: Option<UserRef>,
    /// Where it came from: calcom, oncehub, import, api, manual.
    pub source: String,
    /// When it came into being here.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// When the person last did something; `None` for imported people.
    pub interacted_at: Option<Timestamp>,
}
