//! What a person who watches is told: our own calls, what ended alike, which records can be meant.

use jiff::Timestamp;
use rolodeck::salesforce::{Client, ClientConfig, TokenSource};
use rolodeck::store::{Entity, OutboxState};
use rolodeck::sync::calls::{count, counting};
use rolodeck::sync::relink::candidates;
use rolodeck::sync::status::WorkerStatus;
use serde_json::json;
use tokio::sync::watch;

use super::{Rig, cal, rig, watched_worker};

/// Another process's client: it has called nobody yet.
fn another(rig: &Rig) -> Client {
    let tokens = TokenSource::access_token(&rig.sandbox.url(), rig.sandbox.access_token().into()).unwrap();
    Client::new(ClientConfig::new(tokens)).unwrap()
}

fn guest(uid: &str, email: &str, name: &str) -> serde_json::Value {
    let person = json!({"email": email, "name": name, "timeZone": "Europe/Oslo"});
    let responses =
        json!({"name": {"label": "your_name", "value": name}, "email": {"label": "email_address", "value": email}});
    cal("BOOKING_CREATED", uid, 0, json!({"attendees": [person], "responses": responses}))
}

/// Who asks how much of the allowance is ours means the store, not the process.
#[tokio::test]
async fn our_own_calls_are_those_of_every_process_of_the_store() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let first = rig.client.calls_made();
    assert!(first > 0);
    assert_eq!(rig.store.calls_noted(Timestamp::now()).await.unwrap(), first);

    // A program that only asks.
    let asking = another(&rig);
    counting(&rig.store, &asking, asking.limits()).await.unwrap();
    counting(&rig.store, &asking, asking.describe("Nope")).await.unwrap_err();
    count(&rig.store, &asking, Timestamp::now()).await;
    assert_eq!(rig.store.calls_noted(Timestamp::now()).await.unwrap(), first + 2, "each once, also one that fails");

    // A worker that takes over.
    let (sender, status) = watch::channel(WorkerStatus::default());
    let client = another(&rig);
    let worker = watched_worker(&rig.store, &client, "", "next", sender);
    rig.calcom(cal("BOOKING_CREATED", "u2", 1, json!({"startTime": "2031-03-06T09:30:00Z"}))).await;
    worker.once().await.unwrap();
    let all = first + 2 + client.calls_made();
    assert_eq!(rig.store.calls_noted(Timestamp::now()).await.unwrap(), all);
    let api = status.borrow().api.unwrap();
    assert_eq!((api.used, api.ours), (all, all), "nobody else called");
}

#[tokio::test]
async fn what_fails_alike_is_one_line_and_what_fails_alone_names_its_item() {
    let down = json!({"status": 503, "body": [{"errorCode": "SERVER_UNAVAILABLE", "message": "down"}]});
    let faults = json!({"rules": [{"match": {"path": "/composite"}, "effect": {"answer": down}}]});
    let rig = rig(json!({}), faults, "").await;
    for n in 0..5 {
        rig.calcom(guest(&format!("u{n}"), &format!("p{n}@buyer.test"), &format!("P{n} Guest"))).await;
    }
    let report = rig.sync().await;
    assert_eq!((report.retry, report.lines.len()), (5, 1), "{report:?}");
    assert!(report.lines[0].starts_with("5 x SERVER_UNAVAILABLE: "), "{report:?}");

    let rig = super::rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({"endTime": "2031-03-05T08:00:00Z"}))).await;
    let report = rig.sync().await;
    let item = rig.store.outbox(&[OutboxState::Held], 9).await.unwrap()[0].id;
    let begins = format!("item {item} (Bo van der Guest, 60min between Ann Host and Bo Guest): ");
    assert!(report.held == 1 && report.lines[0].starts_with(&begins), "{report:?}");
}

/// An Event is the record of one meeting: another meeting at the same time cannot mean it.
#[tokio::test]
async fn records_that_are_taken_are_offered_last_and_marked() {
    let rig = rig(json!({}), json!({}), "").await;
    let first = rig.calcom(guest("u1", "ann@buyer.test", "Ann Guest")).await;
    rig.sync().await;
    let mut wrong = guest("u2", "bo@buyer.test", "Bo Guest");
    wrong["payload"]["endTime"] = json!("2031-03-05T08:00:00Z");
    rig.calcom(wrong).await;
    assert_eq!(rig.sync().await.held, 1);
    let item = rig.store.outbox(&[OutboxState::Held], 9).await.unwrap()[0].id;
    let found = candidates(&rig.store, &rig.client, item).await.unwrap();
    let taken: Vec<_> = found.iter().map(|one| (one.object.as_str(), one.taken)).collect();
    let (contact, activity) = (first.contact_id.unwrap(), first.activity_id.unwrap());
    assert!(taken.contains(&("Event", Some((Entity::Activity, activity)))), "{found:#?}");
    assert!(taken.contains(&("Contact", Some((Entity::Contact, contact)))), "the namesake: {found:#?}");
    // Of its own item it is no news.
    rig.sql("UPDATE outbox SET state = 'held' WHERE id = 1").await;
    let own = candidates(&rig.store, &rig.client, 1).await.unwrap();
    let event = own.iter().find(|one| one.object == "Event").unwrap();
    assert_eq!(event.taken, None, "{own:#?}");
    assert!(own.is_sorted_by_key(|one| one.taken.is_some()), "{own:#?}");
}
