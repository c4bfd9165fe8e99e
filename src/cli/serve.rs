//! `rolodeck serve`: webhooks in, with the worker beside it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::owner::Owners;
use super::hooking::Hooking;
use super::polling::Polling;
use super::syncing::Syncing;
use super::{Context, connect};
use crate::ingest::api::{self, Gate, Rate, Surroundings};
use crate::ingest::listener::{self, Settings};
use crate::ingest::sink::StoreSink;
use crate::sync::owner::Lookup;
use crate::words::{Code, Failure, io_words};

mod owner;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Routes:\n  \
    POST /hooks/calcom     Cal.com webhooks, signed with the secret of [source.calcom]\n  \
    POST /hooks/oncehub    OnceHub webhooks, signed with the secret of [source.oncehub]\n  \
    GET  /v2/…             the HTTP API, for programs with a key (`rolodeck auth key create NAME`)\n  \
    POST /hooks/page-views page views of contacts who consented, with a key\n  \
    GET  /v1/owner         ?email=…&host=…: whose lead somebody is, as `rolodeck owner` says; with a key too\n  \
    GET  /healthz          ok\n  \
    GET  /metrics          counters for Prometheus\n\n\
    A delivery is answered after it is stored. Put a reverse proxy with TLS before it; it listens on the loopback.\n\
    If Salesforce is connected, the worker runs in the same process.")]
pub struct ServeArgs {
    /// Address and port to listen on, instead of serve.listen
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Take deliveries of sources without a secret; on a loopback address only
    #[arg(long)]
    unsigned: bool,
}

impl ServeArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        let address = self.listen.clone().unwrap_or_else(|| config.serve.listen.to_string());
        let settings = Settings {
            calcom_secret: config.source.calcom.secret()?,
            oncehub_secret: config.source.oncehub.secret()?,
            oncehub_tolerance: Duration::from_secs(config.source.oncehub.tolerance_seconds),
            accept_unsigned: self.unsigned,
            context: connect::ingest_context(&config, &store).await?,
            ..Settings::default()
        };
        let anybody_may_ask = store.api_keys().await?.iter().any(|key| key.revoked_at.is_none());
        let signed = settings.calcom_secret.is_some() || settings.oncehub_secret.is_some();
        if !signed && !anybody_may_ask && !self.unsigned {
            return Err(Failure::usage(
                "the listener cannot start",
                "no source has a secret, so no delivery could be believed; and there is no API key",
                "set source.calcom.secret_env or secret_file (or oncehub's), make a key with `rolodeck auth key create \
                 NAME`, or try it out with --unsigned",
            ));
        }
        let socket = listener::bind(&address).await?;
        let local = socket.local_addr().map_err(|error| {
            Failure::new("the listener cannot start", io_words(&error), "set another address as serve.listen")
        })?;
        if self.unsigned && !local.ip().is_loopback() {
            return Err(Failure::usage(
                "the listener cannot start",
                format!("{local} is open to other machines, and --unsigned would believe them all"),
                "listen on 127.0.0.1, or give the sources their secrets",
            ));
        }
        let mut out = context.out();
        out.line(&format!("listening on http://{local}"))?;
        out.finish()?;
        let syncing = Syncing::start(context, &config, &store).await?;
        let polling = Polling::start(&config, &store)?;
        let hooking = Hooking::start(&config, &store, &syncing).await?;
        let sink = StoreSink { store: store.clone(), rules: connect::identity(&config) };
        let surroundings =
            Surroundings { country: config.identity.country(), zone: config.user.time_zone(), me: config.user.email() };
        // Whatever answers about people stands behind the gate.
        let gate = Gate::new(store.clone(), Rate::per_second(config.serve.requests_per_second), jiff::Timestamp::now);
        let router =
            listener::router(sink, settings, jiff::Timestamp::now).merge(api::router(&gate, surroundings)).merge(
                gate.protect(owner::router(Owners {
                    lookup: Lookup::from_config(&config.owner_lookup),
                    client: connect::client(&config, &context.paths.data_dir)
                        .map_err(|failure| format!("{}: {}", failure.what, failure.why)),
                    store: store.clone(),
                })),
            );
        let stop = CancellationToken::new();
        let serving = tokio::spawn(listener::serve(socket, router, stop.clone(), listener::GRACE));
        let watching = store.clone();
        let watcher = tokio::spawn(async move { watching.watch_others().await });
        connect::asked_to_end().await;
        stop.cancel();
        let served = serving.await;
        watcher.abort();
        polling.stop().await;
        hooking.stop().await;
        syncing.stop().await;
        store.close().await;
        match served {
            Ok(Ok(())) => Ok(Code::Done),
            Ok(Err(error)) => Err(Failure::new(
                "the listener failed",
                io_words(&error),
                "start it again; what was answered is stored",
            )),
            Err(error) => Err(Failure::new(
                "the listener failed",
                error.to_string(),
                "start it again; what was answered is stored",
            )),
        }
    }
}
