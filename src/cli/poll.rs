//! `rolodeck poll`: what changed at Cal.com and OnceHub, asked for at their APIs.

use clap::ValueEnum;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::output::Table;
use super::{Context, connect, keeper, polling};
use crate::domain::Source;
use crate::ingest::poll::{PollError, Report};
use crate::store::Store;
use crate::words::{Code, Failure, Report as _};

/// Arguments of `poll`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Which sources are polled is set by poll = true in [source.calcom] and [source.oncehub]; the \
    dashboard and\n`rolodeck serve` poll them, too. One process at a time polls a store.\n\n\
    Examples:\n  \
    rolodeck poll --once              for cron: ask every source, then end\n  \
    rolodeck poll --once oncehub      this source alone, whether or not it is set to be polled\n  \
    rolodeck poll --status            how far each was read, and what went wrong"
)]
pub struct PollArgs {
    /// Only this source, whether or not it is set to be polled
    #[arg(value_enum)]
    source: Option<SourceName>,
    /// Ask once and end; else at each source's interval until it is stopped
    #[arg(long)]
    once: bool,
    /// Forget how far the sources were read, and read again from `poll_days` back
    #[arg(long, conflicts_with = "status")]
    again: bool,
    /// Ask nobody: show how far each source was read, and what went wrong
    #[arg(long, conflicts_with = "once")]
    status: bool,
}

/// A source on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SourceName {
    /// Cal.com
    Calcom,
    /// OnceHub
    Oncehub,
}

impl From<SourceName> for Source {
    fn from(name: SourceName) -> Self {
        match name {
            SourceName::Calcom => Self::CalCom,
            SourceName::Oncehub => Self::OnceHub,
        }
    }
}

impl PollArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        if self.status {
            let told = status(context, &store).await;
            store.close().await;
            return told;
        }
        let apis = polling::apis(&config, self.source.map(Into::into))?;
        if apis.is_empty() {
            return Err(Failure::usage(
                "there is nothing to poll",
                "no source is set to be polled",
                "set poll = true in [source.calcom] or [source.oncehub], or name a source",
            ));
        }
        if self.again {
            for api in &apis {
                store.source_forget(api.source.key()).await?;
            }
        }
        let poller = polling::poller(&config, &store, apis);
        let stop = CancellationToken::new();
        let ending = stop.clone();
        let waiting = tokio::spawn(async move {
            connect::asked_to_end().await;
            ending.cancel();
        });
        if !self.once {
            tokio::spawn(keeper::clock(store.clone(), stop.clone()));
        }
        let code = if self.once {
            let done = poller.once(&stop).await;
            print(context, &done)?
        } else {
            poller.run(stop).await;
            Code::Done
        };
        waiting.abort();
        drop(poller);
        store.close().await;
        Ok(code)
    }
}

fn print(context: &Context, done: &[(Source, Result<Report, PollError>)]) -> Result<Code, Failure> {
    let mut out = context.out();
    if context.json {
        let all: Vec<_> = done
            .iter()
            .map(|(source, result)| match result {
                Ok(report) => json!(report),
                Err(error) => json!({ "source": source.key(), "error": error.to_string() }),
            })
            .collect();
        out.json(&all)?;
    } else {
        for (source, result) in done {
            match result {
                Ok(report) => {
                    for problem in &report.problems {
                        out.line(&format!("{source}: refused: {problem}"))?;
                    }
                    out.line(&format!(
                        "{source}: {} stored ({} new contacts, {} new activities), {} seen before, {} refused, {} calls",
                        report.stored,
                        report.contacts_created,
                        report.activities_created,
                        report.duplicates,
                        report.refused,
                        report.calls
                    ))?;
                }
                Err(error) => out.line(&format!("{source}: {error}"))?,
            }
        }
    }
    out.finish()?;
    let refused = done.iter().any(|(_, result)| matches!(result, Ok(report) if report.refused > 0));
    match done.iter().find_map(|(_, result)| result.as_ref().err()) {
        Some(error) if done.iter().all(|(_, result)| result.is_err()) => Err(error.report()),
        Some(_) => Ok(Code::Partial),
        None if refused => Ok(Code::Partial),
        None => Ok(Code::Done),
    }
}

async fn status(context: &Context, store: &Store) -> Result<Code, Failure> {
    let sources = store.sources().await?;
    let mut out = context.out();
    if context.json {
        out.json(&sources)?;
    } else if sources.is_empty() {
        out.line("no source was polled yet")?;
    } else {
        let mut table = Table::new(["SOURCE", "LAST SUCCESS", "LAST ERROR"]);
        let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        for source in &sources {
            let error =
                source.error().map_or_else(String::new, |error| format!("{}: {error}", time(source.last_error_at)));
            table.row([source.source.as_str(), &time(source.last_success_at), &error]);
        }
        out.table(&table)?;
    }
    out.finish()?;
    Ok(if sources.iter().any(|source| source.error().is_some()) { Code::Partial } else { Code::Done })
}
