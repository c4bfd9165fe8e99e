//! Users and teams. Users are made on sight: a payload names a host before anyone has entered them.

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::connect::transact;
use super::convert::word;
use super::{ChangeError, Store, StoreError};
use crate::domain::access::Action;
use crate::domain::{Actor, Email, Role, UserRef};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRow {
    /// Their number.
    pub id: i64,
    /// Their address; `None` while only a source's id of them was seen.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their role, if one was set here.
    pub role: Option<Role>,
    /// Their team.
    pub team: Option<String>,
    /// The source's id (OnceHub: USR-…).
    pub external_id: Option<String>,
    /// False: they no longer work here, and nothing is assigned to them.
    pub active: bool,
    /// Contacts that they own.
    pub contacts: i64,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Addresses (else names) of its members.
    pub members: Vec<String>,
}

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

    /// Who an email or login name is here. A role that was set with `rolodeck user` counts over `role`, the
    /// configuration's, so that all who share a store are held to the same.
    pub async fn actor_named(&self, name: &str, role: Role) -> Result<Actor, StoreError> {
        let Ok(email) = Email::parse(name) else {
            return Ok(Actor { name: name.to_owned(), role, user: None, team: Vec::new() });
        };
        let known: Option<(i64, String, bool, Option<i64>)> =
            sqlx::query_as("SELECT id, role, role_set, team_id FROM user WHERE email = ?")
                .bind(email.as_str())
                .fetch_optional(self.readers())
                .await?;
        let Some((id, word, set, team)) = known else {
            return Ok(Actor { name: name.to_owned(), role, user: None, team: Vec::new() });
        };
        let role = if set { Role::parse(&word).unwrap_or(Role::Member) } else { role };
        let team: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM user WHERE team_id = ?").bind(team).fetch_all(self.readers()).await?;
        Ok(Actor { name: name.to_owned(), role, user: Some(id), team })
    }

    /// [`Store::actor_named`] for the one at the keyboard: whoever says who they are by an address is a user from then on,
    /// who can own contacts. Their role stays that of the configuration until one is set here. Of a store that cannot be
    /// written nobody is made a user, and that is no reason not to read it.
    pub async fn sign_in(&self, name: &str, role: Role) -> Result<Actor, StoreError> {
        let actor = self.actor_named(name, role).await?;
        let Ok(email) = Email::parse(name) else { return Ok(actor) };
        if actor.user.is_some() {
            return Ok(actor);
        }
        match self.know_users(&[UserRef { email: Some(email), name: None, external_id: None }]).await {
            Ok(()) => self.actor_named(name, role).await,
            Err(error) => {
                tracing::info!(%error, "the configured user is not made one");
                Ok(actor)
            }
        }
    }

    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT u.*, t.name AS team, (SELECT count(*) FROM contact c WHERE c.owner_id = u.id) AS contacts \
             FROM user u LEFT JOIN team t ON t.id = u.team_id ORDER BY coalesce(u.name, u.email, u.external_id), u.id",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(user_row).collect()
    }

    /// A user by email.
    pub async fn user(&self, email: &Email) -> Result<UserRow, ChangeError> {
        let found = self.users().await?.into_iter().find(|user| user.email.as_deref() == Some(email.as_str()));
        found.ok_or_else(|| ChangeError::NoUser(email.to_string()))
    }

    /// Makes a user, or gives one a name.
    pub async fn add_user(&self, email: &Email, name: Option<&str>) -> Result<UserRow, ChangeError> {
        self.allow(Action::Users, &[])?;
        let user = UserRef {
            email: Some(email.clone()),
            name: name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
            external_id: None,
        };
        let made: Result<(), StoreError> = transact!(self, |tx| {
            resolve(&mut tx, &user).await?;
        });
        made?;
        self.user(email).await
    }

    /// Gives a user a role. The last administrator stays one.
    pub async fn set_role(&self, email: &Email, role: Role) -> Result<UserRow, ChangeError> {
        self.allow(Action::Users, &[])?;
        let done: Result<(), ChangeError> = transact!(self, |tx| {
            let id = known(&mut tx, email).await?;
            let last: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1 AND role_set AND role = 'administrator') AND NOT EXISTS \
                 (SELECT 1 FROM user WHERE id <> ?1 AND role_set AND role = 'administrator' AND active)",
            )
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
            if last && role != Role::Administrator {
                return Err(ChangeError::Refused("somebody must stay an administrator".to_owned()));
            }
            sqlx::query("UPDATE user SET role = ?, role_set = 1 WHERE id = ?")
                .bind(role.key())
                .bind(id)
                .execute(&mut *tx)
                .await?;
        });
        done?;
        self.user(email).await
    }

    /// Says whether a user still works here. What belongs to one who does not stays theirs until it is assigned anew.
    pub async fn set_active(&self, email: &Email, active: bool) -> Result<UserRow, ChangeError> {
        self.allow(Action::Users, &[])?;
        let done: Result<(), ChangeError> = transact!(self, |tx| {
            let id = known(&mut tx, email).await?;
            sqlx::query("UPDATE user SET active = ? WHERE id = ?").bind(active).bind(id).execute(&mut *tx).await?;
        });
        done?;
        self.user(email).await
    }

    /// Puts a user into a team, or out of every team. A team that is not there yet is made.
    pub async fn set_team(&self, email: &Email, team: Option<&str>) -> Result<UserRow, ChangeError> {
        self.allow(Action::Users, &[])?;
        let done: Result<(), ChangeError> = transact!(self, |tx| {
            let id = known(&mut tx, email).await?;
            let team_id: Option<i64> = match team.map(str::trim).filter(|team| !team.is_empty()) {
                Some(team) => {
                    sqlx::query("INSERT OR IGNORE INTO team (name) VALUES (?)").bind(team).execute(&mut *tx).await?;
                    sqlx::query_scalar("SELECT id FROM team WHERE name = ?").bind(team).fetch_optional(&mut *tx).await?
                }
                None => None,
            };
            sqlx::query("UPDATE user SET team_id = ? WHERE id = ?").bind(team_id).bind(id).execute(&mut *tx).await?;
        });
        done?;
        self.user(email).await
    }

    /// All teams with their members.
    pub async fn teams(&self) -> Result<Vec<TeamRow>, StoreError> {
        let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "SELECT t.id, t.name, coalesce(u.email, u.name, u.external_id) FROM team t \
             LEFT JOIN user u ON u.team_id = t.id ORDER BY t.name, 3",
        )
        .fetch_all(self.readers())
        .await?;
        let mut teams: Vec<TeamRow> = Vec::new();
        for (id, name, member) in rows {
            if teams.last().is_none_or(|team| team.id != id) {
                teams.push(TeamRow { id, name, members: Vec::new() });
            }
            if let Some(team) = teams.last_mut() {
                team.members.extend(member);
            }
        }
        Ok(teams)
    }

    /// Dissolves a team; its members stay users.
    pub async fn remove_team(&self, name: &str) -> Result<(), ChangeError> {
        self.allow(Action::Users, &[])?;
        transact!(self, |tx| {
            let gone = sqlx::query("DELETE FROM team WHERE name = ?").bind(name.trim()).execute(&mut *tx).await?;
            if gone.rows_affected() == 0 {
                return Err(ChangeError::Refused(format!("there is no team {}", name.trim())));
            }
        })
    }
}

fn user_row(row: &SqliteRow) -> Result<UserRow, StoreError> {
    let role = word("role of a user", row.try_get("role")?, Role::parse)?;
    Ok(UserRow {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        role: row.try_get::<bool, _>("role_set")?.then_some(role),
        team: row.try_get("team")?,
        external_id: row.try_get("external_id")?,
        active: row.try_get("active")?,
        contacts: row.try_get("contacts")?,
    })
}

/// The number of a user who must be there: what is assigned by hand is not assigned to a slip of the pen.
pub(super) async fn known(connection: &mut SqliteConnection, email: &Email) -> Result<i64, ChangeError> {
    let id: Option<i64> = sqlx::query_scalar("SELECT id FROM user WHERE email = ?")
        .bind(email.as_str())
        .fetch_optional(connection)
        .await?;
    id.ok_or_else(|| ChangeError::NoUser(email.to_string()))
}

/// The number of a user whom a payload named, if they are known.
pub(super) async fn find(connection: &mut SqliteConnection, user: &UserRef) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM user WHERE email = ?1 OR external_id = ?2 ORDER BY email IS ?1 DESC LIMIT 1";
    let email = user.email.as_ref().map(Email::as_str);
    Ok(sqlx::query_scalar(sql).bind(email).bind(&user.external_id).fetch_optional(connection).await?)
}

/// A user as contacts name them.
pub(super) async fn reference(connection: &mut SqliteConnection, id: i64) -> Result<Option<UserRef>, StoreError> {
    let row = sqlx::query("SELECT email, name, external_id FROM user WHERE id = ?")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(UserRef {
            email: row.try_get::<Option<String>, _>("email")?.and_then(|email| Email::parse(&email).ok()),
            name: row.try_get("name")?,
            external_id: row.try_get("external_id")?,
        })
    })
    .transpose()
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
