//! A request and its answer, free of any server: composite subrequests are made of the same stuff.

use serde_json::{Value, json};

use super::codec::{decode_path, parse_form};
use super::errors::ApiError;

/// One request to the API: from the network, or from inside a composite.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// `GET`, `POST`, `PATCH`, `PUT`, `DELETE`.
    pub method: String,
    /// The decoded segments of the path, empty ones dropped: trailing slashes mean nothing.
    pub path: Vec<String>,
    /// The decoded query string.
    pub query: Vec<(String, String)>,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// A body as it came.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// Bytes from the network.
    Bytes(Vec<u8>),
    /// The `body` or `richInput` of a subrequest.
    Json(Value),
}

impl Call {
    /// Builds a call from a path with an optional query string.
    pub fn new(method: &str, target: &str, headers: Vec<(String, String)>, body: Body) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.split('/').filter(|part| !part.is_empty()).map(decode_path).collect();
        let query = parse_form(query);
        let hidden_method = query.iter().find(|(key, _)| key == "_HttpMethod").map(|(_, value)| value.to_uppercase());
        let method = hidden_method.filter(|_| method == "POST").unwrap_or_else(|| method.to_uppercase());
        Self { method, path, query, headers, body }
    }

    /// The first value of a query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, ApiError> {
        match &self.body {
            Body::Json(value) => Ok(value.clone()),
            Body::Bytes(bytes) if !bytes.is_empty() => serde_json::from_slice(bytes).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                ApiError::json_parser(format!("The request body is not valid JSON at [line:{line}, column:{column}]"))
            }),
            _ => Err(ApiError::json_parser("The HTTP entity body is required, but this request has no entity body.")),
        }
    }

    /// The body as text; a body that is not text is empty.
    pub fn text(&self) -> &str {
        match &self.body {
            Body::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Body::Json(Value::String(text)) => text,
            _ => "",
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond the ones the server adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Answer,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// None, as after a PATCH.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else, with its content type.
    Text(&'static str, String),
}

impl Reply {
    /// A 200 with JSON.
    pub fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    /// JSON with a status.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Answer::Json(body) }
    }

    /// A status alone.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Answer::Empty }
    }

    /// Text with a status.
    pub fn text(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, headers: Vec::new(), body: Answer::Text(content_type, body) }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The body as a value, for the envelope of a composite.
    pub fn into_value(self) -> Value {
        match self.body {
            Answer::Json(value) => value,
            Answer::Empty => Value::Null,
            Answer::Text(_, text) => Value::String(text),
        }
    }

    /// Whether the request failed.
    pub fn is_error(&self) -> bool {
        self.status >= 300
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        Self::json(error.status, json!([error.body()]))
    }
}

impl From<Vec<ApiError>> for Reply {
    fn from(errors: Vec<ApiError>) -> Self {
        let status = errors.first().map_or(400, |error| error.status);
        Self::json(status, errors.iter().map(ApiError::body).collect())
    }
}

/// Lets a handler use `?` and still be a function from call to reply.
pub fn reply(result: Result<Reply, ApiError>) -> Reply {
    result.unwrap_or_else(Reply::from)
}
