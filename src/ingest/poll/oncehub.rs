//! OnceHub's bookings and contacts (API v2): those changed since the last poll, newest first, page by page by the last id.
//!
//! Since the newest come first, a poll that ended early goes on at the page where it stood; what changed meanwhile is
//! found by the next one. Users are asked for once a day, so that ids have names.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cursor::{since, text};
use super::expand::{self, Expand};
use super::{PollError, Run};
use crate::domain::{Email, UserRef};
use crate::ingest::json::{self, time};

/// The most that a page may hold.
const LIMIT: usize = 100;
const USERS_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How far everything was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    bookings: Place,
    contacts: Place,
    users_at: Option<Timestamp>,
}

/// How far one list was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// The newest change that was seen when it was last read to its end.
    seen: Option<Timestamp>,
    /// A reading that did not come to its end.
    open: Option<Open>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Open {
    /// It reads what changed after this.
    since: Timestamp,
    /// The last id of the last page.
    after: String,
    /// The newest change seen in it.
    newest: Option<Timestamp>,
}

pub(super) async fn poll(
    run: &mut Run<'_>,
    cursor: Option<&str>,
    begin: Timestamp,
    first: SignedDuration,
) -> Result<(), PollError> {
    let mut cursor: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if cursor.users_at.is_none_or(|at| begin.duration_since(at) > USERS_EVERY) {
        users(run).await?;
        cursor.users_at = Some(begin);
        run.keep(&cursor, false).await?;
    }
    // Bookings name their contacts; contacts by themselves come after.
    let bookings = Some(Expand::default());
    pages(run, "/v2/bookings", bookings, &mut cursor, |cursor| &mut cursor.bookings, begin, first).await?;
    pages(run, "/v2/contacts", None, &mut cursor, |cursor| &mut cursor.contacts, begin, first).await?;
    run.keep(&cursor, true).await
}

async fn pages(
    run: &mut Run<'_>,
    path: &str,
    mut expand: Option<Expand>,
    cursor: &mut Cursor,
    place: fn(&mut Cursor) -> &mut Place,
    begin: Timestamp,
    first: SignedDuration,
) -> Result<(), PollError> {
    let known = place(cursor).clone();
    let mut contacts = HashMap::new();
    let (from, mut after, mut newest) = match known.open {
        Some(open) => (open.since, Some(open.after), open.newest),
        None => (since(known.seen, begin, first), None, None),
    };
    loop {
        let mut query = vec![("last_updated_time.gt", text(from)), ("limit", LIMIT.to_string())];
        query.extend(after.iter().map(|after| ("after", after.clone())));
        let answer = page(run, path, &query, &mut expand).await?;
        let mut items = Run::items(&answer, path)?.to_vec();
        if expand.is_some() {
            expand::contacts(run, &mut items, &mut contacts).await?;
        }
        run.take(&items).await?;
        newest = newest.max(items.iter().filter_map(|item| time(item, "last_updated_time").ok().flatten()).max());
        let last = items.last().and_then(|item| json::text(item, "id"));
        let has_more = answer.get("has_more").and_then(Json::as_bool).unwrap_or(items.len() >= LIMIT);
        match last {
            // A source that gives the same page again would be read for ever.
            Some(id) if has_more && after.as_ref() != Some(&id) => {
                place(cursor).open = Some(Open { since: from, after: id.clone(), newest });
                run.keep(cursor, false).await?;
                after = Some(id);
            }
            _ => {
                let seen = known.seen.max(newest).or(Some(begin));
                *place(cursor) = Place { seen, open: None };
                return run.keep(cursor, false).await;
            }
        }
    }
}

/// One page, asked for in the way that is heard.
async fn page(
    run: &Run<'_>,
    path: &str,
    query: &[(&'static str, String)],
    expand: &mut Option<Expand>,
) -> Result<Json, PollError> {
    loop {
        let more = expand.and_then(Expand::query);
        let query: Vec<_> = query.iter().cloned().chain(more).collect();
        let answer = run.get(path, &query).await;
        match expand.and_then(|expand| expand.after(&answer)) {
            // Without anything expanded we have it already.
            Some(Expand::Apart) if answer.is_ok() => {
                *expand = Some(Expand::Apart);
                return answer;
            }
            Some(next) => *expand = Some(next),
            None => return answer,
        }
    }
}

/// Names and addresses of the team, which bookings and contacts refer to by id.
async fn users(run: &mut Run<'_>) -> Result<(), PollError> {
    let mut after: Option<String> = None;
    loop {
        let mut query = vec![("limit", LIMIT.to_string())];
        query.extend(after.iter().map(|after| ("after", after.clone())));
        let answer = run.get("/v2/users", &query).await?;
        let items = Run::items(&answer, "/v2/users")?;
        let users: Vec<UserRef> = items.iter().filter_map(user).collect();
        run.poller.store.know_users(&users).await?;
        let last = items.last().and_then(|item| json::text(item, "id"));
        let has_more = answer.get("has_more").and_then(Json::as_bool).unwrap_or(false);
        if !has_more || last.is_none() || last == after {
            return Ok(());
        }
        after = last;
    }
}

fn user(json: &Json) -> Option<UserRef> {
    let names = [json::text(json, "first_name"), json::text(json, "last_name")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(UserRef {
        email: json::text(json, "email").and_then(|email| Email::parse(&email).ok()),
        name: (!name.is_empty()).then_some(name),
        external_id: Some(json::text(json, "id")?),
    })
}
