//! `rolodeck ingest`: Cal.com and OnceHub payloads from a file or a pipe.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Context, connect};
use crate::domain::Source;
use crate::ingest::file::{self, FileError, FileReport};
use crate::ingest::sink::StoreSink;
use crate::words::{Code, Failure, Report as _, io_words};

/// Arguments of `ingest`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck ingest bookings.jsonl\n  \
    zcat deliveries.jsonl.gz | rolodeck ingest - --source oncehub\n\n\
    The same delivery twice changes nothing. What is malformed is reported with its line, and the rest goes on:\n\
    the exit status is 3 then.")]
pub struct IngestArgs {
    /// File of payloads: one JSON document, an array, or JSON lines; `-` reads standard input
    file: PathBuf,
    /// The program that wrote them; found out from each payload if not given
    #[arg(long, value_enum)]
    source: Option<SourceName>,
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

impl IngestArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let reader = self.open()?;
        let store = connect::store(context).await?;
        let reading = connect::ingest_context(&config, &store).await?;
        let sink = StoreSink { store: store.clone(), rules: connect::identity(&config) };
        let stop = CancellationToken::new();
        let report = {
            let source = self.source.map(Into::into);
            let work = file::run(reader, source, &reading, &sink, Timestamp::now, &stop, |_| {});
            tokio::pin!(work);
            tokio::select! {
                done = &mut work => done,
                () = connect::asked_to_end() => {
                    stop.cancel();
                    work.await
                }
            }
        };
        let report = report.map_err(|error| match error {
            FileError::Read(error) => Failure::new(
                "the file cannot be read to its end",
                error.to_string(),
                "what came before is stored; give it again, it changes nothing twice",
            ),
            FileError::Sink { line, source } => {
                let failure = source.report();
                Failure { why: format!("line {line}: {}", failure.why), ..failure }
            }
        })?;
        drop(sink);
        store.close().await;
        print(context, &report)
    }

    fn open(&self) -> Result<Box<dyn Read>, Failure> {
        if self.file.as_os_str() == "-" {
            return Ok(Box::new(io::stdin()));
        }
        let file = File::open(&self.file).map_err(|error| {
            Failure::usage(
                "there is nothing to ingest",
                format!("{}: {}", self.file.display(), io_words(&error)),
                "name a file that you can read, or - for standard input",
            )
        })?;
        Ok(Box::new(file))
    }
}

fn print(context: &Context, report: &FileReport) -> Result<Code, Failure> {
    let mut out = context.out();
    if context.json {
        let listed: Vec<_> = report
            .listed
            .iter()
            .map(|item| json!({ "line": item.line, "refused": item.refused, "reason": item.reason }))
            .collect();
        out.json(&json!({
            "stored": report.stored, "duplicates": report.duplicates, "unknown": report.unknown,
            "refused": report.refused, "warnings": report.warnings, "contacts_created": report.contacts_created,
            "activities_created": report.activities_created, "problems": listed, "canceled": report.canceled,
        }))?;
    } else {
        for item in &report.listed {
            out.line(&item.to_string())?;
        }
        out.line(&format!(
            "{} stored ({} new contacts, {} new activities), {} seen before, {} of unknown type kept, {} refused",
            report.stored,
            report.contacts_created,
            report.activities_created,
            report.duplicates,
            report.unknown,
            report.refused
        ))?;
    }
    out.finish()?;
    Ok(if report.refused > 0 || report.canceled { Code::Partial } else { Code::Done })
}
