//! Sessions that die, and the token endpoint.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rolodeck::salesforce::{
    ApiError, AuthError, BaseUrl, BoxFuture, Client, ClientConfig, ErrorClass, Grant, Granted, Http, OAuth, Pkce,
    Session, TokenSource, classify,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::stand_in::{Reply, StandIn, TOKEN};
use crate::{ANA, fields, id, leads};

/// Grants `token1`, `token2`, …
#[derive(Debug)]
struct Counting {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Grant for Counting {
    fn obtain<'a>(&'a self, _refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let session = Session::new(&self.url, SecretString::from(format!("token{count}")));
        Box::pin(std::future::ready(session))
    }
}

fn renewing(stand_in: &StandIn) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let grant = Counting { url: stand_in.url.clone(), asked: Arc::clone(&asked) };
    (Client::new(ClientConfig::new(TokenSource::new(grant))).unwrap(), asked)
}

#[tokio::test]
async fn a_refused_session_is_renewed_and_the_call_sent_again_as_it_was() {
    let created = Reply::json(201, &json!({"id": ANA, "success": true, "errors": []}));
    let stand_in = StandIn::playing([Reply::session_expired(), created.clone(), created]).await;
    let (client, asked) = renewing(&stand_in);
    let body = fields(json!({"LastName": "A"}));
    assert_eq!(client.create("Contact", &body).await, Ok(id(ANA)));
    assert_eq!(client.create("Contact", &body).await, Ok(id(ANA)));
    let requests = stand_in.asked();
    let tokens: Vec<_> = requests.iter().map(|r| r.header("authorization").unwrap()).collect();
    assert_eq!(tokens, ["Bearer token1", "Bearer token2", "Bearer token2"]);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_second_refusal_is_told_and_not_tried_again() {
    let stand_in = StandIn::playing([Reply::session_expired(), Reply::session_expired()]).await;
    let (client, asked) = renewing(&stand_in);
    let error = client.collections(&[leads(1)]).await.remove(0).unwrap_err();
    assert_eq!((error.code().as_ref(), classify(&error)), ("INVALID_SESSION_ID", ErrorClass::Reauth));
    assert_eq!((stand_in.asked().len(), asked.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn a_plain_access_token_that_dies_is_told() {
    let stand_in = StandIn::playing([Reply::session_expired()]).await;
    let client = stand_in.client();
    let error = client.limits().await.unwrap_err();
    assert_eq!(error, ApiError::Auth(AuthError::Expired));
    assert_eq!((classify(&error), error.may_have_committed()), (ErrorClass::TellUser, false));
    assert_eq!(client.limits().await.unwrap_err(), error);
    assert_eq!(stand_in.asked().len(), 1, "a dead token is not sent again");
    assert!(!format!("{client:?}").contains(TOKEN));
}

#[tokio::test]
async fn the_identity_endpoints_refuse_in_their_own_way() {
    let user = json!({"user_id": "005000000000001AAA", "organization_id": "00D000000000001EAA"});
    let stand_in = StandIn::playing([Reply::html(403, "Bad_OAuth_Token"), Reply::json(200, &user)]).await;
    let (client, asked) = renewing(&stand_in);
    assert_eq!(client.user_info().await.unwrap().user_id, id("005000000000001AAA"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

fn app(stand_in: &StandIn, secret: Option<&str>) -> OAuth {
    let login = BaseUrl::parse(&stand_in.url).unwrap();
    OAuth::new(Http::default(), login, "client-id".to_owned(), secret.map(SecretString::from))
}

fn grant_body(refresh_token: Option<&str>) -> serde_json::Value {
    json!({"access_token": "00Dx!new", "instance_url": "https://example.my.salesforce.com", "token_type": "Bearer",
           "issued_at": "1", "signature": "s", "scope": "api refresh_token", "refresh_token": refresh_token,
           "id": "https://login.salesforce.com/id/00D/005"})
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_before_the_session_is_given_out() {
    let kept = Mutex::new(Vec::new());
    let keep = |granted: Granted| {
        kept.lock().unwrap().push(granted.refresh_token.unwrap().expose_secret().to_owned());
        async { Ok(()) }
    };
    let old = SecretString::from("old");
    let stand_in = StandIn::playing([Some("next"), Some("old"), None].map(|t| Reply::json(200, &grant_body(t)))).await;
    let app = app(&stand_in, Some("hush"));
    for _ in 0..3 {
        let session = app.refresh(&old, keep).await.unwrap();
        assert_eq!(session.access_token.expose_secret(), "00Dx!new");
    }
    assert_eq!(*kept.lock().unwrap(), ["next", "old", "old"], "without a new one the old one counts");
    assert_eq!(
        stand_in.asked()[0].body,
        "grant_type=refresh_token&refresh_token=old&client_id=client-id&client_secret=hush"
    );
}

#[tokio::test]
async fn a_token_that_cannot_be_kept_gives_no_session() {
    let stand_in = StandIn::playing([Reply::json(200, &grant_body(Some("next")))]).await;
    let outcome = app(&stand_in, None)
        .refresh(&SecretString::from("old"), |_| async { Err("the disk is full".to_owned()) })
        .await;
    assert_eq!(outcome.unwrap_err(), AuthError::Persist("the disk is full".to_owned()));
}

#[tokio::test]
async fn each_flow_posts_its_own_form() {
    let stand_in = StandIn::playing([
        Reply::json(200, &grant_body(Some("first"))),
        Reply::json(200, &grant_body(None)),
        Reply::json(200, &grant_body(None)),
        Reply::new(200, ""),
        Reply::json(400, &json!({"error": "invalid_token", "error_description": "invalid token"})),
    ])
    .await;
    let (public, secret) = (app(&stand_in, None), app(&stand_in, Some("hush")));
    let pkce = Pkce::from_verifier(SecretString::from("verifier"));
    let code = SecretString::from("aPrx==");
    let granted = public.exchange_code(&code, "http://localhost:1717/OauthRedirect", &pkce).await.unwrap();
    assert_eq!(granted.refresh_token.unwrap().expose_secret(), "first");
    secret.client_credentials().await.unwrap();
    secret.jwt_bearer(&SecretString::from("head.body.sign")).await.unwrap();
    public.revoke(&SecretString::from("first")).await.unwrap();
    assert_eq!(public.revoke(&SecretString::from("first")).await.unwrap_err().code(), "invalid_token");
    let asked = stand_in.asked();
    let lines: Vec<_> = asked.iter().map(|a| format!("{} {} {}", a.method, a.uri, a.body)).collect();
    assert_eq!(
        lines,
        [
            "POST /services/oauth2/token grant_type=authorization_code&code=aPrx%3D%3D\
             &redirect_uri=http%3A%2F%2Flocalhost%3A1717%2FOauthRedirect&code_verifier=verifier&client_id=client-id",
            "POST /services/oauth2/token grant_type=client_credentials&client_id=client-id&client_secret=hush",
            "POST /services/oauth2/token \
             grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=head.body.sign",
            "POST /services/oauth2/revoke token=first",
            "POST /services/oauth2/revoke token=first",
        ]
    );
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn refused_logins_are_told_in_oauths_terms() {
    let stand_in = StandIn::playing([
        Reply::json(400, &json!({"error": "invalid_grant", "error_description": "expired access/refresh token"})),
        Reply::html(503, "<html>busy</html>"),
    ])
    .await;
    let app = app(&stand_in, None);
    let refused = app.client_credentials().await.unwrap_err();
    assert_eq!((refused.code().as_ref(), refused.is_transient()), ("invalid_grant", false));
    let busy = app.client_credentials().await.unwrap_err();
    assert_eq!((busy.code().as_ref(), busy.is_transient()), ("HTTP_503", true));
}
