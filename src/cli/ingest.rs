//! `rolodeck ingest`: Cal.com and OnceHub payloads from a file or a pipe.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use super::{Context, connect};
use crate::domain::{Interaction, Source};
use crate::ingest::document::{DocumentError, Documents};
use crate::ingest::understand_json;
use crate::words::{Code, Failure, io_words};

/// Payloads of one transaction.
const BATCH: usize = 200;

/// Arguments of `ingest`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck ingest bookings.jsonl\n  \
    curl -s … | rolodeck ingest - --source oncehub\n\n\
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

/// What came of a file.
#[derive(Debug, Default, Serialize)]
struct Report {
    applied: usize,
    duplicates: usize,
    unknown: usize,
    malformed: usize,
    contacts_created: usize,
    activities_created: usize,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    line: u64,
    reason: String,
    /// The payload was not taken; otherwise only a part of it was left out.
    refused: bool,
}

impl IngestArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        let reading = connect::ingest_context(&config, &store).await?;
        let rules = connect::identity(&config);
        let mut report = Report::default();
        let mut batch: Vec<Interaction> = Vec::new();
        for document in Documents::new(self.open()?) {
            let document = match document {
                Ok(document) => document,
                Err(DocumentError::Malformed { line, reason }) => {
                    report.refuse(line, reason);
                    continue;
                }
                Err(DocumentError::Read { line, source }) => {
                    return Err(Failure::new(
                        "the file cannot be read to its end",
                        format!("line {line}: {}", io_words(&source)),
                        "what came before is stored; give it again, it changes nothing twice",
                    ));
                }
            };
            let now = Timestamp::now();
            match understand_json(self.source.map(Into::into), &document.json, &document.payload, &reading, now) {
                Ok(parsed) => {
                    for warning in &parsed.warnings {
                        let reason = warning.to_string();
                        report.problems.push(Problem { line: document.line, reason, refused: false });
                    }
                    batch.extend(parsed.interactions);
                }
                Err(error) => report.refuse(document.line, error.to_string()),
            }
            if batch.len() >= BATCH {
                report.take(store.apply_all(&std::mem::take(&mut batch), rules, now).await?);
            }
        }
        report.take(store.apply_all(&batch, rules, Timestamp::now()).await?);
        store.close().await;
        report.print(context)
    }

    fn open(&self) -> Result<Box<dyn Read + Send>, Failure> {
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

impl Report {
    fn refuse(&mut self, line: u64, reason: String) {
        self.malformed += 1;
        self.problems.push(Problem { line, reason, refused: true });
    }

    fn take(&mut self, applied: Vec<crate::store::Applied>) {
        for applied in applied {
            if applied.duplicate {
                self.duplicates += 1;
            } else if applied.unknown {
                self.unknown += 1;
            } else {
                self.applied += 1;
            }
            self.contacts_created += usize::from(applied.contact_created);
            self.activities_created += usize::from(applied.activity_created);
        }
    }

    fn print(&self, context: &Context) -> Result<Code, Failure> {
        let mut out = context.out();
        if context.json {
            out.json(self)?;
        } else {
            for problem in &self.problems {
                let word = if problem.refused { "refused" } else { "left out" };
                out.line(&format!("line {}: {word}: {}", problem.line, problem.reason))?;
            }
            out.line(&format!(
                "{} applied ({} new contacts, {} new activities), {} seen before, {} of unknown type kept, {} refused",
                self.applied,
                self.contacts_created,
                self.activities_created,
                self.duplicates,
                self.unknown,
                self.malformed
            ))?;
        }
        out.finish()?;
        Ok(if self.malformed > 0 { Code::Partial } else { Code::Done })
    }
}
