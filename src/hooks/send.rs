//! One try: a signed request, or a program with the event on its standard input.

use std::error::Error as _;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{StatusCode, Url};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{Hook, Receiver};
use crate::ingest::signature;
use crate::store::HookDelivery;

/// The signature: `t=<unix seconds>,s=<hex>`.
pub const SIGNATURE_HEADER: &str = "rolodeck-signature";
/// The name of the event.
pub const EVENT_HEADER: &str = "rolodeck-event";
/// Its id: the same in every try.
pub const ID_HEADER: &str = "rolodeck-event-id";
/// Which try it is, from 1.
pub const ATTEMPT_HEADER: &str = "rolodeck-attempt";
/// The longest that a receiver may put us off.
const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// Why a try failed. Neither the secret nor the address is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No secret, no client, no program.
    #[error("{0}")]
    NotReady(String),
    /// No connection, or it broke.
    #[error("the receiver cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer within {0} seconds")]
    TooSlow(u64),
    /// An answer that is no success.
    #[error("the receiver answered {status}")]
    Status {
        /// The status with its words.
        status: String,
        /// How long it asks us to wait.
        wait: Option<Duration>,
        /// 410: it wants no more.
        gone: bool,
    },
    /// The program ended with another status than 0.
    #[error("the program ended with {0}")]
    Exit(String),
}

impl SendError {
    /// How long the receiver asks us to wait.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// True if trying again is of no use.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Status { gone: true, .. })
    }
}

/// Sends to one receiver.
#[derive(Debug)]
pub struct Sender {
    receiver: Receiver,
    client: Option<Result<(reqwest::Client, Url), String>>,
}

impl Sender {
    /// For a receiver; nothing is sent yet.
    pub fn new(receiver: Receiver) -> Self {
        let hook = &receiver.hook;
        let client = (!hook.url.is_empty()).then(|| client(hook));
        Self { receiver, client }
    }

    /// The hook.
    pub fn hook(&self) -> &Hook {
        &self.receiver.hook
    }

    /// One try.
    pub async fn send(&self, delivery: &HookDelivery, now: Timestamp) -> Result<(), SendError> {
        let limit = self.receiver.hook.timeout_seconds;
        let work = async {
            match &self.client {
                Some(client) => {
                    let (client, url) = client.as_ref().map_err(|why| SendError::NotReady(why.clone()))?;
                    self.post(client, url, delivery, now).await
                }
                None => run(&self.receiver.hook, delivery).await,
            }
        };
        tokio::time::timeout(Duration::from_secs(limit), work).await.unwrap_or(Err(SendError::TooSlow(limit)))
    }

    async fn post(
        &self,
        client: &reqwest::Client,
        url: &Url,
        delivery: &HookDelivery,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let secret = self.receiver.secret.as_ref().map_err(|why| SendError::NotReady(why.clone()))?;
        let signature = signature::sign(secret, now, delivery.body.as_bytes())
            .ok_or_else(|| SendError::NotReady("the event cannot be signed".to_owned()))?;
        let answer = client
            .post(url.clone())
            .header("content-type", "application/json")
            .header(SIGNATURE_HEADER, signature)
            .header(EVENT_HEADER, &delivery.event)
            .header(ID_HEADER, &delivery.event_id)
            .header(ATTEMPT_HEADER, delivery.attempts + 1)
            .body(delivery.body.clone())
            .send()
            .await
            .map_err(|error| SendError::Unreachable(innermost(error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(()); // what it says beside that is not read
        }
        let wait = answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        Err(SendError::Status {
            status: status.to_string(),
            wait: wait.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT)),
            gone: status == StatusCode::GONE,
        })
    }
}

fn client(hook: &Hook) -> Result<(reqwest::Client, Url), String> {
    let url = Url::parse(&hook.url).map_err(|_| "the address is no web address".to_owned())?;
    // An error means that another part of the program was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("rolodeck/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none()) // only where the configuration says
        .referer(false);
    if url.scheme() == "http" {
        builder = builder.no_proxy().tls_certs_only([]); // this machine: the configuration allows no other
    } else {
        builder = builder.https_only(true);
    }
    let client = builder.build().map_err(innermost)?;
    Ok((client, url))
}

/// Runs the program of a hook. It has our environment and the event's name and id; nothing of it is given to a shell.
async fn run(hook: &Hook, delivery: &HookDelivery) -> Result<(), SendError> {
    let Some((program, arguments)) = hook.command.split_first() else {
        return Err(SendError::NotReady("no program is named".to_owned()));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env("ROLODECK_EVENT", &delivery.event)
        .env("ROLODECK_EVENT_ID", &delivery.event_id)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true) // too slow
        .spawn()
        .map_err(|error| SendError::NotReady(format!("the program cannot be run: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not care for all of it may end before it was written.
        let _ = input.write_all(delivery.body.as_bytes()).await;
    }
    let status = child.wait().await.map_err(|error| SendError::NotReady(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(SendError::Exit(status.to_string())) }
}

/// The innermost cause, which says most; outer texts repeat the address, which may be as good as a password.
fn innermost(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
