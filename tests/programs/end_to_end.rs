//! From a webhook's payload to the org and back: sandbox, ingest, sync, plan, queue as separate processes.

use serde_json::{Value, json};

use super::{Place, Running, http, name, place, sandbox};

const USERS: &str = r#"{"User": [{"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "Email": "ann@seller.test", "Alias": "ann"}]}"#;

pub fn connected(profile: &str) -> (Place, Running, String) {
    let mut place = place();
    let (running, url, token) = sandbox(&place, USERS);
    place.write("config.toml", format!("[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n{profile}"));
    place.env("ROLODECK_SF_ACCESS_TOKEN", &token);
    (place, running, url)
}

pub fn payload(trigger: &str, uid: &str, minute: u32, change: Value) -> Value {
    let mut payload = json!({
        "uid": uid, "type": "demo", "title": "Demo with Bo", "startTime": "2031-03-05T09:30:00Z",
        "endTime": "2031-03-05T10:30:00Z", "status": "ACCEPTED",
        "organizer": {"name": "Ann Host", "email": "ann@seller.test", "timeZone": "Europe/Oslo"},
        "attendees": [{"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"}]
    });
    for (key, value) in change.as_object().unwrap() {
        payload[key] = value.clone();
    }
    json!({"triggerEvent": trigger, "createdAt": format!("2031-03-02T09:{minute:02}:00.000Z"), "payload": payload})
}

pub fn records(url: &str, object: &str) -> Vec<Value> {
    let (_, body) = http("GET", &format!("{url}/__admin/dump"), &[], b"");
    let dump: Value = serde_json::from_str(&body).unwrap();
    let all = dump[object].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|record| record["IsDeleted"] != json!(true)).collect()
}

#[test]
fn a_booking_travels_from_its_payload_to_the_org() {
    let (place, _sandbox, url) = connected("");
    let file = place.write("one.json", payload("BOOKING_CREATED", "u1", 0, json!({})).to_string());
    let (code, report) = place.json(&["ingest", name(&file)]);
    assert_eq!((code, &report["stored"], &report["contacts_created"]), (0, &json!(1), &json!(1)));

    let (code, plan) = place.json(&["plan"]);
    assert_eq!(code, 0);
    assert_eq!(plan["items"][0]["people"][0]["operation"]["object"], "Contact");
    assert_eq!(plan["items"][0]["event"]["action"], "create");
    assert!(records(&url, "Contact").is_empty(), "a plan writes nothing");

    let (code, report) = place.json(&["sync", "--once"]);
    assert_eq!((code, &report["done"], &report["held"]), (0, &json!(1), &json!(0)), "{report:#}");
    assert!(report["calls"].as_u64().unwrap() <= 3, "{report:#}");
    let (contacts, events) = (records(&url, "Contact"), records(&url, "Event"));
    assert_eq!((contacts.len(), events.len()), (1, 1));
    assert_eq!(events[0]["WhoId"], contacts[0]["Id"]);
    assert_eq!(events[0]["StartDateTime"], "2031-03-05T09:30:00.000+0000");

    let moved = json!({"rescheduleUid": "u1", "startTime": "2031-03-07T08:00:00Z", "endTime": "2031-03-07T09:00:00Z"});
    let file = place.write("two.json", payload("BOOKING_RESCHEDULED", "u2", 5, moved).to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    assert_eq!(place.json(&["sync", "--once"]).1["done"], 1);
    let after = records(&url, "Event");
    assert_eq!((after.len(), &after[0]["Id"]), (1, &events[0]["Id"]));
    assert_eq!(after[0]["StartDateTime"], "2031-03-07T08:00:00.000+0000");

    let file =
        place.write("three.json", payload("BOOKING_CANCELLED", "u2", 9, json!({"status": "CANCELLED"})).to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    assert_eq!(place.json(&["sync", "--once"]).1["done"], 1);
    assert!(records(&url, "Event").is_empty());

    // All of it again: nothing changes and nothing is asked.
    for file in ["one.json", "two.json", "three.json"] {
        let (code, report) = place.json(&["ingest", name(&place.path(file))]);
        assert_eq!((code, &report["duplicates"]), (0, &json!(1)));
    }
    let (code, report) = place.json(&["sync", "--once"]);
    assert_eq!((code, &report["done"], &report["calls"]), (0, &json!(0), &json!(0)));
}

#[test]
fn json_lines_go_on_behind_a_broken_one() {
    let place = place();
    let mut text = payload("BOOKING_CREATED", "u1", 0, json!({})).to_string() + "\n{\"triggerEvent\": \"BOOK\n";
    text += &(payload("BOOKING_CREATED", "u2", 1, json!({})).to_string() + "\n");
    text += "{\"triggerEvent\": \"SOMETHING_NEW\", \"createdAt\": \"2031-03-02T09:00:00Z\", \"payload\": {}}\n";
    let file = place.write("many.jsonl", text);
    let (code, stdout, _) = place.run(&["ingest", name(&file)]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("line 2: refused"), "{stdout}");
    assert!(
        stdout
            .contains("2 stored (1 new contacts, 2 new activities), 0 seen before, 1 of unknown type kept, 1 refused"),
        "{stdout}"
    );
}

#[test]
fn what_fails_is_in_the_queue_with_words_and_can_be_retried_and_skipped() {
    let (place, _sandbox, url) = connected("");
    // Salesforce refuses an Event that ends before it begins.
    let wrong = payload("BOOKING_CREATED", "u1", 0, json!({"endTime": "2031-03-05T08:00:00Z"}));
    let file = place.write("one.json", wrong.to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    let (code, report) = place.json(&["sync", "--once"]);
    assert_eq!((code, &report["held"]), (3, &json!(1)), "{report:#}");

    let (_, list) = place.json(&["queue", "list"]);
    let id = list[0]["id"].to_string();
    assert_eq!((&list[0]["state"], &list[0]["object"]), (&json!("held"), &json!("Event")));
    let (code, stdout, _) = place.run(&["queue", "show", &id]);
    assert_eq!(code, 0);
    for word in ["needs you", "Bo Guest", "means", "do "] {
        assert!(stdout.contains(word), "{word}: {stdout}");
    }
    assert_eq!(place.json(&["queue", "retry", &id]), (0, json!({"retried": 1, "unchanged": []})));
    assert_eq!(place.json(&["sync", "--once"]).1["held"], 1);
    let (code, told) = place.json(&["queue", "skip", &id, "4711"]);
    assert_eq!((code, &told["skipped"], &told["unchanged"][0]["item"]), (3, &json!(1), &json!(4711)));
    assert_eq!(place.json(&["queue", "list"]).1, json!([]));
    // The times are corrected at the source; the change gives it another chance.
    let right = payload("BOOKING_CREATED", "u1", 9, json!({}));
    let file = place.write("right.json", right.to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    assert_eq!(place.json(&["sync", "--once"]).1["done"], 1);
    assert_eq!((records(&url, "Contact").len(), records(&url, "Event").len()), (1, 1));

    let (code, _, stderr) = place.run(&["queue", "show", "4711"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no queue item 4711"), "{stderr}");
}

#[test]
fn without_a_connection_it_says_what_is_missing() {
    let place = place();
    let (code, _, stderr) = place.run(&["sync", "--once"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("Salesforce is not connected"), "{stderr}");
    place.write("config.toml", "[salesforce]\nauth = \"access_token\"\ninstance_url = \"http://127.0.0.1:9\"\n");
    let (code, _, stderr) = place.run(&["sync", "--once"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("ROLODECK_SF_ACCESS_TOKEN"), "{stderr}");
}

#[test]
fn a_wrong_filter_in_the_configuration_is_said_with_its_place() {
    let (place, _sandbox, url) = connected("");
    let config = format!(
        "[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n[sync]\ngate = \"stauts:qualified\"\n"
    );
    place.write("config.toml", config);
    let (code, _, stderr) = place.run(&["sync", "--once"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("[sync] gate") && stderr.contains("status"), "{stderr}");
}
