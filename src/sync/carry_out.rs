//! Carrying out a plan: first the people, then their Events, in as few calls as Salesforce allows.
//!
//! Before a record is created, the intent is committed; after each call its rows are settled. What is not answered is
//! in doubt and looked for before it is ever sent again.

mod events;
mod people;
mod send;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::person::PersonKey;
use super::plan::{BatchPlan, ItemPlan, PersonPlan, Target};
use super::retry;
use super::seen;
use super::settle::Failure;
use crate::domain::ActivityId;
use crate::salesforce::{Client, ErrorClass, Scope};
use crate::store::{Entity, LinkWrite, OutboxRow, Outcome, Settled, Store, StoreError};

/// Fields that a record cannot do without: one that is refused because of them is held.
const ESSENTIAL: [&str; 7] = ["LastName", "Company", "Email", "StartDateTime", "EndDateTime", "WhoId", "Subject"];

/// What became of a row, for reports and the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct RowEnd {
    /// The row.
    pub row_id: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done or what is wrong, in words.
    pub words: String,
}

/// What a batch came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchEnd {
    /// Every row.
    pub rows: Vec<RowEnd>,
    /// A failure that concerns the org and not one record: the worker waits.
    pub stop: Option<Failure>,
}

/// Everything that is needed to carry out a plan.
pub struct Carrier<'a> {
    /// Where rows are settled.
    pub store: &'a Store,
    /// The org.
    pub client: &'a Client,
    /// The lease owner under which the rows are claimed.
    pub owner: &'a str,
    /// The time now.
    pub clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// The rows, as they were before this try was counted.
    pub rows: &'a [OutboxRow],
    /// The external id that creates carry, if the org has one.
    pub external_id: Option<&'a str>,
    /// Asked before each call for a reason to stop: a worker that was suspended must not send what another has taken over, and none uses
    /// more than its share of the org's calls.
    pub may_send: &'a (dyn Fn() -> Option<Failure> + Send + Sync),
    /// Told the number of settled rows after each call.
    pub progress: &'a (dyn Fn(usize) + Send + Sync),
}

/// What became of a person.
#[derive(Clone, Debug)]
enum Person {
    Ready {
        id: String,
    },
    Absent,
    Failed(Failure),
    /// The record is there, but what should be written to it was refused.
    Stale {
        id: String,
        failure: Failure,
    },
}

impl Carrier<'_> {
    /// Carries out a plan whole, settling its rows on the way.
    pub async fn carry_out(&self, plan: &BatchPlan) -> Result<BatchEnd, StoreError> {
        let mut work = Work {
            carrier: self,
            plan,
            rows: self.rows.iter().map(|row| (row.id, row)).collect(),
            random: fastrand::f64(),
            end: BatchEnd::default(),
            no_room: None,
            halvings: 0,
            people: Vec::new(),
            notes: HashMap::new(),
        };
        work.link_found().await?;
        work.settle_idle().await?;
        work.write_people().await?;
        work.settle_people().await?;
        work.write_events().await?;
        Ok(work.end)
    }

    /// Commits intents and links; false if the lease is lost.
    async fn intend(&self, intents: &[(i64, Json)], made: &[LinkWrite]) -> Result<bool, StoreError> {
        self.store.outbox_intend(self.owner, intents, made, (self.clock)()).await
    }
}

struct Work<'a> {
    carrier: &'a Carrier<'a>,
    plan: &'a BatchPlan,
    rows: HashMap<i64, &'a OutboxRow>,
    /// One for all rows of the batch: what failed together comes back together, in as few calls.
    random: f64,
    end: BatchEnd,
    /// The org takes no new records.
    no_room: Option<Failure>,
    /// How often a collection was halved.
    halvings: usize,
    people: Vec<Person>,
    /// What was done for each person, in words.
    notes: HashMap<usize, Vec<String>>,
}

impl Work<'_> {
    fn now(&self) -> Timestamp {
        (self.carrier.clock)()
    }

    /// Tries of a row, this one included.
    fn attempts(&self, row: i64) -> i64 {
        self.rows.get(&row).map_or(1, |row| row.attempts + 1)
    }

    /// The most records that a write of these rows is sent among: fewer, the oftener they met a lock.
    fn crowd(&self, rows: impl Iterator<Item = i64>) -> usize {
        let locked = rows
            .filter_map(|row| self.rows.get(&row))
            .filter(|row| row.class.as_deref() == Some(ErrorClass::Lock.as_str()))
            .map(|row| row.attempts + 1);
        retry::crowd(locked.max().unwrap_or(1))
    }

    /// Rows that need nothing, or that cannot be planned.
    async fn settle_idle(&mut self) -> Result<(), StoreError> {
        let mut settled = Vec::new();
        for item in &self.plan.items {
            if let Some(fault) = &item.fault {
                settled.push(ended(item, Outcome::Held(fault.clone()), item.notes.clone(), Vec::new()));
            } else if let Some(until) = item.later {
                settled.push(ended(item, Outcome::Release(until), item.notes.clone(), Vec::new()));
            } else if let Some(reason) = &item.nothing {
                let outcome = if item.left_out { Outcome::LeftOut } else { Outcome::Skipped };
                settled.push(ended(item, outcome, vec![reason.clone()], Vec::new()));
            }
        }
        self.settle(settled).await
    }

    fn person_link(&self, key: usize, object: &str, id: &str, sent: &Map<String, Json>) -> LinkWrite {
        let person = &self.plan.persons[key];
        match &person.key {
            PersonKey::Contact(contact) => LinkWrite::Set {
                entity: Entity::Contact,
                id: *contact,
                object: object.to_owned(),
                record_id: id.to_owned(),
                sent: Json::Object(sent.clone()),
                seen: self.seen(person, sent),
                candidates: person.candidates.clone(),
            },
            PersonKey::Guest(email) => {
                LinkWrite::Guest { email: email.clone(), object: object.to_owned(), record_id: id.to_owned() }
            }
        }
    }

    /// What is known of a person's record from now on: what was read, and that what we wrote stands there.
    fn seen(&self, person: &PersonPlan, sent: &Map<String, Json>) -> Json {
        let mut seen = person.seen.as_object().cloned().unwrap_or_default();
        if !seen.is_empty() {
            seen.insert("read_at".to_owned(), json!(self.now()));
        }
        let wrote = person.operation.iter().flat_map(|operation| &operation.fields).map(|write| write.field.clone());
        let wrote: Map<String, Json> =
            wrote.filter_map(|field| sent.get(&field).map(|value| (field.clone(), value.clone()))).collect();
        if let (false, Json::Object(written)) = (wrote.is_empty(), seen::written(&wrote)) {
            seen.extend(written);
        }
        Json::Object(seen)
    }

    /// What was found in Salesforce is linked before anything is written, each record with what stands there now. Once
    /// a write has failed or the worker has died, nobody knows any more by what it was found.
    async fn link_found(&mut self) -> Result<(), StoreError> {
        let needed: BTreeSet<usize> =
            self.plan.items.iter().filter(|item| is_open(item)).flat_map(|item| item.persons.iter().copied()).collect();
        let mut links = Vec::new();
        for key in needed {
            let person = &self.plan.persons[key];
            let (Target::Record { object, id }, false) = (&person.target, person.linked) else { continue };
            let mut sent = person.sent.clone();
            for write in person.operation.iter().flat_map(|operation| &operation.fields) {
                match &write.before {
                    Some(before) => _ = sent.insert(write.field.clone(), before.clone()),
                    None => _ = sent.remove(&write.field),
                }
            }
            links.push(self.person_link(key, object, id, &sent));
        }
        links.extend(self.plan.adopted.iter().map(|event| event_link(event.activity, &event.id, &event.sent)));
        if !links.is_empty() && !self.carrier.intend(&[], &links).await? {
            self.end.stop.get_or_insert_with(lease_lost);
        }
        Ok(())
    }

    /// What we believed about a person was wrong: the link goes, so that the next try looks for them.
    fn forget(&self, item: &ItemPlan, failure: &Failure) -> Vec<LinkWrite> {
        if failure.class != ErrorClass::Rematch {
            return Vec::new();
        }
        let forget = |&key: &usize| match &self.plan.persons[key].key {
            PersonKey::Contact(id) => LinkWrite::Clear { entity: Entity::Contact, id: *id },
            PersonKey::Guest(email) => LinkWrite::ForgetGuest { email: email.clone() },
        };
        item.persons.iter().map(forget).collect()
    }

    fn failed(&self, item: &ItemPlan, failure: &Failure, links: Vec<LinkWrite>) -> Settled {
        let outcome = failure.outcome(self.attempts(item.row_id), self.now(), self.random);
        ended(item, outcome, item.notes.clone(), links)
    }

    fn all_notes(&self, item: &ItemPlan, done: Vec<String>) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for key in &item.persons {
            notes.extend(self.notes.get(key).into_iter().flatten().cloned());
        }
        notes.extend(done);
        for key in &item.persons {
            notes.extend(self.plan.persons[*key].notes.iter().cloned());
        }
        notes.extend(item.notes.iter().cloned());
        // A person and their Event may have the same to say.
        let mut told = HashSet::new();
        notes.retain(|note| told.insert(note.clone()));
        notes
    }

    async fn settle(&mut self, settled: Vec<Settled>) -> Result<(), StoreError> {
        self.carrier.store.outbox_settle(self.carrier.owner, &settled, self.now()).await?;
        for row in settled {
            let words = match &row.outcome {
                Outcome::Retry(_, fault) | Outcome::Held(fault) | Outcome::InDoubt(_, fault) => {
                    format!("{}: {}", fault.code, fault.message)
                }
                _ if row.note.is_empty() => "nothing to change".to_owned(),
                _ => row.note.join("; "),
            };
            self.end.rows.push(RowEnd { row_id: row.id, outcome: row.outcome, words });
        }
        (self.carrier.progress)(self.end.rows.len());
        Ok(())
    }
}

fn event_link(activity: ActivityId, id: &str, sent: &Map<String, Json>) -> LinkWrite {
    LinkWrite::Set {
        entity: Entity::Activity,
        id: activity,
        object: "Event".to_owned(),
        record_id: id.to_owned(),
        sent: Json::Object(sent.clone()),
        seen: seen::written(sent),
        candidates: Vec::new(),
    }
}

fn lost() -> Failure {
    let message = "the linked record is no longer in Salesforce; it is looked for by email";
    Failure::ours("LINK_LOST", message, ErrorClass::Rematch, Scope::Record)
}

/// The lease has gone to another process.
pub fn lease_lost() -> Failure {
    Failure::ours("LEASE_LOST", "another process has taken over the sync", ErrorClass::Transient, Scope::Org)
}

/// Our own code for work that is left because the process is asked to end.
pub const ENDING: &str = "ENDING";

/// The process is asked to end: what was not sent waits, and nothing is wrong with it.
pub fn asked_to_end() -> Failure {
    Failure::ours(ENDING, "the program was asked to end; the rest waits", ErrorClass::Transient, Scope::Org)
}

fn is_open(item: &ItemPlan) -> bool {
    item.nothing.is_none() && item.fault.is_none() && item.later.is_none()
}

fn ended(item: &ItemPlan, outcome: Outcome, note: Vec<String>, links: Vec<LinkWrite>) -> Settled {
    Settled { id: item.row_id, version: item.version, outcome, note, links }
}

/// `: StartDateTime, EndDateTime`.
fn names(body: &Map<String, Json>) -> String {
    let names: Vec<_> = body.keys().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}
