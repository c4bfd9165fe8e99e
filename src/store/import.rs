//! Rows of a file become contacts, a batch a transaction (OnceHub: import).
//!
//! Rows are identified like activities, by email above all; a row without news changes nothing, so that the same file twice is the same as
//! once. An import is no interaction: it moves nobody to the top of a list, and it reaches Salesforce only if asked to.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::connect::begin;
use super::convert::{json_words, ms};
use super::history::{self, Entry};
use super::{Entity, Store, StoreError, contacts, duplicates, outbox, users};
use crate::domain::access::Action;
use crate::domain::identity::{self, Conflict, Known, Question, Target};
use crate::domain::merge::{self, Policy};
use crate::domain::{Contact, ContactId, Email, Field, Status, UserRef, Values};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct ImportRow<'a> {
    /// Fields; blank ones absent.
    pub values: &'a Values,
    /// A status column.
    pub status: Option<Status>,
    /// An owner column.
    pub owner: Option<&'a UserRef>,
    /// A source column; otherwise it is `import`.
    pub source: Option<&'a str>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// A new contact.
    Created(ContactId),
    /// A contact that was there has new values.
    Updated(ContactId),
    /// A contact that was there has these values already.
    Unchanged(ContactId),
}

/// How rows are taken.
#[derive(Clone, Debug)]
pub struct ImportMode<'a> {
    /// The import that they belong to; `None`: a dry run, which decides the same and keeps nothing.
    pub import: Option<i64>,
    /// New and changed contacts wait for Salesforce.
    pub sync: bool,
    /// Who imports.
    pub actor: &'a str,
}

/// Figures of an import, as its list shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportFigures {
    /// New contacts.
    pub created: u64,
    /// Rows that changed a contact.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows that tell no identifier.
    pub skipped: u64,
    /// Rows that were refused.
    pub rejected: u64,
}

impl Store {
    /// Opens an import. Returns its number.
    pub async fn import_begin(&self, name: &str, file: &str, actor: &str, now: Timestamp) -> Result<i64, StoreError> {
        self.allow(Action::Import, &[])?;
        super::connect::transact!(self, |tx| {
            sqlx::query("INSERT INTO import (name, file, actor, at) VALUES (?, ?, ?, ?)")
                .bind(name)
                .bind(file)
                .bind(actor)
                .bind(ms(now))
                .execute(&mut *tx)
                .await?
                .last_insert_rowid()
        })
    }

    /// Takes rows in one transaction; one answer a row, in order. Later rows update what earlier ones made.
    pub async fn import_rows(
        &self,
        rows: &[ImportRow<'_>],
        mode: &ImportMode<'_>,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        self.allow(Action::Import, &[])?;
        let mut writer = self.writer().await;
        let mut tx = begin(&mut writer).await?;
        let mut batch = Batch::load(&mut tx, rows).await?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            outcomes.push(batch.take(&mut tx, row, mode, now).await?);
        }
        if mode.import.is_none() {
            tx.rollback().await?;
            return Ok(outcomes);
        }
        tx.commit().await?;
        drop(writer);
        self.notify();
        Ok(outcomes)
    }

    /// Closes an import with its figures.
    pub async fn import_finish(&self, import: i64, figures: ImportFigures, now: Timestamp) -> Result<(), StoreError> {
        super::connect::transact!(self, |tx| {
            sqlx::query(
                "UPDATE import SET created = ?, updated = ?, unchanged = ?, skipped = ?, rejected = ?, finished_at = ? \
                 WHERE id = ?",
            )
            .bind(figures.created as i64)
            .bind(figures.updated as i64)
            .bind(figures.unchanged as i64)
            .bind(figures.skipped as i64)
            .bind(figures.rejected as i64)
            .bind(ms(now))
            .bind(import)
            .execute(&mut *tx)
            .await?;
        })
    }
}

/// The contacts that the rows of a batch may mean, as they are after the rows so far.
struct Batch {
    by_email: HashMap<String, ContactId>,
    by_mobile: HashMap<String, ContactId>,
    contacts: HashMap<ContactId, Contact>,
}

impl Batch {
    async fn load(tx: &mut SqliteConnection, rows: &[ImportRow<'_>]) -> Result<Self, StoreError> {
        let texts = |field| rows.iter().filter_map(|row| row.values.text(field)).collect::<Vec<_>>();
        let by_email: Vec<(String, i64)> =
            sqlx::query_as("SELECT email, id FROM contact WHERE email IN (SELECT value FROM json_each(?))")
                .bind(json_words(&texts(Field::Email)))
                .fetch_all(&mut *tx)
                .await?;
        let by_mobile: Vec<(String, i64)> = sqlx::query_as(
            "SELECT mobile_phone, id FROM contact WHERE mobile_phone IN (SELECT value FROM json_each(?))",
        )
        .bind(json_words(&texts(Field::MobilePhone)))
        .fetch_all(&mut *tx)
        .await?;
        let mut ids: Vec<ContactId> = by_email.iter().chain(&by_mobile).map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let contacts = contacts::get_many(tx, &ids).await?.into_iter().map(|contact| (contact.id, contact)).collect();
        Ok(Self { by_email: by_email.into_iter().collect(), by_mobile: by_mobile.into_iter().collect(), contacts })
    }

    async fn take(
        &mut self,
        tx: &mut SqliteConnection,
        row: &ImportRow<'_>,
        mode: &ImportMode<'_>,
        now: Timestamp,
    ) -> Result<ImportOutcome, StoreError> {
        let decision = identity::decide(&self.question(row.values));
        let mut values = row.values.clone();
        decision.withhold_from(&mut values);
        let outcome = match decision.target {
            Target::New => ImportOutcome::Created(self.create(tx, row, &values, now).await?),
            Target::Existing(id) => self.update(tx, row, id, &values, mode, now).await?,
        };
        let (id, created) = match outcome {
            ImportOutcome::Created(id) => (id, true),
            ImportOutcome::Updated(id) | ImportOutcome::Unchanged(id) => (id, false),
        };
        match decision.conflict {
            Some(Conflict::Contact(other)) => {
                duplicates::raise(tx, id, Some(other), None, "identity_conflict", now).await?;
            }
            Some(Conflict::Email(email)) => {
                duplicates::raise(tx, id, None, Some(email.as_str()), "identity_conflict", now).await?;
            }
            None => {}
        }
        if let Some(import) = mode.import {
            sqlx::query("INSERT OR IGNORE INTO import_contact (import_id, contact_id, created) VALUES (?, ?, ?)")
                .bind(import)
                .bind(id)
                .bind(created)
                .execute(&mut *tx)
                .await?;
        }
        if mode.sync && !matches!(outcome, ImportOutcome::Unchanged(_)) {
            outbox::enqueue(tx, Entity::Contact, id, Some(id), "imported", now).await?;
        }
        Ok(outcome)
    }

    fn question(&self, values: &Values) -> Question {
        let (email, mobile) = (values.email(), values.mobile());
        let known =
            |id: &ContactId| Known { id: *id, email: self.contacts.get(id).and_then(|contact| contact.values.email()) };
        Question {
            by_email: email.as_ref().and_then(|email: &Email| self.by_email.get(email.as_str())).map(known),
            by_mobile: mobile.as_ref().and_then(|mobile| self.by_mobile.get(mobile.as_str())).map(known),
            email,
            mobile,
            // A list has a person a row: whoever has an email of their own is not the one who shares their phone.
            strict_email: true,
        }
    }

    async fn create(
        &mut self,
        tx: &mut SqliteConnection,
        row: &ImportRow<'_>,
        values: &Values,
        now: Timestamp,
    ) -> Result<ContactId, StoreError> {
        let owner_id = match row.owner {
            Some(owner) => users::resolve(tx, owner).await?,
            None => None,
        };
        let source = row.source.unwrap_or("import");
        let new = contacts::New { values, status: row.status, owner_id, source, created_at: now, interacted_at: None };
        let id = contacts::insert(tx, &new).await?;
        let contact = Contact {
            id,
            values: values.clone(),
            status: row.status,
            owner: row.owner.cloned(),
            source: source.to_owned(),
            created_at: now,
            updated_at: now,
            interacted_at: None,
        };
        self.remember(&contact);
        self.contacts.insert(id, contact);
        Ok(id)
    }

    async fn update(
        &mut self,
        tx: &mut SqliteConnection,
        row: &ImportRow<'_>,
        id: ContactId,
        values: &Values,
        mode: &ImportMode<'_>,
        now: Timestamp,
    ) -> Result<ImportOutcome, StoreError> {
        let contact = self.contacts.get(&id).cloned().ok_or(StoreError::NotFound { what: "contact", id })?;
        let changes = merge::changes(&contact.values, values, Policy::Replace);
        let status = row.status.filter(|_| row.status != contact.status);
        let owner = row.owner.filter(|owner| contact.owner.as_ref().is_none_or(|known| known.email != owner.email));
        if changes.is_empty() && status.is_none() && owner.is_none() {
            return Ok(ImportOutcome::Unchanged(id));
        }
        let mut after = contact.clone();
        after.values = contacts::update(tx, id, &contact.values, &changes, now).await?;
        if !changes.is_empty() {
            let data = history::changes_data(&changes);
            let entry = Entry { at: now, actor: mode.actor, contact: Some(id), activity: None, what: "imported", data };
            history::write(tx, entry).await?;
        }
        if let Some(status) = status {
            sqlx::query("UPDATE contact SET status = ?, updated_at = ? WHERE id = ?")
                .bind(status.key())
                .bind(ms(now))
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let data = history::status_data(contact.status, Some(status));
            let entry = Entry { at: now, actor: mode.actor, contact: Some(id), activity: None, what: "status", data };
            history::write(tx, entry).await?;
            after.status = Some(status);
        }
        if let Some(owner) = owner {
            let owner_id = users::resolve(tx, owner).await?;
            sqlx::query("UPDATE contact SET owner_id = ?, updated_at = ? WHERE id = ?")
                .bind(owner_id)
                .bind(ms(now))
                .bind(id)
                .execute(&mut *tx)
                .await?;
            after.owner = Some(owner.clone());
        }
        self.remember(&after);
        self.contacts.insert(id, after);
        Ok(ImportOutcome::Updated(id))
    }

    fn remember(&mut self, contact: &Contact) {
        if let Some(email) = contact.values.text(Field::Email) {
            self.by_email.insert(email.to_owned(), contact.id);
        }
        if let Some(mobile) = contact.values.text(Field::MobilePhone) {
            self.by_mobile.insert(mobile.to_owned(), contact.id);
        }
    }
}
