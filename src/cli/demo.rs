//! `rolodeck demo`: the whole program on made-up data. No account, no network, and nothing of it is faked but the people
//! and Salesforce: webhooks go through `ingest` into a store, and the worker brings them to a [`Sandbox`] over HTTP.
//!
//! [`Sandbox`]: crate::sandbox::Sandbox

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Context, connect, dashboard};
use crate::tui::{self, TuiOptions};
use crate::words::{Code, Failure};

mod browse;
mod calcom;
mod delivery;
mod dice;
mod error;
mod feeder;
mod home;
mod live;
mod meeting;
mod names;
mod oncehub;
mod people;
mod stage;
mod story;
mod talk;
#[cfg(test)]
mod testing;

pub use error::DemoError;
pub use stage::{Stage, Summary};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck demo                    made-up people, gone when you leave\n  \
    rolodeck demo --keep ~/rolo      the same, and the next time it goes on from there")]
pub struct DemoArgs {
    /// Keep the data in this directory; a second demo there goes on
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Run without a screen for so many seconds and print the figures
    #[arg(long, value_name = "SECONDS", hide = true)]
    headless: Option<u64>,
}

impl DemoArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        match self.headless {
            Some(seconds) => headless(self.keep.as_deref(), Duration::from_secs(seconds), context).await,
            None => Box::pin(screen(self.keep.as_deref())).await,
        }
    }
}

async fn headless(keep: Option<&Path>, time: Duration, context: &Context) -> Result<Code, Failure> {
    let stage = Stage::open(keep).await?;
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = connect::asked_to_end() => {}
    }
    let summary = stage.summary().await.map_err(DemoError::from)?;
    stage.close().await?;
    let mut out = context.out();
    out.json(&summary)?;
    out.finish()?;
    Ok(Code::Done)
}

async fn screen(keep: Option<&Path>) -> Result<Code, Failure> {
    let mut screen = tui::open(dashboard::look(&stage::configuration(), true)).map_err(dashboard::told)?;
    let open = async {
        let stage = Stage::open(keep).await?;
        let acting = connect::acting(&stage.store, &stage.config).await?;
        Ok::<_, Failure>((stage, acting))
    };
    let opened = screen.wait_for(open, "The made-up people are still moving in").await.map_err(dashboard::told)?;
    let Some(opened) = opened else { return Ok(Code::Done) };
    let (stage, acting) = opened?;
    let options = TuiOptions {
        store: acting,
        status: stage.status.clone(),
        wake: stage.wake.clone(),
        planner: Some(tokio::sync::watch::channel(Some(Arc::clone(&stage.planner))).1),
        org: tui::effects::org({
            let client = stage.org().ok();
            move || client
        }),
        config_file: None,
    };
    let shown = screen.run(options).await;
    let closed = stage.close().await;
    shown.map_err(dashboard::told)?;
    closed?;
    Ok(Code::Done)
}
