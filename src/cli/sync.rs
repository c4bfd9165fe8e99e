//! `rolodeck sync`: the worker without a screen.

use serde_json::json;

use super::{Context, connect};
use crate::sync::status::WorkerStatus;
use crate::sync::worker::Worker;
use crate::words::{Code, Failure};

/// Arguments of `sync`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck sync --once --json      from cron\n  \
    rolodeck sync                    as a service, until it is stopped\n  \
    rolodeck plan                    what would be sent")]
pub struct SyncArgs {
    /// Send what is due and end
    ///
    /// Exit status 3 if something is held or will be tried again.
    #[arg(long)]
    once: bool,
}

impl SyncArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        if !config.sync.enabled {
            return Err(Failure::usage("nothing was sent", "sync.enabled is false", "set it to true"));
        }
        if self.once {
            let batcher = connect::batcher(&config, &store).await?;
            let (status, _) = tokio::sync::watch::channel(WorkerStatus::default());
            let worker = Worker::new(
                store.clone(),
                batcher,
                connect::holder(),
                connect::clock(),
                status,
                std::sync::Arc::default(),
            );
            let report = worker.once().await?;
            let counts = store.outbox_counts().await?;
            let mut out = context.out();
            if context.json {
                out.json(&json!({
                    "done": report.done, "skipped": report.skipped, "retry": report.retry, "held": report.held,
                    "calls": report.calls, "lines": report.lines, "queue": counts,
                }))?;
            } else {
                for line in &report.lines {
                    out.line(line)?;
                }
                out.line(&format!(
                    "{} done, {} needed nothing, {} will be tried again, {} held; {} API calls",
                    report.done, report.skipped, report.retry, report.held, report.calls
                ))?;
                if counts.held > 0 {
                    out.line("`rolodeck queue list` shows what is held and why")?;
                }
            }
            out.finish()?;
            drop(worker);
            store.close().await;
            return Ok(if counts.held > 0 || counts.retry > 0 || counts.in_doubt > 0 {
                Code::Partial
            } else {
                Code::Done
            });
        }
        connect::client(&config)?;
        let syncing = connect::Syncing::start(&config, &store).await?;
        let watching = store.clone();
        let watcher = tokio::spawn(async move { watching.watch_others().await });
        connect::asked_to_end().await;
        watcher.abort();
        syncing.stop().await;
        store.close().await;
        Ok(Code::Done)
    }
}
