//! Cal.com's bookings (API v2, list bookings): those changed, then those made, since the last poll.
//!
//! `skip` counts places in a list that changes while it is read, so a page begins where the last one ended in time, and
//! only within one moment by `skip`. Bookings without a time of change are found by their creation.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cursor::{since, text};
use super::{PollError, Run};
use crate::ingest::json::time;

const PATH: &str = "/v2/bookings";
/// Bookings of a page.
const TAKE: usize = 100;

/// How far the bookings were read, by each of their times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    updated: Option<Timestamp>,
    created: Option<Timestamp>,
}

pub(super) async fn poll(
    run: &mut Run<'_>,
    cursor: Option<&str>,
    begin: Timestamp,
    first: SignedDuration,
) -> Result<(), PollError> {
    let mut cursor: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let from = since(cursor.updated, begin, first);
    pages(run, "updatedAt", from, &mut cursor, |cursor| &mut cursor.updated).await?;
    let from = since(cursor.created, begin, first);
    pages(run, "createdAt", from, &mut cursor, |cursor| &mut cursor.created).await?;
    // Nothing new: the present is where the next poll begins, so that a quiet calendar is not read from years ago.
    cursor.updated = Some(cursor.updated.unwrap_or(begin));
    cursor.created = Some(cursor.created.unwrap_or(begin));
    run.keep(&cursor, true).await
}

async fn pages(
    run: &mut Run<'_>,
    key: &'static str,
    from: Timestamp,
    cursor: &mut Cursor,
    place: fn(&mut Cursor) -> &mut Option<Timestamp>,
) -> Result<(), PollError> {
    let (after, sort) =
        if key == "updatedAt" { ("afterUpdatedAt", "sortUpdatedAt") } else { ("afterCreatedAt", "sortCreated") };
    let (mut from, mut skip) = (from, 0);
    loop {
        let query =
            [(after, text(from)), (sort, "asc".to_owned()), ("take", TAKE.to_string()), ("skip", skip.to_string())];
        let answer = run.get(PATH, &query).await?;
        let items = Run::items(&answer, PATH)?;
        run.take(items).await?;
        let last = items.iter().filter_map(|item| time(item, key).ok().flatten()).max();
        if let Some(last) = last {
            let seen = place(cursor);
            *seen = Some(seen.map_or(last, |seen| seen.max(last)));
            run.keep(cursor, false).await?;
        }
        let more = answer.pointer("/pagination/hasNextPage").and_then(Json::as_bool).unwrap_or(items.len() >= TAKE);
        if !more || items.is_empty() {
            return Ok(());
        }
        // A millisecond back: others of the same moment may stand on the next page.
        let next = last.map(|last| last.saturating_sub(SignedDuration::from_millis(1)).unwrap_or(last));
        match next {
            Some(next) if next > from => (from, skip) = (next, 0),
            _ => skip += items.len(),
        }
    }
}
