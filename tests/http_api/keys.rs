//! Who may ask, and how often.

use reqwest::{Method, StatusCode};
use rolodeck::ingest::api::Rate;

use super::{Server, now};

#[tokio::test]
async fn an_address_or_method_that_there_is_not_is_told_like_every_error() {
    let server = Server::start().await;
    for (method, path, status, allow) in [
        (Method::GET, "/v2/nothing", StatusCode::NOT_FOUND, None),
        (Method::GET, "/", StatusCode::NOT_FOUND, None),
        (Method::PUT, "/v2/contacts/1", StatusCode::METHOD_NOT_ALLOWED, Some("DELETE,GET,HEAD,PATCH")),
        (Method::GET, "/hooks/calcom", StatusCode::METHOD_NOT_ALLOWED, Some("POST")),
    ] {
        let answer = server.call(method, path, None).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.json["type"], "invalid_request_error", "{path}");
        assert!(answer.json["message"].is_string(), "{path}");
        let mut allowed: Vec<&str> =
            answer.headers.get("allow").map_or("", |value| value.to_str().unwrap()).split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow.unwrap_or_default(), "{path}");
    }
}

#[tokio::test]
async fn only_a_living_key_opens_the_api() {
    let server = Server::start().await;
    let key = server.key.clone();
    let bearer = format!("Bearer {key}");
    let lower = format!("bearer   {key} ");
    let basic = format!("Basic {key}");
    let longer = format!("{key}0");
    for (headers, status) in [
        (vec![], 401),
        (vec![("API-Key", "")], 401),
        (vec![("API-Key", "rdk_00")], 401),
        (vec![("API-Key", longer.as_str())], 401),
        (vec![("API-Key", &key[..key.len() - 1])], 401),
        (vec![("Authorization", basic.as_str())], 401),
        (vec![("Authorization", "Bearer ")], 401),
        (vec![("API-Key", "wrong"), ("Authorization", bearer.as_str())], 401),
        (vec![("API-Key", key.as_str())], 200),
        (vec![("Authorization", bearer.as_str())], 200),
        (vec![("Authorization", lower.as_str())], 200),
    ] {
        let answer = server.ask(Method::GET, "/v2/test", &headers, None).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}");
        assert!(answer.headers.contains_key("request-id"), "{headers:?}");
        if status == 401 {
            assert_eq!(answer.json["type"], "authentication_error");
            assert!(answer.headers.contains_key("www-authenticate"));
        } else {
            assert_eq!(answer.json["key"], "tests");
        }
    }
    assert!(server.store.api_keys().await.unwrap()[0].used_at.is_some());

    assert!(server.store.api_key_revoke("tests", now()).await.unwrap());
    assert_eq!(server.get("/v2/test").await.status, StatusCode::UNAUTHORIZED);
    assert!(!server.store.api_key_revoke("tests", now()).await.unwrap());
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again_and_harm_no_other_key() {
    // A request in these tests takes microseconds of the clock; a burst of three is used up by three.
    let server = Server::with(Rate { per_second: 1, burst: 3 }).await;
    for _ in 0..3 {
        assert_eq!(server.get("/v2/test").await.status, StatusCode::OK);
    }
    let refused = server.get("/v2/test").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json["type"], "rate_limit_error");
    assert_eq!(refused.headers["retry-after"], "1");

    let other = rolodeck::ingest::api::key::NewKey::generate().unwrap();
    server.store.api_key_create("other", &other.hash, None, now()).await.unwrap().unwrap();
    let answer = server.ask(Method::GET, "/v2/test", &[("API-Key", other.text())], None).await;
    assert_eq!((answer.status, &answer.json["key"]), (StatusCode::OK, &"other".into()));

    // Whoever guesses is slowed down as well, all guessers together.
    let mut statuses = Vec::new();
    for n in 0..4 {
        let guess = format!("rdk_{n}");
        statuses.push(server.ask(Method::GET, "/v2/test", &[("API-Key", &guess)], None).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn a_name_has_one_living_key() {
    let server = Server::start().await;
    assert_eq!(server.store.api_key_create("tests", "00", None, now()).await.unwrap(), None);
    server.store.api_key_revoke("tests", now()).await.unwrap();
    assert!(server.store.api_key_create("tests", "00", None, now()).await.unwrap().is_some());
    let keys = server.store.api_keys().await.unwrap();
    assert_eq!((keys.len(), keys[0].hash.as_str(), keys[0].revoked_at), (1, "00", None));
    // The key of before stays closed.
    assert_eq!(server.get("/v2/test").await.status, StatusCode::UNAUTHORIZED);
}
