//! What is done to many contacts at once: status, owner, deletion (product A7, C5, C9).
//!
//! A [`Selection`] is a list of numbers or all that a filter finds. Large ones are worked through a chunk a transaction,
//! so that nobody waits long for the write lock; all chunks are one entry of the undo log. Contacts out of the actor's
//! reach are left alone and counted.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::connect::{begin, transact};
use super::convert::json_ids;
use super::history::{self, Entry};
use super::undo::{self, Column, Recorder, Row, Step, Table};
use super::{ChangeError, Entity, Store, StoreError, contacts, edit, outbox, pages, users};
use crate::domain::access::Action;
use crate::domain::text::counted;
use crate::domain::{ContactId, Email, Status};
use crate::filter::{Filter, Strategy};

/// Contacts of one transaction.
const CHUNK: usize = 2_000;
/// Contacts that may be deleted at once (OnceHub reference 1.9).
pub const DELETE_LIMIT: usize = 500;

/// Which contacts.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// These.
    Ids(&'a [ContactId]),
    /// All that a filter of the contact list finds.
    Filter(&'a Filter),
}

/// How far a long change has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkProgress {
    /// Contacts looked at.
    pub done: usize,
    /// Contacts in all.
    pub of: usize,
}

/// What a change of many contacts did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bulk {
    /// Contacts that changed.
    pub changed: usize,
    /// Contacts that were so already.
    pub unchanged: usize,
    /// Contacts that are gone, or out of the actor's reach.
    pub left: usize,
    /// The entry of the undo log; `None`: nothing changed.
    pub undo: Option<i64>,
}

/// Called after each chunk; false stops there: what is done stays done, and can be undone.
pub type Progress<'a> = &'a mut (dyn FnMut(BulkProgress) -> bool + Send);

/// What is written to many contacts.
enum Write {
    Status(Option<Status>),
    Owner(Option<i64>),
}

impl Store {
    /// The numbers of the contacts that a filter finds, at most `limit`, in no particular order.
    pub async fn contact_ids(&self, filter: &Filter, limit: usize) -> Result<Vec<ContactId>, StoreError> {
        let condition = self.within_reach(filter).sql(Strategy::Free);
        let sql = format!("SELECT c.id FROM contact c WHERE {} LIMIT ?", condition.text);
        let query = pages::bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).bind(limit as i64);
        let rows = query.fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn selected(&self, selection: Selection<'_>) -> Result<Vec<ContactId>, StoreError> {
        match selection {
            Selection::Ids(ids) => Ok(ids.to_vec()),
            Selection::Filter(filter) => self.contact_ids(filter, usize::MAX >> 1).await,
        }
    }

    /// Sets the status of many contacts.
    pub async fn set_status_of(
        &self,
        selection: Selection<'_>,
        status: Option<Status>,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<Bulk, StoreError> {
        let word = status.map_or("no status", Status::label);
        self.write_many(selection, &Write::Status(status), word, progress, now).await
    }

    /// Gives many contacts an owner, or none. The owner must be a user; a team manager assigns within the team.
    pub async fn assign(
        &self,
        selection: Selection<'_>,
        owner: Option<&Email>,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<Bulk, ChangeError> {
        let owner_id = match owner {
            Some(email) => {
                let mut reader = self.readers().acquire().await?;
                Some(users::known(&mut reader, email).await?)
            }
            None => None,
        };
        self.allow(Action::Assign, &[owner_id])?;
        let word = owner.map_or_else(|| "no owner".to_owned(), |owner| format!("owner {owner}"));
        Ok(self.write_many(selection, &Write::Owner(owner_id), &word, progress, now).await?)
    }

    async fn write_many(
        &self,
        selection: Selection<'_>,
        write: &Write,
        word: &str,
        progress: Progress<'_>,
        now: Timestamp,
    ) -> Result<Bulk, StoreError> {
        let ids = self.selected(selection).await?;
        let mut bulk = Bulk::default();
        for (n, chunk) in ids.chunks(CHUNK).enumerate() {
            {
                let mut writer = self.writer().await;
                let mut tx = begin(&mut writer).await?;
                let steps = self.write_chunk(&mut tx, chunk, write, &mut bulk, now).await?;
                if !steps.is_empty() {
                    let entry = match bulk.undo {
                        Some(entry) => entry,
                        None => undo::open(&mut tx, &self.actor().name, word, None, now).await?,
                    };
                    bulk.undo = Some(entry);
                    undo::add(&mut tx, entry, &steps).await?;
                    let only = if bulk.changed == 1 { named(&mut tx, &steps).await? } else { None };
                    undo::close(&mut tx, entry, &label(word, bulk.changed, only.as_deref())).await?;
                }
                tx.commit().await?;
            }
            self.notify();
            if !progress(BulkProgress { done: (n * CHUNK + chunk.len()).min(ids.len()), of: ids.len() }) {
                break;
            }
        }
        Ok(bulk)
    }

    async fn write_chunk(
        &self,
        tx: &mut SqliteConnection,
        ids: &[ContactId],
        write: &Write,
        bulk: &mut Bulk,
        now: Timestamp,
    ) -> Result<Vec<Step>, StoreError> {
        let rows: Vec<(i64, Option<String>, Option<i64>)> =
            sqlx::query_as("SELECT id, status, owner_id FROM contact WHERE id IN (SELECT value FROM json_each(?))")
                .bind(json_ids(ids))
                .fetch_all(&mut *tx)
                .await?;
        let action = if matches!(write, Write::Owner(_)) { Action::Assign } else { Action::Edit };
        let allowed: Vec<_> = rows.iter().filter(|row| self.allow(action, &[row.2]).is_ok()).collect();
        if allowed.is_empty() && !rows.is_empty() {
            // All of it out of reach is a refusal, some of it is a count.
            let owners: Vec<_> = rows.iter().map(|row| row.2).collect();
            self.allow(action, &owners)?;
        }
        bulk.left += ids.len() - allowed.len();
        let (column, to) = match write {
            Write::Status(status) => (Column::ContactStatus, json!(status.map(Status::key))),
            Write::Owner(owner) => (Column::ContactOwner, json!(owner)),
        };
        let mut groups: Vec<(serde_json::Value, Vec<i64>)> = Vec::new();
        for (id, status, owner) in allowed {
            let from = match write {
                Write::Status(_) => json!(status),
                Write::Owner(_) => json!(owner),
            };
            if from == to {
                bulk.unchanged += 1;
                continue;
            }
            match groups.iter_mut().find(|(known, _)| *known == from) {
                Some((_, ids)) => ids.push(*id),
                None => groups.push((from, vec![*id])),
            }
        }
        let changed: Vec<i64> = groups.iter().flat_map(|(_, ids)| ids).copied().collect();
        let actor = self.actor().name;
        match write {
            Write::Status(status) => {
                contacts::write_statuses(tx, &changed, status.map(Status::key), &actor, now).await?;
                outbox::enqueue_many(tx, &changed, "status", now).await?;
            }
            Write::Owner(owner) => {
                contacts::write_owners(tx, &changed, *owner, &actor, now).await?;
                outbox::enqueue_many(tx, &changed, "owner", now).await?;
            }
        }
        bulk.changed += changed.len();
        Ok(groups.into_iter().map(|(from, ids)| Step::Move { column, ids, from, to: to.clone() }).collect())
    }

    /// Sets the status of contacts; those that have it already are left alone. Can be undone. Returns how many changed.
    pub async fn set_status(
        &self,
        ids: &[ContactId],
        status: Option<Status>,
        actor: &str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut named = self.actor();
        actor.clone_into(&mut named.name);
        let bulk = self.acting(named).set_status_of(Selection::Ids(ids), status, &mut |_| true, now).await?;
        Ok(bulk.changed)
    }

    /// Deletes contacts, at most 500 at once: their activities stay and say so, what is in Salesforce stays as it is,
    /// and a later activity of the same person makes a new contact (OnceHub reference 1.9). Can be undone.
    pub async fn delete_contacts(&self, selection: Selection<'_>, now: Timestamp) -> Result<Bulk, ChangeError> {
        let ids = self.selected(selection).await?;
        if ids.len() > DELETE_LIMIT {
            return Err(ChangeError::TooMany { n: ids.len(), limit: DELETE_LIMIT });
        }
        self.allow(Action::Delete, &[])?;
        let actor = self.actor().name;
        transact!(self, |tx| {
            let mut recorder = Recorder::default();
            let mut bulk = Bulk::default();
            let mut only = None;
            for id in ids {
                match contacts::get(&mut tx, id).await? {
                    Some(contact) => {
                        delete(&mut tx, &mut recorder, id, now).await?;
                        let data = json!({ "contact": id });
                        let entry =
                            Entry { at: now, actor: &actor, contact: None, activity: None, what: "deleted", data };
                        history::write(&mut tx, entry).await?;
                        bulk.changed += 1;
                        only = Some(edit::name(&contact));
                    }
                    None => bulk.left += 1,
                }
            }
            let steps = recorder.steps(&mut tx).await?;
            let label = match (bulk.changed, only) {
                (1, Some(name)) => format!("deletion of {name}"),
                (n, _) => format!("deletion of {}", counted(n, "contact", "contacts")),
            };
            bulk.undo = undo::log(&mut tx, &actor, &label, None, &steps, now).await?;
            bulk
        })
    }
}

/// Takes a contact out. What waits for Salesforce of it and was never sent is left out; meetings that Salesforce already
/// has go on being kept in step, those that it never heard of make no person there any more.
async fn delete(
    tx: &mut SqliteConnection,
    recorder: &mut Recorder,
    id: ContactId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let waiting: Vec<(String, i64)> = sqlx::query_as(
        "SELECT q.entity, q.entity_id FROM outbox q WHERE (q.contact_id = ?1 OR (q.entity = 'contact' AND q.entity_id = ?1)) \
         AND q.state IN ('pending', 'held', 'retry') AND q.intent IS NULL \
         AND (q.entity = 'contact' OR NOT EXISTS ( \
           SELECT 1 FROM link k WHERE k.entity = 'activity' AND k.entity_id = q.entity_id))",
    )
    .bind(id)
    .fetch_all(&mut *tx)
    .await?;
    for entity in [Entity::Contact, Entity::Activity] {
        let ids: Vec<i64> =
            waiting.iter().filter(|(word, _)| word == entity.key()).map(|(_, entity_id)| *entity_id).collect();
        outbox::leave_out(tx, entity, &ids, now).await?;
        recorder.step(Step::Unqueue { entity, ids, contact: Some(id) });
    }
    for column in [Column::ActivityContact, Column::HistoryContact, Column::DeliveryContact, Column::OutboxContact] {
        recorder.repoint(tx, column, id, None).await?;
    }
    for (table, columns) in [
        (Table::PageView, &["contact_id"][..]),
        (Table::ImportContact, &["contact_id"]),
        (Table::PossibleDuplicate, &["a", "b"]),
    ] {
        for column in columns {
            recorder.watch_all(tx, table, column, id).await?;
        }
    }
    let link = Row::from_iter([("entity".to_owned(), json!("contact")), ("entity_id".to_owned(), json!(id))]);
    recorder.watch_key(tx, Table::Link, link).await?;
    recorder.watch(tx, Table::Contact, id).await?;
    for sql in ["DELETE FROM link WHERE entity = 'contact' AND entity_id = ?", "DELETE FROM contact WHERE id = ?"] {
        sqlx::query(sql).bind(id).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The name of the one contact that steps are about.
async fn named(tx: &mut SqliteConnection, steps: &[Step]) -> Result<Option<String>, StoreError> {
    let [Step::Move { ids, .. }] = steps else { return Ok(None) };
    let [id] = ids[..] else { return Ok(None) };
    Ok(contacts::get(tx, id).await?.map(|contact| edit::name(&contact)))
}

fn label(word: &str, changed: usize, only: Option<&str>) -> String {
    match (changed, only) {
        (1, Some(name)) => format!("{word} of {name}"),
        (n, _) => format!("{word} of {}", counted(n, "contact", "contacts")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    #[test]
    fn the_undo_list_counts_with_thousands_apart() {
        assert_eq!(label("Qualified", 1, Some("Ana Berg")), "Qualified of Ana Berg");
        assert_eq!(label("owner jo@x.test", 12_345, None), "owner jo@x.test of 12,345 contacts");
        assert_eq!(Mark::Trash(true).label(1_000), "1,000 activities put into the trash");
    }
}
