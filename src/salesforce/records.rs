//! Single records: one call each. For many, see collections and composite.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{entries, unreadable};
use super::client::{Call, Client};
use super::datetime::format_http_date;
use super::error::ApiError;
use super::http::encode;
use super::id::SfId;
use super::record::Record;

/// A record that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Its id.
    pub id: SfId,
    /// Whether it is new.
    pub created: bool,
}

impl Client {
    /// Reads fields of a record.
    pub async fn get(&self, object: &str, id: SfId, fields: &[&str]) -> Result<Record, ApiError> {
        let path = format!("{}?fields={}", self.record_path(object, id), encode(&fields.join(",")));
        let (status, body) = self.send(Call::get("read record", path)).await?;
        record_from(status, body)
    }

    /// Creates a record. Not repeatable: look before sending again.
    pub async fn create(&self, object: &str, fields: &Map<String, Value>) -> Result<SfId, ApiError> {
        let path = format!("{}/sobjects/{}", self.root(), encode(object));
        let body = Value::Object(fields.clone());
        let (status, body) = self.send(Call::post("create record", path, &body)).await?;
        Ok(saved_from(status, &body)?.id)
    }

    /// Changes fields of a record.
    pub async fn update(&self, object: &str, id: SfId, fields: &Map<String, Value>) -> Result<(), ApiError> {
        let body = Value::Object(fields.clone());
        self.send(Call::patch("update record", self.record_path(object, id), &body)).await.map(|_| ())
    }

    /// Changes fields of a record only if nobody has changed it since (whole seconds); else HTTP 412.
    pub async fn update_if_unmodified_since(
        &self,
        object: &str,
        id: SfId,
        fields: &Map<String, Value>,
        since: Timestamp,
    ) -> Result<(), ApiError> {
        let body = Value::Object(fields.clone());
        let call = Call::patch("update record", self.record_path(object, id), &body)
            .with_header("If-Unmodified-Since", format_http_date(since));
        self.send(call).await.map(|_| ())
    }

    /// Deletes a record.
    pub async fn delete(&self, object: &str, id: SfId) -> Result<(), ApiError> {
        self.send(Call::delete("delete record", self.record_path(object, id))).await.map(|_| ())
    }

    /// Creates or updates the record whose external id (or `Email`) has this value. Repeatable. Several such records
    /// are an error that names them (`DUPLICATE_EXTERNAL_ID`, HTTP 300).
    pub async fn upsert(
        &self,
        object: &str,
        external_id_field: &str,
        value: &str,
        fields: &Map<String, Value>,
    ) -> Result<Saved, ApiError> {
        let (object, field, value) = (encode(object), encode(external_id_field), encode(value));
        let path = format!("{}/sobjects/{object}/{field}/{value}", self.root());
        let body = Value::Object(fields.clone());
        let (status, body) = self.send(Call::patch("upsert record", path, &body)).await?;
        saved_from(status, &body)
    }

    fn record_path(&self, object: &str, id: SfId) -> String {
        format!("{}/sobjects/{}/{id}", self.root(), encode(object))
    }
}

/// Reads the answer of a create or an upsert: `{id, success, errors, created?}`.
pub(super) fn saved_from(status: u16, body: &Value) -> Result<Saved, ApiError> {
    let id = body.get("id").and_then(|id| id.as_str()?.parse().ok());
    match (body.get("success").and_then(Value::as_bool), id) {
        (Some(true), Some(id)) => {
            // A plain create says nothing about `created`; its status is 201.
            let created = body.get("created").and_then(Value::as_bool).unwrap_or(status == 201);
            Ok(Saved { id, created })
        }
        (Some(false), _) => match entries(body) {
            errors if errors.is_empty() => Err(unreadable(status, body)),
            errors => Err(ApiError::Api { status, errors }),
        },
        _ => Err(unreadable(status, body)),
    }
}

/// Reads a record.
pub(super) fn record_from(status: u16, body: Value) -> Result<Record, ApiError> {
    match body {
        Value::Object(_) => Record::from_value(body).ok_or_else(|| unreadable(status, &Value::Null)),
        other => Err(unreadable(status, &other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn saved_records() {
        let id: SfId = "003000000000001".parse().unwrap();
        for (status, body, created) in [
            (201, json!({"id": "003000000000001AAA", "success": true, "errors": []}), true),
            (200, json!({"id": "003000000000001AAA", "success": true, "errors": [], "created": false}), false),
            (201, json!({"id": "003000000000001", "success": true, "errors": [], "created": true}), true),
        ] {
            assert_eq!(saved_from(status, &body), Ok(Saved { id, created }), "{body}");
        }
        for body in [
            json!(null),
            json!({}),
            json!([]),
            json!({"success": true}),
            json!({"success": true, "id": "x"}),
            json!({"id": "003000000000001AAA"}),
            json!({"success": false, "errors": []}),
        ] {
            assert!(matches!(saved_from(201, &body), Err(ApiError::Http { status: 201, .. })), "{body}");
        }
        let refused =
            json!({"success": false, "errors": [{"statusCode": "STRING_TOO_LONG", "message": "m", "fields": []}]});
        assert!(matches!(saved_from(200, &refused), Err(ApiError::Api { .. })));
    }
}
