//! What an operator does: copies, a restored store, a changed configuration, and secrets that nobody may see.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Place, name, place, sandbox};

const ORG: &str =
    r#"{"User": [{"Username": "ann@seller.test", "LastName": "Host", "Email": "ann@seller.test", "Alias": "ann"}]}"#;
const BOOKING: &str = r#"{"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-20T10:00:00Z", "payload": {
    "uid": "u1", "title": "Intro", "type": "demo", "startTime": "2031-01-05T10:00:00Z", "endTime": "2031-01-05T10:30:00Z",
    "organizer": {"email": "ann@seller.test", "name": "Ann", "timeZone": "UTC"},
    "attendees": [{"email": "bo@buyer.test", "name": "Bo Lee", "timeZone": "UTC"}], "status": "ACCEPTED"}}"#;

#[test]
fn a_copy_is_made_and_comes_back() {
    let place = place();
    let (code, _, told) = place.run(&["backup"]);
    assert!(code == 2 && told.contains("there is no store"), "{told}");
    let file = place.write("booking.json", BOOKING);
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    let copy = place.path("copy.db");
    let (code, made) = place.json(&["backup", name(&copy)]);
    assert_eq!((code, &made["contacts"], &made["activities"]), (0, &json!(1), &json!(1)));
    assert_eq!(place.run(&["backup"]).0, 0);
    assert_eq!(std::fs::read_dir(place.path("data/backups")).unwrap().count(), 1);

    let other = place.write("other.json", BOOKING.replace("bo@buyer.test", "eve@buyer.test").replace("u1", "u2"));
    assert_eq!(place.run(&["ingest", name(&other)]).0, 0);
    let (code, back) = place.json(&["restore", name(&copy)]);
    assert_eq!((code, &back["restored"]["contacts"], &back["sync_paused"]), (0, &json!(1), &json!(true)), "{back:#}");
    assert!(std::path::Path::new(back["before"].as_str().unwrap()).exists());
    assert_eq!(place.query::<(i64,)>("SELECT count(*) FROM contact"), [(1,)]);
    let (code, _, told) = place.run(&["restore", name(&file)]);
    assert!(code == 1 && told.contains("fix:"), "{told}");
    assert_eq!(place.run(&["restore", "/no/such/file"]).0, 2);
    assert_eq!(place.query::<(i64,)>("SELECT count(*) FROM contact"), [(1,)]);
}

#[test]
fn a_restore_that_is_killed_leaves_no_store_that_writes_to_salesforce() {
    let place = place();
    let file = place.write("booking.json", BOOKING);
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    let (copy, two, store) = (place.path("copy.db"), place.path("two.db"), place.path("data/rolodeck.db"));
    assert_eq!(place.run(&["backup", name(&copy)]).0, 0);
    let other = place.write("other.json", BOOKING.replace("bo@buyer.test", "eve@buyer.test").replace("u1", "u2"));
    assert_eq!(place.run(&["ingest", name(&other)]).0, 0);
    assert_eq!(place.run(&["backup", name(&two)]).0, 0);
    let mut random = fastrand::Rng::with_seed(3);
    let (mut before, mut after) = (0, 0);
    // As long as one takes here, so that some are killed on the way.
    let start = Instant::now();
    assert_eq!(place.run(&["restore", name(&copy)]).0, 0);
    let whole = start.elapsed().as_millis() as u64;
    for round in 0..24 {
        for old in std::fs::read_dir(place.path("data")).unwrap() {
            let _ = std::fs::remove_file(old.unwrap().path()); // all but the folders
        }
        std::fs::copy(&two, &store).unwrap();
        let running = place.spawn(&["restore", name(&copy)]);
        std::thread::sleep(Duration::from_millis(if round == 0 { 0 } else { random.u64(..2 * whole) }));
        drop(running); // killed
        let paused = place.query::<(String,)>("SELECT value FROM setting WHERE key = 'sync.paused'");
        let restored = place.query::<(String,)>("SELECT value FROM setting WHERE key = 'sync.restored_at'");
        match place.query::<(i64,)>("SELECT count(*) FROM contact")[..] {
            [(2,)] => before += 1,
            [(1,)] => {
                assert_eq!((paused, restored.len()), (vec![("1".to_owned(),)], 1));
                after += 1;
            }
            _ => panic!("neither the store before nor the copy"),
        }
    }
    assert!(before > 0 && after > 0, "no kill met it on the way: {before} before, {after} after");
}

/// Reads the status until it shows a result with this text.
fn wait_for(place: &Place, text: &str) -> bool {
    eventually(|| place.json(&["sync", "--status"]).1.to_string().contains(text))
}

/// Asks until it is so. Whoever waits for another process gives up after a minute, however busy the machine is.
fn eventually(so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_mins(1);
    while Instant::now() < end {
        if so() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn a_changed_configuration_is_taken_and_a_wrong_one_stops_nobody() {
    let mut place = place();
    let (_sandbox, url, token) = sandbox(&place, ORG);
    place.env("ROLODECK_SF_ACCESS_TOKEN", &token);
    let config =
        format!("[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n[sync]\ninterval_seconds = 1\n");
    place.write("config.toml", &config);
    let _worker = place.spawn(&["sync"]);
    assert!(wait_for(&place, "\"instance\""), "the worker runs");
    place.write("config.toml", format!("{config}gate = \"status:nonsense and more\"\n"));
    // A file that is wrong keeps other programs from starting, and tells the one that runs; so its status is read from
    // the store.
    let told = |text: &str| {
        eventually(|| {
            let status = place.query::<(String,)>("SELECT status FROM lease WHERE role = 'sync'");
            status.iter().any(|(status,)| status.contains(text))
        })
    };
    assert!(told("the one before still counts"), "a wrong file is told");
    place.write("config.toml", format!("{config}gate = \"has:email\"\n"));
    assert!(told("the configuration is right again"), "a right one is taken");
    let file = place.write("booking.json", BOOKING);
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    let done = eventually(|| place.query::<(i64,)>("SELECT count(*) FROM link") != [(0,)]);
    assert!(done, "the worker works by it");
}

/// Every secret that rolodeck is given, each with its own text.
const SECRETS: [(&str, &str); 5] = [
    ("ROLODECK_SF_ACCESS_TOKEN", "hunter2-access-token"),
    ("ROLODECK_SF_CLIENT_SECRET", "hunter2-client-secret"),
    ("ROLODECK_SF_REFRESH_TOKEN", "hunter2-refresh-token"),
    ("ROLODECK_CALCOM_SECRET", "hunter2-calcom-secret"),
    ("ROLODECK_ONCEHUB_SECRET", "hunter2-oncehub-secret"),
];

#[test]
fn no_command_tells_a_secret() {
    let mut place = place();
    let org = format!(r#"{{"settings": {{"access_token": "{}"}}, {}"#, SECRETS[0].1, &ORG[1..]);
    let (_sandbox, url, _) = sandbox(&place, &org);
    for (variable, secret) in SECRETS {
        place.env(variable, secret);
    }
    place.env("ROLODECK_LOG", "trace");
    let file = place.write("booking.json", BOOKING);
    let copy = place.path("copy.db");
    let mut told = String::new();
    for auth in ["access_token", "refresh_token", "client_credentials", "pkce", "jwt", "sf_cli"] {
        place.write(
            "config.toml",
            format!(
                "[salesforce]\nauth = \"{auth}\"\ninstance_url = \"{url}\"\nlogin_url = \"{url}\"\nclient_id = \"app\"\n\
                 username = \"ann@seller.test\"\nprivate_key_file = \"/no/such.key\"\n[serve]\nlisten = \"127.0.0.1:0\"\n"
            ),
        );
        for args in [
            &["ingest", name(&file)][..],
            &["config", "show"],
            &["config", "check"],
            &["doctor"],
            &["auth", "login"],
            &["auth", "status"],
            &["plan"],
            &["sync", "--once"],
            &["sync", "--status"],
            &["queue", "list"],
            &["owner", "bo@buyer.test"],
            &["backup", name(&copy)],
            &["auth", "logout", "--local"],
            &["report"],
            &["contact", "show", "1"],
        ] {
            if auth == "pkce" && args == ["auth", "login"] {
                continue; // waits for a browser
            }
            for more in [&["-vvv"][..], &["-vvv", "--json"]] {
                let (_, stdout, stderr) = place.run(&[args, more].concat());
                told.push_str(&stdout);
                told.push_str(&stderr);
            }
        }
    }
    for log in std::fs::read_dir(place.path("data/logs")).unwrap() {
        told.push_str(&std::fs::read_to_string(log.unwrap().path()).unwrap());
    }
    assert!(told.contains("POST") || told.contains("salesforce"), "the logs say what goes on: {}", told.len());
    for (variable, secret) in SECRETS {
        let place = told.find(secret).map(|at| told[at.saturating_sub(200)..at].to_owned());
        assert_eq!(place, None, "{variable} was told");
    }
    let stored = std::fs::read(place.path("data/rolodeck.db")).unwrap();
    assert!(!stored.windows(8).any(|bytes| bytes == b"hunter2-"), "nothing of it is in the store");
}

/// The programs that stay, while they work: what `ps` shows of them and of what they start holds no secret. That no
/// program takes one as an argument is checked of the command line itself (`no_argument_takes_a_secret`).
#[cfg(target_os = "linux")]
#[test]
fn the_process_list_shows_no_secret() {
    let mut place = place();
    let org = format!(r#"{{"settings": {{"access_token": "{}"}}, {}"#, SECRETS[0].1, &ORG[1..]);
    let (_sandbox, url, _) = sandbox(&place, &org);
    for (variable, secret) in SECRETS {
        place.env(variable, secret);
    }
    let seen = place.path("seen");
    place.write(
        "config.toml",
        format!(
            "[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n[serve]\nlisten = \"127.0.0.1:0\"\n\
             [source.calcom]\nsecret_env = \"ROLODECK_CALCOM_SECRET\"\n[sync]\ninterval_seconds = 1\n\
             [[hook]]\nname = \"look\"\nevents = [\"contact.created\"]\n\
             command = [\"sh\", \"-c\", \"cat /proc/[0-9]*/cmdline > {0}.new; mv {0}.new {0}\"]\n",
            seen.display()
        ),
    );
    let _serve = place.start(&["serve"]);
    let _worker = place.spawn(&["sync"]);
    let file = place.write("booking.json", BOOKING);
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    assert!(eventually(|| seen.exists()), "the hook looked while both were there");
    let shown = std::fs::read(&seen).unwrap();
    let shown = String::from_utf8_lossy(&shown).replace('\0', " ");
    assert!(shown.contains(" serve") && shown.contains(" sync"), "{shown}");
    assert!(!shown.contains("hunter2-"), "{shown}");
}
