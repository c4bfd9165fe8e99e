//! Small things that outlive a process.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteExecutor};

use super::connect::{transact, transact_quietly};
use super::convert::word;
use super::{Store, StoreError};
use crate::domain::FieldKind;
use crate::filter::CustomField;

impl Store {
    /// A setting: `store.id`, `sync.paused`, `tui.session`, …
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM setting WHERE key = ?")
            .bind(key)
            .fetch_optional(self.readers())
            .await?)
    }

    /// Keeps a setting.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        transact!(self, |tx| {
            sqlx::query("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(key)
                .bind(value)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// The same for what no screen shows: nobody is woken for it.
    pub async fn note_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(key)
                .bind(value)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// What tells this store from every other; made when it is first asked for.
    pub async fn id(&self) -> Result<String, StoreError> {
        if let Some(id) = self.setting("store.id").await? {
            return Ok(id);
        }
        transact!(self, |tx| {
            sqlx::query("INSERT INTO setting VALUES ('store.id', lower(hex(randomblob(6)))) ON CONFLICT DO NOTHING")
                .execute(&mut *tx)
                .await?;
            sqlx::query_scalar("SELECT value FROM setting WHERE key = 'store.id'").fetch_one(&mut *tx).await?
        })
    }

    /// Custom fields that are not archived, by name.
    pub async fn custom_fields(&self) -> Result<Vec<CustomField>, StoreError> {
        read_custom_fields(self.readers()).await
    }
}

/// The custom fields of a store that is looked at as it lies there: it is neither made nor brought up to date.
pub async fn custom_fields_of(path: &Path) -> Result<Vec<CustomField>, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).pragma("query_only", "on");
    let mut file = options.disable_statement_logging().connect().await?;
    let custom = read_custom_fields(&mut file).await;
    file.close().await?;
    custom
}

async fn read_custom_fields(from: impl SqliteExecutor<'_>) -> Result<Vec<CustomField>, StoreError> {
    let rows: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT name, label, kind, options FROM custom_field WHERE archived_at IS NULL ORDER BY name")
            .fetch_all(from)
            .await?;
    rows.into_iter()
        .map(|(name, label, kind, options)| {
            let parse = |text: &str| serde_json::from_value::<FieldKind>(text.into()).ok();
            Ok(CustomField {
                name,
                label,
                kind: word("type of a custom field", kind, parse)?,
                options: options.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
            })
        })
        .collect()
}
