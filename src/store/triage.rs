//! What a rep does to activities: read marks.

use sqlx::AssertSqlSafe;

use super::connect::transact;
use super::convert::json_ids;
use super::{Store, StoreError};
use crate::domain::ActivityId;

impl Store {
    /// Marks activities in the actor's reach as read or unread. Returns how many changed.
    pub async fn mark_read(&self, ids: &[ActivityId], read: bool) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            let sql = format!(
                "UPDATE activity SET unread = ?1 WHERE unread <> ?1 AND id IN (SELECT value FROM json_each(?2)) AND {}",
                Self::activity_reached(3)
            );
            sqlx::query(AssertSqlSafe(sql))
                .bind(!read)
                .bind(json_ids(ids))
                .bind(self.reach_json())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        })
    }
}
