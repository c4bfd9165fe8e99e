//! `rolodeck serve`: signed deliveries over a real socket, into a real store.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{Place, http, place, sandbox};

fn sign(secret: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn listening() -> Place {
    let mut place = place();
    place.write("config.toml", "[serve]\nlisten = \"127.0.0.1:0\"\n[source.calcom]\nsecret_env = \"CAL\"\n[source.oncehub]\nsecret_env = \"ONCE\"\n");
    place.env("CAL", "cal-secret");
    place.env("ONCE", "once-secret");
    place
}

fn counted(place: &Place) -> (i64, i64, i64) {
    let path = place.path("data").join("rolodeck.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM activity), (SELECT count(*) FROM delivery)",
        )
        .fetch_one(&pool)
        .await
        .unwrap()
    })
}

#[test]
fn deliveries_are_believed_by_their_signature_and_stored_once() {
    let place = listening();
    let serve = place.start(&["serve"]);
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let (cal, once) = (format!("{url}/hooks/calcom"), format!("{url}/hooks/oncehub"));
    let body = json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "2031-03-02T09:30:00.000Z", "payload": {
        "uid": "u1", "title": "Demo", "startTime": "2031-03-05T09:30:00Z", "endTime": "2031-03-05T10:30:00Z", "status": "ACCEPTED",
        "organizer": {"name": "Ann", "email": "ann@seller.test", "timeZone": "UTC"},
        "attendees": [{"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "UTC"}]}})
    .to_string();
    let signed = |body: &[u8]| [("X-Cal-Signature-256", sign("cal-secret", body))];

    // Not believed, not JSON, too large: refused, and nothing is stored.
    let wrong = [("X-Cal-Signature-256", sign("another", body.as_bytes()))];
    assert_eq!(http("POST", &cal, &wrong, body.as_bytes()).0, 401);
    assert_eq!(http("POST", &cal, &[], body.as_bytes()).0, 401);
    let (status, reason) = http("POST", &cal, &signed(b"{garbage"), b"{garbage");
    assert_eq!(status, 400, "{reason}");
    let large = vec![b'x'; 3 << 20];
    assert_eq!(http("POST", &cal, &signed(&large), &large).0, 413);
    let old = "1790000000";
    let stale =
        [("Oncehub-Signature", format!("t={old},s={}", sign("once-secret", format!("{old}.{body}").as_bytes())))];
    assert_eq!(http("POST", &once, &stale, body.as_bytes()).0, 401);
    assert_eq!(counted(&place), (0, 0, 0));

    // Believed: stored; again: the same; of an unknown type: kept.
    let (status, answer) = http("POST", &cal, &signed(body.as_bytes()), body.as_bytes());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(http("POST", &cal, &signed(body.as_bytes()), body.as_bytes()).0, 200);
    assert_eq!(counted(&place), (1, 1, 1));
    let new =
        json!({"triggerEvent": "OOO_CREATED", "createdAt": "2031-03-02T09:30:00.000Z", "payload": {}}).to_string();
    assert_eq!(http("POST", &cal, &signed(new.as_bytes()), new.as_bytes()).0, 200);
    let talk = json!({"id": "EVNT-1", "object": "event", "creation_time": "2031-03-02T09:30:00.000Z", "type": "conversation.closed",
        "api_version": "v2", "data": {"object": "conversation", "id": "CVR-1", "creation_time": "2031-03-02T09:20:00.000Z",
        "last_updated_time": "2031-03-02T09:30:00.000Z", "status": "closed",
        "contact": {"object": "contact", "id": "CTC-1", "email": "cy@buyer.test", "first_name": "Cy", "status": "Qualified"}}})
    .to_string();
    let now = jiff::Timestamp::now().as_second().to_string();
    let fresh =
        [("Oncehub-Signature", format!("t={now},s={}", sign("once-secret", format!("{now}.{talk}").as_bytes())))];
    let (status, answer) = http("POST", &once, &fresh, talk.as_bytes());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(counted(&place), (2, 2, 3));
    assert_eq!(http("GET", &format!("{url}/healthz"), &[], b"").0, 200);
    assert!(http("GET", &format!("{url}/metrics"), &[], b"").1.contains("rolodeck"));
    assert_eq!(serve.stop(), 0);
}

#[test]
fn it_does_not_listen_without_a_secret_or_to_the_world_unsigned() {
    let place = place();
    let (code, _, stderr) = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("secret"), "{stderr}");
    let (code, _, stderr) = place.run(&["serve", "--listen", "0.0.0.0:0", "--unsigned"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("open to other machines"), "{stderr}");
}

#[test]
fn the_owner_of_a_lead_is_told_to_who_has_a_key() {
    let mut place = place();
    let org = json!({
        "User": [{"_key": "bob", "Username": "bob@seller.test", "LastName": "Lee", "FirstName": "Bob", "Email": "bob@seller.test", "Alias": "bob"}],
        "Contact": [{"LastName": "Guest", "Email": "bo+1@buyer.test", "OwnerId": "@bob"}]
    });
    let (running, org, token) = sandbox(&place, &org.to_string());
    let config =
        format!("[serve]\nlisten = \"127.0.0.1:0\"\n[salesforce]\nauth = \"access_token\"\ninstance_url = \"{org}\"\n");
    place.write("config.toml", &config);
    place.env("ROLODECK_SF_ACCESS_TOKEN", &token);
    let (code, key) = place.json(&["auth", "key", "create", "router"]);
    assert_eq!(code, 0);
    let key = key["key"].as_str().unwrap_or_else(|| panic!("{key}")).to_owned();
    let serve = place.start(&["serve"]);
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let ask = |query: &str, key: Option<&str>| {
        let headers: Vec<(&str, String)> =
            key.map(|key| ("Authorization", format!("Bearer {key}"))).into_iter().collect();
        let (status, body) = http("GET", &format!("{url}/v1/owner?{query}"), &headers, b"");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}"));
        (status, body)
    };
    // Without a key, nothing tells who is known.
    for email in ["bo%2B1@buyer.test", "nobody@x.test", "nonsense"] {
        assert_eq!(ask(&format!("email={email}"), None).0, 401);
    }
    let (status, found) = ask("email=bo%2B1@buyer.test&host=ann@seller.test&host=bob@seller.test", Some(&key));
    assert_eq!((status, &found["owner"]["email"]), (200, &json!("bob@seller.test")), "{found}");
    assert_eq!(found["rule"], "contact_owner");
    assert_eq!(found["reason"], "Contact Guest belongs to Bob Lee");
    let (status, found) = ask("email=bo%2B1@buyer.test&host=ann@seller.test,eve@seller.test", Some(&key));
    assert_eq!((status, &found["owner"]), (200, &json!(null)), "{found}");
    assert!(found["reason"].as_str().unwrap().contains("not among the hosts"));
    for (query, param) in [
        ("", "email"),
        ("email=nonsense", "email"),
        ("email=a@b.test&email=c@d.test", "email"),
        ("email=a@b.test&host=nonsense", "host"),
        ("email=a@b.test&hosts=a@b.test", "hosts"),
    ] {
        let (status, error) = ask(query, Some(&key));
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{query}: {error}");
    }
    drop(running);
    // Nobody knows is not nobody.
    assert_eq!(ask("email=bo%2B1@buyer.test", Some(&key)).0, 502);
    assert_eq!(serve.stop(), 0);
}

/// R6: whoever asks without a key, or with a wrong one, hears the same about somebody who is known and somebody who is not.
#[test]
fn without_a_key_no_answer_tells_who_is_a_contact() {
    let mut place = listening();
    place.env("ROLODECK_SF_ACCESS_TOKEN", "none");
    assert_eq!(place.run(&["contact", "add", "email=known@buyer.test", "first_name=Known"]).0, 0);
    assert_eq!(place.run(&["auth", "key", "create", "bot"]).0, 0);
    let serve = place.start(&["serve"]);
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let views = |email: &str| json!({"email": email, "url": "https://x.test/"}).to_string();
    let person = |email: &str| json!({"email": email, "first_name": "X"}).to_string();
    for headers in [vec![], vec![("API-Key", "rdk_0000".to_owned())]] {
        let ask =
            |method: &str, path: String, body: String| http(method, &format!("{url}{path}"), &headers, body.as_bytes());
        let mut told: Vec<Vec<(u16, String)>> = Vec::new();
        for (email, id) in [("known@buyer.test", "CTC-1"), ("nobody@buyer.test", "CTC-999")] {
            told.push(vec![
                ask("GET", format!("/v2/lookup?email={email}"), String::new()),
                ask("GET", format!("/v1/owner?email={email}"), String::new()),
                ask("GET", format!("/v2/contacts?email={email}"), String::new()),
                ask("GET", format!("/v2/contacts/{id}"), String::new()),
                ask("PATCH", format!("/v2/contacts/{id}"), person(email)),
                ask("DELETE", format!("/v2/contacts/{id}"), String::new()),
                ask("POST", "/v2/contacts".to_owned(), person(email)),
                ask("POST", "/hooks/page-views".to_owned(), views(email)),
            ]);
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].iter().all(|(status, _)| *status == 401), "{told:#?}");
    }
    assert_eq!(counted(&place).0, 1, "and nothing was changed");
}

#[test]
fn a_field_that_is_added_while_it_runs_takes_answers() {
    let place = listening();
    let serve = place.start(&["serve", "--unsigned"]);
    let url = serve.line.trim().strip_prefix("listening on ").unwrap().to_owned();
    assert_eq!(place.run(&["field", "add", "Budget Range"]).0, 0);
    let body = json!({"object": "event", "id": "EVNT-1", "creation_time": "2031-03-02T09:10:01Z", "type": "booking.scheduled",
        "data": {"object": "booking", "id": "BKNG-1", "status": "scheduled", "starting_time": "2031-03-05T15:30:00.000Z",
            "duration_minutes": 30, "last_updated_time": "2026-03-02T09:10:00.000Z", "form_submission": {"name": "Ana Berg",
            "email": "ana@x.test", "custom_fields": [{"name": "Budget Range", "value": "10k"}]}}})
    .to_string();
    let when = jiff::Timestamp::now().as_second();
    let signature = format!("t={when},s={}", sign("once-secret", format!("{when}.{body}").as_bytes()));
    let header = [("Oncehub-Signature", signature)];
    let (status, answer) = http("POST", &format!("{url}/hooks/oncehub"), &header, body.as_bytes());
    assert_eq!(status, 200, "{answer}");
    // It goes by its label wherever a person writes it.
    let asked = ["contact", "list", "--filter", "\"Budget Range\":10k"];
    assert!(place.run(&asked).1.contains("ana@x.test"));
    assert_eq!(place.run(&["contact", "edit", "ana@x.test", "Budget Range=20k"]).0, 0);
    let (_, shown) = place.json(&["contact", "show", "ana@x.test"]);
    assert_eq!(shown["custom_fields"]["budget_range"], "20k", "{shown}");
    assert_eq!(serve.stop(), 0);
}
