//! `rolodeck plan` as a person reads it.

use serde_json::json;

use super::end_to_end::{connected, payload, records};
use super::name;

const RULES: &str = "[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n\
    [[sync.profile.write]]\nobject = \"lead\"\non = \"update\"\nfield = \"Rating\"\nvalue = \"{contact.status}\"\n\
    [[sync.profile.write]]\nobject = \"event\"\non = \"create\"\nfield = \"Nope__c\"\nvalue = \"x\"\n";

#[test]
fn a_plan_names_the_record_the_rule_and_what_is_left_out() {
    let (place, _sandbox, url) = connected(RULES);
    let file = place.write("one.json", payload("BOOKING_CREATED", "u1", 0, json!({})).to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    let (code, text, _) = place.run(&["plan"]);
    assert_eq!(code, 0);
    for words in [
        "create Lead Bo Guest (no Lead with this email was found)",
        "create Event",
        "WhoId: \"(new Lead Bo Guest)\"",
        "left out Nope__c: ",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.lines().filter(|line| line.contains("Nope__c")).count(), 1, "said once: {text}");
    assert_eq!(place.json(&["sync", "--once"]).0, 0);
    assert_eq!(place.run(&["plan"]).1.trim(), "nothing is waiting");

    // One contact and one activity, although nothing waits.
    let lead = records(&url, "Lead")[0]["Id"].as_str().unwrap().to_owned();
    let (code, text, _) = place.run(&["plan", "--contact", "Bo@Buyer.test"]);
    assert_eq!(code, 0);
    assert!(text.contains(&format!("Lead {lead} Bo Guest: needs no write (linked)")), "{text}");
    let (code, plan) = place.json(&["plan", "--contact", "bo@buyer.test"]);
    let person = &plan["items"][0]["people"][0];
    assert_eq!((code, &person["record"]["id"], &person["reason"]), (0, &json!(lead), &json!("linked")), "{plan:#}");
    assert_eq!(person["dropped"][0]["field"], "Rating", "{plan:#}");
    let (code, plan) = place.json(&["plan", "--activity", "1"]);
    assert_eq!((code, &plan["items"][0]["event"]["action"]), (0, &json!("none")), "{plan:#}");
    for (args, words) in [
        (["plan", "--contact", "no@body.test"], "there is no contact no@body.test"),
        (["plan", "--activity", "99"], "there is no activity 99"),
        (["plan", "--contact", "nonsense"], "nonsense"),
    ] {
        let (code, _, stderr) = place.run(&args);
        assert!(code != 0 && stderr.contains(words), "{stderr}");
    }
}

#[test]
fn what_somebody_changed_is_listed_with_both_values() {
    let (place, _sandbox, url) = connected(RULES);
    let file = place.write("one.json", payload("BOOKING_CREATED", "u1", 0, json!({})).to_string());
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    assert_eq!(place.json(&["sync", "--once"]).0, 0);
    let (code, text, _) = place.run(&["sync", "--conflicts"]);
    assert!(code == 0 && text.contains("nothing that rolodeck wrote was changed"), "{text}");
    let lead = records(&url, "Lead")[0]["Id"].as_str().unwrap().to_owned();
    let token = place.value("ROLODECK_SF_ACCESS_TOKEN");
    let headers = [("Authorization", format!("Bearer {token}")), ("Content-Type", "application/json".to_owned())];
    let path = format!("{url}/services/data/v66.0/sobjects/Lead/{lead}");
    assert_eq!(super::http("PATCH", &path, &headers, b"{\"LastName\": \"Else\"}").0, 204);
    let (code, found) = place.json(&["sync", "--reread"]);
    assert_eq!((code, &found["conflicts"], &found["calls"]), (0, &json!(1), &json!(1)), "{found}");
    let (_, text, _) = place.run(&["sync", "--conflicts"]);
    assert!(text.contains("LastName: rolodeck wrote \"Guest\", Salesforce has \"Else\""), "{text}");
    let (_, found) = place.json(&["sync", "--conflicts"]);
    assert_eq!(found["conflicts"][0]["seen"]["conflicts"][0]["theirs"], "Else", "{found:#}");
}
