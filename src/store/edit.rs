//! A contact made or changed by hand (product C6, C8, C11; OnceHub reference 1.6 and 1.8).
//!
//! How a form or a command does it:
//!
//! ```ignore
//! let schema = store.schema(config.identity.country()).await?;
//! let edit = Edit::from_texts(&schema, fields)?;                       // messages at the fields
//! match store.edit(id, &edit, now).await? {
//!     Edited::Saved(saved) => show(saved),                              // what followed, for showing
//!     Edited::NeedsMerge(prompt) => {                                   // nothing is stored yet
//!         let picks = ask(&prompt);                                     // side by side; cancelled: nothing happened
//!         let merged = store.merge(&prompt.confirm(picks), now).await?;
//!     }
//! }
//! ```

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::connect::begin;
use super::convert::ms;
use super::history::{self, Entry};
use super::merging::MergePrompt;
use super::undo::{self, Recorder, Table};
use super::{ChangeError, Entity, Link, Store, StoreError, activities, contacts, links, outbox, search, users};
use crate::domain::access::Action;
use crate::domain::activity::GuestChange;
use crate::domain::edit::{CustomKind, Edit, FieldError, Schema, clears_identifiers};
use crate::domain::merge::{self, FieldChange};
use crate::domain::phone::Country;
use crate::domain::{ActivityId, Contact, ContactId, Field, FieldKey, FieldValue, Values, typed};

/// What became of an edit.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited {
    /// It is stored.
    Saved(Box<Saved>),
    /// Another contact holds the new email or mobile phone: nothing is stored before the merge is confirmed.
    NeedsMerge(Box<MergePrompt>),
}

/// An edit that was stored, and what followed from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The contact as it is now.
    pub contact: Contact,
    /// What changed; empty: nothing did.
    pub changes: Vec<FieldChange>,
    /// The status or the owner changed.
    pub other: bool,
    /// What followed.
    pub follow: FollowThrough,
}

/// What an edit of an identifier leads to (OnceHub reference 1.8).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FollowThrough {
    /// Future bookings that carry the new address or number.
    pub bookings: Vec<ActivityId>,
    /// Of these, the ones in Google or Exchange calendars, flagged as carrying the new guest.
    pub flagged: Vec<ActivityId>,
    /// Of these, the ones in other calendars, whose guest lists are left alone.
    pub left_alone: Vec<ActivityId>,
    /// Page views that went with a withdrawn consent.
    pub page_views_deleted: u64,
    /// The Salesforce record that will be updated; `None`: it is looked for, if the sync admits the contact.
    pub record: Option<(String, String)>,
    /// The item of the queue that brings Salesforce in step: its outcome can be watched there.
    pub queue_item: Option<i64>,
}

impl FollowThrough {
    /// What followed, a line each, for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let plural = |n: usize| if n == 1 { "1 future booking".to_owned() } else { format!("{n} future bookings") };
        if !self.bookings.is_empty() {
            lines.push(
                format!("{} carries the new address", plural(self.bookings.len())).replace("s carries", "s carry"),
            );
        }
        if !self.flagged.is_empty() {
            lines.push(format!("guest list to be updated in the calendar: {}", plural(self.flagged.len())));
        }
        if !self.left_alone.is_empty() {
            lines.push(format!("calendar left alone: {}", plural(self.left_alone.len())));
        }
        if self.page_views_deleted > 0 {
            lines.push(format!("{} page views deleted with the consent", self.page_views_deleted));
        }
        match (&self.record, self.queue_item) {
            (Some((object, id)), Some(item)) => {
                lines.push(format!("Salesforce: {object} {id} will be updated (item {item})"));
            }
            (None, Some(item)) => lines.push(format!("Salesforce: looked for, then updated (item {item})")),
            _ => {}
        }
        lines
    }
}

/// A contact that was added by hand, by the command line or over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// It.
    pub contact: Contact,
    /// False: a contact with that email or mobile phone was there, and was updated.
    pub created: bool,
}

impl Store {
    /// The fields that contacts may have now; `country`: of phone numbers written without one.
    pub async fn schema(&self, country: Option<Country>) -> Result<Schema, StoreError> {
        let custom = self.fields(false).await?;
        let kind = |field: super::FieldDef| CustomKind {
            name: field.name,
            label: field.label,
            kind: field.kind,
            options: field.options,
        };
        let mut reader = self.readers().acquire().await?;
        let me = match self.actor().user {
            Some(user) => users::reference(&mut reader, user).await?.and_then(|user| user.email),
            None => None,
        };
        Ok(Schema { custom: custom.into_iter().map(kind).collect(), country, me })
    }

    /// Changes a contact, in one transaction with its history, its future bookings, the outbox and the undo log.
    pub async fn edit(&self, id: ContactId, edit: &Edit, now: Timestamp) -> Result<Edited, ChangeError> {
        let actor = self.actor().name;
        let mut writer = self.writer().await;
        let mut tx = begin(&mut writer).await?;
        let contact = self.reachable(&mut tx, id, Action::Edit).await?;
        let changes = checked(&mut tx, edit, &contact.values).await?;
        let mut after = contact.values.clone();
        merge::apply(&mut after, &changes);
        if clears_identifiers(&contact.values, &after) {
            return Err(ChangeError::NoIdentifier);
        }
        if let Some(other) = self.holder(&mut tx, &contact, &changes).await? {
            let existing = contacts::get(&mut tx, other).await?;
            let existing = existing.ok_or(StoreError::NotFound { what: "contact", id: other })?;
            let incoming = with_edit(&mut tx, &contact, edit, after).await?;
            return Ok(Edited::NeedsMerge(Box::new(MergePrompt::new(
                existing,
                incoming,
                edit.clone(),
                contact.updated_at,
            ))));
        }
        let mut recorder = Recorder::default();
        let saved = self.write_edit(&mut tx, &mut recorder, &contact, &changes, edit, now).await?;
        let steps = recorder.steps(&mut tx).await?;
        let note =
            (saved.follow.page_views_deleted > 0).then_some("page views deleted with the consent do not come back");
        let label = format!("edit of {}", name(&contact));
        undo::log(&mut tx, &actor, &label, note, &steps, now).await?;
        tx.commit().await?;
        drop(writer);
        self.notify();
        Ok(Edited::Saved(Box::new(saved)))
    }

    /// Makes a contact. One that holds the email or mobile phone is an error, or with `update` it takes the values over
    /// as from any source: new replaces old, blank never clears (OnceHub reference 1.5 and 1.7).
    pub async fn add_contact(
        &self,
        edit: &Edit,
        source: &str,
        update: bool,
        now: Timestamp,
    ) -> Result<Added, ChangeError> {
        let actor = self.actor();
        let mut writer = self.writer().await;
        let mut tx = begin(&mut writer).await?;
        let changes = checked(&mut tx, edit, &Values::new()).await?;
        let mut values = Values::new();
        merge::apply(&mut values, &changes);
        if values.email().is_none() && values.mobile().is_none() {
            return Err(ChangeError::NoIdentifier);
        }
        let blank = Contact {
            id: 0,
            values: Values::new(),
            status: None,
            owner: None,
            source: source.to_owned(),
            created_at: now,
            updated_at: now,
            interacted_at: None,
        };
        let mut recorder = Recorder::default();
        if let Some(known) = self.holder(&mut tx, &blank, &changes).await? {
            if !update {
                let by_email = changes.iter().any(|change| change.field == Field::Email.into())
                    && contacts::get(&mut tx, known).await?.and_then(|known| known.values.email()) == values.email();
                return Err(ChangeError::Exists { id: known, field: if by_email { "email" } else { "mobile phone" } });
            }
            let contact = self.reachable(&mut tx, known, Action::Edit).await?;
            let edit = Edit {
                values: edit.values.clone().into_iter().filter(|(_, value)| value.is_some()).collect(),
                ..edit.clone()
            };
            let changes = edit.changes(&contact.values);
            if let Some(other) = self.holder(&mut tx, &contact, &changes).await? {
                return Err(ChangeError::TwoContacts { email_of: known, mobile_of: other });
            }
            let saved = self.write_edit(&mut tx, &mut recorder, &contact, &changes, &edit, now).await?;
            let steps = recorder.steps(&mut tx).await?;
            undo::log(&mut tx, &actor.name, &format!("edit of {}", name(&contact)), None, &steps, now).await?;
            tx.commit().await?;
            drop(writer);
            self.notify();
            return Ok(Added { contact: saved.contact, created: false });
        }
        let owner_id = match &edit.owner {
            Some(Some(email)) => Some(users::known(&mut tx, email).await?),
            _ => actor.user,
        };
        self.allow(Action::Create, &[owner_id])?;
        let status = edit.status.flatten();
        let new = contacts::New { values: &values, status, owner_id, source, created_at: now, interacted_at: None };
        let id = contacts::insert(&mut tx, &new).await?;
        let entry =
            Entry { at: now, actor: &actor.name, contact: Some(id), activity: None, what: "created", data: json!({}) };
        history::write(&mut tx, entry).await?;
        outbox::enqueue(&mut tx, Entity::Contact, id, Some(id), "created", now).await?;
        let contact = contacts::get(&mut tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?;
        let row = undo::Row::from_iter([("id".to_owned(), json!(id))]);
        let steps = [undo::inserted(&mut tx, Table::Contact, row).await?];
        undo::log(&mut tx, &actor.name, &format!("new contact {}", name(&contact)), None, &steps, now).await?;
        tx.commit().await?;
        drop(writer);
        self.notify();
        Ok(Added { contact, created: true })
    }

    /// A contact that the actor may do something to. One out of reach is as good as none.
    pub(super) async fn reachable(
        &self,
        tx: &mut SqliteConnection,
        id: ContactId,
        action: Action,
    ) -> Result<Contact, ChangeError> {
        let contact = contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?;
        self.allow(action, &contacts::owners(tx, &[id]).await?)?;
        Ok(contact)
    }

    /// The other contact that holds a new identifier, if one does.
    async fn holder(
        &self,
        tx: &mut SqliteConnection,
        contact: &Contact,
        changes: &[FieldChange],
    ) -> Result<Option<ContactId>, ChangeError> {
        let mut of = [None, None];
        for (place, field) in [Field::Email, Field::MobilePhone].into_iter().enumerate() {
            let new = changes.iter().find(|change| change.field == field.into()).and_then(|change| change.to.as_ref());
            if let Some(text) = new.and_then(FieldValue::as_str) {
                of[place] = contacts::find_by(tx, field, text).await?.filter(|id| *id != contact.id);
            }
        }
        let other = match of {
            [None, None] => return Ok(None),
            [Some(email_of), Some(mobile_of)] if email_of != mobile_of => {
                return Err(ChangeError::TwoContacts { email_of, mobile_of });
            }
            [Some(id), _] | [_, Some(id)] => id,
        };
        let ids = if contact.id == 0 { vec![other] } else { vec![contact.id, other] };
        let owners = contacts::owners(tx, &ids).await?;
        if self.allow(Action::Merge, &owners).is_err() {
            let field = if of[0].is_some() { "email" } else { "mobile phone" };
            return Err(ChangeError::CannotSave { field });
        }
        Ok(Some(other))
    }

    /// Writes what an edit changes, and everything that follows from it.
    async fn write_edit(
        &self,
        tx: &mut SqliteConnection,
        recorder: &mut Recorder,
        contact: &Contact,
        changes: &[FieldChange],
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Saved, ChangeError> {
        let (id, actor) = (contact.id, self.actor().name);
        recorder.watch(tx, Table::Contact, id).await?;
        let after = contacts::update(tx, id, &contact.values, changes, now).await?;
        let entry = |what, data| Entry { at: now, actor: &actor, contact: Some(id), activity: None, what, data };
        if !changes.is_empty() {
            history::write(tx, entry("updated", history::changes_data(changes))).await?;
        }
        let mut other = false;
        if let Some(status) = edit.status
            && status != contact.status
        {
            contacts::write_statuses(tx, &[id], status.map(crate::domain::Status::key), &actor, now).await?;
            other = true;
        }
        if let Some(owner) = &edit.owner {
            let owner_id = match owner {
                Some(email) => Some(users::known(tx, email).await?),
                None => None,
            };
            let before = contacts::owners(tx, &[id]).await?[0];
            if owner_id != before {
                self.allow(Action::Assign, &[before, owner_id])?;
                contacts::write_owners(tx, &[id], owner_id, &actor, now).await?;
                other = true;
            }
        }
        let mut follow = FollowThrough::default();
        if !changes.is_empty() || other {
            follow.page_views_deleted = withdraw(tx, id, changes).await?;
            readdress(tx, recorder, id, changes, &after, &actor, now, &mut follow).await?;
            push(tx, id, "updated", &mut follow, now).await?;
        }
        let contact = contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?;
        Ok(Saved { contact, changes: changes.to_vec(), other, follow })
    }
}

/// What people call a contact in the undo log.
pub(super) fn name(contact: &Contact) -> String {
    let name = contact.values.display_name();
    if name.is_empty() { format!("contact {}", contact.id) } else { name }
}

/// The changes that an edit makes, each held against its field once more: an [`Edit`] can be made without a schema.
pub(super) async fn checked(
    tx: &mut SqliteConnection,
    edit: &Edit,
    before: &Values,
) -> Result<Vec<FieldChange>, ChangeError> {
    let changes = edit.changes(before);
    let mut errors = Vec::new();
    for change in &changes {
        let Some(value) = &change.to else { continue };
        let (kind, options) = match &change.field {
            FieldKey::System(field) => (field.kind(), Vec::new()),
            FieldKey::Custom(name) => match super::fields::get(tx, name).await? {
                Some(field) if field.archived_at.is_none() && field.name == *name => (field.kind, field.options),
                _ => {
                    errors.push(FieldError::new(name.as_str(), "there is no such field"));
                    continue;
                }
            },
        };
        match typed::parse_json(kind, &value.to_json(), &options, None) {
            Ok(Some(same)) if same == *value => {}
            Ok(_) => errors.push(FieldError::new(change.field.as_str(), format!("`{value}` is not in its usual form"))),
            Err(reason) => errors.push(FieldError::new(change.field.as_str(), reason)),
        }
    }
    if errors.is_empty() { Ok(changes) } else { Err(ChangeError::Fields(errors)) }
}

/// A contact as an edit would make it.
pub(super) async fn with_edit(
    tx: &mut SqliteConnection,
    contact: &Contact,
    edit: &Edit,
    values: Values,
) -> Result<Contact, ChangeError> {
    let mut contact = Contact { values, ..contact.clone() };
    if let Some(status) = edit.status {
        contact.status = status;
    }
    match &edit.owner {
        Some(Some(email)) => {
            let id = users::known(tx, email).await?;
            contact.owner = users::reference(tx, id).await?;
        }
        Some(None) => contact.owner = None,
        None => {}
    }
    Ok(contact)
}

/// Withdrawn consent hides and deletes page views (product C12). They are not kept in the undo log either.
pub(super) async fn withdraw(
    tx: &mut SqliteConnection,
    id: ContactId,
    changes: &[FieldChange],
) -> Result<u64, StoreError> {
    let withdrawn = changes
        .iter()
        .any(|change| change.field == Field::HasConsent.into() && change.to != Some(FieldValue::Bool(true)));
    if !withdrawn {
        return Ok(0);
    }
    let done = sqlx::query("DELETE FROM page_view WHERE contact_id = ?").bind(id).execute(tx).await?;
    Ok(done.rows_affected())
}

/// Bookings to come carry the contact's new address and number; what is past never changes.
#[allow(clippy::too_many_arguments)] // one transaction's worth of context, used twice
pub(super) async fn readdress(
    tx: &mut SqliteConnection,
    recorder: &mut Recorder,
    id: ContactId,
    changes: &[FieldChange],
    after: &Values,
    actor: &str,
    now: Timestamp,
    follow: &mut FollowThrough,
) -> Result<(), StoreError> {
    let old = |field: Field| {
        let change = changes.iter().find(|change| change.field == field.into())?;
        change.from.as_ref().and_then(FieldValue::as_str).map(str::to_owned)
    };
    let email = old(Field::Email).zip(after.text(Field::Email));
    let mobile = old(Field::MobilePhone).zip(after.text(Field::MobilePhone));
    if email.is_none() && mobile.is_none() {
        return Ok(());
    }
    let future: Vec<ActivityId> = sqlx::query_scalar(
        "SELECT id FROM activity WHERE contact_id = ? AND kind = 'booking' AND start_at > ? \
         AND state IN ('requested', 'scheduled', 'rescheduled')",
    )
    .bind(id)
    .bind(ms(now))
    .fetch_all(&mut *tx)
    .await?;
    for booking in future {
        let Some(mut activity) = activities::get(tx, booking).await? else { continue };
        let same = |a: &Option<String>, b: &str| a.as_deref().is_some_and(|a| a.trim().eq_ignore_ascii_case(b));
        let mut carries = false;
        if let Some((from, to)) = &email {
            let mut moved = same(&activity.person_email, from);
            if moved {
                activity.person_email = Some((*to).to_owned());
            }
            if let Some(attendee) = activity.detail.attendees.iter_mut().find(|a| same(&a.email, from)) {
                attendee.email = Some((*to).to_owned());
                moved = true;
            }
            if moved {
                if !activity.detail.former_emails.contains(from) {
                    activity.detail.former_emails.push(from.clone());
                }
                activity.detail.former_emails.retain(|former| former != to);
                if activity.detail.calendar_follows() {
                    let change = GuestChange { from: Some(from.clone()), to: (*to).to_owned(), at: now };
                    activity.detail.guest_change = Some(change);
                    follow.flagged.push(booking);
                } else {
                    follow.left_alone.push(booking);
                }
                carries = true;
            }
        }
        if let Some((from, to)) = &mobile
            && same(&activity.person_phone, from)
        {
            activity.person_phone = Some((*to).to_owned());
            carries = true;
        }
        if !carries {
            continue;
        }
        recorder.watch(tx, Table::Activity, booking).await?;
        activities::save(tx, &activity).await?;
        search::index_activity(tx, booking, &activity, true).await?;
        let data = json!({ "email": activity.person_email, "phone": activity.person_phone });
        let entry = Entry { at: now, actor, contact: Some(id), activity: Some(booking), what: "readdressed", data };
        history::write(tx, entry).await?;
        outbox::enqueue(tx, Entity::Activity, booking, Some(id), "updated", now).await?;
        follow.bookings.push(booking);
    }
    Ok(())
}

/// Puts the contact into the outbox, and says where it will go.
pub(super) async fn push(
    tx: &mut SqliteConnection,
    id: ContactId,
    cause: &str,
    follow: &mut FollowThrough,
    now: Timestamp,
) -> Result<(), StoreError> {
    outbox::enqueue(tx, Entity::Contact, id, Some(id), cause, now).await?;
    let link = links::get(tx, Entity::Contact, id).await?;
    follow.record = link.map(|Link { object, record_id, .. }| (object, record_id));
    follow.queue_item = sqlx::query_scalar(
        "SELECT id FROM outbox WHERE entity = 'contact' AND entity_id = ? AND state NOT IN ('done', 'skipped')",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(())
}
