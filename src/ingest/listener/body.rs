//! Takes a request's body within bounds of size and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than {max} bytes")]
    TooLarge { max: usize },
    #[error("the body did not arrive within {} seconds", .timeout.as_secs_f32())]
    TooSlow { timeout: Duration },
    #[error("the body broke off")]
    Broken,
}

/// Beyond the limit so many times more is read and thrown away, so that a sender who is still writing hears the answer
/// instead of a broken connection.
const DRAIN: usize = 8;

/// The whole body.
pub async fn read(headers: &HeaderMap, body: Body, max: usize, timeout: Duration) -> Result<Vec<u8>, BodyError> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let announced_too_large = length.is_some_and(|length| length > max as u64);
    let all = collect(body, max, announced_too_large);
    tokio::time::timeout(timeout, all).await.unwrap_or(Err(BodyError::TooSlow { timeout }))
}

async fn collect(body: Body, max: usize, mut too_large: bool) -> Result<Vec<u8>, BodyError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut dropped = 0;
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(if too_large { BodyError::TooLarge { max } } else { BodyError::Broken });
        };
        too_large |= bytes.len() + chunk.len() > max;
        if !too_large {
            bytes.extend_from_slice(&chunk);
            continue;
        }
        bytes = Vec::new();
        dropped += chunk.len();
        if dropped > max.saturating_mul(DRAIN) {
            break;
        }
    }
    if too_large { Err(BodyError::TooLarge { max }) } else { Ok(bytes) }
}
