//! Answers that are none, and connections that break: what is told, and that nothing is sent twice.

use std::time::Duration;

use rolodeck::salesforce::{ApiError, Client, ClientConfig, Delivery, ErrorClass, HttpOptions, classify};
use serde_json::{Map, json};

use crate::stand_in::{Line, RawServer, Reply, StandIn, TOKEN, client_at, config_at};
use crate::{fields, leads};

#[tokio::test]
async fn pages_of_proxies_and_broken_json_are_never_data() {
    for (reply, status, excerpt, class, maybe) in [
        (
            Reply::html(503, "<html><h1>Service Unavailable</h1></html>"),
            503,
            "Service Unavailable",
            ErrorClass::Transient,
            true,
        ),
        (Reply::html(502, "<html>Bad gateway</html>"), 502, "Bad gateway", ErrorClass::Transient, true),
        (Reply::new(500, ""), 500, "", ErrorClass::Transient, true),
        (Reply::new(420, ""), 420, "", ErrorClass::Transient, true),
        (
            Reply::html(200, "<html>We are down for maintenance</html>"),
            200,
            "We are down for maintenance",
            ErrorClass::Transient,
            true,
        ),
        (
            Reply::new(200, r#"{"compositeResponse":[{"body":[{"id":"#),
            200,
            r#"{"compositeResponse":[{"body":[{"id":"#,
            ErrorClass::Transient,
            true,
        ),
        (Reply::new(200, ""), 200, "", ErrorClass::Transient, true),
        (Reply::json(200, &json!({"compositeResponse": []})), 200, "", ErrorClass::Transient, true),
        (Reply::new(413, ""), 413, "", ErrorClass::Split, false),
        (Reply::html(404, "nothing here"), 404, "nothing here", ErrorClass::Rematch, false),
    ] {
        let stand_in = StandIn::playing([reply]).await;
        let results = stand_in.client().collections(&[leads(1), leads(2)]).await;
        for result in results {
            let error = result.unwrap_err();
            assert_eq!(error, ApiError::Http { status, body_excerpt: excerpt.to_owned() });
            assert_eq!((classify(&error), error.may_have_committed()), (class, maybe), "{error:?}");
        }
        assert_eq!(stand_in.asked().len(), 1, "a write is never repeated here");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_was_sent_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client_at(&url);
    let error = client.create("Lead", &Map::new()).await.unwrap_err();
    assert!(matches!(&error, ApiError::Transport { sent: Delivery::NotSent, .. }), "{error:?}");
    assert_eq!((error.may_have_committed(), client.calls_made()), (false, 0));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_open() {
    const CUT: &str = "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"id\":\"003";
    for line in [
        Line::CloseUnread,
        Line::Play(vec![""]),
        Line::Play(vec!["HTTP/1.1 201 Cre"]),
        Line::Play(vec![CUT]),
        Line::Play(vec!["not http at all\r\n\r\n"]),
    ] {
        let server = RawServer::start(line).await;
        let client = client_at(&server.url);
        let error = client.create("Lead", &Map::new()).await.unwrap_err();
        assert!(matches!(&error, ApiError::Transport { sent: Delivery::MaybeCommitted, .. }), "{error:?}");
        assert!(server.requests() <= 1, "sent {} times", server.requests());
        assert_eq!(classify(&error), ErrorClass::Transient);
        assert_eq!(client.calls_made(), 1, "it may have counted");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_is_not_retried_either() {
    const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
    let server = RawServer::start(Line::Play(vec![OK, ""])).await;
    let client = client_at(&server.url);
    let id = "003000000000001".parse().unwrap();
    client.update("Contact", id, &fields(json!({"Title": "T"}))).await.unwrap();
    let error = client.create("Lead", &Map::new()).await.unwrap_err();
    assert!(error.may_have_committed(), "{error:?}");
    assert_eq!(server.requests(), 2);
}

fn client_with(url: &str, http: HttpOptions) -> Client {
    Client::new(ClientConfig { http, ..config_at(url) }).unwrap()
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let server = RawServer::start(Line::Silence).await;
    let http = HttpOptions { request_timeout: Duration::from_millis(100), ..HttpOptions::default() };
    let error = client_with(&server.url, http).create("Lead", &Map::new()).await.unwrap_err();
    let ApiError::Transport { sent: Delivery::MaybeCommitted, detail } = &error else { panic!("{error:?}") };
    assert!(detail.starts_with("no answer in time"), "{detail}");
}

/// `[`, 100,000 spaces, one version, `]`, compressed.
const BOMB: &str = "\
    1f8b0800000000000203edca310ac2300085e1ab942c2e62c4a183d77014875a83044a9544b38877b77a0a87ef1bfff78e1d\
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000f0b75e61\
    1ace690afb70b8973c5fbbd5ae0febf02cdf146b2a2d8fa9c6cbf01862ebfbcd76195b2a35dfe6e5f00befd307b19b7c66e6\
    860100";

fn bomb() -> Reply {
    let digits: Vec<u32> = BOMB.chars().map(|c| c.to_digit(16).unwrap()).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    Reply::new(200, bytes).with("Content-Encoding", "gzip")
}

#[tokio::test]
async fn answers_are_unpacked_but_only_up_to_the_limit() {
    let stand_in = StandIn::playing([bomb(), bomb(), Reply::new(200, "x".repeat(10_001))]).await;
    assert_eq!(stand_in.client().versions().await.unwrap()[0].version, "66.0");
    let small = client_with(&stand_in.url, HttpOptions { max_body: 10_000, ..HttpOptions::default() });
    for _ in 0..2 {
        let error = small.versions().await.unwrap_err();
        assert!(
            matches!(&error, ApiError::Transport { detail, .. } if detail.contains("larger than 10000")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_redirection_is_an_answer_and_takes_no_token_along() {
    let elsewhere = StandIn::playing([Reply::json(200, &json!([]))]).await;
    let stand_in = StandIn::playing([Reply::new(302, "").with("Location", format!("{}/x", elsewhere.url))]).await;
    let error = stand_in.client().limits().await.unwrap_err();
    assert_eq!(error, ApiError::Http { status: 302, body_excerpt: String::new() });
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn an_answer_that_repeats_the_token_is_shown_without_it() {
    let echo = format!("refused: Bearer {TOKEN} for you");
    let list = json!([{"errorCode": "INSUFFICIENT_ACCESS", "message": echo}]);
    let stand_in = StandIn::playing([Reply::new(403, echo), Reply::json(403, &list)]).await;
    let client = stand_in.client();
    for _ in 0..2 {
        let error = client.limits().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("AQ.token") && shown.contains("[redacted]"), "{shown}");
    }
}
