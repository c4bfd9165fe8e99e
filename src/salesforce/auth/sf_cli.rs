//! A login borrowed from Salesforce's own command line, `sf`. It is asked, never read behind its back: its files are
//! encrypted, and it renews its sessions itself.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{AuthError, BoxFuture, Grant, Session};
use crate::salesforce::text;

/// How long `sf` may take: it is slow to start, and may have to renew its session.
const PATIENCE: Duration = Duration::from_mins(2);
/// What newer versions say instead of a token.
const HIDDEN: &str = "[REDACTED]";

/// The login of one org of `sf`.
#[derive(Debug)]
pub struct SfCliGrant {
    program: OsString,
    /// Alias or username; empty: the default org of `sf`.
    org: String,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    result: Option<Facts>,
    #[serde(default)]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Facts {
    access_token: Option<String>,
    instance_url: Option<String>,
}

impl SfCliGrant {
    /// An org that `sf` is logged in to, by alias or username; an empty text means its default org.
    pub fn new(org: &str) -> Self {
        Self { program: "sf".into(), org: org.to_owned() }
    }

    /// The same with another program in place of `sf`.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    async fn ask(&self, words: &[&str]) -> Result<Facts, AuthError> {
        let unavailable = |why: String| AuthError::Unavailable(format!("`sf {}`: {why}", words.join(" ")));
        let mut command = tokio::process::Command::new(&self.program);
        command.args(words).arg("--json").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        if !self.org.is_empty() {
            command.args(["--target-org", &self.org]);
        }
        let output = tokio::time::timeout(PATIENCE, command.output())
            .await
            .map_err(|_| unavailable(format!("no answer within {} seconds", PATIENCE.as_secs())))?
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => unavailable("there is no such program on the PATH".to_owned()),
                _ => unavailable(error.to_string()),
            })?;
        // The answer itself is never told: it holds the token.
        let told: Told = serde_json::from_slice(&output.stdout)
            .map_err(|_| unavailable("its answer cannot be read; is it up to date?".to_owned()))?;
        match told.result {
            Some(facts) if output.status.success() => Ok(facts),
            _ => Err(unavailable(match text::excerpt(told.message.as_bytes()) {
                words if words.is_empty() => "it failed without a reason".to_owned(),
                words => words,
            })),
        }
    }

    async fn session(&self, refused: Option<&Session>) -> Result<Session, AuthError> {
        // Shows the org, and renews the session of `sf` if that has run out.
        let shown = self.ask(&["org", "display"]).await?;
        let token = match usable(shown.access_token) {
            Some(token) => token,
            None => usable(self.ask(&["org", "auth", "show-access-token"]).await?.access_token)
                .ok_or_else(|| AuthError::Unavailable("`sf` keeps the access token to itself".to_owned()))?,
        };
        let address = shown.instance_url.unwrap_or_default();
        let session = Session::new(&address, token)?;
        match refused {
            Some(refused) if refused.access_token.expose_secret() == session.access_token.expose_secret() => {
                Err(AuthError::Unavailable("`sf` gives a token that Salesforce has just refused".to_owned()))
            }
            _ => Ok(session),
        }
    }
}

fn usable(token: Option<String>) -> Option<SecretString> {
    token.filter(|token| !token.trim().is_empty() && !token.starts_with(HIDDEN)).map(SecretString::from)
}

impl Grant for SfCliGrant {
    fn obtain<'a>(&'a self, refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        Box::pin(self.session(refused))
    }
}
