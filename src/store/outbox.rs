//! What waits for Salesforce (architecture: the outbox).
//!
//! `pending -> in_flight -> done | retry(at) | held(reason) | in_doubt`. A row says only that something must be brought
//! in step, so later changes coalesce into the open row: they raise its version, and settling an older version leaves
//! it open.

mod fill;
mod hands;
mod left_out;
mod rows;

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::connect::{transact, transact_quietly};
use super::convert::{instant, json_ids, ms};
use super::links::{self, LinkWrite};
use super::{OutboxRow, Store, StoreError};
pub(super) use fill::{enqueue, enqueue_many, enqueue_new_contacts, leave_out};
use rows::{SELECT, decode};
pub(super) use rows::{held_since, of_activity, of_contact};

/// An error as the outbox keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Salesforce's code, or ours in lower case.
    pub code: String,
    /// The message as it came.
    pub message: String,
    /// The field it names.
    pub field: Option<String>,
    /// Lead, Contact, Event, ...
    pub object: Option<String>,
    /// The class that decided what happens now.
    pub class: String,
}

/// How a claimed row ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Salesforce holds it; what was done, in words.
    Done,
    /// It needs no writing.
    Skipped,
    /// A booking whose contact is left out or cannot be found: it waits again once the contact is synced.
    LeftOut,
    /// Again, not before then.
    Retry(Timestamp, Fault),
    /// A person must look.
    Held(Fault),
    /// It may have been written: look before sending it again, not before then.
    InDoubt(Timestamp, Fault),
    /// Back as it was: it is not its turn before then.
    Release(Timestamp),
}

/// A claimed row's end, with everything that must be kept in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The row.
    pub id: i64,
    /// Its version when it was claimed.
    pub version: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done or left out, for people.
    pub note: Vec<String>,
    /// Links made, changed or ended.
    pub links: Vec<LinkWrite>,
}

/// How long what may have been created is left alone: Salesforce may still be carrying the call out, and what is not
/// there yet would not be found.
pub const SETTLING: SignedDuration = SignedDuration::from_secs(10);
/// Clocks are corrected by less than this all the time.
const CLOCK_STEPS: SignedDuration = SignedDuration::from_mins(1);
/// Rows that one statement settles.
const AT_ONCE: usize = 1_000;

impl Store {
    /// Rows that are due, marked as in flight; none unless `owner` holds the lease. In-doubt ones keep their intent, by
    /// which they are known to have been sent.
    ///
    /// Rows of one contact keep their order: none overtakes an earlier one that is to be tried again, and none goes
    /// while it is in doubt what another has made.
    pub async fn outbox_claim(&self, owner: &str, limit: usize, now: Timestamp) -> Result<Vec<OutboxRow>, StoreError> {
        const DUE: &str = "SELECT q.id FROM outbox q \
             WHERE q.state IN ('pending', 'retry', 'in_doubt') AND q.next_at <= ?1 AND NOT EXISTS ( \
               SELECT 1 FROM outbox e WHERE e.contact_id = q.contact_id AND e.id <> q.id AND (e.state = 'in_flight' \
                 OR (e.next_at > ?1 AND (e.state = 'in_doubt' OR (e.state = 'retry' AND e.id < q.id))))) \
             ORDER BY q.next_at, q.id LIMIT ?2";
        // Asked without the write lock first: mostly there is nothing, and nobody need be woken for it.
        let due: Option<i64> = sqlx::query_scalar(DUE).bind(ms(now)).bind(1_i64).fetch_optional(self.readers()).await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        transact!(self, |tx| {
            let ids: Vec<i64> = if holds(&mut tx, owner).await? {
                sqlx::query_scalar(DUE).bind(ms(now)).bind(limit as i64).fetch_all(&mut *tx).await?
            } else {
                Vec::new()
            };
            let sql = format!("{SELECT} outbox q WHERE q.id IN (SELECT value FROM json_each(?)) ORDER BY q.id");
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(json_ids(&ids)).fetch_all(&mut *tx).await?;
            sqlx::query(
                "UPDATE outbox SET state = 'in_flight', claimed_by = ?, attempts = attempts + 1, updated_at = ? \
                 WHERE id IN (SELECT value FROM json_each(?))",
            )
            .bind(owner)
            .bind(ms(now))
            .bind(json_ids(&ids))
            .execute(&mut *tx)
            .await?;
            rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?
        })
    }

    /// When the next row becomes due after `now`; `None`: nothing waits.
    pub async fn outbox_next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT min(next_at) FROM outbox WHERE state IN ('pending', 'retry', 'in_doubt') AND next_at > ?",
        )
        .bind(ms(now))
        .fetch_one(self.readers())
        .await?;
        at.map(instant).transpose()
    }

    /// Commits what is about to be created, before it is sent: an answer that never comes leaves a trace.
    /// Links that the calls before have made are kept in the same transaction.
    ///
    /// False if `owner` no longer holds the lease: nothing was kept, and nothing may be sent.
    pub async fn outbox_intend(
        &self,
        owner: &str,
        intents: &[(i64, Json)],
        made: &[LinkWrite],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows: Vec<Json> = intents.iter().map(|(id, intent)| json!([id, intent.to_string()])).collect();
        transact_quietly!(self, |tx| {
            let holds = holds(&mut tx, owner).await?;
            if holds && !rows.is_empty() {
                sqlx::query(
                    "UPDATE outbox SET intent = json_extract(k.value, '$[1]') FROM json_each(?) k \
                     WHERE outbox.id = json_extract(k.value, '$[0]')",
                )
                .bind(Json::from(rows).to_string())
                .execute(&mut *tx)
                .await?;
            }
            if holds {
                links::write_all(&mut tx, made.iter(), now).await?;
            }
            holds
        })
    }

    /// Rows other than these whose creates are still in doubt at `now`: what they meant to create, and when they are
    /// looked for.
    pub async fn outbox_doubts(&self, but: &[i64], now: Timestamp) -> Result<Vec<(Json, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT intent, next_at FROM outbox WHERE state = 'in_doubt' AND next_at > ? AND intent IS NOT NULL \
             AND id NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(ms(now))
        .bind(json_ids(but))
        .fetch_all(self.readers())
        .await?;
        rows.into_iter()
            .map(|(intent, at)| Ok((serde_json::from_str(&intent).unwrap_or_default(), instant(at)?)))
            .collect()
    }

    /// Settles claimed rows with their links, in one transaction.
    /// Rows that this owner no longer holds are left alone: another worker has taken them over.
    pub async fn outbox_settle(&self, owner: &str, settled: &[Settled], now: Timestamp) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        transact!(self, |tx| {
            for rows in settled.chunks(AT_ONCE) {
                settle(&mut tx, owner, rows, now).await?;
            }
        })
    }

    /// Takes over what a dead worker, or a turn that failed, left in flight: what it meant to create is in doubt and
    /// looked for at `look_at`, the rest waits again. Returns how many rows were taken over; none unless `owner` holds
    /// the lease. Call it only while nothing of the owner's own is on its way.
    pub async fn outbox_recover(&self, owner: &str, now: Timestamp, look_at: Timestamp) -> Result<u64, StoreError> {
        transact_quietly!(self, |tx| {
            if holds(&mut tx, owner).await? {
                sqlx::query(
                    "UPDATE outbox SET state = CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END, \
                     claimed_by = NULL, next_at = CASE WHEN intent IS NULL THEN ?1 ELSE ?2 END, updated_at = ?1 \
                     WHERE state = 'in_flight'",
                )
                .bind(ms(now))
                .bind(ms(look_at))
                .execute(&mut *tx)
                .await?
                .rows_affected()
            } else {
                0
            }
        })
    }

    /// Puts right the times of rows that were last touched in what is now the future: the clock was set back since, and
    /// they would wait until it is there again. Each waits as long as it was meant to. Returns how many.
    pub async fn outbox_clock_back(&self, now: Timestamp) -> Result<u64, StoreError> {
        const AHEAD: &str = "state IN ('pending', 'retry', 'in_doubt') AND next_at > ?1 AND updated_at > ?2";
        let seen = format!("SELECT EXISTS (SELECT 1 FROM outbox WHERE {AHEAD})");
        let tolerated = ms(now + CLOCK_STEPS);
        let any: bool =
            sqlx::query_scalar(AssertSqlSafe(seen)).bind(ms(now)).bind(tolerated).fetch_one(self.readers()).await?;
        if !any {
            return Ok(0);
        }
        transact_quietly!(self, |tx| {
            let sql =
                format!("UPDATE outbox SET next_at = ?1 + max(next_at - updated_at, 0), updated_at = ?1 WHERE {AHEAD}");
            sqlx::query(AssertSqlSafe(sql)).bind(ms(now)).bind(tolerated).execute(&mut *tx).await?.rows_affected()
        })
    }
}

/// True if this owner is the one that syncs. Asked inside a transaction, so that what follows happens under the lease.
async fn holds(tx: &mut SqliteConnection, owner: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lease WHERE role = 'sync' AND owner = ?)")
        .bind(owner)
        .fetch_one(tx)
        .await?)
}

/// Settles a crowd of rows by a few statements, whatever their number.
async fn settle(tx: &mut SqliteConnection, owner: &str, rows: &[Settled], now: Timestamp) -> Result<(), StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let held: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM outbox WHERE id IN (SELECT value FROM json_each(?)) AND state = 'in_flight' AND claimed_by = ?",
    )
    .bind(json_ids(&ids))
    .bind(owner)
    .fetch_all(&mut *tx)
    .await?;
    let held: HashSet<i64> = held.into_iter().collect();
    let rows: Vec<&Settled> = rows.iter().filter(|row| held.contains(&row.id)).collect();
    links::write_all(tx, rows.iter().flat_map(|row| &row.links), now).await?;

    let table = Json::from(rows.iter().map(|row| columns(row, now)).collect::<Vec<_>>()).to_string();
    // A change that came while the row was in flight (a raised version) makes it wait again.
    sqlx::query(
        "WITH s AS MATERIALIZED (SELECT value ->> 0 AS id, value ->> 1 AS version, value ->> 2 AS state, \
           value ->> 3 AS next_at, value ->> 4 AS code, value ->> 5 AS message, value ->> 6 AS field, \
           value ->> 7 AS object, value ->> 8 AS class, value ->> 9 AS note FROM json_each(?1)) \
         UPDATE outbox SET \
           state = CASE WHEN outbox.version > s.version AND s.state IN ('done', 'skipped', 'held') THEN 'pending' ELSE s.state END, \
           done_at = CASE WHEN s.state IN ('done', 'skipped') AND outbox.version = s.version THEN ?2 END, \
           next_at = s.next_at, code = s.code, message = s.message, field = s.field, object = s.object, \
           class = s.class, note = s.note, intent = CASE s.state WHEN 'in_doubt' THEN outbox.intent END, \
           attempts = CASE WHEN s.state = 'pending' THEN max(outbox.attempts - 1, 0) \
             WHEN s.state IN ('done', 'skipped') AND outbox.version > s.version THEN 0 ELSE outbox.attempts END, \
           claimed_by = NULL, updated_at = ?2 \
         FROM s WHERE outbox.id = s.id",
    )
    .bind(&table)
    .bind(ms(now))
    .execute(&mut *tx)
    .await?;
    // The contact or activity may have been deleted meanwhile; the history has no place for it then.
    sqlx::query(
        "INSERT INTO history (at, actor, contact_id, activity_id, what, data) \
         SELECT ?2, 'salesforce', c.id, a.id, 'synced', json_object('note', json(k.value ->> 9)) \
         FROM json_each(?1) k JOIN outbox q ON q.id = k.value ->> 0 LEFT JOIN contact c ON c.id = q.contact_id \
         LEFT JOIN activity a ON q.entity = 'activity' AND a.id = q.entity_id \
         WHERE k.value ->> 2 = 'done' AND k.value ->> 9 IS NOT NULL",
    )
    .bind(&table)
    .bind(ms(now))
    .execute(&mut *tx)
    .await?;
    left_out::wake(tx, &rows, now).await
}

/// A settled row as the statements above read it.
fn columns(row: &Settled, now: Timestamp) -> Json {
    let (state, next_at, fault) = match &row.outcome {
        Outcome::Done => ("done", now, None),
        Outcome::Skipped | Outcome::LeftOut => ("skipped", now, None),
        Outcome::Retry(at, fault) => ("retry", *at, Some(fault)),
        Outcome::Held(fault) => ("held", now, Some(fault)),
        Outcome::InDoubt(at, fault) => ("in_doubt", *at, Some(fault)),
        Outcome::Release(at) => ("pending", *at, None),
    };
    let note = (!row.note.is_empty()).then(|| Json::from(row.note.clone()).to_string());
    let left_out = (row.outcome == Outcome::LeftOut).then_some(left_out::CLASS);
    let fault = |part: fn(&Fault) -> Option<&str>| fault.and_then(part);
    json!([
        row.id,
        row.version,
        state,
        ms(next_at),
        fault(|fault| Some(&fault.code)),
        fault(|fault| Some(&fault.message)),
        fault(|fault| fault.field.as_deref()),
        fault(|fault| fault.object.as_deref()),
        fault(|fault| Some(&fault.class)).or(left_out),
        note
    ])
}
