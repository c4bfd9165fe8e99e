//! The search index: folded text of contacts and activities, by trigram.

use sqlx::sqlite::SqliteConnection;

use super::StoreError;
use crate::domain::{Activity, ActivityId, ContactId, Values};
use crate::filter::{activity_text, contact_text};

pub(super) async fn index_contact(
    connection: &mut SqliteConnection,
    id: ContactId,
    values: &Values,
    known: bool,
) -> Result<(), StoreError> {
    let text = contact_text(values);
    let sql = if known {
        "UPDATE contact_search SET text = ?2 WHERE rowid = ?1 AND text <> ?2"
    } else {
        "INSERT INTO contact_search (rowid, text) VALUES (?1, ?2)"
    };
    sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
    Ok(())
}

pub(super) async fn index_activity(
    connection: &mut SqliteConnection,
    id: ActivityId,
    activity: &Activity,
    known: bool,
) -> Result<(), StoreError> {
    let text = activity_text(activity);
    let sql = if known {
        "UPDATE activity_search SET text = ?2 WHERE rowid = ?1 AND text <> ?2"
    } else {
        "INSERT INTO activity_search (rowid, text) VALUES (?1, ?2)"
    };
    sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
    Ok(())
}
