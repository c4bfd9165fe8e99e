//! What comes to wait for Salesforce, and what is taken out before it was sent: in the transaction of the change.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::domain::ContactId;
use crate::store::convert::{json_ids, ms};
use crate::store::{Entity, StoreError};

/// A row in flight keeps its state: the raised version brings it back when it settles.
/// A held one gets another chance: the data changed.
pub(super) const COALESCE: &str = "ON CONFLICT (entity, entity_id) WHERE state NOT IN ('done', 'skipped') DO UPDATE SET \
    version = version + 1, cause = excluded.cause, contact_id = excluded.contact_id, updated_at = excluded.updated_at, \
    state = CASE state WHEN 'held' THEN CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END ELSE state END, \
    next_at = CASE state WHEN 'held' THEN excluded.next_at ELSE next_at END, \
    attempts = CASE state WHEN 'held' THEN 0 ELSE attempts END";

/// Puts something into the open row of an entity, or opens one.
pub(in crate::store) async fn enqueue(
    connection: &mut SqliteConnection,
    entity: Entity,
    entity_id: i64,
    contact: Option<ContactId>,
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5, ?5) {COALESCE}"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(entity.key())
        .bind(entity_id)
        .bind(contact)
        .bind(cause)
        .bind(ms(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// The same for the own rows of many contacts.
pub(in crate::store) async fn enqueue_many(
    connection: &mut SqliteConnection,
    contacts: &[ContactId],
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', c.id, c.id, ?2, 'pending', ?3, ?3, ?3 FROM contact c \
         WHERE c.id IN (SELECT value FROM json_each(?1)) {COALESCE}"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(json_ids(contacts)).bind(cause).bind(ms(now)).execute(connection).await?;
    Ok(())
}

/// Leaves out what waits of some entities and was never sent; what is being sent, or may have been, is seen to its end.
pub(in crate::store) async fn leave_out(
    connection: &mut SqliteConnection,
    entity: Entity,
    ids: &[i64],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET state = 'skipped', done_at = ?1, updated_at = ?1 \
         WHERE entity = ?2 AND entity_id IN (SELECT value FROM json_each(?3)) \
         AND state IN ('pending', 'held', 'retry') AND intent IS NULL",
    )
    .bind(ms(now))
    .bind(entity.key())
    .bind(json_ids(ids))
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets contacts wait for Salesforce that were just made, and so have no row yet: all whose numbers are in a range.
pub(in crate::store) async fn enqueue_new_contacts(
    connection: &mut SqliteConnection,
    (first, last): (ContactId, ContactId),
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', id, id, ?3, 'pending', ?4, ?4, ?4 FROM contact WHERE id BETWEEN ?1 AND ?2",
    )
    .bind(first)
    .bind(last)
    .bind(cause)
    .bind(ms(now))
    .execute(connection)
    .await?;
    Ok(())
}
