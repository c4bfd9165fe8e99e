//! Filters that users saved: private to each, in an order of their own, some on a number key. Every change can be undone.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row};

use super::connect::transact;
use super::undo::{self, Recorder, Table};
use super::{SavedFilter, Store, StoreError};
use crate::filter::{self, List};

/// Why a saved filter was not changed. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The user has none of that name.
    #[error("there is no saved filter `{0}`")]
    Unknown(String),
    /// Another one of the user's has that name.
    #[error("there is a saved filter `{0}` already")]
    Taken(String),
    /// A name must have a letter, and be no longer than 100 characters.
    #[error("a saved filter needs a name of at most 100 characters")]
    Name,
    /// A fixed filter has that name, and would be hidden by one of the user's.
    #[error("`{0}` is the name of a fixed filter")]
    Fixed(&'static str),
    /// Number keys are 1 to 9.
    #[error("{0} is no number key: 1 to 9 can be used")]
    Key(u8),
}

impl From<sqlx::Error> for FilterError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A filter as it is saved or brought from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFilter {
    /// Its name.
    pub name: String,
    /// The list that it filters.
    pub list: List,
    /// The query.
    pub query: String,
    /// The number key that opens it.
    pub pin: Option<u8>,
}

/// How [`Store::take_filters`] ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TakenFilters {
    /// New ones.
    pub added: usize,
    /// Those that had another query before.
    pub replaced: usize,
    /// Those whose name was taken, or that were so already.
    pub left: usize,
}

/// Names and queries of a user's saved filters, for the completion of a command line: the file is neither made nor brought
/// up to date, and nobody who works on it is waited for.
pub async fn glimpse_saved_filters(path: &Path, user: &str) -> Result<Vec<(String, String)>, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).disable_statement_logging();
    let mut file = options.busy_timeout(Duration::from_millis(200)).pragma("query_only", "on").connect().await?;
    let found = sqlx::query_as("SELECT name, query FROM saved_filter WHERE user = ? ORDER BY position, id")
        .bind(user)
        .fetch_all(&mut file)
        .await;
    file.close().await?;
    Ok(found?)
}

impl Store {
    /// A user's saved filters, in their order.
    pub async fn saved_filters(&self, user: &str) -> Result<Vec<SavedFilter>, StoreError> {
        let rows = sqlx::query("SELECT * FROM saved_filter WHERE user = ? ORDER BY position, id")
            .bind(user)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(decode).collect()
    }

    /// A user's saved filter by its name, whatever the case.
    pub async fn saved_filter(&self, user: &str, name: &str) -> Result<SavedFilter, FilterError> {
        let row = sqlx::query("SELECT * FROM saved_filter WHERE user = ? AND name = ?")
            .bind(user)
            .bind(name.trim())
            .fetch_optional(self.readers())
            .await?;
        Ok(decode(&row.ok_or_else(|| FilterError::Unknown(name.to_owned()))?)?)
    }

    /// Saves a filter under a name; the same name overwrites. Returns its number.
    pub async fn save_filter(
        &self,
        user: &str,
        name: &str,
        list: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<i64, FilterError> {
        let name = checked(name)?;
        transact!(self, |tx| {
            let known: Option<i64> = sqlx::query_scalar("SELECT id FROM saved_filter WHERE user = ? AND name = ?")
                .bind(user)
                .bind(name)
                .fetch_optional(&mut *tx)
                .await?;
            let mut recorder = Recorder::default();
            if let Some(id) = known {
                recorder.watch(&mut tx, Table::SavedFilter, id).await?;
            }
            let id = put(&mut tx, user, name, list, query).await?;
            let mut steps = recorder.steps(&mut tx).await?;
            if known.is_none() {
                let key = undo::Row::from_iter([("id".to_owned(), serde_json::json!(id))]);
                steps.push(undo::inserted(&mut tx, Table::SavedFilter, key).await?);
            }
            undo::log(&mut tx, user, &format!("filter {name} saved"), None, &steps, now).await?;
            id
        })
    }

    /// Gives a saved filter another name.
    pub async fn rename_filter(&self, user: &str, id: i64, name: &str, now: Timestamp) -> Result<(), FilterError> {
        let name = checked(name)?;
        transact!(self, |tx| {
            let known = get(&mut tx, user, id).await?;
            let other: Option<i64> =
                sqlx::query_scalar("SELECT id FROM saved_filter WHERE user = ? AND name = ? AND id <> ?")
                    .bind(user)
                    .bind(name)
                    .bind(id)
                    .fetch_optional(&mut *tx)
                    .await?;
            if other.is_some() {
                return Err(FilterError::Taken(name.to_owned()));
            }
            let mut recorder = Recorder::default();
            recorder.watch(&mut tx, Table::SavedFilter, id).await?;
            sqlx::query("UPDATE saved_filter SET name = ? WHERE id = ?").bind(name).bind(id).execute(&mut *tx).await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, user, &format!("filter {} renamed", known.name), None, &steps, now).await?;
        })
    }

    /// Gives a saved filter another query.
    pub async fn change_filter(
        &self,
        user: &str,
        id: i64,
        list: List,
        query: &str,
        now: Timestamp,
    ) -> Result<(), FilterError> {
        transact!(self, |tx| {
            let known = get(&mut tx, user, id).await?;
            let mut recorder = Recorder::default();
            recorder.watch(&mut tx, Table::SavedFilter, id).await?;
            sqlx::query("UPDATE saved_filter SET list = ?, query = ? WHERE id = ?")
                .bind(list.key())
                .bind(query)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, user, &format!("filter {} changed", known.name), None, &steps, now).await?;
        })
    }

    /// Puts a saved filter at a place among the user's own, from 1; beyond the last is the last. Returns the place.
    pub async fn move_filter(&self, user: &str, id: i64, place: usize, now: Timestamp) -> Result<usize, FilterError> {
        transact!(self, |tx| {
            let known = get(&mut tx, user, id).await?;
            let mut ids: Vec<i64> =
                sqlx::query_scalar("SELECT id FROM saved_filter WHERE user = ? ORDER BY position, id")
                    .bind(user)
                    .fetch_all(&mut *tx)
                    .await?;
            let mut recorder = Recorder::default();
            for id in &ids {
                recorder.watch(&mut tx, Table::SavedFilter, *id).await?;
            }
            ids.retain(|other| *other != id);
            let at = place.saturating_sub(1).min(ids.len());
            ids.insert(at, id);
            for (position, id) in ids.iter().enumerate() {
                sqlx::query("UPDATE saved_filter SET position = ? WHERE id = ?")
                    .bind(position as i64 + 1)
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
            }
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, user, &format!("filter {} moved", known.name), None, &steps, now).await?;
            at + 1
        })
    }

    /// Puts a saved filter on a number key, or takes it off. A key has one filter: the one it had loses it.
    pub async fn pin_filter(&self, user: &str, id: i64, pin: Option<u8>, now: Timestamp) -> Result<(), FilterError> {
        if let Some(key) = pin.filter(|key| !(1..=9).contains(key)) {
            return Err(FilterError::Key(key));
        }
        transact!(self, |tx| {
            let known = get(&mut tx, user, id).await?;
            let holders: Vec<i64> = sqlx::query_scalar("SELECT id FROM saved_filter WHERE user = ? AND pin = ?")
                .bind(user)
                .bind(pin)
                .fetch_all(&mut *tx)
                .await?;
            let mut recorder = Recorder::default();
            for id in holders.iter().chain([&id]) {
                recorder.watch(&mut tx, Table::SavedFilter, *id).await?;
            }
            sqlx::query("UPDATE saved_filter SET pin = NULL WHERE user = ? AND pin = ?")
                .bind(user)
                .bind(pin)
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE saved_filter SET pin = ? WHERE id = ?").bind(pin).bind(id).execute(&mut *tx).await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, user, &format!("key of filter {}", known.name), None, &steps, now).await?;
        })
    }

    /// Forgets a saved filter.
    pub async fn delete_filter(&self, user: &str, id: i64, now: Timestamp) -> Result<(), FilterError> {
        transact!(self, |tx| {
            let known = get(&mut tx, user, id).await?;
            let mut recorder = Recorder::default();
            recorder.watch(&mut tx, Table::SavedFilter, id).await?;
            sqlx::query("DELETE FROM saved_filter WHERE id = ?").bind(id).execute(&mut *tx).await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, user, &format!("filter {} deleted", known.name), None, &steps, now).await?;
        })
    }

    /// Takes filters over from elsewhere; `replace`: also those whose name the user has already.
    pub async fn take_filters(
        &self,
        user: &str,
        filters: &[NewFilter],
        replace: bool,
        now: Timestamp,
    ) -> Result<TakenFilters, FilterError> {
        for filter in filters {
            checked(&filter.name)?;
        }
        let mut taken = TakenFilters::default();
        let known = self.saved_filters(user).await?;
        for filter in filters {
            let same = known.iter().find(|known| known.name.to_lowercase() == filter.name.trim().to_lowercase());
            let as_it_is = |known: &SavedFilter| known.query == filter.query && known.list == filter.list.key();
            match same {
                Some(known) if as_it_is(known) || !replace => {
                    taken.left += 1;
                    continue;
                }
                Some(_) => taken.replaced += 1,
                None => taken.added += 1,
            }
            let id = self.save_filter(user, &filter.name, filter.list.key(), &filter.query, now).await?;
            // A key that is in use stays with the filter that the user put on it.
            let free = filter.pin.is_some_and(|pin| known.iter().all(|known| known.pin != Some(pin)));
            if free {
                self.pin_filter(user, id, filter.pin, now).await?;
            }
        }
        Ok(taken)
    }
}

fn checked(name: &str) -> Result<&str, FilterError> {
    let name = name.trim();
    let visible = name.chars().any(|c| !c.is_whitespace() && !c.is_control());
    if !visible || name.chars().count() > 100 {
        return Err(FilterError::Name);
    }
    match filter::named_preset(name) {
        Some(preset) => Err(FilterError::Fixed(preset.label)),
        None => Ok(name),
    }
}

async fn put(tx: &mut SqliteConnection, user: &str, name: &str, list: &str, query: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO saved_filter (user, name, list, query, position) VALUES (?1, ?2, ?3, ?4, \
           (SELECT coalesce(max(position), 0) + 1 FROM saved_filter WHERE user = ?1)) \
         ON CONFLICT (user, name) DO UPDATE SET list = ?3, query = ?4 RETURNING id",
    )
    .bind(user)
    .bind(name)
    .bind(list)
    .bind(query)
    .fetch_one(tx)
    .await?)
}

async fn get(tx: &mut SqliteConnection, user: &str, id: i64) -> Result<SavedFilter, FilterError> {
    let row = sqlx::query("SELECT * FROM saved_filter WHERE user = ? AND id = ?")
        .bind(user)
        .bind(id)
        .fetch_optional(tx)
        .await?;
    Ok(decode(&row.ok_or_else(|| FilterError::Unknown(format!("#{id}")))?)?)
}

fn decode(row: &SqliteRow) -> Result<SavedFilter, StoreError> {
    Ok(SavedFilter {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        list: row.try_get("list")?,
        query: row.try_get("query")?,
        position: row.try_get("position")?,
        pin: row.try_get("pin")?,
    })
}
