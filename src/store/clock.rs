//! What the clock changes: bookings whose end has passed, conversations gone quiet, what was in the trash for thirty days.

use jiff::Timestamp;
use serde_json::json;

use super::connect::transact;
use super::convert::{instant, ms};
use super::history::{self, Entry};
use super::trash::PURGEABLE;
use super::{Entity, Store, StoreError, TRASH_KEPT, activities, outbox};
use crate::domain::Kind;
use crate::domain::lifecycle::{self, IDLE_LIMIT};

/// The most that one call changes, so that no transaction is long.
const AT_ONCE: i64 = 500;

impl Store {
    /// Completes, abandons and purges what is due at `now`. Returns how many activities changed; at most 500 a call (and
    /// 2,000 purged). Any number of processes may call it at once: what another one did is not done again.
    pub async fn tick(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM activity WHERE state IN ('scheduled', 'rescheduled') AND end_at <= ?1 \
             UNION ALL SELECT id FROM activity WHERE state = 'started' AND updated_at <= ?1 AND source_at < ?2 LIMIT ?3",
        )
        .bind(ms(now))
        .bind(ms(now - IDLE_LIMIT))
        .bind(AT_ONCE)
        .fetch_all(self.readers())
        .await?;
        // A purge that would find nothing is not begun: each one tells everybody of a change.
        let over: Option<i64> =
            sqlx::query_scalar(PURGEABLE).bind(ms(now - TRASH_KEPT)).bind(1).fetch_optional(self.readers()).await?;
        let purged = if over.is_some() { self.purge_trash(false, now).await? } else { 0 };
        if due.is_empty() {
            return Ok(purged);
        }
        transact!(self, |tx| {
            let mut changed = purged;
            for activity in activities::get_many(&mut tx, &due).await? {
                let from = activity.state;
                let mut after = activity;
                if !lifecycle::pass(&mut after, now) {
                    continue;
                }
                let state = after.state;
                activities::save(&mut tx, &after).await?;
                let data = json!({ "from": from.key(), "to": state.key() });
                let entry = Entry {
                    at: now,
                    actor: "clock",
                    contact: after.contact_id,
                    activity: Some(after.id),
                    what: "state",
                    data,
                };
                history::write(&mut tx, entry).await?;
                if after.kind == Kind::Booking && !after.test {
                    outbox::enqueue(&mut tx, Entity::Activity, after.id, after.contact_id, state.key(), now).await?;
                }
                changed += 1;
            }
            changed
        })
    }

    /// When [`Store::tick`] will next have something to do; `None`: nothing is open.
    pub async fn next_tick(&self) -> Result<Option<Timestamp>, StoreError> {
        let booking: Option<i64> = sqlx::query_scalar(
            "SELECT min(end_at) FROM activity WHERE state IN ('scheduled', 'rescheduled') AND end_at IS NOT NULL",
        )
        .fetch_one(self.readers())
        .await?;
        // A source's clock may be ahead of ours; the conversation is idle by its own time.
        let talk: Option<i64> =
            sqlx::query_scalar("SELECT min(max(updated_at, source_at)) FROM activity WHERE state = 'started'")
                .fetch_one(self.readers())
                .await?;
        let talk = talk.map(instant).transpose()?.map(|at| at + IDLE_LIMIT + jiff::SignedDuration::from_secs(1));
        let purge: Option<i64> =
            sqlx::query_scalar("SELECT min(trashed_at) FROM activity WHERE trashed_at IS NOT NULL")
                .fetch_one(self.readers())
                .await?;
        let purge = purge.map(instant).transpose()?.map(|at| at + TRASH_KEPT);
        Ok(booking.map(instant).transpose()?.into_iter().chain(talk).chain(purge).min())
    }
}
