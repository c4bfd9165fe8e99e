//! Bookings of people whom the gate left out, or who could not be found, wait again once their contact is synced: who
//! qualifies a lead after the meeting was booked means the meeting, too (OnceHub: sync of qualified contacts).

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::fill::COALESCE;
use super::{Outcome, Settled};
use crate::store::StoreError;
use crate::store::convert::{json_ids, ms};

/// The class of a row that was left out. What a person skipped has none, and stays skipped.
pub(super) const CLASS: &str = "left_out";

/// Lets the bookings wait that were left out, of the contacts among these rows that are in step now.
pub(super) async fn wake(tx: &mut SqliteConnection, rows: &[&Settled], now: Timestamp) -> Result<(), StoreError> {
    let done: Vec<i64> = rows.iter().filter(|row| row.outcome == Outcome::Done).map(|row| row.id).collect();
    if done.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'activity', a.id, a.contact_id, a.state, 'pending', ?2, ?2, ?2 \
         FROM outbox q JOIN activity a ON a.contact_id = q.entity_id \
         WHERE q.id IN (SELECT value FROM json_each(?1)) AND q.entity = 'contact' AND a.kind = 'booking' \
           AND a.trashed_at IS NULL AND a.test = 0 \
           AND NOT EXISTS (SELECT 1 FROM link l WHERE l.entity = 'activity' AND l.entity_id = a.id) \
           AND (SELECT o.state = 'skipped' AND o.class = '{CLASS}' FROM outbox o \
                WHERE o.entity = 'activity' AND o.entity_id = a.id ORDER BY o.id DESC LIMIT 1) {COALESCE}"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(json_ids(&done)).bind(ms(now)).execute(tx).await?;
    Ok(())
}
