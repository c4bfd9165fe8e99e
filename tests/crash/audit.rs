//! The org and the store at the end, against what happened in the world.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rolodeck::salesforce::parse_datetime;
use serde_json::{Value, json};

use super::place::{Place, http};
use super::world::World;

/// What a killed worker left behind.
pub struct Left {
    /// Rows that it had claimed.
    pub rows: i64,
    /// Those of them that were about to be created in Salesforce.
    pub intents: i64,
}

pub fn in_flight(place: &Place) -> Left {
    // The first worker may have been killed before it made the store.
    if !place.path("data").join("rolodeck.db").exists() {
        return Left { rows: 0, intents: 0 };
    }
    // … or while it made the tables.
    let tables: Vec<(String,)> = place.query("SELECT name FROM sqlite_master WHERE name = 'outbox_count'");
    if tables.is_empty() {
        return Left { rows: 0, intents: 0 };
    }
    let counts = place.query("SELECT count(*), count(intent) FROM outbox WHERE state = 'in_flight'");
    let (rows, intents) = counts[0];
    Left { rows, intents }
}

/// Everyone once, every Event once with the right times under the right person, and every link right. In figures.
pub fn audit(place: &Place, url: &str, world: &World, person: &str) -> String {
    let dump: Value = serde_json::from_str(&http("GET", &format!("{url}/__admin/dump"), &[], b"").1).unwrap();
    let records = |object: &str| -> Vec<Value> {
        let all = dump[object].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|record| record["IsDeleted"] != json!(true)).collect()
    };
    let text = |record: &Value, field: &str| record[field].as_str().unwrap_or_default().to_owned();

    let mut people: BTreeMap<String, String> = BTreeMap::new();
    for object in ["Contact", "Lead"] {
        for record in records(object) {
            assert_eq!(object, person, "{record:#}");
            let (email, id) = (text(&record, "Email"), text(&record, "Id"));
            assert_eq!(people.insert(email.clone(), id), None, "{email} is there twice");
        }
    }
    let found: BTreeSet<&str> = people.keys().map(String::as_str).collect();
    let missing: Vec<_> = world.expected().difference(&found).copied().collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    let strangers: Vec<_> = found.difference(&world.known()).copied().collect();
    assert!(strangers.is_empty(), "nobody knows {strangers:?}");

    let mut events: BTreeMap<String, Value> = BTreeMap::new();
    for event in records("Event") {
        let title = text(&event, "Subject");
        assert!(!events.contains_key(&title), "twice: {event:#} {:#}", events[&title]);
        events.insert(title, event);
    }
    let contacts: BTreeMap<String, String> = place
        .query::<(String, String)>(
            "SELECT c.email, l.record_id FROM contact c JOIN link l ON l.entity = 'contact' AND l.entity_id = c.id",
        )
        .into_iter()
        .collect();
    let linked: BTreeMap<String, String> = place
        .query::<(String, String)>(
            "SELECT a.subject, l.record_id FROM activity a JOIN link l ON l.entity = 'activity' AND l.entity_id = a.id",
        )
        .into_iter()
        .collect();
    for booking in &world.bookings {
        let title = &booking.title;
        let Some(event) = events.get(title) else {
            assert!(booking.canceled, "lost: {title}");
            assert_eq!(linked.get(title), None, "{title} is cancelled");
            continue;
        };
        assert!(!booking.canceled, "not cancelled: {title}");
        let time = |field: &str| -> Option<Timestamp> { parse_datetime(event[field].as_str()?) };
        assert_eq!((time("StartDateTime"), time("EndDateTime")), (Some(booking.start), Some(booking.end())), "{title}");
        assert_eq!(text(event, "WhoId"), people[&booking.people[0]], "{title} is under somebody else");
        assert_eq!(linked.get(title), Some(&text(event, "Id")), "{title}");
        assert_eq!(contacts.get(&booking.people[0]), people.get(&booking.people[0]), "{title}");
    }
    for (email, id) in &contacts {
        assert_eq!(people.get(email), Some(id), "{email} is linked to another record");
    }
    for (email, id) in place.query::<(String, String)>("SELECT email, record_id FROM guest_link") {
        assert_eq!(people.get(&email), Some(&id), "{email} is linked to another record");
    }
    let [(known,)] = place.query::<(i64,)>("SELECT count(*) FROM activity")[..] else { unreachable!() };
    assert_eq!(known as usize, world.bookings.len(), "bookings in the store");
    let standing = events.len();
    let (people, bookings) = (people.len(), world.bookings.len());
    format!("{people} people and {standing} Events of {bookings} bookings, each once")
}
