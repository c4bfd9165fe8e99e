//! Brings the payloads of a file into a sink, some in one transaction, and tells what became of them.

use std::fmt;
use std::io::Read;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::document::{Document, DocumentError, Documents};
use super::sink::Sink;
use super::{Context, Warning, understand_json};
use crate::domain::text::visible;
use crate::domain::{Interaction, Source};
use crate::store::Applied;

/// Payloads of one transaction.
const BATCH: usize = 200;

/// Bytes of payloads of one transaction.
const BATCH_BYTES: usize = 4 << 20;

/// Refusals and warnings that a report lists; all are counted.
pub const LISTED: usize = 100;

/// What became of the payloads of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Payloads that are news.
    pub stored: u64,
    /// Payloads that had come before.
    pub duplicates: u64,
    /// Events of a type we do not know: kept and shown, nothing else.
    pub unknown: u64,
    /// Pieces that are no payload, or a malformed one: not kept.
    pub refused: u64,
    /// Parts that could not be taken over.
    pub warnings: u64,
    /// Contacts that are new.
    pub contacts_created: u64,
    /// Activities that are new.
    pub activities_created: u64,
    /// The first [`LISTED`] refusals and warnings.
    pub listed: Vec<Listed>,
    /// Stopped by the user before the end.
    pub canceled: bool,
}

/// A refusal or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Line of the file on which the payload begins, from 1.
    pub line: u64,
    /// Refused; else only warned of.
    pub refused: bool,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.refused { "refused" } else { "warning" };
        write!(f, "line {}: {word}: {}", self.line, visible(&self.reason))
    }
}

/// Why reading a file stopped. What was stored before stays stored.
#[derive(Debug, thiserror::Error)]
pub enum FileError<E: std::error::Error + 'static> {
    /// The file cannot be read on.
    #[error(transparent)]
    Read(DocumentError),
    /// The sink did not take a batch.
    #[error("the payloads from line {line} on could not be stored")]
    Sink {
        /// First line of the batch.
        line: u64,
        /// What the sink said.
        #[source]
        source: E,
    },
}

/// Takes every payload of a file (see [`Documents`] for its forms); without a `source` each tells its own. `progress`
/// hears of every transaction.
pub async fn run<R: Read, S: Sink>(
    reader: R,
    source: Option<Source>,
    context: &Context,
    sink: &S,
    clock: impl Fn() -> Timestamp,
    stop: &CancellationToken,
    mut progress: impl FnMut(&FileReport),
) -> Result<FileReport, FileError<S::Error>> {
    let mut report = FileReport::default();
    let mut batch = Batch::default();
    for document in Documents::new(reader) {
        report.canceled = stop.is_cancelled();
        if report.canceled {
            break;
        }
        match document {
            Ok(document) => batch.add(&document, source, context, clock(), &mut report),
            Err(DocumentError::Malformed { line, reason }) => report.refuse(line, reason),
            Err(error @ DocumentError::Read { .. }) => {
                batch.store(sink, clock(), &mut report).await?;
                return Err(FileError::Read(error));
            }
        }
        if batch.starts.len() >= BATCH || batch.bytes >= BATCH_BYTES {
            batch.store(sink, clock(), &mut report).await?;
            progress(&report);
        }
    }
    batch.store(sink, clock(), &mut report).await?;
    progress(&report);
    Ok(report)
}

impl FileReport {
    fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        self.list(line, true, reason);
    }

    fn warn(&mut self, line: u64, warning: &Warning) {
        self.warnings += 1;
        self.list(line, false, warning.to_string());
    }

    fn list(&mut self, line: u64, refused: bool, reason: String) {
        if self.listed.len() < LISTED {
            self.listed.push(Listed { line, refused, reason });
        }
    }

    fn count(&mut self, applied: Applied) {
        match applied {
            Applied { duplicate: true, .. } => self.duplicates += 1,
            Applied { unknown: true, .. } => self.unknown += 1,
            _ => self.stored += 1,
        }
    }
}

#[derive(Default)]
struct Batch {
    interactions: Vec<Interaction>,
    /// Of each payload, its line and which interaction is its first.
    starts: Vec<(u64, usize)>,
    bytes: usize,
}

impl Batch {
    fn add(
        &mut self,
        document: &Document,
        source: Option<Source>,
        context: &Context,
        now: Timestamp,
        report: &mut FileReport,
    ) {
        match understand_json(source, &document.json, &document.payload, context, now) {
            Ok(parsed) => {
                for warning in &parsed.warnings {
                    report.warn(document.line, warning);
                }
                self.starts.push((document.line, self.interactions.len()));
                self.interactions.extend(parsed.interactions);
                self.bytes += document.payload.len();
            }
            Err(error) => report.refuse(document.line, error.to_string()),
        }
    }

    async fn store<S: Sink>(
        &mut self,
        sink: &S,
        now: Timestamp,
        report: &mut FileReport,
    ) -> Result<(), FileError<S::Error>> {
        let Some((line, _)) = self.starts.first().copied() else { return Ok(()) };
        let applied = sink.take(&self.interactions, now).await.map_err(|source| FileError::Sink { line, source })?;
        for (_, start) in self.starts.drain(..) {
            if let Some(applied) = applied.get(start) {
                report.count(*applied);
            }
        }
        report.contacts_created += applied.iter().filter(|applied| applied.contact_created).count() as u64;
        report.activities_created += applied.iter().filter(|applied| applied.activity_created).count() as u64;
        self.interactions.clear();
        self.bytes = 0;
        Ok(())
    }
}
