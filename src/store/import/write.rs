//! Writes what a batch decided: many rows a statement, and what is in the way of a unique index first.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::ImportMode;
use super::batch::{Batch, Met, Net, Origin, Person};
use crate::domain::identity::Conflict;
use crate::domain::{Contact, ContactId, Field, Status, UserRef};
use crate::filter::contact_text;
use crate::store::convert::{json_ids, ms};
use crate::store::history::{self, Entry};
use crate::store::search::{INDEX, place};
use crate::store::undo::{self, Recorder, Step, Table};
use crate::store::{Entity, StoreError, contacts, duplicates, outbox, users};

/// Users by what a row says of them, so that each is looked up once a batch.
type Owners = HashMap<UserRef, Option<i64>>;

impl Batch {
    /// Writes everything that differs from what was loaded.
    pub async fn write(
        &self,
        tx: &mut SqliteConnection,
        mode: ImportMode<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut owners = Owners::new();
        for person in &self.people {
            if let Some(owner) = &person.now.owner
                && !owners.contains_key(owner)
            {
                let id = users::resolve(tx, owner).await?;
                owners.insert(owner.clone(), id);
            }
        }
        let mut recorder = Recorder::default();
        for person in &self.people {
            if !matches!(person.origin, Origin::New) && person.changes() {
                recorder.watch(tx, Table::Contact, person.now.id).await?;
            }
        }
        self.release(tx).await?;
        let mut as_before = Vec::new();
        for person in &self.people {
            match &person.origin {
                Origin::New => {}
                Origin::NewBefore(loaded) => {
                    alter(tx, loaded, &person.now, &owners, now).await?;
                }
                Origin::Known(met) => {
                    let changed = alter(tx, &met.loaded, &person.now, &owners, now).await?;
                    if changed {
                        note(tx, met, &person.now, mode, now).await?;
                    } else if met.earlier.is_none() {
                        as_before.push(person.now.id);
                    }
                    if changed && mode.sync {
                        let id = person.now.id;
                        outbox::enqueue(tx, Entity::Contact, id, Some(id), "imported", now).await?;
                    }
                }
            }
        }
        note_as_before(tx, &as_before, mode).await?;
        let new: Vec<&Contact> = self.made().collect();
        insert(tx, &new, &owners, now).await?;
        if let (Some(first), Some(last)) = (new.first(), new.last()) {
            // They were numbered one after the other, and nobody else has such numbers yet.
            follow(tx, (first.id, last.id), mode, now).await?;
        }
        let mut steps = recorder.steps(tx).await?;
        if let (Some(first), Some(last)) = (new.first(), new.last()) {
            // Behind what changed of others: they may have a phone that somebody had before, and give it back first.
            steps.push(Step::Imported { import: mode.import, first: first.id, last: last.id, kept: None });
        }
        let log: Option<i64> =
            sqlx::query_scalar("SELECT undo_id FROM import WHERE id = ?").bind(mode.import).fetch_one(&mut *tx).await?;
        if let Some(log) = log {
            undo::add(tx, log, &steps).await?;
        }
        for (id, conflict) in &self.conflicts {
            let (other, identifier) = match conflict {
                Conflict::Contact(other) => (Some(*other), None),
                Conflict::Email(email) => (None, Some(email.as_str())),
            };
            duplicates::raise(tx, *id, other, identifier, "identity_conflict", now).await?;
        }
        Ok(())
    }

    fn made(&self) -> impl Iterator<Item = &Contact> {
        let new = |person: &&Person| matches!(person.origin, Origin::New);
        self.people.iter().filter(new).map(|person| &person.now)
    }

    /// Takes mobile phones from contacts that have new ones, so that whoever has the old one now can be written.
    async fn release(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let released = |person: &Person| {
            let loaded = match &person.origin {
                Origin::NewBefore(loaded) => loaded,
                Origin::Known(met) => &met.loaded,
                Origin::New => return None,
            };
            let mobile = loaded.values.text(Field::MobilePhone)?;
            (person.now.values.text(Field::MobilePhone) != Some(mobile)).then_some(loaded.id)
        };
        let ids: Vec<ContactId> = self.people.iter().filter_map(released).collect();
        if !ids.is_empty() {
            sqlx::query("UPDATE contact SET mobile_phone = NULL WHERE id IN (SELECT value FROM json_each(?))")
                .bind(json_ids(&ids))
                .execute(tx)
                .await?;
        }
        Ok(())
    }
}

/// Writes what differs between a contact as it is stored and as it should be; false: nothing.
async fn alter(
    tx: &mut SqliteConnection,
    stored: &Contact,
    now: &Contact,
    owners: &Owners,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let net = Net::between(stored, now);
    if net.is_empty() {
        return Ok(false);
    }
    contacts::update(tx, now.id, &stored.values, &net.changes, at).await?;
    if let Some(status) = &net.status {
        sqlx::query("UPDATE contact SET status = ?, updated_at = ? WHERE id = ?")
            .bind(status.to.map(Status::key))
            .bind(ms(at))
            .bind(now.id)
            .execute(&mut *tx)
            .await?;
    }
    if net.owner.is_some() {
        sqlx::query("UPDATE contact SET owner_id = ?, updated_at = ? WHERE id = ?")
            .bind(now.owner.as_ref().and_then(|owner| owners.get(owner).copied().flatten()))
            .bind(ms(at))
            .bind(now.id)
            .execute(&mut *tx)
            .await?;
    }
    Ok(true)
}

/// Notes what the import made of a contact that was there: one entry of the history, whatever the number of its rows.
async fn note(
    tx: &mut SqliteConnection,
    met: &Met,
    contact: &Contact,
    mode: ImportMode<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = contact.id;
    let net = Net::between(&met.before, contact);
    let json = (!net.is_empty()).then(|| serde_json::to_string(&net).unwrap_or_default());
    sqlx::query(
        "INSERT INTO import_contact (import_id, contact_id, created, before) VALUES (?, ?, 0, ?) \
         ON CONFLICT (import_id, contact_id) DO UPDATE SET before = excluded.before",
    )
    .bind(mode.import)
    .bind(id)
    .bind(json)
    .execute(&mut *tx)
    .await?;
    if met.earlier.as_ref().is_some_and(|earlier| !earlier.is_empty()) {
        sqlx::query(
            "DELETE FROM history WHERE contact_id = ? AND what IN ('imported', 'status', 'owner') AND data ->> 'import' = ?",
        )
        .bind(id)
        .bind(mode.import)
        .execute(&mut *tx)
        .await?;
    }
    let mut entries = Vec::new();
    if !net.changes.is_empty() {
        entries.push(("imported", history::changes_data(&net.changes)));
    }
    if let Some(status) = &net.status {
        entries.push(("status", history::status_data(status.from, status.to)));
    }
    if let Some(owner) = &net.owner {
        let label = |owner: &Option<UserRef>| owner.as_ref().map(|owner| owner.label().to_owned());
        entries.push(("owner", json!({ "from": label(&owner.from), "to": label(&owner.to) })));
    }
    for (what, mut data) in entries {
        data["import"] = json!(mode.import);
        let entry = Entry { at: now, actor: mode.actor, contact: Some(id), activity: None, what, data };
        history::write(tx, entry).await?;
    }
    Ok(())
}

/// Notes contacts that the import met for the first time and left as they are, all at once: the same file again is about
/// hardly anybody else.
async fn note_as_before(tx: &mut SqliteConnection, ids: &[ContactId], mode: ImportMode<'_>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT INTO import_contact (import_id, contact_id, created) SELECT ?, value, 0 FROM json_each(?)")
        .bind(mode.import)
        .bind(json_ids(ids))
        .execute(tx)
        .await?;
    Ok(())
}

/// What goes with new contacts: their place in the import, their status in the history, and their way to Salesforce.
async fn follow(
    tx: &mut SqliteConnection,
    (first, last): (ContactId, ContactId),
    mode: ImportMode<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO import_contact (import_id, contact_id, created) SELECT ?, id, 1 FROM contact WHERE id BETWEEN ? AND ?",
    )
    .bind(mode.import)
    .bind(first)
    .bind(last)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO history (at, actor, contact_id, what, data) \
         SELECT ?, ?, id, 'status', json_object('from', NULL, 'to', status, 'import', ?) \
         FROM contact WHERE id BETWEEN ? AND ? AND status IS NOT NULL",
    )
    .bind(ms(now))
    .bind(mode.actor)
    .bind(mode.import)
    .bind(first)
    .bind(last)
    .execute(&mut *tx)
    .await?;
    if mode.sync {
        outbox::enqueue_new_contacts(tx, (first, last), "imported", now).await?;
    }
    Ok(())
}

/// Inserts contacts under their numbers, and their search texts. One statement each, however many they are: SQLite opens
/// a savepoint for a statement of many rows, and the search index writes what it has gathered to disk at each savepoint.
async fn insert(
    tx: &mut SqliteConnection,
    new: &[&Contact],
    owners: &Owners,
    now: Timestamp,
) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    // Only the columns that hold something: a file has some ten of our twenty fields.
    let holds = |field: &Field| new.iter().any(|contact| contact.values.get(*field).is_some());
    let fields: Vec<Field> = Field::ALL.into_iter().filter(holds).collect();
    let own = ["id", "status", "owner_id", "source", "name_key", "custom", "created_at", "updated_at"];
    let columns: Vec<&str> = own.into_iter().chain(fields.iter().map(|field| field.key())).collect();
    let rows = new.iter().map(|contact| {
        let owner = contact.owner.as_ref().and_then(|owner| owners.get(owner).copied().flatten());
        let mut row = vec![
            json!(contact.id),
            json!(contact.status.map(Status::key)),
            json!(owner),
            json!(contact.source),
            json!(contacts::name_key(&contact.values)),
            json!(contacts::custom_json(&contact.values)),
            json!(ms(now)),
            json!(ms(now)),
        ];
        row.extend(fields.iter().map(|field| contacts::stored(*field, contact.values.get(*field))));
        Value::Array(row)
    });
    let rows = Value::Array(rows.collect()).to_string();
    // SQLite works in a thread of its own: the search texts are made while it takes the contacts.
    let texts = async {
        let text = |contact: &&Contact| json!([contact.id, place(ms(now), contact.id), contact_text(&contact.values)]);
        Value::Array(new.iter().map(text).collect()).to_string()
    };
    let (inserted, texts) = tokio::join!(insert_rows(&mut *tx, "contact", &columns, rows), texts);
    inserted?;
    insert_rows(&mut *tx, "contact_text", &["id", "place", "text"], texts).await?;
    // Nobody has heard of them: they have no activities.
    sqlx::query(AssertSqlSafe(format!("{INDEX} WHERE id BETWEEN ? AND ?")))
        .bind(new.first().map(|contact| contact.id))
        .bind(new.last().map(|contact| contact.id))
        .execute(tx)
        .await?;
    Ok(())
}

/// Inserts rows: a JSON array of arrays with a value for each column.
pub(super) async fn insert_rows(
    tx: &mut SqliteConnection,
    table: &str,
    columns: &[&str],
    rows: String,
) -> Result<(), StoreError> {
    let values: Vec<String> = (0..columns.len()).map(|n| format!("value ->> {n}")).collect();
    let sql = format!("INSERT INTO {table} ({}) SELECT {} FROM jsonb_each(?)", columns.join(", "), values.join(", "));
    sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(tx).await?;
    Ok(())
}
