//! `/composite`: up to 25 requests in one API call, of which up to five may be queries or collections.
//!
//! Salesforce: "Composite resources, Composite". Results are told apart by their reference ids; a later request can use
//! an earlier result, `@{persons[0].id}`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::answer::{interpret_value, unreadable};
use super::classify::{Scope, scope};
use super::collections::{RowResult, rows_from};
use super::error::ApiError;
use super::http::encode;
use super::id::SfId;
use super::query::Page;
use super::record::Record;
use super::records::{Saved, record_from, saved_from};
use super::{Client, client::Call};

/// The most subrequests of one call.
pub const MAX_SUBREQUESTS: usize = 25;
/// The most of them that may be queries or collections.
pub const MAX_COLLECTIONS_OR_QUERIES: usize = 5;

/// HTTP method of a subrequest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

impl Method {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A record named in a composite: by id, or as the result of an earlier subrequest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordRef {
    /// By id.
    Id(SfId),
    /// By a reference without its `@{}`: `persons[0].id`.
    Result(String),
}

impl From<SfId> for RecordRef {
    fn from(id: SfId) -> Self {
        Self::Id(id)
    }
}

impl std::fmt::Display for RecordRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Result(reference) => write!(f, "@{{{reference}}}"),
        }
    }
}

/// One request of a composite.
#[derive(Debug, Clone, PartialEq)]
pub struct Subrequest {
    /// HTTP method.
    pub method: Method,
    /// Path below the API version, encoded, with its query: `/sobjects/Lead`.
    pub path: String,
    /// The name of the result: letters, digits and `_`.
    pub reference_id: String,
    /// JSON body.
    pub body: Option<Value>,
    /// Headers of this subrequest, e.g. `If-Unmodified-Since`.
    pub headers: BTreeMap<String, String>,
}

impl Subrequest {
    fn new(method: Method, reference_id: &str, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), reference_id: reference_id.to_owned(), body, headers: BTreeMap::new() }
    }

    /// Any GET.
    pub fn get(reference_id: &str, path: impl Into<String>) -> Self {
        Self::new(Method::Get, reference_id, path, None)
    }

    /// Any POST.
    pub fn post(reference_id: &str, path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Post, reference_id, path, Some(body))
    }

    /// Any PATCH.
    pub fn patch(reference_id: &str, path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Patch, reference_id, path, Some(body))
    }

    /// Any DELETE.
    pub fn delete(reference_id: &str, path: impl Into<String>) -> Self {
        Self::new(Method::Delete, reference_id, path, None)
    }

    /// A query. The statement travels in the body of the call, so it may be as long as SOQL allows.
    pub fn query(reference_id: &str, soql: &str) -> Self {
        Self::get(reference_id, format!("/query?q={}", encode(soql)))
    }

    /// A query that sees deleted, merged and archived records too.
    pub fn query_all(reference_id: &str, soql: &str) -> Self {
        Self::get(reference_id, format!("/queryAll?q={}", encode(soql)))
    }

    /// Creates a record.
    pub fn create(reference_id: &str, object: &str, fields: Map<String, Value>) -> Self {
        Self::post(reference_id, format!("/sobjects/{}", encode(object)), Value::Object(fields))
    }

    /// Updates a record.
    pub fn update(reference_id: &str, object: &str, record: impl Into<RecordRef>, fields: Map<String, Value>) -> Self {
        let path = format!("/sobjects/{}/{}", encode(object), record.into());
        Self::patch(reference_id, path, Value::Object(fields))
    }

    /// Creates or updates the record with this external id.
    pub fn upsert(reference_id: &str, object: &str, field: &str, value: &str, fields: Map<String, Value>) -> Self {
        let path = format!("/sobjects/{}/{}/{}", encode(object), encode(field), encode(value));
        Self::patch(reference_id, path, Value::Object(fields))
    }

    /// Deletes a record.
    pub fn delete_record(reference_id: &str, object: &str, record: impl Into<RecordRef>) -> Self {
        Self::delete(reference_id, format!("/sobjects/{}/{}", encode(object), record.into()))
    }

    /// Reads fields of a record.
    pub fn record(reference_id: &str, object: &str, record: impl Into<RecordRef>, fields: &[&str]) -> Self {
        let fields = encode(&fields.join(","));
        Self::get(reference_id, format!("/sobjects/{}/{}?fields={fields}", encode(object), record.into()))
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn is_query_or_collection(&self) -> bool {
        ["/query", "/composite/sobjects"].iter().any(|prefix| self.path.starts_with(prefix))
    }

    fn json(&self, root: &str, write_headers: &[(&'static str, String)]) -> Value {
        let mut sub = json!({
            "method": self.method.as_str(),
            "url": format!("{root}{}", self.path),
            "referenceId": self.reference_id,
        });
        // Only Accept, Authorization and Content-Type are documented to reach subrequests from the call itself.
        let mut headers: Map<String, Value> = Map::new();
        if self.method != Method::Get {
            headers.extend(write_headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        if !headers.is_empty() {
            sub["httpHeaders"] = Value::Object(headers);
        }
        if let Some(body) = &self.body {
            sub["body"] = body.clone();
        }
        sub
    }
}

/// A call of several requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// Whether one failure undoes all. Then nothing in an answer with a failure is to be trusted, whatever it says.
    pub all_or_none: bool,
    /// Whether independent requests may be done out of order, which is faster. Salesforce's default.
    pub collate_subrequests: bool,
    /// The requests.
    pub requests: Vec<Subrequest>,
}

impl Composite {
    /// Requests that succeed and fail each for itself.
    pub fn of(requests: Vec<Subrequest>) -> Self {
        Self { all_or_none: false, collate_subrequests: true, requests }
    }

    /// Checks what the server would refuse as a whole.
    fn check(&self) -> Result<(), ApiError> {
        let refuse = |why: String| Err(ApiError::Request(why));
        let heavy = self.requests.iter().filter(|request| request.is_query_or_collection()).count();
        if self.requests.len() > MAX_SUBREQUESTS || heavy > MAX_COLLECTIONS_OR_QUERIES {
            return refuse(format!(
                "a composite of {} requests, {heavy} of them queries or collections; \
                 {MAX_SUBREQUESTS} and {MAX_COLLECTIONS_OR_QUERIES} are allowed",
                self.requests.len()
            ));
        }
        let mut seen = BTreeSet::new();
        for Subrequest { reference_id: id, .. } in &self.requests {
            if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return refuse(format!("{id:?} is not a reference id"));
            }
            if !seen.insert(id) {
                return refuse(format!("the reference id {id} is used twice"));
            }
        }
        Ok(())
    }
}

/// The answer to one request of a composite.
#[derive(Debug, Clone, PartialEq)]
pub struct SubResponse {
    /// Which request.
    pub reference_id: String,
    /// Its HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Map<String, Value>,
    /// Its body; `Null` when it has none.
    pub body: Value,
}

impl SubResponse {
    fn from_value(value: Value) -> Option<Self> {
        let Value::Object(mut object) = value else { return None };
        Some(Self {
            reference_id: object.get("referenceId")?.as_str()?.to_owned(),
            status: object.get("httpStatusCode")?.as_u64()?.try_into().ok()?,
            headers: match object.remove("httpHeaders") {
                Some(Value::Object(headers)) => headers,
                _ => Map::new(),
            },
            body: object.remove("body").unwrap_or_default(),
        })
    }

    /// The data, or what went wrong.
    pub fn into_result(self) -> Result<Value, ApiError> {
        interpret_value(self.status, self.body)
    }

    /// The first page of a query.
    pub fn into_page(self) -> Result<Page, ApiError> {
        let status = self.status;
        Page::from_value(status, self.into_result()?)
    }

    /// The outcome of each record of a collection of `expected` records.
    pub fn into_rows(self, expected: usize) -> Result<Vec<RowResult>, ApiError> {
        let status = self.status;
        rows_from(status, &self.into_result()?, expected)
    }

    /// The record that was created or upserted.
    pub fn into_saved(self) -> Result<Saved, ApiError> {
        let status = self.status;
        saved_from(status, &self.into_result()?)
    }

    /// The record that was read.
    pub fn into_record(self) -> Result<Record, ApiError> {
        let status = self.status;
        record_from(status, self.into_result()?)
    }
}

/// Whether a failed call means that the ones after it need not be tried now.
pub(super) fn is_fatal(error: &ApiError) -> bool {
    scope(error) == Scope::Org
}

/// Puts the answers into the order of the requests. One that is missing or told twice makes the whole answer
/// unreadable.
fn match_responses(status: u16, body: Value, requests: &[Subrequest]) -> Result<Vec<SubResponse>, ApiError> {
    let responses = match body {
        Value::Object(mut object) if object.get("compositeResponse").is_some_and(Value::is_array) => {
            object.remove("compositeResponse")
        }
        other => return Err(unreadable(status, &other)),
    };
    let Some(Value::Array(responses)) = responses else { return Err(unreadable(status, &Value::Null)) };
    let mut by_id: HashMap<String, SubResponse> = HashMap::with_capacity(responses.len());
    for response in responses {
        let Some(response) = SubResponse::from_value(response) else { return Err(unreadable(status, &Value::Null)) };
        if by_id.insert(response.reference_id.clone(), response).is_some() {
            return Err(unreadable(status, &Value::Null));
        }
    }
    let ordered: Option<Vec<_>> = requests.iter().map(|request| by_id.remove(&request.reference_id)).collect();
    ordered.ok_or_else(|| unreadable(status, &Value::Null))
}

impl Client {
    /// Sends several requests as one API call and returns their answers in the order of the requests.
    pub async fn composite(&self, composite: &Composite) -> Result<Vec<SubResponse>, ApiError> {
        composite.check()?;
        if composite.requests.is_empty() {
            return Ok(Vec::new());
        }
        let (root, headers) = (self.root(), self.write_headers());
        let body = json!({
            "allOrNone": composite.all_or_none,
            "collateSubrequests": composite.collate_subrequests,
            "compositeRequest": composite.requests.iter().map(|sub| sub.json(&root, &headers)).collect::<Vec<_>>(),
        });
        let (status, body) = self.send(Call::post("composite", format!("{root}/composite"), &body)).await?;
        match_responses(status, body, &composite.requests)
    }
}

#[cfg(test)]
mod tests;
