//! What people do about the queue and the worker: relink, pause, resume, dry run, status.

use serde_json::{Value, json};

use super::end_to_end::{connected, payload, records};
use super::{Place, name};

fn take(place: &Place, payload: &Value) {
    let file = place.write("in.json", payload.to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
}

#[test]
fn a_person_says_which_record_is_meant() {
    let (place, _sandbox, url) = connected("");
    // Whom nobody finds: they have another email in Salesforce.
    let org = super::http(
        "POST",
        &format!("{url}/services/data/v66.0/sobjects/Lead"),
        &auth(&place),
        br#"{"LastName":"Guest","Company":"Buyer","Email":"bo@old.test"}"#,
    );
    let lead = serde_json::from_str::<Value>(&org.1).unwrap()["id"].as_str().unwrap().to_owned();
    take(&place, &payload("BOOKING_CREATED", "u1", 0, json!({"endTime": "2031-03-05T08:00:00Z"})));
    assert_eq!(place.json(&["sync", "--once"]).1["held"], 1);
    let item = place.json(&["queue", "list"]).1[0]["id"].to_string();
    let contact = records(&url, "Contact")[0]["Id"].as_str().unwrap().to_owned();
    let user = records(&url, "User")[0]["Id"].as_str().unwrap().to_owned();

    for (record, words) in
        [(user.as_str(), "is no record that"), ("00Q5g00000000zz", "NOT_FOUND"), ("nonsense", "15 or 18 characters")]
    {
        let (code, _, stderr) = place.run(&["queue", "relink", &item, "--record", record]);
        assert_ne!(code, 0, "{record}");
        assert!(stderr.contains(words), "{record}: {stderr}");
    }
    let (code, relinked) = place.json(&["queue", "relink", &item, "--record", &lead]);
    assert_eq!((code, &relinked["object"], &relinked["name"]), (0, &json!("Lead"), &json!("Guest")));

    take(&place, &payload("BOOKING_CREATED", "u1", 9, json!({})));
    assert_eq!(place.json(&["sync", "--once"]).1["done"], 1);
    let events = records(&url, "Event");
    assert_eq!((events.len(), &events[0]["WhoId"]), (1, &json!(lead)));

    // An Event is the record of one meeting: another meeting cannot be it as well.
    take(&place, &payload("BOOKING_CREATED", "u2", 10, json!({"endTime": "2031-03-05T08:00:00Z"})));
    place.json(&["sync", "--once"]);
    let item = place.json(&["queue", "list"]).1[0]["id"].to_string();
    let event = events[0]["Id"].as_str().unwrap();
    let (code, _, stderr) = place.run(&["queue", "relink", &item, "--record", event]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("linked to activity 1 already"), "{stderr}");
    assert_eq!(place.run(&["queue", "relink", &item, "--record", &contact]).0, 0);
}

fn auth(place: &Place) -> [(&'static str, String); 2] {
    let token = place.value("ROLODECK_SF_ACCESS_TOKEN");
    [("Authorization", format!("Bearer {token}")), ("Content-Type", "application/json".to_owned())]
}

#[test]
fn a_dry_run_writes_nothing_and_a_pause_stops_everything() {
    let (place, _sandbox, url) = connected("");
    take(&place, &payload("BOOKING_CREATED", "u1", 0, json!({})));
    let (code, plan) = place.json(&["sync", "--once", "--dry-run"]);
    assert_eq!((code, &plan["items"][0]["event"]["action"]), (0, &json!("create")));
    assert_eq!(place.json(&["sync", "--status"]).1["queue"]["pending"], 1);

    assert_eq!(place.run(&["sync", "--pause"]).0, 0);
    let (code, _, stderr) = place.run(&["sync", "--once"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("paused") && stderr.contains("--resume"), "{stderr}");
    let (_, status) = place.json(&["sync", "--status"]);
    assert_eq!((&status["paused"], &status["holder"]), (&json!(true), &json!(null)));
    assert!(records(&url, "Event").is_empty());

    assert_eq!(place.run(&["sync", "--resume"]).0, 0);
    assert_eq!(place.run(&["sync", "--once"]).0, 0);
    assert_eq!(records(&url, "Event").len(), 1);
    let (code, stdout, _) = place.run(&["sync", "--status"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("nobody is syncing this store") && stdout.contains("1 done"), "{stdout}");
    assert_eq!(place.run(&["sync", "--dry-run"]).0, 2);
}

/// Bookings that end before they begin: Salesforce takes none, so each is held.
fn held(place: &Place, uids: &[&str]) -> Vec<i64> {
    for uid in uids {
        take(place, &payload("BOOKING_CREATED", uid, 0, json!({"endTime": "2031-03-05T08:00:00Z"})));
    }
    assert_eq!(place.json(&["sync", "--once"]).1["held"], uids.len());
    let mut items: Vec<i64> =
        place.json(&["queue", "list"]).1.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    items.sort_unstable();
    items
}

#[test]
fn each_item_that_was_not_changed_is_named_with_the_reason() {
    let (place, _sandbox, _url) = connected("");
    let items = held(&place, &["u1", "u2", "u3"]);
    let [a, b] = [items[0], items[1]].map(|item| item.to_string());

    let (code, text, _) = place.run(&["queue", "skip", &a, "99"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("1 item left out; `rolodeck queue retry` takes it back"), "{text}");
    assert!(text.contains("item 99 is as it was: there is no such item"), "{text}");
    let (code, told) = place.json(&["queue", "skip", &a]);
    assert_eq!((code, &told["skipped"]), (1, &json!(0)), "{told}");
    assert_eq!(told["unchanged"], json!([{"item": items[0], "why": "it is left out already"}]));

    // Taken back, it waits; and what waits needs no retry.
    assert_eq!(place.json(&["queue", "retry", &a]), (0, json!({"retried": 1, "unchanged": []})));
    let (code, text, _) = place.run(&["queue", "retry", &a, "99"]);
    assert_eq!(code, 1);
    assert!(text.contains("nothing was changed") && text.contains("it waits already"), "{text}");

    // A newer item stands for what was left out.
    assert_eq!(place.run(&["queue", "skip", &b]).0, 0);
    take(&place, &payload("BOOKING_CREATED", "u2", 9, json!({})));
    let (code, text, _) = place.run(&["queue", "retry", &b]);
    assert!(code == 1 && text.contains("has taken its place"), "{text}");

    assert_eq!(place.json(&["queue", "retry", "--held"]).1["retried"], 1, "the last that is held");
    let (code, told) = place.json(&["queue", "retry", "--held"]);
    assert_eq!((code, &told["retried"]), (0, &json!(0)), "nothing is held, and that is no failure");
    assert_eq!(place.run(&["queue", "retry"]).0, 2);

    let (_, text, _) = place.run(&["queue", "list", "--limit", "2"]);
    assert!(text.contains("there are more than these 2: --limit shows them"), "{text}");
    let (_, text, _) = place.run(&["queue", "list"]);
    assert!(!text.contains("there are more"), "{text}");
}

/// Nobody may believe that a retry is not needed: what is held stays where it is.
#[test]
fn what_is_held_is_planned_as_held_and_left_out_of_the_dry_run() {
    let (place, _sandbox, _url) = connected("");
    let item = held(&place, &["u1"])[0];
    take(
        &place,
        &payload(
            "BOOKING_CREATED",
            "u2",
            1,
            json!({"startTime": "2031-03-06T09:30:00Z", "endTime": "2031-03-06T10:30:00Z"}),
        ),
    );
    let (code, plan) = place.json(&["sync", "--once", "--dry-run"]);
    let items = plan["items"].as_array().unwrap();
    assert_eq!((code, items.len(), &items[0]["state"]), (0, 1, &json!("pending")), "{plan:#}");
    let (_, text, _) = place.run(&["sync", "--once", "--dry-run"]);
    assert!(text.contains("1 item is held and would not be sent"), "{text}");

    let (_, plan) = place.json(&["plan"]);
    let held = plan["items"].as_array().unwrap().iter().find(|one| one["item"] == item).unwrap();
    assert_eq!(held["state"], "held", "{plan:#}");
    let (_, text, _) = place.run(&["plan", &item.to_string()]);
    assert!(text.contains("  held (") && text.contains("): goes only after a retry"), "{text}");
    // Once it is left out, that is said too.
    assert_eq!(place.run(&["queue", "skip", &item.to_string()]).0, 0);
    let (_, text, _) = place.run(&["plan", &item.to_string()]);
    assert!(text.contains("  left out: goes only after a retry"), "{text}");
}

/// A wrong configuration is when one asks most of all.
#[test]
fn the_worker_is_looked_at_and_stopped_also_with_a_wrong_configuration() {
    let place = super::place();
    place.write("config.toml", "[sync]\nintervall_seconds = 5\n[user\n");
    assert_eq!(place.run(&["sync", "--status"]).0, 0);
    assert_eq!(place.run(&["sync", "--pause"]).0, 0);
    assert_eq!(place.run(&["sync", "--once"]).0, 2);
    let (_, stdout, _) = place.run(&["doctor"]);
    assert!(stdout.contains("config.toml:3:6: unclosed table"), "{stdout}");
}

/// Product C14: what a role does not reach is not there, whichever program asks.
#[test]
fn a_member_sees_and_touches_only_what_is_theirs() {
    let (place, _sandbox, _) = connected("");
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    assert_eq!(place.run(&["user", "add", "rep@seller.test"]).0, 0);
    for (email, owner) in [("mine@buyer.test", "owner=rep@seller.test"), ("other@buyer.test", "owner=")] {
        assert_eq!(place.run(&["contact", "add", &format!("email={email}"), owner]).0, 0);
    }
    take(&place, &payload("BOOKING_CREATED", "u1", 0, json!({})));
    let all = place.json(&["queue", "list"]).1;
    let item = |whose: &str| {
        let found = all.as_array().unwrap().iter().find(|row| row["label"].as_str().unwrap().contains(whose));
        found.unwrap_or_else(|| panic!("{whose}: {all:#}"))["id"].to_string()
    };
    let (mine, other) = (item("mine@buyer.test"), item("other@buyer.test"));

    place.write("config.toml", format!("{config}[user]\nemail = \"rep@seller.test\"\nrole = \"member\"\n"));
    let listed = place.json(&["queue", "list"]).1;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!(listed[0]["id"].to_string(), mine);
    let (code, _, stderr) = place.run(&["queue", "show", &other]);
    assert!(code != 0 && !stderr.contains("buyer.test"), "{stderr}");
    assert_ne!(place.run(&["plan", &other]).0, 0);
    assert_ne!(place.run(&["plan", "--contact", "other@buyer.test"]).0, 0);
    let (code, plan) = place.json(&["plan"]);
    assert_eq!((code, plan["items"].as_array().unwrap().len()), (0, 1), "{plan:#}");
    let record = "00Q5g00000000zz";
    let (_, _, stderr) = place.run(&["queue", "relink", &other, "--record", record]);
    assert!(stderr.contains("there is no queue item"), "{stderr}");

    let (code, report) = place.json(&["report"]);
    assert_eq!((code, &report["total"]["contacts"]), (0, &json!(1)), "{report:#}");
    for args in [&["deliveries"][..], &["deliveries", "1"]] {
        let (code, stdout, stderr) = place.run(args);
        assert!(code == 1 && stdout.is_empty() && stderr.contains("may not see what came in"), "{stdout}{stderr}");
    }

    // What a worker tells of its last results names everybody's contacts; what it tells of itself is for all.
    let line =
        |text: &str, names: bool| json!({"at": "2026-11-20T12:00:00Z", "ok": true, "text": text, "names": names});
    let told =
        json!({"results": [line("Created Lead for Other", true), line("the configuration was read again", false)]});
    let until = jiff::Timestamp::now().as_millisecond() + 600_000;
    place.query::<(i64,)>(&format!(
        "INSERT INTO lease (role, owner, host, pid, until, since, status) VALUES ('sync', 'x', 'h', 1, {until}, 0, '{told}')"
    ));
    for json in [false, true] {
        let args: &[&str] = if json { &["--json", "sync", "--status"] } else { &["sync", "--status"] };
        let (code, stdout, _) = place.run(args);
        assert!(code == 0 && stdout.contains("read again") && !stdout.contains("Lead for"), "{stdout}");
    }

    // Somebody else's row is as good as none, and stays as it is; one's own is left out.
    place.run(&["queue", "retry", &other]);
    place.run(&["queue", "skip", &other]);
    let state = |id: &str| place.query::<(String,)>(&format!("SELECT state FROM outbox WHERE id = {id}"))[0].0.clone();
    assert_eq!(state(&other), "pending");
    assert_eq!(place.json(&["queue", "skip", &mine]).1["skipped"], 1);
    assert_eq!((state(&mine), state(&other)), ("skipped".to_owned(), "pending".to_owned()));
    place.query::<(i64,)>(&format!("UPDATE outbox SET state = 'held' WHERE id = {other}"));
    place.run(&["queue", "retry", &other]);
    assert_eq!(state(&other), "held");
}
