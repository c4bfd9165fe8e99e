//! `rolodeck import`: contacts from a CSV file.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::domain::Field;
use crate::ingest::csv::{self, CustomField, MapRule, Options, Plan, Rejects, Row};
use crate::ingest::import::{self, ImportError, Report, RowSink, Stored};
use crate::store::{ImportFigures, ImportMode, ImportOutcome, ImportRow, Store, StoreError};
use crate::words::{Code, Failure, Report as _, io_words};

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck import leads.csv --dry-run\n  \
    rolodeck import leads.csv --map \"E-post=email\" --map \"Notes=ignore\"\n  \
    rolodeck import leads.rejected.csv      after correcting it\n\n\
    A row is the contact that has its email, else its mobile phone. Blank cells clear nothing. The same file twice is\n\
    the same as once. Rows that cannot be taken are written to FILE.rejected.csv with line, column, value and reason;\n\
    the exit status is 3 then.")]
pub struct ImportArgs {
    /// The CSV file
    file: PathBuf,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Map a column by hand; the field `ignore` leaves it out
    #[arg(long, value_name = "HEADER=FIELD")]
    map: Vec<String>,
    /// What separates cells, if it is not found out: one character, or `tab`
    #[arg(long)]
    delimiter: Option<String>,
    /// Make contacts of rows without email and mobile phone as well
    #[arg(long)]
    name_only: bool,
    /// Send new and changed contacts to Salesforce
    #[arg(long)]
    sync: bool,
    /// What the import is called; by default the name of the file
    #[arg(long)]
    name: Option<String>,
    /// Where rejected rows are written; by default beside the file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// The store as a sink of rows.
struct StoreRows<'a> {
    store: &'a Store,
    mode: ImportMode<'a>,
    /// In a dry run: identifiers that earlier batches would have made.
    would_exist: HashSet<String>,
}

impl RowSink for StoreRows<'_> {
    type Error = StoreError;

    async fn take(&mut self, rows: &[Row]) -> Result<Vec<Stored>, StoreError> {
        let taken: Vec<ImportRow<'_>> = rows
            .iter()
            .map(|row| ImportRow {
                values: &row.values,
                status: row.status,
                owner: row.owner.as_ref(),
                source: row.source.as_deref(),
            })
            .collect();
        let outcomes = self.store.import_rows(&taken, &self.mode, Timestamp::now()).await?;
        let dry = self.mode.import.is_none();
        Ok(rows
            .iter()
            .zip(outcomes)
            .map(|(row, outcome)| match outcome {
                ImportOutcome::Created(_) if dry && !self.is_news(row) => Stored::Updated,
                ImportOutcome::Created(_) => Stored::Created,
                ImportOutcome::Updated(_) => Stored::Updated,
                ImportOutcome::Unchanged(_) => Stored::Unchanged,
            })
            .collect())
    }
}

impl StoreRows<'_> {
    /// In a dry run nothing of a batch stays; what an earlier one would have made is remembered here.
    fn is_news(&mut self, row: &Row) -> bool {
        let identifiers: Vec<String> = [Field::Email, Field::MobilePhone]
            .into_iter()
            .filter_map(|field| row.values.text(field))
            .map(str::to_owned)
            .collect();
        let known = identifiers.iter().any(|identifier| self.would_exist.contains(identifier));
        self.would_exist.extend(identifiers);
        !known
    }
}

impl ImportArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::acting(&connect::store(context).await?, &config).await?;
        let actor = connect::actor(&config);
        let file = File::open(&self.file).map_err(|error| self.unreadable(&error))?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let mut rows = csv::open(file, self.options(&config, &store).await?)?;
        let mut out = context.out();
        if !context.json {
            describe(rows.plan(), &mut out)?;
        }

        let rejects_path = self.rejects.clone().unwrap_or_else(|| self.file.with_extension("rejected.csv"));
        let mut rejects = if self.dry_run { None } else { Some(Lazy::new(&rejects_path, rows.plan())?) };
        let name = self.name.clone().unwrap_or_else(|| file_name(&self.file));
        let import = if self.dry_run {
            None
        } else {
            Some(store.import_begin(&name, &self.file.display().to_string(), &actor, Timestamp::now()).await?)
        };
        let mode = ImportMode { import, sync: self.sync, actor: &actor };
        let mut sink = StoreRows { store: &store, mode, would_exist: HashSet::new() };
        let stop = CancellationToken::new();
        let progress = Progress::new(size, context);
        let report = {
            let rejects = rejects.as_mut().map(|lazy| &mut lazy.rejects);
            let work = import::run(&mut rows, &mut sink, rejects, &stop, |report, bytes| progress.show(report, bytes));
            tokio::pin!(work);
            tokio::select! {
                done = &mut work => done,
                () = connect::asked_to_end() => {
                    stop.cancel();
                    work.await
                }
            }
        };
        progress.clear();
        let report = report.map_err(told)?;
        if let Some(import) = import {
            let figures = ImportFigures {
                created: report.created,
                updated: report.updated,
                unchanged: report.unchanged,
                skipped: report.skipped,
                rejected: report.rejected,
            };
            store.import_finish(import, figures, Timestamp::now()).await?;
        }
        let left = report.rejected + report.skipped;
        let rejects_path = match rejects {
            Some(lazy) => lazy.keep(left > 0).map_err(|error| self.unreadable(&error))?,
            None => None,
        };
        store.close().await;
        self.print(context, &report, rejects_path.as_deref(), &mut out)?;
        out.finish()?;
        Ok(if report.rejected > 0 || report.canceled { Code::Partial } else { Code::Done })
    }

    async fn options(&self, config: &crate::config::Config, store: &Store) -> Result<Options, Failure> {
        let delimiter = match self.delimiter.as_deref() {
            None => None,
            Some("tab" | "\\t") => Some(b'\t'),
            Some(text) if text.len() == 1 => text.bytes().next(),
            Some(text) => {
                let why = format!("`{text}` is not one character");
                return Err(Failure::usage("the file cannot be imported", why, "give one character, or tab"));
            }
        };
        let custom_fields = store
            .custom_fields()
            .await?
            .into_iter()
            .map(|field| CustomField {
                label: field.name.clone(),
                name: field.name,
                kind: field.kind,
                options: field.options,
            })
            .collect();
        Ok(Options {
            country: config.identity.country(),
            map: self.map.iter().map(|rule| rule.parse::<MapRule>()).collect::<Result<_, _>>()?,
            custom_fields,
            delimiter,
            name_only: self.name_only,
        })
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        Failure::usage(
            "the file cannot be imported",
            format!("{}: {}", self.file.display(), io_words(error)),
            "name a CSV file that you can read; rejected rows are written beside it or to --rejects FILE",
        )
    }

    fn print(&self, context: &Context, report: &Report, rejects: Option<&Path>, out: &mut Out) -> Result<(), Failure> {
        if context.json {
            let listed: Vec<_> = report
                .listed
                .iter()
                .map(|item| {
                    json!({
                        "line": item.line, "kind": format!("{:?}", item.kind).to_lowercase(),
                        "column": item.problem.column, "value": item.problem.value, "reason": item.problem.reason,
                    })
                })
                .collect();
            out.json(&json!({
                "dry_run": self.dry_run, "created": report.created, "updated": report.updated,
                "unchanged": report.unchanged, "skipped": report.skipped, "rejected": report.rejected,
                "warnings": report.warnings, "canceled": report.canceled, "problems": listed, "rejects": rejects,
            }))?;
            return Ok(());
        }
        for item in &report.listed {
            out.line(&item.to_string())?;
        }
        let word = if self.dry_run { "would be " } else { "" };
        out.line(&format!(
            "{} rows: {} {word}created, {} {word}updated, {} unchanged, {} skipped, {} rejected",
            report.rows(),
            report.created,
            report.updated,
            report.unchanged,
            report.skipped,
            report.rejected
        ))?;
        if report.canceled {
            out.line("stopped before the end; the same file again goes on where it matters")?;
        }
        if let Some(path) = rejects {
            out.line(&format!("correct {} and import it", path.display()))?;
        }
        Ok(())
    }
}

fn told(error: ImportError<StoreError>) -> Failure {
    match error {
        ImportError::Csv(error) => error.report(),
        ImportError::Store { line, source } => {
            let failure = source.report();
            Failure { why: format!("line {line}: {}", failure.why), ..failure }
        }
        ImportError::Rejects(error) => Failure::new(
            "the rejected rows cannot be written",
            io_words(&error),
            "make room or name another file with --rejects; the rows before are stored",
        ),
    }
}

fn file_name(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The columns, and what becomes of each.
fn describe(plan: &Plan, out: &mut Out) -> Result<(), Failure> {
    let mut table = Table::new(["column", "field"]);
    for column in &plan.columns {
        let target = column.target.as_ref().map_or("(left out)", |target| target.key());
        table.row([column.header.as_str(), target]);
    }
    out.table(&table)?;
    out.line(&format!("{}, separated by {:?}", plan.encoding.label(), char::from(plan.delimiter)))?;
    out.line("")?;
    Ok(())
}

/// The rejects file, which exists only if there is something in it.
struct Lazy {
    path: PathBuf,
    part: PathBuf,
    rejects: Rejects<BufWriter<File>>,
}

impl Lazy {
    fn new(path: &Path, plan: &Plan) -> Result<Self, Failure> {
        let part = path.with_extension("csv.part");
        let open = || -> std::io::Result<_> { Rejects::new(BufWriter::new(File::create(&part)?), plan) };
        let rejects = open().map_err(|error| {
            Failure::usage(
                "the rejected rows cannot be written",
                format!("{}: {}", part.display(), io_words(&error)),
                "name another file with --rejects",
            )
        })?;
        Ok(Self { path: path.to_owned(), part, rejects })
    }

    fn keep(self, keep: bool) -> std::io::Result<Option<PathBuf>> {
        drop(self.rejects);
        if keep {
            std::fs::rename(&self.part, &self.path)?;
            return Ok(Some(self.path));
        }
        std::fs::remove_file(&self.part)?;
        Ok(None)
    }
}

/// A line on the terminal that grows with the file.
struct Progress {
    size: u64,
    shown: bool,
}

impl Progress {
    fn new(size: u64, context: &Context) -> Self {
        Self { size, shown: !context.json && std::io::stderr().is_terminal() && size > 1 << 20 }
    }

    fn show(&self, report: &Report, bytes: u64) {
        if self.shown {
            let percent = (bytes * 100).checked_div(self.size).unwrap_or(100).min(100);
            // A terminal that went away need not be told.
            let _ = write!(std::io::stderr(), "\r{percent:3} %  {} rows", report.rows());
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
