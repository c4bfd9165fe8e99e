//! sObject Collections: up to 200 records in one request, each with an outcome of its own.
//!
//! Salesforce: "Composite resources, sObject Collections". Results are matched to records by position alone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{entries, unreadable};
use super::composite::{MAX_COLLECTIONS_OR_QUERIES, Subrequest, is_fatal};
use super::error::{ApiError, ErrorEntry};
use super::http::encode;
use super::id::SfId;
use super::{Client, Composite};

/// The most records of one collection.
pub const MAX_ROWS: usize = 200;
/// The most runs of records of the same object in one collection.
pub const MAX_TYPE_CHUNKS: usize = 10;

/// A record to write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Object name.
    pub object: String,
    /// The record to update; unused by the other operations.
    pub id: Option<SfId>,
    /// Fields by API name. In a composite a value may refer to an earlier result: `@{persons[0].id}`.
    pub fields: Map<String, Value>,
}

impl Row {
    /// A record to create or to upsert.
    pub fn new(object: impl Into<String>, fields: Map<String, Value>) -> Self {
        Self { object: object.into(), id: None, fields }
    }

    /// A record to update.
    pub fn existing(object: impl Into<String>, id: SfId, fields: Map<String, Value>) -> Self {
        Self { object: object.into(), id: Some(id), fields }
    }

    fn json(&self) -> Value {
        let mut fields = self.fields.clone();
        // Also when the caller's fields hold them in any spelling: what is written is said once.
        fields.retain(|name, _| !name.eq_ignore_ascii_case("attributes") && !name.eq_ignore_ascii_case("id"));
        fields.insert("attributes".to_owned(), json!({"type": self.object}));
        if let Some(id) = self.id {
            fields.insert("id".to_owned(), json!(id));
        }
        Value::Object(fields)
    }
}

/// One collection: one operation on up to [`MAX_ROWS`] records. One bad record does not stop the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionRequest {
    /// New records. Not repeatable: look before sending again.
    Create(Vec<Row>),
    /// Existing records, by id.
    Update(Vec<Row>),
    /// New or existing records of one object, by an external id (or `Email`) that each row's fields hold.
    Upsert {
        /// Object name.
        object: String,
        /// The field that identifies the records.
        external_id_field: String,
        /// The records.
        rows: Vec<Row>,
    },
    /// Existing records, by id.
    Delete(Vec<SfId>),
}

/// The outcome of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// The record; none when a create failed.
    pub id: Option<SfId>,
    /// Whether it was done.
    pub success: bool,
    /// After an upsert: whether the record is new. Salesforce may say so of a failed row as well.
    pub created: Option<bool>,
    /// Why not.
    pub errors: Vec<ErrorEntry>,
}

impl RowResult {
    /// The record's id, or the complaints.
    pub fn into_result(self) -> Result<SfId, Vec<ErrorEntry>> {
        match self.id {
            Some(id) if self.success => Ok(id),
            _ => Err(self.errors),
        }
    }
}

impl CollectionRequest {
    /// How many records it holds.
    pub fn len(&self) -> usize {
        match self {
            Self::Create(rows) | Self::Update(rows) | Self::Upsert { rows, .. } => rows.len(),
            Self::Delete(ids) => ids.len(),
        }
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks what the server would refuse as a whole.
    fn check(&self) -> Result<(), ApiError> {
        let refuse = |why: String| Err(ApiError::Request(why));
        if self.len() > MAX_ROWS {
            return refuse(format!("a collection of {} records; {MAX_ROWS} are allowed", self.len()));
        }
        match self {
            Self::Update(rows) if rows.iter().any(|row| row.id.is_none()) => {
                return refuse("an update of a record without an id".to_owned());
            }
            // Salesforce does not document it, and the rows' own ids are not sent.
            Self::Upsert { external_id_field, .. } if external_id_field.eq_ignore_ascii_case("id") => {
                return refuse("an upsert by record id; use an update".to_owned());
            }
            Self::Upsert { object, rows, .. } if rows.iter().any(|row| row.object != *object) => {
                return refuse(format!("an upsert of {object} that holds records of another object"));
            }
            _ => {}
        }
        if let Self::Create(rows) | Self::Update(rows) = self {
            let chunks = rows.chunk_by(|a, b| a.object == b.object).count();
            if chunks > MAX_TYPE_CHUNKS {
                return refuse(format!("a collection that changes between objects {chunks} times; sort it by object"));
            }
        }
        Ok(())
    }

    /// The collection as part of a composite.
    pub fn subrequest(&self, reference_id: &str) -> Result<Subrequest, ApiError> {
        self.check()?;
        let records =
            |rows: &[Row]| json!({"allOrNone": false, "records": rows.iter().map(Row::json).collect::<Vec<_>>()});
        Ok(match self {
            Self::Create(rows) => Subrequest::post(reference_id, "/composite/sobjects", records(rows)),
            Self::Update(rows) => Subrequest::patch(reference_id, "/composite/sobjects", records(rows)),
            Self::Upsert { object, external_id_field, rows } => {
                let path = format!("/composite/sobjects/{}/{}", encode(object), encode(external_id_field));
                // The object is in the path; an id would contradict the external id.
                let rows: Vec<_> = rows.iter().map(|row| Row { id: None, ..row.clone() }).collect();
                Subrequest::patch(reference_id, path, records(&rows))
            }
            Self::Delete(ids) => {
                let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                Subrequest::delete(reference_id, format!("/composite/sobjects?ids={ids}&allOrNone=false"))
            }
        })
    }
}

/// Reads the rows of a collection's answer. Another number of rows than was sent means that none can be told apart.
pub(super) fn rows_from(status: u16, body: &Value, expected: usize) -> Result<Vec<RowResult>, ApiError> {
    let rows: Option<Vec<RowResult>> = body.as_array().and_then(|rows| rows.iter().map(row).collect());
    rows.filter(|rows| rows.len() == expected).ok_or_else(|| unreadable(status, body))
}

fn row(value: &Value) -> Option<RowResult> {
    let object = value.as_object()?;
    let success = object.get("success")?.as_bool()?;
    let id = match object.get("id").and_then(Value::as_str) {
        Some(text) => text.parse().ok(),
        None => None,
    };
    let created = object.get("created").and_then(Value::as_bool);
    let errors = if success { Vec::new() } else { object.get("errors").map(entries).unwrap_or_default() };
    // A success that does not say which record is none we could keep.
    (!success || id.is_some()).then_some(RowResult { id, success, created, errors })
}

impl Client {
    /// Writes collections, up to five in one call, and returns the outcome of each in order.
    ///
    /// More than five become several calls, one after the other; when one of them fails in a way that concerns the
    /// whole org, those after it are not sent ([`ApiError::Skipped`]). An empty collection costs nothing.
    pub async fn collections(&self, requests: &[CollectionRequest]) -> Vec<Result<Vec<RowResult>, ApiError>> {
        let mut results: Vec<Result<Vec<RowResult>, ApiError>> = requests.iter().map(|_| Ok(Vec::new())).collect();
        let mut ready = Vec::new();
        for (index, request) in requests.iter().enumerate().filter(|(_, request)| !request.is_empty()) {
            match request.subrequest(&format!("collection{index}")) {
                Ok(subrequest) => ready.push((index, subrequest)),
                Err(error) => results[index] = Err(error),
            }
        }
        let mut fatal: Option<ApiError> = None;
        for batch in ready.chunks(MAX_COLLECTIONS_OR_QUERIES) {
            let answer = match &fatal {
                Some(error) => Err(ApiError::Skipped(Box::new(error.clone()))),
                None => self.composite(&Composite::of(batch.iter().map(|(_, sub)| sub.clone()).collect())).await,
            };
            match answer {
                Ok(answers) => {
                    for ((index, _), answer) in batch.iter().zip(answers) {
                        results[*index] = answer.into_rows(requests[*index].len());
                    }
                }
                Err(error) => {
                    for (index, _) in batch {
                        results[*index] = Err(error.clone());
                    }
                    if fatal.is_none() && is_fatal(&error) {
                        fatal = Some(error);
                    }
                }
            }
        }
        results
    }
}

#[cfg(test)]
mod tests;
