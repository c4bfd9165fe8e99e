//! `/v2/contacts`: list, get, create, change, delete.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::list::{ListParams, Place};
use super::{Api, ApiError, Caller, body, shape};
use crate::domain::edit::{Edit, FieldError};
use crate::domain::{Contact, ContactId, Field, FieldKey};
use crate::store::{Anchor, ChangeError, ContactOrder, Edited, Key, Order, Selection, SortValue, Store};

/// Newest first, as OnceHub lists them.
const ORDER: Order<ContactOrder> = Order { by: ContactOrder::Created, descending: true };

type Pairs = Vec<(String, String)>;

pub async fn list(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let params = ListParams::parse(&pairs)?;
    let store = api.store(&caller);
    let filter = params.filter(&api.filter_context(&store, &caller).await?)?;
    let anchor = match params.place {
        None => Anchor::First,
        Some(Place::After(id)) => Anchor::After(place(&store, id, "after").await?),
        Some(Place::Before(id)) => Anchor::Before(place(&store, id, "before").await?),
    };
    let window = store.contact_page(&filter, ORDER, &anchor, params.limit).await?;
    let ids: Vec<ContactId> = window.rows.iter().map(|(_, row)| row.id).collect();
    let contacts = store.contacts_by_id(&ids).await?;
    let more = if matches!(params.place, Some(Place::Before(_))) { window.before } else { window.after };
    let data: Vec<_> = contacts.iter().map(shape::contact).collect();
    let mut response = Json(json!({ "object": "list", "data": data, "has_more": more })).into_response();
    let mut links = Vec::new();
    if let (Some(last), true) = (ids.last(), window.after) {
        links.push(link(&params, "after", *last, "next"));
    }
    if let (Some(first), true) = (ids.first(), window.before) {
        links.push(link(&params, "before", *first, "previous"));
    }
    if let Ok(links) = HeaderValue::from_str(&links.join(", "))
        && !links.is_empty()
    {
        response.headers_mut().insert(header::LINK, links);
    }
    Ok(response)
}

/// Where a contact stands in the list.
async fn place(store: &Store, id: ContactId, param: &str) -> Result<Key, ApiError> {
    let at = store.contact_created_at(id).await?.ok_or_else(|| {
        ApiError::invalid(format!("there is no contact {} any more; begin again without {param}", shape::id(id)))
            .of(param)
    })?;
    Ok(Key { sort: SortValue::Integer(at.as_millisecond()), id })
}

/// The address of another page.
fn link(params: &ListParams, side: &str, id: ContactId, rel: &str) -> String {
    let mut query = String::new();
    for (key, value) in &params.kept {
        let _ = write!(query, "{key}={}&", escaped(value)); // a String takes everything
    }
    format!("</v2/contacts?{query}limit={}&{side}={}>; rel=\"{rel}\"", params.limit, shape::id(id))
}

/// A value in an address.
fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}"); // a String takes everything
        }
        text
    })
}

pub async fn get(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let contact = find(&api.store(&caller), &id).await?;
    Ok(Json(shape::contact(&contact)))
}

async fn find(store: &Store, id: &str) -> Result<Contact, ApiError> {
    let none = || ApiError::not_found(format!("there is no contact {id}"));
    let found = store.contacts_by_id(&[shape::parse_id(id).ok_or_else(none)?]).await?;
    found.into_iter().next().ok_or_else(none)
}

pub async fn create(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = body::object(&headers, body).await?;
    let store = api.store(&caller);
    let edit = Edit::from_json(&store.schema(api.country()).await?, &body).map_err(|errors| wrong(&errors))?;
    let added = store.add_contact(&edit, "api", false, api.now()).await.map_err(refused)?;
    let place = format!("/v2/contacts/{}", shape::id(added.contact.id));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(shape::contact(&added.contact))).into_response())
}

pub async fn change(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<serde_json::Value>, ApiError> {
    let body = body::object(&headers, body).await?;
    let store = api.store(&caller);
    let contact = find(&store, &id).await?;
    let edit = Edit::from_json(&store.schema(api.country()).await?, &body).map_err(|errors| wrong(&errors))?;
    if edit == Edit::default() {
        return Err(ApiError::invalid("the body changes nothing: give at least one field"));
    }
    match store.edit(contact.id, &edit, api.now()).await.map_err(refused)? {
        Edited::Saved(saved) => Ok(Json(shape::contact(&saved.contact))),
        Edited::NeedsMerge(prompt) => {
            let other = shape::id(prompt.existing.id);
            let email = edit.values.get(&FieldKey::System(Field::Email)).and_then(Option::as_ref);
            let by_email = email.is_some() && email == prompt.existing.values.get(Field::Email);
            let param = if by_email { "email" } else { "mobile_phone" };
            Err(ApiError::conflict(format!(
                "contact {other} has this {param}; nothing was changed: merge the two by hand"
            ))
            .of(param))
        }
    }
}

pub async fn delete(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let store = api.store(&caller);
    let contact = find(&store, &id).await?;
    store.delete_contacts(Selection::Ids(&[contact.id]), api.now()).await.map_err(refused)?;
    Ok(Json(json!({ "object": "contact", "id": shape::id(contact.id), "deleted": true })))
}

/// Fields that are wrong: all of them in words, the first as the parameter.
fn wrong(errors: &[FieldError]) -> ApiError {
    let words: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.reason)).collect();
    let error = ApiError::invalid(words.join("; "));
    match errors.first() {
        Some(first) => error.of(&first.field),
        None => error,
    }
}

fn refused(error: ChangeError) -> ApiError {
    match error {
        ChangeError::Store(error) => error.into(),
        ChangeError::Fields(errors) => wrong(&errors),
        ChangeError::NoIdentifier => ApiError::invalid(error.to_string()).of("email"),
        ChangeError::Exists { id, field } => {
            let param = if field == "email" { "email" } else { "mobile_phone" };
            ApiError::conflict(format!("contact {} has this {field} already", shape::id(id))).of(param)
        }
        ChangeError::TwoContacts { .. } => ApiError::conflict(error.to_string()).of("email"),
        ChangeError::CannotSave { .. } | ChangeError::ChangedMeanwhile => ApiError::conflict(error.to_string()),
        ChangeError::NoUser(_) => ApiError::invalid(error.to_string()).of("owner"),
        error => ApiError::invalid(error.to_string()),
    }
}
