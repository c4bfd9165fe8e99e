//! Faults on demand, seen from the client's side.

use rolodeck::sandbox::Faults;
use serde_json::{Value, json};

use crate::support::{Answer, Org, small_org};

async fn org(rules: Value) -> Org {
    let faults = Faults::parse(&json!({"seed": 1, "rules": rules}).to_string()).unwrap();
    Org::start_with(small_org(), faults).await
}

async fn post_lead(org: &Org, name: &str) -> Result<reqwest::Response, reqwest::Error> {
    org.request("POST", "/sobjects/Lead").json(&json!({"LastName": name, "Company": "X"})).send().await
}

async fn leads(org: &Org) -> Value {
    org.query("SELECT COUNT() FROM Lead WHERE Company = 'X'").await.body["totalSize"].clone()
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_commit() {
    for (effect, stored) in [("close_before_commit", 0), ("close_after_commit", 1)] {
        let org = org(json!([{"name": "cut", "match": {"method": "POST", "path": "/sobjects/Lead", "times": 1}, "effect": effect}])).await;
        let error = post_lead(&org, "A").await.expect_err("no answer");
        assert!(error.is_request() && error.status().is_none(), "{error:?}");
        assert_eq!(leads(&org).await, stored, "{effect}");
        assert_eq!(post_lead(&org, "B").await.unwrap().status(), 201);
        assert_eq!(org.sandbox.stats()["faults"], json!({"cut": 1}));
    }
}

#[tokio::test]
async fn answers_that_stand_in_for_the_real_one() {
    for (effect, status, text) in [
        (json!("html_503"), 503, "<html>"),
        (json!("expired_session"), 401, "INVALID_SESSION_ID"),
        (json!("request_limit"), 403, "REQUEST_LIMIT_EXCEEDED"),
        (
            json!({"answer": {"status": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]}}),
            500,
            "UNKNOWN_EXCEPTION",
        ),
        (json!({"answer": {"status": 502}}), 502, ""),
    ] {
        let org = org(json!([{"match": {"nth": 1}, "effect": effect}])).await;
        let answer = post_lead(&org, "A").await.unwrap();
        assert_eq!(answer.status(), status);
        assert!(answer.text().await.unwrap().contains(text));
        assert_eq!(leads(&org).await, 0);
    }
}

#[tokio::test]
async fn a_truncated_answer_is_committed_but_unreadable() {
    let org = org(json!([{"match": {"nth": 1}, "effect": {"truncate": 12}}])).await;
    let text = post_lead(&org, "A").await.unwrap().text().await.unwrap();
    assert_eq!(text.len(), 12);
    assert!(serde_json::from_str::<Value>(&text).is_err());
    assert_eq!(leads(&org).await, 1);
}

#[tokio::test]
async fn rows_fail_one_by_one() {
    let org = org(json!([
        {"name": "lock", "match": {"object": "Lead", "row": {"field": "LastName", "contains": "B"}, "times": 1}, "effect": "lock_row"},
        {"name": "own", "match": {"row": {"field": "LastName", "contains": "C"}}, "effect": {"row_error": {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no", "fields": ["LastName"]}}}
    ]))
    .await;
    let rows: Vec<Value> = ["A", "B", "C"]
        .iter()
        .map(|n| json!({"attributes": {"type": "Lead"}, "LastName": n, "Company": "X"}))
        .collect();
    let send = async || org.post("/composite/sobjects", json!({"records": rows})).await.body;
    let codes = |body: &Value| {
        body.as_array()
            .unwrap()
            .iter()
            .map(|row| row["errors"][0]["statusCode"].as_str().unwrap_or("ok").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&send().await), ["ok", "UNABLE_TO_LOCK_ROW", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]);
    assert_eq!(codes(&send().await), ["ok", "ok", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]);
    assert_eq!(org.sandbox.stats()["faults"], json!({"lock": 1, "own": 2}));
}

#[tokio::test]
async fn rules_can_be_replaced_while_it_runs() {
    let org = org(json!([])).await;
    let set =
        org.post("/__admin/faults", json!({"rules": [{"match": {"path": "/query"}, "effect": "html_503"}]})).await;
    assert_eq!(set.status, 204);
    assert_eq!(org.query("SELECT Id FROM Lead").await.status, 503);
    assert_eq!(org.post("/__admin/faults", json!({"rules": [{"effect": "explode"}]})).await.status, 400);
    assert_eq!(org.send("DELETE", "/__admin/faults", json!(null)).await.status, 204);
    assert_eq!(org.query("SELECT Id FROM Lead").await.status, 200);
}

#[tokio::test]
async fn every_second_request_is_late_but_served() {
    let org = org(json!([{"name": "late", "match": {"every": 2}, "effect": {"delay_ms": 1}}])).await;
    for _ in 0..4 {
        let answer = Answer::read(org.request("GET", "/limits").send().await.unwrap()).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(org.sandbox.stats()["faults"]["late"], 2);
}
