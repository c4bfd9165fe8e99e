//! What is done to many activities at once: read marks, the trash and back (product A7).
//!
//! The trash is for administrators and keeps for thirty days; then the clock purges it. A purged activity is gone with
//! its text and history; meetings and Salesforce are not touched by any of it (OnceHub reference 2.5).

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::bulk::{BulkProgress, Progress};
use super::connect::{begin, transact};
use super::convert::{json_ids, ms};
use super::undo::{self, Column, Step};
use super::{Store, StoreError, pages};
use crate::domain::access::Action;
use crate::domain::text::counted;
use crate::domain::{ActivityId, ContactId};
use crate::filter::{Filter, Strategy};

/// How long the trash keeps (OnceHub reference 2.5).
pub const TRASH_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Activities of one transaction.
const CHUNK: usize = 2_000;
/// What may be purged: not while Salesforce is told of it.
pub(super) const PURGEABLE: &str = "SELECT id FROM activity WHERE trashed_at <= ?1 \
    AND NOT EXISTS (SELECT 1 FROM outbox q WHERE q.entity = 'activity' AND q.entity_id = activity.id \
      AND q.state IN ('in_flight', 'in_doubt')) LIMIT ?2";

/// Which activities.
#[derive(Clone, Copy, Debug)]
pub enum Activities<'a> {
    /// These.
    Ids(&'a [ActivityId]),
    /// All that a filter of the stream finds.
    Filter(&'a Filter),
}

/// What is done to activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Read, or not yet.
    Read(bool),
    /// Into the trash, or out of it.
    Trash(bool),
}

impl Mark {
    fn column(self) -> (Column, &'static str) {
        match self {
            Self::Read(_) => (Column::ActivityUnread, "unread"),
            Self::Trash(_) => (Column::ActivityTrashed, "trashed_at"),
        }
    }

    pub(super) fn label(self, n: usize) -> String {
        let things = counted(n, "activity", "activities");
        match self {
            Self::Read(true) => format!("{things} marked as read"),
            Self::Read(false) => format!("{things} marked as unread"),
            Self::Trash(true) => format!("{things} put into the trash"),
            Self::Trash(false) => format!("{things} restored from the trash"),
        }
    }
}

/// What a change of many activities did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// Activities that changed.
    pub changed: usize,
    /// Activities that were so already, or are gone, or out of the actor's reach.
    pub left: usize,
    /// The entry of the undo log; `None`: nothing changed.
    pub undo: Option<i64>,
}

impl Store {
    /// Marks activities, a chunk a transaction; all of it is one entry of the undo log.
    pub async fn mark(
        &self,
        which: Activities<'_>,
        mark: Mark,
        actor: &str,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        if matches!(mark, Mark::Trash(_)) {
            self.allow(Action::Trash, &[])?;
        }
        let ids = match which {
            Activities::Ids(ids) => ids.to_vec(),
            Activities::Filter(filter) => self.activity_ids(filter).await?,
        };
        let mut marked = Marked::default();
        for (n, chunk) in ids.chunks(CHUNK).enumerate() {
            {
                let mut writer = self.writer().await;
                let mut tx = begin(&mut writer).await?;
                let steps = mark_chunk(&mut tx, chunk, mark, self.reach_json().as_deref(), now).await?;
                let changed: usize =
                    steps.iter().map(|step| if let Step::Move { ids, .. } = step { ids.len() } else { 0 }).sum();
                marked.changed += changed;
                marked.left += chunk.len() - changed;
                if !steps.is_empty() {
                    let entry = match marked.undo {
                        Some(entry) => entry,
                        None => undo::open(&mut tx, actor, "", None, now).await?,
                    };
                    marked.undo = Some(entry);
                    undo::add(&mut tx, entry, &steps).await?;
                    undo::close(&mut tx, entry, &mark.label(marked.changed)).await?;
                }
                tx.commit().await?;
            }
            self.notify();
            if !progress(BulkProgress { done: (n * CHUNK + chunk.len()).min(ids.len()), of: ids.len() }) {
                break;
            }
        }
        Ok(marked)
    }

    /// Purges what has been in the trash for thirty days, or with `all` the whole trash at once. Cannot be undone.
    /// Returns how many activities went; at most 2,000 a call.
    pub async fn purge_trash(&self, all: bool, now: Timestamp) -> Result<usize, StoreError> {
        self.allow(Action::Trash, &[])?;
        let before = if all { now } else { now - TRASH_KEPT };
        transact!(self, |tx| {
            let ids: Vec<i64> =
                sqlx::query_scalar(PURGEABLE).bind(ms(before)).bind(CHUNK as i64).fetch_all(&mut *tx).await?;
            let these = json_ids(&ids);
            for sql in [
                "DELETE FROM outbox WHERE entity = 'activity' AND entity_id IN (SELECT value FROM json_each(?))",
                "DELETE FROM link WHERE entity = 'activity' AND entity_id IN (SELECT value FROM json_each(?))",
                "DELETE FROM history WHERE activity_id IN (SELECT value FROM json_each(?))",
                "UPDATE delivery SET payload = '{}' WHERE activity_id IN (SELECT value FROM json_each(?))",
                "DELETE FROM activity WHERE id IN (SELECT value FROM json_each(?))",
            ] {
                sqlx::query(sql).bind(&these).execute(&mut *tx).await?;
            }
            ids.len()
        })
    }

    /// The numbers of the activities that a filter finds, in no particular order.
    pub async fn activity_ids(&self, filter: &Filter) -> Result<Vec<ActivityId>, StoreError> {
        let condition = self.within_reach(filter).sql(Strategy::Free);
        let sql = format!("SELECT a.id FROM activity a WHERE {}", condition.text);
        let rows = pages::bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The activities that a filter finds, each with its contact, at most `limit`, in no particular order.
    pub async fn activity_owners(
        &self,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<(ActivityId, Option<ContactId>)>, StoreError> {
        let condition = self.within_reach(filter).sql(Strategy::Free);
        let sql = format!("SELECT a.id, a.contact_id FROM activity a WHERE {} LIMIT ?", condition.text);
        let query = pages::bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).bind(limit as i64);
        let rows = query.fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}

async fn mark_chunk(
    tx: &mut SqliteConnection,
    ids: &[ActivityId],
    mark: Mark,
    reach: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Step>, StoreError> {
    let (column, name) = mark.column();
    let reached = Store::activity_reached(2);
    let sql = format!("SELECT id, {name} FROM activity WHERE id IN (SELECT value FROM json_each(?1)) AND {reached}");
    let rows: Vec<(i64, Option<i64>)> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(json_ids(ids)).bind(reach).fetch_all(&mut *tx).await?;
    let to = match mark {
        Mark::Read(read) => Some(i64::from(!read)),
        Mark::Trash(true) => Some(ms(now)),
        Mark::Trash(false) => None,
    };
    // What is in the trash already stays there since then.
    let so_already = |from: Option<i64>| match mark {
        Mark::Trash(true) => from.is_some(),
        _ => from == to,
    };
    let mut groups: Vec<(Option<i64>, Vec<i64>)> = Vec::new();
    for (id, from) in rows.into_iter().filter(|(_, from)| !so_already(*from)) {
        match groups.iter_mut().find(|(known, _)| *known == from) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((from, vec![id])),
        }
    }
    let sql = format!("UPDATE activity SET {name} = ? WHERE id IN (SELECT value FROM json_each(?))");
    for (_, ids) in &groups {
        sqlx::query(AssertSqlSafe(sql.clone())).bind(to).bind(json_ids(ids)).execute(&mut *tx).await?;
    }
    let json = |value: Option<i64>| value.map_or(Json::Null, |value| json!(value));
    Ok(groups.into_iter().map(|(from, ids)| Step::Move { column, ids, from: json(from), to: json(to) }).collect())
}
