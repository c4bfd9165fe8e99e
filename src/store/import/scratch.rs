//! A dry run: the same import into a store beside the real one, which is thrown away afterwards.
//!
//! Whom the rows may mean is copied over as they are asked for, so that the outcome is exactly that of the import,
//! whatever the size of the file, and nobody waits for a lock of ours.

use std::path::Path;

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::ImportRow;
use crate::domain::Field;
use crate::store::convert::json_words;
use crate::store::{Store, StoreError};

/// A store for a dry run.
#[derive(Debug)]
pub struct ScratchStore {
    store: Store,
    /// The columns of a contact that are stored.
    columns: String,
}

impl Store {
    /// A store in `folder` that knows users, fields and the last number of this one, and nobody yet.
    pub async fn scratch(&self, folder: &Path) -> Result<ScratchStore, StoreError> {
        let store = Self::open(&folder.join("dry-run.db")).await?;
        let columns = {
            let mut writer = store.writer().await;
            sqlx::query("ATTACH ? AS real").bind(self.path().display().to_string()).execute(&mut *writer).await?;
            // Nothing of it must survive a crash; and nobody will search it.
            sqlx::raw_sql(
                "PRAGMA synchronous = off; PRAGMA foreign_keys = off; \
                 DROP TABLE main.contact_search; CREATE TABLE main.contact_search (text TEXT); \
                 INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM real.sqlite_sequence WHERE name = 'contact'",
            )
            .execute(&mut *writer)
            .await?;
            for table in ["team", "user", "custom_field"] {
                let columns = columns(&mut writer, table).await?;
                let sql = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM real.{table}");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *writer).await?;
            }
            columns(&mut writer, "contact").await?
        };
        Ok(ScratchStore { store, columns })
    }
}

impl ScratchStore {
    /// The store: rows that are imported there are imported nowhere else.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Copies those whom rows may mean and who were not copied before.
    pub async fn meet(&self, rows: &[ImportRow<'_>]) -> Result<(), StoreError> {
        let mut writer = self.store.writer().await;
        for (column, field) in [("email", Field::Email), ("mobile_phone", Field::MobilePhone)] {
            let texts: Vec<&str> = rows.iter().filter_map(|row| row.values.text(field)).collect();
            let sql = format!(
                "INSERT OR IGNORE INTO main.contact ({0}) SELECT {0} FROM real.contact \
                 WHERE {column} IN (SELECT value FROM json_each(?))",
                self.columns
            );
            sqlx::query(AssertSqlSafe(sql)).bind(json_words(&texts)).execute(&mut *writer).await?;
        }
        Ok(())
    }

    /// Closes it; its folder can go.
    pub async fn close(self) {
        self.store.close().await;
    }
}

async fn columns(connection: &mut SqliteConnection, table: &str) -> Result<String, StoreError> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT '\"' || name || '\"' FROM pragma_table_xinfo(?) WHERE hidden = 0")
            .bind(table)
            .fetch_all(connection)
            .await?;
    Ok(names.join(", "))
}
