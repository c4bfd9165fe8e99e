//! Carrying out a plan: first the people, then their Events, in as few calls as Salesforce allows.
//!
//! Before a record is created, the intent is committed; after each call its rows are settled. What is not answered is
//! in doubt and looked for before it is ever sent again.

mod send;
mod write;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use self::send::{Failed, Recovered};
use self::write::{Write, calls};
use super::intent;
use super::person::PersonKey;
use super::plan::{Action, BatchPlan, EventPlan, ItemPlan, Target};
use super::retry;
use super::settle::Failure;
use crate::salesforce::{Client, ErrorClass, Scope};
use crate::store::{Entity, Fault, LinkWrite, OutboxRow, Outcome, Settled, Store, StoreError};

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
    /// Asked before each call: a worker that was suspended must not send what another has taken over, and none uses
    /// more than its share of the org's calls.
    pub may_send: &'a (dyn Fn() -> Result<(), Failure> + Send + Sync),
    /// Told the number of settled rows after each call.
    pub progress: &'a (dyn Fn(usize) + Send + Sync),
}

/// What became of a person.
#[derive(Clone, Debug)]
enum Person {
    Ready {
        object: String,
        id: String,
    },
    Absent,
    Failed(Failure),
    /// The record is there, but what should be written to it was refused.
    Stale {
        object: String,
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
            } else if let Some(reason) = &item.nothing {
                settled.push(ended(item, Outcome::Skipped, vec![reason.clone()], Vec::new()));
            }
        }
        self.settle(settled).await
    }

    async fn write_people(&mut self) -> Result<(), StoreError> {
        self.people = self
            .plan
            .persons
            .iter()
            .map(|person| match &person.target {
                Target::Record { object, id } => Person::Ready { object: object.clone(), id: id.clone() },
                Target::Nobody(_) | Target::Created { .. } => Person::Absent,
                Target::Lost => Person::Failed(lost()),
            })
            .collect();
        let mut rows_of: HashMap<usize, Vec<i64>> = HashMap::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            for &person in &item.persons {
                rows_of.entry(person).or_default().push(item.row_id);
            }
        }
        let rows = |key: &usize| rows_of.get(key).into_iter().flatten().copied();
        let mut writes = Vec::new();
        for (key, person) in self.plan.persons.iter().enumerate() {
            writes
                .extend(person.operation.as_ref().map(|operation| Write::new(key, operation, self.crowd(rows(&key)))));
        }
        for round in 0..2 {
            let mut again = Vec::new();
            for call in calls(std::mem::take(&mut writes), self.carrier.external_id) {
                let intents = self.person_intents(call.iter().flatten());
                let mut made = Vec::new();
                for (write, result) in self.send(call, &intents).await? {
                    again.extend(self.person_result(write, result, round, &mut made));
                }
                // People who now exist are known before anything else happens.
                if !made.is_empty() && !self.carrier.intend(&[], &made).await? {
                    self.end.stop.get_or_insert_with(lease_lost);
                }
            }
            writes = again;
            if writes.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// What is about to be created for whom: the whole record for a row's own contact, whose email may change before
    /// it is looked for, and the email of a guest, who is nothing but that.
    fn person_intents<'w>(&self, writes: impl Iterator<Item = &'w Write>) -> Vec<(i64, Json)> {
        let creates: HashMap<usize, &Write> =
            writes.filter(|write| write.creates()).map(|write| (write.key, write)).collect();
        let mut intents = BTreeMap::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            for (place, write) in item.persons.iter().enumerate().filter_map(|(i, key)| Some((i, creates.get(key)?))) {
                let own = place == 0 && matches!(self.plan.persons[write.key].key, PersonKey::Contact(_));
                if own {
                    intents.insert(item.row_id, intent::person(&write.object, &write.body));
                } else {
                    intents.entry(item.row_id).or_insert_with(|| intent::guest(write.body.get("Email")));
                }
            }
        }
        intents.into_iter().collect()
    }

    /// Takes in the result of one person's write. A write whose field was refused comes back without it.
    #[allow(clippy::needless_pass_by_value)] // handed over: nobody sends it again behind its back
    fn person_result(
        &mut self,
        write: Write,
        result: Result<String, Failed>,
        round: usize,
        made: &mut Vec<LinkWrite>,
    ) -> Option<Write> {
        let person = &self.plan.persons[write.key];
        let known = match &person.target {
            Target::Record { object, id } => Some((object.clone(), id.clone())),
            _ => None,
        };
        let (id, mut note) = match result {
            Ok(id) => {
                let verb = if write.creates() { "created" } else { "updated" };
                let fields = if write.creates() { String::new() } else { names(&write.body) };
                (id, vec![format!("{verb} {} {}{fields}", write.object, person.label)])
            }
            Err(failed) => match self.recover(write.clone(), failed, round) {
                Recovered::Adopted(id) => (id, vec![format!("{} was in Salesforce already: taken over", person.label)]),
                Recovered::Again(write) => return Some(write),
                Recovered::Failed(failure) => {
                    self.people[write.key] = match known {
                        Some((object, id)) if failure.class != ErrorClass::Rematch => {
                            Person::Stale { object, id, failure }
                        }
                        _ => Person::Failed(failure),
                    };
                    return None;
                }
            },
        };
        note.extend(write.notes.iter().cloned());
        self.notes.entry(write.key).or_default().extend(note);
        self.people[write.key] = Person::Ready { object: write.object.clone(), id: id.clone() };
        let mut sent = person.sent.clone();
        sent.retain(|field, _| !write.dropped(field));
        made.push(self.person_link(write.key, &write.object, &id, &sent));
        None
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
                seen: json!({}),
                candidates: person.candidates.clone(),
            },
            PersonKey::Guest(email) => {
                LinkWrite::Guest { email: email.clone(), object: object.to_owned(), record_id: id.to_owned() }
            }
        }
    }

    /// Rows that are about a person alone, and rows whose person failed.
    async fn settle_people(&mut self) -> Result<(), StoreError> {
        let mut settled = Vec::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            let failure = item.persons.first().and_then(|&first| match &self.people[first] {
                Person::Failed(failure) => Some(failure.clone()),
                Person::Stale { failure, .. } if item.event.is_none() => Some(failure.clone()),
                _ => None,
            });
            let blocks = item.event.as_ref().is_none_or(|event| event.relate);
            if let Some(failure) = failure.filter(|_| blocks) {
                let links = self.forget(item, &failure);
                settled.push(self.failed(item, &failure, links));
            } else if item.event.is_none() {
                let links = self.found_links(item);
                let notes = self.all_notes(item, Vec::new());
                settled.push(ended(item, Outcome::Done, notes, links));
            }
        }
        self.settle(settled).await
    }

    /// Links of people who were found and needed no write.
    fn found_links(&self, item: &ItemPlan) -> Vec<LinkWrite> {
        let mut links = Vec::new();
        for &key in &item.persons {
            let person = &self.plan.persons[key];
            if let (Person::Ready { object, id } | Person::Stale { object, id, .. }, None, false) =
                (&self.people[key], &person.operation, person.linked)
            {
                links.push(self.person_link(key, object, id, &person.sent));
            }
        }
        links
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

    async fn write_events(&mut self) -> Result<(), StoreError> {
        let settled_rows: HashSet<i64> = self.end.rows.iter().map(|row| row.row_id).collect();
        let mut writes = Vec::new();
        let mut in_step = Vec::new();
        for (key, item) in self.plan.items.iter().enumerate() {
            let Some(event) = item.event.as_ref().filter(|_| !settled_rows.contains(&item.row_id)) else { continue };
            if let Some(operation) = &event.operation {
                let mut write = Write::new(key, operation, self.crowd(std::iter::once(item.row_id)));
                if event.relate {
                    self.relate(item, event, &mut write);
                }
                writes.push(write);
            } else {
                let mut links = self.found_links(item);
                links.extend(event_link(item, event, event.adopted.as_deref(), &event.sent));
                let note = event.adopted.iter().map(|id| format!("found Event {id}, whose answer was lost"));
                in_step.push(ended(item, Outcome::Done, self.all_notes(item, note.collect()), links));
            }
        }
        self.settle(in_step).await?;
        for round in 0..2 {
            let mut again = Vec::new();
            for call in calls(std::mem::take(&mut writes), self.carrier.external_id) {
                let creates = call.iter().flatten().filter(|write| write.creates());
                let intents: Vec<(i64, Json)> =
                    creates.map(|write| (self.plan.items[write.key].row_id, intent::event(&write.body))).collect();
                let mut settled = Vec::new();
                for (write, result) in self.send(call, &intents).await? {
                    match self.event_result(write, result, round) {
                        Ok(row) => settled.push(row),
                        Err(write) => again.push(write),
                    }
                }
                self.settle(settled).await?;
            }
            writes = again;
            if writes.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn relate(&self, item: &ItemPlan, event: &EventPlan, write: &mut Write) {
        let mut ids = Vec::new();
        for &key in &item.persons {
            match &self.people[key] {
                Person::Ready { id, .. } | Person::Stale { id, .. } => ids.push(id.clone()),
                Person::Failed(failure) => {
                    let label = &self.plan.persons[key].label;
                    write.notes.push(format!("{label} is left out: {}", failure.words()));
                }
                Person::Absent => {}
            }
        }
        if let Some(first) = ids.first() {
            write.body.insert("WhoId".to_owned(), Json::from(first.clone()));
        }
        if event.relate_all && ids.len() > 1 {
            write.body.insert("EventWhoIds".to_owned(), Json::from(ids));
        }
    }

    #[allow(clippy::needless_pass_by_value)] // handed over, as above
    fn event_result(&mut self, write: Write, result: Result<String, Failed>, round: usize) -> Result<Settled, Write> {
        let item = &self.plan.items[write.key];
        let Some(event) = &item.event else {
            return Ok(ended(item, Outcome::Done, Vec::new(), Vec::new()));
        };
        let id = match (result, &write.action) {
            (Ok(id), _) => id,
            (Err(failed), Action::Delete(id)) if failed.is_gone() => id.clone(),
            (Err(failed), Action::Update(_)) if failed.is_gone() => {
                // Somebody deleted the Event. It is not made again behind their back.
                let fault = Fault {
                    code: failed.code(),
                    message: "the Event was deleted in Salesforce; retrying makes a new one".to_owned(),
                    object: Some("Event".to_owned()),
                    class: ErrorClass::Park.as_str().to_owned(),
                    ..Fault::default()
                };
                let clear = LinkWrite::Clear { entity: Entity::Activity, id: item.entity_id };
                return Ok(ended(item, Outcome::Held(fault), item.notes.clone(), vec![clear]));
            }
            (Err(failed), _) => match self.recover(write.clone(), failed, round) {
                Recovered::Again(write) => return Err(write),
                Recovered::Adopted(id) => id,
                Recovered::Failed(failure) => {
                    let mut links = self.found_links(item);
                    links.extend(self.forget(item, &failure));
                    return Ok(self.failed(item, &failure, links));
                }
            },
        };
        let mut links = self.found_links(item);
        let subject = event.sent.get("Subject").and_then(Json::as_str).unwrap_or("meeting");
        let done = match &write.action {
            Action::Create => format!("created Event `{subject}`"),
            Action::Update(_) => format!("updated Event `{subject}`{}", names(&write.body)),
            Action::Delete(_) => format!("deleted Event `{subject}`"),
        };
        if matches!(write.action, Action::Delete(_)) {
            links.push(LinkWrite::Clear { entity: Entity::Activity, id: item.entity_id });
        } else {
            let mut sent = event.sent.clone();
            sent.extend(write.body.clone());
            sent.retain(|field, _| !write.dropped(field));
            links.extend(event_link(item, event, Some(&id), &sent));
        }
        let mut notes = vec![done];
        notes.extend(write.notes.iter().cloned());
        // The person's own write failed, but the Event need not wait for it.
        if let Some(failure) = item.persons.first().and_then(|&first| match &self.people[first] {
            Person::Stale { failure, .. } => Some(failure.clone()),
            _ => None,
        }) {
            return Ok(Settled { note: notes, links, ..self.failed(item, &failure, Vec::new()) });
        }
        Ok(ended(item, Outcome::Done, self.all_notes(item, notes), links))
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
        notes
    }

    async fn settle(&mut self, settled: Vec<Settled>) -> Result<(), StoreError> {
        self.carrier.store.outbox_settle(self.carrier.owner, &settled, self.now()).await?;
        for row in settled {
            let words = match &row.outcome {
                Outcome::Retry(_, fault) | Outcome::Held(fault) | Outcome::InDoubt(_, fault) => {
                    format!("{}: {}", fault.code, fault.message)
                }
                _ => row.note.join("; "),
            };
            self.end.rows.push(RowEnd { row_id: row.id, outcome: row.outcome, words });
        }
        (self.carrier.progress)(self.end.rows.len());
        Ok(())
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

fn is_open(item: &ItemPlan) -> bool {
    item.nothing.is_none() && item.fault.is_none()
}

fn ended(item: &ItemPlan, outcome: Outcome, note: Vec<String>, links: Vec<LinkWrite>) -> Settled {
    Settled { id: item.row_id, version: item.version, outcome, note, links }
}

fn event_link(item: &ItemPlan, event: &EventPlan, id: Option<&str>, sent: &Map<String, Json>) -> Option<LinkWrite> {
    let id = id.or(event.adopted.as_deref())?;
    Some(LinkWrite::Set {
        entity: Entity::Activity,
        id: item.entity_id,
        object: "Event".to_owned(),
        record_id: id.to_owned(),
        sent: Json::Object(sent.clone()),
        seen: json!({}),
        candidates: Vec::new(),
    })
}

/// `: StartDateTime, EndDateTime`.
fn names(body: &Map<String, Json>) -> String {
    let names: Vec<_> = body.keys().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}
