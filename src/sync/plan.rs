//! The plan: from what we know and what Salesforce said to what is written. Pure, and the only one: the worker carries
//! out exactly what `rolodeck plan` prints.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::account::Place;
use super::found::{Found, Guests};
use super::person::{self, PersonKey, Who};
use super::profile::{Base, Profile};
use super::rules::{self, Dropped, Moment, RuleObject, Sources};
use crate::domain::activity::State;
use crate::domain::{Activity, ActivityId, Contact, ContactId, Email, Field, Kind};
use crate::salesforce::Describe;
use crate::store::{Entity, Fault, Link, OutboxRow};

mod events;
mod persons;
mod relate;
#[cfg(test)]
mod tests;

pub use relate::{relates, relation, relation_of, written_people};

/// One claimed row with everything that is stored about it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The row.
    pub row: &'a OutboxRow,
    /// The profile that counts for it.
    pub profile: &'a Profile,
    /// Its contact; `None`: deleted.
    pub contact: Option<&'a Contact>,
    /// Emails that the contact had before, case-folded, the last one first.
    pub former: &'a [String],
    /// Its activity, for rows of activities; `None`: gone.
    pub activity: Option<&'a Activity>,
    /// The contact's Lead or Contact.
    pub contact_link: Option<&'a Link>,
    /// The activity's Event.
    pub activity_link: Option<&'a Link>,
    /// The filter that says who is synced lets it through.
    pub admitted: bool,
    /// The store was restored from an older copy since the source last spoke of the activity: its Event may be in
    /// Salesforce, and the store not know it.
    pub restored: bool,
}

/// What the org is like, as far as it was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Org<'a> {
    /// Fields of Event, if a plan may need them.
    pub event: Option<&'a Describe>,
    /// Fields of Lead.
    pub lead: Option<&'a Describe>,
    /// Fields of Contact.
    pub contact: Option<&'a Describe>,
    /// The user for records whose owner is no user of Salesforce.
    pub default_owner: Option<&'a str>,
}

impl Org<'_> {
    /// True if an Event can be related to more than one person (shared activities).
    pub fn relates_all(&self) -> bool {
        self.event.is_some_and(|describe| describe.field("EventWhoIds").is_some())
    }
}

/// What is done to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "id")]
pub enum Action {
    /// A new record.
    Create,
    /// Fields of a record change.
    Update(String),
    /// The record is deleted.
    Delete(String),
}

/// One field of a write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldWrite {
    /// API name.
    pub field: String,
    /// What stands there, as far as we know.
    pub before: Option<Json>,
    /// What will.
    pub after: Json,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operation {
    /// Lead, Contact or Event.
    pub object: String,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// The fields, in order.
    pub fields: Vec<FieldWrite>,
    /// Why this record, in words.
    pub reason: String,
}

impl Operation {
    /// The fields as a record's body.
    pub fn body(&self) -> Map<String, Json> {
        self.fields.iter().map(|write| (write.field.clone(), write.after.clone())).collect()
    }
}

/// The record of a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// It exists.
    Record {
        /// Lead or Contact.
        object: String,
        /// 18 characters.
        id: String,
    },
    /// It is created first.
    Created {
        /// Lead or Contact.
        object: String,
    },
    /// The person is left out; why, in words.
    Nobody(String),
    /// What is linked is gone: the person must be looked for anew.
    Lost,
}

/// What is planned for a person of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonPlan {
    /// Who.
    pub key: PersonKey,
    /// What people call them.
    pub label: String,
    /// Their record.
    pub target: Target,
    /// It is linked to that record already.
    pub linked: bool,
    /// The write that brings it in step, if one is needed.
    pub operation: Option<Operation>,
    /// Everything that we will have written there, by field.
    pub sent: Map<String, Json>,
    /// All records that matched, when there were several.
    pub candidates: Vec<String>,
    /// Owner and status, as they were read there.
    pub seen: Json,
    /// Why this record, in words.
    pub reason: String,
    /// Fields that rules wanted to write and that are left out, with the reason.
    pub dropped: Vec<Dropped>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// What is planned for the Event of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPlan {
    /// The write; `None`: it is in step.
    pub operation: Option<Operation>,
    /// Everything that we will have written there, by field.
    pub sent: Map<String, Json>,
    /// An Event found in Salesforce whose answer was lost: it is linked, not made again.
    pub adopted: Option<String>,
    /// Whom it is put under, where that is to be written.
    pub people: Option<Related>,
    /// Fields that rules wanted to write and that are left out, with the reason.
    pub dropped: Vec<Dropped>,
}

impl EventPlan {
    /// True if the write cannot be done before its people are there.
    pub fn needs_people(&self) -> bool {
        self.people.is_some() && self.operation.as_ref().is_some_and(|write| write.action == Action::Create)
    }
}

/// The people of an Event: the row's persons, whose records are known for certain only once those who are new exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// All of them can be related (`EventWhoIds`), not only the first (`WhoId`).
    pub all: bool,
    /// Those under whom we put it before, the first one first; empty: a new Event.
    pub before: Vec<String>,
}

/// What is planned for a row.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPlan {
    /// The row.
    pub row_id: i64,
    /// Its version when it was claimed.
    pub version: i64,
    /// Contact or activity.
    pub entity: Entity,
    /// Which one.
    pub entity_id: i64,
    /// Indexes of its people in the batch; the first is the one who booked.
    pub persons: Vec<usize>,
    /// Its Event.
    pub event: Option<EventPlan>,
    /// Needs no writing; why, in words.
    pub nothing: Option<String>,
    /// Needs none because its contact is left out. That may change: it comes back once the contact is synced.
    pub left_out: bool,
    /// Cannot be written; a person must look.
    pub fault: Option<Fault>,
    /// Waits until then: it is in doubt whether another row has made one of its people.
    pub later: Option<Timestamp>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// The plan of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchPlan {
    /// Everyone, once.
    pub persons: Vec<PersonPlan>,
    /// Every row, in the order of the items.
    pub items: Vec<ItemPlan>,
    /// Events that were found to be there although no link says so.
    pub adopted: Vec<Adopted>,
}

/// An Event that is in Salesforce and that an activity is not linked to: its answer was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Adopted {
    /// The activity.
    pub activity: ActivityId,
    /// The Event.
    pub id: String,
    /// What was written there, as far as it is known.
    pub sent: Map<String, Json>,
}

/// Plans a batch.
pub fn plan(items: &[Item<'_>], guests: &Guests, found: &Found, org: Org<'_>) -> BatchPlan {
    let (index, adopted) = (HashMap::new(), HashSet::new());
    let email = |item: &Item<'_>| item.contact.and_then(|contact| contact.values.email()).map(String::from);
    let own = items.iter().filter_map(|item| Some((email(item)?, *item))).collect();
    let made = items.iter().filter_map(|item| persons::made_before(item, found)).collect();
    let mut planner = Planner { guests, found, org, batch: BatchPlan::default(), index, adopted, own, made };
    // Contacts' own rows come first, so that a person's update and a booking's need of them are one.
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&i| items[i].row.entity != Entity::Contact);
    let mut plans: Vec<(usize, ItemPlan)> = order.into_iter().map(|i| (i, planner.item(&items[i]))).collect();
    plans.sort_by_key(|(i, _)| *i);
    planner.batch.items = plans.into_iter().map(|(_, plan)| plan).collect();
    planner.batch
}

/// Where the person of an item says they are: by the routing form, else by their address (Cal.com: tie rules).
fn place<'a>(item: &Item<'a>) -> Place<'a> {
    let answers = item.activity.map(|activity| activity.detail.answers.as_slice()).unwrap_or_default();
    let told = |key: &str, field: Option<Field>| {
        let answer = answers.iter().find(|answer| answer.key.eq_ignore_ascii_case(key));
        let own = || item.contact.and_then(|contact| contact.values.text(field?));
        answer.and_then(|answer| answer.value.as_str()).or_else(own).filter(|text| !text.trim().is_empty())
    };
    Place {
        country: told("country", Some(Field::Country)),
        state: told("state", Some(Field::State)),
        zip: told("zip", Some(Field::PostCode)),
        sub_region: told("sub_region", None),
    }
}

/// The people of an item: the contact, or the booking's attendees, the booker first.
pub fn people<'a>(item: &Item<'a>) -> Vec<Who<'a>> {
    let contact = item.contact.map(|contact| Who {
        key: PersonKey::Contact(contact.id),
        email: contact.values.email().map(String::from),
        former: item.former,
        mobile: contact.values.mobile().map(String::from).filter(|_| by_phone(item)),
        contact: Some(contact),
        attendee: item.activity.and_then(|activity| activity.detail.attendees.first()),
        place: place(item),
    });
    let attendees = item.activity.map(|activity| activity.detail.attendees.as_slice()).unwrap_or_default();
    let guests =
        item.profile.base == Base::CalCom && !item.profile.ignore_guests && item.row.entity == Entity::Activity;
    let mut people: Vec<Who<'a>> = Vec::new();
    for (i, attendee) in attendees.iter().enumerate() {
        if (i == 0 && contact.is_some()) || (i > 0 && !guests) {
            continue;
        }
        let Some(email) = attendee.email.as_deref().and_then(|email| Email::parse(email).ok()) else { continue };
        let email = String::from(email);
        let known = contact.iter().chain(&people).any(|who| who.email.as_ref() == Some(&email));
        if !known {
            let key = PersonKey::Guest(email.clone());
            people.push(Who {
                key,
                email: Some(email),
                former: &[],
                mobile: None,
                contact: None,
                attendee: Some(attendee),
                place: if i == 0 { place(item) } else { Place::default() },
            });
        }
    }
    contact.into_iter().chain(people).collect()
}

/// True if an item's contact may be found by phone: bookings are as their profile says, everything else always is
/// (product S2, S4).
fn by_phone(item: &Item<'_>) -> bool {
    item.profile.match_phone || item.activity.is_none_or(|activity| activity.kind != Kind::Booking) || {
        item.row.entity == Entity::Contact
    }
}

/// The record that stands for a person of an item, object and id, as far as the store knows.
pub fn linked(item: &Item<'_>, who: &Who<'_>, guests: &Guests) -> Option<(String, String)> {
    match &who.key {
        PersonKey::Contact(_) => item.contact_link.map(|link| (link.object.clone(), link.record_id.clone())),
        PersonKey::Guest(email) => guests.get(email).cloned(),
    }
}

/// True if the row's Event must be created, as far as the store knows.
pub fn creates_event(item: &Item<'_>) -> bool {
    item.activity.is_some_and(|activity| {
        item.activity_link.is_none() && !matches!(activity.state, State::Requested | State::Canceled)
    })
}

/// True if an Event of the row may be in Salesforce that the store has forgotten.
pub fn may_have_event(item: &Item<'_>) -> bool {
    item.restored
        && item.row.entity == Entity::Activity
        && item.activity_link.is_none()
        && item.activity.is_some_and(|activity| activity.start.is_some())
}

/// The email of the user who should own what is created for an item.
pub fn owner_email(item: &Item<'_>) -> Option<String> {
    let host = item.activity.and_then(|activity| activity.user.as_ref());
    let owner = item.contact.and_then(|contact| contact.owner.as_ref());
    let user = match item.profile.base {
        Base::CalCom => host.or(owner),
        Base::OnceHub => owner.or(host),
    };
    user.and_then(|user| user.email.clone()).map(String::from)
}

/// The email of the user who should own the Event: its host.
pub fn host_email(item: &Item<'_>) -> Option<String> {
    item.activity.and_then(|activity| activity.user.as_ref()).and_then(|user| user.email.clone()).map(String::from)
}

struct Planner<'a> {
    guests: &'a Guests,
    found: &'a Found,
    org: Org<'a>,
    batch: BatchPlan,
    index: HashMap<PersonKey, usize>,
    adopted: HashSet<String>,
    /// The contacts of the batch by email.
    own: HashMap<String, Item<'a>>,
    /// People who were created although the answer was lost.
    made: HashMap<ContactId, persons::Made>,
}

impl Planner<'_> {
    fn item(&mut self, item: &Item<'_>) -> ItemPlan {
        let row = item.row;
        let mut plan = ItemPlan {
            row_id: row.id,
            version: row.version,
            entity: row.entity,
            entity_id: row.entity_id,
            persons: Vec::new(),
            event: None,
            nothing: None,
            left_out: false,
            fault: None,
            later: None,
            notes: Vec::new(),
        };
        match row.entity {
            Entity::Contact => self.contact(item, &mut plan),
            Entity::Activity => self.activity(item, &mut plan),
        }
        plan
    }

    fn contact(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let Some(who) = people(item).into_iter().next() else {
            plan.nothing = Some("the contact was deleted".to_owned());
            return;
        };
        if let Some(reason) = refusal(item, &who) {
            plan.nothing = Some(reason);
            return;
        }
        if let Some(fault) = self.unanswered(item, std::slice::from_ref(&who)) {
            plan.fault = Some(fault);
            return;
        }
        let person = self.person(item, &who, true);
        plan.persons.push(person);
        if let Target::Nobody(reason) = &self.batch.persons[person].target {
            plan.nothing = Some(reason.clone());
        }
    }

    /// The Salesforce user with an email, else the default owner, which is said (OnceHub and Cal.com: ownership).
    fn owner(&self, email: Option<String>, notes: &mut Vec<String>) -> Option<String> {
        let email = email?;
        if let Some(id) = self.found.users.get(&email) {
            return Some(id.clone());
        }
        let note = match self.org.default_owner {
            Some(_) => format!("{email} is no active user of Salesforce: it belongs to the default owner"),
            None => format!("{email} is no active user of Salesforce: it belongs to the user who syncs"),
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
        self.org.default_owner.map(str::to_owned)
    }

    /// A question about Accounts that the org refused holds those whose Account decides; the others go on.
    fn unanswered(&self, item: &Item<'_>, people: &[Who<'_>]) -> Option<Fault> {
        let refused = self.found.accounts.refused.as_ref()?;
        let needs = |who: &Who<'_>| {
            linked(item, who, self.guests).is_none() && person::needs_account(who, item.profile, self.found)
        };
        people.iter().any(needs).then(|| Fault {
            code: "account_search".to_owned(),
            message: format!("their Account cannot be looked for: {refused}"),
            object: Some("Account".to_owned()),
            class: "tell_user".to_owned(),
            ..Fault::default()
        })
    }

    fn describe(&self, object: &str) -> Option<&Describe> {
        match object {
            "Lead" => self.org.lead,
            "Contact" => self.org.contact,
            _ => self.org.event,
        }
    }
}

/// True if a linked contact's record may need a write: something differs from what was last sent, so that the record
/// has to be read first.
pub fn needs_write(item: &Item<'_>, who: &Who<'_>, link: &Link) -> bool {
    let sent = object(&link.sent);
    let (fields, _) = person::standard_fields(who, &link.object, item.profile);
    let sources = Sources { contact: item.contact, activity: item.activity };
    let rendered = rules::render(&item.profile.rules, rule_object(&link.object), Moment::Update, sources, None);
    fields.iter().any(|(field, value)| sent.get(field) != Some(value))
        || rendered.fields.iter().any(|(field, value)| sent.get(field) != Some(value))
}

/// Why a person is not synced at all.
fn refusal(item: &Item<'_>, who: &Who<'_>) -> Option<String> {
    match (&who.email, &who.mobile) {
        (None, None) => Some("without an email or a mobile phone nobody can be found in Salesforce".to_owned()),
        (None, Some(_)) if !item.admitted => {
            Some("it has no email, and the gate lets nobody in who has only a phone".to_owned())
        }
        _ => (!item.admitted).then(|| "the sync gate leaves this contact out".to_owned()),
    }
}

fn rule_object(object: &str) -> RuleObject {
    if object == "Lead" { RuleObject::Lead } else { RuleObject::Contact }
}

fn object(json: &Json) -> Map<String, Json> {
    json.as_object().cloned().unwrap_or_default()
}

fn label(who: &Who<'_>) -> String {
    let name = who.contact.map(|contact| contact.values.display_name()).filter(|name| !name.is_empty());
    let attendee = who.attendee.and_then(|attendee| attendee.name.clone());
    name.or(attendee).or_else(|| who.email.clone()).unwrap_or_else(|| "somebody".to_owned())
}
