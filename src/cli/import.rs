//! `rolodeck import`: contacts from a CSV file.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::config::Config;
use crate::domain::text::counted;
use crate::ingest::csv::{MapRule, Options, Plan};
use crate::ingest::import::{self, Done, How, Job, LISTED, Listed, Progress};
use crate::store::{Import, Store};
use crate::words::{Code, Failure};

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck import leads.csv --dry-run\n  \
    rolodeck import leads.csv --map \"E-post=email\" --map \"Notes=ignore\"\n  \
    rolodeck import leads.rejected.csv      after correcting it\n\n\
    A row is the contact that has its email, else its mobile phone; who has another email and the same phone is somebody\n\
    else, listed as a possible duplicate. Blank cells clear nothing. The same file twice is\n\
    the same as once. Rows that cannot be taken are written to FILE.rejected.csv with line, column, value and reason;\n\
    the exit status is 3 then. One that you corrected meanwhile is never overwritten: the new one is FILE.rejected-2.csv.")]
#[allow(clippy::struct_excessive_bools)] // switches, each of its own
pub struct ImportArgs {
    /// The CSV file
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,
    /// List the imports there were; their contacts are those of the filter import:NAME
    #[arg(long, conflicts_with = "file")]
    list: bool,
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

impl ImportArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::acting(&connect::store(context).await?, &config).await?;
        let mut out = context.out();
        let code = match &self.file {
            Some(file) => self.import(file, context, &config, &store, &mut out).await?,
            None => list(&store, context, &mut out).await?,
        };
        out.finish()?;
        store.close().await;
        Ok(code)
    }

    async fn import(
        &self,
        file: &Path,
        context: &Context,
        config: &Config,
        store: &Store,
        out: &mut Out,
    ) -> Result<Code, Failure> {
        let job = Job::open(file, self.options(config, store).await?)?;
        if !context.json {
            describe(job.plan(), out)?;
            out.finish()?;
        }
        let how = How {
            name: self.name.clone(),
            actor: connect::actor(config),
            dry_run: self.dry_run,
            sync: self.sync,
            rejects: self.rejects.clone(),
            ..How::default()
        };
        let stop = CancellationToken::new();
        let mut line = ProgressLine::new(context);
        let done = {
            let work = job.run(store, &how, &stop, |progress| line.show(progress));
            tokio::pin!(work);
            tokio::select! {
                done = &mut work => done,
                () = connect::asked_to_end() => {
                    stop.cancel();
                    work.await
                }
            }
        };
        line.clear();
        let done = done?;
        self.print(context, &done, out)?;
        Ok(if done.report.rejected > 0 || done.report.canceled { Code::Partial } else { Code::Done })
    }

    async fn options(&self, config: &Config, store: &Store) -> Result<Options, Failure> {
        let delimiter = match self.delimiter.as_deref() {
            None => None,
            Some("tab" | "\\t") => Some(b'\t'),
            Some(text) if text.len() == 1 => text.bytes().next(),
            Some(text) => {
                let why = format!("`{text}` is not one character");
                return Err(Failure::usage("the file cannot be imported", why, "give one character, or tab"));
            }
        };
        Ok(Options {
            map: self.map.iter().map(|rule| rule.parse::<MapRule>()).collect::<Result<_, _>>()?,
            delimiter,
            name_only: self.name_only,
            ..import::known(store, config.identity.country()).await?
        })
    }

    fn print(&self, context: &Context, done: &Done, out: &mut Out) -> Result<(), Failure> {
        let report = &done.report;
        if context.json {
            let problem = |item: &Listed| {
                json!({
                    "line": item.line, "kind": item.kind.key(),
                    "column": item.problem.column, "value": item.problem.value, "reason": item.problem.reason,
                })
            };
            out.json(&json!({
                "import": done.import, "name": done.name, "dry_run": self.dry_run, "rows": report.rows(),
                "created": report.created, "updated": report.updated, "unchanged": report.unchanged,
                "repeated": report.repeated, "skipped": report.skipped, "rejected": report.rejected,
                "warnings": report.warnings, "first_odd_line": report.first_odd_line, "canceled": report.canceled,
                "problems": report.listed.iter().map(problem).collect::<Vec<_>>(), "rejects": done.rejects,
            }))?;
            return Ok(());
        }
        for item in &report.listed {
            out.line(&item.to_string())?;
        }
        let more = report.rejected + report.skipped + report.warnings;
        if report.listed.len() == LISTED && more > LISTED as u64 {
            out.line(&format!("… and more: the first {LISTED} are shown"))?;
        }
        if let Some(line) = report.first_odd_line {
            out.line(&import::odd(line))?;
        }
        let word = if self.dry_run { "would be " } else { "" };
        let repeated = if report.repeated == 0 { String::new() } else { format!("{} repeated, ", report.repeated) };
        out.line(&format!(
            "{}: {} {word}created, {} {word}updated, {} unchanged, {repeated}{} skipped, {} rejected",
            counted(report.rows() as usize, "row", "rows"),
            report.created,
            report.updated,
            report.unchanged,
            report.skipped,
            report.rejected
        ))?;
        if report.canceled {
            let words =
                if self.dry_run { "" } else { "; what was taken is stored, and the same file again takes the rest" };
            out.line(&format!("stopped before the end{words}"))?;
        }
        if let Some(path) = &done.rejects {
            out.line(&format!("correct {} and import it", path.display()))?;
        }
        Ok(())
    }
}

/// The imports there were.
async fn list(store: &Store, context: &Context, out: &mut Out) -> Result<Code, Failure> {
    let imports = store.imports(1_000).await?;
    if context.json {
        let told = |import: &Import| {
            let figures = import.figures;
            json!({
                "id": import.id, "name": import.name, "file": import.file, "by": import.actor, "at": import.at,
                "state": state(import), "contacts": import.contacts, "created": figures.created,
                "updated": figures.updated, "unchanged": figures.unchanged, "repeated": figures.repeated,
                "skipped": figures.skipped, "rejected": figures.rejected, "rejects": import.rejects,
            })
        };
        out.json(&imports.iter().map(told).collect::<Vec<_>>())?;
    } else if imports.is_empty() {
        out.line("nothing was imported yet; `rolodeck import FILE --dry-run` shows what a file would do")?;
    } else {
        let headers = ["no", "name", "when", "by", "contacts", "created", "updated", "rejected", ""];
        let mut table = Table::new(headers).right(0).right(4).right(5).right(6).right(7);
        for import in &imports {
            let figures = import.figures;
            table.row([
                import.id.to_string(),
                import.name.clone(),
                import.at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
                import.actor.clone(),
                import.contacts.to_string(),
                figures.created.to_string(),
                figures.updated.to_string(),
                figures.rejected.to_string(),
                state(import).to_owned(),
            ]);
        }
        out.table(&table)?;
    }
    Ok(Code::Done)
}

/// How an import stands, in a word.
fn state(import: &Import) -> &'static str {
    match import {
        Import { undone_at: Some(_), .. } => "undone",
        Import { finished_at: None, .. } => "running or broken off",
        Import { canceled: true, .. } => "stopped",
        _ => "done",
    }
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

/// A line on the terminal that grows with the file.
struct ProgressLine {
    shown: bool,
}

/// A file that takes no time needs no line.
const WORTH_A_LINE: u64 = 1 << 20;

impl ProgressLine {
    fn new(context: &Context) -> Self {
        Self { shown: !context.json && std::io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: &Progress) {
        const WIDTH: usize = 24;
        if self.shown && progress.size > WORTH_A_LINE {
            let part = progress.part();
            let full = (part * WIDTH as f64) as usize;
            let (bar, rest) = ("█".repeat(full), "░".repeat(WIDTH - full));
            let rows = progress.report.rows();
            // A terminal that went away need not be told.
            let _ = write!(std::io::stderr(), "\r{bar}{rest} {:3.0} %  {rows} rows  (Ctrl-C stops) ", part * 100.0);
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
