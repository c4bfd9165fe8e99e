//! One GET with a key: what may be asked, how long it may take, how much is read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::Api;
use super::limit::Limiter;
use crate::domain::Source;

/// The most bytes of one answer: 250 bookings with everything in them are about 2 MB.
const MAX_BODY: usize = 32 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_mins(1);
/// When the source limits us and does not say for how long.
const LIMITED_FOR: Duration = Duration::from_mins(5);

/// Why there is no answer. The key is in none of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or it broke.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Whom.
        host: String,
        /// The innermost cause.
        reason: String,
    },
    /// 401 or 403.
    #[error("{host} refused the key (status {status})")]
    Refused {
        /// Who.
        host: String,
        /// The status.
        status: u16,
    },
    /// 429.
    #[error("{host} was asked too often")]
    Limited {
        /// Who.
        host: String,
        /// How long it asks us to wait.
        wait: Option<Duration>,
    },
    /// Any other status that is no success.
    #[error("{host} answered with status {status}: {reason}")]
    Status {
        /// Who.
        host: String,
        /// The status.
        status: u16,
        /// Its words, cut.
        reason: String,
    },
    /// A success whose body is no JSON, or larger than anything expected.
    #[error("{host} answered with what is no JSON: {reason}")]
    Body {
        /// Who.
        host: String,
        /// What is wrong.
        reason: String,
    },
}

/// Asks one API; clones share the connections and the limits.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    api: Api,
    limiter: Mutex<Limiter>,
    calls: AtomicU64,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Client {
    pub fn new(api: Api) -> Self {
        let limiter = Mutex::new(Limiter::new(api.source));
        Self(Arc::new(Inner { api, limiter, calls: AtomicU64::new(0), client: OnceLock::new() }))
    }

    /// Calls made since this was last asked.
    pub fn take_calls(&self) -> u64 {
        self.0.calls.swap(0, Ordering::Relaxed)
    }

    /// GET, when the limits allow. `path` begins with `/` and cannot lead to another host.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Json, HttpError> {
        let Inner { api, limiter, calls, client } = &*self.0;
        let wait = limiter.lock().await.book(Instant::now());
        tokio::time::sleep(wait).await;
        calls.fetch_add(1, Ordering::Relaxed);

        let host = api.url.host_str().unwrap_or_default().to_owned();
        let unreachable = |reason| HttpError::Unreachable { host: host.clone(), reason };
        let client = client.get_or_init(|| build(&api.url)).as_ref().map_err(|reason| unreachable(reason.clone()))?;
        let mut url = api.url.clone();
        url.set_path(path);
        let mut request = client.get(url).query(query);
        let key = api.key.expose_secret();
        request = match api.source {
            Source::CalCom => request.bearer_auth(key).header("cal-api-version", "2024-08-13"),
            Source::OnceHub => request.header("API-Key", key),
        };
        let mut response = request.send().await.map_err(|error| unreachable(innermost(&error)))?;
        let status = response.status().as_u16();
        let asked_to_wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(innermost(&error)))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::Body { host, reason: format!("longer than {} MiB", MAX_BODY >> 20) });
            }
            body.extend_from_slice(&chunk);
        }
        match status {
            200..=299 => serde_json::from_slice(&body)
                .map_err(|error| HttpError::Body { host, reason: crate::ingest::error::reason(&error) }),
            401 | 403 => Err(HttpError::Refused { host, status }),
            429 => Err(HttpError::Limited {
                host,
                wait: Some(asked_to_wait.map_or(LIMITED_FOR, Duration::from_secs).min(Duration::from_hours(24))),
            }),
            _ => Err(HttpError::Status { host, status, reason: words(&body, key) }),
        }
    }
}

/// What an error body says: its message, else its beginning; never the key.
fn words(body: &[u8], key: &str) -> String {
    let json: Option<Json> = serde_json::from_slice(body).ok();
    let message = json.as_ref().and_then(|json| {
        let places = [json.pointer("/message"), json.pointer("/error/message"), json.pointer("/error")];
        places.into_iter().flatten().find_map(Json::as_str).map(str::to_owned)
    });
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned());
    let text = if key.is_empty() { text } else { text.replace(key, "…") };
    crate::ingest::error::excerpt(&text)
}

fn build(url: &Url) -> Result<reqwest::Client, String> {
    // An error means that another part of the program was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("rolodeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none()) // a key is not carried elsewhere
        .referer(false);
    if url.scheme() == "http" {
        builder = builder.no_proxy().tls_certs_only([]); // this machine: the configuration allows no other
    } else {
        builder = builder.https_only(true);
    }
    builder.build().map_err(|error| innermost(&error))
}

/// The innermost cause, which says most; outer texts repeat the address with what was asked.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    crate::ingest::error::excerpt(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_its_own_words_and_without_the_key() {
        assert_eq!(
            words(br#"{"type":"invalid_request_error","message":"limit: at most 100"}"#, "k"),
            "limit: at most 100"
        );
        assert_eq!(words(br#"{"status":"error","error":{"message":"no such key s3cret"}}"#, "s3cret"), "no such key …");
        assert_eq!(words(b"<html>502\x1b", ""), "<html>502␛");
    }
}
