//! The token endpoint: one function for each way of asking it.
//!
//! Salesforce: "OAuth authorization flows". They are four forms posted to `/services/oauth2/token` with one shape of
//! answer.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{AuthError, Pkce, Session};
use crate::salesforce::error::Delivery;
use crate::salesforce::http::{Answer, BaseUrl, Failure, Http, encode};
use crate::salesforce::text;

/// An app at a login server.
#[derive(Debug, Clone)]
pub struct OAuth {
    http: Http,
    login_url: BaseUrl,
    client_id: String,
    client_secret: Option<SecretString>,
}

/// What the token endpoint granted.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The session.
    pub session: Session,
    /// A refresh token, when one was granted. It is to be stored before the session is used.
    pub refresh_token: Option<SecretString>,
    /// The scopes, separated by spaces.
    pub scope: String,
}

#[derive(Deserialize)]
struct TokenBody {
    access_token: String,
    instance_url: String,
    refresh_token: Option<String>,
    #[serde(default)]
    scope: String,
    id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl OAuth {
    /// The login server.
    pub fn login_url(&self) -> &BaseUrl {
        &self.login_url
    }

    /// The app.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// An app by its client id. A secret is sent only if it is given: a public client has none.
    pub fn new(http: Http, login_url: BaseUrl, client_id: String, client_secret: Option<SecretString>) -> Self {
        Self { http, login_url, client_id, client_secret }
    }

    /// Where the browser is sent to log in (web server flow with PKCE). `state` comes back with the code and must be
    /// compared.
    pub fn authorize_url(&self, redirect_uri: &str, scope: &str, state: &str, pkce: &Pkce) -> String {
        let query = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", state),
            ("code_challenge", &pkce.challenge()),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .join("&");
        self.login_url.join(&format!("/services/oauth2/authorize?{query}")).into()
    }

    /// Exchanges the code of the web server flow.
    pub async fn exchange_code(
        &self,
        code: &SecretString,
        redirect_uri: &str,
        pkce: &Pkce,
    ) -> Result<Granted, AuthError> {
        let form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", pkce.verifier().expose_secret()),
        ];
        self.ask(form, true).await
    }

    /// Gets a new session for a refresh token.
    ///
    /// With rotation the answer holds the next refresh token and the old one is dead: using it again would revoke all.
    /// So all that was granted goes to `persist`, with the refresh token that counts from now on, and only when that has
    /// succeeded the session is given out.
    pub async fn refresh<P, F>(&self, refresh_token: &SecretString, persist: P) -> Result<Session, AuthError>
    where
        P: FnOnce(Granted) -> F,
        F: Future<Output = Result<(), String>>,
    {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        let mut granted = self.ask(form, true).await?;
        granted.refresh_token.get_or_insert_with(|| refresh_token.clone());
        let session = granted.session.clone();
        persist(granted).await.map_err(AuthError::Persist)?;
        Ok(session)
    }

    /// Gets a session for the app's own run-as user. The login address must be the org's My Domain.
    pub async fn client_credentials(&self) -> Result<Session, AuthError> {
        Ok(self.ask(vec![("grant_type", "client_credentials")], true).await?.session)
    }

    /// Gets a session for a signed assertion (JWT bearer flow). The signature stands for the app, so neither id nor
    /// secret is sent.
    pub async fn jwt_bearer(&self, assertion: &SecretString) -> Result<Session, AuthError> {
        let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let form = vec![("grant_type", grant_type), ("assertion", assertion.expose_secret())];
        Ok(self.ask(form, false).await?.session)
    }

    /// Revokes a token; a refresh token takes its sessions with it. One that is already dead is an error
    /// (`invalid_token`), which the caller may take as success.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), AuthError> {
        let answer = self.post("/services/oauth2/revoke", &[("token", token.expose_secret())]).await?;
        if answer.status == 200 { Ok(()) } else { Err(refusal(&answer)) }
    }

    async fn ask(&self, mut form: Vec<(&str, &str)>, as_app: bool) -> Result<Granted, AuthError> {
        if as_app {
            form.push(("client_id", &self.client_id));
            form.extend(self.client_secret.iter().map(|secret| ("client_secret", secret.expose_secret())));
        }
        read_grant(&self.post("/services/oauth2/token", &form).await?)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, AuthError> {
        let request = self.http.request(Method::POST, self.login_url.join(path))?;
        let request = request.form(form).header("Accept", "application/json");
        Ok(self.http.send(request, None).await?)
    }
}

impl From<Failure> for AuthError {
    fn from(failure: Failure) -> Self {
        let fate = if failure.sent == Delivery::NotSent { "" } else { "; it is unknown whether the login took place" };
        Self::Transport { detail: format!("{}{fate}", failure.detail) }
    }
}

fn read_grant(answer: &Answer) -> Result<Granted, AuthError> {
    if answer.status != 200 {
        return Err(refusal(answer));
    }
    let body: TokenBody =
        serde_json::from_slice(&answer.body).map_err(|_| AuthError::Http { status: answer.status })?;
    let mut session = Session::new(&body.instance_url, body.access_token.into())?;
    session.identity_url = body.id;
    Ok(Granted { session, refresh_token: body.refresh_token.map(Into::into), scope: body.scope })
}

fn refusal(answer: &Answer) -> AuthError {
    match serde_json::from_slice::<ErrorBody>(&answer.body) {
        Ok(body) if answer.status >= 400 => AuthError::OAuth {
            status: answer.status,
            error: text::name(&body.error),
            // An excerpt, because it may repeat what was posted.
            description: text::excerpt(body.error_description.unwrap_or_default().as_bytes()),
        },
        _ => AuthError::Http { status: answer.status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn grants_and_refusals() {
        let granted = read_grant(&answer(
            200,
            r#"{"access_token":"00Dx!abc","instance_url":"https://a.my.salesforce.com/",
                "id":"https://login.salesforce.com/id/00D/005",
                "token_type":"Bearer","issued_at":"1","signature":"s","scope":"api refresh_token",
                "refresh_token":"5Aep"}"#,
        ))
        .unwrap();
        assert_eq!(granted.session.instance_url.as_str(), "https://a.my.salesforce.com");
        assert_eq!(granted.session.access_token.expose_secret(), "00Dx!abc");
        assert_eq!(granted.refresh_token.unwrap().expose_secret(), "5Aep");
        assert_eq!(granted.scope, "api refresh_token");

        let oauth = |status, error: &str, description: &str| AuthError::OAuth {
            status,
            error: error.to_owned(),
            description: description.to_owned(),
        };
        for (status, body, expected) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#,
                oauth(400, "invalid_grant", "expired access/refresh token"),
            ),
            (401, r#"{"error":"invalid_client"}"#, oauth(401, "invalid_client", "")),
            (400, r#"{"error":"x\u001b[2J","error_description":null}"#, oauth(400, "x [2J", "")),
            (503, "<html>busy</html>", AuthError::Http { status: 503 }),
            (500, "", AuthError::Http { status: 500 }),
            (200, "<html>login</html>", AuthError::Http { status: 200 }),
            (200, r#"{"access_token":"00Dx!abc","#, AuthError::Http { status: 200 }),
            (302, "", AuthError::Http { status: 302 }),
        ] {
            assert_eq!(read_grant(&answer(status, body)).unwrap_err(), expected, "{body}");
        }
        let elsewhere = answer(200, r#"{"access_token":"t","instance_url":"http://example.com"}"#);
        assert!(matches!(read_grant(&elsewhere), Err(AuthError::Url(_))));
    }

    #[test]
    fn the_browser_is_sent_with_everything_encoded() {
        let app = OAuth::new(
            Http::default(),
            BaseUrl::parse("https://login.salesforce.com").unwrap(),
            "3MVG9.id+".to_owned(),
            Some(SecretString::from("hush")),
        );
        let pkce = Pkce::from_verifier(SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        let url = app.authorize_url("http://localhost:1717/OauthRedirect", "api refresh_token", "s&t", &pkce);
        assert_eq!(
            url,
            "https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=3MVG9.id%2B\
             &redirect_uri=http%3A%2F%2Flocalhost%3A1717%2FOauthRedirect&scope=api%20refresh_token&state=s%26t\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        assert!(!format!("{app:?}{pkce:?}").contains("hush"), "secrets are not printed");
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic_and_never_grant(
            status in 200_u16..600,
            body in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let answer = Answer { status, headers: reqwest::header::HeaderMap::new(), body };
            prop_assert!(read_grant(&answer).is_err());
        }
    }
}
