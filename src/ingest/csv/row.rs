//! One record as values of a contact.

use super::encoding::text;
use super::mapping::{Column, Found, Plan, Target};
use super::tokenizer::Record;
use super::{Options, Outcome, Problem, Reject, Row};
use crate::domain::status::UnknownStatus;
use crate::domain::text::fold;
use crate::domain::{Email, Field, FieldKey, FieldKind, FieldValue, Status, UserRef, Values, name, typed as value};
use crate::ingest::error::excerpt;
use crate::ingest::person;

/// The cells as text.
pub fn texts(record: &Record) -> Vec<String> {
    let windows_1252 = str::from_utf8(record.bytes()).is_err();
    record.cells().map(|cell| text(cell, windows_1252).into_owned()).collect()
}

/// Understands a record; `None`: nothing but blanks.
pub fn read(record: &Record, plan: &Plan, options: &Options) -> Option<Outcome> {
    let cells = texts(record);
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return None;
    }
    let whole = |reason: String| Problem { column: String::new(), value: String::new(), reason };
    let reject = |cells, problem| Some(Outcome::Rejected(Reject { line: record.line, cells, problems: vec![problem] }));
    if let Some(fault) = record.fault {
        return reject(cells, whole(fault.reason().to_owned()));
    }
    let width = plan.columns.len();
    let surplus = cells.iter().skip(width).any(|cell| !cell.trim().is_empty());
    if cells.len() < width || surplus {
        let reason = format!("the row has {} cells, the header {width}", cells.len());
        return reject(cells, whole(reason));
    }
    let mut reading = Reading { options, row: Row { line: record.line, ..blank() }, problems: Vec::new(), name: None };
    for (column, cell) in plan.columns.iter().zip(&cells) {
        if let Some(target) = &column.target {
            reading.cell(column, target, plain(cell));
        }
    }
    Some(reading.finish(cells))
}

fn blank() -> Row {
    Row {
        line: 0,
        values: Values::new(),
        status: None,
        owner: None,
        source: None,
        warnings: Vec::new(),
        cells: Vec::new(),
    }
}

/// Trimmed, and without the apostrophe that keeps spreadsheets from running a cell as a formula.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest.trim(),
        _ => cell,
    }
}

/// The one user of that name.
fn only_user<'u>(users: &'u [UserRef], name: &str) -> Option<&'u UserRef> {
    let wanted = fold(name);
    let mut named = users
        .iter()
        .filter(|user| user.email.is_some() && user.name.as_deref().is_some_and(|name| fold(name) == wanted));
    named.next().filter(|_| named.next().is_none())
}

struct Reading<'o> {
    options: &'o Options,
    row: Row,
    problems: Vec<Problem>,
    name: Option<String>,
}

impl Reading<'_> {
    fn cell(&mut self, column: &Column, target: &Target, cell: &str) {
        if cell.is_empty() {
            return;
        }
        match target {
            Target::FullName => self.name = Some(cell.to_owned()),
            Target::Source => self.row.source = Some(cell.to_owned()),
            Target::Owner => {
                if let Ok(email) = Email::parse(cell) {
                    self.row.owner = Some(UserRef { email: Some(email), ..UserRef::default() });
                } else if let Some(user) = only_user(&self.options.users, cell) {
                    self.row.owner = Some(user.clone());
                } else {
                    let reason = format!("no user, or more than one, is called `{}`; write the email", excerpt(cell));
                    self.report(column, cell, reason, column.found == Found::ByHand);
                }
            }
            Target::Status => {
                if let Ok(status) = Status::parse(cell) {
                    self.row.status = Some(status);
                } else {
                    // Salesforce has statuses of its own; whoever maps the column by hand means ours.
                    let reason = UnknownStatus(excerpt(cell)).to_string();
                    self.report(column, cell, reason, column.found == Found::ByHand);
                }
            }
            Target::Field(FieldKey::System(Field::Employees)) => {
                let (field, value) = match person::employees(&cell.into()) {
                    Ok(read) => read,
                    Err(reason) => return self.report(column, cell, reason.to_owned(), false),
                };
                let free = self.row.values.get(field).is_none();
                if field == Field::CompanySize {
                    let what =
                        if free { "kept as the company size" } else { "left out: there is a company size already" };
                    self.report(column, cell, format!("`{}` is not a whole number; {what}", excerpt(cell)), false);
                }
                if free {
                    self.row.values.set(field, value);
                }
            }
            Target::Field(key) => self.field(column, key, cell),
        }
    }

    fn field(&mut self, column: &Column, key: &FieldKey, cell: &str) {
        let (kind, options) = match key {
            FieldKey::System(field) => (field.kind(), &[][..]),
            FieldKey::Custom(name) => match self.options.custom_fields.iter().find(|field| field.name == *name) {
                Some(field) => (field.kind, field.options.as_slice()),
                None => (FieldKind::TextShort, &[][..]),
            },
        };
        match value::parse(kind, cell, options, self.options.country) {
            // A size in words may have come from the column with the number of employees.
            Ok(value) => self.row.values.set(key.clone(), value),
            Err(reason) if *key == FieldKey::System(Field::Phone) => {
                self.row.values.set(key.clone(), FieldValue::text(cell));
                self.report(column, cell, reason, false);
            }
            Err(reason) => self.report(column, cell, reason, true),
        }
    }

    fn report(&mut self, column: &Column, cell: &str, reason: String, refuse: bool) {
        let problem = Problem { column: column.header.clone(), value: cell.to_owned(), reason };
        if refuse {
            self.problems.push(problem);
        } else {
            self.row.warnings.push(problem);
        }
    }

    fn finish(mut self, cells: Vec<String>) -> Outcome {
        let values = &mut self.row.values;
        if let Some(full) = self.name
            && values.get(Field::FirstName).is_none()
            && values.get(Field::LastName).is_none()
        {
            let (first, last) = name::split(&full);
            values.put_text(Field::FirstName, first.as_deref());
            values.put_text(Field::LastName, last.as_deref());
        }
        let line = self.row.line;
        if !self.problems.is_empty() {
            return Outcome::Rejected(Reject { line, cells, problems: self.problems });
        }
        let identified = values.get(Field::Email).is_some() || values.get(Field::MobilePhone).is_some();
        let named = self.options.name_only && !values.full_name().is_empty();
        if !identified && !named {
            let reason = "the row has neither an email nor a mobile phone".to_owned();
            let problems = vec![Problem { column: String::new(), value: String::new(), reason }];
            return Outcome::Skipped(Reject { line, cells, problems });
        }
        self.row.cells = cells;
        Outcome::Row(self.row)
    }
}
