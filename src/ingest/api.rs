//! The HTTP API of `rolodeck serve`: what a program may ask and change, if it has a key.
//!
//! Every route stands behind the [`Gate`]: no key, no answer about anybody. Shapes are those of OnceHub's API v2 without
//! its silent traps. A route of another room (the owner lookup) is put behind the same gate by [`Gate::protect`].

mod error;
mod gate;
pub mod key;
mod limit;

pub use error::ApiError;
pub use gate::{Caller, Gate};
pub use limit::Rate;

use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::json;

/// All routes, behind the gate.
pub fn router(gate: &Gate) -> Router {
    gate.protect(Router::new().route("/v2/test", get(test)))
}

/// A check of the key.
async fn test(Extension(caller): Extension<Caller>) -> Json<serde_json::Value> {
    Json(json!({ "object": "test", "key": caller.name }))
}
