//! The network edge: connections, bodies, faults of the wire. Everything else is the [`Engine`].

mod connection;

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::engine::Engine;
use super::errors::ApiError;
use super::faults::Effect;
use super::http::{Answer, Body, Call, Reply};
use super::{Faults, OrgFile, OrgFileError};
use connection::{Cut, CuttableListener};

/// The longest body (Salesforce: 50 MB).
const MAX_BODY: usize = 50 * 1024 * 1024;
/// The longest URI, and the longest URI with headers (Salesforce: 16,384 bytes).
const MAX_URI: usize = 16_384;

/// Why the sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is open to other machines.
    #[error("the sandbox listens on the loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The org file contradicts itself.
    #[error(transparent)]
    Org(#[from] OrgFileError),
}

type SharedEngine = Arc<Mutex<Engine>>;

/// What a request needs. The rules stand beside the engine, so that none of them waits for a request at work.
#[derive(Debug, Clone)]
struct Shared {
    engine: SharedEngine,
    faults: Arc<Mutex<Faults>>,
}

/// A running stand-in. Dropping it stops the server.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    token: String,
    engine: SharedEngine,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Builds the org and begins to listen. Port 0 takes a free one.
    pub async fn start(listen: SocketAddr, org: OrgFile, faults: Faults) -> Result<Self, SandboxError> {
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let mut engine = Engine::new(org.build()?, faults);
        let failed = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        engine.sessions.set_address(&format!("http://{address}"));
        let token = engine.sessions.permanent_token().to_owned();
        let faults = Arc::clone(&engine.faults);
        let engine = Arc::new(Mutex::new(engine));
        let stop = CancellationToken::new();
        let shared = Shared { engine: Arc::clone(&engine), faults };
        let app = Router::new().fallback(serve).with_state(shared);
        let service = app.into_make_service_with_connect_info::<Cut>();
        let stopped = stop.clone();
        let server = tokio::spawn(async move {
            let serving = axum::serve(CuttableListener(listener), service);
            let serving = serving.with_graceful_shutdown(stopped.clone().cancelled_owned());
            tokio::select! {
                _ = serving => {}
                // A request that a fault delays does not hold up the end.
                () = stopped.cancelled() => {}
            }
        });
        Ok(Self { address, token, engine, stop, server })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A token that always works.
    pub fn access_token(&self) -> String {
        self.token.clone()
    }

    /// The whole org by type, as `/__admin/dump` answers it.
    pub fn dump(&self) -> serde_json::Value {
        lock(&self.engine).org.dump()
    }

    /// The figures, as `/__admin/stats` answers them.
    pub fn stats(&self) -> serde_json::Value {
        lock(&self.engine).stats()
    }

    /// Stops listening.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A request that panicked leaves the org usable: every change is journalled before it is answered.
fn lock(engine: &SharedEngine) -> std::sync::MutexGuard<'_, Engine> {
    engine.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(State(shared): State<Shared>, ConnectInfo(cut): ConnectInfo<Cut>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let headers = lower_case(&parts.headers);
    if let Some(error) = too_long(&target, &headers) {
        return respond(error.into(), None);
    }
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else {
        let error = ApiError::new(413, "EXCEEDED_MAX_SIZE_REQUEST", "Size of request exceeded limit");
        return respond(error.into(), None);
    };
    let bytes = match unzip(&headers, bytes.to_vec()) {
        Ok(bytes) => bytes,
        Err(error) => return respond(error.into(), None),
    };
    let call = Call::new(parts.method.as_str(), &target, headers, Body::Bytes(bytes));
    let effects = strike(&shared.faults, &call, &target);
    for effect in &effects {
        if let Effect::DelayMs(milliseconds) = effect {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
        }
    }
    if effects.contains(&Effect::CloseBeforeCommit) {
        return cut.now();
    }
    if let Some(reply) = effects.iter().find_map(Effect::answer) {
        return respond(reply, None);
    }
    let worker = Arc::clone(&shared.engine);
    let reply = tokio::task::spawn_blocking(move || lock(&worker).handle(&call)).await;
    if effects.contains(&Effect::CloseAfterCommit) {
        return cut.now();
    }
    let limit =
        effects.iter().find_map(|effect| if let Effect::Truncate(bytes) = effect { Some(*bytes) } else { None });
    let reply =
        reply.unwrap_or_else(|_| ApiError::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred").into());
    respond(reply, limit)
}

fn strike(faults: &Mutex<Faults>, call: &Call, target: &str) -> Vec<Effect> {
    if target.starts_with("/__admin") {
        return Vec::new();
    }
    faults.lock().unwrap_or_else(PoisonError::into_inner).strike_request(call, target, call.text())
}

fn lower_case(headers: &HeaderMap) -> Vec<(String, String)> {
    // Names are already in lower case; values may be any bytes.
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn too_long(target: &str, headers: &[(String, String)]) -> Option<ApiError> {
    let in_headers: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    if target.len() > MAX_URI {
        return Some(ApiError::new(414, "URI_TOO_LONG", "The URI is longer than 16,384 bytes"));
    }
    let all = target.len() + in_headers;
    (all > MAX_URI).then(|| ApiError::new(431, "HEADERS_TOO_LARGE", "URI and headers are longer than 16,384 bytes"))
}

fn unzip(headers: &[(String, String)], bytes: Vec<u8>) -> Result<Vec<u8>, ApiError> {
    let zipped = headers.iter().any(|(name, value)| name == "content-encoding" && value.eq_ignore_ascii_case("gzip"));
    if !zipped {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(MAX_BODY as u64 + 1);
    reader.read_to_end(&mut out).map_err(|_| ApiError::bad("INVALID_INPUT", "The body is not valid gzip"))?;
    if out.len() > MAX_BODY {
        return Err(ApiError::new(413, "EXCEEDED_MAX_SIZE_REQUEST", "Size of request exceeded limit"));
    }
    Ok(out)
}

/// Turns a reply into a response; `limit` cuts the body, which makes well-formed HTTP around broken JSON.
fn respond(reply: Reply, limit: Option<usize>) -> Response {
    let (content_type, mut bytes) = match reply.body {
        Answer::Empty => (None, Vec::new()),
        Answer::Json(value) => (Some("application/json;charset=UTF-8"), value.to_string().into_bytes()),
        Answer::Text(content_type, text) => (Some(content_type), text.into_bytes()),
    };
    bytes.truncate(limit.unwrap_or(usize::MAX));
    let mut response = Response::new(HttpBody::from(bytes));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.to_lowercase()), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    response
}
