//! `rolodeck contact`, `field`, `duplicates` and `user`, as a shell and a script use them.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Place, place};

fn piped(place: &Place, args: &[&str], input: &str) -> (i32, Value) {
    let mut child =
        place.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.code().unwrap(), serde_json::from_slice(&text).unwrap())
}

#[test]
fn a_contact_is_made_changed_merged_deleted_and_brought_back() {
    let place = place();
    let (code, made) = piped(
        &place,
        &["contact", "add", "-", "--json"],
        r#"{"email": "Ana@Buyer.test", "first_name": "Ana", "employees": 0, "status": "MQL"}"#,
    );
    assert_eq!(
        (code, &made["contact"]["email"], &made["contact"]["employees"]),
        (0, &json!("ana@buyer.test"), &json!(0))
    );
    assert_eq!(made["contact"]["status"], "Marketing qualified");
    assert_eq!(place.run(&["contact", "add", "email=bo@buyer.test", "mobile_phone=+47 900 00 001"]).0, 0);

    // What was printed can be changed and given back.
    let (_, mut shown) = place.json(&["contact", "show", "ana@buyer.test"]);
    for key in ["activities", "activity_count", "page_views", "history", "duplicates", "salesforce", "queue"] {
        shown.as_object_mut().unwrap().remove(key).unwrap();
    }
    shown["city"] = json!("Oslo");
    let (code, edited) = piped(&place, &["contact", "edit", "1", "-", "--json"], &shown.to_string());
    assert_eq!((code, edited["changes"].as_array().unwrap().len()), (0, 1), "{edited}");

    // Errors name every field, on stderr, with exit status 2.
    let (code, error) =
        piped(&place, &["contact", "edit", "1", "-", "--json"], r#"{"employees": "many", "nonsense": 1}"#);
    let why = error["error"]["why"].as_str().unwrap();
    assert_eq!((code, why.contains("employees"), why.contains("nonsense")), (2, true, true));
    assert_eq!(piped(&place, &["contact", "edit", "1", "-", "--json"], "[1]").0, 2);
    assert_eq!(place.run(&["contact", "show", "nobody@buyer.test"]).0, 2);
    assert_eq!(place.run(&["contact", "list", "--filter", "nonsense:1"]).0, 2);

    // An identifier of another: shown, not stored; with --merge, one of the two.
    let (code, prompt, error) = place.run(&["contact", "edit", "+4790000001", "email=ana@buyer.test"]);
    assert_eq!((code, prompt.contains("contact 1 (stays)"), error.contains("--merge")), (1, true, true));
    let (code, merged) = place.json(&["contact", "edit", "bo@buyer.test", "email=ana@buyer.test", "--merge"]);
    assert_eq!((code, &merged["gone"], &merged["contact"]["mobile_phone"]), (0, &json!(2), &json!("+4790000001")));
    assert_eq!(place.run(&["contact", "undo"]).0, 0);
    assert_eq!(place.json(&["contact", "list"]).1["contacts"].as_array().unwrap().len(), 2);
    assert_eq!(place.run(&["contact", "redo"]).0, 0);
    assert_eq!(place.run(&["contact", "undo"]).0, 0);

    // A page at a time.
    let (_, first) = place.json(&["contact", "list", "--sort", "name", "--limit", "1"]);
    let next = first["next"].as_str().unwrap();
    let (_, second) = place.json(&["contact", "list", "--sort", "name", "--limit", "1", "--after", next]);
    assert_eq!(
        (&first["contacts"][0]["id"], &second["contacts"][0]["id"], &second["next"]),
        (&json!(1), &json!(2), &Value::Null)
    );

    // Nobody can be asked here.
    assert_eq!(place.run(&["contact", "delete", "1"]).0, 2);
    let (code, deleted) = place.json(&["contact", "delete", "1", "--yes"]);
    assert_eq!((code, &deleted["changed"]), (0, &json!(1)));
    assert_eq!(place.run(&["contact", "undo", &deleted["undo"].to_string()]).0, 0);
    let (code, status) = place.json(&["contact", "status", "--filter", "status:none", "qualified"]);
    assert_eq!((code, &status["changed"]), (0, &json!(1)));
    assert_eq!(place.run(&["contact", "status", "1", "hot"]).0, 2);

    let (code, report) = place.json(&["contact", "erase", "ana@buyer.test"]);
    assert_eq!((code, &report["erased"], &report["report"]["contacts"]), (0, &json!(false), &json!(1)));
    assert_eq!(place.run(&["contact", "erase", "ana@buyer.test", "--yes"]).0, 0);
    assert_eq!(place.run(&["contact", "show", "ana@buyer.test"]).0, 2);
}

#[test]
fn fields_and_duplicates_from_the_shell() {
    let place = place();
    assert_eq!(place.run(&["field", "add", "Plan", "--type", "picklist", "--option", "Free", "--option", "Pro"]).0, 0);
    assert_eq!(place.run(&["field", "add", "email"]).0, 2);
    assert_eq!(place.run(&["field", "add", "x", "--type", "colour"]).0, 2);
    for (email, number) in [("a@x.test", "phone=+4722222222"), ("b@x.test", "phone=+4722222222")] {
        assert_eq!(place.run(&["contact", "add", &format!("email={email}"), number, "plan=pro"]).0, 0);
    }
    assert_eq!(place.run(&["contact", "edit", "1", "plan=Gold"]).0, 2);
    assert_eq!(place.json(&["contact", "list", "--filter", "plan:pro"]).1["contacts"].as_array().unwrap().len(), 2);
    assert_eq!(place.run(&["field", "archive", "plan"]).0, 0);
    assert_eq!(place.json(&["field", "list"]).1, json!([]));
    let (code, scan) = place.json(&["duplicates", "scan"]);
    assert_eq!((code, &scan["same_phone"], &scan["new"]), (0, &json!(1), &json!(1)));
    let (_, pairs) = place.json(&["duplicates", "list"]);
    let pair = pairs[0]["id"].to_string();
    assert_eq!(place.run(&["duplicates", "merge", &pair, "--dry-run", "--pick", "nonsense=existing"]).0, 2);
    let (code, merged) = place.json(&["duplicates", "merge", &pair, "--survivor", "2"]);
    assert_eq!((code, &merged["contact"]["id"]), (0, &json!(2)));
    assert_eq!(place.json(&["duplicates", "list"]).1, json!([]));
}

#[test]
fn the_configured_role_counts() {
    let place = place();
    assert_eq!(place.run(&["contact", "add", "email=a@x.test"]).0, 0);
    assert_eq!(place.run(&["user", "add", "rep@x.test", "--team", "North"]).0, 0);
    assert_eq!(place.run(&["contact", "add", "email=b@x.test", "owner=rep@x.test"]).0, 0);
    place.write("config.toml", "[user]\nemail = \"rep@x.test\"\nrole = \"member\"\n");
    assert_eq!(place.json(&["contact", "list"]).1["contacts"].as_array().unwrap().len(), 1);
    // Whether somebody has an address is told to those alone who may see them.
    let show = |who: &str| place.run(&["contact", "show", who]).2.replace(who, "WHO");
    assert_eq!(show("a@x.test"), show("nobody@x.test"));
    let (code, _, error) = place.run(&["contact", "edit", "b@x.test", "email=a@x.test"]);
    assert_eq!((code, error.contains("Cannot save contact")), (1, true), "{error}");
    for args in [
        &["contact", "delete", "b@x.test", "--yes"][..],
        &["field", "add", "x"],
        &["user", "add", "c@x.test"],
        &["duplicates", "scan"],
    ] {
        let (code, _, error) = place.run(args);
        assert_eq!((code, error.contains("ask an administrator")), (1, true), "{args:?} {error}");
    }
    assert_eq!(place.run(&["contact", "edit", "b@x.test", "city=Oslo"]).0, 0);
}

/// Whoever the configuration names can own contacts from the first command on, as the README has it.
#[test]
fn the_configured_user_owns_contacts_without_more_ado() {
    let place = place();
    place.write("config.toml", "[user]\nemail = \"ana@seller.test\"\n");
    assert_eq!(place.run(&["contact", "add", "email=a@x.test"]).0, 0);
    let owner = |who: &str| place.json(&["contact", "show", who]).1["owner"]["email"].clone();
    for name in ["ana@seller.test", "none", "me"] {
        assert_eq!(place.run(&["contact", "assign", "1", "--owner", name]).0, 0, "{name}");
        let expected = if name == "none" { json!(null) } else { json!("ana@seller.test") };
        assert_eq!(owner("1"), expected, "{name}");
    }
    assert_eq!(place.run(&["contact", "add", "email=b@x.test", "owner=me"]).0, 0);
    assert_eq!(owner("b@x.test"), "ana@seller.test");

    // A member whom nobody entered: what they add is theirs, and only that is seen; the role stays the configuration's.
    place.write("config.toml", "[user]\nemail = \"new@seller.test\"\nrole = \"member\"\n");
    let (code, _, stderr) = place.run(&["contact", "add", "email=c@x.test"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(place.json(&["contact", "list"]).1["contacts"].as_array().unwrap().len(), 1);
    let users = place.json(&["user", "list"]).1;
    let new = users.as_array().unwrap().iter().find(|user| user["email"] == "new@seller.test").unwrap();
    assert_eq!(new["role"], json!(null), "{users:#}");
    // Without an address there is no `me`.
    place.write("config.toml", "");
    let (code, _, stderr) = place.run(&["contact", "assign", "1", "--owner", "me"]);
    assert!(code == 2 && stderr.contains("user.email"), "{stderr}");
}
