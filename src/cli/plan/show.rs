//! A plan as people and programs read it.

use serde_json::{Value as Json, json};

use crate::cli::output::Out;
use crate::domain::text::visible;
use crate::store::OutboxRow;
use crate::sync::plan::{Action, BatchPlan, EventPlan, FieldWrite, ItemPlan, Operation, PersonPlan, Target, relation};
use crate::sync::rules::Dropped;
use crate::words::Failure;

/// The plan for programs.
pub(super) fn as_json(rows: &[OutboxRow], plan: &BatchPlan) -> Json {
    let items: Vec<Json> = rows.iter().zip(&plan.items).map(|(row, item)| item_json(row, item, plan)).collect();
    json!({ "items": items })
}

fn item_json(row: &OutboxRow, item: &ItemPlan, plan: &BatchPlan) -> Json {
    let people: Vec<Json> = item.persons.iter().map(|&i| person_json(&plan.persons[i])).collect();
    json!({
        "item": (row.id != 0).then_some(row.id),
        "entity": row.entity,
        "id": row.entity_id,
        "who": row.label,
        "cause": row.cause,
        "people": people,
        "event": item.event.as_ref().map(|event| event_json(event, item, plan)),
        "nothing": item.nothing,
        "fault": item.fault.as_ref().map(|fault| &fault.message),
        "later": item.later,
        "notes": item.notes,
    })
}

fn person_json(person: &PersonPlan) -> Json {
    let record = match &person.target {
        Target::Record { object, id } => json!({ "object": object, "id": id, "linked": person.linked }),
        Target::Created { object } => json!({ "object": object, "id": null, "linked": false }),
        Target::Nobody(_) | Target::Lost => Json::Null,
    };
    json!({
        "who": person.label,
        "record": record,
        "reason": person.reason,
        "candidates": person.candidates,
        "seen": person.seen,
        "operation": person.operation,
        "dropped": person.dropped,
        "notes": person.notes,
    })
}

/// The operation's own keys, and what belongs to it.
fn event_json(event: &EventPlan, item: &ItemPlan, plan: &BatchPlan) -> Json {
    let mut json = match &event.operation {
        Some(operation) => serde_json::to_value(operation).unwrap_or_default(),
        None => json!({ "object": "Event", "action": "none" }),
    };
    let relation = relation(event, item, plan);
    json["people"] = json!(relation);
    json["dropped"] = json!(event.dropped);
    json["adopted"] = json!(event.adopted);
    json
}

/// The plan for people.
pub(super) fn print(rows: &[OutboxRow], plan: &BatchPlan, out: &mut Out) -> Result<(), Failure> {
    let mut told = std::collections::HashSet::new();
    for (row, item) in rows.iter().zip(&plan.items) {
        let what = match row.id {
            0 => format!("{} {}", row.entity.key(), row.entity_id),
            id => format!("item {id}"),
        };
        out.line(&format!("{what}: {} ({})", visible(&row.label), row.cause))?;
        if let Some(reason) = &item.nothing {
            out.line(&format!("  nothing: {}", visible(reason)))?;
        }
        if let Some(fault) = &item.fault {
            out.line(&format!("  held: {}", visible(&fault.message)))?;
        }
        if let Some(later) = item.later {
            out.line(&format!("  waits until {later}"))?;
        }
        for &index in &item.persons {
            let person = &plan.persons[index];
            if told.insert(index) {
                show_person(person, out)?;
            } else {
                out.line(&format!("  {}: as above", visible(&person.label)))?;
            }
        }
        if let Some(event) = &item.event {
            match &event.operation {
                Some(operation) => show(operation, &relation(event, item, plan), "", out)?,
                None => out.line("  Event: in step")?,
            }
            show_dropped(&event.dropped, out)?;
        }
        for note in item.notes.iter().filter(|note| !is_said(note, item.event.iter().flat_map(|event| &event.dropped)))
        {
            out.line(&format!("  note: {}", visible(note)))?;
        }
    }
    if rows.is_empty() {
        out.line("nothing is waiting")?;
    }
    Ok(())
}

fn show_person(person: &PersonPlan, out: &mut Out) -> Result<(), Failure> {
    match (&person.operation, &person.target) {
        (Some(operation), _) => show(operation, &[], &person.label, out)?,
        (None, Target::Record { object, id }) => {
            let line = format!("  {object} {id} {}: needs no write ({})", person.label, person.reason);
            out.line(&visible(&line))?;
        }
        (None, Target::Nobody(reason)) => out.line(&visible(&format!("  {}: {reason}", person.label)))?,
        (None, Target::Lost) => {
            let line = format!("  {}: the linked record is gone; they are looked for anew", person.label);
            out.line(&visible(&line))?;
        }
        (None, Target::Created { object }) => {
            out.line(&visible(&format!("  {}: a new {object}, later", person.label)))?;
        }
    }
    if person.candidates.len() > 1 {
        out.line(&format!("    multiple: {}", person.candidates.join(", ")))?;
    }
    let owner = person.seen.get("owner").and_then(Json::as_str).map(|owner| format!("owner {owner}"));
    let status = person.seen.get("status").and_then(Json::as_str).map(|status| format!("status {status}"));
    let seen: Vec<String> = [owner, status].into_iter().flatten().collect();
    if !seen.is_empty() {
        out.line(&visible(&format!("    in Salesforce: {}", seen.join(", "))))?;
    }
    show_dropped(&person.dropped, out)?;
    for note in person.notes.iter().filter(|note| !is_said(note, person.dropped.iter())) {
        out.line(&format!("  note: {}", visible(note)))?;
    }
    Ok(())
}

/// Fields that are left out are told once, also where a note says the same.
fn show_dropped(dropped: &[Dropped], out: &mut Out) -> Result<(), Failure> {
    for Dropped { field, reason } in dropped {
        out.line(&visible(&format!("    left out {field}: {reason}")))?;
    }
    Ok(())
}

fn is_said<'a>(note: &str, mut dropped: impl Iterator<Item = &'a Dropped>) -> bool {
    dropped.any(|Dropped { field, .. }| note.starts_with(&format!("{field} is left out: ")))
}

fn show(operation: &Operation, relation: &[FieldWrite], who: &str, out: &mut Out) -> Result<(), Failure> {
    let action = match &operation.action {
        Action::Create => format!("create {}", operation.object),
        Action::Update(id) => format!("update {} {id}", operation.object),
        Action::Delete(id) => format!("delete {} {id}", operation.object),
    };
    out.line(&format!("  {action} {} ({})", visible(who), visible(&operation.reason)))?;
    for write in operation.fields.iter().chain(relation) {
        let after = visible(&write.after.to_string()).into_owned();
        match &write.before {
            Some(before) => out.line(&format!("    {}: {} -> {after}", write.field, visible(&before.to_string())))?,
            None => out.line(&format!("    {}: {after}", write.field))?,
        }
    }
    Ok(())
}
