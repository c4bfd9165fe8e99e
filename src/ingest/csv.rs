//! CSV files as rows of contact values: encoding, delimiter, header mapping, validation, rejects.
//!
//! [`open`] looks at the beginning of the file and says by a [`Plan`] what it takes each column for; the rows follow as
//! a stream. Memory holds one row at a time, whatever the size of the file.
//!
//! What refuses a row: an email, mobile phone, number, date, checkbox or option that is none, and a row with more or
//! fewer cells than the header. What is only warned of: a landline that is no number (kept as written, it identifies
//! nobody) and, in a column that nobody mapped by hand, a status that is none of ours (Salesforce has its own).

mod delimiter;
mod encoding;
mod mapping;
mod reader;
mod rejects;
mod row;
mod tokenizer;

use std::io;

pub use encoding::Encoding;
pub use mapping::{Column, Found, MapRule, Plan, Target};
pub use reader::{Csv, open};
pub use rejects::Rejects;

use crate::domain::phone::Country;
use crate::domain::{Status, UserRef, Values};

pub use crate::domain::edit::CustomKind as CustomField;

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The country of phone numbers that are written without one.
    pub country: Option<Country>,
    /// Columns that are mapped by hand.
    pub map: Vec<MapRule>,
    /// The custom fields there are.
    pub custom_fields: Vec<CustomField>,
    /// The users there are: whom an owner's name means.
    pub users: Vec<UserRef>,
    /// What separates cells; found out if not given.
    pub delimiter: Option<u8>,
    /// Also make contacts of rows that have neither email nor mobile phone.
    pub name_only: bool,
}

/// Why a file cannot be imported, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It cannot be read.
    #[error("the file cannot be read after line {line}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No line with text.
    #[error("the file is empty")]
    Empty,
    /// A workbook, an image, UTF-16 without its mark.
    #[error("{0}")]
    NotText(&'static str),
    /// The header cannot be read.
    #[error("the header (line {line}) cannot be read: {reason}")]
    Header {
        /// Where it stands.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A mapping by hand names a column that the file does not have.
    #[error("there is no column `{column}`; the file has: {columns}")]
    NoColumn {
        /// As given.
        column: String,
        /// The headers.
        columns: String,
    },
    /// A mapping by hand names a field that does not exist.
    #[error("there is no field `{0}`; use a field's name, or: name, status, owner, source, ignore")]
    NoField(String),
    /// A mapping by hand that is not of the form `Header=field`.
    #[error("`{0}` is no mapping; write it as \"Header=field\"")]
    NoRule(String),
    /// Two mappings by hand to the same field.
    #[error("both `{first}` and `{second}` are mapped to {field}; map one of them to: ignore")]
    Twice {
        /// A header.
        first: String,
        /// Another.
        second: String,
        /// The field.
        field: String,
    },
    /// No column can tell who a row is.
    #[error("no column holds an email or a mobile phone; map one with \"Header=email\" (the file has: {columns})")]
    NoIdentifier {
        /// The headers.
        columns: String,
    },
}

/// A row, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Line of the file on which it begins, from 1.
    pub line: u64,
    /// The contact's values; blank cells are absent and clear nothing.
    pub values: Values,
    /// The status it sets.
    pub status: Option<Status>,
    /// The owner it names.
    pub owner: Option<UserRef>,
    /// Where the contact came from, in the file's words.
    pub source: Option<String>,
    /// What was left out or kept as written.
    pub warnings: Vec<Problem>,
    /// The cells as they came, should the row be refused later.
    pub cells: Vec<String>,
}

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Header of its column; empty if it is about the whole row.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A row that does not become a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file on which it begins, from 1.
    pub line: u64,
    /// Its cells as they came.
    pub cells: Vec<String>,
    /// Why; never empty.
    pub problems: Vec<Problem>,
}

/// What became of one row of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// To be stored.
    Row(Row),
    /// Nothing is wrong, but nothing tells who it is.
    Skipped(Reject),
    /// Something is wrong with it.
    Rejected(Reject),
}

#[cfg(test)]
mod tests;
