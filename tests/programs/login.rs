//! Every way in to Salesforce, as a person or a service manager uses it, against the sandbox's login server.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Stdio};

use serde_json::{Value, json};

use super::{Place, Running, http, name, place, sandbox};

const KEY: &str = include_str!("../support/jwt_key.pem");
const PUBLIC_KEY: &str = include_str!("../support/jwt_key.pub.pem");

/// An org with one user and these settings; the configuration points at it.
fn org(place: &mut Place, auth: &str, settings: &Value, more: &str) -> (Running, String) {
    let file = json!({
        "User": [{"_key": "ann", "Username": "ann@seller.test", "FirstName": "Ann", "LastName": "Host",
                  "Email": "ann@seller.test", "Alias": "ann"}],
        "settings": settings,
    });
    let (running, url, token) = sandbox(place, &file.to_string());
    place.env("TOKEN", &token);
    let config = format!("[salesforce]\nauth = \"{auth}\"\nlogin_url = \"{url}\"\nclient_id = \"app\"\n{more}");
    place.write("config.toml", config);
    (running, url)
}

/// A free port, for the callback address.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `rolodeck auth login` that waits for the browser, and the address that it printed.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    address: String,
}

#[allow(clippy::zombie_processes)] // the one who gets it waits for it; a test that fails takes all with it
fn begin(place: &Place, port: u16) -> Waiting {
    let mut child = place
        .command(&["auth", "login", "--no-browser", "--json", "--port", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "no address: {told}");
        told.push_str(&line);
        if line.trim().starts_with("http://") {
            return Waiting { child, stderr, address: line.trim().to_owned() };
        }
    }
}

impl Waiting {
    /// Its end: exit status, what it printed as JSON, what it said.
    fn end(mut self) -> (i32, Value, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        (code, serde_json::from_str(&stdout).unwrap_or(Value::Null), stderr)
    }
}

/// What a browser does with the address: where Salesforce sends it after the login.
fn redirected(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    stream.write_all(format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let header = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    header.unwrap_or_else(|| panic!("no redirection: {answer}"))
}

/// Logs in with the browser on this machine.
fn log_in(place: &Place) {
    let waiting = begin(place, free_port());
    let back = redirected(&waiting.address).replace("localhost", "127.0.0.1");
    assert_eq!(http("GET", &back, &[], b"").0, 200);
    let (code, _, told) = waiting.end();
    assert_eq!(code, 0, "{told}");
}

fn kept(place: &Place) -> Value {
    serde_json::from_slice(&std::fs::read(place.path("data/salesforce-login.json")).unwrap()).unwrap()
}

fn faults(url: &str, rules: &Value) {
    let body = json!({ "rules": rules }).to_string();
    let headers = [("Content-Type", "application/json".to_owned())];
    assert_eq!(http("POST", &format!("{url}/__admin/faults"), &headers, body.as_bytes()).0, 204);
}

#[test]
fn in_the_browser_of_this_machine() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "pkce", &json!({}), "");
    let (code, _, told) = place.run(&["sync", "--once"]);
    assert!(code == 2 && told.contains("nobody has logged in") && told.contains("rolodeck auth login"), "{told}");

    let port = free_port();
    let waiting = begin(&place, port);
    let back = redirected(&waiting.address).replace("localhost", "127.0.0.1");
    // What browsers and others ask for on the way is answered and changes nothing.
    assert_eq!(http("GET", &format!("http://127.0.0.1:{port}/favicon.ico"), &[], b"").0, 404);
    let (_, state) = back.split_once("state=").unwrap();
    let forged = back.replace(state, "forged");
    assert_eq!(http("GET", &forged, &[], b"").0, 400);
    let (status, page) = http("GET", &back, &[], b"");
    assert!(status == 200 && page.contains("go back to the terminal"), "{page}");
    let (code, found, told) = waiting.end();
    assert_eq!(code, 0, "{told}");
    assert_eq!((&found["username"], &found["instance_url"]), (&json!("ann@seller.test"), &json!(url)));
    assert_eq!(found["scopes"], json!(["api", "refresh_token", "id"]));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.path("data/salesforce-login.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (code, status) = place.json(&["auth", "status"]);
    assert_eq!((code, &status["name"]), (0, &json!("Ann Host")), "{status:#}");
    assert!(status["api_calls"]["remaining"].as_i64().unwrap() > 0);
    assert_eq!(place.run(&["sync", "--once"]).0, 0, "the kept login serves the next process");

    let refresh = kept(&place)["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(place.run(&["auth", "logout"]).0, 0);
    assert!(!place.path("data/salesforce-login.json").exists());
    let body = format!("grant_type=refresh_token&client_id=app&refresh_token={refresh}");
    let form = [("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    let (status, answer) = http("POST", &format!("{url}/services/oauth2/token"), &form, body.as_bytes());
    assert!(status == 400 && answer.contains("invalid_grant"), "the token was revoked: {answer}");
    assert_eq!(place.run(&["auth", "status"]).0, 2);
    assert_eq!(place.run(&["auth", "logout"]).0, 2);
}

#[test]
fn over_ssh_by_pasting_the_address() {
    let mut place = place();
    let (_sandbox, _) = org(&mut place, "pkce", &json!({}), "");
    // Somebody else has the port: pasting still works.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut waiting = begin(&place, taken.local_addr().unwrap().port());
    let back = redirected(&waiting.address);
    let mut stdin = waiting.child.stdin.take().unwrap();
    writeln!(stdin, "\nwhat?\n{}x\n{back}", back.replace("code=", "old=")).unwrap();
    let (code, found, told) = waiting.end();
    assert_eq!((code, &found["username"]), (0, &json!("ann@seller.test")), "{told}");
    assert!(told.contains("cannot be listened on") && told.contains("Paste the whole address"), "{told}");
    assert!(!told.contains(kept(&place)["access_token"].as_str().unwrap()));
}

#[test]
fn a_login_that_salesforce_refuses_is_told() {
    let mut place = place();
    let (_sandbox, _) = org(&mut place, "pkce", &json!({}), "");
    let port = free_port();
    let mut waiting = begin(&place, port);
    let (_, state) = waiting.address.split_once("state=").unwrap();
    let state = state.split('&').next().unwrap().to_owned();
    let mut stdin = waiting.child.stdin.take().unwrap();
    writeln!(stdin, "http://localhost:{port}/OauthRedirect?error=access_denied&error_description=no&state={state}")
        .unwrap();
    let (code, _, told) = waiting.end();
    assert!(code == 1 && told.contains("access_denied"), "{told}");
    // Another login's code is not taken, even with the right state: the verifier does not fit.
    let (first, mut second) = (begin(&place, port), begin(&place, port));
    let state_of = |waiting: &Waiting| {
        let (_, rest) = waiting.address.split_once("state=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let swapped = redirected(&first.address).replace(&state_of(&first), &state_of(&second));
    let mut stdin = second.child.stdin.take().unwrap();
    writeln!(stdin, "{swapped}").unwrap();
    let (code, _, told) = second.end();
    assert!(code == 1 && told.contains("invalid code verifier"), "{told}");
    assert!(!place.path("data/salesforce-login.json").exists());
    let mut child = first.child;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_signed_assertion() {
    let mut place = place();
    let key = place.write("key.pem", KEY);
    let more = format!("username = \"ann@seller.test\"\nprivate_key_file = \"{}\"\n", name(&key));
    let (_sandbox, _) = org(&mut place, "jwt", &json!({"client_id": "app", "jwt_public_key": PUBLIC_KEY}), &more);
    set_mode(&key, 0o644);
    let (code, _, told) = place.run(&["auth", "login"]);
    assert!(code == 2 && told.contains("chmod 600"), "{told}");
    set_mode(&key, 0o600);
    let (code, found) = place.json(&["auth", "login"]);
    assert_eq!((code, &found["username"], &found["method"]), (0, &json!("ann@seller.test"), &json!("jwt")));
    assert!(!place.path("data/salesforce-login.json").exists(), "there is nothing to keep");
    assert_eq!(place.run(&["sync", "--once"]).0, 0);
    assert_eq!(place.run(&["auth", "logout"]).0, 2);

    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    place.write("config.toml", config.replace("ann@seller.test", "eve@seller.test"));
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("hasn't approved this consumer"), "{told}");
    place.write("key.pem", "no key");
    assert_eq!(place.run(&["auth", "status"]).0, 1);
}

#[test]
fn a_key_that_the_app_does_not_know_is_refused() {
    let mut place = place();
    let key = place.write("key.pem", KEY);
    set_mode(&key, 0o600);
    let more = format!("username = \"ann@seller.test\"\nprivate_key_file = \"{}\"\n", name(&key));
    let last = PUBLIC_KEY.trim_end().rfind("IDAQAB").unwrap();
    let mut other = PUBLIC_KEY.to_owned();
    other.replace_range(last - 9..last - 8, if &PUBLIC_KEY[last - 9..last - 8] == "A" { "B" } else { "A" });
    let (_sandbox, _) = org(&mut place, "jwt", &json!({"jwt_public_key": other}), &more);
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("invalid_grant"), "{told}");
}

#[test]
fn the_apps_own_credentials() {
    let mut place = place();
    let (_sandbox, _) =
        org(&mut place, "client_credentials", &json!({"client_id": "app", "client_secret": "hush"}), "");
    let (code, _, told) = place.run(&["auth", "login"]);
    assert!(code == 2 && told.contains("ROLODECK_SF_CLIENT_SECRET"), "{told}");
    place.env("ROLODECK_SF_CLIENT_SECRET", "wrong-hush");
    let (code, out, told) = place.run(&["auth", "login"]);
    assert!(code == 1 && told.contains("invalid_client") && !format!("{out}{told}").contains("wrong-hush"), "{told}");
    place.env("ROLODECK_SF_CLIENT_SECRET", "hush");
    let (code, found) = place.json(&["auth", "login"]);
    assert_eq!((code, &found["method"]), (0, &json!("client_credentials")));
}

#[test]
fn a_borrowed_login_of_sf() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "sf_cli", &json!({}), "sf_org = \"dev\"\n");
    assert!(place.run(&["auth", "login"]).2.contains("no such program"));
    let token = place.value("TOKEN").to_owned();
    // Newer versions hide the token where older ones showed it.
    let asked = place.path("asked");
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {}\n[ \"$4\" = --target-org ] && [ \"$5\" = dev ] || [ \"$6\" = dev ] || exit 1\n\
         case \"$1 $2\" in\n\
         'org display') echo '{{\"status\":0,\"result\":{{\"accessToken\":\"[REDACTED] Use sf\",\"instanceUrl\":\"{url}/\"}}}}';;\n\
         'org auth') echo '{{\"status\":0,\"result\":{{\"accessToken\":\"{token}\"}}}}';;\nesac\n",
        asked.display()
    );
    std::fs::create_dir(place.path("bin")).unwrap();
    let sf = place.write("bin/sf", script);
    set_mode(&sf, 0o755);
    let path = format!("{}:/usr/bin:/bin", place.path("bin").display());
    place.env("PATH", &path);
    let (code, found) = place.json(&["auth", "login"]);
    assert_eq!((code, &found["method"], &found["instance_url"]), (0, &json!("sf_cli"), &json!(url)), "{found:#}");
    let asked = std::fs::read_to_string(asked).unwrap();
    assert!(asked.contains("show-access-token") && !asked.contains(&token), "{asked}");
    place.write("bin/sf", "#!/bin/sh\necho '{\"status\":1,\"message\":\"No authorization found for dev\"}'; exit 1\n");
    let (code, _, told) = place.run(&["auth", "login"]);
    assert!(code == 1 && told.contains("No authorization found"), "{told}");
    place.write(
        "bin/sf",
        "#!/bin/sh\necho '{\"result\":{\"accessToken\":\"[REDACTED]\",\"instanceUrl\":\"https://x.test\"}}'\n",
    );
    let (code, _, told) = place.run(&["auth", "login"]);
    assert!(code == 1 && told.contains("keeps the access token to itself"), "{told}");
}

#[test]
fn a_refresh_token_got_elsewhere_rotates_and_is_kept() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "pkce", &json!({"rotate_refresh_tokens": true}), "");
    log_in(&place);
    let seed = kept(&place)["refresh_token"].as_str().unwrap().to_owned();
    std::fs::remove_file(place.path("data/salesforce-login.json")).unwrap();

    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    place.write("config.toml", config.replace("pkce", "refresh_token"));
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 2 && told.contains("ROLODECK_SF_REFRESH_TOKEN"), "{told}");
    place.env("ROLODECK_SF_REFRESH_TOKEN", &seed);
    assert_eq!(place.run(&["auth", "status"]).0, 0);
    let first = kept(&place);
    assert_ne!(first["refresh_token"], json!(seed), "the rotated token is what counts now");
    // The token in the environment is dead; using it again would end the login.
    for _ in 0..2 {
        faults(&url, &json!([{"match": {"path": "/limits", "nth": 1}, "effect": "expired_session"}]));
        let (code, _, told) = place.run(&["auth", "status"]);
        assert_eq!(code, 0, "{told}");
    }
    assert_ne!(kept(&place)["refresh_token"], first["refresh_token"]);
}

#[test]
fn killed_between_the_renewal_and_its_use() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "pkce", &json!({"rotate_refresh_tokens": true}), "");
    log_in(&place);
    let before = kept(&place);
    // The session is refused, so it is renewed; the call that then uses the new one never gets its answer.
    faults(
        &url,
        &json!([{"match": {"path": "/limits", "times": 1}, "effect": "expired_session"},
                {"match": {"path": "/limits", "nth": 2}, "effect": {"delay_ms": 600_000}}]),
    );
    let mut running = place.spawn(&["auth", "status"]);
    while kept(&place)["refresh_token"] == before["refresh_token"] {
        assert!(running.child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    faults(&url, &json!([]));
    let after = kept(&place);
    assert_ne!(after["access_token"], before["access_token"], "both are kept before either is used");
    let (code, _, told) = place.run(&["auth", "status"]);
    assert_eq!(code, 0, "the login outlives the process: {told}");
    faults(&url, &json!([{"match": {"path": "/limits", "nth": 1}, "effect": "expired_session"}]));
    assert_eq!(place.run(&["auth", "status"]).0, 0, "and it can be renewed again");
}

#[test]
fn many_processes_renew_once() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "pkce", &json!({"rotate_refresh_tokens": true}), "");
    log_in(&place);
    // The kept session is dead for all of them at once; a second use of the refresh token would end the login.
    let dead = kept(&place)["access_token"].as_str().unwrap().to_owned();
    let body = format!("token={dead}");
    let form = [("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    assert_eq!(http("POST", &format!("{url}/services/oauth2/revoke"), &form, body.as_bytes()).0, 200);
    let mut all: Vec<Child> = (0..4)
        .map(|_| place.command(&["auth", "status"]).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for child in &mut all {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(place.run(&["auth", "status"]).0, 0);
}

#[test]
fn a_stolen_refresh_token_ends_the_login_and_nobody_asks_again() {
    let mut place = place();
    let (_sandbox, url) = org(&mut place, "pkce", &json!({"rotate_refresh_tokens": true}), "");
    log_in(&place);
    let stolen = kept(&place)["refresh_token"].as_str().unwrap().to_owned();
    faults(&url, &json!([{"match": {"path": "/limits", "nth": 1}, "effect": "expired_session"}]));
    assert_eq!(place.run(&["auth", "status"]).0, 0, "renewed, so the stolen one is spent");
    let body = format!("grant_type=refresh_token&client_id=app&refresh_token={stolen}");
    let form = [("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    assert_eq!(http("POST", &format!("{url}/services/oauth2/token"), &form, body.as_bytes()).0, 400);

    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("invalid_grant"), "{told}");
    assert!(kept(&place)["ended"].is_string());
    // From here on the token endpoint is left alone.
    faults(&url, &json!([{"match": {"path": "/oauth2/token"}, "effect": {"answer": {"status": 500}}}]));
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("the login has ended") && told.contains("rolodeck auth login"), "{told}");
    faults(&url, &json!([]));
    log_in(&place);
    assert_eq!(place.run(&["auth", "status"]).0, 0);
}

#[test]
fn a_login_that_others_can_read_or_of_another_app_is_not_used() {
    let mut place = place();
    let (_sandbox, _) = org(&mut place, "pkce", &json!({}), "");
    log_in(&place);
    let file = place.path("data/salesforce-login.json");
    set_mode(&file, 0o644);
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("other users can read"), "{told}");
    set_mode(&file, 0o600);
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    place.write("config.toml", config.replace("\"app\"", "\"other\""));
    let (code, _, told) = place.run(&["auth", "status"]);
    assert!(code == 1 && told.contains("another app"), "{told}");
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
