//! A record of an answer.

use jiff::{Timestamp, civil};
use serde::Serialize;
use serde_json::{Map, Value};

use super::datetime::parse_datetime;
use super::id::SfId;

/// A record as Salesforce sent it. Field names are looked up without regard to case, as Salesforce does itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Record {
    fields: Map<String, Value>,
}

impl Record {
    /// Takes a JSON object; `None` for anything else.
    pub fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields }),
            _ => None,
        }
    }

    /// The object it belongs to (`attributes.type`); empty when the answer does not say.
    pub fn object(&self) -> &str {
        self.fields.get("attributes").and_then(|a| a.get("type")?.as_str()).unwrap_or_default()
    }

    /// Its id, if that was asked for.
    pub fn id(&self) -> Option<SfId> {
        self.sf_id("Id")
    }

    /// A field, or one of a parent (`Owner.Email`). `None` when it is not in the answer or there is no such parent;
    /// a field without a value is `Null`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let mut value = lookup(&self.fields, first)?;
        for name in rest.into_iter().flat_map(|rest| rest.split('.')) {
            value = lookup(value.as_object()?, name)?;
        }
        Some(value)
    }

    /// A text; `None` also when the field is empty or of another type.
    pub fn str(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// A checkbox.
    pub fn bool(&self, path: &str) -> Option<bool> {
        self.get(path)?.as_bool()
    }

    /// A whole number; also one written with decimals that are zero, as Salesforce writes doubles.
    pub fn int(&self, path: &str) -> Option<i64> {
        let value = self.get(path)?;
        let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
        value.as_i64().or_else(|| value.as_f64().and_then(whole))
    }

    /// A date-time.
    pub fn datetime(&self, path: &str) -> Option<Timestamp> {
        parse_datetime(self.str(path)?)
    }

    /// A date.
    pub fn date(&self, path: &str) -> Option<civil::Date> {
        self.str(path)?.parse().ok()
    }

    /// A reference to a record.
    pub fn sf_id(&self, path: &str) -> Option<SfId> {
        self.str(path)?.parse().ok()
    }

    /// The records of a child relationship that was asked for by a subquery; empty when there are none.
    pub fn children(&self, relationship: &str) -> Vec<Record> {
        let records = self.get(relationship).and_then(|children| children.get("records")?.as_array());
        records.into_iter().flatten().cloned().filter_map(Self::from_value).collect()
    }

    /// All fields as they came, `attributes` included.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}

fn lookup<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    // The usual case first: answers use canonical names, and so do most who ask.
    fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> Record {
        Record::from_value(json!({
            "attributes": {"type": "Contact", "url": "/services/data/v66.0/sobjects/Contact/003000000000001AAA"},
            "Id": "003000000000001AAA",
            "Email": "ana@x.io",
            "Phone": null,
            "IsDeleted": false,
            "Age__c": 42.0,
            "Rate__c": 1.5,
            "Birthdate": "1990-02-03",
            "LastModifiedDate": "2026-05-01T07:25:37.000+0000",
            "Owner": {"attributes": {"type": "User"}, "Email": "rep@x.io", "Manager": null},
            "Events": {"totalSize": 1, "done": true, "records": [{"attributes": {"type": "Event"}, "Id": "00U000000000001AAA"}]},
        }))
        .unwrap()
    }

    #[test]
    fn fields_by_path_in_any_case() {
        let record = record();
        assert_eq!(record.object(), "Contact");
        assert_eq!(record.id(), "003000000000001".parse().ok());
        for path in ["Owner.Email", "owner.email", "OWNER.EMAIL"] {
            assert_eq!(record.str(path), Some("rep@x.io"), "{path}");
        }
        assert_eq!(record.get("Phone"), Some(&Value::Null), "asked for and empty");
        for path in ["Fax", "Owner.Fax", "Owner.Manager.Email", "Email.X", "", ".", "Owner."] {
            assert_eq!(record.get(path), None, "{path}");
        }
    }

    #[test]
    fn typed_reading() {
        let record = record();
        assert_eq!(record.bool("IsDeleted"), Some(false));
        assert_eq!((record.int("Age__c"), record.int("Rate__c"), record.int("Email")), (Some(42), None, None));
        assert_eq!(record.date("Birthdate"), Some(civil::date(1990, 2, 3)));
        assert_eq!(record.datetime("LastModifiedDate"), "2026-05-01T07:25:37Z".parse().ok());
        assert_eq!((record.str("Phone"), record.bool("Email"), record.datetime("Email")), (None, None, None));
        assert_eq!(record.children("Events")[0].object(), "Event");
        assert!(record.children("Tasks").is_empty() && record.children("Email").is_empty());
    }

    #[test]
    fn only_objects_are_records() {
        for value in [json!(null), json!([]), json!("x"), json!(1)] {
            assert_eq!(Record::from_value(value), None);
        }
        assert_eq!(Record::default().object(), "");
    }
}
