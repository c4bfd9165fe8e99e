//! The people of a batch: created or brought in step before any Event is written.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::super::intent;
use super::super::person::PersonKey;
use super::super::plan::{EventPlan, ItemPlan, Target};
use super::super::settle::Failure;
use super::send::{Failed, Recovered};
use super::write::{Write, calls};
use super::{Person, Work, ended, is_open, lease_lost, lost, names};
use crate::salesforce::ErrorClass;
use crate::store::{LinkWrite, Outcome, StoreError};

impl Work<'_> {
    /// Creates and updates people. A write whose field was refused is sent once more without it.
    pub(super) async fn write_people(&mut self) -> Result<(), StoreError> {
        self.people = self
            .plan
            .persons
            .iter()
            .map(|person| match &person.target {
                Target::Record { id, .. } => Person::Ready { id: id.clone() },
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
                    again.extend(self.person_result(&write, result, round, &mut made));
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
        let mut intents = Vec::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            let mut people = intent::People::default();
            for (place, write) in item.persons.iter().enumerate().filter_map(|(i, key)| Some((i, creates.get(key)?))) {
                if place == 0 && matches!(self.plan.persons[write.key].key, PersonKey::Contact(_)) {
                    people.own = Some((&write.object, &write.body));
                } else {
                    people.guests.extend(intent::text(&write.body, "Email"));
                }
            }
            if people != intent::People::default() {
                intents.push((item.row_id, people.to_json()));
            }
        }
        intents
    }

    /// Takes in the result of one person's write. A write whose field was refused comes back without it.
    fn person_result(
        &mut self,
        write: &Write,
        result: Result<String, Failed>,
        round: usize,
        made: &mut Vec<LinkWrite>,
    ) -> Option<Write> {
        let person = &self.plan.persons[write.key];
        let known = match &person.target {
            Target::Record { id, .. } => Some(id.clone()),
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
                        Some(id) if failure.class != ErrorClass::Rematch => Person::Stale { id, failure },
                        _ => Person::Failed(failure),
                    };
                    return None;
                }
            },
        };
        note.extend(write.notes.iter().cloned());
        self.notes.entry(write.key).or_default().extend(note);
        self.people[write.key] = Person::Ready { id: id.clone() };
        let mut sent = person.sent.clone();
        sent.retain(|field, _| !write.dropped(field));
        made.push(self.person_link(write.key, &write.object, &id, &sent));
        None
    }

    /// Rows that are about a person alone, and rows whose person failed.
    pub(super) async fn settle_people(&mut self) -> Result<(), StoreError> {
        let mut settled = Vec::new();
        for item in self.plan.items.iter().filter(|item| is_open(item)) {
            // A guest who cannot be written is left out; one who only has to wait is waited for.
            let failure = item.persons.iter().enumerate().find_map(|(place, &key)| match &self.people[key] {
                Person::Failed(failure) if place == 0 || !self.gives_up(item, failure) => Some(failure.clone()),
                Person::Stale { failure, .. } if place == 0 && item.event.is_none() => Some(failure.clone()),
                _ => None,
            });
            // What is to be created under somebody waits for them; an Event that exists moves on without.
            let blocks = item.event.as_ref().is_none_or(EventPlan::needs_people);
            if let Some(failure) = failure.filter(|_| blocks) {
                let links = self.forget(item, &failure);
                settled.push(self.failed(item, &failure, links));
            } else if item.event.is_none() {
                let notes = self.all_notes(item, Vec::new());
                settled.push(ended(item, Outcome::Done, notes, Vec::new()));
            }
        }
        self.settle(settled).await
    }

    /// True if a failure will not pass by itself.
    pub(super) fn gives_up(&self, item: &ItemPlan, failure: &Failure) -> bool {
        matches!(failure.outcome(self.attempts(item.row_id), self.now(), self.random), Outcome::Held(_))
    }
}
