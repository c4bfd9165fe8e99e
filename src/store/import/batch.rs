//! The contacts that the rows of a batch mean, as they are after the rows so far.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::{ImportOutcome, ImportRow, Imported};
use crate::domain::identity::{self, Conflict, Known, Question, Target};
use crate::domain::merge::{self, FieldChange, Policy};
use crate::domain::{Contact, ContactId, Field, FieldKey, FieldValue, Status, UserRef, Values};
use crate::store::convert::{json_ids, json_words};
use crate::store::{StoreError, contacts};

/// What an import made of a contact that was there, for undo and for its later rows. Kept as JSON in `import_contact`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Net {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Change<Option<Status>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Change<Option<UserRef>>>,
}

/// Before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Change<T> {
    pub from: T,
    pub to: T,
}

impl Net {
    /// What differs.
    pub fn between(from: &Contact, to: &Contact) -> Self {
        let owner = |contact: &Contact| contact.owner.as_ref().and_then(|owner| owner.email.clone());
        Self {
            changes: merge::changes(&from.values, &to.values, Policy::Replace),
            status: (from.status != to.status).then_some(Change { from: from.status, to: to.status }),
            owner: (owner(from) != owner(to)).then(|| Change { from: from.owner.clone(), to: to.owner.clone() }),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.status.is_none() && self.owner.is_none()
    }

    /// The contact as it was.
    fn taken_back(&self, contact: &Contact) -> Contact {
        let mut before = contact.clone();
        for change in &self.changes {
            before.values.set(change.field.clone(), change.from.clone());
        }
        if let Some(status) = &self.status {
            before.status = status.from;
        }
        if let Some(owner) = &self.owner {
            before.owner.clone_from(&owner.from);
        }
        before
    }
}

/// Where a contact of the batch comes from.
pub(super) enum Origin {
    /// A row of this batch made it.
    New,
    /// A row of an earlier batch of this import made it; it was so when this batch began.
    NewBefore(Box<Contact>),
    /// It was there before the import.
    Known(Box<Met>),
}

/// A contact that was there before the import.
pub(super) struct Met {
    /// As it was before the import.
    pub before: Contact,
    /// As it was when this batch began.
    pub loaded: Contact,
    /// What earlier batches of this import made of it, if they met it.
    pub earlier: Option<Net>,
}

/// A contact that a row of the batch means.
pub(super) struct Person {
    pub origin: Origin,
    pub now: Contact,
}

impl Person {
    /// False: the store has it already.
    pub fn changes(&self) -> bool {
        match &self.origin {
            Origin::New => true,
            Origin::NewBefore(loaded) => !Net::between(loaded, &self.now).is_empty(),
            Origin::Known(met) => !Net::between(&met.loaded, &self.now).is_empty(),
        }
    }
}

/// The contacts of a batch.
pub(super) struct Batch {
    pub people: Vec<Person>,
    pub conflicts: Vec<(ContactId, Conflict)>,
    by_email: HashMap<String, ContactId>,
    by_mobile: HashMap<String, ContactId>,
    /// Contacts that rows may mean, until one does.
    loaded: HashMap<ContactId, Contact>,
    /// What earlier batches of this import made: `None` a new contact.
    earlier: HashMap<ContactId, Option<Net>>,
    places: HashMap<ContactId, usize>,
    next_id: ContactId,
}

impl Batch {
    /// Reads the contacts that rows may mean. The write lock is held, so that they stay as they are.
    pub async fn load(tx: &mut SqliteConnection, rows: &[ImportRow<'_>], import: i64) -> Result<Self, StoreError> {
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
        let (mut loaded, mut earlier) = (HashMap::new(), HashMap::new());
        if !ids.is_empty() {
            loaded = contacts::get_many(tx, &ids).await?.into_iter().map(|contact| (contact.id, contact)).collect();
            let met: Vec<(i64, bool, Option<String>)> = sqlx::query_as(
                "SELECT contact_id, created, before FROM import_contact \
                 WHERE import_id = ? AND contact_id IN (SELECT value FROM json_each(?))",
            )
            .bind(import)
            .bind(json_ids(&ids))
            .fetch_all(&mut *tx)
            .await?;
            earlier = met
                .into_iter()
                .map(|(id, created, before)| {
                    let net = before.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
                    (id, (!created).then_some(net))
                })
                .collect();
        }
        // Numbers are never used twice, also those of contacts that are gone.
        let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'contact'")
            .fetch_optional(&mut *tx)
            .await?;
        Ok(Self {
            people: Vec::with_capacity(rows.len()),
            conflicts: Vec::new(),
            by_email: by_email.into_iter().collect(),
            by_mobile: by_mobile.into_iter().collect(),
            loaded,
            earlier,
            places: HashMap::with_capacity(rows.len()),
            next_id: last.unwrap_or(0) + 1,
        })
    }

    /// Decides about one row; the place of its contact among [`Batch::people`].
    pub fn take(&mut self, row: &ImportRow<'_>, now: Timestamp) -> usize {
        let decision = identity::decide(&self.question(row.values));
        let mut values = Cow::Borrowed(row.values);
        if decision.withhold.is_some() {
            decision.withhold_from(values.to_mut());
        }
        let known = match decision.target {
            Target::New => None,
            Target::Existing(id) => self.meet(id),
        };
        let place = match known {
            Some(place) => {
                self.change(place, row, &values);
                place
            }
            None => self.add(row, values, now),
        };
        if let Some(conflict) = decision.conflict {
            self.conflicts.push((self.people[place].now.id, conflict));
        }
        place
    }

    fn question(&self, values: &Values) -> Question {
        let (email, mobile) = (values.email(), values.mobile());
        let known = |id: &ContactId| {
            let contact = self.places.get(id).map(|place| &self.people[*place].now).or_else(|| self.loaded.get(id));
            Known { id: *id, email: contact.and_then(|contact| contact.values.email()) }
        };
        Question {
            by_email: email.as_ref().and_then(|email| self.by_email.get(email.as_str())).map(known),
            by_mobile: mobile.as_ref().and_then(|mobile| self.by_mobile.get(mobile.as_str())).map(known),
            email,
            mobile,
            // A list has a person a row: whoever has an email of their own is not the one who shares their phone.
            strict_email: true,
        }
    }

    fn add(&mut self, row: &ImportRow<'_>, values: Cow<'_, Values>, now: Timestamp) -> usize {
        let id = self.next_id;
        self.next_id += 1;
        let contact = Contact {
            id,
            values: values.into_owned(),
            status: row.status,
            owner: row.owner.cloned(),
            source: row.source.unwrap_or("import").to_owned(),
            created_at: now,
            updated_at: now,
            interacted_at: None,
        };
        self.put(Person { origin: Origin::New, now: contact })
    }

    /// The place of a contact that was there when the batch began, or that a row of it made.
    fn meet(&mut self, id: ContactId) -> Option<usize> {
        if let Some(place) = self.places.get(&id) {
            return Some(*place);
        }
        let loaded = self.loaded.remove(&id)?;
        let now = loaded.clone();
        let origin = match self.earlier.remove(&id) {
            None => Origin::Known(Box::new(Met { before: loaded.clone(), loaded, earlier: None })),
            Some(None) => Origin::NewBefore(Box::new(loaded)),
            Some(Some(net)) => {
                Origin::Known(Box::new(Met { before: net.taken_back(&loaded), loaded, earlier: Some(net) }))
            }
        };
        Some(self.put(Person { origin, now }))
    }

    fn put(&mut self, person: Person) -> usize {
        let place = self.people.len();
        self.places.insert(person.now.id, place);
        self.people.push(person);
        self.remember(place);
        place
    }

    /// Later values replace earlier ones; blank clears nothing.
    fn change(&mut self, place: usize, row: &ImportRow<'_>, values: &Values) {
        let person = &mut self.people[place].now;
        let changes = merge::changes(&person.values, values, Policy::Replace);
        if let Some(status) = row.status {
            person.status = Some(status);
        }
        if let Some(owner) = row.owner
            && person.owner.as_ref().is_none_or(|known| known.email != owner.email)
        {
            person.owner = Some(owner.clone());
        }
        if changes.is_empty() {
            return;
        }
        let id = person.id;
        merge::apply(&mut person.values, &changes);
        for change in &changes {
            // Whoever has a new number is not known by the old one any more.
            let holders = match change.field {
                FieldKey::System(Field::MobilePhone) => &mut self.by_mobile,
                FieldKey::System(Field::Email) => &mut self.by_email,
                _ => continue,
            };
            if let Some(from) = change.from.as_ref().and_then(FieldValue::as_str)
                && holders.get(from) == Some(&id)
            {
                holders.remove(from);
            }
        }
        self.remember(place);
    }

    fn remember(&mut self, place: usize) {
        let contact = &self.people[place].now;
        if let Some(email) = contact.values.text(Field::Email) {
            self.by_email.insert(email.to_owned(), contact.id);
        }
        if let Some(mobile) = contact.values.text(Field::MobilePhone) {
            self.by_mobile.insert(mobile.to_owned(), contact.id);
        }
    }

    /// What became of rows, by the places of their contacts.
    pub fn report(&self, places: &[usize]) -> Imported {
        let mut imported = Imported { outcomes: Vec::with_capacity(places.len()), ..Imported::default() };
        let mut seen = vec![false; self.people.len()];
        for place in places {
            let person = &self.people[*place];
            let id = person.now.id;
            let first = !std::mem::replace(&mut seen[*place], true);
            imported.outcomes.push(match &person.origin {
                Origin::New if first => ImportOutcome::Created(id),
                Origin::Known(met) if first => {
                    let same = Net::between(&met.before, &person.now).is_empty();
                    match (met.earlier.as_ref().map(Net::is_empty), same) {
                        (None, true) => ImportOutcome::Unchanged(id),
                        (None, false) => ImportOutcome::Updated(id),
                        (Some(was_same), _) => {
                            imported.now_updated += u64::from(was_same && !same);
                            imported.now_unchanged += u64::from(!was_same && same);
                            ImportOutcome::Repeated(id)
                        }
                    }
                }
                _ => ImportOutcome::Repeated(id),
            });
        }
        imported
    }
}
