//! Carrying out a plan: first the people, then their Events, in as few calls as Salesforce allows.
//!
//! Before a record is created, the intent is committed; after each call its rows are settled. What is not answered is
//! in doubt and looked for before it is ever sent again.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::person::PersonKey;
use super::plan::{Action, BatchPlan, EventPlan, ItemPlan, Operation, Target};
use super::settle::Failure;
use crate::salesforce::{Client, CollectionRequest, ErrorClass, ErrorEntry, MAX_ROWS, Row, SfId};
use crate::store::{Entity, Fault, LinkWrite, Outcome, Settled, Store, StoreError};

/// Collections in one composite.
const COLLECTIONS_A_CALL: usize = 5;

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
    /// Tries of each row, this one included.
    pub attempts: &'a HashMap<i64, i64>,
    /// True while the lease is ours: a worker that was suspended must not send what another has taken over.
    pub may_send: &'a (dyn Fn() -> bool + Send + Sync),
    /// Told the number of settled rows after each call.
    pub progress: &'a (dyn Fn(usize) + Send + Sync),
}

/// One write on its way.
#[derive(Clone, Debug)]
struct Write {
    /// Index of the person or item that it is for.
    key: usize,
    object: String,
    action: Action,
    body: Map<String, Json>,
    notes: Vec<String>,
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
        let mut work =
            Work { carrier: self, plan, end: BatchEnd::default(), people: Vec::new(), notes: HashMap::new() };
        work.settle_idle().await?;
        work.write_people().await?;
        work.settle_people().await?;
        work.write_events().await?;
        Ok(work.end)
    }
}

struct Work<'a> {
    carrier: &'a Carrier<'a>,
    plan: &'a BatchPlan,
    end: BatchEnd,
    people: Vec<Person>,
    /// What was done for each person, in words.
    notes: HashMap<usize, Vec<String>>,
}

impl Work<'_> {
    fn now(&self) -> Timestamp {
        (self.carrier.clock)()
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
        let mut writes: Vec<Write> = self
            .plan
            .persons
            .iter()
            .enumerate()
            .filter_map(|(key, person)| Some(write(key, person.operation.as_ref()?)))
            .collect();
        let mut rows_of: HashMap<usize, Vec<i64>> = HashMap::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            for &person in &item.persons {
                rows_of.entry(person).or_default().push(item.row_id);
            }
        }
        for round in 0..2 {
            let mut again = Vec::new();
            for group in groups(std::mem::take(&mut writes)) {
                let creates = |write: &&Write| write.action == Action::Create;
                let intents: Vec<(i64, Json)> = group
                    .iter()
                    .flatten()
                    .filter(creates)
                    .flat_map(|write| {
                        let intent = json!({ "person": { "object": write.object, "email": write.body.get("Email") } });
                        rows_of.get(&write.key).into_iter().flatten().map(move |&row| (row, intent.clone()))
                    })
                    .collect();
                if self.end.stop.is_none() {
                    self.carrier.store.outbox_intend(&intents, &[], self.now()).await?;
                }
                let mut made = Vec::new();
                for (write, result) in self.call(group).await {
                    if let Some(write) = self.person_result(write, result, round, &mut made) {
                        again.push(write);
                    }
                }
                // People who now exist are known before anything else happens.
                self.carrier.store.outbox_intend(&[], &made, self.now()).await?;
            }
            writes = again;
            if writes.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Takes in the result of one person's write. A write whose field was refused comes back without it.
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
                let verb = if write.action == Action::Create { "created" } else { "updated" };
                let fields = if write.action == Action::Create { String::new() } else { names(&write.body) };
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
        sent.retain(|field, _| !dropped(&write.notes, field));
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
        let settled_rows: std::collections::HashSet<i64> = self.end.rows.iter().map(|row| row.row_id).collect();
        let mut writes = Vec::new();
        let mut in_step = Vec::new();
        for (key, item) in self.plan.items.iter().enumerate() {
            let Some(event) = item.event.as_ref().filter(|_| !settled_rows.contains(&item.row_id)) else { continue };
            match &event.operation {
                Some(operation) => {
                    let mut write = write(key, operation);
                    if event.relate {
                        self.relate(item, event, &mut write);
                    }
                    writes.push(write);
                }
                None => {
                    let mut links = self.found_links(item);
                    links.extend(event_link(item, event, event.adopted.as_deref(), &event.sent));
                    let note = event.adopted.iter().map(|id| format!("found Event {id}, whose answer was lost"));
                    in_step.push(ended(item, Outcome::Done, self.all_notes(item, note.collect()), links));
                }
            }
        }
        self.settle(in_step).await?;
        for round in 0..2 {
            let mut again = Vec::new();
            for group in groups(std::mem::take(&mut writes)) {
                let intents: Vec<(i64, Json)> = group
                    .iter()
                    .flatten()
                    .filter(|write| write.action == Action::Create)
                    .map(|write| (self.plan.items[write.key].row_id, json!({ "event": write.body })))
                    .collect();
                if self.end.stop.is_none() {
                    self.carrier.store.outbox_intend(&intents, &[], self.now()).await?;
                }
                let mut settled = Vec::new();
                for (write, result) in self.call(group).await {
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
            sent.retain(|field, _| !dropped(&write.notes, field));
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

    /// One composite. After a failure that concerns the org, nothing more is sent.
    async fn call(&mut self, group: Vec<Vec<Write>>) -> Vec<(Write, Result<String, Failed>)> {
        if !(self.carrier.may_send)() {
            self.end.stop.get_or_insert_with(lease_lost);
        }
        if let Some(stop) = &self.end.stop {
            let held_back = |write| (write, Err(Failed::Stopped(stop.clone())));
            return group.into_iter().flatten().map(held_back).collect();
        }
        let mut requests = Vec::new();
        for writes in &group {
            requests.push(request(writes));
        }
        let answers = self.carrier.client.collections(&requests).await;
        let mut results = Vec::new();
        for (writes, answer) in group.into_iter().zip(answers) {
            match answer {
                Ok(rows) => {
                    for (write, row) in writes.into_iter().zip(rows) {
                        let result = row.into_result().map(|id| id.to_string()).map_err(Failed::Row);
                        results.push((write, result));
                    }
                }
                Err(error) => {
                    for write in writes {
                        let failure = Failure::of_call(&write.object, &error, write.action == Action::Create);
                        if failure.org {
                            self.end.stop.get_or_insert_with(|| Failure { in_doubt: false, ..failure.clone() });
                        }
                        results.push((write, Err(Failed::Call(failure))));
                    }
                }
            }
        }
        results
    }

    /// What can still be done about a refused write, at once.
    fn recover(&self, mut write: Write, failed: Failed, round: usize) -> Recovered {
        let errors = match failed {
            Failed::Call(failure) | Failed::Stopped(failure) => return Recovered::Failed(failure),
            Failed::Row(errors) => errors,
        };
        if write.action == Action::Create
            && let Some(id) = errors.iter().find_map(|error| error.only_duplicate(&write.object))
        {
            return Recovered::Adopted(id.to_string());
        }
        let failure = Failure::of_row(&write.object, &errors);
        let fields: Vec<&String> = errors.iter().flat_map(|error| &error.fields).collect();
        let droppable = errors.iter().all(|error| !error.fields.is_empty())
            && fields.iter().all(|field| write.body.contains_key(*field) && !ESSENTIAL.contains(&field.as_str()));
        if round == 0 && droppable && matches!(failure.class, ErrorClass::Park | ErrorClass::TellUser) {
            for error in &errors {
                for field in &error.fields {
                    write.body.remove(field);
                    write.notes.push(format!("{field} is left out: {}", error.message));
                }
            }
            if !write.body.is_empty() {
                return Recovered::Again(write);
            }
        }
        Recovered::Failed(failure)
    }

    fn failed(&self, item: &ItemPlan, failure: &Failure, links: Vec<LinkWrite>) -> Settled {
        let attempts = self.carrier.attempts.get(&item.row_id).copied().unwrap_or(1);
        ended(item, failure.outcome(attempts, self.now(), fastrand::f64()), item.notes.clone(), links)
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

enum Recovered {
    Adopted(String),
    Again(Write),
    Failed(Failure),
}

enum Failed {
    /// Salesforce refused the record.
    Row(Vec<ErrorEntry>),
    /// The call failed.
    Call(Failure),
    /// It was not sent, because a call before failed.
    Stopped(Failure),
}

impl Failed {
    fn code(&self) -> String {
        match self {
            Self::Row(errors) => errors.first().map_or_else(String::new, |error| error.code.clone()),
            Self::Call(failure) | Self::Stopped(failure) => failure.fault.code.clone(),
        }
    }

    /// The record is not there any more.
    fn is_gone(&self) -> bool {
        matches!(self, Self::Row(_)) && matches!(self.code().as_str(), "ENTITY_IS_DELETED" | "NOT_FOUND")
    }
}

fn lost() -> Failure {
    let fault = Fault {
        code: "LINK_LOST".to_owned(),
        message: "the linked record is no longer in Salesforce; it is looked for by email".to_owned(),
        class: ErrorClass::Rematch.as_str().to_owned(),
        ..Fault::default()
    };
    Failure { fault, class: ErrorClass::Rematch, in_doubt: false, org: false }
}

fn lease_lost() -> Failure {
    let fault = Fault {
        code: "LEASE_LOST".to_owned(),
        message: "another process has taken over the sync".to_owned(),
        class: ErrorClass::Transient.as_str().to_owned(),
        ..Fault::default()
    };
    Failure { fault, class: ErrorClass::Transient, in_doubt: false, org: true }
}

fn is_open(item: &ItemPlan) -> bool {
    item.nothing.is_none() && item.fault.is_none()
}

fn ended(item: &ItemPlan, outcome: Outcome, note: Vec<String>, links: Vec<LinkWrite>) -> Settled {
    Settled { id: item.row_id, version: item.version, outcome, note, links }
}

fn write(key: usize, operation: &Operation) -> Write {
    Write {
        key,
        object: operation.object.clone(),
        action: operation.action.clone(),
        body: operation.body(),
        notes: Vec::new(),
    }
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

/// True if the notes of a write say that this field was left out.
fn dropped(notes: &[String], field: &str) -> bool {
    let said = format!("{field} is left out: ");
    notes.iter().any(|note| note.starts_with(&said))
}

/// Writes as collections of one kind, and collections as calls.
fn groups(mut writes: Vec<Write>) -> Vec<Vec<Vec<Write>>> {
    let rank = |action: &Action| match action {
        Action::Create => 0,
        Action::Update(_) => 1,
        Action::Delete(_) => 2,
    };
    // Sorted by object as well: a collection may change between objects only a few times.
    writes.sort_by(|a, b| rank(&a.action).cmp(&rank(&b.action)).then_with(|| a.object.cmp(&b.object)));
    let mut collections: Vec<Vec<Write>> = Vec::new();
    for write in writes {
        match collections.last_mut() {
            Some(last) if last.len() < MAX_ROWS && rank(&last[0].action) == rank(&write.action) => last.push(write),
            _ => collections.push(vec![write]),
        }
    }
    let mut calls = Vec::new();
    let mut collections = collections.into_iter().peekable();
    while collections.peek().is_some() {
        calls.push(collections.by_ref().take(COLLECTIONS_A_CALL).collect());
    }
    calls
}

fn request(writes: &[Write]) -> CollectionRequest {
    let id = |text: &str| text.parse::<SfId>().ok();
    let rows = || {
        writes
            .iter()
            .map(|write| Row {
                object: write.object.clone(),
                id: match &write.action {
                    Action::Update(text) | Action::Delete(text) => id(text),
                    Action::Create => None,
                },
                fields: write.body.clone(),
            })
            .collect()
    };
    match writes.first().map(|write| &write.action) {
        Some(Action::Update(_)) => CollectionRequest::Update(rows()),
        Some(Action::Delete(_)) => CollectionRequest::Delete(
            writes
                .iter()
                .filter_map(|write| match &write.action {
                    Action::Delete(text) => id(text),
                    _ => None,
                })
                .collect(),
        ),
        _ => CollectionRequest::Create(rows()),
    }
}
