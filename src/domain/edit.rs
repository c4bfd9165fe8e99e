//! A contact changed by hand: what was typed becomes typed changes, or messages at the fields (product C6).
//!
//! What fields there are is a [`Schema`]. An [`Edit`] is made of texts (a form) or of JSON (command line, HTTP); a field
//! that it names with nothing in it is cleared, a field that it does not name stays.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::merge::FieldChange;
use super::phone::Country;
use super::text::normalize;
use super::{Email, Field, FieldKey, FieldKind, FieldValue, Status, Values, typed};

/// Longest text of one line (OnceHub: single-line text is 250; addresses and titles of other systems reach 255).
pub const SHORT: usize = 255;
/// Longest text of several lines (OnceHub: 5,000).
pub const LONG: usize = 5_000;

/// A custom field, as far as values must fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomKind {
    /// Its identifier.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// The values of a picklist.
    pub options: Vec<String>,
}

/// The fields that a contact may have now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Custom fields that are not archived.
    pub custom: Vec<CustomKind>,
    /// The country of phone numbers written without one.
    pub country: Option<Country>,
    /// Whom `me` means as an owner: who edits.
    pub me: Option<Email>,
}

/// A message at a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's identifier; `status` and `owner` are fields here.
    pub field: String,
    /// What is wrong, in words.
    pub reason: String,
}

impl FieldError {
    /// A message at a field.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// What is to become of a contact. Absent: stays; `None`: cleared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    /// Fields.
    pub values: BTreeMap<FieldKey, Option<FieldValue>>,
    /// The status.
    pub status: Option<Option<Status>>,
    /// The owner, by email.
    pub owner: Option<Option<Email>>,
}

/// The custom field that a name means to people, wherever they write it (a form, a file, a query, the command line): its
/// identifier, else its label, in whatever spelling. Identifiers come first, since labels may repeat.
pub fn custom_named<'a>(fields: &'a [CustomKind], name: &str) -> Option<&'a CustomKind> {
    let (name, means) = (name.trim(), normalize(name));
    let like = |text: &str| !means.is_empty() && normalize(text) == means;
    fields
        .iter()
        .find(|field| field.name == name)
        .or_else(|| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
        .or_else(|| fields.iter().find(|field| like(&field.name)))
        .or_else(|| fields.iter().find(|field| field.label == name))
        .or_else(|| fields.iter().find(|field| like(&field.label)))
}

impl Schema {
    /// An owner by email, `me` or `none`.
    fn owner(&self, text: &str) -> Result<Option<Email>, String> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        if text.eq_ignore_ascii_case("me") {
            let unknown = "nobody knows who `me` is: the configuration has no user.email";
            return self.me.clone().map(Some).ok_or_else(|| unknown.to_owned());
        }
        Email::parse(text).map(Some).map_err(|error| error.to_string())
    }

    /// A custom field by its identifier, whatever the case.
    pub fn custom(&self, name: &str) -> Option<&CustomKind> {
        let found = self.custom.iter().find(|field| field.name == name);
        found.or_else(|| self.custom.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
    }

    /// The field of an identifier, if there is one.
    pub fn key(&self, name: &str) -> Option<FieldKey> {
        match FieldKey::parse(name.trim()) {
            FieldKey::Custom(name) => {
                custom_named(&self.custom, &name).map(|field| FieldKey::Custom(field.name.clone()))
            }
            system @ FieldKey::System(_) => Some(system),
        }
    }

    /// What people call a field.
    pub fn label<'a>(&'a self, key: &'a FieldKey) -> &'a str {
        match key {
            FieldKey::System(field) => field.label(),
            FieldKey::Custom(name) => self.custom(name).map_or(name, |field| &field.label),
        }
    }

    /// The type of a field and the options of a picklist; `None`: no such field (any more).
    pub fn kind(&self, key: &FieldKey) -> Option<(FieldKind, &[String])> {
        match key {
            FieldKey::System(field) => Some((field.kind(), &[])),
            FieldKey::Custom(name) => self.custom(name).map(|field| (field.kind, field.options.as_slice())),
        }
    }

    /// Reads a text as the value of a field; blank is `None`.
    pub fn parse(&self, key: &FieldKey, text: &str) -> Result<Option<FieldValue>, String> {
        let (kind, options) = self.kind(key).ok_or_else(|| "there is no such field".to_owned())?;
        fits(key, kind, typed::parse(kind, text, options, self.country)?)
    }

    /// Reads JSON as the value of a field; null and blank are `None`.
    pub fn parse_json(&self, key: &FieldKey, json: &Json) -> Result<Option<FieldValue>, String> {
        let (kind, options) = self.kind(key).ok_or_else(|| "there is no such field".to_owned())?;
        fits(key, kind, typed::parse_json(kind, json, options, self.country)?)
    }
}

/// Lengths and ranges, after the type.
fn fits(key: &FieldKey, kind: FieldKind, value: Option<FieldValue>) -> Result<Option<FieldValue>, String> {
    let longest = if kind == FieldKind::TextLong { LONG } else { SHORT };
    match (&value, key) {
        (Some(FieldValue::Text(text)), _) if text.chars().count() > longest => {
            Err(format!("longer than {longest} characters"))
        }
        (Some(FieldValue::Text(text)), _) if kind != FieldKind::TextLong && text.contains(['\n', '\r']) => {
            Err("one line only".to_owned())
        }
        (Some(FieldValue::Text(zone)), FieldKey::System(Field::TimeZone)) if jiff::tz::TimeZone::get(zone).is_err() => {
            Err("not a time zone, as in Europe/Oslo".to_owned())
        }
        (Some(FieldValue::Number(_)), FieldKey::System(Field::Employees)) => Err("a whole number only".to_owned()),
        (Some(FieldValue::Integer(n)), FieldKey::System(Field::Employees)) if *n < 0 => {
            Err("not less than 0".to_owned())
        }
        _ => Ok(value),
    }
}

impl Edit {
    /// Sets a field; `None` clears it.
    #[must_use]
    pub fn with(mut self, key: impl Into<FieldKey>, value: Option<FieldValue>) -> Self {
        self.values.insert(key.into(), value);
        self
    }

    /// From the texts of a form: identifier and text, blank clears. Every field that is wrong is named.
    pub fn from_texts<'a>(
        schema: &Schema,
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut edit = Self::default();
        let mut errors = Vec::new();
        for (name, text) in texts {
            let told = match name {
                "status" => status(text).map(|status| edit.status = Some(status)),
                "owner" => schema.owner(text).map(|owner| edit.owner = Some(owner)),
                name => match schema.key(name) {
                    Some(key) => schema.parse(&key, text).map(|value| {
                        edit.values.insert(key, value);
                    }),
                    None => Err("there is no such field".to_owned()),
                },
            };
            errors.extend(told.err().map(|reason| FieldError::new(name, reason)));
        }
        if errors.is_empty() { Ok(edit) } else { Err(errors) }
    }

    /// From a JSON object: identifier and value, null clears. Custom fields stand beside the others, under
    /// `custom_fields` as an object, or there as OnceHub writes them: `[{"name": …, "value": …}]`. `id`, `object` and the
    /// times of a contact that was printed before are passed over.
    pub fn from_json(schema: &Schema, json: &Map<String, Json>) -> Result<Self, Vec<FieldError>> {
        const PASSED_OVER: [&str; 9] = [
            "object",
            "id",
            "creation_time",
            "last_updated_time",
            "last_interacted_time",
            "created_at",
            "updated_at",
            "interacted_at",
            "source",
        ];
        let mut edit = Self::default();
        let mut errors = Vec::new();
        let mut field = |name: &str, value: &Json, errors: &mut Vec<FieldError>| match schema.key(name) {
            Some(key) => match schema.parse_json(&key, value) {
                Ok(value) => drop(edit.values.insert(key, value)),
                Err(reason) => errors.push(FieldError::new(name, reason)),
            },
            None => errors.push(FieldError::new(name, "there is no such field")),
        };
        for (name, value) in json {
            match (name.as_str(), value) {
                (name, _) if PASSED_OVER.contains(&name) => {}
                ("status" | "owner", _) | ("custom_fields", Json::Null) => {}
                ("custom_fields", Json::Object(custom)) => {
                    custom.iter().for_each(|(name, value)| field(name, value, &mut errors));
                }
                ("custom_fields", Json::Array(items)) => {
                    for item in items {
                        match (item.get("name").and_then(Json::as_str), item.get("value")) {
                            (Some(name), value) => field(name, value.unwrap_or(&Json::Null), &mut errors),
                            _ => errors.push(FieldError::new("custom_fields", "each item has a name and a value")),
                        }
                    }
                }
                ("custom_fields", _) => {
                    errors.push(FieldError::new("custom_fields", "an object, or a list of {name, value}"));
                }
                (name, value) => field(name, value, &mut errors),
            }
        }
        let text = |value: &Json| match value {
            Json::Null => Ok(String::new()),
            Json::String(text) => Ok(text.clone()),
            Json::Object(user) => user
                .get("email")
                .and_then(Json::as_str)
                .map(str::to_owned)
                .ok_or_else(|| "give an email address".to_owned()),
            _ => Err("give a text, or null".to_owned()),
        };
        if let Some(value) = json.get("status") {
            match text(value).and_then(|text| status(&text)) {
                Ok(status) => edit.status = Some(status),
                Err(reason) => errors.push(FieldError::new("status", reason)),
            }
        }
        if let Some(value) = json.get("owner") {
            match text(value).and_then(|text| schema.owner(&text)) {
                Ok(owner) => edit.owner = Some(owner),
                Err(reason) => errors.push(FieldError::new("owner", reason)),
            }
        }
        if errors.is_empty() { Ok(edit) } else { Err(errors) }
    }

    /// The changes that it makes to a contact's values, in the order of the fields; what stays the same is none.
    pub fn changes(&self, before: &Values) -> Vec<FieldChange> {
        self.values
            .iter()
            .filter_map(|(field, to)| {
                let from = before.get(field.clone());
                (from != to.as_ref()).then(|| FieldChange { field: field.clone(), from: from.cloned(), to: to.clone() })
            })
            .collect()
    }
}

fn status(text: &str) -> Result<Option<Status>, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    Status::parse(text).map(Some).map_err(|error| error.to_string())
}

/// True if nothing is left by which the contact could be known: an edit may not do that (OnceHub reference 1.6).
/// A contact that never had an identifier may stay without one.
pub fn clears_identifiers(before: &Values, after: &Values) -> bool {
    let identified = |values: &Values| values.email().is_some() || values.mobile().is_some();
    identified(before) && !identified(after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        let field = |name: &str, kind, options: &[&str]| CustomKind {
            name: name.into(),
            label: name.to_uppercase(),
            kind,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        };
        Schema {
            custom: vec![
                field("team_size", FieldKind::Number, &[]),
                field("plan", FieldKind::Picklist, &["Free", "Pro"]),
                field("notes", FieldKind::TextLong, &[]),
            ],
            country: Country::parse("US"),
            me: Email::parse("rep@x.test").ok(),
        }
    }

    #[test]
    fn a_custom_field_goes_by_identifier_and_label() {
        let field = |name: &str, label: &str| CustomKind {
            name: name.into(),
            label: label.into(),
            kind: FieldKind::TextShort,
            options: Vec::new(),
        };
        let schema =
            Schema { custom: vec![field("budget", "Plan"), field("plan", "Budget Range")], country: None, me: None };
        for (name, found) in [
            ("budget", Some("budget")),
            ("Plan", Some("plan")),
            ("Budget Range", Some("plan")),
            ("budget_range", Some("plan")),
            ("Büdget-range ", Some("plan")),
            ("range", None),
            ("", None),
            ("?", None),
        ] {
            assert_eq!(schema.key(name), found.map(|found| FieldKey::Custom(found.into())), "{name}");
        }
        assert_eq!(schema.key("city"), Some(Field::City.into()));
    }

    #[test]
    fn every_wrong_field_of_a_form_is_named() {
        let errors = Edit::from_texts(
            &schema(),
            [
                ("email", "ana"),
                ("mobile_phone", "12"),
                ("employees", "1.5"),
                ("time_zone", "Mars/Olympus"),
                ("plan", "Gold"),
                ("team_size", "many"),
                ("first_name", "a\nb"),
                ("nonsense", "x"),
                ("status", "hot"),
                ("owner", "ana"),
                ("company", "Acme"),
            ],
        )
        .unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "email",
                "mobile_phone",
                "employees",
                "time_zone",
                "plan",
                "team_size",
                "first_name",
                "nonsense",
                "status",
                "owner"
            ]
        );
    }

    #[test]
    fn json_of_a_printed_contact_is_an_edit() {
        let json = json!({
            "object": "contact", "id": 7, "created_at": "2026-01-01T00:00:00Z", "email": "Ana@X.test", "employees": 0,
            "company": null, "status": "Sales qualified", "owner": {"email": "rep@x.test"},
            "custom_fields": [{"name": "plan", "value": "pro"}], "Team_Size": 4, "timezone": "Europe/Oslo",
        });
        let edit = Edit::from_json(&schema(), json.as_object().unwrap()).unwrap();
        assert_eq!(edit.values[&Field::Email.into()], Some(FieldValue::Text("ana@x.test".into())));
        assert_eq!(edit.values[&Field::Employees.into()], Some(FieldValue::Integer(0)));
        assert_eq!(edit.values[&Field::Company.into()], None);
        assert_eq!(edit.values[&FieldKey::Custom("plan".into())], Some(FieldValue::Text("Pro".into())));
        assert_eq!(edit.values[&FieldKey::Custom("team_size".into())], Some(FieldValue::Integer(4)));
        assert_eq!(edit.status, Some(Some(Status::SalesQualified)));
        assert_eq!(edit.owner.unwrap().unwrap().as_str(), "rep@x.test");
        for (word, owner) in [("me", Some("rep@x.test")), ("none", None), ("bo@x.test", Some("bo@x.test"))] {
            let edit = Edit::from_texts(&schema(), [("owner", word)]).unwrap();
            assert_eq!(edit.owner.unwrap().as_ref().map(Email::as_str), owner, "{word}");
        }
        let nobody = Edit::from_texts(&Schema::default(), [("owner", "me")]).unwrap_err();
        assert!(nobody[0].reason.contains("user.email"), "{nobody:?}");
        let wrong = json!({"status": "Kwalified", "owner": 5, "custom_fields": "x"});
        assert_eq!(Edit::from_json(&schema(), wrong.as_object().unwrap()).unwrap_err().len(), 3);
    }

    #[test]
    fn only_what_differs_is_a_change_and_a_blank_clears() {
        let mut before = Values::new();
        before.put_text(Field::Company, Some("Acme"));
        before.put_text(Field::City, Some("Oslo"));
        let edit = Edit::from_texts(&schema(), [("company", " Acme "), ("city", ""), ("country", "")]).unwrap();
        let changes = edit.changes(&before);
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].field.as_str(), &changes[0].to), ("city", &None));
    }

    #[test]
    fn the_last_identifier_stays() {
        let with = |email: Option<&str>, mobile: Option<&str>| {
            let mut values = Values::new();
            values.put_text(Field::Email, email);
            values.put_text(Field::MobilePhone, mobile);
            values
        };
        let (email, mobile) = (Some("a@x.no"), Some("+4790000000"));
        assert!(clears_identifiers(&with(email, mobile), &with(None, None)));
        assert!(!clears_identifiers(&with(email, mobile), &with(email, None)));
        assert!(!clears_identifiers(&with(email, None), &with(None, mobile)));
        assert!(!clears_identifiers(&with(None, None), &with(None, None)));
    }
}
