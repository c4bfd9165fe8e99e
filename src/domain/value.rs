//! The value of a contact's field.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Email, Phone};

/// A value that is not blank. Blank is `Option::None`: 0, false and an empty list are values (OnceHub: merge rules).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number; never NaN.
    Number(f64),
    /// The values of a multi picklist.
    List(Vec<String>),
    /// Everything else: text; dates and times in ISO form.
    Text(String),
}

impl FieldValue {
    /// Trimmed text, or `None` when nothing is left.
    pub fn text(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self::Text(text.to_owned()))
    }

    /// From JSON as payloads carry it; null and blank text are `None`, an object is kept as its JSON text.
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Null => None,
            Json::Bool(b) => Some(Self::Bool(*b)),
            Json::Number(n) => Some(n.as_i64().map_or_else(|| Self::Number(n.as_f64().unwrap_or(0.0)), Self::Integer)),
            Json::String(text) => Self::text(text),
            Json::Array(items) => Some(Self::List(
                items
                    .iter()
                    .filter_map(|item| match item {
                        Json::String(text) => Some(text.trim().to_owned()),
                        Json::Null => None,
                        other => Some(other.to_string()),
                    })
                    .collect(),
            )),
            Json::Object(_) => Some(Self::Text(json.to_string())),
        }
    }

    /// To JSON, for the store, the API and Salesforce.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool(b) => Json::Bool(*b),
            Self::Integer(n) => Json::from(*n),
            Self::Number(n) => Json::from(*n),
            Self::List(items) => Json::from(items.clone()),
            Self::Text(text) => Json::from(text.clone()),
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// As people read it: `yes`/`no`, numbers plain, lists joined by commas.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => f.pad(if *b { "yes" } else { "no" }),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::List(items) => f.pad(&items.join(", ")),
            Self::Text(text) => f.pad(text),
        }
    }
}

impl From<Email> for FieldValue {
    fn from(email: Email) -> Self {
        Self::Text(email.into())
    }
}

impl From<Phone> for FieldValue {
    fn from(phone: Phone) -> Self {
        Self::Text(phone.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_null_and_blank_text_are_blank() {
        assert_eq!(FieldValue::from_json(&json!(null)), None);
        assert_eq!(FieldValue::from_json(&json!("  ")), None);
        assert_eq!(FieldValue::from_json(&json!(0)), Some(FieldValue::Integer(0)));
        assert_eq!(FieldValue::from_json(&json!(false)), Some(FieldValue::Bool(false)));
        assert_eq!(FieldValue::from_json(&json!([])), Some(FieldValue::List(vec![])));
    }

    #[test]
    fn json_is_kept_both_ways() {
        for json in [json!(true), json!(12), json!(1.5), json!("Ana"), json!(["a", "b"])] {
            let value = FieldValue::from_json(&json).unwrap();
            assert_eq!(value.to_json(), json);
            assert_eq!(serde_json::from_value::<FieldValue>(json).unwrap(), value);
        }
    }
}
