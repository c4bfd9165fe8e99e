//! Events out: real receivers on the loopback that take, refuse, break off and never answer; real processes that end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::{Place, place};

/// One request as it came.
struct Got {
    headers: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What docs/hooks.md tells a receiver to do.
    fn is_signed_with(&self, secret: &str) -> bool {
        let header = self.header("rolodeck-signature");
        let (time, digest) = header.strip_prefix("t=").unwrap().split_once(",s=").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{}", self.body).as_bytes());
        mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")) == digest
    }
}

/// What a receiver does with a request.
#[derive(Clone, Copy)]
enum Does {
    Answer(&'static str),
    /// Reads it and closes the connection.
    Close,
    /// Reads it and says nothing, with the connection open.
    Hang,
}

/// A receiver: its address; what it does with each request is asked from `does`, what it got is told.
fn receiver() -> (String, Sender<Does>, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let (does, orders) = channel::<Does>();
    let (tell, got) = channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read(&mut stream) else { continue };
            let Ok(order) = orders.recv() else { return };
            if tell.send(request).is_err() {
                return;
            }
            match order {
                Does::Answer(status) => {
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes());
                }
                Does::Close => drop(stream),
                Does::Hang => open.push(stream),
            }
        }
    });
    (url, does, got)
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let headers = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length =
                headers.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
                return Some(Got { headers, body });
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
        }
    }
}

/// Waits for what must come; the time is for a machine that hangs.
fn next(got: &Receiver<Got>) -> Got {
    got.recv_timeout(Duration::from_mins(1)).unwrap()
}

fn hooked(more: &str) -> Place {
    let mut place = place();
    place.write(
        "config.toml",
        format!("[user]\nemail = \"ana@seller.test\"\n[serve]\nlisten = \"127.0.0.1:0\"\n{more}"),
    );
    place.env("ROLODECK_HOOK_SECRET", "s3cret");
    place
}

fn hook(name: &str, url: &str, events: &str, more: &str) -> String {
    format!("[[hook]]\nname = \"{name}\"\nevents = [{events}]\nurl = \"{url}\"\n{more}\n")
}

fn add(place: &Place, email: &str) -> String {
    let (code, added) = place.json(&["contact", "add", &format!("email={email}")]);
    assert_eq!(code, 0, "{added}");
    let id = &added["contact"]["id"];
    let id = if id.is_null() { &added["id"] } else { id };
    id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned)
}

fn states(place: &Place) -> Vec<(String, String, i64)> {
    place.query("SELECT event, state, attempts FROM hook_delivery ORDER BY id")
}

#[test]
fn an_event_is_signed_told_once_and_only_to_whom_it_concerns() {
    let (url, does, got) = receiver();
    let place = hooked(&format!(
        "{}{}",
        hook("crm", &url, "\"contact.*\"", ""),
        hook("qualified", &url, "\"contact.status_changed\"", "filter = \"status:qualified\"")
    ));
    add(&place, "before@buyer.test");
    // The first time begins the telling: what was before is not told.
    assert_eq!(place.json(&["hook", "send"]).1, serde_json::json!({"delivered": 0, "failed": 0}));

    let bo = add(&place, "bo@buyer.test");
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]), (0, serde_json::json!({"delivered": 1, "failed": 0})));
    let created = next(&got);
    assert!(created.is_signed_with("s3cret"), "{}", created.headers);
    assert_eq!(created.header("rolodeck-event"), "contact.created");
    assert_eq!(created.header("rolodeck-event-id"), created.json()["id"]);
    assert_eq!(created.json()["contact"]["email"], "bo@buyer.test");
    assert_eq!(created.json()["actor"], "ana@seller.test");
    assert_eq!(created.json()["own_sync"], false);

    assert_eq!(place.run(&["contact", "status", &bo, "disqualified"]).0, 0);
    does.send(Does::Answer("204 No Content")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 1, "the filter of `qualified` lets nobody through");
    let changed = next(&got).json();
    assert_eq!(
        (&changed["type"], &changed["change"]["to"]),
        (&"contact.status_changed".into(), &"disqualified".into())
    );

    assert_eq!(place.run(&["contact", "status", &bo, "qualified"]).0, 0);
    does.send(Does::Answer("200 OK")).unwrap();
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 2);
    let (one, two) = (next(&got).json(), next(&got).json());
    assert_eq!(one["id"], two["id"], "one event, told to both");
    assert_eq!(one["contact"]["status"], "Qualified");

    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 0, "nothing is told twice");
    assert_eq!(place.run(&["contact", "delete", &bo, "--yes"]).0, 0);
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 1);
    let gone = next(&got).json();
    assert_eq!(gone["type"], "contact.deleted");
    assert!(!gone.to_string().contains("buyer.test"), "{gone}");
    assert_eq!(gone["contact"]["id"], changed["contact"]["id"]);
}

#[test]
fn what_a_receiver_will_not_take_is_kept_tried_again_listed_and_left_out() {
    let (url, does, got) = receiver();
    let place = hooked(&hook("crm", &url, "\"contact.created\"", "timeout_seconds = 1"));
    assert_eq!(place.run(&["hook", "send"]).0, 0);
    add(&place, "a@buyer.test");
    add(&place, "b@buyer.test");
    // A failure ends the go: the second is not even tried.
    let mut ids = Vec::new();
    for (order, message) in [
        (Does::Answer("500 Internal Server Error"), "the receiver answered 500 Internal Server Error"),
        (Does::Answer("302 Found"), "the receiver answered 302 Found"),
        (Does::Hang, "no answer within 1 seconds"),
    ] {
        does.send(order).unwrap();
        assert_eq!(place.json(&["hook", "send"]), (3, serde_json::json!({"delivered": 0, "failed": 1})));
        let try_ = next(&got);
        ids.push(try_.json()["id"].clone());
        let listed = place.json(&["hook", "list"]).1;
        let failed = listed.as_array().unwrap().iter().find(|row| row["state"] == "retry").unwrap().clone();
        assert_eq!(failed["message"], message);
        // Retrying begins anew, so that the same delivery comes first again.
        assert_eq!(place.json(&["hook", "retry", &failed["id"].to_string()]), (0, serde_json::json!({"retried": 1})));
    }
    does.send(Does::Close).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["failed"], 1);
    next(&got);
    ids.dedup();
    assert_eq!(ids.len(), 1, "every try has the same id");
    // 410: it wants no more, and a person must look.
    assert_eq!(place.json(&["hook", "retry", "1"]).0, 0);
    does.send(Does::Answer("410 Gone")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["failed"], 1);
    next(&got);
    assert_eq!(place.json(&["hook", "list", "--state", "held"]).0, 3);
    assert_eq!(place.json(&["hook", "skip", "1"]), (0, serde_json::json!({"skipped": 1})));
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 1);
    assert_eq!(next(&got).json()["contact"]["email"], "b@buyer.test");
    let rows = states(&place);
    assert_eq!(rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>(), ["skipped", "done"]);
    // What is done can be sent again, under its id.
    assert_eq!(place.json(&["hook", "retry", "2"]).1["retried"], 1);
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 1);
    assert_eq!(next(&got).json()["contact"]["email"], "b@buyer.test");
}

#[test]
fn a_receiver_that_hangs_keeps_nobody_waiting_and_a_killed_process_loses_nothing() {
    let (slow, hang, stuck) = receiver();
    let (quick, does, got) = receiver();
    let place = hooked(&format!(
        "{}{}",
        hook("slow", &slow, "\"contact.created\"", "timeout_seconds = 60"),
        hook("quick", &quick, "\"contact.created\"", "")
    ));
    place.run(&["auth", "key", "create", "test"]);
    let mut serve = place.start(&["serve"]);
    // The hooks begin with the process; a contact before that would be told to nobody.
    while place.query::<(i64,)>("SELECT count(*) FROM setting WHERE key = 'hooks.cursor'") != [(1,)] {
        std::thread::yield_now();
    }
    hang.send(Does::Hang).unwrap();
    does.send(Does::Answer("200 OK")).unwrap();
    add(&place, "a@buyer.test");
    let first = next(&stuck);
    assert_eq!(next(&got).json()["id"], first.json()["id"], "while the other hangs");
    does.send(Does::Answer("200 OK")).unwrap();
    add(&place, "b@buyer.test");
    assert_eq!(next(&got).json()["contact"]["email"], "b@buyer.test");

    // Killed with a try under way: it is made again, under the same id.
    serve.child.kill().unwrap();
    serve.child.wait().unwrap();
    for _ in 0..2 {
        hang.send(Does::Answer("200 OK")).unwrap();
        does.send(Does::Answer("200 OK")).unwrap(); // for what was answered and not noted
    }
    let again = place.start(&["serve"]);
    assert_eq!(next(&stuck).json()["id"], first.json()["id"]);
    assert_eq!(next(&stuck).json()["contact"]["email"], "b@buyer.test");
    assert_eq!(again.stop(), 0);
}

#[test]
fn a_program_gets_the_event_on_its_standard_input() {
    let mut place = place();
    let out = place.path("told.json");
    place.write(
        "config.toml",
        format!(
            "[[hook]]\nname = \"file\"\nevents = [\"contact.created\"]\ncommand = [\"/usr/bin/tee\", {:?}]\n",
            out.to_str().unwrap()
        ),
    );
    place.env("PATH", "/usr/bin:/bin");
    assert_eq!(place.run(&["hook", "send"]).0, 0);
    add(&place, "a@buyer.test");
    assert_eq!(place.json(&["hook", "send"]), (0, serde_json::json!({"delivered": 1, "failed": 0})));
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(told["contact"]["email"], "a@buyer.test");
    // A status that is not 0 is a failure.
    place.write("config.toml", "[[hook]]\nname = \"file\"\nevents = [\"*\"]\ncommand = [\"/bin/false\"]\n");
    add(&place, "b@buyer.test");
    assert_eq!(place.json(&["hook", "send"]), (3, serde_json::json!({"delivered": 0, "failed": 1})));
}

#[test]
fn nothing_answers_itself_and_only_administrators_see_what_goes_out() {
    let (url, does, got) = receiver();
    let place = hooked(&hook("crm", &url, "\"*\"", "ignore_actors = [\"ana@seller.test\"]"));
    assert_eq!(place.run(&["hook", "send"]).0, 0);
    add(&place, "a@buyer.test");
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 0, "the actor is ignored");

    // Without the secret nothing is sent, and nothing is lost.
    let mut place = place;
    place.write("config.toml", format!("[user]\nemail = \"bo@seller.test\"\n{}", hook("crm", &url, "\"*\"", "")));
    place.env("ROLODECK_HOOK_SECRET", "");
    add(&place, "b@buyer.test");
    assert_eq!(place.json(&["hook", "send"]).1["failed"], 1);
    let listed = place.json(&["hook", "list"]).1;
    assert_eq!(listed[0]["message"], "there is no secret to sign with: ROLODECK_HOOK_SECRET is not set");
    place.env("ROLODECK_HOOK_SECRET", "other");
    assert_eq!(place.json(&["hook", "retry", &listed[0]["id"].to_string()]).0, 0);
    does.send(Does::Answer("200 OK")).unwrap();
    assert_eq!(place.json(&["hook", "send"]).1["delivered"], 1);
    assert!(next(&got).is_signed_with("other"));

    place.write("config.toml", "[user]\nemail = \"cy@seller.test\"\nrole = \"member\"\n");
    for command in [&["hook", "list"][..], &["hook", "retry", "1"], &["hook", "skip", "1"], &["hook", "show", "1"]] {
        let (code, _, error) = place.run(command);
        assert_eq!(code, 1, "{error}");
        assert!(error.contains("may not see what other programs are told"), "{error}");
    }
}

#[test]
fn changed_hooks_are_taken_while_running_and_wrong_ones_stop_nobody() {
    let (url, does, got) = receiver();
    let place = hooked("");
    place.run(&["auth", "key", "create", "test"]);
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    let _serve = place.start(&["serve"]);
    let begun = || place.query::<(i64,)>("SELECT count(*) FROM setting WHERE key = 'hooks.cursor'") == [(1,)];
    let wait = |so: &dyn Fn() -> bool| {
        while !so() {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    // Without a hook nothing is told; the first one begins the telling.
    add(&place, "before@buyer.test");
    place.write("config.toml", format!("{config}{}", hook("crm", &url, "\"contact.created\"", "")));
    wait(&begun);
    does.send(Does::Answer("200 OK")).unwrap();
    add(&place, "bo@buyer.test");
    let first = next(&got);
    assert_eq!(first.json()["contact"]["email"], "bo@buyer.test");

    // A filter that is wrong is no reason to stop; another receiver takes the place of the first.
    let (other, other_does, other_got) = receiver();
    place.write("config.toml", format!("{config}{}", hook("crm", &other, "\"contact.created\"", "filter = \"(\"")));
    does.send(Does::Answer("200 OK")).unwrap();
    add(&place, "cy@buyer.test");
    assert_eq!(next(&got).json()["contact"]["email"], "cy@buyer.test");
    place.write("config.toml", format!("{config}{}", hook("erp", &other, "\"contact.created\"", "")));
    // Whichever of the two was taken when somebody came tells it; sooner or later it is the new one.
    for n in 0.. {
        add(&place, &format!("d{n}@buyer.test"));
        let _ = does.send(Does::Answer("200 OK"));
        let _ = other_does.send(Does::Answer("200 OK"));
        if other_got.recv_timeout(Duration::from_secs(2)).is_ok() {
            break;
        }
        assert!(n < 60, "the new hook is never taken");
    }
    // Without any hook the place in the events is given up.
    place.write("config.toml", config);
    wait(&|| !begun());
}

/// With no program that stays, events are read only by `hook send`: until then they are told of, and not as nothing.
#[test]
fn events_that_nobody_handed_out_are_told_of() {
    let place = hooked(&hook("crm", "http://127.0.0.1:9/", "\"contact.created\"", ""));
    let listed = || place.run(&["hook", "list"]).1;
    assert_eq!(listed(), "nothing is waiting\n");
    assert_eq!(place.run(&["hook", "send"]).0, 0);
    for email in ["a@buyer.test", "b@buyer.test"] {
        add(&place, email);
    }
    assert!(listed().starts_with("2 events are not handed out yet: `rolodeck hook send`"), "{}", listed());
    let (_, stdout, stderr) = place.run(&["hook", "list", "--json"]);
    assert!(stdout.trim() == "[]" && stderr.contains("2 events are not handed out yet"), "{stdout}{stderr}");
    assert_eq!(place.run(&["hook", "list", "--state", "held"]).1, "nothing is waiting\n");
    assert_eq!(place.run(&["hook", "list", "--hook", "other"]).1, "nothing is waiting\n");
    assert_eq!(place.json(&["hook", "send"]).1["failed"], 1, "a receiver that fails is not tried again at once");
    assert!(!listed().contains("not handed out"), "{}", listed());
}
