//! `rolodeck sync`: the worker without a screen, and what can be asked and told of the one that works.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::hooking::Hooking;
use super::output::Out;
use super::syncing::Syncing;
use super::{Context, connect, plan};
use crate::config::{Config, Role};
use crate::store::{Lease, OutboxCounts, Store};
use crate::sync::status::{WorkerState, WorkerStatus};
use crate::sync::worker::{PAUSED, ROLE, Report, Worker, wish};
use crate::words::{Code, Failure};

mod conflicts;

/// Arguments of `sync`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck sync --once --json      from cron\n  \
    rolodeck sync                    as a service, until it is stopped\n  \
    rolodeck sync --status           how the worker fares, in whatever process it is\n  \
    rolodeck sync --pause            it finishes its batch and sends nothing more\n  \
    rolodeck sync --now              it looks at once, also while it waits after a failure\n  \
    rolodeck sync --once --dry-run   what would be sent, as `rolodeck plan` prints it\n  \
    rolodeck sync --conflicts        what somebody changed in Salesforce since it was written")]
#[allow(clippy::struct_excessive_bools)] // one for each option of the command line
pub struct SyncArgs {
    /// Send what is due and end
    ///
    /// Exit status 3 if something is held or will be tried again.
    #[arg(long)]
    once: bool,
    /// With --once: show what would be sent, and send nothing; what is held would not be
    #[arg(long, requires = "once")]
    dry_run: bool,
    /// Show how the worker of this store fares, in whatever process it is
    #[arg(long, group = "tell", conflicts_with = "once")]
    status: bool,
    /// Let the worker of this store pause, in whatever process it is, until it is resumed
    #[arg(long, group = "tell", conflicts_with = "once")]
    pause: bool,
    /// Let it go on
    #[arg(long, group = "tell", conflicts_with = "once")]
    resume: bool,
    /// Read what changed in Salesforce now, without waiting for the worker to
    #[arg(long, group = "tell", conflicts_with = "once")]
    reread: bool,
    /// List linked records that somebody changed in Salesforce since rolodeck wrote them, with both values
    #[arg(long, group = "tell", conflicts_with = "once")]
    conflicts: bool,
    /// Let it look at once, also while it waits after a failure; a used-up limit of the org still holds it
    #[arg(long, group = "tell", conflicts_with = "once")]
    now: bool,
}

impl SyncArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        // How the worker fares is asked, and it is stopped, also when the configuration is wrong: then most of all.
        let config = match context.config() {
            Err(_) if self.status || self.pause => Config::default(),
            read => read?,
        };
        if self.dry_run {
            return plan::PlanArgs::dry_run().run(context).await;
        }
        let store = connect::store(context).await?;
        let code = if self.status {
            status(context, &config, &store).await?
        } else if self.reread {
            conflicts::reread(context, &config, &store).await?
        } else if self.conflicts {
            conflicts::list(context, &connect::acting(&store, &config).await?).await?
        } else if self.pause || self.resume {
            store.set_setting(PAUSED, if self.pause { "1" } else { "0" }).await?;
            let mut out = context.out();
            if context.json {
                out.json(&json!({ "paused": self.pause }))?;
            } else {
                out.line(if self.pause { "paused; `rolodeck sync --resume` lets it go on" } else { "resumed" })?;
            }
            out.finish()?;
            Code::Done
        } else if self.now {
            look_now(context, &store).await?
        } else if !config.sync.enabled {
            return Err(Failure::usage("nothing was sent", "sync.enabled is false", "set it to true"));
        } else if self.once {
            once(context, &config, &store).await?
        } else {
            serve(context, &config, &store).await?
        };
        store.close().await;
        Ok(code)
    }
}

/// Works until it is asked to end.
async fn serve(context: &Context, config: &Config, store: &Store) -> Result<Code, Failure> {
    connect::client(config, connect::data_dir(store))?;
    let syncing = Syncing::start(context, config, store).await?;
    let hooking = Hooking::start(config, store, &syncing).await?;
    let watching = store.clone();
    let watcher = tokio::spawn(async move { watching.watch_others().await });
    connect::asked_to_end().await;
    watcher.abort();
    hooking.stop().await;
    syncing.stop().await;
    Ok(Code::Done)
}

/// Asks the worker of the store to look at once; without one there is nobody to ask.
async fn look_now(context: &Context, store: &Store) -> Result<Code, Failure> {
    let now = Timestamp::now();
    let lease = store.lease(ROLE).await?.filter(|lease| lease.until > now).ok_or_else(|| {
        Failure::new(
            "nothing was asked for",
            "nobody is syncing this store",
            "`rolodeck sync --once` sends what is due",
        )
    })?;
    wish(store, now).await?;
    let mut out = context.out();
    if context.json {
        out.json(&json!({ "asked": { "host": lease.host, "pid": lease.pid } }))?;
    } else {
        out.line(&format!("process {} on {} looks now", lease.pid, lease.host))?;
    }
    out.finish()?;
    Ok(Code::Done)
}

async fn once(context: &Context, config: &Config, store: &Store) -> Result<Code, Failure> {
    let batcher = connect::batcher(config, store).await?;
    let (status, _) = tokio::sync::watch::channel(WorkerStatus::default());
    let (holder, clock, wake) = (connect::holder(), connect::clock(), std::sync::Arc::default());
    let worker = Worker::new(store.clone(), batcher, holder, clock, status, wake);
    let cancel = tokio_util::sync::CancellationToken::new();
    let report = {
        let work = worker.once_until(&cancel);
        tokio::pin!(work);
        let mut asked = std::pin::pin!(connect::asked_to_end());
        tokio::select! {
            report = &mut work => report?,
            () = &mut asked => {
                cancel.cancel();
                // Whoever asks a second time does not want to wait for the call that is under way.
                tokio::select! {
                    report = work => report?,
                    () = connect::asked_to_end() => return Err(Failure::new(
                        "the sync was broken off",
                        "it was asked twice to end",
                        "run it again: what was sent and not answered is looked for first",
                    )),
                }
            }
        }
    };
    let counts = store.outbox_counts().await?;
    let mut out = context.out();
    if context.json {
        let mut json = serde_json::to_value(&report).unwrap_or_default();
        json["queue"] = json!(counts);
        out.json(&json)?;
    } else {
        print_report(&report, counts, &mut out)?;
    }
    out.finish()?;
    let clean = report.stopped.is_none() && counts.open() == counts.pending;
    Ok(if clean { Code::Done } else { Code::Partial })
}

fn print_report(report: &Report, counts: OutboxCounts, out: &mut Out) -> Result<(), Failure> {
    for line in &report.lines {
        out.line(line)?;
    }
    out.line(&format!(
        "{} done, {} needed nothing, {} will be tried again, {} held; {} API calls",
        report.done, report.skipped, report.retry, report.held, report.calls
    ))?;
    if let Some(reason) = &report.stopped {
        out.line(&format!("stopped early: {reason}"))?;
    }
    if counts.held > 0 {
        out.line("`rolodeck queue list` shows what is held and why")?;
    }
    Ok(())
}

/// What the holder of the lease tells, and the queue as it is.
async fn status(context: &Context, config: &Config, store: &Store) -> Result<Code, Failure> {
    let now = Timestamp::now();
    let lease = store.lease(ROLE).await?.filter(|lease| lease.until > now);
    let paused = store.setting(PAUSED).await?.as_deref() == Some("1");
    let counts = store.outbox_counts().await?;
    let mut status: Option<WorkerStatus> =
        lease.as_ref().and_then(|lease| serde_json::from_value(lease.status.clone()).ok());
    let administrator = connect::acting(store, config).await?.actor().role == Role::Administrator;
    if let Some(status) = &mut status {
        status.results.retain(|result| administrator || !result.names);
    }
    if let Some(api) = status.as_mut().and_then(|status| status.api.as_mut()) {
        // Others than the worker have called since, too.
        api.ours = store.calls_noted(now).await?.min(api.used);
    }
    let mut out = context.out();
    if context.json {
        let holder = lease
            .as_ref()
            .map(|lease| json!({ "host": lease.host, "pid": lease.pid, "since": lease.since, "until": lease.until }));
        out.json(&json!({ "holder": holder, "paused": paused, "queue": counts, "status": status }))?;
    } else {
        let zone = config.user.time_zone();
        for (name, text) in lines(lease.as_ref(), status.as_ref(), paused, counts, now, &zone) {
            out.line(&format!("{name:<10} {text}"))?;
        }
    }
    out.finish()?;
    Ok(Code::Done)
}

/// The status in lines of name and text.
fn lines(
    lease: Option<&Lease>,
    status: Option<&WorkerStatus>,
    paused: bool,
    counts: OutboxCounts,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<(&'static str, String)> {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut lines = Vec::new();
    lines.push(match lease {
        Some(lease) => ("worker", format!("process {} on {}, since {}", lease.pid, lease.host, time(lease.since))),
        None => ("worker", "nobody is syncing this store".to_owned()),
    });
    if paused {
        lines.push(("paused", "`rolodeck sync --resume` lets it go on".to_owned()));
    }
    if let Some(status) = status {
        lines.push(("state", state(&status.state, &time)));
        if let Some(connection) = &status.connection {
            let user = connection.user.as_deref().unwrap_or("somebody");
            lines.push(("connected", format!("{user} at {}", connection.instance)));
        }
        if let Some(api) = status.api {
            let share = api.used as f64 * 100.0 / api.max.max(1) as f64;
            let forecast = status.forecast.map(|forecast| format!("; {}", forecast.words(now, zone)));
            let forecast = forecast.unwrap_or_default();
            lines.push((
                "API calls",
                format!("{} of {} ({share:.1} %), {} ours{forecast}", api.used, api.max, api.ours),
            ));
        }
        if let Some(batch) = status.batch {
            lines.push(("batch", format!("{} of {}", batch.done, batch.total)));
        }
    }
    let OutboxCounts { pending, in_flight, retry, held, in_doubt, done, skipped } = counts;
    lines.push((
        "queue",
        format!(
            "{pending} waiting, {in_flight} being sent, {in_doubt} being checked, {retry} to be tried again, {held} held, \
             {done} done, {skipped} left out"
        ),
    ));
    for group in status.into_iter().flat_map(|status| &status.errors) {
        lines.push(("error", format!("{} x {}: {}", group.count, group.code, group.words)));
    }
    for result in status.into_iter().flat_map(|status| &status.results).take(5) {
        let mark = if result.ok { "" } else { "failed: " };
        lines.push(("last", format!("{} {mark}{}", time(result.at), result.text)));
    }
    lines
}

fn state(state: &WorkerState, time: &impl Fn(Timestamp) -> String) -> String {
    match state {
        WorkerState::Off { reason } => format!("off: {reason}"),
        WorkerState::Starting => "starting".to_owned(),
        WorkerState::Idle => "idle: nothing is due".to_owned(),
        WorkerState::Working => "working".to_owned(),
        WorkerState::BackingOff { until, reason } => format!("waiting until {}: {reason}", time(*until)),
        WorkerState::Paused => "paused".to_owned(),
        WorkerState::Elsewhere { host, pid } => format!("process {pid} on {host} works"),
    }
}
