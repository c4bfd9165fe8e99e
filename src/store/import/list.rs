//! The imports there were.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::ImportFigures;
use crate::store::convert::instant;
use crate::store::{Store, StoreError};

/// An import, as its list shows it. Its contacts are those of the filter `import:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The file, as it was given.
    pub file: String,
    /// Who imported.
    pub actor: String,
    /// When it began.
    pub at: Timestamp,
    /// What became of the rows; of an import that broke off, what was written when it last told.
    pub figures: ImportFigures,
    /// When it ended; `None`: it runs, or its process died.
    pub finished_at: Option<Timestamp>,
    /// Stopped before the end of the file.
    pub canceled: bool,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
    /// Where the rejected rows lie.
    pub rejects: Option<String>,
    /// How many of its contacts there are now.
    pub contacts: u64,
    /// The change in the undo log that takes it back.
    pub undo: Option<i64>,
}

impl Store {
    /// Files of rejected rows that imports wrote, and when at the latest.
    pub async fn rejects_written(&self) -> Result<HashMap<PathBuf, Timestamp>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT rejects, max(finished_at) FROM import WHERE rejects IS NOT NULL AND finished_at IS NOT NULL GROUP BY rejects",
        )
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(|(path, at)| Ok((path.into(), instant(at)?))).collect()
    }

    /// Imports, the last first.
    pub async fn imports(&self, limit: usize) -> Result<Vec<Import>, StoreError> {
        let rows = sqlx::query(
            "SELECT i.*, (SELECT count(*) FROM import_contact c WHERE c.import_id = i.id) AS contacts \
             FROM import i ORDER BY i.id DESC LIMIT ?",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(decode).collect()
    }
}

fn decode(row: &SqliteRow) -> Result<Import, StoreError> {
    let count = |column: &str| row.try_get::<i64, _>(column).map(|n| n as u64);
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(column)?.map(instant).transpose()
    };
    Ok(Import {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        file: row.try_get("file")?,
        actor: row.try_get("actor")?,
        at: instant(row.try_get("at")?)?,
        figures: ImportFigures {
            created: count("created")?,
            updated: count("updated")?,
            unchanged: count("unchanged")?,
            repeated: count("repeated")?,
            skipped: count("skipped")?,
            rejected: count("rejected")?,
        },
        finished_at: time("finished_at")?,
        canceled: row.try_get("canceled")?,
        undone_at: time("undone_at")?,
        rejects: row.try_get("rejects")?,
        contacts: count("contacts")?,
        undo: row.try_get("undo_id")?,
    })
}
