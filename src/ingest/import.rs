//! Brings the rows of a CSV file into a store, batch by batch, and tells what became of them.
//!
//! [`Preview`] shows what a file would be taken for; [`Job`] imports it, or only tries to. Screen and command line use
//! the same two.

mod job;
mod preview;
mod rejects_file;
mod sinks;

use std::fmt;
use std::future::Future;
use std::io::{self, Read, Write};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::csv::{Csv, CsvError, Outcome, Problem, Reject, Rejects, Row};

pub use job::{Done, How, Job, JobError, Progress, known};
pub use preview::{Preview, odd};

/// Rows of one transaction: the write lock for less than a second, and few pages of the indexes written twice.
pub const BATCH: usize = 20_000;

/// Problems that a report lists; all are counted, and all rejected rows are in the rejects file.
pub const LISTED: usize = 100;

/// Rows between two looks at whether somebody wants to stop.
const LOOK: usize = 256;

/// What the store made of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A new contact.
    Created,
    /// A contact that was there has new values.
    Updated,
    /// A contact that was there has these values already.
    Unchanged,
    /// Another row of the file is about the same contact; the later one counts.
    Repeated,
    /// The store cannot take it.
    Rejected(Problem),
}

/// What the store made of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// One answer a row, in order.
    pub rows: Vec<Stored>,
    /// Contacts of earlier batches that were unchanged and are updated now.
    pub now_updated: u64,
    /// Contacts of earlier batches that were updated and are now as they were before.
    pub now_unchanged: u64,
}

/// Where rows go. A dry run is a sink that decides and writes nothing.
pub trait RowSink {
    /// Why a batch was not taken; nothing of it was.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes a batch in one transaction. Later rows update what earlier ones made.
    fn take(&mut self, rows: &[Row]) -> impl Future<Output = Result<Taken, Self::Error>> + Send;
}

/// Why an import stopped. What was stored before stays stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E: std::error::Error + 'static> {
    /// The file.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The store.
    #[error("the rows from line {line} on could not be stored")]
    Store {
        /// First line of the batch.
        line: u64,
        /// What the store said.
        #[source]
        source: E,
    },
    /// The file of rejected rows.
    #[error("the rejected rows cannot be written")]
    Rejects(#[source] io::Error),
}

/// A problem in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Line of the file.
    pub line: u64,
    /// What became of the row.
    pub kind: ListedKind,
    /// What is wrong.
    pub problem: Problem,
}

/// What a problem did to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// Refused.
    Rejected,
    /// Left out for want of an identifier.
    Skipped,
    /// Taken all the same.
    Warning,
}

impl ListedKind {
    /// The word in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { column, reason, .. } = &self.problem;
        write!(f, "line {}: {}: ", self.line, self.kind.key())?;
        if !column.is_empty() {
            write!(f, "{}: ", crate::domain::text::visible(column))?;
        }
        f.write_str(&crate::domain::text::visible(reason))
    }
}

/// What became of a file's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Contacts that are new.
    pub created: u64,
    /// Contacts that were changed.
    pub updated: u64,
    /// Contacts that were met and had these values.
    pub unchanged: u64,
    /// Rows about a contact that another row of the file is about, too.
    pub repeated: u64,
    /// Rows that tell nobody's email or mobile phone.
    pub skipped: u64,
    /// Rows that are refused.
    pub rejected: u64,
    /// Cells that were left out or kept as written.
    pub warnings: u64,
    /// The first [`LISTED`] problems.
    pub listed: Vec<Listed>,
    /// Stopped by the user before the end.
    pub canceled: bool,
    /// The first line that is no UTF-8 and was read as Windows-1252.
    pub first_odd_line: Option<u64>,
}

impl Report {
    /// Rows that were read.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.repeated + self.skipped + self.rejected
    }

    fn list(&mut self, line: u64, kind: ListedKind, problem: &Problem) {
        if self.listed.len() < LISTED {
            self.listed.push(Listed { line, kind, problem: problem.clone() });
        }
    }
}

/// Some rows, understood.
#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    refused: Vec<(ListedKind, Reject)>,
    /// Bytes of the file that were read.
    bytes: u64,
    first_odd_line: Option<u64>,
    /// Why there is nothing after this.
    error: Option<CsvError>,
}

/// Imports all rows. `progress` hears of every batch: the report so far and the bytes of the file that were read.
/// Rejected and skipped rows are written to `rejects`. The next rows are read while the last ones are stored.
pub async fn run<R: Read + Send + 'static, S: RowSink, W: Write>(
    csv: Csv<R>,
    sink: &mut S,
    mut rejects: Option<&mut Rejects<W>>,
    stop: &CancellationToken,
    mut progress: impl FnMut(&Report, u64),
) -> Result<Report, ImportError<S::Error>> {
    let mut report = Report::default();
    let mut bytes = 0;
    // One batch waits while another is stored; dropped at an early end, which ends the reader.
    let (sender, mut chunks) = mpsc::channel(1);
    let asked = stop.clone();
    let reader = tokio::task::spawn_blocking(move || read(csv, &sender, &asked));
    while let Some(chunk) = chunks.recv().await {
        if stop.is_cancelled() {
            break;
        }
        bytes = chunk.bytes;
        report.first_odd_line = report.first_odd_line.or(chunk.first_odd_line);
        for (kind, reject) in &chunk.refused {
            refuse(&mut report, &mut rejects, *kind, reject)?;
        }
        if !chunk.rows.is_empty() {
            store(&mut report, sink, &mut rejects, chunk.rows).await?;
        }
        progress(&report, bytes);
        if let Some(error) = chunk.error {
            return Err(error.into());
        }
    }
    drop(chunks);
    if let Err(error) = reader.await {
        let source = io::Error::other(error);
        return Err(CsvError::Read { line: 0, source }.into());
    }
    report.canceled = stop.is_cancelled();
    if let Some(rejects) = rejects {
        rejects.flush().map_err(ImportError::Rejects)?;
    }
    report.listed.sort_by_key(|listed| listed.line);
    progress(&report, bytes);
    Ok(report)
}

/// Reads the file to its end, or until nobody listens.
fn read<R: Read>(mut csv: Csv<R>, chunks: &mpsc::Sender<Chunk>, stop: &CancellationToken) {
    let mut rows = 0_usize;
    let mut chunk = Chunk::default();
    loop {
        let next = csv.next();
        let ended = next.is_none();
        match next {
            Some(Ok(Outcome::Row(row))) => chunk.rows.push(row),
            Some(Ok(Outcome::Skipped(reject))) => chunk.refused.push((ListedKind::Skipped, reject)),
            Some(Ok(Outcome::Rejected(reject))) => chunk.refused.push((ListedKind::Rejected, reject)),
            Some(Err(error)) => chunk.error = Some(error),
            None => {}
        }
        rows += 1;
        let last = ended || chunk.error.is_some();
        if last || chunk.rows.len() + chunk.refused.len() >= BATCH {
            chunk.bytes = csv.bytes_read();
            chunk.first_odd_line = csv.first_odd_line();
            if chunks.blocking_send(std::mem::take(&mut chunk)).is_err() {
                return;
            }
        }
        if last || (rows.is_multiple_of(LOOK) && stop.is_cancelled()) {
            return;
        }
    }
}

async fn store<S: RowSink, W: Write>(
    report: &mut Report,
    sink: &mut S,
    rejects: &mut Option<&mut Rejects<W>>,
    batch: Vec<Row>,
) -> Result<(), ImportError<S::Error>> {
    let line = batch.first().map_or(0, |row| row.line);
    let taken = sink.take(&batch).await.map_err(|source| ImportError::Store { line, source })?;
    report.updated = (report.updated + taken.now_updated).saturating_sub(taken.now_unchanged);
    report.unchanged = (report.unchanged + taken.now_unchanged).saturating_sub(taken.now_updated);
    for (row, stored) in batch.into_iter().zip(taken.rows) {
        match stored {
            Stored::Created => report.created += 1,
            Stored::Updated => report.updated += 1,
            Stored::Unchanged => report.unchanged += 1,
            Stored::Repeated => report.repeated += 1,
            Stored::Rejected(problem) => {
                let reject = Reject { line: row.line, cells: row.cells, problems: vec![problem] };
                refuse(report, rejects, ListedKind::Rejected, &reject)?;
                continue;
            }
        }
        for warning in &row.warnings {
            report.warnings += 1;
            report.list(row.line, ListedKind::Warning, warning);
        }
    }
    Ok(())
}

fn refuse<E: std::error::Error + 'static, W: Write>(
    report: &mut Report,
    rejects: &mut Option<&mut Rejects<W>>,
    kind: ListedKind,
    reject: &Reject,
) -> Result<(), ImportError<E>> {
    match kind {
        ListedKind::Skipped => report.skipped += 1,
        _ => report.rejected += 1,
    }
    for problem in &reject.problems {
        report.list(reject.line, kind, problem);
    }
    match rejects {
        Some(rejects) => rejects.write(reject).map_err(ImportError::Rejects),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
