//! `rolodeck doctor` and `rolodeck owner` as a person or a script runs them.

use serde_json::json;

use super::{place, sandbox};

const ORG: &str = r#"{"User": [{"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "Email": "ann@seller.test", "Alias": "ann"}],
    "Contact": [{"LastName": "Guest", "Email": "bo@buyer.test", "OwnerId": "@ann"}]}"#;
const PROFILE: &str = "[[sync.profile]]\nname = \"demo\"\nno_show_field = \"Gone__c\"\n";

#[test]
fn the_exit_status_tells_how_things_are() {
    let mut place = place();
    place.write("config.toml", "[serve]\nlisten = \"127.0.0.1:0\"\n");
    let (code, told, _) = place.run(&["doctor"]);
    assert_eq!(code, 3, "not connected is doubtful: {told}");
    assert!(told.contains("warning  Salesforce: not connected") && told.contains("fix: "), "{told}");
    assert_eq!(place.run(&["doctor", "--offline"]).0, 0);

    let (_sandbox, url, token) = sandbox(&place, ORG);
    place.env("ROLODECK_SF_ACCESS_TOKEN", &token);
    let connected =
        format!("[serve]\nlisten = \"127.0.0.1:0\"\n[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n");
    place.write("config.toml", &connected);
    let (code, told) = place.json(&["doctor"]);
    assert_eq!((code, &told["ok"]), (0, &json!(true)), "{told:#}");
    place.write("config.toml", format!("{connected}{PROFILE}"));
    let (code, told) = place.json(&["doctor"]);
    assert_eq!((code, &told["ok"]), (1, &json!(false)), "{told:#}");
    place.write("config.toml", "[nonsense");
    let (code, told, _) = place.run(&["doctor"]);
    assert_eq!(code, 1);
    assert!(told.contains("error    configuration:") && told.contains("ok       store:"), "{told}");
}

#[test]
fn an_owner_is_told_with_the_reason() {
    let mut place = place();
    let (_sandbox, url, token) = sandbox(&place, ORG);
    place.env("ROLODECK_SF_ACCESS_TOKEN", &token);
    place.write("config.toml", format!("[salesforce]\nauth = \"access_token\"\ninstance_url = \"{url}\"\n"));
    let (code, told, _) = place.run(&["owner", "Bo@buyer.test", "--host", "ann@seller.test"]);
    assert_eq!((code, told.as_str()), (0, "ann@seller.test\n  Contact Guest belongs to Host\n"));
    let (code, found) = place.json(&["owner", "bo@buyer.test", "--host", "eve@seller.test"]);
    assert_eq!((code, &found["owner"]), (0, &json!(null)));
    assert!(found["reason"].as_str().unwrap().contains("not among the hosts"), "{found:#}");
    assert_eq!(place.run(&["owner", "nonsense"]).0, 2);
}
