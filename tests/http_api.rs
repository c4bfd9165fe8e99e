//! The HTTP API through its sockets: who may ask, what is answered, and what the answers never tell.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

#[path = "http_api/contacts.rs"]
mod contacts;
#[path = "http_api/keys.rs"]
mod keys;
#[path = "http_api/roles.rs"]
mod roles;

use std::net::SocketAddr;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use rolodeck::domain::phone::Country;
use rolodeck::ingest::api::key::NewKey;
use rolodeck::ingest::api::{self, Gate, Rate, Surroundings};
use rolodeck::ingest::listener::{self, Settings};
use rolodeck::ingest::sink::StoreSink;
use rolodeck::store::{IdentityRules, Store};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

/// The time in these tests: every look at the clock is a microsecond later.
fn now() -> Timestamp {
    static PASSED: AtomicI64 = AtomicI64::new(0);
    Timestamp::from_microsecond(1_790_000_000_000_000 + PASSED.fetch_add(1, Ordering::Relaxed)).unwrap()
}

/// A listener on a free loopback port, a store behind it, and a key that opens it.
pub struct Server {
    pub address: SocketAddr,
    pub store: Store,
    pub key: String,
    client: reqwest::Client,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub json: Json,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Rate { per_second: 1_000, burst: 10_000 }).await
    }

    pub async fn with(rate: Rate) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        let key = NewKey::generate().unwrap();
        store.api_key_create("tests", &key.hash, None, now()).await.unwrap().unwrap();
        let socket = listener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let stop = CancellationToken::new();
        let sink = StoreSink { store: store.clone(), rules: IdentityRules::default() };
        let surroundings = Surroundings { country: Country::parse("NO"), zone: jiff::tz::TimeZone::UTC, me: None };
        let gate = Gate::new(store.clone(), rate, now);
        let router = listener::router(sink, Settings::default(), now).merge(api::router(&gate, surroundings));
        tokio::spawn(listener::serve(socket, router, stop.clone(), Duration::from_millis(100)));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, store, key: key.text().to_owned(), client, stop, _folder: folder }
    }

    /// A request with whatever headers.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Json>) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, json: response.json().await.unwrap_or(Json::Null) }
    }

    /// A request with the key.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Answer {
        self.ask(method, path, &[("API-Key", &self.key)], body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
