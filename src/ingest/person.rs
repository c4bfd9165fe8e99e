//! Gathers who acted from the places of a payload, the surest first.

use serde_json::Value as Json;

use super::error::excerpt;
use super::json::as_text;
use super::{Context, Warning, synonyms};
use crate::domain::edit::{CustomKind, custom_named};
use crate::domain::{
    ActivityUpdate, Email, Field, FieldKey, FieldKind, FieldValue, Person, Phone, Status, name, typed as value,
};

/// A person in the making. What is set first stays: explicit data come before answers.
pub struct PersonBuilder<'c> {
    context: &'c Context,
    person: Person,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    /// What could not be taken.
    pub warnings: Vec<Warning>,
}

impl<'c> PersonBuilder<'c> {
    pub fn new(context: &'c Context) -> Self {
        Self { context, person: Person::default(), name: None, email: None, phone: None, warnings: Vec::new() }
    }

    /// First and last name as the source knows them; what is missing comes from the full name.
    pub fn name(&mut self, first: Option<&str>, last: Option<&str>, full: Option<&str>) {
        let (first_word, rest) = full.map(name::split).unwrap_or_default();
        let (first, last) = match (non_blank(first), non_blank(last)) {
            (None, None) => (first_word, rest),
            // Never half of a name from here and half from there, unless one half is all that was given.
            (Some(first), None) => {
                let last = full.and_then(|full| full.trim().strip_prefix(first)).and_then(|rest| non_blank(Some(rest)));
                (Some(first.to_owned()), last.map(str::to_owned))
            }
            (first, last) => (first.map(str::to_owned), last.map(str::to_owned)),
        };
        if self.person.values.get(Field::FirstName).is_none() && self.person.values.get(Field::LastName).is_none() {
            self.person.values.put_text(Field::FirstName, first.as_deref());
            self.person.values.put_text(Field::LastName, last.as_deref());
        }
        if self.name.is_none() {
            let both = [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
            self.name = non_blank(full).map(str::to_owned).or_else(|| non_blank(Some(&both)).map(str::to_owned));
        }
    }

    /// An email address. One that is none stays on the activity as captured and identifies nobody.
    pub fn email(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = non_blank(text) else { return };
        if let Some(digits) = phone_in_place_of_email(text) {
            return self.mobile(key, Some(&format!("+{digits}")));
        }
        match Email::parse(text) {
            Ok(email) if self.person.values.get(Field::Email).is_none() => {
                self.person.values.set(Field::Email, Some(email.into()));
                self.email = Some(text.to_owned());
            }
            Ok(_) => {}
            Err(error) => {
                self.warnings.push(Warning::new(key, error));
                self.email.get_or_insert_with(|| text.to_owned());
            }
        }
    }

    /// A mobile phone. One that is none stays on the activity as captured and identifies nobody.
    pub fn mobile(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = non_blank(text) else { return };
        match Phone::parse(text, self.context.country) {
            Ok(phone) if self.person.values.get(Field::MobilePhone).is_none() => {
                self.person.values.set(Field::MobilePhone, Some(phone.into()));
                self.phone = Some(text.to_owned());
            }
            Ok(_) => {}
            Err(error) => {
                self.warnings.push(Warning::new(key, error));
                self.phone.get_or_insert_with(|| text.to_owned());
            }
        }
    }

    /// A landline: it identifies nobody, so one that does not parse is kept as it was written.
    pub fn landline(&mut self, text: Option<&str>) {
        let Some(text) = non_blank(text) else { return };
        let value =
            Phone::parse(text, self.context.country).map_or(FieldValue::Text(text.to_owned()), FieldValue::from);
        self.phone.get_or_insert_with(|| text.to_owned());
        self.put(Field::Phone.into(), value);
    }

    /// The value of a system field, by the field's type.
    pub fn field(&mut self, field: Field, key: &str, json: &Json) {
        match field {
            Field::Email => self.email(key, as_text(json).as_deref()),
            Field::MobilePhone => self.mobile(key, as_text(json).as_deref()),
            Field::Phone => self.landline(as_text(json).as_deref()),
            Field::Employees => match employees(json) {
                Ok((field, Some(value))) => self.put(field.into(), value),
                Ok((_, None)) => {}
                Err(reason) => self.warnings.push(Warning::new(key, reason)),
            },
            _ => match value::parse_json(field.kind(), json, &[], self.context.country) {
                Ok(Some(value)) => self.put(field.into(), value),
                Ok(None) => {}
                Err(reason) => self.warnings.push(Warning::new(key, reason)),
            },
        }
    }

    /// An answer to a question: a custom field under its own name, else a system field under any of its usual names.
    ///
    /// `contact_status` is the action by which a form or bot sets the contact's status.
    pub fn answer(&mut self, key: &str, label: Option<&str>, json: &Json) {
        let sets_status = |name: &str| synonyms::normalize(name) == "contactstatus";
        if sets_status(key) || label.is_some_and(sets_status) {
            return self.status(key, as_text(json).as_deref());
        }
        if let Some(field) = self.context.asked_for(key, label) {
            return self.put_custom(field, key, json);
        }
        if let Some(field) = synonyms::field(key).or_else(|| synonyms::field(label?)) {
            self.field(field, key, json);
        }
    }

    /// Sets a custom field if there is one of that name.
    pub fn custom(&mut self, name: &str, json: &Json) {
        if let Some(field) = custom_named(&self.context.custom_fields, name) {
            self.put_custom(field, name, json);
        }
    }

    /// A value of a custom field, by the field's type. What does not fit stays an answer of the activity.
    fn put_custom(&mut self, field: &CustomKind, key: &str, json: &Json) {
        match value::parse_json(field.kind, json, &field.options, self.context.country) {
            Ok(Some(value)) => self.put(FieldKey::Custom(field.name.clone()), value),
            Ok(None) => {}
            Err(reason) => self.warnings.push(Warning::new(key, reason)),
        }
    }

    /// The contact status that the activity sets. An unknown one is an error in words and never "none".
    pub fn status(&mut self, key: &str, text: Option<&str>) {
        match non_blank(text).map(Status::parse) {
            Some(Ok(status)) => _ = self.person.status.get_or_insert(status),
            Some(Err(_)) => {
                let text = excerpt(text.unwrap_or_default());
                self.warnings.push(Warning::new(key, crate::domain::status::UnknownStatus(text)));
            }
            None => {}
        }
    }

    /// The person, and on the activity what was captured of them. `None`: nothing tells who it was.
    pub fn finish(mut self, update: &mut ActivityUpdate) -> (Option<Person>, Vec<Warning>) {
        update.person_name = self.name.or_else(|| non_blank(Some(&self.person.values.full_name())).map(str::to_owned));
        update.person_email = self.email;
        update.person_phone = self.phone;
        let tells = !self.person.values.is_empty() || self.person.status.is_some();
        let person = (tells || update.person_email.is_some() || update.person_phone.is_some())
            .then(|| std::mem::take(&mut self.person));
        (person, self.warnings)
    }

    fn put(&mut self, key: FieldKey, value: FieldValue) {
        if self.person.values.get(key.clone()).is_none() {
            self.person.values.set(key, Some(value));
        }
    }
}

/// Cal.com gives a guest who booked with a phone number alone an address made of its digits.
fn phone_in_place_of_email(text: &str) -> Option<&str> {
    let digits = text.strip_suffix("@sms.cal.com")?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// "12" is a number of employees; "11-50" is a size in words; "-3" is neither, as in the form.
pub fn employees(json: &Json) -> Result<(Field, Option<FieldValue>), &'static str> {
    let below = "nobody has fewer than 0 employees";
    Ok(match value::parse_json(FieldKind::Number, json, &[], None) {
        Ok(Some(FieldValue::Integer(number))) if number < 0 => return Err(below),
        Ok(Some(FieldValue::Number(number))) if number < 0.0 => return Err(below),
        Ok(Some(FieldValue::Integer(number))) => (Field::Employees, Some(FieldValue::Integer(number))),
        Ok(None) => (Field::Employees, None),
        _ => (Field::CompanySize, as_text(json).map(FieldValue::Text)),
    })
}

fn non_blank(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
