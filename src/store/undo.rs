//! One log of what can be taken back and made again: status, edits, merges, deletions, owners, fields, filters.
//!
//! A change notes, in its own transaction, what it does to rows ([`Recorder`]) and logs the steps ([`log`], or [`open`]
//! and [`add`] for one that is made a chunk at a time). Undo runs the inverse steps backwards, redo the steps forwards.
//! A column that somebody changed since is left as they made it and counted; an undo that could only be had by losing
//! something (an email that another contact has taken since, activities of a contact that would go) is refused whole.
//! What Salesforce already has is pushed again as a new change. Entries are kept for thirty days.
//!
//! For callers: [`Store::undo_entries`], [`Store::undo`], [`Store::redo`], [`Store::undo_latest`],
//! [`Store::redo_latest`]. Whoever adds a change that can be undone:
//!
//! ```ignore
//! let mut recorder = Recorder::default();
//! recorder.watch(&mut tx, Table::SavedFilter, id).await?;      // before
//! /* … change the row … */
//! let steps = recorder.steps(&mut tx).await?;                  // after
//! undo::log(&mut tx, actor, "filter Hot deleted", None, &steps, now).await?;
//! ```

mod record;
mod run;
mod step;

pub(super) use record::{Recorder, columns, images, inserted};
pub(super) use step::{Column, Row, Step, Table};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::connect::{begin, transact};
use super::convert::{instant, ms};
use super::{ChangeError, Store, StoreError};
use crate::domain::access::{Action, Role};
use crate::domain::{ContactId, Status};

/// How long a change can be undone.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What older versions noted of an import: since then it can be made again, too.
const NO_REDO: &str = "no redo: import the file again";

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UndoEntry {
    /// Its number.
    pub id: i64,
    /// When the change was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: String,
    /// What people read: "Qualified of 3 contacts".
    pub label: String,
    /// What of it can't be taken back, in words.
    pub note: Option<String>,
    /// When it was undone; then it can be redone.
    pub undone_at: Option<Timestamp>,
}

/// What an undo or redo did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// The entry.
    pub id: i64,
    /// What it was, in words.
    pub label: String,
    /// Rows that are as they were again.
    pub changed: u64,
    /// Rows that somebody changed since, which are as they made them.
    pub left: u64,
    /// What could not be taken back, in words.
    pub note: Option<String>,
}

/// What an entry holds. Those of many parts have them in `undo_part`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Change {
    /// Steps in parts.
    Parts,
    /// As the first version wrote it.
    Status { contacts: Vec<StatusChange> },
}

#[derive(Debug, Serialize, Deserialize)]
struct StatusChange {
    id: ContactId,
    from: Option<Status>,
    to: Option<Status>,
}

/// Logs a change that is made at once. Nothing is logged when nothing changed.
pub(super) async fn log(
    tx: &mut SqliteConnection,
    actor: &str,
    label: &str,
    note: Option<&str>,
    steps: &[Step],
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    if steps.is_empty() {
        return Ok(None);
    }
    let id = open(tx, actor, label, note, now).await?;
    add(tx, id, steps).await?;
    Ok(Some(id))
}

/// Opens an entry to which parts are added.
pub(super) async fn open(
    tx: &mut SqliteConnection,
    actor: &str,
    label: &str,
    note: Option<&str>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    sqlx::query("DELETE FROM undo WHERE at < ?").bind(ms(now) - KEPT.as_millis() as i64).execute(&mut *tx).await?;
    let made = sqlx::query("INSERT INTO undo (at, actor, label, note, change) VALUES (?, ?, ?, ?, ?)")
        .bind(ms(now))
        .bind(actor)
        .bind(label)
        .bind(note)
        .bind(r#"{"what":"parts"}"#)
        .execute(tx)
        .await?;
    Ok(made.last_insert_rowid())
}

/// Adds a part to an entry.
pub(super) async fn add(tx: &mut SqliteConnection, id: i64, steps: &[Step]) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO undo_part (undo_id, part, change) \
         VALUES (?1, (SELECT coalesce(max(part), 0) + 1 FROM undo_part WHERE undo_id = ?1), ?2)",
    )
    .bind(id)
    .bind(serde_json::to_string(steps).unwrap_or_default())
    .execute(tx)
    .await?;
    Ok(())
}

/// Says what an entry came to be, when all its parts are there; one without parts is forgotten.
pub(super) async fn close(tx: &mut SqliteConnection, id: i64, label: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE undo SET label = ? WHERE id = ?").bind(label).bind(id).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM undo WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM undo_part WHERE undo_id = ?1)")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Undo,
    Redo,
}

impl Store {
    /// The log, newest first: everybody's for an administrator, else the actor's own.
    pub async fn undo_entries(&self, limit: usize) -> Result<Vec<UndoEntry>, StoreError> {
        let actor = self.actor();
        let rows = sqlx::query(
            "SELECT id, at, actor, label, note, undone_at FROM undo WHERE ?1 OR actor = ?2 ORDER BY id DESC LIMIT ?3",
        )
        .bind(actor.role == Role::Administrator)
        .bind(&actor.name)
        .bind(limit as i64)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(entry).collect()
    }

    /// Takes a change back. What somebody changed since is left as they made it.
    pub async fn undo(&self, id: i64, now: Timestamp) -> Result<Undone, ChangeError> {
        self.turn(id, Direction::Undo, now).await
    }

    /// Makes a change again that was undone.
    pub async fn redo(&self, id: i64, now: Timestamp) -> Result<Undone, ChangeError> {
        self.turn(id, Direction::Redo, now).await
    }

    /// True if [`Self::undo_latest`] finds a change.
    pub async fn has_undo(&self) -> Result<bool, StoreError> {
        let has = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM undo WHERE actor = ? AND undone_at IS NULL)");
        Ok(has.bind(self.actor().name).fetch_one(self.readers()).await?)
    }

    /// Takes back the actor's last change that is not undone yet; `None`: there is none.
    pub async fn undo_latest(&self, now: Timestamp) -> Result<Option<Undone>, ChangeError> {
        let id: Option<i64> =
            sqlx::query_scalar("SELECT id FROM undo WHERE actor = ? AND undone_at IS NULL ORDER BY id DESC LIMIT 1")
                .bind(self.actor().name)
                .fetch_optional(self.readers())
                .await
                .map_err(StoreError::from)?;
        match id {
            Some(id) => self.undo(id, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes the actor's change again that was undone last; `None`: there is none, or something was changed since.
    pub async fn redo_latest(&self, now: Timestamp) -> Result<Option<Undone>, ChangeError> {
        let name = self.actor().name;
        let id: Option<i64> = sqlx::query_scalar(
            "SELECT u.id FROM undo u WHERE u.actor = ?1 AND u.undone_at IS NOT NULL AND NOT EXISTS ( \
               SELECT 1 FROM undo n WHERE n.actor = ?1 AND n.undone_at IS NULL AND n.at > u.undone_at) \
             ORDER BY u.undone_at DESC, u.id LIMIT 1",
        )
        .bind(&name)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::from)?;
        match id {
            Some(id) => self.redo(id, now).await.map(Some),
            None => Ok(None),
        }
    }

    async fn turn(&self, id: i64, direction: Direction, now: Timestamp) -> Result<Undone, ChangeError> {
        let entry = self.undo_entry(id).await?;
        let actor = self.actor();
        if actor.role != Role::Administrator && actor.name != entry.actor {
            return Err(ChangeError::NotYours { id, actor: entry.actor });
        }
        if entry.undone_at.is_some() != (direction == Direction::Redo) {
            return Err(match direction {
                Direction::Undo => ChangeError::UndoneAlready(id),
                Direction::Redo => ChangeError::NotUndone(id),
            });
        }
        let mut tally = run::Tally::default();
        self.upgrade(id).await?;
        while let Some(part) = self.next_part(id, direction).await? {
            let mut writer = self.writer().await;
            let mut tx = begin(&mut writer).await?;
            let change: Option<String> = sqlx::query_scalar(
                "SELECT change FROM undo_part WHERE undo_id = ? AND part = ? AND (undone_at IS NULL) = ?",
            )
            .bind(id)
            .bind(part)
            .bind(direction == Direction::Undo)
            .fetch_optional(&mut *tx)
            .await?;
            // Another process may have been quicker with this part.
            if let Some(change) = change {
                let steps: Vec<Step> = serde_json::from_str(&change)
                    .map_err(|_| StoreError::Value { what: "a change that can be undone", value: change })?;
                let mut steps: Vec<Step> = match direction {
                    Direction::Undo => steps.into_iter().rev().map(Step::inverse).collect(),
                    Direction::Redo => steps,
                };
                self.allow_steps(&mut tx, &steps).await?;
                let cause = if direction == Direction::Undo { "undone" } else { "redone" };
                tally.add(run::run(&mut tx, &mut steps, &actor.name, cause, now).await?);
                if steps.iter().any(Step::keeps) {
                    let forward: Vec<Step> = match direction {
                        Direction::Undo => steps.into_iter().rev().map(Step::inverse).collect(),
                        Direction::Redo => steps,
                    };
                    sqlx::query("UPDATE undo_part SET change = ? WHERE undo_id = ? AND part = ?")
                        .bind(serde_json::to_string(&forward).unwrap_or_default())
                        .bind(id)
                        .bind(part)
                        .execute(&mut *tx)
                        .await?;
                }
            }
            sqlx::query("UPDATE undo_part SET undone_at = ? WHERE undo_id = ? AND part = ?")
                .bind((direction == Direction::Undo).then(|| ms(now)))
                .bind(id)
                .bind(part)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
        let result: Result<(), StoreError> = transact!(self, |tx| {
            let undone_at = (direction == Direction::Undo).then(|| ms(now));
            super::import::set_undone(&mut tx, id, undone_at).await?;
            sqlx::query("UPDATE undo SET undone_at = ? WHERE id = ?")
                .bind(undone_at)
                .bind(id)
                .execute(&mut *tx)
                .await?;
        });
        result?;
        let note = entry.note.filter(|_| direction == Direction::Undo);
        Ok(Undone { id, label: entry.label, changed: tally.changed, left: tally.left, note })
    }

    async fn undo_entry(&self, id: i64) -> Result<UndoEntry, StoreError> {
        let row = sqlx::query("SELECT id, at, actor, label, note, undone_at FROM undo WHERE id = ?")
            .bind(id)
            .fetch_optional(self.readers())
            .await?;
        entry(&row.ok_or(StoreError::NotFound { what: "change that can be undone", id })?)
    }

    /// The part whose turn it is: the last one that is not undone, or the first that is.
    async fn next_part(&self, id: i64, direction: Direction) -> Result<Option<i64>, StoreError> {
        let sql = match direction {
            Direction::Undo => "SELECT max(part) FROM undo_part WHERE undo_id = ? AND undone_at IS NULL",
            Direction::Redo => "SELECT min(part) FROM undo_part WHERE undo_id = ? AND undone_at IS NOT NULL",
        };
        Ok(sqlx::query_scalar(sql).bind(id).fetch_one(self.readers()).await?)
    }

    /// An entry as the first version wrote it gets its steps.
    async fn upgrade(&self, id: i64) -> Result<(), StoreError> {
        let change: String =
            sqlx::query_scalar("SELECT change FROM undo WHERE id = ?").bind(id).fetch_one(self.readers()).await?;
        let change = serde_json::from_str(&change)
            .map_err(|_| StoreError::Value { what: "a change that can be undone", value: change })?;
        let Change::Status { contacts } = change else { return Ok(()) };
        let steps: Vec<Step> = contacts
            .into_iter()
            .map(|change| Step::Move {
                column: Column::ContactStatus,
                ids: vec![change.id],
                from: json!(change.from.map(Status::key)),
                to: json!(change.to.map(Status::key)),
            })
            .collect();
        transact!(self, |tx| {
            add(&mut tx, id, &steps).await?;
            sqlx::query(r#"UPDATE undo SET change = '{"what":"parts"}' WHERE id = ?"#)
                .bind(id)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// A role that lost its reach since does not get it back by an undo.
    async fn allow_steps(&self, tx: &mut SqliteConnection, steps: &[Step]) -> Result<(), StoreError> {
        if self.actor().role == Role::Administrator {
            return Ok(());
        }
        for step in steps {
            let ids: Vec<i64> = match step {
                Step::Set { table: Table::Contact, key, .. } => {
                    key.get("id").and_then(serde_json::Value::as_i64).into_iter().collect()
                }
                Step::Move { column: Column::ContactStatus | Column::ContactOwner, ids, .. } => ids.clone(),
                _ => continue,
            };
            let owners = super::contacts::owners(tx, &ids).await?;
            self.allow(Action::Edit, &owners)?;
        }
        Ok(())
    }
}

fn entry(row: &SqliteRow) -> Result<UndoEntry, StoreError> {
    Ok(UndoEntry {
        id: row.try_get("id")?,
        at: instant(row.try_get("at")?)?,
        actor: row.try_get("actor")?,
        label: row.try_get("label")?,
        note: row.try_get::<Option<String>, _>("note")?.filter(|note| note != NO_REDO),
        undone_at: row.try_get::<Option<i64>, _>("undone_at")?.map(instant).transpose()?,
    })
}
