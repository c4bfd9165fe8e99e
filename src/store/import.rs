//! Rows of a file become contacts, some thousands a transaction (OnceHub: import).
//!
//! Rows are identified like activities, by email above all. What counts is the contact after the last row about it: a
//! row without news changes nothing, and rows that contradict each other change nothing the second time, so that the
//! same file twice is the same as once. An import is no interaction: it moves nobody to the top of a list, and it
//! reaches Salesforce only if asked to.

mod batch;
mod kept;
mod list;
mod scratch;
mod take_back;
mod write;

use jiff::Timestamp;

use super::convert::ms;
use super::{Store, StoreError, undo};
use crate::domain::access::Action;
use crate::domain::{ContactId, Status, UserRef, Values};
use batch::Batch;

pub(super) use kept::Kept;
pub use list::Import;
pub use scratch::ScratchStore;
pub(super) use take_back::{set_undone, take_back};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct ImportRow<'a> {
    /// Fields; blank ones absent.
    pub values: &'a Values,
    /// A status column.
    pub status: Option<Status>,
    /// An owner column.
    pub owner: Option<&'a UserRef>,
    /// A source column; otherwise it is `import`.
    pub source: Option<&'a str>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// A new contact.
    Created(ContactId),
    /// A contact that was there has new values.
    Updated(ContactId),
    /// A contact that was there has these values already.
    Unchanged(ContactId),
    /// An earlier row of the same file is about the same contact; where they differ, the later one counts.
    Repeated(ContactId),
}

impl ImportOutcome {
    /// The contact.
    pub fn contact(self) -> ContactId {
        match self {
            Self::Created(id) | Self::Updated(id) | Self::Unchanged(id) | Self::Repeated(id) => id,
        }
    }
}

/// What became of the rows of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// One answer a row, in order.
    pub outcomes: Vec<ImportOutcome>,
    /// Contacts that earlier batches left unchanged and that rows of this one changed after all.
    pub now_updated: u64,
    /// Contacts that earlier batches changed and that are again what they were before the import.
    pub now_unchanged: u64,
}

/// How rows are taken.
#[derive(Clone, Copy, Debug)]
pub struct ImportMode<'a> {
    /// The import that they belong to.
    pub import: i64,
    /// New and changed contacts wait for Salesforce.
    pub sync: bool,
    /// Who imports.
    pub actor: &'a str,
}

/// Figures of an import, as its list shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportFigures {
    /// New contacts.
    pub created: u64,
    /// Contacts that were changed.
    pub updated: u64,
    /// Contacts that were met and had these values.
    pub unchanged: u64,
    /// Rows about a contact that another row of the file is about, too.
    pub repeated: u64,
    /// Rows that tell no identifier.
    pub skipped: u64,
    /// Rows that were refused.
    pub rejected: u64,
}

impl Store {
    /// Opens an import. Returns its number.
    pub async fn import_begin(&self, name: &str, file: &str, actor: &str, now: Timestamp) -> Result<i64, StoreError> {
        self.allow(Action::Import, &[])?;
        super::connect::transact!(self, |tx| {
            let undo = undo::open(&mut tx, actor, &format!("import {name}"), None, now).await?;
            sqlx::query("INSERT INTO import (name, file, actor, at, undo_id) VALUES (?, ?, ?, ?, ?)")
                .bind(name)
                .bind(file)
                .bind(actor)
                .bind(ms(now))
                .bind(undo)
                .execute(&mut *tx)
                .await?
                .last_insert_rowid()
        })
    }

    /// Takes rows in one transaction. Later rows update what earlier ones made, also those of earlier batches.
    pub async fn import_rows(
        &self,
        rows: &[ImportRow<'_>],
        mode: ImportMode<'_>,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        super::connect::transact!(self, |tx| {
            let mut batch = Batch::load(&mut tx, rows, mode.import).await?;
            let people: Vec<usize> = rows.iter().map(|row| batch.take(row, now)).collect();
            batch.write(&mut tx, mode, now).await?;
            batch.report(&people)
        })
    }

    /// Makes long imports fast: more memory for the writer, and fewer times that the write-ahead log is folded in.
    /// Until [`Store::import_calm`]; other connections do not notice.
    pub async fn import_hurry(&self) -> Result<(), StoreError> {
        self.writer_pragmas("PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 32768").await
    }

    /// Gives back what [`Store::import_hurry`] took.
    pub async fn import_calm(&self) -> Result<(), StoreError> {
        self.writer_pragmas("PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 1000; PRAGMA shrink_memory")
            .await?;
        // A reader may keep the log from being folded in whole: then a later commit does the rest.
        self.writer_pragmas("PRAGMA wal_checkpoint(PASSIVE)").await
    }

    async fn writer_pragmas(&self, sql: &'static str) -> Result<(), StoreError> {
        let mut writer = self.writer().await;
        sqlx::raw_sql(sql).execute(&mut *writer).await?;
        Ok(())
    }

    /// Closes an import with its figures.
    pub async fn import_finish(&self, import: i64, end: &ImportEnd<'_>, now: Timestamp) -> Result<(), StoreError> {
        let figures = end.figures;
        super::connect::transact!(self, |tx| {
            let known: (String, Option<i64>) = sqlx::query_as("SELECT name, undo_id FROM import WHERE id = ?")
                .bind(import)
                .fetch_one(&mut *tx)
                .await?;
            if let (name, Some(undo)) = known {
                let label = format!("import {name}: {} created, {} updated", figures.created, figures.updated);
                undo::close(&mut tx, undo, &label).await?;
            }
            sqlx::query(
                "UPDATE import SET created = ?, updated = ?, unchanged = ?, repeated = ?, skipped = ?, rejected = ?, \
                 canceled = ?, rejects = ?, finished_at = ? WHERE id = ?",
            )
            .bind(figures.created as i64)
            .bind(figures.updated as i64)
            .bind(figures.unchanged as i64)
            .bind(figures.repeated as i64)
            .bind(figures.skipped as i64)
            .bind(figures.rejected as i64)
            .bind(end.canceled)
            .bind(end.rejects)
            .bind(ms(now))
            .bind(import)
            .execute(&mut *tx)
            .await?;
        })
    }
}

/// How an import ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportEnd<'a> {
    /// What became of the rows.
    pub figures: ImportFigures,
    /// Stopped before the end of the file.
    pub canceled: bool,
    /// Where the rejected rows lie.
    pub rejects: Option<&'a str>,
}
