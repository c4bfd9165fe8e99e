//! Login.

use serde_json::{Value, json};

use crate::support::{Answer, Org, small_org};

async fn token(org: &Org, form: &[(&str, &str)]) -> Answer {
    Answer::read(org.client.post(org.url("/services/oauth2/token")).form(form).send().await.unwrap()).await
}

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://localhost:1717/OauthRedirect";

async fn authorize(org: &Org, redirect: &str) -> reqwest::Response {
    let query = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", redirect),
        ("scope", "api refresh_token"),
        ("state", "s t"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    org.client.get(org.url("/services/oauth2/authorize")).query(&query).send().await.unwrap()
}

async fn code(org: &Org) -> String {
    let answer = authorize(org, REDIRECT).await;
    assert_eq!(answer.status(), 302);
    let location = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let get = |name: &str| location.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!((location.host_str(), get("state").as_str()), (Some("localhost"), "s t"));
    get("code")
}

fn exchange<'a>(code: &'a str, verifier: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", "app"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ]
}

#[tokio::test]
async fn the_web_flow_checks_its_proof_and_gives_each_code_once() {
    let org = Org::start(small_org()).await;
    let wrong = token(&org, &exchange(&code(&org).await, "wrong")).await;
    assert_eq!((wrong.status, &wrong.body["error"]), (400, &json!("invalid_grant")));
    let code = code(&org).await;
    let good = token(&org, &exchange(&code, VERIFIER)).await.body;
    assert_eq!((&good["token_type"], &good["instance_url"]), (&json!("Bearer"), &json!(org.sandbox.url())));
    assert!(good["refresh_token"].is_string() && good["issued_at"].is_string() && good.get("expires_in").is_none());
    let used = token(&org, &exchange(&code, VERIFIER)).await.body;
    assert_eq!(used, json!({"error": "invalid_grant", "error_description": "expired authorization code"}));

    let access = good["access_token"].as_str().unwrap();
    let limits = org.client.get(org.url("/limits")).bearer_auth(access).send().await.unwrap();
    assert_eq!(limits.status(), 200);
    let info: Value = org
        .client
        .get(org.url("/services/oauth2/userinfo"))
        .bearer_auth(access)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((&info["email"], &info["preferred_username"]), (&json!("ana@seller.test"), &json!("ana@seller.test")));
    assert!(info["urls"]["rest"].as_str().unwrap().contains("{version}"));
    let id: Value =
        org.client.get(good["id"].as_str().unwrap()).bearer_auth(access).send().await.unwrap().json().await.unwrap();
    assert_eq!(id["user_id"], info["user_id"]);
    assert_eq!(org.sandbox.stats()["api_calls"], 1, "login is not counted");

    for (redirect, status) in [
        ("http://example.test/cb", 400),
        ("https://example.test/cb", 302),
        ("http://127.0.0.1:9/cb", 302),
        ("http://localhost.evil.test/", 400),
    ] {
        assert_eq!(authorize(&org, redirect).await.status(), status, "{redirect}");
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_reused_one_kills_the_family() {
    let mut file = small_org();
    file["settings"] = json!({"rotate_refresh_tokens": true});
    let org = Org::start(file).await;
    let first = token(&org, &exchange(&code(&org).await, VERIFIER)).await.body;
    let old = first["refresh_token"].as_str().unwrap();
    let second =
        token(&org, &[("grant_type", "refresh_token"), ("refresh_token", old), ("client_id", "app")]).await.body;
    let (new, access) = (second["refresh_token"].as_str().unwrap(), second["access_token"].as_str().unwrap());
    assert_ne!(old, new);
    let limits = async || org.client.get(org.url("/limits")).bearer_auth(access).send().await.unwrap().status();
    assert_eq!(limits().await, 200);
    let reused = token(&org, &[("grant_type", "refresh_token"), ("refresh_token", old), ("client_id", "app")]).await;
    assert_eq!((reused.status, &reused.body["error_description"]), (400, &json!("expired access/refresh token")));
    assert_eq!(limits().await, 401, "the family is dead");
    assert_eq!(
        token(&org, &[("grant_type", "refresh_token"), ("refresh_token", new), ("client_id", "app")]).await.status,
        400
    );
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_access_tokens() {
    let org = Org::start(small_org()).await;
    let tokens = token(&org, &exchange(&code(&org).await, VERIFIER)).await.body;
    let revoke = async |token: &str| {
        org.client.post(org.url("/services/oauth2/revoke")).form(&[("token", token)]).send().await.unwrap().status()
    };
    assert_eq!(revoke(tokens["refresh_token"].as_str().unwrap()).await, 200);
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(org.client.get(org.url("/limits")).bearer_auth(access).send().await.unwrap().status(), 401);
    assert_eq!(revoke("nonsense").await, 400);
}

#[tokio::test]
async fn sessions_end_when_idle() {
    let mut file = small_org();
    file["settings"] = json!({"session_seconds": 60, "now": "2026-05-01T00:00:00Z"});
    let org = Org::start(file).await;
    let tokens = token(&org, &exchange(&code(&org).await, VERIFIER)).await.body;
    let access = tokens["access_token"].as_str().unwrap();
    let at = async |now: &str| {
        org.post("/__admin/now", json!({"now": now})).await;
        org.client.get(org.url("/limits")).bearer_auth(access).send().await.unwrap().status().as_u16()
    };
    assert_eq!(
        (at("2026-05-01T00:00:50Z").await, at("2026-05-01T00:01:50Z").await, at("2026-05-01T00:02:51Z").await),
        (200, 200, 401)
    );
    assert_eq!(org.get("/limits").await.status, 200, "the permanent token lives");
}

#[tokio::test]
async fn secrets_and_clients_are_checked_when_the_org_knows_them() {
    let mut file = small_org();
    file["settings"] = json!({"client_id": "app", "client_secret": "s3", "access_token": "fixed"});
    let org = Org::start(file).await;
    assert_eq!(org.sandbox.access_token(), "fixed");
    for (client, secret, error) in
        [("app", "s3", None), ("app", "no", Some("invalid_client")), ("other", "s3", Some("invalid_client_id"))]
    {
        let answer =
            token(&org, &[("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)])
                .await;
        assert_eq!(answer.body["error"].as_str(), error);
        assert!(answer.body.get("refresh_token").is_none());
        let basic = org.client.post(org.url("/services/oauth2/token")).basic_auth(client, Some(secret));
        let basic = Answer::read(basic.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await;
        assert_eq!(basic.body["error"].as_str(), error);
    }
    assert_eq!(token(&org, &[("grant_type", "password")]).await.body["error"], "unsupported_grant_type");
    assert_eq!(token(&org, &[]).await.body["error"], "invalid_request");
}
