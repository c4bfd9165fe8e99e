//! Who may ask: a key in `Authorization: Bearer …` or `API-Key: …`, and not too often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::limit::{Bucket, Rate};
use super::{ApiError, key};
use crate::domain::{Actor, Email};
use crate::ingest::hex;
use crate::store::Store;

/// OnceHub's header for keys.
const KEY_HEADER: &str = "api-key";

/// By which an answer and a line of our log are known to belong together.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Who asks, for handlers behind the gate (`Extension<Caller>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Number of the key.
    pub key: i64,
    /// Its name.
    pub name: String,
    /// The user whose key it is, if it is somebody's: whose `mine` is in a filter.
    pub user: Option<Email>,
    /// Who acts: what changes are put down to (`api:NAME`), and what the key may do.
    pub actor: Actor,
}

/// The gate before the API. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Gate {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    rate: Rate,
    clock: fn() -> Timestamp,
    /// By key; `None` is everybody without one. Keys are few and made by hand, so this stays small.
    buckets: Mutex<HashMap<Option<i64>, Bucket>>,
}

impl Gate {
    /// A gate that knows the keys of a store.
    pub fn new(store: Store, rate: Rate, clock: fn() -> Timestamp) -> Self {
        Self { shared: Arc::new(Shared { store, rate, clock, buckets: Mutex::default() }) }
    }

    /// The store whose keys it knows.
    pub(super) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Its clock.
    pub(super) fn clock(&self) -> fn() -> Timestamp {
        self.shared.clock
    }

    /// Puts all routes behind the gate.
    pub fn protect<S: Clone + Send + Sync + 'static>(&self, routes: Router<S>) -> Router<S> {
        routes.route_layer(middleware::from_fn_with_state(self.clone(), pass))
    }

    async fn admit(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let now = (self.shared.clock)();
        let Some(given) = given(headers) else {
            self.count(None, now)?;
            return Err(ApiError::unauthorized("there is no API key; send one as `Authorization: Bearer KEY`"));
        };
        let hash = key::hash(given);
        let keys = self.shared.store.api_keys().await?;
        // Every key is compared, found or not.
        let found =
            keys.into_iter().fold(None, |found, known| if key::same(&known.hash, &hash) { Some(known) } else { found });
        let Some(found) = found.filter(|key| key.revoked_at.is_none() && key.user_active) else {
            self.count(None, now)?;
            return Err(ApiError::unauthorized(
                "the API key is not valid; it was mistyped or revoked, or its user is not active",
            ));
        };
        self.count(Some(found.id), now)?;
        if let Err(error) = self.shared.store.api_key_used(&found, now).await {
            // Whoever may ask is answered, also while the disk is full.
            tracing::warn!(error = &error as &dyn std::error::Error, "the use of an API key could not be written down");
        }
        let actor = self.shared.store.actor_of_key(&found).await?;
        Ok(Caller { key: found.id, name: found.name, user: found.user, actor })
    }

    fn count(&self, key: Option<i64>, now: Timestamp) -> Result<(), ApiError> {
        // A thread that panicked left a number behind, nothing worse.
        let mut buckets = self.shared.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert_with(|| Bucket::new(self.shared.rate, now));
        bucket.take(self.shared.rate, now).map_err(ApiError::too_many)
    }
}

/// The key of a request.
fn given(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = || {
        let (scheme, key) = text(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    };
    text(KEY_HEADER).or_else(bearer).filter(|key| !key.is_empty())
}

async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let id = request_id();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match gate.admit(request.headers()).await {
        Ok(caller) => {
            let name = caller.name.clone();
            request.extensions_mut().insert(caller);
            let response = next.run(request).await;
            tracing::debug!(request = id, key = name, %method, path, status = response.status().as_u16(), "api");
            response
        }
        Err(error) => {
            tracing::warn!(request = id, %method, path, status = error.status().as_u16(), "a request of the API was refused");
            error.into_response()
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn request_id() -> String {
    let mut random = [0; 8];
    // An id that is not random names the same request all the same.
    let _ = getrandom::fill(&mut random);
    format!("req_{}", hex(&random))
}
