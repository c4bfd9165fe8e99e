//! The texts by which contacts and activities are found, folded. The index of their trigrams follows them by triggers
//! (migrations 100 and 110), and it follows the rows when they move in the order of their list.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::StoreError;
use super::convert::json_ids;
use crate::domain::{Activity, ActivityId, ContactId, Values};
use crate::filter::{activity_text, contact_text};

/// Where a text stands in its index: rows of later hours stand higher, whatever their numbers. `at`, in milliseconds, is
/// what the list is sorted by, unless another order is asked for: a contact's last interaction, or when it was made; when
/// an activity was last heard of.
pub fn place(at: i64, id: i64) -> i64 {
    (at >> 24) << 32 | id
}

/// The bits of a place that are the number of its row.
pub(super) const ID: i64 = 0xffff_ffff;

/// All places of the hours in which `place` is.
pub(super) fn hours(place: i64) -> std::ops::RangeInclusive<i64> {
    place & !ID..=place | ID
}

pub(super) async fn index_contact(
    connection: &mut SqliteConnection,
    id: ContactId,
    values: &Values,
    known: bool,
) -> Result<(), StoreError> {
    let text = contact_text(values);
    if known {
        let sql = "UPDATE contact_text SET text = ?2 WHERE id = ?1 AND text <> ?2";
        sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
        return Ok(());
    }
    let sql = "INSERT INTO contact_text (id, place, text) \
               SELECT id, (recent_at >> 24) << 32 | id, ?2 FROM contact WHERE id = ?1";
    sqlx::query(sql).bind(id).bind(text).execute(&mut *connection).await?;
    index_new_contacts(connection, &[id]).await
}

/// Puts texts of contacts into the index, which is not to have them yet. Two blanks stand behind a text there (migration
/// 110).
pub(super) const INDEX: &str = "INSERT INTO contact_search (rowid, text) SELECT place, text || '  ' FROM contact_text";

/// Puts new texts of contacts into the index, and into those of the activities that they have already: they come back.
pub(super) async fn index_new_contacts(connection: &mut SqliteConnection, ids: &[ContactId]) -> Result<(), StoreError> {
    let ids = json_ids(ids);
    for sql in [
        format!("{INDEX} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY place"),
        // What is written as it stands is indexed anew.
        "UPDATE activity_text SET text = text WHERE id IN \
         (SELECT a.id FROM activity a WHERE a.contact_id IN (SELECT value FROM json_each(?)))"
            .to_owned(),
    ] {
        sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(&mut *connection).await?;
    }
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
        "UPDATE activity_text SET text = ?2 WHERE id = ?1 AND text <> ?2"
    } else {
        "INSERT INTO activity_text (id, place, text) SELECT id, (updated_at >> 24) << 32 | id, ?2 FROM activity WHERE id = ?1"
    };
    sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
    Ok(())
}
