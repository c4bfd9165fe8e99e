//! What waits for Salesforce (architecture: the outbox).
//!
//! `pending -> in_flight -> done | retry(at) | held(reason) | in_doubt`. A row says only that something must be brought
//! in step, so later changes coalesce into the open row: they raise its version, and settling an older version leaves
//! it open.

mod left_out;

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::connect::{transact, transact_quietly};
use super::convert::{instant, json_ids, json_words, ms, word};
use super::links::{self, LinkWrite};
use super::{Entity, OutboxCounts, OutboxRow, OutboxState, Store, StoreError};
use crate::domain::ContactId;

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

/// A row in flight keeps its state: the raised version brings it back when it settles.
/// A held one gets another chance: the data changed.
const COALESCE: &str = "ON CONFLICT (entity, entity_id) WHERE state NOT IN ('done', 'skipped') DO UPDATE SET \
    version = version + 1, cause = excluded.cause, contact_id = excluded.contact_id, updated_at = excluded.updated_at, \
    state = CASE state WHEN 'held' THEN CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END ELSE state END, \
    next_at = CASE state WHEN 'held' THEN excluded.next_at ELSE next_at END, \
    attempts = CASE state WHEN 'held' THEN 0 ELSE attempts END";

/// Puts something into the open row of an entity, or opens one.
pub(super) async fn enqueue(
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
pub(super) async fn enqueue_many(
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
pub(super) async fn leave_out(
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
pub(super) async fn enqueue_new_contacts(
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

/// What is read of a row `q`.
const SELECT: &str = "SELECT q.*, coalesce( \
       (SELECT trim(coalesce(c.first_name, '') || ' ' || coalesce(c.last_name, '')) FROM contact c WHERE c.id = q.contact_id), \
       (SELECT coalesce(a.person_name, a.person_email) FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id), '') AS person, \
     coalesce((SELECT c.email FROM contact c WHERE c.id = q.contact_id), '') AS person_email, \
     (SELECT a.subject FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id) AS subject \
     FROM";

/// The row is about a contact that the actor may see; the second placeholder is [`Store::reach_json`].
const REACHED: &str = "(?2 IS NULL OR EXISTS (SELECT 1 FROM contact c WHERE c.id = q.contact_id \
     AND c.owner_id IN (SELECT value FROM json_each(?2))))";

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

    /// Rows in some states (all, if none are given), last changed first.
    pub async fn outbox(&self, states: &[OutboxState], limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let states = if states.is_empty() { &OutboxState::ALL[..] } else { states };
        let words: Vec<_> = states.iter().map(|state| state.key()).collect();
        let sql = format!(
            "{SELECT} outbox q WHERE q.state IN (SELECT value FROM json_each(?1)) AND {REACHED} \
             ORDER BY q.updated_at DESC, q.id DESC LIMIT ?3"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(json_words(&words))
            .bind(self.reach_json())
            .bind(limit as i64)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(decode).collect()
    }

    /// One row.
    pub async fn outbox_row(&self, id: i64) -> Result<OutboxRow, StoreError> {
        let sql = format!("{SELECT} outbox q WHERE q.id = ?1 AND {REACHED}");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(self.reach_json());
        let row = query.fetch_optional(self.readers()).await?;
        decode(&row.ok_or(StoreError::NotFound { what: "queue item", id })?)
    }

    /// Rows by state.
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, n FROM outbox_count").fetch_all(self.readers()).await?;
        let mut counts = OutboxCounts::default();
        for (state, n) in rows {
            match word("state of a queue item", state, OutboxState::parse)? {
                OutboxState::Pending => counts.pending = n,
                OutboxState::InFlight => counts.in_flight = n,
                OutboxState::Retry => counts.retry = n,
                OutboxState::Held => counts.held = n,
                OutboxState::InDoubt => counts.in_doubt = n,
                OutboxState::Done => counts.done = n,
                OutboxState::Skipped => counts.skipped = n,
            }
        }
        Ok(counts)
    }

    /// Held and retrying rows by code, most frequent first.
    pub async fn outbox_errors(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT coalesce(code, 'unknown'), count(*) AS n FROM outbox WHERE state IN ('held', 'retry', 'in_doubt') \
             GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20",
        )
        .fetch_all(self.readers())
        .await?)
    }

    /// Sends held and waiting rows again, now. What may have been written is looked for first, and not before Salesforce
    /// must have carried it out. Returns how many.
    pub async fn outbox_retry(&self, ids: &[i64], now: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET state = CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END, attempts = 0, \
                 next_at = CASE state WHEN 'in_doubt' THEN min(next_at, max(?1, updated_at + ?3)) ELSE ?1 END, \
                 updated_at = CASE state WHEN 'in_doubt' THEN updated_at ELSE ?1 END \
                 WHERE state IN ('held', 'retry', 'in_doubt') AND id IN (SELECT value FROM json_each(?2))",
            )
            .bind(ms(now))
            .bind(json_ids(ids))
            .bind(SETTLING.as_millis() as i64)
            .execute(&mut *tx)
            .await?
            .rows_affected()
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

    /// A person says which record a row means: the link is set, and the row (or a new one, if it was settled) waits to
    /// be sent. What was in doubt is so no more. False if the row is just being sent.
    pub async fn outbox_relink(&self, row: &OutboxRow, link: &LinkWrite, now: Timestamp) -> Result<bool, StoreError> {
        transact!(self, |tx| {
            let in_flight: bool = sqlx::query_scalar("SELECT state = 'in_flight' FROM outbox WHERE id = ?")
                .bind(row.id)
                .fetch_one(&mut *tx)
                .await?;
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

    /// Leaves rows out for good, by a person's decision; a later change of the same thing opens a new row.
    pub async fn outbox_skip(&self, ids: &[i64], now: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET state = 'skipped', done_at = ?1, updated_at = ?1 \
                 WHERE state IN ('pending', 'held', 'retry', 'in_doubt') AND id IN (SELECT value FROM json_each(?2))",
            )
            .bind(ms(now))
            .bind(json_ids(ids))
            .execute(&mut *tx)
            .await?
            .rows_affected()
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

/// Rows that wait for a person since after a time and row, oldest first.
pub(super) async fn held_since(
    connection: &mut SqliteConnection,
    (since, id): (i64, i64),
    limit: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!(
        "{SELECT} outbox q WHERE q.state = 'held' AND (q.updated_at, q.id) > (?, ?) ORDER BY q.updated_at, q.id LIMIT ?"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(since).bind(id).bind(limit).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

pub(super) async fn of_contact(
    connection: &mut SqliteConnection,
    contact: ContactId,
) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!(
        "{SELECT} outbox q WHERE q.contact_id = ? AND q.state NOT IN ('done', 'skipped') ORDER BY q.id DESC LIMIT 20"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(contact).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

pub(super) async fn of_activity(
    connection: &mut SqliteConnection,
    activity: i64,
) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} outbox q WHERE q.entity = 'activity' AND q.entity_id = ? ORDER BY q.id DESC LIMIT 1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(activity).fetch_optional(connection).await?;
    row.as_ref().map(decode).transpose()
}

fn decode(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let json = |column: &str| -> Result<Option<Json>, StoreError> {
        Ok(row.try_get::<Option<String>, _>(column)?.and_then(|text| serde_json::from_str(&text).ok()))
    };
    let entity = word("entity of a queue item", row.try_get("entity")?, |text| match text {
        "contact" => Some(Entity::Contact),
        "activity" => Some(Entity::Activity),
        _ => None,
    })?;
    let person: String = row.try_get("person")?;
    let email: String = row.try_get("person_email")?;
    let subject: Option<String> = row.try_get("subject")?;
    let person = if person.is_empty() { email } else { person };
    Ok(OutboxRow {
        id: row.try_get("id")?,
        entity,
        entity_id: row.try_get("entity_id")?,
        contact_id: row.try_get("contact_id")?,
        label: [Some(person), subject].into_iter().flatten().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · "),
        cause: row.try_get("cause")?,
        state: word("state of a queue item", row.try_get("state")?, OutboxState::parse)?,
        version: row.try_get("version")?,
        attempts: row.try_get("attempts")?,
        next_at: instant(row.try_get("next_at")?)?,
        intent: json("intent")?,
        code: row.try_get("code")?,
        message: row.try_get("message")?,
        field: row.try_get("field")?,
        object: row.try_get("object")?,
        class: row.try_get("class")?,
        note: json("note")?.and_then(|note| serde_json::from_value(note).ok()).unwrap_or_default(),
        created_at: instant(row.try_get("created_at")?)?,
        updated_at: instant(row.try_get("updated_at")?)?,
        done_at: row.try_get::<Option<i64>, _>("done_at")?.map(instant).transpose()?,
    })
}
