//! What happened to contacts and activities, and who did it.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::convert::{instant, ms};
use super::{HistoryEntry, StoreError};
use crate::domain::merge::FieldChange;
use crate::domain::{ActivityId, ContactId, Status};

/// One entry to be written.
pub(super) struct Entry<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    pub contact: Option<ContactId>,
    pub activity: Option<ActivityId>,
    pub what: &'a str,
    pub data: Json,
}

pub(super) async fn write(connection: &mut SqliteConnection, entry: Entry<'_>) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO history (at, actor, contact_id, activity_id, what, data) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(ms(entry.at))
        .bind(entry.actor)
        .bind(entry.contact)
        .bind(entry.activity)
        .bind(entry.what)
        .bind(entry.data.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// `what = updated`: fields with their values before and after.
pub(super) fn changes_data(changes: &[FieldChange]) -> Json {
    json!({ "changes": changes })
}

/// `what = status`.
pub(super) fn status_data(from: Option<Status>, to: Option<Status>) -> Json {
    json!({ "from": from.map(Status::key), "to": to.map(Status::key) })
}

pub(super) fn decode(row: &SqliteRow) -> Result<HistoryEntry, StoreError> {
    Ok(HistoryEntry {
        at: instant(row.try_get("at")?)?,
        actor: row.try_get("actor")?,
        activity_id: row.try_get("activity_id")?,
        what: row.try_get("what")?,
        data: serde_json::from_str(row.try_get::<&str, _>("data")?).unwrap_or(Json::Null),
    })
}

/// The last status that this actor set on a contact: a source that repeats itself is not news.
pub(super) async fn last_status_by(
    connection: &mut SqliteConnection,
    contact: ContactId,
    actor: &str,
) -> Result<Option<Status>, StoreError> {
    let data: Option<String> = sqlx::query_scalar(
        "SELECT data FROM history WHERE contact_id = ? AND what = 'status' AND actor = ? ORDER BY at DESC, id DESC LIMIT 1",
    )
    .bind(contact)
    .bind(actor)
    .fetch_optional(connection)
    .await?;
    let json: Option<Json> = data.and_then(|data| serde_json::from_str(&data).ok());
    Ok(json.and_then(|json| json["to"].as_str().and_then(|to| Status::parse(to).ok())))
}
