//! Stand-ins of the Cal.com and OnceHub APIs on the loopback: lists, paging, filters, keys and limits as documented.
#![allow(dead_code)] // each test program uses its part

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What an API holds, what it was asked, and what it is to do wrong.
#[derive(Default)]
pub struct Held {
    pub bookings: Vec<Value>,
    pub contacts: Vec<Value>,
    pub users: Vec<Value>,
    /// Paths with their queries, in order.
    pub asked: Vec<(String, HashMap<String, String>)>,
    /// Answers with this status from the call of this number on (from 1), once.
    pub fail: Option<(usize, u16)>,
    /// What must stand before the name of what a list is to expand; `None`: lists expand nothing.
    pub expands: Option<&'static str>,
}

#[derive(Clone)]
pub struct Api {
    pub held: Arc<Mutex<Held>>,
    pub url: String,
}

/// The key that the stand-ins take.
pub const KEY: &str = "k3y-of-the-tests";

fn list(path: &'static str) -> axum::routing::MethodRouter<Arc<Mutex<Held>>> {
    let answer = move |State(held): State<Arc<Mutex<Held>>>,
                       Query(query): Query<HashMap<String, String>>,
                       headers: HeaderMap| async move { oncehub(path, &held, &query, &headers) };
    get(answer)
}

impl Api {
    async fn start(route: fn(Arc<Mutex<Held>>) -> Router, held: Held) -> Self {
        let held = Arc::new(Mutex::new(held));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = route(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { held, url }
    }

    pub async fn calcom(bookings: Vec<Value>) -> Self {
        let route = |held| Router::new().route("/v2/bookings", get(calcom)).with_state(held);
        Self::start(route, Held { bookings, ..Held::default() }).await
    }

    pub async fn oncehub(held: Held) -> Self {
        let route = |held| {
            Router::new()
                .route("/v2/bookings", list("/v2/bookings"))
                .route("/v2/contacts", list("/v2/contacts"))
                .route("/v2/contacts/{id}", get(contact))
                .route("/v2/users", list("/v2/users"))
                .with_state(held)
        };
        Self::start(route, held).await
    }

    pub fn asked(&self) -> Vec<(String, HashMap<String, String>)> {
        std::mem::take(&mut self.held.lock().unwrap().asked)
    }
}

/// Notes the question; a refusal if the key is wrong or a failure is due.
fn note(held: &mut Held, path: &str, query: &HashMap<String, String>, key_is_good: bool) -> Option<Response> {
    held.asked.push((path.to_owned(), query.clone()));
    if !key_is_good {
        return Some((StatusCode::UNAUTHORIZED, axum::Json(json!({"message": "Invalid API key"}))).into_response());
    }
    if let Some((n, status)) = held.fail
        && held.asked.len() == n
    {
        held.fail = None;
        let body = json!({"type": "api_error", "message": "try later"});
        return Some((StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response());
    }
    None
}

/// Cal.com reference 5.4: `after…`, `sort…`, `take`, `skip`, and the pagination block.
async fn calcom(
    State(held): State<Arc<Mutex<Held>>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut held = held.lock().unwrap();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let good = header("authorization").as_deref() == Some(&format!("Bearer {KEY}"))
        && header("cal-api-version").as_deref() == Some("2024-08-13");
    if let Some(refusal) = note(&mut held, "/v2/bookings", &query, good) {
        return refusal;
    }
    let key = if query.contains_key("afterUpdatedAt") { "updatedAt" } else { "createdAt" };
    let after = query.get("afterUpdatedAt").or_else(|| query.get("afterCreatedAt")).unwrap();
    let mut found: Vec<&Value> =
        held.bookings.iter().filter(|booking| booking[key].as_str().is_some_and(|at| at >= after.as_str())).collect();
    found.sort_by_key(|booking| booking[key].as_str().unwrap().to_owned());
    let number = |name: &str| query[name].parse::<usize>().unwrap();
    let (take, skip) = (number("take"), number("skip"));
    assert!((1..=250).contains(&take));
    let page: Vec<_> = found.iter().skip(skip).take(take).collect();
    let more = skip + page.len() < found.len();
    let body =
        json!({"status": "success", "data": page, "pagination": {"totalItems": found.len(), "hasNextPage": more}});
    axum::Json(body).into_response()
}

/// OnceHub reference 5.2: one contact by its id.
async fn contact(
    State(held): State<Arc<Mutex<Held>>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut held = held.lock().unwrap();
    let good = headers.get("API-Key").is_some_and(|value| value == KEY);
    if let Some(refusal) = note(&mut held, &format!("/v2/contacts/{id}"), &query, good) {
        return refusal;
    }
    match held.contacts.iter().find(|contact| contact["id"] == *id) {
        Some(contact) => axum::Json(contact.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"type": "invalid_request_error"}))).into_response(),
    }
}

/// OnceHub reference 5.1: newest first, `limit`, `after` an id, `last_updated_time.gt`, `has_more`.
fn oncehub(
    path: &'static str,
    held: &Arc<Mutex<Held>>,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Response {
    let mut held = held.lock().unwrap();
    let good = headers.get("API-Key").is_some_and(|value| value == KEY);
    if let Some(refusal) = note(&mut held, path, query, good) {
        return refusal;
    }
    let all = match path {
        "/v2/bookings" => &held.bookings,
        "/v2/contacts" => &held.contacts,
        _ => &held.users,
    };
    let since = query.get("last_updated_time.gt");
    let time = |item: &Value| item["last_updated_time"].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<&Value> = all.iter().filter(|item| since.is_none_or(|since| time(item) > *since)).collect();
    found.sort_by_key(|item| std::cmp::Reverse(time(item)));
    let limit: usize = query["limit"].parse().unwrap();
    assert!((1..=100).contains(&limit));
    let begin = query.get("after").map_or(0, |id| 1 + found.iter().position(|item| item["id"] == **id).unwrap());
    let heard = held.expands.is_some_and(|before| {
        query.get("expand").is_some_and(|names| names.split(',').any(|name| name == format!("{before}contact")))
    });
    let expanded = |item: &Value| {
        let mut item = item.clone();
        if heard && let Some(contact) = held.contacts.iter().find(|contact| contact["id"] == item["contact"]) {
            item["contact"] = contact.clone();
        }
        item
    };
    let page: Vec<_> = found.iter().skip(begin).take(limit).map(|item| expanded(item)).collect();
    let more = begin + page.len() < found.len();
    axum::Json(json!({"object": "list", "data": page, "has_more": more})).into_response()
}
