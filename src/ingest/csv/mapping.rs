//! Which column is which field.

use std::fmt;

use super::rejects::COLUMNS as REJECT_COLUMNS;
use super::{CsvError, CustomField, Encoding, Options};
use crate::domain::text::visible;
use crate::domain::{Field, FieldKey};
use crate::ingest::synonyms::{self, normalize};

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Values of a field.
    Field(FieldKey),
    /// Full names, to be split.
    FullName,
    /// Contact statuses.
    Status,
    /// Owners, by email or name.
    Owner,
    /// Where contacts came from.
    Source,
}

impl Target {
    /// The word in `--map` and in reports.
    pub fn key(&self) -> &str {
        match self {
            Self::Field(field) => field.as_str(),
            Self::FullName => "name",
            Self::Status => "status",
            Self::Owner => "owner",
            Self::Source => "source",
        }
    }

    fn special(normalized: &str) -> Option<Self> {
        match normalized {
            "name" | "fullname" | "contactname" | "leadname" | "personname" => Some(Self::FullName),
            "status" | "contactstatus" | "leadstatus" => Some(Self::Status),
            "owner" | "owneremail" | "contactowner" | "leadowner" | "ownername" => Some(Self::Owner),
            "source" | "leadsource" | "contactsource" => Some(Self::Source),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

/// How a column came to its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// By its header.
    ByHeader,
    /// By hand.
    ByHand,
    /// By hand it is ignored.
    Ignored,
    /// No field has such a name; its cells are not imported.
    Unknown,
    /// Another column, named here, holds the same field.
    Duplicate(String),
    /// A column of our own rejects file.
    Reject,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its header as it stands, trimmed.
    pub header: String,
    /// What its cells are; `None`: not imported.
    pub target: Option<Target>,
    /// Why.
    pub found: Found,
}

/// A mapping by hand: `Header=field`, `#3=field` for the third column, `Header=ignore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRule {
    /// The column: its header, or `#` and its number from 1.
    pub column: String,
    /// The field: a field's name, `name`, `status`, `owner`, `source` or `ignore`.
    pub field: String,
}

impl std::str::FromStr for MapRule {
    type Err = CsvError;

    fn from_str(text: &str) -> Result<Self, CsvError> {
        let (column, field) = text.rsplit_once('=').ok_or_else(|| CsvError::NoRule(text.to_owned()))?;
        let (column, field) = (column.trim().to_owned(), field.trim().to_owned());
        if column.is_empty() { Err(CsvError::NoRule(text.to_owned())) } else { Ok(Self { column, field }) }
    }
}

/// What a file is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How its characters are written.
    pub encoding: Encoding,
    /// What separates its cells.
    pub delimiter: u8,
    /// Line of the header, from 1.
    pub header_line: u64,
    /// Its columns in order.
    pub columns: Vec<Column>,
}

impl Plan {
    /// The columns whose cells will not be imported, but for those that were told so.
    pub fn unmapped(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| matches!(column.found, Found::Unknown | Found::Duplicate(_)))
    }

    /// True if a column holds the field.
    pub fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|column| column.target == Some(Target::Field(field.into())))
    }
}

/// Finds the target of every column.
pub fn columns(headers: Vec<String>, options: &Options) -> Result<Vec<Column>, CsvError> {
    let mut columns: Vec<Column> =
        headers.into_iter().map(|header| Column { header, target: None, found: Found::Unknown }).collect();
    by_hand(&mut columns, options)?;
    // Our own four columns are known by being together.
    let is_reject = |column: &Column| REJECT_COLUMNS.contains(&column.header.as_str());
    let rejects = columns.iter().filter(|column| is_reject(column)).count() == REJECT_COLUMNS.len();
    for column in columns.iter_mut().filter(|column| rejects && is_reject(column)) {
        column.found = Found::Reject;
    }
    by_header(&mut columns, options);
    let names = || columns.iter().map(|column| column.header.as_str()).collect::<Vec<_>>().join(", ");
    let identifies = |column: &Column| {
        matches!(&column.target, Some(Target::Field(FieldKey::System(Field::Email | Field::MobilePhone))))
    };
    if !options.name_only && !columns.iter().any(identifies) {
        return Err(CsvError::NoIdentifier { columns: visible(&names()).into_owned() });
    }
    Ok(columns)
}

fn by_hand(columns: &mut [Column], options: &Options) -> Result<(), CsvError> {
    for rule in &options.map {
        let target = match normalize(&rule.field).as_str() {
            "" | "ignore" => None,
            name => Some(named(name, &rule.field, &options.custom_fields)?),
        };
        let place = place(columns, &rule.column).ok_or_else(|| {
            let names: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
            CsvError::NoColumn { column: rule.column.clone(), columns: visible(&names.join(", ")).into_owned() }
        })?;
        let same = |(at, other): &(usize, &Column)| *at != place && target.is_some() && other.target == target;
        if let Some((_, first)) = columns.iter().enumerate().find(same) {
            return Err(CsvError::Twice {
                first: first.header.clone(),
                second: columns[place].header.clone(),
                field: target.as_ref().map(ToString::to_string).unwrap_or_default(),
            });
        }
        columns[place].found = if target.is_some() { Found::ByHand } else { Found::Ignored };
        columns[place].target = target;
    }
    Ok(())
}

/// The column of that header exactly, else in other spelling, else by number.
fn place(columns: &[Column], name: &str) -> Option<usize> {
    let by = |test: &dyn Fn(&str) -> bool| columns.iter().position(|column| test(&column.header));
    let number = || name.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len());
    by(&|header| header == name)
        .or_else(|| by(&|header| !normalize(name).is_empty() && normalize(header) == normalize(name)))
        .or_else(number)
}

/// The target that a name given by hand means.
fn named(normalized: &str, name: &str, custom: &[CustomField]) -> Result<Target, CsvError> {
    Target::special(normalized)
        .or_else(|| synonyms::own(name, custom).map(Target::Field))
        .or_else(|| synonyms::field(normalized).map(|field| Target::Field(field.into())))
        .ok_or_else(|| CsvError::NoField(name.to_owned()))
}

/// How well a header fits: the lower the better.
type Rank = u8;

fn by_header(columns: &mut [Column], options: &Options) {
    let mut found: Vec<(Target, Rank, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.found == Found::Unknown)
        .filter_map(|(at, column)| {
            guess(&column.header, &options.custom_fields).map(|(target, rank)| (target, rank, at))
        })
        .collect();
    found.sort();
    for (target, _, at) in found {
        let taken = columns.iter().find(|column| column.target.as_ref() == Some(&target));
        if let Some(other) = taken.map(|column| column.header.clone()) {
            columns[at].found = Found::Duplicate(other);
        } else {
            columns[at].found = Found::ByHeader;
            columns[at].target = Some(target);
        }
    }
}

fn guess(header: &str, custom: &[CustomField]) -> Option<(Target, Rank)> {
    let name = normalize(header);
    if name.is_empty() {
        return None;
    }
    if let Some(field) = synonyms::own(header, custom) {
        return Some((Target::Field(field), 0));
    }
    if let Some(special) = Target::special(&name) {
        return Some((special, 1));
    }
    synonyms::field(&name).map(|field| (Target::Field(field.into()), 1))
}
