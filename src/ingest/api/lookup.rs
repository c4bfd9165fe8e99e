//! `GET /v2/lookup`: what is known of an email or phone, so that a bot or form need not ask again and can route (product
//! C13); and `POST /hooks/page-views`: the pages that somebody looked at (product C12).

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Api, ApiError, Caller, body, shape};
use crate::domain::{Email, Phone, Status};
use crate::store::PageView;

/// Pages of one request.
const MOST_VIEWS: usize = 100;

/// Longest address and title.
const LONGEST: usize = 2_048;

/// Clocks of browsers may be ahead of ours by so much.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

pub async fn lookup(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, ApiError> {
    let (mut email, mut phone) = (None, None);
    for (key, value) in &pairs {
        match key.as_str() {
            "email" => email = Some(read_email(value)?),
            "phone" => phone = Some(read_phone(&api, value)?),
            _ => {
                return Err(
                    ApiError::invalid(format!("there is no parameter `{key}`; give email, phone or both")).of(key)
                );
            }
        }
    }
    if email.is_none() && phone.is_none() {
        return Err(ApiError::invalid("give an email, a phone or both").of("email"));
    }
    let store = api.store(&caller);
    let nobody = || {
        Json(json!({ "object": "lookup", "known": false, "contact": null, "fields": {}, "status": null,
        "owner": null, "salesforce": null }))
    };
    let Some(id) = store.contact_of(email.as_ref(), phone.as_ref()).await? else { return Ok(nobody()) };
    let Some(detail) = store.contact_detail(id).await? else { return Ok(nobody()) };
    let contact = &detail.contact;
    let salesforce = detail.link.as_ref().map(|link| {
        let owner = ["owner", "OwnerId"].iter().find_map(|key| link.seen.get(key)).cloned();
        json!({ "object": link.object, "id": link.record_id, "owner": owner, "read_at": link.updated_at })
    });
    let owner = contact.owner.as_ref().and_then(|owner| owner.email.as_ref()).map(|email| email.as_str().to_owned());
    Ok(Json(json!({
        "object": "lookup", "known": true, "contact": shape::id(id), "fields": shape::known(&contact.values),
        "status": contact.status.map(Status::label), "owner": owner, "salesforce": salesforce,
    })))
}

fn read_email(text: &str) -> Result<Email, ApiError> {
    Email::parse(text).map_err(|error| ApiError::invalid(error.to_string()).of("email"))
}

fn read_phone(api: &Api, text: &str) -> Result<Phone, ApiError> {
    // In an address a plus sign may have become a blank.
    let text = text.trim();
    let plus = format!("+{text}");
    let with_plus = |_| Phone::parse(&plus, None);
    Phone::parse(text, api.country()).or_else(with_plus).map_err(|_| {
        ApiError::invalid(format!("`{text}` is not a phone number; write it with its country code")).of("phone")
    })
}

/// Takes page views. Whose they are is told by email, phone or contact; of somebody unknown, or without consent, nothing
/// is kept, and the answer is the same.
pub async fn page_views(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = body::object(&headers, body).await?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let store = api.store(&caller);
    let contact = if let Some(id) = text("contact") {
        Some(shape::parse_id(id).ok_or_else(|| ApiError::invalid("no id of a contact").of("contact"))?)
    } else {
        let email = text("email").map(read_email).transpose()?;
        let phone = text("phone").or(text("mobile_phone")).map(|text| read_phone(&api, text)).transpose()?;
        if email.is_none() && phone.is_none() {
            return Err(ApiError::invalid("tell whose they are: email, phone or contact").of("email"));
        }
        store.contact_of(email.as_ref(), phone.as_ref()).await?
    };
    let given = match body.get("views") {
        Some(Value::Array(views)) => views.clone(),
        None => vec![Value::Object(body.clone())],
        Some(_) => return Err(ApiError::invalid("views is a list").of("views")),
    };
    if given.len() > MOST_VIEWS {
        return Err(ApiError::invalid(format!("at most {MOST_VIEWS} views at once")).of("views"));
    }
    let views = given.iter().map(|view| read_view(view, api.now())).collect::<Result<Vec<_>, _>>()?;
    if let Some(contact) = contact {
        store.add_page_views(contact, &views).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "result": "accepted" }))).into_response())
}

fn read_view(view: &Value, now: Timestamp) -> Result<PageView, ApiError> {
    let invalid = |key: &str, message: &str| ApiError::invalid(message.to_owned()).of(key);
    let url = view.get("url").and_then(Value::as_str).unwrap_or_default().trim();
    let plain = url.len() <= LONGEST && !url.chars().any(char::is_control);
    if !plain || !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err(invalid("url", "url is the address of a page, https://…, of at most 2048 characters"));
    }
    let title = view.get("title").and_then(Value::as_str).map(str::trim).filter(|title| !title.is_empty());
    let seconds = match view.get("seconds") {
        None | Some(Value::Null) => None,
        Some(seconds) => Some(
            seconds
                .as_f64()
                .filter(|seconds| (0.0..=86_400.0).contains(seconds))
                .ok_or_else(|| invalid("seconds", "seconds is a number from 0 to 86400"))? as i64,
        ),
    };
    let at = match view.get("at") {
        None | Some(Value::Null) => now,
        Some(at) => at
            .as_str()
            .and_then(|at| at.parse::<Timestamp>().ok())
            .filter(|at| *at <= now + AHEAD)
            .ok_or_else(|| invalid("at", "at is a time that has been, as in 2026-03-01T08:00:00Z"))?,
    };
    let title = title.map(|title| title.chars().take(LONGEST).collect());
    Ok(PageView { url: url.to_owned(), title, seconds, at })
}
