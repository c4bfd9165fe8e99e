//! What a file would be taken for, before anything is done with it.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::job::{Job, JobError};
use super::{Listed, ListedKind};
use crate::domain::Field;
use crate::domain::text::visible;
use crate::ingest::csv::{CsvError, Encoding, Found, Options, Outcome, Plan};

/// Rows that are read for a preview.
const READ: usize = 1_000;

/// A column with more different values than this is none to choose from.
const CHOICES: usize = 30;

/// The beginning of a file: its columns and what they are taken for, some rows, and what is doubtful.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Encoding, delimiter, columns with their targets.
    pub plan: Plan,
    /// Cells of the first rows as they stand, each as wide as the header.
    pub sample: Vec<Vec<String>>,
    /// Rows that were looked at: the first thousand, or all.
    pub looked_at: usize,
    /// Of those, rows that would be refused or left out.
    pub bad: usize,
    /// Of those, rows about somebody whom an earlier one is about.
    pub repeated: usize,
    /// A column tells who a row is. Without one the file cannot be imported as it is mapped.
    pub identifies: bool,
    /// Of each column its different values, in the order of the file; empty if there are too many to choose from.
    pub values: Vec<Vec<String>>,
    /// What is wrong with them, each kind of problem once with its first row.
    pub problems: Vec<Listed>,
    /// What should be known before: in words.
    pub warnings: Vec<String>,
}

impl Preview {
    /// Reads the beginning of a file; `rows` of them are kept as a sample.
    pub fn read(path: &Path, options: Options, rows: usize) -> Result<Self, JobError> {
        // Without a column that identifies, people must see the columns to say which one does.
        let (job, identifies) = match Job::open(path, options.clone()) {
            Err(JobError::Csv(CsvError::NoIdentifier { .. })) => {
                (Job::open(path, Options { name_only: true, ..options })?, false)
            }
            job => (job?, true),
        };
        let mut csv = job.into_csv();
        let plan = csv.plan().clone();
        let mut preview = Self {
            sample: Vec::new(),
            looked_at: 0,
            bad: 0,
            repeated: 0,
            identifies,
            values: Vec::new(),
            problems: Vec::new(),
            warnings: warnings(&plan),
            plan,
        };
        let (mut seen, mut values) = (HashSet::new(), vec![Some(Vec::new()); preview.plan.columns.len()]);
        // A thousand bad cells of one column are one thing to know.
        let mut kinds: BTreeMap<String, Listed> = BTreeMap::new();
        for outcome in csv.by_ref().take(READ) {
            preview.looked_at += 1;
            let (cells, line, kind, problems) = match outcome? {
                Outcome::Row(row) => {
                    let known = [Field::Email, Field::MobilePhone].map(|field| row.values.text(field));
                    if let Some(who) = known.into_iter().flatten().next() {
                        preview.repeated += usize::from(!seen.insert(who.to_lowercase()));
                    }
                    (row.cells, row.line, ListedKind::Warning, row.warnings)
                }
                Outcome::Skipped(reject) => (reject.cells, reject.line, ListedKind::Skipped, reject.problems),
                Outcome::Rejected(reject) => (reject.cells, reject.line, ListedKind::Rejected, reject.problems),
            };
            preview.bad += usize::from(kind != ListedKind::Warning);
            for (cell, values) in cells.iter().zip(&mut values) {
                note(cell, values);
            }
            if preview.sample.len() < rows {
                let mut cells = cells;
                cells.resize(preview.plan.columns.len(), String::new());
                preview.sample.push(cells);
            }
            for problem in problems {
                let key = format!("{} {}", kind.key(), problem.column);
                kinds.entry(key).or_insert(Listed { line, kind, problem });
            }
        }
        preview.values = values.into_iter().map(Option::unwrap_or_default).collect();
        preview.problems = kinds.into_values().collect();
        preview.problems.sort_by_key(|listed| listed.line);
        if preview.plan.encoding == Encoding::Utf8
            && let Some(line) = csv.first_odd_line()
        {
            preview.warnings.push(odd(line));
        }
        Ok(preview)
    }
}

/// Keeps the different values of a column while they are few.
fn note(cell: &str, values: &mut Option<Vec<String>>) {
    let cell = cell.trim();
    let Some(kept) = values else { return };
    if cell.is_empty() || kept.iter().any(|value| value == cell) {
        return;
    }
    if kept.len() == CHOICES {
        *values = None;
    } else {
        kept.push(cell.to_owned());
    }
}

/// What to say of a line that is no UTF-8.
pub fn odd(line: u64) -> String {
    format!("line {line} is not UTF-8; such lines are read as Windows-1252 (Latin-1): check names with accents")
}

/// What is doubtful about the columns.
fn warnings(plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.encoding == Encoding::Windows1252 {
        let words = "the file is not UTF-8; it is read as Windows-1252 (Latin-1): check names with accents";
        warnings.push(words.to_owned());
    }
    for column in &plan.columns {
        let header = visible(&column.header);
        match &column.found {
            Found::Unknown if header.is_empty() => {}
            Found::Unknown => warnings.push(format!("no field is called `{header}`; the column is left out")),
            Found::Duplicate(other) => {
                warnings.push(format!("`{header}` is left out: `{}` holds the same field", visible(other)));
            }
            _ => {}
        }
    }
    warnings
}
