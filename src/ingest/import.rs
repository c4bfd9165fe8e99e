//! Brings the rows of a CSV file into a store, batch by batch, and tells what became of them.

use std::fmt;
use std::future::Future;
use std::io::{self, Read, Write};

use tokio_util::sync::CancellationToken;

use super::csv::{Csv, CsvError, Outcome, Problem, Reject, Rejects, Row};

/// Rows of one transaction.
pub const BATCH: usize = 500;

/// Problems that a report lists; all are counted, and all rejected rows are in the rejects file.
pub const LISTED: usize = 100;

/// What the store made of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A new contact.
    Created,
    /// A contact that was there has new values.
    Updated,
    /// A contact that was there has these values already.
    Unchanged,
    /// The store cannot take it.
    Rejected(Problem),
}

/// Where rows go. A dry run is a sink that decides and writes nothing.
pub trait RowSink {
    /// Why a batch was not taken; nothing of it was.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes a batch in one transaction; one answer a row, in order. Later rows update what earlier ones made.
    fn take(&mut self, rows: &[Row]) -> impl Future<Output = Result<Vec<Stored>, Self::Error>> + Send;
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

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            ListedKind::Rejected => "rejected",
            ListedKind::Skipped => "skipped",
            ListedKind::Warning => "warning",
        };
        let Problem { column, reason, .. } = &self.problem;
        write!(f, "line {}: {word}: ", self.line)?;
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
    /// Rows that changed a contact.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
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
}

impl Report {
    /// Rows that were read.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.rejected
    }

    fn list(&mut self, line: u64, kind: ListedKind, problem: &Problem) {
        if self.listed.len() < LISTED {
            self.listed.push(Listed { line, kind, problem: problem.clone() });
        }
    }
}

/// Imports all rows. `progress` hears of every batch: the report so far and the bytes of the file that were read.
/// Rejected and skipped rows are written to `rejects`.
pub async fn run<R: Read, S: RowSink, W: Write>(
    csv: &mut Csv<R>,
    sink: &mut S,
    mut rejects: Option<&mut Rejects<W>>,
    stop: &CancellationToken,
    mut progress: impl FnMut(&Report, u64),
) -> Result<Report, ImportError<S::Error>> {
    let mut report = Report::default();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        report.canceled = stop.is_cancelled();
        let next = if report.canceled { None } else { csv.next() };
        let ended = next.is_none();
        match next.transpose()? {
            Some(Outcome::Row(row)) => batch.push(row),
            Some(Outcome::Skipped(reject)) => refuse(&mut report, &mut rejects, ListedKind::Skipped, &reject)?,
            Some(Outcome::Rejected(reject)) => refuse(&mut report, &mut rejects, ListedKind::Rejected, &reject)?,
            None => {}
        }
        if batch.len() >= BATCH || (ended && !batch.is_empty()) {
            store(&mut report, sink, &mut rejects, &mut batch).await?;
            progress(&report, csv.bytes_read());
        }
        if ended {
            break;
        }
    }
    if let Some(rejects) = rejects {
        rejects.flush().map_err(ImportError::Rejects)?;
    }
    progress(&report, csv.bytes_read());
    Ok(report)
}

async fn store<S: RowSink, W: Write>(
    report: &mut Report,
    sink: &mut S,
    rejects: &mut Option<&mut Rejects<W>>,
    batch: &mut Vec<Row>,
) -> Result<(), ImportError<S::Error>> {
    let line = batch.first().map_or(0, |row| row.line);
    let stored = sink.take(batch).await.map_err(|source| ImportError::Store { line, source })?;
    for (row, stored) in batch.drain(..).zip(stored) {
        match stored {
            Stored::Created => report.created += 1,
            Stored::Updated => report.updated += 1,
            Stored::Unchanged => report.unchanged += 1,
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
