//! The HTTP API of `rolodeck serve`: what a program may ask and change, if it has a key.
//!
//! Every route stands behind the [`Gate`]: no key, no answer about anybody. Shapes are those of OnceHub's API v2 without
//! its silent traps. A route of another room (the owner lookup) is put behind the same gate by [`Gate::protect`].

mod body;
mod contacts;
mod error;
mod gate;
pub mod key;
mod limit;
mod list;
mod lookup;
pub mod shape;

pub use error::ApiError;
pub use gate::{Caller, Gate};
pub use limit::Rate;

use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::domain::Email;
use crate::domain::phone::Country;
use crate::filter::{Context, List};
use crate::store::{Store, StoreError};

/// What the API must know of this installation.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The country of phone numbers that are written without one.
    pub country: Option<Country>,
    /// Where the days of a filter begin.
    pub zone: TimeZone,
    /// Whose `mine` is in a filter of a key that is nobody's.
    pub me: Option<Email>,
}

/// What handlers share.
#[derive(Clone)]
struct Api {
    store: Store,
    surroundings: Surroundings,
    clock: fn() -> Timestamp,
}

impl Api {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn country(&self) -> Option<Country> {
        self.surroundings.country
    }

    /// The store in the hands of a key: it may do what its user may, and the history tells which key it was.
    fn store(&self, caller: &Caller) -> Store {
        self.store.acting(caller.actor.clone())
    }

    async fn filter_context(&self, store: &Store, caller: &Caller) -> Result<Context, StoreError> {
        Ok(Context {
            list: List::Contacts,
            now: self.now(),
            zone: self.surroundings.zone.clone(),
            me: caller.user.clone().or_else(|| self.surroundings.me.clone()),
            custom: store.custom_fields().await?,
        })
    }
}

/// All routes, behind the gate.
pub fn router(gate: &Gate, surroundings: Surroundings) -> Router {
    let api = Api { store: gate.store().clone(), surroundings, clock: gate.clock() };
    let routes = Router::new()
        .route("/v2/test", get(test))
        .route("/v2/contacts", get(contacts::list).post(contacts::create))
        .route("/v2/contacts/{id}", get(contacts::get).patch(contacts::change).delete(contacts::delete))
        .route("/v2/lookup", get(lookup::lookup))
        .route("/hooks/page-views", post(lookup::page_views))
        .with_state(api);
    gate.protect(routes)
}

/// A check of the key.
async fn test(Extension(caller): Extension<Caller>) -> Json<serde_json::Value> {
    Json(json!({
        "object": "test", "key": caller.name, "user": caller.user.as_ref().map(Email::as_str), "role": caller.actor.role,
    }))
}
