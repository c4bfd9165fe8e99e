//! How far each polled source has been read, and what it sent that nobody understood.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::connect::{transact, transact_quietly};
use super::convert::{instant, ms};
use super::{Store, StoreError};
use crate::domain::UserRef;
use crate::domain::access::Action;

/// How a polled source fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceState {
    /// calcom or oncehub.
    pub source: String,
    /// Where to read on; its form is the poller's own.
    pub cursor: Option<String>,
    /// When it was last read to its end.
    pub last_success_at: Option<Timestamp>,
    /// When reading it last failed.
    pub last_error_at: Option<Timestamp>,
    /// Why, in words.
    pub last_error: Option<String>,
}

impl SourceState {
    /// The error, unless it was read to its end since.
    pub fn error(&self) -> Option<&str> {
        let stands = self.last_error_at > self.last_success_at;
        self.last_error.as_deref().filter(|_| stands)
    }
}

/// A payload as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// calcom or oncehub.
    pub source: String,
    /// The source's own word for the event.
    #[serde(rename = "type")]
    pub event: String,
    /// When it came.
    pub received_at: Timestamp,
    /// It is of a type that rolodeck does not know: kept, and nothing done.
    pub unknown: bool,
    /// The activity it is about.
    pub activity_id: Option<i64>,
    /// The contact it is about.
    pub contact_id: Option<i64>,
}

/// Deliveries of one type that nobody understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownType {
    /// calcom or oncehub.
    pub source: String,
    /// The source's own word for the event.
    #[serde(rename = "type")]
    pub event: String,
    /// How many came.
    pub count: i64,
    /// When the last one came.
    pub last_at: Timestamp,
}

impl Store {
    /// The sources that were ever polled, by name.
    pub async fn sources(&self) -> Result<Vec<SourceState>, StoreError> {
        let rows = sqlx::query("SELECT * FROM source_cursor ORDER BY source").fetch_all(self.readers()).await?;
        rows.iter().map(source_state).collect()
    }

    /// One polled source; `None`: it never was.
    pub async fn source(&self, source: &str) -> Result<Option<SourceState>, StoreError> {
        let sql = "SELECT * FROM source_cursor WHERE source = ?";
        let row = sqlx::query(sql).bind(source).fetch_optional(self.readers()).await?;
        row.as_ref().map(source_state).transpose()
    }

    /// A source was read up to `cursor`; `complete`: to its end.
    pub async fn source_read(
        &self,
        source: &str,
        cursor: &str,
        complete: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "INSERT INTO source_cursor (source, cursor, last_success_at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (source) DO UPDATE SET cursor = ?2, last_success_at = coalesce(?3, last_success_at)",
            )
            .bind(source)
            .bind(cursor)
            .bind(complete.then(|| ms(now)))
            .execute(&mut *tx)
            .await?;
        })
    }

    /// Reading a source failed; it is read on from its cursor.
    pub async fn source_failed(&self, source: &str, error: &str, now: Timestamp) -> Result<(), StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "INSERT INTO source_cursor (source, last_error_at, last_error) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (source) DO UPDATE SET last_error_at = ?2, last_error = ?3",
            )
            .bind(source)
            .bind(ms(now))
            .bind(error)
            .execute(&mut *tx)
            .await?;
        })
    }

    /// Forgets how far a source was read: the next poll begins anew.
    pub async fn source_forget(&self, source: &str) -> Result<(), StoreError> {
        transact_quietly!(self, |tx| {
            let sql = "UPDATE source_cursor SET cursor = NULL WHERE source = ?";
            sqlx::query(sql).bind(source).execute(&mut *tx).await?;
        })
    }

    /// Makes users known by name and address, whose ids other payloads tell. Who is known already is no second user, also
    /// if several processes do it at once: the write lock is held from the look to the row.
    pub async fn know_users(&self, users: &[UserRef]) -> Result<(), StoreError> {
        transact!(self, |tx| {
            for user in users {
                super::users::resolve(&mut tx, user).await?;
            }
        })
    }

    /// What came in, whoever it is about, so for administrators alone: newest first; `unknown`: only what nobody understood. At most `limit`.
    pub async fn deliveries(&self, unknown: bool, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        self.allow(Action::Deliveries, &[])?;
        let columns = "id, source, type, received_at, outcome, activity_id, contact_id";
        let sql = if unknown {
            format!(
                "SELECT {columns} FROM delivery WHERE outcome = 'unknown' ORDER BY received_at DESC, id DESC LIMIT ?"
            )
        } else {
            format!("SELECT {columns} FROM delivery ORDER BY id DESC LIMIT ?")
        };
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit as i64).fetch_all(self.readers()).await?;
        rows.iter().map(delivery).collect()
    }

    /// One delivery with its payload as it came, for administrators alone; `None`: there is no such number.
    pub async fn delivery(&self, id: i64) -> Result<Option<(Delivery, String)>, StoreError> {
        self.allow(Action::Deliveries, &[])?;
        let row = sqlx::query("SELECT * FROM delivery WHERE id = ?").bind(id).fetch_optional(self.readers()).await?;
        row.as_ref().map(|row| Ok((delivery(row)?, row.try_get("payload")?))).transpose()
    }

    /// Types that nobody understood, the most recent first.
    pub async fn unknown_types(&self) -> Result<Vec<UnknownType>, StoreError> {
        let rows = sqlx::query(
            "SELECT source, type, count(*) AS n, max(received_at) AS last FROM delivery WHERE outcome = 'unknown' \
             GROUP BY source, type ORDER BY last DESC LIMIT 100",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(UnknownType {
                    source: row.try_get("source")?,
                    event: row.try_get("type")?,
                    count: row.try_get("n")?,
                    last_at: instant(row.try_get("last")?)?,
                })
            })
            .collect()
    }
}

fn source_state(row: &SqliteRow) -> Result<SourceState, StoreError> {
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(column)?.map(instant).transpose()
    };
    Ok(SourceState {
        source: row.try_get("source")?,
        cursor: row.try_get("cursor")?,
        last_success_at: time("last_success_at")?,
        last_error_at: time("last_error_at")?,
        last_error: row.try_get("last_error")?,
    })
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.try_get("id")?,
        source: row.try_get("source")?,
        event: row.try_get("type")?,
        received_at: instant(row.try_get("received_at")?)?,
        unknown: row.try_get::<String, _>("outcome")? == "unknown",
        activity_id: row.try_get("activity_id")?,
        contact_id: row.try_get("contact_id")?,
    })
}
