//! `rolodeck filter`, `export` and `deliveries` as a shell sees them.

use serde_json::json;

use crate::{Place, name, place};

const PAYLOADS: &str = concat!(
    r#"{"triggerEvent":"BOOKING_CREATED","createdAt":"2026-03-02T09:30:00Z","payload":{"uid":"u1","title":"=Demo","startTime":"2026-03-05T09:30:00Z","endTime":"2026-03-05T10:30:00Z","attendees":[{"email":"bo@buyer.test","name":"Bo Guest"}],"responses":{"email":{"value":"bo@buyer.test"},"wish":{"label":"Wish","value":"=1+1"}},"metadata":{"utm_source":"news","contact_status":"qualified"}}}"#,
    "\n",
    r#"{"triggerEvent":"OOO_CREATED","createdAt":"2026-03-02T09:31:00Z","payload":{"oooEntry":{"id":1}}}"#,
    "\n",
    r#"{"object":"conversation","id":"CVR-1","status":"closed","test":true,"last_updated_time":"2026-03-02T10:00:00Z","contact":{"email":"ana@x.test","first_name":"Ana","last_name":"Berg"},"bot":{"name":"Helper"},"answers":[]}"#,
);

fn filled() -> Place {
    let place = place();
    place.write("config.toml", "[user]\nemail = \"rep@seller.test\"\n");
    let file = place.write("payloads.jsonl", PAYLOADS);
    let (code, stdout, stderr) = place.run(&["ingest", name(&file)]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    place
}

#[test]
fn filters_are_saved_arranged_shared_and_deleted() {
    let place = place();
    place.write("config.toml", "[user]\nemail = \"rep@seller.test\"\n");
    let run = |args: &[&str]| {
        let (code, stdout, stderr) = place.run(&[&["filter"], args].concat());
        (code, format!("{stdout}{stderr}"))
    };
    assert_eq!(
        run(&["save", "Hot", "status:qualified   updated:<7d", "--list", "contacts"]),
        (0, "Hot is saved\n".into())
    );
    assert_eq!(run(&["save", "Talks", "kind:conversation"]).0, 0);
    assert_eq!(run(&["save", "hot", "status:none", "--list", "contacts"]).0, 2, "names know no case");
    assert_eq!(run(&["save", "HOT", "status:qualified", "--list", "contacts", "--force"]).0, 0);
    assert_eq!(run(&["pin", "Hot", "1"]), (0, "Hot is on key 1 now\n".into()));
    assert_eq!(run(&["pin", "Talks", "1"]).0, 0);
    assert_eq!(run(&["pin", "Talks", "12"]).0, 2);
    assert_eq!(run(&["move", "Talks", "99"]), (0, "Talks is at place 2 now\n".into()));
    assert_eq!(run(&["move", "Talks", "0"]), (0, "Talks is at place 1 now\n".into()));
    for args in
        [&["save", "my activity", "mine"][..], &["save", "UNREAD", "unread", "--force"], &["rename", "Talks", "trash"]]
    {
        let (code, told) = run(args);
        assert!(code == 2 && told.contains("is the name of a fixed filter"), "{told}");
    }
    assert_eq!(run(&["rename", "Hot", "talks"]).0, 2, "the name is taken");
    assert_eq!(run(&["rename", "Hot", "Warm"]), (0, "Hot is Warm now\n".into()));

    let (_, rows) = place.json(&["filter", "list"]);
    let own: Vec<_> = rows.as_array().unwrap().iter().filter(|row| row["fixed"] == false).collect();
    assert_eq!(own.len(), 2);
    assert_eq!(
        own[0],
        &json!({"name": "Talks", "list": "activities", "query": "kind:conversation", "pin": 1, "fixed": false})
    );
    assert_eq!(own[1]["pin"], json!(null), "the key went to the other one");
    let (_, shown) = place.json(&["filter", "show", "warm"]);
    assert_eq!(shown["explain"], "status is Qualified");

    let (_, text) = run(&["export"]);
    let file = place.write("shared.toml", &text);
    // A colleague with the same store sees none of it, and takes it over.
    place.write("config.toml", "[user]\nemail = \"other@seller.test\"\n");
    let (_, rows) = place.json(&["filter", "list"]);
    assert!(rows.as_array().unwrap().iter().all(|row| row["fixed"] == true));
    assert_eq!(run(&["import", name(&file)]), (0, "2 added, 0 replaced, 0 left as they are\n".into()));
    assert_eq!(run(&["import", name(&file)]), (0, "0 added, 0 replaced, 2 left as they are\n".into()));
    assert_eq!(run(&["export"]).1, text);
    assert_eq!(run(&["delete", "Warm", "Talks"]).0, 0);
    assert_eq!(run(&["show", "Warm"]).0, 2);
    place.write("wrong.toml", "[[filter]]\nname = \"x\"\nlist = \"contacts\"\nquery = \"stauts:x\"\n");
    let (code, told) = run(&["import", name(&place.path("wrong.toml"))]);
    assert!(code == 2 && told.contains("x: unknown key `stauts`"), "{told}");
}

#[test]
fn a_query_is_explained_or_shown_where_it_is_wrong() {
    let place = place();
    let (code, stdout, _) = place.run(&["filter", "explain", "kind:booking -state:canceled"]);
    insta::assert_snapshot!("filter_explain", format!("{code}\n{stdout}"));
    let (code, _, stderr) = place.run(&["filter", "check", "ana stauts:qualified"]);
    insta::assert_snapshot!("filter_check", format!("{code}\n{stderr}"));
    assert_eq!(place.json(&["filter", "check", "a  AND b"]), (0, json!({"ok": true, "query": "a b"})));
}

#[test]
fn an_export_holds_what_the_filter_shows() {
    let place = filled();
    let (code, csv, _) = place.run(&[
        "export",
        "activities",
        "--columns",
        "subject,test,utm_source,answers,contact.email,contact.status",
    ]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("export_activities", csv);
    let (_, lines, _) = place.run(&["export", "contacts", "--filter", "status:qualified", "--format", "jsonl"]);
    let row: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!((row["email"].as_str(), row["status"].as_str()), (Some("bo@buyer.test"), Some("qualified")));
    let (_, all, _) = place.run(&["export", "activities", "--format", "json", "--columns", "id"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&all).unwrap().as_array().unwrap().len(), 2);
    let (_, none, _) = place.run(&["export", "contacts", "--filter", "nobody", "--format", "json"]);
    assert_eq!(none, "[]\n");
    assert_eq!(place.run(&["export", "contacts", "--columns", "emial"]).0, 2);
    assert_eq!(place.run(&["export", "contacts", "--filter", "stauts:x"]).0, 2);
    assert_eq!(place.run(&["export", "contacts", "--saved", "Unread"]).0, 2, "a filter of activities");
}

#[test]
fn an_export_overwrites_nothing_and_leaves_nothing_half() {
    let place = filled();
    let path = place.path("out.csv");
    let args = ["export", "contacts", "--columns", "email", "--output", name(&path)];
    let (code, stdout, stderr) = place.run(&args);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("2 rows in "), "{stdout}");
    let first = std::fs::read_to_string(&path).unwrap();
    assert_eq!(first.lines().count(), 3);
    std::fs::write(&path, "mine").unwrap();
    assert_eq!(place.run(&args).0, 2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(place.run(&[&args[..], &["--force"]].concat()).0, 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    let (code, _, stderr) = place.run(&["export", "contacts", "--output", name(&place.path("no/where.csv"))]);
    assert!(code == 1 && stderr.contains("nothing was exported"), "{stderr}");
    let left = std::fs::read_dir(place.folder.path()).unwrap().filter_map(Result::ok);
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains("rolodeck-export")));
}

#[test]
fn what_nobody_understood_is_kept_and_shown() {
    let place = filled();
    let (_, rows) = place.json(&["deliveries", "--unknown"]);
    assert_eq!((rows[0]["type"].as_str(), rows.as_array().unwrap().len()), (Some("OOO_CREATED"), 1));
    let id = rows[0]["id"].to_string();
    let (_, shown) = place.json(&["deliveries", &id]);
    assert_eq!(shown["payload"]["payload"]["oooEntry"]["id"], 1);
    assert_eq!(place.json(&["deliveries"]).1.as_array().unwrap().len(), 3);
    assert_eq!(place.run(&["deliveries", "999"]).0, 2);
}

#[test]
fn polling_says_what_is_missing() {
    let place = place();
    let (code, _, stderr) = place.run(&["poll", "--once"]);
    assert!(code == 2 && stderr.contains("no source is set to be polled"), "{stderr}");
    let (code, _, stderr) = place.run(&["poll", "--once", "oncehub"]);
    assert!(code == 2 && stderr.contains("source.oncehub.api_key_env"), "{stderr}");
    assert_eq!(place.run(&["poll", "--status"]).1, "no source was polled yet\n");
}

/// What looks like a negation never means its opposite, and never finds nothing in silence.
#[test]
fn a_negation_of_another_language_is_told_how_it_is_written_here() {
    let place = filled();
    for (query, marks, instead) in [
        ("status:!qualified", "^^^^^^^^^^^^^^^^^", "-status:qualified"),
        ("ana status:-qualified", "    ^^^^^^^^^^^^^^^^^", "-status:qualified"),
        ("company!=acme", "^^^^^^^^^^^^^", "-company:acme"),
        ("company!=\"Acme Inc\" ana", "^^^^^^^^^^^^^^^^^^^", "-company:\"Acme Inc\""),
        ("!status:qualified", "^^^^^^^^^^^^^^^^^", "-status:qualified"),
        ("kind:!booking", "^^^^^^^^^^^^^", "-kind:booking"),
    ] {
        let (code, _, told) = place.run(&["filter", "check", "--list", "contacts", query]);
        assert_eq!(code, 2, "{query}: {told}");
        assert_eq!(told.lines().nth(1), Some(marks), "{query}: {told}");
        assert!(told.contains(&format!("did you mean `{instead}`?")), "{query}: {told}");
        // What is suggested is taken as it stands, although it begins with a hyphen.
        assert_eq!(place.run(&["filter", "check", instead, "--list", "contacts"]).0, 0, "{instead}");
        assert_eq!(place.run(&["contact", "list", "--filter", instead]).0, 0, "{instead}");
    }
    let (_, _, told) = place.run(&["contact", "list", "--filter", "status:!qualified"]);
    assert_eq!(told.matches("did you mean").count(), 1, "{told}");
    let (code, told, _) = place.run(&["filter", "explain", "start:mon"]);
    assert_eq!((code, told.as_str()), (0, "start is Monday of this week\n"));
    assert_eq!(place.run(&["filter", "check", "\"company!=acme\" wow! !important"]).0, 0, "text stays text");
}
