//! Keys of the HTTP API: a name and a hash. The key itself is shown once, when it is made, and kept nowhere.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::connect::transact_quietly;
use super::convert::{instant, ms};
use super::{ChangeError, Store, StoreError, users};
use crate::domain::access::Action;
use crate::domain::{Actor, Email, Role};

/// A use is written down at most this often, so that reading does not mean writing.
const USE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A key, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// The user whose it is, by email; `None`: nobody's, and it acts as an administrator.
    pub user: Option<Email>,
    /// False: that user no longer works here, and the key opens nothing.
    pub user_active: bool,
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
    /// It may do what `user` may; without one, what an administrator may.
    pub async fn api_key_create(
        &self,
        name: &str,
        hash: &str,
        user: Option<&Email>,
        now: Timestamp,
    ) -> Result<Option<i64>, ChangeError> {
        self.allow(Action::Users, &[])?;
        transact_quietly!(self, |tx| {
            let user = match user {
                Some(email) => Some(users::known(&mut tx, email).await?),
                None => None,
            };
            sqlx::query("DELETE FROM api_key WHERE name = ? AND revoked_at IS NOT NULL")
                .bind(name)
                .execute(&mut *tx)
                .await?;
            sqlx::query_scalar(
                "INSERT INTO api_key (name, hash, created_at, user_id) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING id",
            )
            .bind(name)
            .bind(hash)
            .bind(ms(now))
            .bind(user)
            .fetch_optional(&mut *tx)
            .await?
        })
    }

    /// All keys by name, the revoked ones too.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT k.*, u.email AS user, coalesce(u.active, 1) AS user_active \
             FROM api_key k LEFT JOIN user u ON u.id = k.user_id ORDER BY k.name",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let time = |at: Option<i64>| at.map(instant).transpose();
                Ok(ApiKey {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    hash: row.try_get("hash")?,
                    // Whose address can not be read is somebody all the same: no key becomes an administrator's.
                    user: match (row.try_get::<Option<i64>, _>("user_id")?, row.try_get::<Option<String>, _>("user")?) {
                        (None, _) => None,
                        (Some(id), email) => Some(
                            email
                                .and_then(|email| Email::parse(&email).ok())
                                .ok_or(StoreError::NotFound { what: "user", id })?,
                        ),
                    },
                    user_active: row.try_get("user_active")?,
                    created_at: instant(row.try_get("created_at")?)?,
                    used_at: time(row.try_get("used_at")?)?,
                    revoked_at: time(row.try_get("revoked_at")?)?,
                })
            })
            .collect()
    }

    /// Who acts with a key: whoever it belongs to, with the role that `rolodeck user` gave them (a member, if none did);
    /// nobody's key is an administrator's. The history knows them as `api:NAME`.
    pub async fn actor_of_key(&self, key: &ApiKey) -> Result<Actor, StoreError> {
        let name = format!("api:{}", key.name);
        match &key.user {
            None => Ok(Actor::administrator(name)),
            Some(email) => Ok(Actor { name, ..self.actor_named(email.as_str(), Role::Member).await? }),
        }
    }

    /// Closes what a key opens, from the next request on; false if no living key has the name.
    pub async fn api_key_revoke(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.allow(Action::Users, &[])?;
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
