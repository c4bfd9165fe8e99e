//! A plan in words, for the command line and the screen alike: what would be written, field by field, and why. Pure.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::plan::{Action, BatchPlan, FieldWrite, Operation, PersonPlan, Target, relation};
use super::rules::Dropped;
use crate::store::{OutboxRow, OutboxState};

/// What a line of a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The item.
    Item,
    /// A record that is written.
    Write,
    /// A field of it.
    Field,
    /// Nothing is written.
    Nothing,
    /// It cannot be written, or not all of it.
    Problem,
    /// What people should know.
    Note,
}

type Lines = Vec<(Part, String)>;

/// The plan in lines, the parts of an item below it. Values are as they came: whoever shows them makes them safe.
pub fn lines(rows: &[OutboxRow], plan: &BatchPlan) -> Lines {
    let mut lines = Lines::new();
    let mut told = HashSet::new();
    for (row, item) in rows.iter().zip(&plan.items) {
        let what = match row.id {
            0 => format!("{} {}", row.entity.key(), row.entity_id),
            id => format!("item {id}"),
        };
        lines.push((Part::Item, format!("{what}: {} ({})", row.label, row.cause)));
        lines.extend(rests(row).map(|words| (Part::Problem, format!("  {words}"))));
        lines.extend(item.nothing.iter().map(|reason| (Part::Nothing, format!("  nothing: {reason}"))));
        lines.extend(item.fault.iter().map(|fault| (Part::Problem, format!("  held: {}", fault.message))));
        lines.extend(item.later.iter().map(|later| (Part::Note, format!("  waits until {later}"))));
        for &index in &item.persons {
            let person = &plan.persons[index];
            if told.insert(index) {
                show_person(person, &mut lines);
            } else {
                lines.push((Part::Write, format!("  {}: as above", person.label)));
            }
        }
        if let Some(event) = &item.event {
            match &event.operation {
                Some(operation) => show(operation, &relation(event, item, plan), "", &mut lines),
                None => lines.push((Part::Nothing, "  Event: in step".to_owned())),
            }
            show_dropped(&event.dropped, &mut lines);
        }
        let dropped = || item.event.iter().flat_map(|event| &event.dropped);
        let notes = item.notes.iter().filter(|note| !is_said(note, dropped()));
        lines.extend(notes.map(|note| (Part::Note, format!("  note: {note}"))));
    }
    lines
}

/// Why the worker does not carry out what is planned for an item; `None`: it does, when it is due.
pub fn rests(row: &OutboxRow) -> Option<String> {
    let code = row.code.as_deref().unwrap_or("no code");
    match row.state {
        OutboxState::Held => Some(format!("held ({code}): goes only after a retry")),
        OutboxState::Skipped => Some("left out: goes only after a retry".to_owned()),
        _ => None,
    }
}

fn show_person(person: &PersonPlan, lines: &mut Lines) {
    match (&person.operation, &person.target) {
        (Some(operation), _) => show(operation, &[], &person.label, lines),
        (None, Target::Record { object, id }) => {
            let line = format!("  {object} {id} {}: needs no write ({})", person.label, person.reason);
            lines.push((Part::Nothing, line));
        }
        (None, Target::Nobody(reason)) => lines.push((Part::Nothing, format!("  {}: {reason}", person.label))),
        (None, Target::Lost) => {
            let line = format!("  {}: the linked record is gone; they are looked for anew", person.label);
            lines.push((Part::Problem, line));
        }
        (None, Target::Created { object }) => {
            lines.push((Part::Write, format!("  {}: a new {object}, later", person.label)));
        }
    }
    if person.candidates.len() > 1 {
        lines.push((Part::Note, format!("    multiple: {}", person.candidates.join(", "))));
    }
    let seen = |key: &str| person.seen.get(key).and_then(Json::as_str).map(|value| format!("{key} {value}"));
    let seen: Vec<String> = [seen("owner"), seen("status")].into_iter().flatten().collect();
    if !seen.is_empty() {
        lines.push((Part::Note, format!("    in Salesforce: {}", seen.join(", "))));
    }
    show_dropped(&person.dropped, lines);
    let notes = person.notes.iter().filter(|note| !is_said(note, person.dropped.iter()));
    lines.extend(notes.map(|note| (Part::Note, format!("  note: {note}"))));
}

/// Fields that are left out are told once, also where a note says the same.
fn show_dropped(dropped: &[Dropped], lines: &mut Lines) {
    let line = |Dropped { field, reason }: &Dropped| (Part::Problem, format!("    left out {field}: {reason}"));
    lines.extend(dropped.iter().map(line));
}

fn is_said<'a>(note: &str, mut dropped: impl Iterator<Item = &'a Dropped>) -> bool {
    dropped.any(|Dropped { field, .. }| note.starts_with(&format!("{field} is left out: ")))
}

fn show(operation: &Operation, relation: &[FieldWrite], who: &str, lines: &mut Lines) {
    let action = match &operation.action {
        Action::Create => format!("create {}", operation.object),
        Action::Update(id) => format!("update {} {id}", operation.object),
        Action::Delete(id) => format!("delete {} {id}", operation.object),
    };
    lines.push((Part::Write, format!("  {action} {who} ({})", operation.reason)));
    for write in operation.fields.iter().chain(relation) {
        let line = match &write.before {
            Some(before) => format!("    {}: {before} -> {}", write.field, write.after),
            None => format!("    {}: {}", write.field, write.after),
        };
        lines.push((Part::Field, line));
    }
}
