//! Who we are to Salesforce.
//!
//! A [`Grant`] is one way to get a session: an access token from the configuration, a refresh token, a signed
//! assertion, another program's login. A [`TokenSource`] holds the session of one grant for everybody: it asks for a
//! new one only when Salesforce has refused the old (sessions carry no usable expiry), and however many callers notice
//! that at once, the grant is asked once.

mod assertion;
mod grants;
mod kept;
mod oauth;
mod pkce;
mod sf_cli;

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::http::{BaseUrl, BaseUrlError};
pub use assertion::AssertionKey;
pub use grants::{ClientCredentialsGrant, JwtGrant, KeptGrant};
pub use kept::{KeptLogin, LoginFile, LoginLock};
pub use oauth::{Granted, OAuth};
pub use pkce::Pkce;
pub use sf_cli::SfCliGrant;

/// A future as trait objects return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why there is no session. Holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Salesforce refused, in OAuth's terms.
    #[error("login refused: {}", [error.as_str(), description.as_str()].join(" ").trim_end())]
    OAuth {
        /// HTTP status.
        status: u16,
        /// OAuth's `error`, e.g. `invalid_grant`.
        error: String,
        /// OAuth's `error_description`.
        description: String,
    },
    /// The session was refused and this way of logging in cannot make another.
    #[error("the access token is no longer accepted")]
    Expired,
    /// The rotated refresh token could not be stored; the session that came with it was not used.
    #[error("the new refresh token could not be stored: {0}")]
    Persist(String),
    /// The login answered with an address that must not be called, or was given one.
    #[error("address of Salesforce: {0}")]
    Url(#[from] BaseUrlError),
    /// No complete answer came from the login server.
    #[error("login: {detail}")]
    Transport {
        /// What happened.
        detail: String,
    },
    /// The login server's answer is not OAuth's. The body is not kept: it could hold a token.
    #[error("login: HTTP {status} without a readable answer")]
    Http {
        /// HTTP status.
        status: u16,
    },
    /// The kept login is over: its refresh token was refused before. Holds what was said then.
    #[error("the login has ended: {0}")]
    Ended(String),
    /// The grant has nothing to log in with.
    #[error("no login: {0}")]
    Unavailable(String),
}

impl AuthError {
    /// Whether the same login may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::OAuth { status, error, .. } => *status >= 500 || *status == 429 || error == "rate_limit_exceeded",
            Self::Http { status } => *status >= 500 || matches!(status, 200..300 | 408 | 420 | 429),
            Self::Transport { .. } => true,
            Self::Expired | Self::Persist(_) | Self::Url(_) | Self::Ended(_) | Self::Unavailable(_) => false,
        }
    }

    /// The code that names this failure in queues and in [`super::words`].
    pub fn code(&self) -> Cow<'_, str> {
        match self {
            Self::OAuth { error, .. } => Cow::Borrowed(error),
            Self::Expired => Cow::Borrowed("SESSION_EXPIRED"),
            Self::Persist(_) => Cow::Borrowed("TOKEN_NOT_KEPT"),
            Self::Url(_) => Cow::Borrowed("BAD_URL"),
            Self::Transport { .. } => Cow::Borrowed("NOT_SENT"),
            Self::Http { status } => Cow::Owned(format!("HTTP_{status}")),
            Self::Ended(_) => Cow::Borrowed("LOGIN_ENDED"),
            Self::Unavailable(_) => Cow::Borrowed("LOGIN_UNAVAILABLE"),
        }
    }
}

/// A session: where to call, and with which token. Printing it does not print the token.
#[derive(Debug, Clone)]
pub struct Session {
    /// The org's own address, to be used for every call.
    pub instance_url: BaseUrl,
    /// The bearer token.
    pub access_token: SecretString,
    /// The identity URL (`…/id/00D…/005…`), when the login told it.
    pub identity_url: Option<String>,
}

impl Session {
    /// A session from its two parts.
    pub fn new(instance_url: &str, access_token: SecretString) -> Result<Self, AuthError> {
        if access_token.expose_secret().trim().is_empty() {
            return Err(AuthError::Unavailable("the access token is empty".to_owned()));
        }
        Ok(Self { instance_url: BaseUrl::parse(instance_url)?, access_token, identity_url: None })
    }

    fn is(&self, other: &Self) -> bool {
        self.access_token.expose_secret() == other.access_token.expose_secret()
            && self.instance_url == other.instance_url
    }
}

/// One way to get a session.
pub trait Grant: fmt::Debug + Send + Sync {
    /// Gets a session. `refused` is the session Salesforce no longer accepts, if this is not the first.
    ///
    /// Runs to its end even when those who wait for it give up, so that a rotated refresh token is never lost.
    fn obtain<'a>(&'a self, refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>>;
}

/// An access token given once; it cannot be renewed.
#[derive(Debug)]
struct AccessToken(Session);

impl Grant for AccessToken {
    fn obtain<'a>(&'a self, refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        let outcome = if refused.is_some() { Err(AuthError::Expired) } else { Ok(self.0.clone()) };
        Box::pin(std::future::ready(outcome))
    }
}

/// The current session of one grant. Clones share it.
#[derive(Debug, Clone)]
pub struct TokenSource(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    grant: Box<dyn Grant>,
    /// How often the grant has answered.
    answers: AtomicU64,
    /// Locked while the grant is asked: that is what makes it a single flight.
    memory: Arc<Mutex<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    /// The grant's last answer.
    last: Option<Result<Session, AuthError>>,
    /// The last session Salesforce refused.
    refused: Option<Session>,
}

impl TokenSource {
    /// Holds the sessions of a grant.
    pub fn new(grant: impl Grant + 'static) -> Self {
        Self(Arc::new(Shared { grant: Box::new(grant), answers: AtomicU64::new(0), memory: Arc::default() }))
    }

    /// A plain access token: good until Salesforce refuses it.
    pub fn access_token(instance_url: &str, access_token: SecretString) -> Result<Self, AuthError> {
        Ok(Self::new(AccessToken(Session::new(instance_url, access_token)?)))
    }

    /// The current session; the first call gets one.
    pub async fn token(&self) -> Result<Session, AuthError> {
        self.current(None).await
    }

    /// A session other than `stale`, which Salesforce has refused. When another caller has replaced it already, that
    /// one.
    pub async fn renew(&self, stale: &Session) -> Result<Session, AuthError> {
        self.current(Some(stale)).await
    }

    async fn current(&self, stale: Option<&Session>) -> Result<Session, AuthError> {
        let answers_before = self.0.answers.load(Ordering::Acquire);
        let mut memory = Arc::clone(&self.0.memory).lock_owned().await;
        match &memory.last {
            Some(Ok(session)) if stale.is_none_or(|stale| !stale.is(session)) => return Ok(session.clone()),
            // The flight we waited for has failed; asking again at once would fail the same way.
            Some(Err(error)) if self.0.answers.load(Ordering::Acquire) != answers_before => return Err(error.clone()),
            _ => {}
        }
        if let Some(stale) = stale {
            memory.refused = Some(stale.clone());
        }
        // On a task of its own: a caller that gives up (a timeout, a quitting program) must not cut off the storing of
        // a rotated token.
        let shared = Arc::clone(&self.0);
        let flight = tokio::spawn(async move {
            let outcome = shared.grant.obtain(memory.refused.as_ref()).await;
            memory.last = Some(outcome.clone());
            shared.answers.fetch_add(1, Ordering::AcqRel);
            outcome
        });
        flight.await.unwrap_or_else(|_| Err(AuthError::Unavailable("the login was interrupted".to_owned())))
    }
}

#[cfg(test)]
mod tests;
