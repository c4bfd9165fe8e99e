//! What the clock changes, with nobody connected to Salesforce: a program that stays does it at its time, one that tells
//! how things stand does it before it tells.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Place, http, name, place};

fn booking(uid: &str) -> Value {
    json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "2020-03-02T09:30:00.000Z", "payload": {
        "uid": uid, "title": "Demo", "startTime": "2020-03-05T09:30:00Z", "endTime": "2020-03-05T10:30:00Z",
        "status": "ACCEPTED", "organizer": {"name": "Ann", "email": "ann@seller.test", "timeZone": "UTC"},
        "attendees": [{"email": format!("{uid}@buyer.test"), "name": "Bo Guest", "timeZone": "UTC"}]}})
}

/// A meeting that ended long ago, a talk gone quiet, and a meeting that has lain in the trash for thirty days.
fn long_ago(config: &str) -> Place {
    let place = place();
    place.write("config.toml", config);
    let talk = json!({"object": "conversation", "id": "CVR-1", "creation_time": "2020-03-01T08:00:00Z",
        "last_updated_time": "2020-03-01T08:05:00Z", "status": "started", "contact": {"object": "contact", "id": "CTC-1",
        "email": "cy@buyer.test"}});
    for (file, told) in [("u1", booking("u1")), ("u2", booking("u2")), ("talk", talk)] {
        let file = place.write(&format!("{file}.json"), told.to_string());
        assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    }
    place.query::<()>("UPDATE activity SET trashed_at = 1 WHERE external_id = 'u2'");
    place
}

fn states(place: &Place) -> Vec<(String, String)> {
    place.query("SELECT external_id, state FROM activity ORDER BY external_id")
}

fn becomes(place: &Place, wanted: &[(&str, &str)]) {
    let limit = Instant::now() + Duration::from_mins(1); // only reached by a test that fails
    loop {
        let found = states(place);
        let same = found.iter().map(|(id, state)| (id.as_str(), state.as_str())).eq(wanted.iter().copied());
        if same {
            return;
        }
        assert!(Instant::now() < limit, "{found:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_stays_keeps_time_without_salesforce() {
    let place = long_ago("[user]\nemail = \"ann@seller.test\"\n[serve]\nlisten = \"127.0.0.1:0\"\n");
    assert_eq!(states(&place).len(), 3, "nothing keeps time yet");
    let serve = place.start(&["serve", "--unsigned"]);
    becomes(&place, &[("CVR-1", "abandoned"), ("u1", "completed")]);
    // What comes later is heard of while nothing else is due.
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let (status, answer) = http("POST", &format!("{url}/hooks/calcom"), &[], booking("u3").to_string().as_bytes());
    assert!((200..300).contains(&status), "{answer}");
    becomes(&place, &[("CVR-1", "abandoned"), ("u1", "completed"), ("u3", "completed")]);
    assert_eq!(serve.stop(), 0);
}

#[test]
fn what_tells_how_things_stand_looks_at_the_clock_first() {
    for program in [
        &["report", "--json"][..],
        &["export", "activities", "--columns", "state"],
        &["contact", "list"],
        &["filter", "list", "--counts"],
    ] {
        let place = long_ago("[sync]\nenabled = false\n");
        let (code, told, errors) = place.run(program);
        assert_eq!(code, 0, "{program:?}: {errors}");
        let states: Vec<_> = states(&place).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["abandoned", "completed"], "{program:?}");
        assert!(program[0] != "export" || told.contains("completed"), "{told}");
    }
}
