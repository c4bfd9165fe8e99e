//! The HTTP listener of `rolodeck serve`: webhooks in, health and counters out.
//!
//! A delivery is answered after its transaction, so 2xx means kept. What is not believed, not JSON or too large is
//! refused with a reason and nothing of it is stored. No answer tells whether a person is known.

pub(in crate::ingest) mod body;
mod connection;
mod metrics;
mod serving;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;

use super::signature::{self, SignatureError, verify_calcom, verify_oncehub};
use super::{Context, PayloadError, understand};
use crate::domain::Source;
use crate::store::Applied;
use body::BodyError;
use metrics::{Metrics, Outcome};

pub use super::sink::{Sink, StoreSink};
pub use serving::{GRACE, HEADERS, serve};

/// The most bytes of a body.
pub(in crate::ingest) const MAX_BODY: usize = 1 << 20;

/// How long a body may take to arrive.
pub(in crate::ingest) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the listener must know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cal.com's secret.
    pub calcom_secret: Option<SecretString>,
    /// OnceHub's secret.
    pub oncehub_secret: Option<SecretString>,
    /// How old a OnceHub signature may be.
    pub oncehub_tolerance: Duration,
    /// Take deliveries of a source that has no secret. Only for a listener on a loopback address.
    pub accept_unsigned: bool,
    /// For reading payloads.
    pub context: Context,
    /// The most bytes of a body.
    pub max_body: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            calcom_secret: None,
            oncehub_secret: None,
            oncehub_tolerance: Duration::from_mins(5),
            accept_unsigned: false,
            context: Context::default(),
            max_body: MAX_BODY,
            body_timeout: BODY_TIMEOUT,
        }
    }
}

struct Shared<S> {
    sink: S,
    settings: Settings,
    clock: fn() -> Timestamp,
    metrics: Metrics,
}

/// The routes: `POST /hooks/calcom`, `POST /hooks/oncehub`, `GET /healthz`, `GET /metrics`.
pub fn router<S: Sink>(sink: S, settings: Settings, clock: fn() -> Timestamp) -> Router {
    let shared = Arc::new(Shared { sink, settings, clock, metrics: Metrics::default() });
    Router::new()
        .route("/hooks/calcom", post(calcom::<S>))
        .route("/hooks/oncehub", post(oncehub::<S>))
        .route("/healthz", get(health::<S>))
        .route("/metrics", get(metrics_text::<S>))
        .with_state(shared)
}

/// Why the listener cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("{0} is in use by another program; stop it, or set another address as serve.listen")]
    InUse(String),
    /// A port below 1024, usually.
    #[error("{0} may not be listened on by this user; take a port from 1024 on as serve.listen")]
    Forbidden(String),
    /// The address belongs to no interface of this machine.
    #[error("{0} is no address of this machine; serve.listen is an address and a port, as in 127.0.0.1:8787")]
    NotHere(String),
    /// Anything else.
    #[error("cannot listen on {address}; serve.listen is an address and a port, as in 127.0.0.1:8787")]
    Other {
        /// As configured.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Listens on `address`, such as `127.0.0.1:8787`; port 0 takes a free one.
pub async fn bind(address: &str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| {
        let address = address.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            io::ErrorKind::PermissionDenied => BindError::Forbidden(address),
            io::ErrorKind::AddrNotAvailable => BindError::NotHere(address),
            _ => BindError::Other { address, source },
        }
    })
}

async fn calcom<S: Sink>(State(shared): State<Arc<Shared<S>>>, headers: HeaderMap, body: Body) -> Response {
    let secret = shared.settings.calcom_secret.as_ref();
    let verify = |body: &[u8], _| match secret {
        Some(secret) => verify_calcom(secret, text(&headers, signature::CALCOM_HEADER), body),
        None => unsigned(&shared.settings),
    };
    answer(&shared, Source::CalCom, &headers, body, verify).await
}

async fn oncehub<S: Sink>(State(shared): State<Arc<Shared<S>>>, headers: HeaderMap, body: Body) -> Response {
    let (secret, tolerance) = (shared.settings.oncehub_secret.as_ref(), shared.settings.oncehub_tolerance);
    let verify = |body: &[u8], now| match secret {
        Some(secret) => verify_oncehub(secret, text(&headers, signature::ONCEHUB_HEADER), body, now, tolerance),
        None => unsigned(&shared.settings),
    };
    answer(&shared, Source::OnceHub, &headers, body, verify).await
}

fn unsigned(settings: &Settings) -> Result<(), SignatureError> {
    if settings.accept_unsigned { Ok(()) } else { Err(SignatureError::NoSecret) }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Why a delivery is refused.
enum Refusal<E> {
    Body(BodyError),
    Signature(SignatureError),
    Payload(PayloadError),
    Sink(E),
}

async fn answer<S: Sink>(
    shared: &Shared<S>,
    source: Source,
    headers: &HeaderMap,
    body: Body,
    verify: impl Fn(&[u8], Timestamp) -> Result<(), SignatureError>,
) -> Response {
    let (outcome, response) = match receive(shared, source, headers, body, verify).await {
        Ok(outcome) => (outcome, (StatusCode::OK, axum::Json(json!({ "result": outcome.key() }))).into_response()),
        Err(refusal) => refuse(source, refusal),
    };
    shared.metrics.count(source, outcome);
    response
}

async fn receive<S: Sink>(
    shared: &Shared<S>,
    source: Source,
    headers: &HeaderMap,
    body: Body,
    verify: impl Fn(&[u8], Timestamp) -> Result<(), SignatureError>,
) -> Result<Outcome, Refusal<S::Error>> {
    let Settings { max_body, body_timeout, context, .. } = &shared.settings;
    let body = body::read(headers, body, *max_body, *body_timeout).await.map_err(Refusal::Body)?;
    let now = (shared.clock)();
    verify(&body, now).map_err(Refusal::Signature)?;
    let payload = str::from_utf8(&body).map_err(|error| {
        let reason = "the body is not UTF-8".to_owned();
        Refusal::Payload(PayloadError::NotJson { reason, line: 1, column: error.valid_up_to() + 1 })
    })?;
    // Some proxies put a byte order mark before what they pass on.
    let payload = payload.strip_prefix('\u{feff}').unwrap_or(payload);
    // Fields are added while the listener runs.
    let custom_fields = shared.sink.custom_fields().await.map_err(Refusal::Sink)?;
    let context = match custom_fields {
        Some(custom_fields) => &Context { custom_fields, ..context.clone() },
        None => context,
    };
    let parsed = understand(Some(source), payload, context, now).map_err(Refusal::Payload)?;
    let event = parsed.interactions.first().map(|interaction| interaction.event.clone()).unwrap_or_default();
    for warning in &parsed.warnings {
        // The place only: the reason holds what a person typed.
        tracing::warn!(%source, event, key = warning.key, "a part of a delivery was left out");
    }
    let applied = shared.sink.take(&parsed.interactions, now).await.map_err(Refusal::Sink)?;
    Ok(match applied.first() {
        Some(Applied { duplicate: true, .. }) => Outcome::Duplicate,
        Some(Applied { unknown: true, .. }) => Outcome::Unknown,
        _ => Outcome::Stored,
    })
}

fn refuse<E: std::error::Error + 'static>(source: Source, refusal: Refusal<E>) -> (Outcome, Response) {
    let (outcome, status, reason) = match refusal {
        Refusal::Body(error @ BodyError::TooLarge { .. }) => {
            (Outcome::Oversized, StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
        }
        Refusal::Body(error @ BodyError::TooSlow { .. }) => {
            (Outcome::TimedOut, StatusCode::REQUEST_TIMEOUT, error.to_string())
        }
        Refusal::Body(error @ BodyError::Broken) => (Outcome::Malformed, StatusCode::BAD_REQUEST, error.to_string()),
        Refusal::Signature(error) => (Outcome::Unauthorized, StatusCode::UNAUTHORIZED, error.to_string()),
        Refusal::Payload(error) => (Outcome::Malformed, StatusCode::BAD_REQUEST, error.to_string()),
        Refusal::Sink(error) => {
            tracing::error!(%source, error = &error as &dyn std::error::Error, "a delivery could not be stored");
            let reason = "the delivery could not be stored; send it again".to_owned();
            (Outcome::Failed, StatusCode::SERVICE_UNAVAILABLE, reason)
        }
    };
    if outcome != Outcome::Failed {
        tracing::warn!(%source, status = status.as_u16(), result = outcome.key(), "a delivery was refused");
    }
    let mut response = (status, axum::Json(json!({ "error": reason }))).into_response();
    match outcome {
        Outcome::Failed => response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30")),
        // What is left of the body must not be taken for the next request.
        Outcome::Oversized | Outcome::TimedOut => {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"))
        }
        _ => None,
    };
    (outcome, response)
}

/// A reader of health checks learns whether deliveries can be stored, and nothing else.
async fn health<S: Sink>(State(shared): State<Arc<Shared<S>>>) -> Response {
    match shared.sink.healthy().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not healthy");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}

async fn metrics_text<S: Sink>(State(shared): State<Arc<Shared<S>>>) -> Response {
    match shared.sink.figures((shared.clock)()).await {
        Ok(figures) => {
            let text = shared.metrics.text() + &figures;
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no figures");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}
