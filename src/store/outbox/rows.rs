//! Rows as they are read: for lists, for one thing, and counted.

use serde_json::Value as Json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use crate::domain::ContactId;
use crate::store::convert::{instant, json_words, word};
use crate::store::{Entity, OutboxCounts, OutboxRow, OutboxState, Store, StoreError};

/// What is read of a row `q`.
pub(super) const SELECT: &str = "SELECT q.*, coalesce( \
       (SELECT trim(coalesce(c.first_name, '') || ' ' || coalesce(c.last_name, '')) FROM contact c WHERE c.id = q.contact_id), \
       (SELECT coalesce(a.person_name, a.person_email) FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id), '') AS person, \
     coalesce((SELECT c.email FROM contact c WHERE c.id = q.contact_id), '') AS person_email, \
     (SELECT a.subject FROM activity a WHERE q.entity = 'activity' AND a.id = q.entity_id) AS subject \
     FROM";

/// The row is about a contact that the actor may see; the second placeholder is [`Store::reach_json`].
pub(super) const REACHED: &str = "(?2 IS NULL OR EXISTS (SELECT 1 FROM contact c WHERE c.id = q.contact_id \
     AND c.owner_id IN (SELECT value FROM json_each(?2))))";

impl Store {
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
}

/// Rows that wait for a person since after a time and row, oldest first.
pub(in crate::store) async fn held_since(
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

pub(in crate::store) async fn of_contact(
    connection: &mut SqliteConnection,
    contact: ContactId,
) -> Result<Vec<OutboxRow>, StoreError> {
    let sql = format!(
        "{SELECT} outbox q WHERE q.contact_id = ? AND q.state NOT IN ('done', 'skipped') ORDER BY q.id DESC LIMIT 20"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(contact).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

pub(in crate::store) async fn of_activity(
    connection: &mut SqliteConnection,
    activity: i64,
) -> Result<Option<OutboxRow>, StoreError> {
    let sql = format!("{SELECT} outbox q WHERE q.entity = 'activity' AND q.entity_id = ? ORDER BY q.id DESC LIMIT 1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(activity).fetch_optional(connection).await?;
    row.as_ref().map(decode).transpose()
}

pub(super) fn decode(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
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
        label: [Some(person), subject].into_iter().flatten().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
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
