//! Salesforce's way of saying no: a code, words, the fields concerned, and an HTTP status.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// One error. The same error is printed in two shapes: in an array with `errorCode` where it is the whole answer, and
/// with `statusCode` where it belongs to one row of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// The HTTP status when the error is the whole answer.
    pub status: u16,
    /// Salesforce's code, such as `REQUIRED_FIELD_MISSING`.
    pub code: Cow<'static, str>,
    /// The words.
    pub message: String,
    /// The fields concerned. `None`: the error comes from before the record was looked at, and the key is left out.
    pub fields: Option<Vec<String>>,
    /// One more key of the whole-answer shape: the result of a duplicate rule.
    pub extra: Option<(String, Box<Value>)>,
}

impl ApiError {
    /// An error about the request, before any record was looked at.
    pub fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: None, extra: None }
    }

    /// A 400 about the request.
    pub fn bad(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// An error of saving a record: it always names its fields, if only an empty list.
    pub fn save(code: impl Into<Cow<'static, str>>, message: impl Into<String>, fields: &[&str]) -> Self {
        let fields = Some(fields.iter().map(ToString::to_string).collect());
        Self { fields, ..Self::new(400, code, message) }
    }

    /// The same error with another HTTP status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// No such resource, record or object.
    pub fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// The path exists, but not with this method.
    pub fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::new(405, "METHOD_NOT_ALLOWED", message)
    }

    /// The body is not what the resource takes.
    pub fn json_parser(message: impl Into<String>) -> Self {
        Self::bad("JSON_PARSER_ERROR", message)
    }

    /// A value of the wrong JSON type for the field.
    pub fn cannot_deserialize(kind: &str, value: &Value) -> Self {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => String::new(),
            other => other.to_string(),
        };
        let token = json_token(value);
        let what = if shown.is_empty() { format!("{token} value") } else { format!("{token} value {shown}") };
        Self::json_parser(format!(
            "Cannot deserialize instance of {kind} from {what} or request may be missing a required field"
        ))
    }

    /// A column that the object does not have, or that is hidden from this user: the words are the same.
    pub fn no_such_column(field: &str, object: &str) -> Self {
        Self::bad("INVALID_FIELD", format!("No such column '{field}' on sobject of type {object}"))
    }

    /// A row that was undone because another row of the same all-or-none request failed.
    pub fn rolled_back() -> Self {
        let message =
            "Record rolled back because not all records were valid and the request was using AllOrNone header";
        Self::save("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, &[])
    }

    /// The element of the array that is a whole answer.
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some((key, value)) = &self.extra {
            body.insert(key.clone(), (**value).clone());
        }
        body.insert("message".into(), json!(self.message));
        body.insert("errorCode".into(), json!(self.code));
        if let Some(fields) = &self.fields {
            body.insert("fields".into(), json!(fields));
        }
        Value::Object(body)
    }

    /// The element of `errors` in a collection's row.
    pub fn row(&self) -> Value {
        json!({"statusCode": self.code, "message": self.message, "fields": self.fields.as_deref().unwrap_or_default()})
    }
}

/// How the JSON parser of the API calls what it met.
fn json_token(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}
