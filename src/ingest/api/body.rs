//! Bodies of requests: JSON objects, within bounds.

use axum::body::Body;
use axum::http::HeaderMap;
use serde_json::{Map, Value as Json};

use super::ApiError;
use crate::ingest::listener::body::{self, BodyError};
use crate::ingest::listener::{BODY_TIMEOUT, MAX_BODY};

/// The body as a JSON object.
pub async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Json>, ApiError> {
    let bytes = body::read(headers, body, MAX_BODY, BODY_TIMEOUT).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => ApiError::too_large(error.to_string()),
        BodyError::TooSlow { .. } => ApiError::too_slow(error.to_string()),
        BodyError::Broken => ApiError::invalid(error.to_string()),
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::invalid("the body must be a JSON object")),
        Err(error) => Err(ApiError::invalid(format!("the body is not JSON: {error}"))),
    }
}
