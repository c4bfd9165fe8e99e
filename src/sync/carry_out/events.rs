//! The Events of a batch.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::super::intent;
use super::super::plan::{Action, EventPlan, ItemPlan, Related, relation_of};
use super::super::settle::Failure;
use super::send::{Failed, Recovered};
use super::write::{Write, calls};
use super::{Person, Work, ended, event_link, names};
use crate::salesforce::ErrorClass;
use crate::store::{Entity, Fault, LinkWrite, Outcome, Settled, StoreError};

impl Work<'_> {
    /// Creates, updates and deletes Events, under the people who are there by now.
    pub(super) async fn write_events(&mut self) -> Result<(), StoreError> {
        let settled_rows: HashSet<i64> = self.end.rows.iter().map(|row| row.row_id).collect();
        let mut writes = Vec::new();
        let mut in_step = Vec::new();
        for (key, item) in self.plan.items.iter().enumerate() {
            let Some(event) = item.event.as_ref().filter(|_| !settled_rows.contains(&item.row_id)) else { continue };
            if let Some(operation) = &event.operation {
                let mut write = Write::new(key, operation, self.crowd(std::iter::once(item.row_id)));
                if let Some(related) = &event.people {
                    self.relate(item, related, &mut write);
                }
                // Nothing is left to write if those who take part turn out to be the same, or could not be written.
                if !matches!(write.action, Action::Update(_)) || !write.body.is_empty() {
                    writes.push(write);
                    continue;
                }
            }
            if let Some(failure) = self.unrelated(item, event) {
                let links = self.forget(item, &failure);
                in_step.push(self.failed(item, &failure, links));
                continue;
            }
            let links = event.adopted.iter().map(|id| event_link(item.entity_id, id, &event.sent)).collect();
            let note = event.adopted.iter().map(|id| format!("found its Event {id}, which was made before"));
            in_step.push(ended(item, Outcome::Done, self.all_notes(item, note.collect()), links));
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
                    match self.event_result(&write, result, round) {
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

    /// Why somebody who takes part now could not be written, for an Event that was written without them. A guest who
    /// never can be is left out for good.
    fn unrelated(&self, item: &ItemPlan, event: &EventPlan) -> Option<Failure> {
        event.people.as_ref()?;
        item.persons.iter().enumerate().find_map(|(place, &key)| match &self.people[key] {
            Person::Failed(failure) if place == 0 || !self.gives_up(item, failure) => Some(failure.clone()),
            _ => None,
        })
    }

    fn relate(&self, item: &ItemPlan, related: &Related, write: &mut Write) {
        if item.persons.first().is_some_and(|&first| matches!(self.people[first], Person::Failed(_))) {
            return;
        }
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
        for (field, value) in relation_of(related, &ids) {
            write.body.insert(field.to_owned(), value);
        }
    }

    fn event_result(&mut self, write: &Write, result: Result<String, Failed>, round: usize) -> Result<Settled, Write> {
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
                    let links = self.forget(item, &failure);
                    return Ok(self.failed(item, &failure, links));
                }
            },
        };
        let mut links = Vec::new();
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
            links.push(event_link(item.entity_id, &id, &sent));
        }
        let mut notes = vec![done];
        notes.extend(write.notes.iter().cloned());
        // Who takes part now could not be written: the rest is, and they are tried again.
        if let Some(failure) = self.unrelated(item, event) {
            links.extend(self.forget(item, &failure));
            return Ok(Settled { note: notes, links, ..self.failed(item, &failure, Vec::new()) });
        }
        // The person's own write failed, but the Event need not wait for it.
        if let Some(failure) = item.persons.first().and_then(|&first| match &self.people[first] {
            Person::Stale { failure, .. } => Some(failure.clone()),
            _ => None,
        }) {
            return Ok(Settled { note: notes, links, ..self.failed(item, &failure, Vec::new()) });
        }
        Ok(ended(item, Outcome::Done, self.all_notes(item, notes), links))
    }
}
