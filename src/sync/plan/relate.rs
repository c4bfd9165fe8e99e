//! Whom an Event is under, and whether that is still right.
//!
//! An Event follows its booking's attendees: who books instead of another, comes along or stays away changes `WhoId` and
//! `EventWhoIds`. Only a change here is written, so that people whom somebody related by hand stay until then.

use serde_json::Value as Json;

use super::{BatchPlan, EventPlan, FieldWrite, Item, ItemPlan, Related, Target, creates_event, linked, people};
use crate::domain::activity::State;
use crate::sync::found::Guests;

/// The records under which an Event was put when it was last written, the first one first.
pub fn written_people(sent: &Json) -> Vec<String> {
    let first = sent.get("WhoId").and_then(Json::as_str);
    let all = sent.get("EventWhoIds").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let mut ids: Vec<String> = first.into_iter().map(str::to_owned).collect();
    for id in all {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// True if a row's people must be known: its Event is new, or they may be others than when it was last written. `all`:
/// the org relates more than the first.
///
/// A booking that is off relates nobody: who is left to be told stays as they are.
pub fn relates(item: &Item<'_>, guests: &Guests, all: bool) -> bool {
    let Some(link) = item.activity_link else { return creates_event(item) };
    let off = item.activity.is_none_or(|activity| matches!(activity.state, State::Canceled | State::Requested));
    if off || !item.admitted {
        return false;
    }
    let before = written_people(&link.sent);
    let mut people = people(item);
    if people.iter().all(|who| who.email.is_none()) {
        return false; // nothing says who they are; the Event keeps whom it has
    }
    people.truncate(if all { usize::MAX } else { 1 });
    let now = people.iter().map(|who| linked(item, who, guests).map(|(_, id)| id)).collect::<Option<Vec<_>>>();
    now.is_none_or(|now| !same(&before, &now, all))
}

/// True if an Event that is under `before` need not be put under `now`.
pub fn same(before: &[String], now: &[String], all: bool) -> bool {
    let others = |ids: &[String]| {
        let mut others = ids.get(1..).unwrap_or_default().to_vec();
        others.sort_unstable();
        others.dedup();
        others
    };
    before.first() == now.first() && (!all || others(before) == others(now))
}

/// What is written of the people of an Event: `WhoId` and `EventWhoIds`, as far as they change.
pub fn relation_of(related: &Related, ids: &[String]) -> Vec<(&'static str, Json)> {
    let mut fields = Vec::new();
    let Some(first) = ids.first() else { return fields };
    if related.before.first() != Some(first) {
        fields.push(("WhoId", Json::from(first.as_str())));
    }
    let all = related.all && (!related.before.is_empty() || ids.len() > 1);
    if all && !same(&related.before, ids, true) {
        fields.push(("EventWhoIds", Json::from(ids)));
    }
    fields
}

/// The same for a plan that is not carried out yet: people who are new stand there by name.
pub fn relation(event: &EventPlan, item: &ItemPlan, batch: &BatchPlan) -> Vec<FieldWrite> {
    let Some(related) = &event.people else { return Vec::new() };
    let name = |person: &usize| {
        let person = &batch.persons[*person];
        match &person.target {
            Target::Record { id, .. } => Some(id.clone()),
            Target::Created { object } => Some(format!("(new {object} {})", person.label)),
            Target::Lost => Some(format!("({}, who is looked for anew)", person.label)),
            Target::Nobody(_) => None,
        }
    };
    let ids: Vec<String> = item.persons.iter().filter_map(name).collect();
    let before = |field: &str| match field {
        "WhoId" => related.before.first().map(|id| Json::from(id.as_str())),
        _ => (!related.before.is_empty()).then(|| Json::from(related.before.as_slice())),
    };
    relation_of(related, &ids)
        .into_iter()
        .map(|(field, after)| FieldWrite { field: field.to_owned(), before: before(field), after })
        .collect()
}
