//! `rolodeck auth key`: made, shown once, used, revoked.

use super::{http, place};

#[test]
fn a_key_is_shown_once_opens_the_listener_and_is_closed_by_its_name() {
    let place = place();
    place.write("config.toml", "[serve]\nlisten = \"127.0.0.1:0\"\n");
    // Without any secret or key there is nothing to listen for.
    let (code, _, stderr) = place.run(&["serve"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("rolodeck auth key create NAME"), "{stderr}");

    let (code, stdout, stderr) = place.run(&["auth", "key", "create", "zapier"]);
    assert_eq!(code, 0, "{stderr}");
    let key = stdout.trim().to_owned();
    assert!(key.starts_with("rdk_") && stdout.lines().count() == 1, "{stdout}");
    let (code, _, stderr) = place.run(&["auth", "key", "create", " zapier "]);
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(place.run(&["auth", "key", "create", "two\nlines"]).0, 2);
    let (_, made) = place.json(&["auth", "key", "create", "other"]);
    assert!(made["key"].as_str().unwrap().starts_with("rdk_"));

    let serve = place.start(&["serve"]);
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned() + "/v2/test";
    let ask = || http("GET", &url, &[("API-Key", key.clone())], b"");
    assert_eq!(ask().0, 200);
    assert_eq!(http("GET", &url, &[], b"").0, 401);

    // The key itself is nowhere: not in the list, not in the store, not in the log.
    let (_, list) = place.json(&["auth", "key", "list"]);
    assert_eq!(list[1]["name"], "zapier");
    assert!(list[1]["used_at"].is_string() && !list.to_string().contains(&key[4..]));
    for entry in walk(&place.path("data")) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{}", entry.display());
    }

    // A key of a member: no user, no key; what it may do is theirs.
    let (code, _, stderr) = place.run(&["auth", "key", "create", "form", "--user", "bo@seller.test"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("there is no user bo@seller.test"), "{stderr}");
    assert_eq!(place.run(&["user", "add", "bo@seller.test", "--role", "member"]).0, 0);
    let (_, made) = place.json(&["auth", "key", "create", "form", "--user", "Bo@Seller.test"]);
    assert_eq!(made["user"], "bo@seller.test");
    let (_, told) = http("GET", &url, &[("API-Key", made["key"].as_str().unwrap().to_owned())], b"");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["user"], &told["role"]), (&"bo@seller.test".into(), &"member".into()));
    let (_, stdout, _) = place.run(&["auth", "key", "list"]);
    assert!(stdout.contains("bo@seller.test") && stdout.contains("administrator"), "{stdout}");
    // Keys are made by administrators only.
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    place.write("config.toml", format!("[user]\nemail = \"bo@seller.test\"\n{config}"));
    for args in [&["auth", "key", "create", "mine"][..], &["auth", "key", "revoke", "zapier"]] {
        let (code, _, stderr) = place.run(args);
        assert_ne!(code, 0);
        assert!(stderr.contains("may not manage users"), "{stderr}");
    }
    place.write("config.toml", config);

    assert_eq!(place.run(&["auth", "key", "revoke", "zapier"]).0, 0);
    assert_eq!(place.run(&["auth", "key", "revoke", "zapier"]).0, 2);
    assert_eq!(ask().0, 401);
    let (_, stdout, _) = place.run(&["auth", "key", "list"]);
    assert!(stdout.contains("revoked "), "{stdout}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
