//! Two contacts become one, in one transaction (product C7; OnceHub reference 1.7).
//!
//! The record that already held the identifier survives and keeps everything of both: activities, page views, history,
//! imports, its own Salesforce link or else that of the other. What waited for Salesforce comes out right: rows of the
//! other's activities are the survivor's now; the other's own row is left out, unless it is being sent or may have been,
//! in which case the survivor waits until that is known (rows of one contact keep their order).

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::connect::begin;
use super::convert::ms;
use super::edit::{self, FollowThrough};
use super::history::{self, Entry};
use super::undo::{self, Column, Recorder, Row, Step, Table};
use super::{ChangeError, Entity, Store, StoreError, contacts, links, outbox, search, users};
use crate::domain::access::Action;
use crate::domain::edit::Edit;
use crate::domain::merge::pair::{self, Picks};
use crate::domain::merge::{self, FieldChange};
use crate::domain::{Contact, ContactId, Field, FieldValue, Status};

/// Both records side by side; nothing is stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct MergePrompt {
    /// The one that holds the identifier: it survives.
    pub existing: Contact,
    /// The other one, as the edit would make it.
    pub incoming: Contact,
    /// The edit that led here; empty when two contacts are merged as they are.
    pub edit: Edit,
    /// Field by field, with what the rule takes.
    pub rows: Vec<pair::Row>,
    /// When each was last changed: a merge of anything newer is refused.
    seen: (Timestamp, Timestamp),
}

impl MergePrompt {
    pub(super) fn new(existing: Contact, incoming: Contact, edit: Edit, incoming_seen: Timestamp) -> Self {
        let rows = pair::rows(&existing, &incoming);
        let seen = (existing.updated_at, incoming_seen);
        Self { existing, incoming, edit, rows, seen }
    }

    /// The merge as it was confirmed.
    pub fn confirm(&self, picks: Picks) -> Merge {
        Merge {
            survivor: self.existing.id,
            gone: self.incoming.id,
            edit: self.edit.clone(),
            picks,
            seen: Some(self.seen),
        }
    }
}

/// A merge to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merge {
    /// Who stays.
    pub survivor: ContactId,
    /// Who goes.
    pub gone: ContactId,
    /// What is changed in the one that goes before.
    pub edit: Edit,
    /// What goes otherwise than by the rule.
    pub picks: Picks,
    /// When each was last changed when they were shown; `None`: whatever they are.
    pub seen: Option<(Timestamp, Timestamp)>,
}

/// What a merge did.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The survivor as it is now.
    pub contact: Contact,
    /// Who is gone.
    pub gone: ContactId,
    /// What changed in the survivor.
    pub changes: Vec<FieldChange>,
    /// Activities that came over.
    pub activities: u64,
    /// Page views that came over.
    pub page_views: u64,
    /// The Salesforce record of the one that is gone, if both had one: it stays as it is, and is a candidate of the
    /// survivor.
    pub left_in_salesforce: Option<(String, String)>,
    /// What followed for bookings to come and for Salesforce.
    pub follow: FollowThrough,
}

/// What is told of a merge to scripts.
#[derive(Debug, Serialize)]
struct Told<'a> {
    gone: ContactId,
    name: String,
    changes: &'a [FieldChange],
    replaced: &'a [pair::Replaced],
}

impl Store {
    /// Both records side by side, as they are. The survivor is the one with an email, then the older one, unless named.
    pub async fn merge_prompt(
        &self,
        a: ContactId,
        b: ContactId,
        survivor: Option<ContactId>,
    ) -> Result<MergePrompt, ChangeError> {
        if a == b {
            return Err(ChangeError::Same);
        }
        let mut tx = self.readers().begin().await?;
        let mut both = Vec::new();
        for id in [a, b] {
            both.push(contacts::get(&mut tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?);
        }
        self.allow(Action::Merge, &contacts::owners(&mut tx, &[a, b]).await?)?;
        let stays = survivor.unwrap_or_else(|| pair::survivor(&both[0], &both[1]).id);
        if stays == b {
            both.swap(0, 1);
        }
        let incoming = both.remove(1);
        let seen = incoming.updated_at;
        Ok(MergePrompt::new(both.remove(0), incoming, Edit::default(), seen))
    }

    /// Makes one contact of two.
    pub async fn merge(&self, merge: &Merge, now: Timestamp) -> Result<Merged, ChangeError> {
        let (stays, goes) = (merge.survivor, merge.gone);
        if stays == goes {
            return Err(ChangeError::Same);
        }
        let actor = self.actor().name;
        let mut writer = self.writer().await;
        let mut tx = begin(&mut writer).await?;
        let find = |contact: Option<Contact>, id| contact.ok_or(StoreError::NotFound { what: "contact", id });
        let existing = find(contacts::get(&mut tx, stays).await?, stays)?;
        let before = find(contacts::get(&mut tx, goes).await?, goes)?;
        self.allow(Action::Merge, &contacts::owners(&mut tx, &[stays, goes]).await?)?;
        if merge.seen.is_some_and(|seen| seen != (existing.updated_at, before.updated_at)) {
            return Err(ChangeError::ChangedMeanwhile);
        }
        let edits = edit::checked(&mut tx, &merge.edit, &before.values).await?;
        let mut values = before.values.clone();
        merge::apply(&mut values, &edits);
        let incoming = edit::with_edit(&mut tx, &before, &merge.edit, values).await?;
        let outcome = pair::outcome(&existing, &incoming, &merge.picks);

        let mut recorder = Recorder::default();
        let moved = take_over(&mut tx, &mut recorder, stays, goes, now).await?;
        // The one that goes first: its identifiers may become the survivor's, and back.
        recorder.watch(&mut tx, Table::Contact, goes).await?;
        recorder.watch(&mut tx, Table::Contact, stays).await?;
        sqlx::query("DELETE FROM contact WHERE id = ?").bind(goes).execute(&mut *tx).await?;
        let after = contacts::update(&mut tx, stays, &existing.values, &outcome.changes, now).await?;
        let owner_id = match &outcome.owner {
            Some(owner) => users::resolve(&mut tx, owner).await?,
            None => None,
        };
        let at = |at: Option<Timestamp>| at.map(ms);
        sqlx::query(
            "UPDATE contact SET status = ?, owner_id = ?, created_at = ?, interacted_at = ?, updated_at = ? WHERE id = ?",
        )
        .bind(outcome.status.map(Status::key))
        .bind(owner_id)
        .bind(ms(outcome.created_at))
        .bind(at(outcome.interacted_at))
        .bind(ms(now))
        .bind(stays)
        .execute(&mut *tx)
        .await?;
        search::index_contact(&mut tx, stays, &after, true).await?;

        let told =
            Told { gone: goes, name: edit::name(&before), changes: &outcome.changes, replaced: &outcome.replaced };
        let data = serde_json::to_value(told).unwrap_or_default();
        let entry = Entry { at: now, actor: &actor, contact: Some(stays), activity: None, what: "merged", data };
        history::write(&mut tx, entry).await?;
        if outcome.status != existing.status {
            let data = history::status_data(existing.status, outcome.status);
            let entry = Entry { at: now, actor: &actor, contact: Some(stays), activity: None, what: "status", data };
            history::write(&mut tx, entry).await?;
        }
        let mut follow = FollowThrough::default();
        if after.bool(Field::HasConsent) == Some(false) {
            let gone = sqlx::query("DELETE FROM page_view WHERE contact_id = ?").bind(stays).execute(&mut *tx).await?;
            follow.page_views_deleted = gone.rows_affected();
        }
        for changes in [&outcome.changes, &changed(&before, &after)] {
            edit::readdress(&mut tx, &mut recorder, stays, changes, &after, &actor, now, &mut follow).await?;
        }
        edit::push(&mut tx, stays, "merged", &mut follow, now).await?;
        let steps = recorder.steps(&mut tx).await?;
        let label = format!("merge of {} into {}", edit::name(&before), edit::name(&existing));
        let note = "Salesforce keeps what was written; what differs after the undo is written again";
        undo::log(&mut tx, &actor, &label, Some(note), &steps, now).await?;
        let contact = find(contacts::get(&mut tx, stays).await?, stays)?;
        tx.commit().await?;
        drop(writer);
        self.notify();
        Ok(Merged {
            contact,
            gone: goes,
            changes: outcome.changes,
            activities: moved.activities,
            page_views: moved.page_views,
            left_in_salesforce: moved.left,
            follow,
        })
    }
}

/// The identifiers of the one that is gone, as a change to the survivor's: its bookings to come follow.
fn changed(gone: &Contact, after: &crate::domain::Values) -> Vec<FieldChange> {
    [Field::Email, Field::MobilePhone]
        .into_iter()
        .filter_map(|field| {
            let (from, to) = (gone.values.get(field).cloned()?, after.get(field).cloned());
            (Some(&from) != to.as_ref()).then(|| FieldChange { field: field.into(), from: Some(from), to })
        })
        .filter(|change| matches!(change.to, Some(FieldValue::Text(_))))
        .collect()
}

#[derive(Default)]
struct Moved {
    activities: u64,
    page_views: u64,
    left: Option<(String, String)>,
}

/// Everything that speaks of the one that goes speaks of the one that stays.
async fn take_over(
    tx: &mut SqliteConnection,
    recorder: &mut Recorder,
    stays: ContactId,
    goes: ContactId,
    now: Timestamp,
) -> Result<Moved, StoreError> {
    let mut moved = Moved { left: take_link(tx, recorder, stays, goes, now).await?, ..Moved::default() };
    let waits: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE entity = 'contact' AND entity_id = ? \
         AND state IN ('pending', 'held', 'retry') AND intent IS NULL)",
    )
    .bind(goes)
    .fetch_one(&mut *tx)
    .await?;
    if waits {
        outbox::leave_out(tx, Entity::Contact, &[goes], now).await?;
        recorder.step(Step::Unqueue { entity: Entity::Contact, ids: vec![goes], contact: Some(goes) });
    }
    moved.activities = recorder.repoint(tx, Column::ActivityContact, goes, Some(stays)).await?;
    moved.page_views = recorder.repoint(tx, Column::PageViewContact, goes, Some(stays)).await?;
    for column in [Column::HistoryContact, Column::DeliveryContact, Column::OutboxContact] {
        recorder.repoint(tx, column, goes, Some(stays)).await?;
    }
    // A contact that came with an import of each is of both; one that came with the same import twice is there once.
    recorder.watch_all(tx, Table::ImportContact, "contact_id", goes).await?;
    let imports: Vec<i64> = sqlx::query_scalar("SELECT import_id FROM import_contact WHERE contact_id = ?")
        .bind(goes)
        .fetch_all(&mut *tx)
        .await?;
    for import in imports {
        let key = |contact| {
            Row::from_iter([("import_id".to_owned(), json!(import)), ("contact_id".to_owned(), json!(contact))])
        };
        recorder.watch_key(tx, Table::ImportContact, key(stays)).await?;
        sqlx::query("UPDATE OR IGNORE import_contact SET contact_id = ? WHERE import_id = ? AND contact_id = ?")
            .bind(stays)
            .bind(import)
            .bind(goes)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM import_contact WHERE import_id = ? AND contact_id = ?")
            .bind(import)
            .bind(goes)
            .execute(&mut *tx)
            .await?;
    }
    take_pairs(tx, recorder, stays, goes).await?;
    Ok(moved)
}

/// Two links: the survivor's is kept, and the other's record becomes a candidate of it. One link: it is the survivor's.
async fn take_link(
    tx: &mut SqliteConnection,
    recorder: &mut Recorder,
    stays: ContactId,
    goes: ContactId,
    now: Timestamp,
) -> Result<Option<(String, String)>, StoreError> {
    let Some(theirs) = links::get(tx, Entity::Contact, goes).await? else { return Ok(None) };
    let key = |id: i64| Row::from_iter([("entity".to_owned(), json!("contact")), ("entity_id".to_owned(), json!(id))]);
    recorder.watch_key(tx, Table::Link, key(goes)).await?;
    recorder.watch_key(tx, Table::Link, key(stays)).await?;
    let Some(ours) = links::get(tx, Entity::Contact, stays).await? else {
        sqlx::query("UPDATE link SET entity_id = ? WHERE entity = 'contact' AND entity_id = ?")
            .bind(stays)
            .bind(goes)
            .execute(tx)
            .await?;
        return Ok(None);
    };
    let mut candidates = vec![ours.record_id.clone()];
    for id in ours.candidates.iter().chain([&theirs.record_id]).chain(&theirs.candidates) {
        if !candidates.contains(id) {
            candidates.push(id.clone());
        }
    }
    sqlx::query("DELETE FROM link WHERE entity = 'contact' AND entity_id = ?").bind(goes).execute(&mut *tx).await?;
    sqlx::query("UPDATE link SET candidates = ?, updated_at = ? WHERE entity = 'contact' AND entity_id = ?")
        .bind(serde_json::Value::from(candidates).to_string())
        .bind(ms(now))
        .bind(stays)
        .execute(tx)
        .await?;
    Ok(Some((theirs.object, theirs.record_id)))
}

/// Pairs of possible duplicates that named the one that goes name the one that stays; the pair of the two is settled.
async fn take_pairs(
    tx: &mut SqliteConnection,
    recorder: &mut Recorder,
    stays: ContactId,
    goes: ContactId,
) -> Result<(), StoreError> {
    for column in ["a", "b"] {
        recorder.watch_all(tx, Table::PossibleDuplicate, column, goes).await?;
    }
    let pairs: Vec<(i64, i64, Option<i64>)> =
        sqlx::query_as("SELECT id, a, b FROM possible_duplicate WHERE a = ?1 OR b = ?1")
            .bind(goes)
            .fetch_all(&mut *tx)
            .await?;
    for (id, a, b) in pairs {
        let to = |x: i64| if x == goes { stays } else { x };
        let pair = match b.map(to) {
            Some(b) => (to(a).min(b), Some(to(a).max(b))),
            None => (to(a), None),
        };
        if pair.1 == Some(pair.0) {
            sqlx::query("DELETE FROM possible_duplicate WHERE id = ?").bind(id).execute(&mut *tx).await?;
            continue;
        }
        // The pair may be listed already; then this one goes with the contact.
        sqlx::query("UPDATE OR IGNORE possible_duplicate SET a = ?, b = ? WHERE id = ?")
            .bind(pair.0)
            .bind(pair.1)
            .bind(id)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
