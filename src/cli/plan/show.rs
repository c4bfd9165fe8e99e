//! A plan as people and programs read it.

use serde_json::{Value as Json, json};

use crate::cli::output::Out;
use crate::domain::text::visible;
use crate::store::OutboxRow;
use crate::sync::explain;
use crate::sync::plan::{BatchPlan, EventPlan, ItemPlan, PersonPlan, Target, relation};
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
        "state": (row.id != 0).then_some(row.state),
        "rests": explain::rests(row),
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
    for (_, line) in explain::lines(rows, plan) {
        out.line(&visible(&line))?;
    }
    if rows.is_empty() {
        out.line("nothing is waiting")?;
    }
    Ok(())
}
