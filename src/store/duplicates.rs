//! Possible duplicates: pairs of contacts that may be one person.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::convert::ms;
use super::{DuplicateHint, StoreError, contacts};
use crate::domain::ContactId;

/// Lists a pair (or a contact and an identifier that was not taken over), once; a dismissed one stays dismissed.
pub(super) async fn raise(
    connection: &mut SqliteConnection,
    contact: ContactId,
    other: Option<ContactId>,
    identifier: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (a, b) = match other {
        Some(other) => (contact.min(other), Some(contact.max(other))),
        None => (contact, None),
    };
    sqlx::query("INSERT OR IGNORE INTO possible_duplicate (a, b, other, reason, at) VALUES (?, ?, ?, ?, ?)")
        .bind(a)
        .bind(b)
        .bind(identifier)
        .bind(reason)
        .bind(ms(now))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn of(
    connection: &mut SqliteConnection,
    contact: ContactId,
) -> Result<Vec<DuplicateHint>, StoreError> {
    let rows = sqlx::query(
        "SELECT CASE WHEN a = ?1 THEN b ELSE a END AS other_id, other, reason FROM possible_duplicate \
         WHERE (a = ?1 OR b = ?1) AND state = 'open' ORDER BY at DESC LIMIT 20",
    )
    .bind(contact)
    .fetch_all(&mut *connection)
    .await?;
    let mut hints = Vec::with_capacity(rows.len());
    for row in rows {
        let contact_id: Option<i64> = row.try_get("other_id")?;
        let label = match contact_id {
            Some(id) => {
                contacts::get(connection, id).await?.map(|contact| contact.values.display_name()).unwrap_or_default()
            }
            None => row.try_get::<Option<String>, _>("other")?.unwrap_or_default(),
        };
        hints.push(DuplicateHint { contact_id, label, reason: row.try_get("reason")? });
    }
    Ok(hints)
}
