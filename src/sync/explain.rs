//! A plan in words, for the command line and the screen alike: what would be written, field by field, and why. Pure.

use std::collections::HashSet;

use super::plan::{Action, BatchPlan, Operation};
use crate::store::OutboxRow;

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
    /// It cannot be written.
    Problem,
    /// What people should know.
    Note,
}

/// The plan in lines, the parts of an item below it.
pub fn lines(rows: &[OutboxRow], plan: &BatchPlan) -> Vec<(Part, String)> {
    let mut lines = Vec::new();
    let mut told = HashSet::new();
    for (row, item) in rows.iter().zip(&plan.items) {
        lines.push((Part::Item, title(row)));
        lines.extend(item.nothing.iter().map(|reason| (Part::Nothing, format!("  nothing: {reason}"))));
        lines.extend(item.fault.iter().map(|fault| (Part::Problem, format!("  held: {}", fault.message))));
        for &index in &item.persons {
            let person = &plan.persons[index];
            match &person.operation {
                Some(operation) if told.insert(index) => show(operation, &person.label, &mut lines),
                Some(_) => lines.push((Part::Write, format!("  {}: as above", person.label))),
                None => {}
            }
            if person.candidates.len() > 1 {
                let all = person.candidates.join(", ");
                lines.push((Part::Note, format!("  {} records match: {all}", person.candidates.len())));
            }
            lines.extend(person.notes.iter().map(|note| (Part::Note, format!("  note: {note}"))));
        }
        if let Some(event) = &item.event {
            match &event.operation {
                Some(operation) => show(operation, "", &mut lines),
                None => lines.push((Part::Nothing, "  Event: in step".to_owned())),
            }
        }
        lines.extend(item.notes.iter().map(|note| (Part::Note, format!("  note: {note}"))));
    }
    lines
}

/// An item of the queue, or what was asked for without one.
fn title(row: &OutboxRow) -> String {
    match row.id {
        0 => row.label.clone(),
        id => format!("item {id}: {} ({})", row.label, row.cause),
    }
}

fn show(operation: &Operation, who: &str, lines: &mut Vec<(Part, String)>) {
    let action = match &operation.action {
        Action::Create => format!("create {}", operation.object),
        Action::Update(id) => format!("update {} {id}", operation.object),
        Action::Delete(id) => format!("delete {} {id}", operation.object),
    };
    lines.push((Part::Write, format!("  {action} {who} ({})", operation.reason)));
    for write in &operation.fields {
        lines.push((
            Part::Field,
            match &write.before {
                Some(before) => format!("    {}: {before} -> {}", write.field, write.after),
                None => format!("    {}: {}", write.field, write.after),
            },
        ));
    }
}
