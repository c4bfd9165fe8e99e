//! What was about to be created when the answer was lost: the outbox's `intent`, written before anything is sent.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::person::PersonKey;
use super::plan::{BatchPlan, Target};
use crate::store::OutboxRow;

/// People who are about to be created for a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People<'a> {
    /// The row's own contact: object and fields, all of them, because the email may change before it is looked for.
    pub own: Option<(&'a str, &'a Map<String, Json>)>,
    /// Guests, who are nothing but an email.
    pub guests: Vec<&'a str>,
}

impl People<'_> {
    /// As the outbox keeps it.
    pub fn to_json(&self) -> Json {
        let own = self.own.map(|(object, body)| json!({ "object": object, "body": body }));
        json!({ "person": own, "guests": self.guests })
    }
}

/// The Event of a booking.
pub fn event(body: &Map<String, Json>) -> Json {
    json!({ "event": body })
}

/// Object and fields of the person that a row was about to create.
pub fn of_person(row: &OutboxRow) -> Option<(&str, &Map<String, Json>)> {
    let person = row.intent.as_ref()?.get("person")?;
    Some((person.get("object")?.as_str()?, person.get("body")?.as_object()?))
}

/// Fields of the Event that a row was about to create.
pub fn of_event(row: &OutboxRow) -> Option<&Map<String, Json>> {
    row.intent.as_ref()?.get("event")?.as_object()
}

/// A field of an intent as the text that it is looked for by.
pub fn text<'a>(body: &'a Map<String, Json>, field: &str) -> Option<&'a str> {
    body.get(field)?.as_str()
}

/// Puts off what would create somebody whom another row may just have created: what is not there yet cannot be found.
/// `doubts`: the intents of those rows and when they are looked for.
pub fn put_off(plan: &mut BatchPlan, doubts: &[(Json, Timestamp)]) {
    let mut at: HashMap<&str, Timestamp> = HashMap::new();
    for (intent, until) in doubts {
        let own = ["/person/body/Email", "/person/body/MobilePhone"].map(|place| intent.pointer(place));
        let guests = intent.get("guests").and_then(Json::as_array).into_iter().flatten();
        for email in own.into_iter().flatten().chain(guests).filter_map(Json::as_str) {
            at.entry(email).and_modify(|at| *at = (*at).max(*until)).or_insert(*until);
        }
    }
    let mut waits: HashMap<usize, Timestamp> = HashMap::new();
    for (index, person) in plan.persons.iter().enumerate() {
        let Target::Created { .. } = person.target else { continue };
        let email = match &person.key {
            PersonKey::Guest(email) => Some(email.as_str()),
            PersonKey::Contact(_) => text(&person.sent, "Email").or_else(|| text(&person.sent, "MobilePhone")),
        };
        if let Some(until) = email.and_then(|email| at.get(email)) {
            waits.insert(index, *until);
        }
    }
    if waits.is_empty() {
        return;
    }
    let note = "another item may just have created the same person: it waits until that is known";
    for item in &mut plan.items {
        item.later = item.persons.iter().filter_map(|person| waits.get(person)).max().copied();
        if item.later.is_some() {
            item.notes.push(note.to_owned());
        }
    }
    // Nothing is written for an item that waits.
    let needed: HashSet<usize> =
        plan.items.iter().filter(|item| item.later.is_none()).flat_map(|item| &item.persons).copied().collect();
    for (index, person) in plan.persons.iter_mut().enumerate() {
        person.operation.take_if(|_| !needed.contains(&index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_as_they_were_written() {
        let body = Map::from_iter([("Email".to_owned(), Json::from("a@x.test"))]);
        let json = People { own: Some(("Lead", &body)), guests: vec!["b@x.test"] }.to_json();
        assert_eq!(json["person"]["object"], "Lead");
        let plan = |email: &str| {
            let mut plan = BatchPlan::default();
            plan.persons.push(crate::sync::plan::PersonPlan {
                key: PersonKey::Guest(email.to_owned()),
                label: String::new(),
                target: Target::Created { object: "Lead".to_owned() },
                linked: false,
                operation: None,
                sent: Map::new(),
                candidates: Vec::new(),
                seen: Json::Null,
                reason: String::new(),
                dropped: Vec::new(),
                notes: Vec::new(),
            });
            plan.items.push(crate::sync::plan::ItemPlan {
                row_id: 1,
                version: 1,
                entity: crate::store::Entity::Activity,
                entity_id: 1,
                persons: vec![0],
                event: None,
                nothing: None,
                left_out: false,
                fault: None,
                later: None,
                notes: Vec::new(),
            });
            put_off(&mut plan, &[(json.clone(), Timestamp::UNIX_EPOCH), (json!({"event": {}}), Timestamp::MAX)]);
            plan.items[0].later
        };
        assert_eq!(plan("a@x.test"), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(plan("b@x.test"), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(plan("c@x.test"), None);
    }
}
