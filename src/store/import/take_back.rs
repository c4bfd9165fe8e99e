//! Takes back the new contacts of an import; what it changed of others is taken back column by column by the undo log.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use crate::domain::ContactId;
use crate::store::convert::json_ids;
use crate::store::{Entity, StoreError, outbox};

/// Lets contacts go that an import made, by a range of their numbers: how many went, and how many stay because somebody
/// did something with them since, or they did something themselves. What Salesforce has of them stays there.
pub(in crate::store) async fn take_back(
    tx: &mut SqliteConnection,
    import: i64,
    (first, last): (ContactId, ContactId),
    now: Timestamp,
) -> Result<(u64, u64), StoreError> {
    let made: Vec<(i64, bool)> = sqlx::query_as(
        "SELECT c.id, EXISTS (SELECT 1 FROM activity a WHERE a.contact_id = c.id) \
           OR EXISTS (SELECT 1 FROM page_view v WHERE v.contact_id = c.id) \
           OR EXISTS (SELECT 1 FROM import_contact o WHERE o.contact_id = c.id AND o.import_id <> ?1 AND o.before IS NOT NULL) \
           OR EXISTS (SELECT 1 FROM history h WHERE h.contact_id = c.id AND h.actor <> 'salesforce' \
                AND h.what NOT IN ('undone', 'redone') AND h.data ->> 'import' IS NOT ?1) \
         FROM import_contact i JOIN contact c ON c.id = i.contact_id \
         WHERE i.import_id = ?1 AND i.contact_id BETWEEN ?2 AND ?3 AND i.created = 1",
    )
    .bind(import)
    .bind(first)
    .bind(last)
    .fetch_all(&mut *tx)
    .await?;
    let gone: Vec<ContactId> = made.iter().filter(|(_, used)| !used).map(|(id, _)| *id).collect();
    let left = (made.len() - gone.len()) as u64;
    outbox::leave_out(tx, Entity::Contact, &gone, now).await?;
    let ids = json_ids(&gone);
    for sql in [
        "DELETE FROM link WHERE entity = 'contact' AND entity_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM contact_search WHERE rowid IN (SELECT value FROM json_each(?))",
        "DELETE FROM contact WHERE id IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&ids).execute(&mut *tx).await?;
    }
    sqlx::query("UPDATE import SET undone_at = ? WHERE id = ?")
        .bind(now.as_millisecond())
        .bind(import)
        .execute(tx)
        .await?;
    Ok((gone.len() as u64, left))
}
