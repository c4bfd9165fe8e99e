//! One file into the store: opened, shown, run to its end or stopped.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::rejects_file::RejectsFile;
use super::sinks::{DryRows, StoreRows};
use super::{ImportError, Report, run};
use crate::domain::phone::Country;
use crate::ingest::csv::{self, Csv, CsvError, Options, Plan};
use crate::store::{ImportEnd, ImportFigures, ImportMode, Store, StoreError};

/// A file that can be imported.
pub struct Job {
    path: PathBuf,
    size: u64,
    csv: Csv<File>,
}

/// How to import it.
#[derive(Clone, Debug)]
pub struct How {
    /// What the import is called; `None`: as the file.
    pub name: Option<String>,
    /// Who imports.
    pub actor: String,
    /// Only find out what would happen.
    pub dry_run: bool,
    /// New and changed contacts wait for Salesforce.
    pub sync: bool,
    /// Where rejected rows are written; `None`: beside the file.
    pub rejects: Option<PathBuf>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Default for How {
    fn default() -> Self {
        Self {
            name: None,
            actor: "unknown".to_owned(),
            dry_run: false,
            sync: false,
            rejects: None,
            clock: Timestamp::now,
        }
    }
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// What became of the rows so far.
    pub report: Report,
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// Bytes of the file.
    pub size: u64,
}

impl Progress {
    /// The part that is done, from 0 to 1.
    pub fn part(&self) -> f64 {
        if self.size == 0 { 0.0 } else { (self.bytes as f64 / self.size as f64).min(1.0) }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// Its number; `None` after a dry run.
    pub import: Option<i64>,
    /// What it is called; its contacts are those of the filter `import:NAME`.
    pub name: String,
    /// What became of the rows.
    pub report: Report,
    /// The file of rejected rows, if there are any.
    pub rejects: Option<PathBuf>,
}

/// Why an import did not begin, or not come to its end. What was stored before stays stored.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file cannot be opened.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is a directory.
    #[error("{} is a directory", .0.display())]
    Directory(PathBuf),
    /// It is no CSV file, or breaks off.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The store.
    #[error("the rows from line {line} on could not be stored")]
    Store {
        /// First line that was not stored; 0: before the first.
        line: u64,
        /// What the store said.
        #[source]
        source: StoreError,
    },
    /// The file of rejected rows.
    #[error("the rejected rows cannot be written to {}", .path.display())]
    Rejects {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl From<StoreError> for JobError {
    fn from(source: StoreError) -> Self {
        Self::Store { line: 0, source }
    }
}

/// What files of this store are read by: its fields and users, and the country of phone numbers.
pub async fn known(store: &Store, country: Option<Country>) -> Result<Options, StoreError> {
    Ok(Options {
        country,
        custom_fields: store.custom_fields().await?,
        users: store.user_refs().await?,
        ..Options::default()
    })
}

impl Job {
    /// Opens a file and finds out what it is.
    pub fn open(path: &Path, options: Options) -> Result<Self, JobError> {
        let unreadable = |source| JobError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if about.is_dir() {
            return Err(JobError::Directory(path.to_owned()));
        }
        Ok(Self { path: path.to_owned(), size: about.len(), csv: csv::open(file, options)? })
    }

    /// What it is taken for.
    pub fn plan(&self) -> &Plan {
        self.csv.plan()
    }

    /// Its rows.
    pub(super) fn into_csv(self) -> Csv<File> {
        self.csv
    }

    /// What an import of it is called if nobody says otherwise.
    pub fn name(&self) -> String {
        let name = self.path.file_stem().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| self.path.display().to_string())
    }

    /// Imports it, until the end or until `stop`; then what was stored so far stays, and the same file again goes on
    /// where it matters.
    pub async fn run(
        self,
        store: &Store,
        how: &How,
        stop: &CancellationToken,
        progress: impl FnMut(&Progress),
    ) -> Result<Done, JobError> {
        let name = how.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| self.name());
        if how.dry_run {
            self.try_out(store, name, how, stop, progress).await
        } else {
            self.import(store, name, how, stop, progress).await
        }
    }

    async fn import(
        self,
        store: &Store,
        name: String,
        how: &How,
        stop: &CancellationToken,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Done, JobError> {
        let path = how.rejects.clone().unwrap_or_else(|| self.path.with_extension("rejected.csv"));
        let unwritable = |source| JobError::Rejects { path: path.clone(), source };
        let mut rejects = RejectsFile::begin(&path, self.csv.plan()).map_err(unwritable)?;
        let file = self.path.display().to_string();
        let import = store.import_begin(&name, &file, &how.actor, (how.clock)()).await?;
        let mode = ImportMode { import, sync: how.sync, actor: &how.actor };
        let mut sink = StoreRows { store, mode, clock: how.clock, committed: None };
        let mut last = Progress { size: self.size, ..Progress::default() };
        store.import_hurry().await?;
        let ran = run(self.csv, &mut sink, Some(&mut rejects.rejects), stop, |report, bytes| {
            last.report.clone_from(report);
            last.bytes = bytes;
            progress(&last);
        })
        .await;
        let calm = store.import_calm().await;
        let report = last.report;
        // What cannot be asked is taken for somebody's.
        let written = store.rejects_written().await.unwrap_or_default();
        let rejects = rejects.end(report.rejected + report.skipped > 0, &written).map_err(unwritable)?;
        // An import that broke off is listed with what it did.
        let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let kept = rejects.as_ref().map(|path| whole(path).display().to_string());
        let end = ImportEnd {
            figures: figures(&report),
            canceled: report.canceled || ran.is_err(),
            rejects: kept.as_deref(),
        };
        let finished = store.import_finish(import, &end, (how.clock)()).await;
        let report = ran.map_err(|error| told(error, &path))?;
        finished?;
        calm?;
        Ok(Done { import: Some(import), name, report, rejects })
    }

    async fn try_out(
        self,
        store: &Store,
        name: String,
        how: &How,
        stop: &CancellationToken,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Done, JobError> {
        let folder =
            tempfile::tempdir().map_err(|source| JobError::Unreadable { path: std::env::temp_dir(), source })?;
        let scratch = store.scratch(folder.path()).await?;
        let import = scratch.store().import_begin(&name, "", &how.actor, (how.clock)()).await?;
        let mode = ImportMode { import, sync: false, actor: &how.actor };
        let mut sink = DryRows { scratch: &scratch, mode, clock: how.clock };
        let mut last = Progress { size: self.size, ..Progress::default() };
        let none: Option<&mut csv::Rejects<Vec<u8>>> = None;
        let ran = run(self.csv, &mut sink, none, stop, |report, bytes| {
            last.report.clone_from(report);
            last.bytes = bytes;
            progress(&last);
        })
        .await;
        scratch.close().await;
        let report = ran.map_err(|error| told(error, &self.path))?;
        Ok(Done { import: None, name, report, rejects: None })
    }
}

fn figures(report: &Report) -> ImportFigures {
    ImportFigures {
        created: report.created,
        updated: report.updated,
        unchanged: report.unchanged,
        repeated: report.repeated,
        skipped: report.skipped,
        rejected: report.rejected,
    }
}

fn told(error: ImportError<StoreError>, rejects: &Path) -> JobError {
    match error {
        ImportError::Csv(error) => JobError::Csv(error),
        ImportError::Store { line, source } => JobError::Store { line, source },
        ImportError::Rejects(source) => JobError::Rejects { path: rejects.to_owned(), source },
    }
}
