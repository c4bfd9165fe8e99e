//! Carries steps out on rows as they are now.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};

use super::record::{columns, image, named};
use super::step::{Column, Row, Step, Table};
use crate::domain::merge::FieldChange;
use crate::domain::{ContactId, FieldKey};
use crate::store::convert::{json_ids, ms};
use crate::store::history::{self, Entry};
use crate::store::{ChangeError, Entity, StoreError, activities, contacts, import, outbox, search};

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Rows that are as the steps say.
    pub changed: u64,
    /// Rows that somebody changed since.
    pub left: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.changed += other.changed;
        self.left += other.left;
    }
}

/// Carries out steps in their order, and notes with them what they need for the way back; then what follows from them: search text, history, and the word to Salesforce.
pub(super) async fn run(
    tx: &mut SqliteConnection,
    steps: &mut [Step],
    actor: &str,
    cause: &str,
    now: Timestamp,
) -> Result<Tally, ChangeError> {
    let ids = touched(steps, Table::Contact);
    let before = contacts::get_many(tx, &ids).await?;
    let mut tally = Tally::default();
    for step in &mut *steps {
        match step {
            Step::Unimported { import, first, last, kept } => {
                let (gone, left, went) = import::take_back(tx, *import, (*first, *last), now).await?;
                *kept = Some(Box::new(went));
                tally.add(Tally { changed: gone, left });
                continue;
            }
            Step::Imported { kept, .. } => {
                let why = "an older version took this import back and kept nothing of it: import the file again";
                let kept = kept.take().ok_or_else(|| ChangeError::Refused(why.to_owned()))?;
                let (changed, left) = kept.bring_back(tx, cause, now).await?;
                tally.add(Tally { changed, left });
                continue;
            }
            _ => {}
        }
        match &*step {
            Step::Set { table, key, from, to } => set(tx, (*table, key), (from, to), &mut tally, now).await?,
            Step::Insert { table, row } => insert(tx, *table, row, &mut tally).await?,
            Step::Delete { table, row } => delete(tx, *table, row, &mut tally).await?,
            Step::Move { column, ids, from, to } => {
                shift(tx, *column, ids, (from, to), (actor, cause), &mut tally, now).await?;
            }
            Step::Queue { entity, ids, contact } => {
                for id in ids {
                    outbox::enqueue(tx, *entity, *id, *contact, cause, now).await?;
                }
            }
            Step::Unqueue { entity, ids, .. } => outbox::leave_out(tx, *entity, ids, now).await?,
            Step::Imported { .. } | Step::Unimported { .. } => {}
        }
    }
    for id in &ids {
        let old = before.iter().find(|contact| contact.id == *id);
        let Some(new) = contacts::get(tx, *id).await? else { continue };
        search::index_contact(tx, *id, &new.values, old.is_some()).await?;
        let changes: Vec<FieldChange> = match old {
            Some(old) => {
                let mut keys: Vec<FieldKey> =
                    old.values.iter().chain(new.values.iter()).map(|(key, _)| key.clone()).collect();
                keys.sort();
                keys.dedup();
                let change = |field: FieldKey| {
                    let (from, to) = (old.values.get(field.clone()).cloned(), new.values.get(field.clone()).cloned());
                    (from != to).then_some(FieldChange { field, from, to })
                };
                keys.into_iter().filter_map(change).collect()
            }
            None => Vec::new(),
        };
        let status = old.map_or(new.status, |old| old.status);
        let mut data = history::changes_data(&changes);
        if status != new.status {
            data["status"] = history::status_data(status, new.status);
        }
        history::write(tx, Entry { at: now, actor, contact: Some(*id), activity: None, what: cause, data }).await?;
        outbox::enqueue(tx, Entity::Contact, *id, Some(*id), cause, now).await?;
    }
    for id in touched(steps, Table::Activity) {
        if let Some(activity) = activities::get(tx, id).await? {
            search::index_activity(tx, id, &activity, true).await?;
            let entry = Entry {
                at: now,
                actor,
                contact: activity.contact_id,
                activity: Some(id),
                what: cause,
                data: json!({}),
            };
            history::write(tx, entry).await?;
        }
    }
    Ok(tally)
}

/// Rows of a table that steps name one by one.
fn touched(steps: &[Step], of: Table) -> Vec<i64> {
    let ids: BTreeSet<i64> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Set { table, key: row, .. } | Step::Insert { table, row } | Step::Delete { table, row } => {
                (*table == of).then(|| row.get("id").and_then(Json::as_i64)).flatten()
            }
            _ => None,
        })
        .collect();
    ids.into_iter().collect()
}

async fn set(
    tx: &mut SqliteConnection,
    (table, key): (Table, &Row),
    (from, to): (&Row, &Row),
    tally: &mut Tally,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let Some(current) = image(tx, table, key).await? else {
        tally.left += 1;
        return Ok(());
    };
    let mine: Vec<&String> =
        to.keys().filter(|column| current.contains_key(*column) && current.get(*column) == from.get(*column)).collect();
    if mine.len() < to.len() {
        tally.left += 1;
    }
    if mine.is_empty() {
        return Ok(());
    }
    if table == Table::Contact {
        let id = key.get("id").and_then(Json::as_i64).unwrap_or_default();
        for column in &mine {
            free(tx, column, to.get(*column), id).await?;
        }
    }
    let mut sets: Vec<String> = mine.iter().map(|column| format!("\"{column}\" = ?")).collect();
    let stamped = table.passing().contains(&"updated_at") && table != Table::Activity;
    if stamped {
        sets.push("updated_at = ?".to_owned());
    }
    let sql = format!("UPDATE {} SET {} WHERE {}", table.name(), sets.join(", "), named(table));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for column in mine {
        query = bind(query, to.get(column));
    }
    if stamped {
        query = query.bind(ms(now));
    }
    for column in table.key() {
        query = bind(query, key.get(*column));
    }
    query.execute(tx).await.map_err(StoreError::from)?;
    tally.changed += 1;
    Ok(())
}

async fn insert(tx: &mut SqliteConnection, table: Table, row: &Row, tally: &mut Tally) -> Result<(), ChangeError> {
    if image(tx, table, row).await?.is_some() {
        tally.left += 1;
        return Ok(());
    }
    let stored = columns(tx, table).await?;
    if table == Table::Contact {
        let id = row.get("id").and_then(Json::as_i64).unwrap_or_default();
        for column in ["email", "mobile_phone"] {
            free(tx, column, row.get(column), id).await?;
        }
    }
    let columns: Vec<&String> = row.keys().filter(|column| stored.contains(column)).collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    // What refers to something that is gone for good is left out; a pair or filter that exists again is as good.
    let verb = if table == Table::Contact { "INSERT" } else { "INSERT OR IGNORE" };
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("{verb} INTO {} ({}) VALUES ({marks})", table.name(), names.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for column in columns {
        query = bind(query, row.get(column));
    }
    match query.execute(tx).await {
        Ok(done) if done.rows_affected() > 0 => tally.changed += 1,
        Ok(_) => tally.left += 1,
        Err(error) => {
            let foreign = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation);
            if table == Table::Contact || !foreign {
                return Err(StoreError::from(error).into());
            }
            tally.left += 1;
        }
    }
    Ok(())
}

async fn delete(tx: &mut SqliteConnection, table: Table, row: &Row, tally: &mut Tally) -> Result<(), ChangeError> {
    let Some(current) = image(tx, table, row).await? else {
        tally.left += 1;
        return Ok(());
    };
    if table == Table::Contact {
        let id = row.get("id").and_then(Json::as_i64).unwrap_or_default();
        let same = current.iter().filter(|(column, _)| !["updated_at", "interacted_at"].contains(&column.as_str()));
        if same.into_iter().any(|(column, value)| row.get(column) != Some(value)) {
            return Err(ChangeError::ChangedSince { contact: id });
        }
        let active: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM activity WHERE contact_id = ?)")
            .bind(id)
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::from)?;
        if active {
            return Err(ChangeError::ChangedSince { contact: id });
        }
        sqlx::query("DELETE FROM link WHERE entity = 'contact' AND entity_id = ?")
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::from)?;
    }
    let sql = format!("DELETE FROM {} WHERE {}", table.name(), named(table));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for column in table.key() {
        query = bind(query, row.get(*column));
    }
    query.execute(tx).await.map_err(StoreError::from)?;
    tally.changed += 1;
    Ok(())
}

/// Rows that still have the value that they were given get the other one.
async fn shift(
    tx: &mut SqliteConnection,
    column: Column,
    ids: &[i64],
    (from, to): (&Json, &Json),
    (actor, cause): (&str, &str),
    tally: &mut Tally,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let (table, name) = column.name();
    let sql = format!("SELECT id FROM {table} WHERE id IN (SELECT value FROM json_each(?)) AND {name} IS ?");
    let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(json_ids(ids));
    let query = match from {
        Json::String(text) => query.bind(text.clone()),
        other => query.bind(other.as_i64()),
    };
    let mine: Vec<i64> = query.fetch_all(&mut *tx).await.map_err(StoreError::from)?;
    tally.left += (ids.len() - mine.len()) as u64;
    if mine.is_empty() {
        return Ok(());
    }
    match column {
        Column::ContactStatus => {
            contacts::write_statuses(tx, &mine, to.as_str(), actor, now).await?;
        }
        Column::ContactOwner => contacts::write_owners(tx, &mine, to.as_i64(), actor, now).await?,
        _ => {
            let sql = format!("UPDATE OR IGNORE {table} SET {name} = ? WHERE id IN (SELECT value FROM json_each(?))");
            let query = bind(sqlx::query(AssertSqlSafe(sql)), Some(to)).bind(json_ids(&mine));
            query.execute(&mut *tx).await.map_err(StoreError::from)?;
        }
    }
    if matches!(column, Column::ContactStatus | Column::ContactOwner) {
        outbox::enqueue_many(tx, &mine, cause, now).await?;
    }
    tally.changed += mine.len() as u64;
    Ok(())
}

/// An identifier that somebody else has taken since cannot be given back.
async fn free(
    tx: &mut SqliteConnection,
    column: &str,
    value: Option<&Json>,
    contact: ContactId,
) -> Result<(), ChangeError> {
    let sql = match column {
        "email" => "SELECT id FROM contact WHERE email = ? AND id <> ?",
        "mobile_phone" => "SELECT id FROM contact WHERE mobile_phone = ? AND id <> ?",
        _ => return Ok(()),
    };
    let Some(text) = value.and_then(Json::as_str) else { return Ok(()) };
    let by: Option<i64> =
        sqlx::query_scalar(sql).bind(text).bind(contact).fetch_optional(tx).await.map_err(StoreError::from)?;
    match by {
        Some(by) => Err(ChangeError::TakenSince { value: text.to_owned(), by }),
        None => Ok(()),
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

fn bind<'q>(query: Query<'q>, value: Option<&Json>) -> Query<'q> {
    match value {
        None | Some(Json::Null) => query.bind(None::<i64>),
        Some(Json::String(text)) => query.bind(text.clone()),
        Some(Json::Bool(b)) => query.bind(*b),
        Some(Json::Number(number)) => match number.as_i64() {
            Some(n) => query.bind(n),
            None => query.bind(number.as_f64()),
        },
        Some(other) => query.bind(other.to_string()),
    }
}
