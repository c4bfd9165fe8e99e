//! `GET /v1/owner`: what `rolodeck owner` prints, for a booking page that asks before it shows times.
//!
//! It stands behind the API's gate: whose somebody is tells that they are known.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};

use crate::domain::Email;
use crate::ingest::api::ApiError;
use crate::salesforce::Client;
use crate::store::Store;
use crate::sync::account::Place;
use crate::sync::calls::counting;
use crate::sync::owner::{Finding, Lookup, Question};

/// What the route needs; without a connection it answers that it has none.
pub(super) struct Owners {
    pub lookup: Lookup,
    /// The org, or why there is none, in words.
    pub client: Result<Client, String>,
    /// Keeps account of the calls.
    pub store: Store,
}

/// The route, for the gate to protect.
pub(super) fn router(owners: Owners) -> Router {
    Router::new().route("/v1/owner", get(owner)).with_state(Arc::new(owners))
}

async fn owner(
    State(owners): State<Arc<Owners>>,
    Query(said): Query<Vec<(String, String)>>,
) -> Result<Json<Finding>, ApiError> {
    let only = |name: &str| {
        let mut values = said.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next().map(str::trim).filter(|value| !value.is_empty());
        match values.next() {
            Some(_) => Err(ApiError::invalid(format!("`{name}` is given twice")).of(name)),
            None => Ok(first),
        }
    };
    let known = ["email", "host", "country", "state", "zip", "sub_region"];
    if let Some((other, _)) = said.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        return Err(ApiError::invalid(format!("there is no `{other}`; there are {}", known.join(", "))).of(other));
    }
    let email = only("email")?.ok_or_else(|| ApiError::invalid("whose owner is asked for?").of("email"))?;
    let email = Email::parse(email).map_err(|error| ApiError::invalid(error.to_string()).of("email"))?;
    // Several hosts come as several parameters, or as one with commas.
    let hosts = said.iter().filter(|(key, _)| key == "host").flat_map(|(_, hosts)| hosts.split(','));
    let hosts = hosts.map(str::trim).filter(|host| !host.is_empty());
    let hosts = hosts.map(|host| Email::parse(host).map(String::from)).collect::<Result<Vec<_>, _>>();
    let hosts = hosts.map_err(|error| ApiError::invalid(error.to_string()).of("host"))?;
    let place =
        Place { country: only("country")?, state: only("state")?, zip: only("zip")?, sub_region: only("sub_region")? };
    let client = owners.client.as_ref().map_err(|why| ApiError::unavailable(why.clone()))?;
    let question = Question { email: email.as_str(), hosts: &hosts, place };
    match counting(&owners.store, client, owners.lookup.find(client, question)).await {
        Ok(finding) => Ok(Json(finding)),
        Err(error) => {
            // Not "nobody": whoever asks must know that it is not known.
            tracing::warn!(error = &error as &dyn std::error::Error, "an owner could not be looked up");
            Err(ApiError::upstream("Salesforce did not answer; book with normal distribution, or ask again"))
        }
    }
}
