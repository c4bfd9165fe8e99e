//! Which events an entry of the history is. Pure.

use serde_json::{Value as Json, json};

use crate::domain::activity::{Kind, State};
use crate::store::Happening;

/// Who stands in the history for what the sync with Salesforce did.
const SYNC: &str = "salesforce";

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// contact.updated, booking.canceled, …
    pub name: String,
    /// What tells two events of one entry apart in their ids.
    pub part: &'static str,
    /// What changed.
    pub change: Json,
}

/// True if our own sync did it: whoever writes to Salesforce on an event must not answer this one.
pub fn is_own_sync(actor: &str) -> bool {
    actor == SYNC
}

/// The events of an entry; none for what only people here care about. `kind`: of the activity that it is about, if that
/// is still there.
pub fn events(happening: &Happening, kind: Option<Kind>) -> Vec<Event> {
    let Happening { what, data, .. } = happening;
    let one = |name: String, change: Json| vec![Event { name, part: "", change }];
    if what == "status" {
        return one("contact.status_changed".to_owned(), change(data));
    }
    if happening.activity.is_some() {
        let Some(kind) = kind else { return Vec::new() };
        return about(kind, what, data).map_or_else(Vec::new, |name| one(name, change(data)));
    }
    match what.as_str() {
        // Contacts that come into being are read from their own table, those of imports among them.
        "created" | "synced" | "erased" => Vec::new(),
        "deleted" => one("contact.deleted".to_owned(), json!({})),
        "merged" => one("contact.merged".to_owned(), change(data)),
        "owner" => {
            let field = json!({ "field": "owner", "from": data["from"], "to": data["to"] });
            one("contact.updated".to_owned(), json!({ "changes": [field] }))
        }
        _ => {
            // An edit, an import, or something taken back: fields, and perhaps the status with them.
            let mut events = Vec::new();
            let mut rest = change(data);
            let status = rest.as_object_mut().and_then(|fields| fields.remove("status")).filter(|s| !s.is_null());
            let fields = data["changes"].as_array().is_some_and(|changes| !changes.is_empty());
            if fields || status.is_none() && happening.contact.is_some() {
                events.push(Event { name: "contact.updated".to_owned(), part: "", change: rest });
            }
            if let Some(status) = status {
                events.push(Event { name: "contact.status_changed".to_owned(), part: "s", change: status });
            }
            events
        }
    }
}

/// The event of an activity.
fn about(kind: Kind, what: &str, data: &Json) -> Option<String> {
    let word = match what {
        "synced" => return None,
        "state" => data["to"].as_str().and_then(State::parse)?.key(),
        "moved" => State::Rescheduled.key(),
        "reassigned" => "reassigned",
        what => State::parse(what).map_or("updated", State::key),
    };
    // What a form can become is told by `submitted` alone.
    let name = format!("{}.{word}", kind.key());
    crate::config::EVENTS.contains(&name.as_str()).then_some(name)
}

/// What stands in the history, without what only the history needs.
fn change(data: &Json) -> Json {
    match data {
        Json::Object(fields) => Json::Object(fields.clone()),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn told(what: &str, data: Json, kind: Option<Kind>) -> Vec<String> {
        let happening = Happening {
            id: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: "ana@seller.test".to_owned(),
            contact: Some(7),
            activity: kind.map(|_| 3),
            what: what.to_owned(),
            data,
        };
        events(&happening, kind).into_iter().map(|event| event.name).collect()
    }

    #[test]
    fn every_entry_of_the_history_is_known_events() {
        let status = json!({ "from": null, "to": "qualified" });
        let field = json!([{ "field": "company", "from": null, "to": "Acme" }]);
        let none: [&str; 0] = [];
        for (what, data, kind, expected) in [
            ("created", json!({}), None, &none[..]),
            ("updated", json!({ "changes": field }), None, &["contact.updated"]),
            ("imported", json!({ "changes": field, "import": 1 }), None, &["contact.updated"]),
            ("owner", json!({ "from": null, "to": "bo@seller.test" }), None, &["contact.updated"]),
            ("status", status.clone(), None, &["contact.status_changed"]),
            ("status", status.clone(), Some(Kind::Conversation), &["contact.status_changed"]),
            ("merged", json!({ "from": 9 }), None, &["contact.merged"]),
            ("deleted", json!({ "contact": 9 }), None, &["contact.deleted"]),
            ("synced", json!({ "note": [] }), None, &none),
            ("synced", json!({ "note": [] }), Some(Kind::Booking), &none),
            (
                "undone",
                json!({ "changes": field, "status": status }),
                None,
                &["contact.updated", "contact.status_changed"],
            ),
            ("undone", json!({ "changes": [], "status": status }), None, &["contact.status_changed"]),
            ("undone", json!({ "changes": [] }), None, &["contact.updated"]),
            ("scheduled", json!({}), Some(Kind::Booking), &["booking.scheduled"]),
            ("requested", json!({}), Some(Kind::Booking), &["booking.requested"]),
            ("moved", json!({}), Some(Kind::Booking), &["booking.rescheduled"]),
            ("reassigned", json!({}), Some(Kind::Booking), &["booking.reassigned"]),
            ("readdressed", json!({}), Some(Kind::Booking), &["booking.updated"]),
            ("details", json!({}), Some(Kind::Booking), &["booking.updated"]),
            ("state", json!({ "from": "scheduled", "to": "no_show" }), Some(Kind::Booking), &["booking.no_show"]),
            ("state", json!({ "from": "started", "to": "closed" }), Some(Kind::Conversation), &["conversation.closed"]),
            ("submitted", json!({}), Some(Kind::Form), &["form.submitted"]),
            ("details", json!({}), Some(Kind::Form), &none),
        ] {
            assert_eq!(told(what, data, kind), expected, "{what}");
        }
    }

    #[test]
    fn every_event_of_a_booking_can_be_chosen() {
        for state in State::ALL {
            for kind in [Kind::Booking, Kind::Conversation, Kind::Form] {
                for name in told(state.key(), json!({}), Some(kind)) {
                    assert!(crate::config::EVENTS.contains(&name.as_str()), "{name}");
                }
            }
        }
    }
}
