//! Ways to a session that can be repeated: a kept login, a signed assertion, the app's own credentials.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::kept::{KeptLogin, LoginFile};
use super::{AssertionKey, AuthError, BoxFuture, Grant, OAuth, Session};

/// A login that is kept in a file and renewed with its refresh token.
///
/// Salesforce may rotate the token: each use gives the next one and kills the old, and a second use of an old one ends
/// the whole login. So the lock beside the file lets one process renew at a time; whoever comes second finds the new
/// session in the file; and nothing is given out before the file holds what must be used next time.
#[derive(Debug)]
pub struct KeptGrant {
    app: OAuth,
    file: LoginFile,
    /// A refresh token that the configuration names, to begin with.
    seed: Option<SecretString>,
    /// What was granted and could not be written: the only copy of a token that counts.
    unsaved: Mutex<Option<KeptLogin>>,
}

impl KeptGrant {
    /// The login kept in `file`. With a `seed`, that refresh token begins a login where none began with it before.
    pub fn new(app: OAuth, file: LoginFile, seed: Option<SecretString>) -> Self {
        Self { app, file, seed, unsaved: Mutex::default() }
    }

    async fn session(&self, refused: Option<&Session>) -> Result<Session, AuthError> {
        let _one_at_a_time = self.file.lock().await?;
        let mut unsaved = self.unsaved.lock().await;
        if let Some(login) = unsaved.as_ref() {
            self.file.save(login).map_err(|error| AuthError::Persist(error.to_string()))?;
            *unsaved = None;
        }
        let kept = self.file.load()?;
        let mark = self.seed.as_ref().map(mark).unwrap_or_default();
        let (kept, token) = match (kept, &self.seed) {
            (Some(kept), seed) if seed.is_none() || kept.seed == mark => {
                self.check(&kept)?;
                if refused.is_none_or(|refused| !refused.is(&kept.session)) {
                    return Ok(kept.session);
                }
                let token = kept.refresh_token.clone().ok_or(AuthError::Expired)?;
                (Some(kept), token)
            }
            // A token that has not been used yet, whatever was kept before.
            (_, Some(seed)) => (None, seed.clone()),
            (None | Some(_), None) => {
                return Err(AuthError::Unavailable("nobody has logged in; `rolodeck auth login` does it".to_owned()));
            }
        };
        let (login_url, client_id) = (self.app.login_url().to_string(), self.app.client_id().to_owned());
        let scope = kept.as_ref().map(|kept| kept.scope.clone()).unwrap_or_default();
        let file = &self.file;
        let unsaved = &mut *unsaved;
        let renewed = self
            .app
            .refresh(&token, |mut granted| async move {
                if granted.scope.is_empty() {
                    granted.scope = scope;
                }
                let login = KeptLogin { seed: mark, ..KeptLogin::new(&login_url, &client_id, &granted) };
                file.save(&login).map_err(|error| {
                    *unsaved = Some(login);
                    error.to_string()
                })
            })
            .await;
        if let (Err(error @ AuthError::OAuth { error: code, .. }), Some(kept)) = (&renewed, kept)
            && code == "invalid_grant"
        {
            // Dead for good. Asked again and again it would only look like theft; another login takes its place.
            let ended = KeptLogin { ended: Some(error.to_string()), ..kept };
            if let Err(error) = self.file.save(&ended) {
                tracing::warn!(%error, "the end of the login could not be noted");
            }
        }
        renewed
    }

    /// Whether a kept login is of this app, and alive.
    fn check(&self, kept: &KeptLogin) -> Result<(), AuthError> {
        let (login_url, client_id) = (self.app.login_url().as_str(), self.app.client_id());
        if kept.login_url != login_url || kept.client_id != client_id {
            return Err(AuthError::Unavailable(format!(
                "the kept login is of another app or address ({}); `rolodeck auth login` makes a new one",
                kept.login_url
            )));
        }
        match &kept.ended {
            Some(why) => Err(AuthError::Ended(why.clone())),
            None => Ok(()),
        }
    }
}

impl Grant for KeptGrant {
    fn obtain<'a>(&'a self, refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        Box::pin(self.session(refused))
    }
}

/// What tells one refresh token from another without being one.
fn mark(token: &SecretString) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(token.expose_secret().as_bytes());
    digest[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

/// A login by signed assertion: nothing to keep, a new one whenever a session is needed.
#[derive(Debug)]
pub struct JwtGrant {
    app: OAuth,
    key: AssertionKey,
    username: String,
}

impl JwtGrant {
    /// For `username`, with the key whose certificate the app holds.
    pub fn new(app: OAuth, key: AssertionKey, username: String) -> Self {
        Self { app, key, username }
    }
}

impl Grant for JwtGrant {
    fn obtain<'a>(&'a self, _refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        Box::pin(async {
            let audience = self.app.login_url().as_str();
            let assertion = self.key.assert(self.app.client_id(), &self.username, audience, Timestamp::now())?;
            self.app.jwt_bearer(&assertion).await
        })
    }
}

/// The app's own login, as its run-as user.
#[derive(Debug)]
pub struct ClientCredentialsGrant(OAuth);

impl ClientCredentialsGrant {
    /// For an app with a secret, at the org's My Domain.
    pub fn new(app: OAuth) -> Self {
        Self(app)
    }
}

impl Grant for ClientCredentialsGrant {
    fn obtain<'a>(&'a self, _refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        Box::pin(self.0.client_credentials())
    }
}
