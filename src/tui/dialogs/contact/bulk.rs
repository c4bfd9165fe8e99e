//! What is done to one contact or to all marked ones: delete, owner; marking all of a filter.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::text::counted;
use crate::domain::{ContactId, Email};
use crate::filter::List;
use crate::store::{Bulk, DELETE_LIMIT, Selection, UserRow};
use crate::tui::actions::{Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::{say, status::targets};
use crate::tui::view::common::cut::thousands;

/// So many contacts can be marked at once; beyond, the command line works through a filter.
const MOST: usize = 200_000;

actions! {
    DELETE = delete: "delete-contacts", "Delete the contact or the marked ones", "", [Place::CONTACTS, Place::DETAIL], ["D"];
    ASSIGN = assign: "assign-owner", "Assign an owner", "owner", [Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL], ["a"];
    MARK_ALL = mark_all: "mark-all", "Mark everything that the filter shows", "", [Place::CONTACTS], ["A"];
}

fn delete(model: &mut Model, _: &mut Vec<Effect>) {
    let Some((contacts, whom)) = targets(model) else { return say(model, Tone::Info, "No contact here") };
    let n = contacts.len();
    if n > DELETE_LIMIT {
        let n = thousands(n as i64);
        return say(model, Tone::Info, format!("{n} contacts are marked; at most {DELETE_LIMIT} are deleted at once"));
    }
    let goes = if n == 1 { "The contact goes; its" } else { "They go; their" };
    let question = format!(
        "Delete {whom}?\n{goes} activities stay and say \"contact deleted\".\n\
         Meetings and reminders are untouched, and nothing in Salesforce changes.\nu undoes it."
    );
    model.layers.open(Confirm::new("Delete", question, move |model, effects| {
        model.contacts.list.clear_marks();
        model.activities.list.clear_marks();
        effects.push(Effect::job(Delete(contacts)));
    }));
}

/// Deletes contacts.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete(pub Vec<ContactId>);

impl Job for Delete {
    type Answer = Bulk;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Bulk, String> {
        let deleted = hands.store.delete_contacts(Selection::Ids(&self.0), Timestamp::now()).await;
        deleted.map_err(|error| format!("Nothing was deleted: {}", words(&error)))
    }

    fn take(&self, bulk: Bulk, model: &mut Model, _: &mut Vec<Effect>) {
        told(model, bulk, "deleted");
    }
}

fn told(model: &mut Model, bulk: Bulk, done: &str) {
    let dot = model.setup.theme.glyphs.dot;
    let left =
        if bulk.left > 0 { format!(" {dot} {} left alone: gone or out of reach", bulk.left) } else { String::new() };
    model.refresh.changed = true;
    match bulk.changed {
        0 => say(model, Tone::Info, format!("Nothing changed{left}")),
        n => {
            let contacts = counted(n, "contact", "contacts");
            say(model, Tone::Good, format!("{contacts} {done}{left} {dot} u undoes it"));
        }
    }
}

fn assign(model: &mut Model, effects: &mut Vec<Effect>) {
    match targets(model) {
        Some((contacts, whom)) => effects.push(Effect::job(AskOwner { contacts, whom })),
        None => say(model, Tone::Info, "No contact here"),
    }
}

/// Reads who contacts can belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct AskOwner {
    /// Whose owner.
    pub contacts: Vec<ContactId>,
    /// In words.
    pub whom: String,
}

impl Job for AskOwner {
    type Answer = Vec<UserRow>;

    fn kind(&self) -> Kind {
        Kind::Reading("users")
    }

    async fn run(&self, hands: &Hands) -> Result<Vec<UserRow>, String> {
        hands.store.users().await.map_err(|error| format!("The users can not be read: {}", words(&error)))
    }

    fn take(&self, users: Vec<UserRow>, model: &mut Model, _: &mut Vec<Effect>) {
        let item = |user: UserRow| {
            let email = user.email.filter(|_| user.active)?;
            let label = user.name.map_or_else(|| email.clone(), |name| format!("{name}  {email}"));
            let email = Email::parse(&email).ok()?;
            Some(Item { value: Some(email), label, note: counted(user.contacts as usize, "contact", "contacts") })
        };
        let mut items: Vec<Item<Option<Email>>> = users.into_iter().filter_map(item).collect();
        items.push(Item { value: None, label: "No owner".to_owned(), note: String::new() });
        let me = model.setup.me.clone();
        let contacts = self.contacts.clone();
        let picker = Picker::new(format!("Owner of {}", self.whom), items, move |owner, model, effects| {
            model.contacts.list.clear_marks();
            model.activities.list.clear_marks();
            effects.push(Effect::job(Assign { contacts, owner }));
        });
        model.layers.open(picker.at(|owner| *owner == me));
        model.dirty = true;
    }
}

/// Gives contacts an owner, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// Whom.
    pub contacts: Vec<ContactId>,
    /// Whose they are from now on.
    pub owner: Option<Email>,
}

impl Job for Assign {
    type Answer = Bulk;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Bulk, String> {
        let selection = Selection::Ids(&self.contacts);
        let work = hands.work("owner");
        let mut told = |progress| work.told_bulk(progress);
        let assigned = hands.store.assign(selection, self.owner.as_ref(), &mut told, Timestamp::now()).await;
        assigned.map_err(|error| format!("The owner was not changed: {}", words(&error)))
    }

    fn take(&self, bulk: Bulk, model: &mut Model, _: &mut Vec<Effect>) {
        let done =
            self.owner.as_ref().map_or_else(|| "without an owner".to_owned(), |owner| format!("assigned to {owner}"));
        told(model, bulk, &done);
    }
}

fn mark_all(model: &mut Model, effects: &mut Vec<Effect>) {
    let (filter, generation) = (model.contacts.filter.clone(), model.contacts.generation);
    effects.push(Effect::job(FindAll { filter, generation }));
}

/// Finds every contact of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct FindAll {
    /// The filter.
    pub filter: String,
    /// Of which generation: another filter since makes the answer void.
    pub generation: u64,
}

impl Job for FindAll {
    type Answer = Vec<ContactId>;

    fn kind(&self) -> Kind {
        Kind::Reading("mark-all")
    }

    async fn run(&self, hands: &Hands) -> Result<Vec<ContactId>, String> {
        let filter = hands.filter(List::Contacts, &self.filter).map_err(|error| words(&error))?;
        let ids = hands.store.contact_ids(&filter, MOST + 1).await;
        ids.map_err(|error| format!("The contacts can not be read: {}", words(&error)))
    }

    fn take(&self, ids: Vec<ContactId>, model: &mut Model, _: &mut Vec<Effect>) {
        if self.generation != model.contacts.generation {
            return;
        }
        if ids.len() > MOST {
            let words =
                format!("More than {} contacts: narrow the filter, or use `rolodeck contact`", thousands(MOST as i64));
            return say(model, Tone::Info, words);
        }
        let n = thousands(ids.len() as i64);
        let marks: BTreeMap<i64, Option<ContactId>> = ids.into_iter().map(|id| (id, Some(id))).collect();
        model.contacts.list.set_marks(marks);
        say(model, Tone::Info, format!("{n} marked; esc takes the marks off"));
    }
}
