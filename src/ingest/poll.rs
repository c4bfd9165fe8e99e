//! Polling of the Cal.com and OnceHub APIs, for places that no webhook can reach (product A9c).
//!
//! A poll reads what was changed since the last one, some minutes of overlap included, and takes it in by the same way as
//! webhooks and files; what came before is known by its content and changes nothing. How far a source was read is kept
//! after every page, so that the next poll goes on there whatever ended the last one. One process polls a store at a
//! time, under the lease `poll`.

mod calcom;
mod cursor;
mod expand;
mod http;
mod limit;
mod oncehub;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::sink::{Sink as _, StoreSink};
use super::{Context, understand_json};
use crate::domain::phone::Country;
use crate::domain::{Interaction, Source};
use crate::store::{Holder, IdentityRules, Store, StoreError};
use http::Client;

pub use http::HttpError;

/// The role of the lease.
pub const ROLE: &str = "poll";
/// How long a hold lasts unless renewed; it is renewed with every page.
const TERM: SignedDuration = SignedDuration::from_mins(2);
/// Changes may become visible a little later than their time says: so much is read again.
pub const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// After failures the next try is this far away at most.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Refusals that a report lists; all are counted.
const LISTED: usize = 20;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One source to poll.
#[derive(Clone, Debug)]
pub struct Api {
    /// Cal.com or OnceHub.
    pub source: Source,
    /// Scheme and host: `https://api.cal.com`.
    pub url: Url,
    /// The API key.
    pub key: SecretString,
    /// How far back the first poll reads.
    pub first: SignedDuration,
    /// How long from one poll to the next.
    pub every: Duration,
}

/// What one poll of one source brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// calcom or oncehub.
    pub source: &'static str,
    /// Calls made.
    pub calls: u64,
    /// Bookings and contacts that are news.
    pub stored: u64,
    /// Those that were known as they are.
    pub duplicates: u64,
    /// Those that could not be read.
    pub refused: u64,
    /// Contacts that are new.
    pub contacts_created: u64,
    /// Activities that are new.
    pub activities_created: u64,
    /// The first refusals, in words.
    pub problems: Vec<String>,
}

/// Why a poll ended early. What was read before is stored, and the next one goes on there.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The API could not be asked, or did not answer as it should.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer is JSON, but not a list of bookings or contacts.
    #[error("the answer to {path} is no list")]
    Shape {
        /// What was asked.
        path: String,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process polls this store.
    #[error("process {pid} on {host} polls this store")]
    Elsewhere {
        /// Its process id.
        pid: u32,
        /// Its machine.
        host: String,
    },
    /// Asked to end.
    #[error("stopped before the end")]
    Stopped,
}

/// Polls the sources of a store.
#[derive(Clone)]
pub struct Poller {
    store: Store,
    rules: IdentityRules,
    country: Option<Country>,
    holder: Holder,
    clock: Clock,
    apis: Vec<(Api, Client)>,
}

impl Poller {
    /// For these sources; nothing is asked yet.
    pub fn new(
        store: Store,
        rules: IdentityRules,
        country: Option<Country>,
        holder: Holder,
        clock: Clock,
        apis: Vec<Api>,
    ) -> Self {
        let apis = apis.into_iter().map(|api| (api.clone(), Client::new(api))).collect();
        Self { store, rules, country, holder, clock, apis }
    }

    /// Polls every source once.
    pub async fn once(&self, stop: &CancellationToken) -> Vec<(Source, Result<Report, PollError>)> {
        let mut done = Vec::new();
        for (api, client) in &self.apis {
            done.push((api.source, self.poll(api, client, stop).await));
        }
        if let Err(error) = self.store.lease_release(ROLE, &self.holder.owner).await {
            tracing::warn!(%error, "the hold on polling is not given up");
        }
        done
    }

    /// Polls each source at its interval until `stop`; after failures more seldom.
    pub async fn run(&self, stop: CancellationToken) {
        let each = self.apis.iter().map(|(api, client)| async {
            let mut failures = 0;
            loop {
                let wait = match self.poll(api, client, &stop).await {
                    Ok(report) => {
                        failures = 0;
                        tracing::debug!(source = api.source.key(), ?report, "polled");
                        api.every
                    }
                    Err(PollError::Stopped) => return,
                    Err(PollError::Elsewhere { .. }) => api.every,
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(source = api.source.key(), %error, failures, "the source cannot be polled");
                        after_failure(api.every, failures, &error)
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        });
        futures_util::future::join_all(each).await;
        if let Err(error) = self.store.lease_release(ROLE, &self.holder.owner).await {
            tracing::warn!(%error, "the hold on polling is not given up");
        }
    }

    /// Polls one source once and keeps how it went.
    async fn poll(&self, api: &Api, client: &Client, stop: &CancellationToken) -> Result<Report, PollError> {
        let source = api.source.key();
        let custom_fields = self.store.custom_fields().await?;
        let mut run = Run {
            poller: self,
            client,
            source: api.source,
            context: Context { country: self.country, custom_fields },
            stop,
            report: Report { source, ..Report::default() },
        };
        let cursor = self.store.source(source).await?.and_then(|state| state.cursor);
        let begin = (self.clock)();
        let polled = match api.source {
            Source::CalCom => calcom::poll(&mut run, cursor.as_deref(), begin, api.first).await,
            Source::OnceHub => oncehub::poll(&mut run, cursor.as_deref(), begin, api.first).await,
        };
        run.report.calls = client.take_calls();
        match polled {
            Ok(()) => Ok(run.report),
            Err(error) => {
                if !matches!(error, PollError::Stopped | PollError::Elsewhere { .. }) {
                    self.store.source_failed(source, &error.to_string(), (self.clock)()).await?;
                }
                Err(error)
            }
        }
    }

    async fn hold(&self) -> Result<(), PollError> {
        if self.store.lease_take(ROLE, &self.holder, TERM, (self.clock)()).await? {
            return Ok(());
        }
        let lease = self.store.lease(ROLE).await?;
        let (pid, host) = lease.map_or((0, String::new()), |lease| (lease.pid, lease.host));
        Err(PollError::Elsewhere { pid, host })
    }
}

/// How long to wait after so many failures in a row: twice as long each time, and as long as the source asks for.
fn after_failure(every: Duration, failures: u32, error: &PollError) -> Duration {
    let asked = match error {
        PollError::Http(HttpError::Limited { wait, .. }) => *wait,
        _ => None,
    };
    let doubled = every.saturating_mul(1 << failures.min(10));
    doubled.min(LONGEST_WAIT).max(every).max(asked.unwrap_or_default())
}

/// One poll of one source.
struct Run<'a> {
    poller: &'a Poller,
    client: &'a Client,
    source: Source,
    context: Context,
    stop: &'a CancellationToken,
    report: Report,
}

impl Run<'_> {
    /// Asks for a page, when the source's limits allow.
    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Json, PollError> {
        self.poller.hold().await?;
        tokio::select! {
            () = self.stop.cancelled() => Err(PollError::Stopped),
            answer = self.client.get(path, query) => Ok(answer?),
        }
    }

    /// The items under `data`.
    fn items<'j>(answer: &'j Json, path: &str) -> Result<&'j [Json], PollError> {
        let items = answer.get("data").and_then(Json::as_array);
        items.map(Vec::as_slice).ok_or_else(|| PollError::Shape { path: path.to_owned() })
    }

    /// Takes in the items of a page, in one transaction.
    async fn take(&mut self, items: &[Json]) -> Result<(), PollError> {
        let now = (self.poller.clock)();
        let mut interactions: Vec<Interaction> = Vec::new();
        let mut starts = Vec::new();
        for item in items {
            match understand_json(Some(self.source), item, &item.to_string(), &self.context, now) {
                Ok(parsed) => {
                    starts.push(interactions.len());
                    interactions.extend(parsed.interactions);
                }
                Err(error) => {
                    self.report.refused += 1;
                    if self.report.problems.len() < LISTED {
                        let id = item.get("uid").or_else(|| item.get("id")).and_then(Json::as_str).unwrap_or("?");
                        self.report.problems.push(format!("{}: {error}", super::error::excerpt(id)));
                    }
                }
            }
        }
        let sink = StoreSink { store: self.poller.store.clone(), rules: self.poller.rules };
        let applied = sink.take(&interactions, now).await?;
        for start in starts {
            match applied.get(start) {
                Some(applied) if applied.duplicate => self.report.duplicates += 1,
                _ => self.report.stored += 1,
            }
        }
        self.report.contacts_created += applied.iter().filter(|applied| applied.contact_created).count() as u64;
        self.report.activities_created += applied.iter().filter(|applied| applied.activity_created).count() as u64;
        Ok(())
    }

    /// Keeps how far the source was read.
    async fn keep<C: Serialize>(&self, cursor: &C, complete: bool) -> Result<(), PollError> {
        let text = serde_json::to_string(cursor).unwrap_or_default();
        let now = (self.poller.clock)();
        Ok(self.poller.store.source_read(self.source.key(), &text, complete, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_more_and_more_seldom() {
        let every = Duration::from_mins(5);
        let broken = || PollError::Shape { path: String::new() };
        assert_eq!(after_failure(every, 1, &broken()), Duration::from_mins(10));
        assert_eq!(after_failure(every, 3, &broken()), Duration::from_mins(40));
        assert_eq!(after_failure(every, 99, &broken()), LONGEST_WAIT);
        assert_eq!(after_failure(Duration::from_hours(2), 1, &broken()), Duration::from_hours(2));
        let asked = HttpError::Limited { host: String::new(), wait: Some(Duration::from_hours(3)) };
        assert_eq!(after_failure(every, 1, &asked.into()), Duration::from_hours(3));
    }
}
