//! What a template yields, before it takes the form of a field.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::domain::FieldValue;
use crate::domain::text::told;

/// A value that is not blank: 0 and false are values, an empty list and blank text are not.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number; finite.
    Number(f64),
    /// A point in time.
    Moment(Timestamp),
    /// Several texts; never empty.
    List(Vec<String>),
    /// Trimmed text; never empty.
    Text(String),
}

impl Value {
    /// Trimmed text without hidden characters; `None` when nothing is left.
    pub fn of_text(text: &str) -> Option<Self> {
        let text = told(text);
        let text = text.trim();
        (!text.is_empty()).then(|| Self::Text(text.to_owned()))
    }

    /// Several texts; `None` when none is left.
    pub fn of_list(items: impl IntoIterator<Item = String>) -> Option<Self> {
        let items: Vec<String> =
            items.into_iter().map(|item| told(&item).trim().to_owned()).filter(|item| !item.is_empty()).collect();
        (!items.is_empty()).then_some(Self::List(items))
    }

    /// An answer as it came. Of an object, what people read is taken: a chosen option's label, a typed address, the
    /// link of a file (Cal.com: option values; `OnceHub`: attachments).
    pub fn of_json(json: &Json) -> Option<Self> {
        match json {
            Json::Null => None,
            Json::Bool(yes) => Some(Self::Bool(*yes)),
            Json::Number(number) => {
                let float = || number.as_f64().filter(|n| n.is_finite()).map(Self::Number);
                number.as_i64().map(Self::Integer).or_else(float)
            }
            Json::String(text) => Self::of_text(text),
            Json::Array(items) => {
                Self::of_list(items.iter().filter_map(|item| Some(Self::of_json(item)?.text(&TimeZone::UTC))))
            }
            Json::Object(map) => {
                let parts = ["label", "optionValue", "value", "link", "name"];
                let said = parts.iter().find_map(|part| map.get(*part).and_then(Self::of_json));
                // An object without any of them is kept whole rather than lost.
                said.or_else(|| (!map.is_empty()).then(|| Self::Text(json.to_string())))
            }
        }
    }

    /// A field of a contact.
    pub fn of_field(value: &FieldValue) -> Option<Self> {
        match value {
            FieldValue::Bool(yes) => Some(Self::Bool(*yes)),
            FieldValue::Integer(number) => Some(Self::Integer(*number)),
            FieldValue::Number(number) => number.is_finite().then_some(Self::Number(*number)),
            FieldValue::List(items) => Self::of_list(items.iter().cloned()),
            FieldValue::Text(text) => Self::of_text(text),
        }
    }

    /// As text: `true` or `false`, numbers plain, lists joined by `, `, moments in RFC 3339 on the clock of `zone`.
    pub fn text(&self, zone: &TimeZone) -> String {
        match self {
            Self::Bool(yes) => yes.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Moment(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            Self::List(items) => items.join(", "),
            Self::Text(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_nothing_is_blank() {
        for blank in
            [json!(null), json!(""), json!(" \n"), json!("\u{7}\u{200b}"), json!([]), json!(["", null]), json!({})]
        {
            assert_eq!(Value::of_json(&blank), None, "{blank}");
        }
        for (json, value) in [
            (json!(0), Value::Integer(0)),
            (json!(false), Value::Bool(false)),
            (json!(1.5), Value::Number(1.5)),
            (json!(" a "), Value::Text("a".into())),
            (json!(["a", 2, true]), Value::List(vec!["a".into(), "2".into(), "true".into()])),
            (json!({"label": "Blue", "id": "7"}), Value::Text("Blue".into())),
            (json!({"optionValue": "", "value": "integrations:daily"}), Value::Text("integrations:daily".into())),
            (json!({"optionValue": "Main St 1", "value": "attendeeInPerson"}), Value::Text("Main St 1".into())),
            (json!([{"fileName": "a.pdf", "link": "https://x/a"}]), Value::List(vec!["https://x/a".into()])),
            (json!("a\u{1b}[31m\u{202e}b\nc"), Value::Text("a[31mb\nc".into())),
            (json!({"odd": 1}), Value::Text("{\"odd\":1}".into())),
        ] {
            assert_eq!(Value::of_json(&json), Some(value), "{json}");
        }
    }

    #[test]
    fn text_is_plain() {
        let at: Timestamp = "2026-03-05T09:30:00Z".parse().unwrap();
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        for (value, text) in [
            (Value::Bool(false), "false"),
            (Value::Integer(0), "0"),
            (Value::Number(2.5), "2.5"),
            (Value::Number(50.0), "50"),
            (Value::List(vec!["a".into(), "b".into()]), "a, b"),
            (Value::Moment(at), "2026-03-05T10:30:00+01:00"),
        ] {
            assert_eq!(value.text(&oslo), text);
        }
    }
}
