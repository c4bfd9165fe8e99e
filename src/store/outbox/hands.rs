//! What a person does with rows: send again, make due, relink, leave out. Rows about contacts out of the actor's reach
//! are as good as not there.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::rows::REACHED;
use super::{SETTLING, enqueue};
use crate::store::connect::{transact, transact_quietly};
use crate::store::convert::{json_ids, ms};
use crate::store::links::{self, LinkWrite};
use crate::store::{OutboxRow, Store, StoreError};

impl Store {
    /// Sends held and waiting rows again, now, and takes back that a row was left out, unless a newer row has brought
    /// the same thing in step since or will. What may have been written is looked for first, and not before Salesforce
    /// must have carried it out. Returns the rows that were changed.
    pub async fn outbox_retry(&self, ids: &[i64], now: Timestamp) -> Result<Vec<i64>, StoreError> {
        transact!(self, |tx| {
            let sql = format!(
                "UPDATE outbox AS q SET state = CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END, attempts = 0, \
                 done_at = NULL, next_at = CASE WHEN state = 'in_doubt' THEN min(next_at, max(?1, updated_at + ?4)) \
                   WHEN state = 'skipped' AND intent IS NOT NULL THEN max(?1, updated_at + ?4) ELSE ?1 END, \
                 updated_at = CASE state WHEN 'in_doubt' THEN updated_at ELSE ?1 END \
                 WHERE id IN (SELECT value FROM json_each(?3)) AND (state IN ('held', 'retry', 'in_doubt') \
                   OR (state = 'skipped' AND NOT EXISTS (SELECT 1 FROM outbox n \
                     WHERE n.entity = q.entity AND n.entity_id = q.entity_id AND n.id > q.id))) AND {REACHED} RETURNING id"
            );
            sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(ms(now))
                .bind(self.reach_json())
                .bind(json_ids(ids))
                .bind(SETTLING.as_millis() as i64)
                .fetch_all(&mut *tx)
                .await?
        })
    }

    /// Makes due what waits for a passing fault, by a person's wish. What waits for a limit of the org goes on waiting,
    /// and what is in doubt is looked for no earlier than Salesforce must have carried it out. Returns how many.
    pub async fn outbox_hurry(&self, now: Timestamp) -> Result<u64, StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET next_at = CASE state WHEN 'in_doubt' THEN min(next_at, max(?1, updated_at + ?2)) ELSE ?1 END \
                 WHERE state IN ('retry', 'in_doubt') AND next_at > ?1 AND coalesce(class, '') <> 'limit'",
            )
            .bind(ms(now))
            .bind(SETTLING.as_millis() as i64)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        })
    }

    /// A person says which record a row means: the link is set, and the row (or a new one, if it was settled) waits to
    /// be sent. What was in doubt is so no more. False if the row is just being sent.
    pub async fn outbox_relink(&self, row: &OutboxRow, link: &LinkWrite, now: Timestamp) -> Result<bool, StoreError> {
        transact!(self, |tx| {
            let sql = format!("SELECT state = 'in_flight' FROM outbox q WHERE q.id = ?1 AND {REACHED}");
            let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(row.id).bind(self.reach_json());
            let seen: Option<bool> = query.fetch_optional(&mut *tx).await?;
            let in_flight = seen.ok_or(StoreError::NotFound { what: "queue item", id: row.id })?;
            if !in_flight {
                sqlx::query("UPDATE outbox SET intent = NULL, attempts = 0 WHERE id = ?")
                    .bind(row.id)
                    .execute(&mut *tx)
                    .await?;
                links::write_all(&mut tx, std::iter::once(link), now).await?;
                enqueue(&mut tx, row.entity, row.entity_id, row.contact_id, "relinked", now).await?;
                sqlx::query(
                    "UPDATE outbox SET state = 'pending', next_at = ?1 \
                     WHERE entity = ?2 AND entity_id = ?3 AND state IN ('pending', 'held', 'retry', 'in_doubt')",
                )
                .bind(ms(now))
                .bind(row.entity.key())
                .bind(row.entity_id)
                .execute(&mut *tx)
                .await?;
            }
            !in_flight
        })
    }

    /// The row that came after a settled one and is about the same thing.
    pub async fn outbox_newer(&self, row: &OutboxRow) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT max(id) FROM outbox WHERE entity = ? AND entity_id = ? AND id > ?";
        let query = sqlx::query_scalar(sql).bind(row.entity.key()).bind(row.entity_id).bind(row.id);
        Ok(query.fetch_one(self.readers()).await?)
    }

    /// Leaves rows out, by a person's decision; a later change of the same thing opens a new row, and
    /// [`Store::outbox_retry`] takes it back. Returns the rows that were changed.
    pub async fn outbox_skip(&self, ids: &[i64], now: Timestamp) -> Result<Vec<i64>, StoreError> {
        transact!(self, |tx| {
            let sql = format!(
                "UPDATE outbox AS q SET state = 'skipped', done_at = ?1, updated_at = ?1 \
                 WHERE state IN ('pending', 'held', 'retry', 'in_doubt') AND id IN (SELECT value FROM json_each(?3)) \
                 AND {REACHED} RETURNING id"
            );
            sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(ms(now))
                .bind(self.reach_json())
                .bind(json_ids(ids))
                .fetch_all(&mut *tx)
                .await?
        })
    }
}
