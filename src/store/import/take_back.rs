//! Takes back the new contacts of an import; what it changed of others is taken back column by column by the undo log.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::Kept;
use crate::domain::ContactId;
use crate::store::convert::json_ids;
use crate::store::{Entity, StoreError, outbox};

/// Lets contacts go that an import made, by a range of their numbers: how many went, and how many stay because somebody
/// did something with them since, or they did something themselves. What Salesforce has of them stays there. What went is
/// kept, so that it can be made again.
///
/// What was done since and undone again does not count: status and owner are compared with what they were first changed
/// from, and an undo of fields outweighs their change.
pub(in crate::store) async fn take_back(
    tx: &mut SqliteConnection,
    import: i64,
    (first, last): (ContactId, ContactId),
    now: Timestamp,
) -> Result<(u64, u64, Kept), StoreError> {
    let made: Vec<(i64, bool)> = sqlx::query_as(
        "WITH since AS NOT MATERIALIZED ( \
           SELECT h.contact_id, h.what, h.data ->> 'from' AS value, \
             row_number() OVER (PARTITION BY h.contact_id, h.what ORDER BY h.id) = 1 AS first, \
             coalesce(json_array_length(h.data, '$.changes'), 0) > 0 AS fields \
           FROM history h JOIN import_contact n ON n.contact_id = h.contact_id AND n.import_id = ?1 \
           WHERE n.contact_id BETWEEN ?2 AND ?3 AND h.actor <> 'salesforce' AND h.data ->> 'import' IS NOT ?1) \
         SELECT c.id, EXISTS (SELECT 1 FROM activity a WHERE a.contact_id = c.id) \
           OR EXISTS (SELECT 1 FROM page_view v WHERE v.contact_id = c.id) \
           OR EXISTS (SELECT 1 FROM import_contact o WHERE o.contact_id = c.id AND o.import_id <> ?1 AND o.before IS NOT NULL) \
           OR EXISTS (SELECT 1 FROM since h WHERE h.contact_id = c.id AND h.what = 'status' AND h.first AND h.value IS NOT c.status) \
           OR EXISTS (SELECT 1 FROM since h WHERE h.contact_id = c.id AND h.what = 'owner' AND h.first AND h.value IS NOT \
                (SELECT coalesce(u.name, u.email, u.external_id) FROM user u WHERE u.id = c.owner_id)) \
           OR (SELECT sum(CASE h.what WHEN 'undone' THEN -h.fields WHEN 'redone' THEN h.fields ELSE 1 END) \
                FROM since h WHERE h.contact_id = c.id AND h.what NOT IN ('status', 'owner')) > 0 \
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
    let kept = Kept::of(tx, &gone).await?;
    outbox::leave_out(tx, Entity::Contact, &gone, now).await?;
    let ids = json_ids(&gone);
    for sql in [
        "DELETE FROM link WHERE entity = 'contact' AND entity_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM contact WHERE id IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&ids).execute(&mut *tx).await?;
    }
    Ok((gone.len() as u64, left, kept))
}

/// Notes that the import of an entry of the undo log is taken back, or made again; other entries have none.
pub(in crate::store) async fn set_undone(
    tx: &mut SqliteConnection,
    entry: i64,
    undone_at: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE import SET undone_at = ? WHERE undo_id = ?").bind(undone_at).bind(entry).execute(tx).await?;
    Ok(())
}
