//! Events out: what happened since they were last looked at, and the deliveries that came of it.
//!
//! Nothing is written for hooks while something changes: the history is the log that they are read from, from a place
//! that is kept here ([`HookCursor`]). Deliveries and the new place are written in one transaction, so that an event is
//! told to a hook once, whatever ends the program.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::connect::{transact, transact_quietly};
use super::convert::{instant, json_ids, json_words, ms, word};
use super::{OutboxRow, Store, StoreError, outbox};
use crate::domain::access::Action;
use crate::domain::{ActivityId, ContactId};

/// The setting with the place.
const CURSOR: &str = "hooks.cursor";

/// How far the log was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookCursor {
    /// The last entry of the history.
    pub history: i64,
    /// The last contact that came into being.
    pub contact: ContactId,
    /// When the last item that was told was held for Salesforce, in milliseconds.
    pub failed: i64,
    /// And its number.
    #[serde(default)]
    pub failed_id: i64,
}

/// One entry of the history, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// The contact, if it is still there.
    pub contact: Option<ContactId>,
    /// The activity, if it is still there.
    pub activity: Option<ActivityId>,
    /// created, updated, status, state, …
    pub what: String,
    /// What `what` needs.
    pub data: Json,
}

/// A contact that came into being.
#[derive(Clone, Debug, PartialEq)]
pub struct NewContact {
    /// Its number.
    pub id: ContactId,
    /// When.
    pub at: Timestamp,
    /// Who made it.
    pub actor: String,
}

/// What is new since a place.
#[derive(Clone, Debug, Default)]
pub struct HookNews {
    /// Contacts, oldest first.
    pub created: Vec<NewContact>,
    /// Entries of the history, oldest first.
    pub happened: Vec<Happening>,
    /// Items that wait for a person before Salesforce can have them.
    pub failed: Vec<OutboxRow>,
    /// Where to go on.
    pub next: HookCursor,
}

impl HookNews {
    /// True if nothing happened.
    pub fn is_empty(&self) -> bool {
        self.created.is_empty() && self.happened.is_empty() && self.failed.is_empty()
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HookState {
    /// Not yet tried.
    Pending,
    /// Failed, and tried again later.
    Retry,
    /// Waits for a person.
    Held,
    /// The receiver has it.
    Done,
    /// Left out by a person.
    Skipped,
}

impl HookState {
    /// Every state, the urgent first.
    pub const ALL: [Self; 5] = [Self::Held, Self::Retry, Self::Pending, Self::Done, Self::Skipped];

    /// The word in the store and on the command line.
    pub fn key(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retry => "retry",
            Self::Held => "held",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    /// Finds it by its key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// One event on its way to one hook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HookDelivery {
    /// Its number.
    pub id: i64,
    /// The hook's name.
    pub hook: String,
    /// contact.updated, booking.canceled, …
    pub event: String,
    /// The same for every hook and every try: what a receiver tells repetitions by.
    pub event_id: String,
    /// The JSON, as it is sent.
    pub body: String,
    /// Where it stands.
    pub state: HookState,
    /// Tries so far.
    pub attempts: i64,
    /// Not before.
    pub next_at: Timestamp,
    /// How the last try went, if not well.
    pub message: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the receiver had it, or somebody left it out.
    pub done_at: Option<Timestamp>,
}

/// An event for a hook.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery {
    /// The hook's name.
    pub hook: String,
    /// The event.
    pub event: String,
    /// Its id.
    pub event_id: String,
    /// The JSON.
    pub body: String,
    /// Why a person must look at it before it is sent, if so.
    pub held: Option<String>,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookOutcome {
    /// The receiver has it.
    Done,
    /// Try again then.
    Retry(Timestamp, String),
    /// A person must look.
    Held(String),
}

impl Store {
    /// How far events were read; `None`: never.
    pub async fn hook_cursor(&self) -> Result<Option<HookCursor>, StoreError> {
        Ok(self.setting(CURSOR).await?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Events begin now: what was before is not told. Keeps the place if there is one.
    pub async fn hook_begin(&self, now: Timestamp) -> Result<HookCursor, StoreError> {
        let begun: Result<(), StoreError> = transact_quietly!(self, |tx| {
            sqlx::query(
                "INSERT INTO setting (key, value) SELECT ?1, json_object( \
                   'history', (SELECT coalesce(max(id), 0) FROM history), \
                   'contact', (SELECT coalesce(max(id), 0) FROM contact), 'failed', ?2, 'failed_id', 0) \
                 WHERE true ON CONFLICT DO NOTHING",
            )
            .bind(CURSOR)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        });
        begun?;
        Ok(self.hook_cursor().await?.unwrap_or_default())
    }

    /// Nobody is told any more: what happens from now on is never told.
    pub async fn hook_end(&self) -> Result<(), StoreError> {
        if self.setting(CURSOR).await?.is_none() {
            return Ok(());
        }
        transact_quietly!(self, |tx| {
            sqlx::query("DELETE FROM setting WHERE key = ?").bind(CURSOR).execute(&mut *tx).await?;
        })
    }

    /// What happened since a place, at most so much of each kind. Contacts come before what became of them.
    pub async fn hook_news(&self, since: HookCursor, limit: usize) -> Result<HookNews, StoreError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut tx = self.readers().begin().await?;
        let mut news = HookNews { next: since, ..HookNews::default() };
        let rows = sqlx::query(
            "SELECT c.id, c.created_at, coalesce( \
               (SELECT h.actor FROM history h WHERE h.contact_id = c.id AND h.what = 'created' LIMIT 1), \
               (SELECT i.actor FROM import_contact k JOIN import i ON i.id = k.import_id \
                WHERE k.contact_id = c.id AND k.created = 1 LIMIT 1), c.source) AS actor \
             FROM contact c WHERE c.id > ? ORDER BY c.id LIMIT ?",
        )
        .bind(since.contact)
        .bind(most)
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let at = instant(row.try_get("created_at")?)?;
            news.created.push(NewContact { id: row.try_get("id")?, at, actor: row.try_get("actor")? });
        }
        news.next.contact = news.created.last().map_or(since.contact, |contact| contact.id);
        if news.created.len() >= limit {
            return Ok(news);
        }
        let rows = sqlx::query(
            "SELECT id, at, actor, contact_id, activity_id, what, data FROM history WHERE id > ? ORDER BY id LIMIT ?",
        )
        .bind(since.history)
        .bind(most)
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            news.happened.push(Happening {
                id: row.try_get("id")?,
                at: instant(row.try_get("at")?)?,
                actor: row.try_get("actor")?,
                contact: row.try_get("contact_id")?,
                activity: row.try_get("activity_id")?,
                what: row.try_get("what")?,
                data: serde_json::from_str(row.try_get::<&str, _>("data")?).unwrap_or(Json::Null),
            });
        }
        news.next.history = news.happened.last().map_or(since.history, |entry| entry.id);
        news.failed = outbox::held_since(&mut tx, (since.failed, since.failed_id), most).await?;
        if let Some(last) = news.failed.last() {
            (news.next.failed, news.next.failed_id) = (ms(last.updated_at), last.id);
        }
        Ok(news)
    }

    /// Writes deliveries, and that the log was read so far. False, and nothing is written, if another process was first.
    /// What a hook was told before is left out.
    pub async fn hook_enqueue(
        &self,
        deliveries: &[NewDelivery],
        (from, to): (HookCursor, HookCursor),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if deliveries.is_empty() && from == to {
            return Ok(true);
        }
        let place = |cursor: &HookCursor| serde_json::to_string(cursor).unwrap_or_default();
        let mut new = 0;
        let written: Result<bool, StoreError> = transact_quietly!(self, |tx| {
            let moved = sqlx::query("UPDATE setting SET value = ? WHERE key = ? AND json(value) = json(?)")
                .bind(place(&to))
                .bind(CURSOR)
                .bind(place(&from))
                .execute(&mut *tx)
                .await?
                .rows_affected()
                == 1;
            for delivery in deliveries.iter().filter(|_| moved) {
                new += sqlx::query(
                    "INSERT INTO hook_delivery (hook, event, event_id, body, state, message, next_at, created_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (hook, event_id) DO NOTHING",
                )
                .bind(&delivery.hook)
                .bind(&delivery.event)
                .bind(&delivery.event_id)
                .bind(&delivery.body)
                .bind(if delivery.held.is_some() { "held" } else { "pending" })
                .bind(&delivery.held)
                .bind(ms(now))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            }
            moved
        });
        let written = written?;
        if new > 0 {
            self.notify();
        }
        Ok(written)
    }

    /// Deliveries of a hook whose time has come, oldest first; of one that rests, only what a person wants sent now.
    pub async fn hook_due(
        &self,
        hook: &str,
        resting: bool,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<HookDelivery>, StoreError> {
        let until = if resting { 0 } else { ms(now) };
        let rows = sqlx::query(
            "SELECT * FROM hook_delivery WHERE hook = ? AND state IN ('pending', 'retry') AND next_at <= ? \
             ORDER BY next_at, id LIMIT ?",
        )
        .bind(hook)
        .bind(until)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(decode).collect()
    }

    /// When the next delivery of a hook is due.
    pub async fn hook_next_due(&self, hook: &str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT min(next_at) FROM hook_delivery WHERE hook = ? AND state IN ('pending', 'retry')",
        )
        .bind(hook)
        .fetch_one(self.readers())
        .await?;
        at.map(instant).transpose()
    }

    /// Notes how a try ended. A delivery that somebody left out meanwhile stays left out.
    pub async fn hook_settle(&self, id: i64, outcome: &HookOutcome, now: Timestamp) -> Result<(), StoreError> {
        let (state, next, message) = match outcome {
            HookOutcome::Done => ("done", now, None),
            HookOutcome::Retry(at, message) => ("retry", *at, Some(message)),
            HookOutcome::Held(message) => ("held", now, Some(message)),
        };
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE hook_delivery SET state = ?1, next_at = ?2, message = ?3, attempts = attempts + 1, \
                   done_at = CASE ?1 WHEN 'done' THEN ?4 END \
                 WHERE id = ?5 AND (state IN ('pending', 'retry') OR ?1 = 'done')",
            )
            .bind(state)
            .bind(ms(next))
            .bind(message)
            .bind(ms(now))
            .bind(id)
            .execute(&mut *tx)
            .await?;
        })
    }

    /// Deliveries in these states, the newest first; of one hook, if one is named.
    pub async fn hook_deliveries(
        &self,
        states: &[HookState],
        hook: Option<&str>,
        limit: usize,
    ) -> Result<Vec<HookDelivery>, StoreError> {
        self.allow(Action::Hooks, &[])?;
        let words: Vec<&str> = states.iter().map(|state| state.key()).collect();
        let rows = sqlx::query(
            "SELECT * FROM hook_delivery WHERE state IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR hook = ?2) \
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(json_words(&words))
        .bind(hook)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(decode).collect()
    }

    /// One delivery.
    pub async fn hook_delivery(&self, id: i64) -> Result<HookDelivery, StoreError> {
        self.allow(Action::Hooks, &[])?;
        let row =
            sqlx::query("SELECT * FROM hook_delivery WHERE id = ?").bind(id).fetch_optional(self.readers()).await?;
        decode(&row.ok_or(StoreError::NotFound { what: "delivery", id })?)
    }

    /// Sends deliveries again, at once and whatever their state: also what the receiver has already. How many.
    pub async fn hook_retry(&self, ids: &[i64]) -> Result<u64, StoreError> {
        self.change("state = 'pending', next_at = 0, attempts = 0, message = NULL, done_at = NULL", "1 = 1", ids, None)
            .await
    }

    /// Leaves deliveries out for good that were not made yet. How many.
    pub async fn hook_skip(&self, ids: &[i64], now: Timestamp) -> Result<u64, StoreError> {
        let open = "state IN ('pending', 'retry', 'held')";
        self.change("state = 'skipped', done_at = ?2", open, ids, Some(now)).await
    }

    async fn change(
        &self,
        set: &'static str,
        which: &'static str,
        ids: &[i64],
        now: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        self.allow(Action::Hooks, &[])?;
        let sql = format!(
            "UPDATE hook_delivery SET {set} WHERE id IN (SELECT value FROM json_each(?1)) AND {which} AND ?2 IS ?2"
        );
        transact!(self, |tx| {
            sqlx::query(AssertSqlSafe(sql))
                .bind(json_ids(ids))
                .bind(now.map(ms))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        })
    }
}

fn decode(row: &SqliteRow) -> Result<HookDelivery, StoreError> {
    Ok(HookDelivery {
        id: row.try_get("id")?,
        hook: row.try_get("hook")?,
        event: row.try_get("event")?,
        event_id: row.try_get("event_id")?,
        body: row.try_get("body")?,
        state: word("state of a delivery", row.try_get("state")?, HookState::parse)?,
        attempts: row.try_get("attempts")?,
        next_at: instant(row.try_get("next_at")?)?,
        message: row.try_get("message")?,
        created_at: instant(row.try_get("created_at")?)?,
        done_at: row.try_get::<Option<i64>, _>("done_at")?.map(instant).transpose()?,
    })
}
