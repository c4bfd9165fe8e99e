//! One value: from JSON to the form in which it is kept, and the checks that need nothing but the field.

use serde_json::{Value, json};

use crate::sandbox::clock::{datetime_text, parse_date, parse_datetime};
use crate::sandbox::errors::ApiError;
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::{Field, FieldType};

/// Converts a JSON value to the field's type, as strictly as the API's own parser: text fields take only text,
/// numbers and booleans also their text forms, dates and datetimes only ISO 8601.
pub fn typed(field: &Field, value: &Value) -> Result<Value, ApiError> {
    let refuse = || ApiError::cannot_deserialize(field.kind.name(), value);
    Ok(match (field.kind, value) {
        (_, Value::Null) => Value::Null,
        (FieldType::MultiPicklist, Value::Array(ids)) if field.name == "EventWhoIds" => {
            json!(ids.iter().map(|id| id.as_str().ok_or_else(refuse)).collect::<Result<Vec<_>, _>>()?)
        }
        (FieldType::Boolean, Value::Bool(_)) => value.clone(),
        (FieldType::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => json!(true),
            "false" => json!(false),
            _ => return Err(refuse()),
        },
        (FieldType::Int, Value::Number(number)) => json!(number.as_i64().ok_or_else(refuse)?),
        (FieldType::Int, Value::String(text)) if !text.is_empty() => json!(text.parse::<i64>().map_err(|_| refuse())?),
        (kind, Value::Number(number)) if kind.is_number() => rounded(field, number.as_f64().ok_or_else(refuse)?),
        (kind, Value::String(text)) if kind.is_number() && !text.is_empty() => {
            rounded(field, text.parse().ok().filter(|n: &f64| n.is_finite()).ok_or_else(refuse)?)
        }
        (_, Value::String(text)) if text.is_empty() => Value::Null,
        (FieldType::Date, Value::String(text)) => json!(parse_date(text).ok_or_else(refuse)?.to_string()),
        (FieldType::DateTime, Value::String(text)) => json!(datetime_text(parse_datetime(text).ok_or_else(refuse)?)),
        (FieldType::Time, Value::String(text)) => json!(parse_time(text).ok_or_else(refuse)?),
        (FieldType::Id | FieldType::Reference, Value::String(text)) => {
            json!(RecordId::parse(text).map_or_else(|| text.clone(), |id| id.to_string()))
        }
        (FieldType::Email, Value::String(text)) => json!(text.to_lowercase()),
        (kind, Value::String(_)) if kind.is_text() => value.clone(),
        _ => return Err(refuse()),
    })
}

/// A number with the digits that the field keeps.
fn rounded(field: &Field, number: f64) -> Value {
    if field.precision > 0 && field.precision < 18 {
        let unit = 10f64.powi(field.scale.cast_signed());
        return json!((number * unit).round() / unit);
    }
    json!(number)
}

/// `14:30`, `14:30:00`, `14:30:00.000Z`, kept in the last form.
fn parse_time(text: &str) -> Option<String> {
    let time: jiff::civil::Time = text.trim_end_matches(['Z', 'z']).parse().ok()?;
    Some(format!("{:02}:{:02}:{:02}.{:03}Z", time.hour(), time.minute(), time.second(), time.millisecond()))
}

/// Length, email syntax and the value set of a text.
pub fn check_text(field: &Field, text: &str) -> Result<(), ApiError> {
    let (label, name) = (&field.label, field.name.as_str());
    if text.chars().count() > field.length {
        let message = format!("{label}: data value too large: {text} (max length={})", field.length);
        return Err(ApiError::save("STRING_TOO_LONG", message, &[name]));
    }
    match field.kind {
        FieldType::Email if !is_email(text) => {
            let message = format!("{label}: invalid email address: {text}");
            Err(ApiError::save("INVALID_EMAIL_ADDRESS", message, &[name]))
        }
        FieldType::Picklist | FieldType::MultiPicklist if field.restricted && !field.values.is_empty() => {
            let chosen = text.split(';').filter(|_| field.kind == FieldType::MultiPicklist);
            let chosen: Vec<&str> = if field.kind == FieldType::Picklist { vec![text] } else { chosen.collect() };
            let known = |value: &&str| field.values.iter().any(|pick| pick.active && pick.value == *value);
            match chosen.iter().find(|value| !known(value)) {
                Some(value) => {
                    let message = format!("{label}: bad value for restricted picklist field: {value}");
                    Err(ApiError::save("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[name]))
                }
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The syntax that Salesforce asks of an email address: one `@`, a plain local part, a domain with a dot.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let label_ok = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    local_ok && domain.contains('.') && domain.split('.').all(label_ok)
}

/// What the system puts into a field that a create leaves out.
pub fn default_of(field: &Field, user: RecordId) -> Option<Value> {
    match &field.default {
        Some(value) => Some(value.clone()),
        None if field.name == "OwnerId" => Some(json!(user.to_string())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str) -> Field {
        let mut field: Field = serde_json::from_value(json!({"name": "X", "type": kind})).unwrap();
        field.complete(true);
        field
    }

    #[test]
    fn values_are_kept_in_their_canonical_form() {
        for (kind, given, kept) in [
            ("string", json!("Ab"), json!("Ab")),
            ("string", json!(""), json!(null)),
            ("email", json!("Chloe.Myers@X.test"), json!("chloe.myers@x.test")),
            ("boolean", json!("TRUE"), json!(true)),
            ("int", json!("12"), json!(12)),
            ("double", json!(3), json!(3.0)),
            ("date", json!("2026-05-01"), json!("2026-05-01")),
            ("datetime", json!("2026-05-01T09:25:37+02:00"), json!("2026-05-01T07:25:37.000+0000")),
            ("time", json!("14:30"), json!("14:30:00.000Z")),
            ("reference", json!("001D000000IRFma"), json!("001D000000IRFmaIAH")),
        ] {
            assert_eq!(typed(&field(kind), &given).unwrap(), kept, "{kind} {given}");
        }
    }

    #[test]
    fn wrong_json_types_are_parser_errors() {
        for (kind, given) in [
            ("string", json!(12)),
            ("string", json!(true)),
            ("boolean", json!("yes")),
            ("boolean", json!(1)),
            ("int", json!(1.5)),
            ("int", json!("1,000")),
            ("currency", json!("NaN")),
            ("date", json!("2026-05-01T00:00:00Z")),
            ("datetime", json!("2026-05-01")),
            ("datetime", json!("2026-05-01T10:00:00")),
            ("multipicklist", json!(["a", "b"])),
            ("picklist", json!({"a": 1})),
        ] {
            let error = typed(&field(kind), &given).unwrap_err();
            assert_eq!(error.code, "JSON_PARSER_ERROR", "{kind} {given}");
            assert!(error.message.contains(&format!("instance of {kind} from ")), "{}", error.message);
        }
    }

    #[test]
    fn emails() {
        for good in ["a@b.co", "o'neil+x@mail.example.com", "jörg@münchen.de", "a.b-c_d@e-f.g"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b@c.de", "a@.de", "a@b..de", ".a@b.de", "a.@b.de", "a@-b.de"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
