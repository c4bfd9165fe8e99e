//! Polling in a program that stays, and what `rolodeck poll` asks with.

use tokio_util::sync::CancellationToken;

use super::connect::{clock, holder, identity};
use crate::config::Config;
use crate::domain::Source;
use crate::ingest::poll::{Api, Poller};
use crate::store::Store;
use crate::words::Failure;

/// The sources to poll, as configured; `only` leaves out the others. A source that is to be polled and has no key is an
/// error.
pub(super) fn apis(config: &Config, only: Option<Source>) -> Result<Vec<Api>, Failure> {
    let (calcom, oncehub) = (&config.source.calcom, &config.source.oncehub);
    let mut apis = Vec::new();
    for (source, poll, url, key, days, seconds) in [
        (Source::CalCom, calcom.poll, &calcom.api_url, calcom.api_key(), calcom.poll_days, calcom.poll_seconds),
        (Source::OnceHub, oncehub.poll, &oncehub.api_url, oncehub.api_key(), oncehub.poll_days, oncehub.poll_seconds),
    ] {
        let named = only == Some(source);
        if !named && (!poll || only.is_some()) {
            continue;
        }
        let what = format!("{source} cannot be polled");
        let place = format!("source.{}", source.key());
        let key = key?.ok_or_else(|| {
            Failure::usage(
                what.clone(),
                "there is no API key",
                format!("set {place}.api_key_env or {place}.api_key_file"),
            )
        })?;
        let url = reqwest::Url::parse(url)
            .map_err(|error| Failure::usage(what, error.to_string(), format!("correct {place}.api_url")))?;
        apis.push(Api {
            source,
            url,
            key,
            first: jiff::SignedDuration::from_hours(24 * i64::from(days)),
            every: std::time::Duration::from_secs(seconds),
        });
    }
    Ok(apis)
}

/// The poller of the configured sources.
pub(super) fn poller(config: &Config, store: &Store, apis: Vec<Api>) -> Poller {
    Poller::new(store.clone(), identity(config), config.identity.country(), holder(), clock(), apis)
}

/// Polling on this runtime, if a source is configured for it.
pub(super) struct Polling {
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Polling {
    /// Starts it; without a source to poll, nothing.
    pub fn start(config: &Config, store: &Store) -> Result<Self, Failure> {
        let (apis, stop) = (apis(config, None)?, CancellationToken::new());
        let task = (!apis.is_empty()).then(|| {
            let (poller, stop) = (poller(config, store, apis), stop.clone());
            tokio::spawn(async move { poller.run(stop).await })
        });
        Ok(Self { stop, task })
    }

    /// Stops it; a page that is under way is given up, and asked for again the next time.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Some(task) = self.task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "polling ended badly");
        }
    }
}
