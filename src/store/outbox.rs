//! What waits for Salesforce (architecture: the outbox).
//!
//! `pending -> in_flight -> done | retry(at) | held(reason) | in_doubt`. A row says only that something must be brought
//! in step, so later changes coalesce into the open row: they raise its version, and settling an older version leaves
//! it open.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::connect::transact;
use super::convert::{instant, json_ids, json_words, ms, word};
use super::history::{self, Entry};
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
    /// Again, not before then.
    Retry(Timestamp, Fault),
    /// A person must look.
    Held(Fault),
    /// It may have been written: look before sending it again, not before then.
    InDoubt(Timestamp, Fault),
    /// Back as it was: it was not its turn.
    Release,
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

/// The word by which the contact's history knows what the worker did.
const SYNCED: &str = "synced";

/// Puts something into the open row of an entity, or opens one.
pub(super) async fn enqueue(
    connection: &mut SqliteConnection,
    entity: Entity,
    entity_id: i64,
    contact: Option<ContactId>,
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A row in flight keeps its state: the raised version brings it back when it settles.
    // A held one gets another chance: the data changed.
    sqlx::query(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5, ?5) \
         ON CONFLICT (entity, entity_id) WHERE state NOT IN ('done', 'skipped') DO UPDATE SET \
           version = version + 1, cause = excluded.cause, contact_id = excluded.contact_id, updated_at = excluded.updated_at, \
           state = CASE state WHEN 'held' THEN CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END ELSE state END, \
           next_at = CASE state WHEN 'held' THEN excluded.next_at ELSE next_at END, \
           attempts = CASE state WHEN 'held' THEN 0 ELSE attempts END",
    )
    .bind(entity.key())
    .bind(entity_id)
    .bind(contact)
    .bind(cause)
    .bind(ms(now))
    .execute(connection)
    .await?;
    Ok(())
}

const SELECT: &str = "SELECT q.*, coalesce( \
       (SELECT trim(coalesce(c.first_name, '') || ' ' || coalesce(c.last_name, '')) FROM contact c WHERE c.id = q.contact_id), \
       (SELECT coalesce(a.person_name, a.person_email) FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id), '') AS person, \
     coalesce((SELECT c.email FROM contact c WHERE c.id = q.contact_id), '') AS person_email, \
     (SELECT a.subject FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id) AS subject \
     FROM outbox q";

impl Store {
    /// Rows that are due, marked as in flight under this lease owner. In-doubt ones keep their intent, by which they
    /// are known to have been sent.
    pub async fn outbox_claim(&self, owner: &str, limit: usize, now: Timestamp) -> Result<Vec<OutboxRow>, StoreError> {
        transact!(self, |tx| {
            let ids: Vec<i64> = sqlx::query_scalar(
                "SELECT id FROM outbox WHERE state IN ('pending', 'retry', 'in_doubt') AND next_at <= ? \
                 ORDER BY next_at, id LIMIT ?",
            )
            .bind(ms(now))
            .bind(limit as i64)
            .fetch_all(&mut *tx)
            .await?;
            let sql = format!("{SELECT} WHERE q.id IN (SELECT value FROM json_each(?)) ORDER BY q.id");
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

    /// When the next row becomes due; `None`: nothing waits.
    pub async fn outbox_next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> =
            sqlx::query_scalar("SELECT min(next_at) FROM outbox WHERE state IN ('pending', 'retry', 'in_doubt')")
                .fetch_one(self.readers())
                .await?;
        at.map(instant).transpose()
    }

    /// Commits what is about to be created, before it is sent: an answer that never comes leaves a trace.
    /// Links that the calls before have made are kept in the same transaction.
    pub async fn outbox_intend(
        &self,
        intents: &[(i64, Json)],
        made: &[LinkWrite],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if intents.is_empty() && made.is_empty() {
            return Ok(());
        }
        let rows: Vec<Json> = intents.iter().map(|(id, intent)| json!([id, intent.to_string()])).collect();
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET intent = json_extract(k.value, '$[1]') FROM json_each(?) k \
                 WHERE outbox.id = json_extract(k.value, '$[0]')",
            )
            .bind(Json::from(rows).to_string())
            .execute(&mut *tx)
            .await?;
            for link in made {
                links::write(&mut tx, link, now).await?;
            }
        })
    }

    /// Settles claimed rows with their links, in one transaction.
    /// Rows that this owner no longer holds are left alone: another worker has taken them over.
    pub async fn outbox_settle(&self, owner: &str, settled: &[Settled], now: Timestamp) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        transact!(self, |tx| {
            for row in settled {
                settle(&mut tx, owner, row, now).await?;
            }
        })
    }

    /// Takes over what a dead worker had in flight: what it meant to create is in doubt, the rest waits again.
    /// Returns how many rows were taken over. Call it only while holding the lease.
    pub async fn outbox_recover(&self, owner: &str, now: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET state = CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END, \
                 claimed_by = NULL, next_at = ?1, updated_at = ?1 WHERE state = 'in_flight' AND claimed_by IS NOT ?2",
            )
            .bind(ms(now))
            .bind(owner)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        })
    }

    /// Rows in some states (all, if none are given), last changed first.
    pub async fn outbox(&self, states: &[OutboxState], limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let states = if states.is_empty() { &OutboxState::ALL[..] } else { states };
        let words: Vec<_> = states.iter().map(|state| state.key()).collect();
        let sql = format!(
            "{SELECT} WHERE q.state IN (SELECT value FROM json_each(?)) ORDER BY q.updated_at DESC, q.id DESC LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(json_words(&words))
            .bind(limit as i64)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(decode).collect()
    }

    /// One row.
    pub async fn outbox_row(&self, id: i64) -> Result<OutboxRow, StoreError> {
        let sql = format!("{SELECT} WHERE q.id = ?");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(self.readers()).await?;
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

    /// Sends held and waiting rows again, now. What may have been written is looked for first. Returns how many.
    pub async fn outbox_retry(&self, ids: &[i64], now: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE outbox SET state = CASE WHEN intent IS NULL THEN 'pending' ELSE 'in_doubt' END, attempts = 0, \
                 next_at = ?1, updated_at = ?1 \
                 WHERE state IN ('held', 'retry', 'in_doubt') AND id IN (SELECT value FROM json_each(?2))",
            )
            .bind(ms(now))
            .bind(json_ids(ids))
            .execute(&mut *tx)
            .await?
            .rows_affected()
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

    /// Forgets settled rows that are older than a moment. Returns how many.
    pub async fn outbox_prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query("DELETE FROM outbox WHERE done_at < ?")
                .bind(ms(before))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        })
    }
}

async fn settle(tx: &mut SqliteConnection, owner: &str, row: &Settled, now: Timestamp) -> Result<(), StoreError> {
    let held: Option<i64> =
        sqlx::query_scalar("SELECT id FROM outbox WHERE id = ? AND state = 'in_flight' AND claimed_by = ?")
            .bind(row.id)
            .bind(owner)
            .fetch_optional(&mut *tx)
            .await?;
    if held.is_none() {
        return Ok(());
    }
    for link in &row.links {
        links::write(tx, link, now).await?;
    }
    let (state, next_at, fault, done) = match &row.outcome {
        Outcome::Done => ("done", now, None, true),
        Outcome::Skipped => ("skipped", now, None, true),
        Outcome::Retry(at, fault) => ("retry", *at, Some(fault), false),
        Outcome::Held(fault) => ("held", now, Some(fault), false),
        Outcome::InDoubt(at, fault) => ("in_doubt", *at, Some(fault), false),
        Outcome::Release => ("pending", now, None, false),
    };
    // A change that came while the row was in flight (a raised version) makes it wait again.
    sqlx::query(
        "UPDATE outbox SET \
           state = CASE WHEN version > ?2 AND ?3 IN ('done', 'skipped', 'held') THEN 'pending' ELSE ?3 END, \
           done_at = CASE WHEN ?4 AND version = ?2 THEN ?5 ELSE NULL END, \
           next_at = ?6, code = ?7, message = ?8, field = ?9, object = ?10, class = ?11, note = ?12, \
           intent = CASE WHEN ?3 IN ('in_doubt') THEN intent ELSE NULL END, \
           attempts = CASE WHEN ?3 = 'pending' THEN max(attempts - 1, 0) WHEN ?4 AND version > ?2 THEN 0 ELSE attempts END, \
           claimed_by = NULL, updated_at = ?5 \
         WHERE id = ?1",
    )
    .bind(row.id)
    .bind(row.version)
    .bind(state)
    .bind(done)
    .bind(ms(now))
    .bind(ms(next_at))
    .bind(fault.map(|fault| &fault.code))
    .bind(fault.map(|fault| &fault.message))
    .bind(fault.and_then(|fault| fault.field.as_ref()))
    .bind(fault.and_then(|fault| fault.object.as_ref()))
    .bind(fault.map(|fault| &fault.class))
    .bind((!row.note.is_empty()).then(|| Json::from(row.note.clone()).to_string()))
    .execute(&mut *tx)
    .await?;
    if matches!(row.outcome, Outcome::Done) && !row.note.is_empty() {
        let entity: Option<(String, i64, Option<i64>)> =
            sqlx::query_as("SELECT entity, entity_id, contact_id FROM outbox WHERE id = ?")
                .bind(row.id)
                .fetch_optional(&mut *tx)
                .await?;
        if let Some((entity, entity_id, contact)) = entity {
            let activity = (entity == Entity::Activity.key()).then_some(entity_id);
            let data = json!({ "note": row.note });
            // The contact or activity may have been deleted meanwhile; the history has no place for it then.
            let contact: Option<i64> = sqlx::query_scalar("SELECT id FROM contact WHERE id = ?")
                .bind(contact)
                .fetch_optional(&mut *tx)
                .await?;
            let activity: Option<i64> = sqlx::query_scalar("SELECT id FROM activity WHERE id = ?")
                .bind(activity)
                .fetch_optional(&mut *tx)
                .await?;
            let entry = Entry { at: now, actor: "salesforce", contact, activity, what: SYNCED, data };
            history::write(tx, entry).await?;
        }
    }
    Ok(())
}

pub(super) async fn of_contact(
    connection: &mut SqliteConnection,
    contact: ContactId,
) -> Result<Vec<OutboxRow>, StoreError> {
    let sql =
        format!("{SELECT} WHERE q.contact_id = ? AND q.state NOT IN ('done', 'skipped') ORDER BY q.id DESC LIMIT 20");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(contact).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

pub(super) async fn of_activity(
    connection: &mut SqliteConnection,
    activity: i64,
) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} WHERE q.entity = 'activity' AND q.entity_id = ? ORDER BY q.id DESC LIMIT 1");
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
