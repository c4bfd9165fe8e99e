//! `rolodeck export`: what a filter shows, as a file or on standard output.

use std::io::{self, BufWriter, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use super::filter::{ListName, named, understand};
use super::{Context, completions, connect};
use crate::domain::text::counted;
use crate::export::{Column, ExportError, Format, columns, export, export_to_file, pick};
use crate::filter::{Filter, List};
use crate::store::Store;
use crate::words::{Code, Failure, io_words};

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck export contacts --filter \"status:qualified\" --output hot.csv\n  \
    rolodeck export activities --filter \"kind:booking start:last_month\" --format jsonl | jq .subject\n  \
    rolodeck export contacts --saved \"Hot leads\" --columns email,first_name,last_name,status\n  \
    rolodeck export activities --columns list              the columns that there are\n\n\
    Cells that a spreadsheet would run as a formula begin with an apostrophe. Times are UTC.")]
pub struct ExportArgs {
    /// What to export
    #[arg(value_enum)]
    list: ListName,
    /// A query, as in the dashboard
    #[arg(long, short, allow_hyphen_values = true, value_name = "QUERY", conflicts_with = "saved")]
    filter: Option<String>,
    /// A saved or fixed filter, by its name
    #[arg(long, value_name = "NAME", add = completions::filters())]
    saved: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatName,
    /// Columns in this order, separated by commas; `list` shows those that there are
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
    /// The file, which must not exist; standard output if not given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// Comma-separated values with a header
    Csv,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Csv => Self::Csv,
            FormatName::Json => Self::Json,
            FormatName::Jsonl => Self::JsonLines,
        }
    }
}

impl ExportArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::acting(&connect::store_of_now(context).await?, &config).await?;
        let list = List::from(self.list);
        let custom = store.custom_fields().await?;
        let all = columns(list, &custom);
        if self.columns == ["list"] {
            let mut out = context.out();
            let names: Vec<&str> = all.iter().map(|column| column.name.as_str()).collect();
            if context.json {
                out.json(&names)?;
            } else {
                names.iter().try_for_each(|name| out.line(name))?;
            }
            out.finish()?;
            store.close().await;
            return Ok(Code::Done);
        }
        let columns = if self.columns.is_empty() {
            all
        } else {
            pick(&all, self.columns.iter().map(String::as_str)).map_err(|error| {
                let hint = error.suggestion.as_ref().map_or_else(
                    || "`--columns list` shows those that there are".to_owned(),
                    |word| format!("did you mean `{word}`?"),
                );
                Failure::usage("nothing was exported", error.to_string(), hint)
            })?
        };
        let query = match (&self.filter, &self.saved) {
            (Some(query), _) => query.clone(),
            (None, Some(name)) => {
                let (of, query, _) = named(&store, &connect::actor(&config), name).await?;
                if of != list {
                    let why = format!("`{name}` is a filter of {}", of.key());
                    return Err(Failure::usage("nothing was exported", why, format!("export {}", of.key())));
                }
                query
            }
            (None, None) => String::new(),
        };
        let (_, filter) = understand(&query, list, &config, &store, context.json).await?;
        let done = match &self.output {
            Some(path) => self.to_file(context, &store, &filter, &columns, path).await,
            None => self.to_stdout(&store, &filter, &columns).await,
        };
        store.close().await;
        done
    }

    async fn to_stdout(&self, store: &Store, filter: &Filter, columns: &[Column]) -> Result<Code, Failure> {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        let written = export(store, filter, columns, self.format.into(), out, |_| true).await;
        match written {
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::quiet()),
            other => other.map(|_| Code::Done).map_err(Into::into),
        }
    }

    async fn to_file(
        &self,
        context: &Context,
        store: &Store,
        filter: &Filter,
        columns: &[Column],
        path: &Path,
    ) -> Result<Code, Failure> {
        let what = "nothing was exported";
        let refused = |error: &io::Error| {
            Failure::new(what, format!("{}: {}", path.display(), io_words(error)), "name another file")
        };
        if !self.force && path.exists() {
            let why = format!("{} exists", path.display());
            return Err(Failure::usage(what, why, "name another file, or overwrite it with --force"));
        }
        let screen = io::stderr().is_terminal() && !context.json;
        let shown = |rows: u64| {
            if screen && rows.is_multiple_of(50_000) {
                let _ = write!(io::stderr(), "\r{rows} rows");
            }
            true
        };
        let to = (path, self.force);
        let rows = match export_to_file(store, filter, columns, self.format.into(), to, shown).await {
            Err(ExportError::Write(error)) => return Err(refused(&error)),
            other => other?,
        };
        if screen && rows >= 50_000 {
            let _ = write!(io::stderr(), "\r");
        }
        let mut out = context.out();
        if context.json {
            out.json(&json!({ "rows": rows, "file": path.display().to_string() }))?;
        } else {
            out.line(&format!("{} in {}", counted(rows as usize, "row", "rows"), path.display()))?;
        }
        out.finish()?;
        Ok(Code::Done)
    }
}
