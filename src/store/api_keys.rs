//! Keys of the HTTP API: a name and a hash. The key itself is shown once, when it is made, and kept nowhere.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::connect::transact_quietly;
use super::convert::{instant, ms};
use super::{Store, StoreError};

/// A use is written down at most this often, so that reading does not mean writing.
const USE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A key, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// SHA-256 of its text, 64 hex digits.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a new key under a name that no living key has; `None`: one has it. A revoked key of that name is forgotten.
    pub async fn api_key_create(&self, name: &str, hash: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query("DELETE FROM api_key WHERE name = ? AND revoked_at IS NOT NULL")
                .bind(name)
                .execute(&mut *tx)
                .await?;
            sqlx::query_scalar(
                "INSERT INTO api_key (name, hash, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING id",
            )
            .bind(name)
            .bind(hash)
            .bind(ms(now))
            .fetch_optional(&mut *tx)
            .await?
        })
    }

    /// All keys by name, the revoked ones too.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query("SELECT * FROM api_key ORDER BY name").fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let time = |at: Option<i64>| at.map(instant).transpose();
                Ok(ApiKey {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    hash: row.try_get("hash")?,
                    created_at: instant(row.try_get("created_at")?)?,
                    used_at: time(row.try_get("used_at")?)?,
                    revoked_at: time(row.try_get("revoked_at")?)?,
                })
            })
            .collect()
    }

    /// Closes what a key opens, from the next request on; false if no living key has the name.
    pub async fn api_key_revoke(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query("UPDATE api_key SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL")
                .bind(ms(now))
                .bind(name)
                .execute(&mut *tx)
                .await?
                .rows_affected()
                == 1
        })
    }

    /// Writes down that a key was used, if that was not done within the last minute.
    pub async fn api_key_used(&self, key: &ApiKey, now: Timestamp) -> Result<(), StoreError> {
        if key.used_at.is_some_and(|used| now.duration_since(used) < USE_EVERY) {
            return Ok(());
        }
        transact_quietly!(self, |tx| {
            sqlx::query("UPDATE api_key SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?")
                .bind(ms(now))
                .bind(key.id)
                .execute(&mut *tx)
                .await?;
        })
    }
}
