//! Users of the team, made on sight: a payload names a host before anyone has entered them.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Store, StoreError};
use crate::domain::{Email, UserRef};

impl Store {
    /// Every user by what sources say of them.
    pub async fn user_refs(&self) -> Result<Vec<UserRef>, StoreError> {
        let rows = sqlx::query("SELECT email, name, external_id FROM user").fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let email: Option<String> = row.try_get("email")?;
                Ok(UserRef {
                    email: email.and_then(|email| Email::parse(&email).ok()),
                    name: row.try_get("name")?,
                    external_id: row.try_get("external_id")?,
                })
            })
            .collect()
    }
}

/// The number of a user, who is made if unknown. What is newly heard of them (name, the source's id) is kept.
pub(super) async fn resolve(connection: &mut SqliteConnection, user: &UserRef) -> Result<Option<i64>, StoreError> {
    let email = user.email.as_ref().map(crate::domain::Email::as_str);
    if email.is_none() && user.external_id.is_none() {
        return Ok(None);
    }
    let found = sqlx::query(
        "SELECT id, email, name, external_id FROM user WHERE email = ?1 OR external_id = ?2 \
         ORDER BY email IS ?1 DESC LIMIT 1",
    )
    .bind(email)
    .bind(&user.external_id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = found else {
        let made = sqlx::query("INSERT INTO user (email, name, external_id) VALUES (?, ?, ?)")
            .bind(email)
            .bind(&user.name)
            .bind(&user.external_id)
            .execute(connection)
            .await?;
        return Ok(Some(made.last_insert_rowid()));
    };
    let id: i64 = row.try_get("id")?;
    let known = (
        row.try_get::<Option<String>, _>("email")?,
        row.try_get::<Option<String>, _>("name")?,
        row.try_get::<Option<String>, _>("external_id")?,
    );
    let news = (known.0.is_none() && email.is_some())
        || (user.name.is_some() && known.1 != user.name)
        || (known.2.is_none() && user.external_id.is_some());
    if news {
        // OR IGNORE: an id that another user already holds is not taken from them.
        sqlx::query(
            "UPDATE OR IGNORE user SET email = coalesce(email, ?2), name = coalesce(?3, name), \
             external_id = coalesce(external_id, ?4) WHERE id = ?1",
        )
        .bind(id)
        .bind(email)
        .bind(&user.name)
        .bind(&user.external_id)
        .execute(connection)
        .await?;
    }
    Ok(Some(id))
}
