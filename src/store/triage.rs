//! What a rep does to contacts and activities: status, read marks, and undo.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::connect::transact;
use super::convert::{json_ids, ms};
use super::history::{self, Entry};
use super::{Entity, Store, StoreError, contacts, outbox};
use crate::domain::{ActivityId, ContactId, Status};

/// What the undo log keeps of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Change {
    /// The status of some contacts: before and after.
    Status { contacts: Vec<StatusChange> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StatusChange {
    id: ContactId,
    from: Option<Status>,
    to: Option<Status>,
}

impl Store {
    /// Sets the status of contacts; those that have it already are left alone. Can be undone. Returns how many changed.
    pub async fn set_status(
        &self,
        ids: &[ContactId],
        status: Option<Status>,
        actor: &str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        transact!(self, |tx| {
            let mut changes = Vec::new();
            for contact in contacts::get_many(&mut tx, ids).await? {
                if contact.status != status {
                    changes.push(StatusChange { id: contact.id, from: contact.status, to: status });
                }
            }
            for change in &changes {
                write_status(&mut tx, change.id, change.from, change.to, actor, now).await?;
            }
            if changes.is_empty() {
                0
            } else {
                let word = status.map_or("no status", Status::label);
                let label = match changes.len() {
                    1 => format!("{word} of 1 contact"),
                    n => format!("{word} of {n} contacts"),
                };
                let count = changes.len();
                log(&mut tx, actor, &label, &Change::Status { contacts: changes }, now).await?;
                count
            }
        })
    }

    /// Marks activities as read or unread. Returns how many changed.
    pub async fn mark_read(&self, ids: &[ActivityId], read: bool) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "UPDATE activity SET unread = ?1 WHERE unread <> ?1 AND id IN (SELECT value FROM json_each(?2))",
            )
            .bind(!read)
            .bind(json_ids(ids))
            .execute(&mut *tx)
            .await?
            .rows_affected()
        })
    }

    /// Takes back this actor's last change that is not yet undone; returns what it was, in words.
    /// What someone changed since is left as they made it.
    pub async fn undo_last(&self, actor: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        transact!(self, |tx| {
            let last: Option<(i64, String, String)> = sqlx::query_as(
                "SELECT id, label, change FROM undo WHERE actor = ? AND undone_at IS NULL ORDER BY id DESC LIMIT 1",
            )
            .bind(actor)
            .fetch_optional(&mut *tx)
            .await?;
            match last {
                None => None,
                Some((id, label, change)) => {
                    let change: Change = serde_json::from_str(&change)
                        .map_err(|_| StoreError::Value { what: "a change that can be undone", value: change })?;
                    let Change::Status { contacts: changes } = change;
                    let ids: Vec<_> = changes.iter().map(|change| change.id).collect();
                    for contact in contacts::get_many(&mut tx, &ids).await? {
                        let change = changes.iter().find(|change| change.id == contact.id);
                        if let Some(change) = change.filter(|change| change.to == contact.status) {
                            write_status(&mut tx, change.id, change.to, change.from, actor, now).await?;
                        }
                    }
                    sqlx::query("UPDATE undo SET undone_at = ? WHERE id = ?")
                        .bind(ms(now))
                        .bind(id)
                        .execute(&mut *tx)
                        .await?;
                    Some(label)
                }
            }
        })
    }
}

/// The status, its history entry, and the word to Salesforce.
async fn write_status(
    tx: &mut SqliteConnection,
    id: ContactId,
    from: Option<Status>,
    to: Option<Status>,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE contact SET status = ?, updated_at = ? WHERE id = ?")
        .bind(to.map(Status::key))
        .bind(ms(now))
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let data = history::status_data(from, to);
    history::write(tx, Entry { at: now, actor, contact: Some(id), activity: None, what: "status", data }).await?;
    outbox::enqueue(tx, Entity::Contact, id, Some(id), "status", now).await
}

async fn log(
    tx: &mut SqliteConnection,
    actor: &str,
    label: &str,
    change: &Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO undo (at, actor, label, change) VALUES (?, ?, ?, ?)")
        .bind(ms(now))
        .bind(actor)
        .bind(label)
        .bind(serde_json::to_string(change).unwrap_or_default())
        .execute(tx)
        .await?;
    Ok(())
}
