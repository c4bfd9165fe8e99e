//! SOQL as text.
//!
//! Values get into a statement only through [`quote`], [`datetime`] and [`date`]; names only after they were checked.
//! A long list of values becomes several statements, each within Salesforce's limits.

use std::fmt::{self, Write as _};
use std::ops::Range;

use jiff::{Timestamp, civil};

/// The longest statement the server reads, in characters.
pub const MAX_STATEMENT: usize = 100_000;
/// The most values put into one `IN` list, so that one page of the answer usually holds all matches.
pub const MAX_IN_VALUES: usize = 2_000;
/// The longest string literal, in characters.
const MAX_LITERAL: usize = 4_000;

/// A name that cannot stand in a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a field or object name")]
pub struct NameError(pub String);

/// A string literal, quotes included.
pub fn quote(value: &str) -> String {
    format!("'{}'", escape(value))
}

/// The inside of a string literal for `LIKE`: as [`quote`] without the quotes, and with `%` and `_` standing for
/// themselves.
pub fn escape_like(value: &str) -> String {
    escape(value).replace('%', "\\%").replace('_', "\\_")
}

fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\'' => text.push_str("\\'"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c if c.is_control() => _ = write!(text, "\\u{:04X}", u32::from(c)),
            c => text.push(c),
        }
    }
    text
}

/// A date-time literal in UTC, unquoted as SOQL wants it: `2026-11-20T20:00:00Z`; milliseconds only when there are any.
pub fn datetime(at: Timestamp) -> String {
    let format = if at.subsec_millisecond() == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%3fZ" };
    at.strftime(format).to_string()
}

/// A date literal: `2026-11-20`.
pub fn date(day: civil::Date) -> String {
    day.strftime("%Y-%m-%d").to_string()
}

/// Checks a name or a path of names (`Owner.Email`): letters, digits and `_`, each part beginning with a letter.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let fits = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if name.split('.').all(fits) { Ok(()) } else { Err(NameError(name.to_owned())) }
}

/// A `SELECT` under construction; [`fmt::Display`] writes the statement.
#[derive(Debug, Clone)]
pub struct Query {
    fields: Vec<String>,
    object: String,
    conditions: Vec<String>,
    order_by: Option<String>,
    limit: Option<u32>,
}

/// One statement of a list that was too long for one, and which of the values it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InStatement {
    /// The statement.
    pub soql: String,
    /// The values it covers, by their place in the list.
    pub values: Range<usize>,
}

impl Query {
    /// `SELECT fields FROM object`. A field named twice (in any case) is asked for once: the server calls it an error.
    pub fn select<S: AsRef<str>>(fields: impl IntoIterator<Item = S>, object: &str) -> Result<Self, NameError> {
        check_name(object)?;
        let mut wanted: Vec<String> = Vec::new();
        for field in fields {
            let field = field.as_ref();
            check_name(field)?;
            if !wanted.iter().any(|known| known.eq_ignore_ascii_case(field)) {
                wanted.push(field.to_owned());
            }
        }
        if wanted.is_empty() {
            wanted.push("Id".to_owned());
        }
        Ok(Self { fields: wanted, object: object.to_owned(), conditions: Vec::new(), order_by: None, limit: None })
    }

    /// Adds a condition; all must hold. The text is taken as it is: build it with [`quote`] and its siblings.
    #[must_use]
    pub fn and(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// Adds `field = 'value'`.
    pub fn and_equals(self, field: &str, value: &str) -> Result<Self, NameError> {
        check_name(field)?;
        Ok(self.and(format!("{field} = {}", quote(value))))
    }

    /// Sets the order, as it stands after `ORDER BY`.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// Sets the most rows to return.
    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// The statements that together ask for `field IN (values)`: as few as the limits on statement length and on values
    /// allow. No values, no statements. A value too long for a literal equals no field and is left out.
    pub fn where_in<S: AsRef<str>>(&self, field: &str, values: &[S]) -> Result<Vec<InStatement>, NameError> {
        self.where_any_in(&[field], values, MAX_IN_VALUES)
    }

    /// The statements that together ask for values in either field. Only the length of a statement bounds them: this is
    /// for values of which few are found, such as the forms of a phone.
    pub fn where_either_in<S: AsRef<str>>(
        &self,
        fields: [&str; 2],
        values: &[S],
    ) -> Result<Vec<InStatement>, NameError> {
        self.where_any_in(&fields, values, usize::MAX)
    }

    fn where_any_in<S: AsRef<str>>(
        &self,
        fields: &[&str],
        values: &[S],
        most: usize,
    ) -> Result<Vec<InStatement>, NameError> {
        for field in fields {
            check_name(field)?;
        }
        let statement = |list: &str| {
            let any: Vec<String> = fields.iter().map(|field| format!("{field} IN ({list})")).collect();
            let condition = any.join(" OR ");
            self.clone().and(if fields.len() > 1 { format!("({condition})") } else { condition }).to_string()
        };
        let frame = statement("").chars().count();
        let mut statements = Vec::new();
        let mut list = String::new();
        let (mut begin, mut held, mut length) = (0, 0_usize, frame);
        for (index, value) in values.iter().enumerate() {
            let literal = quote(value.as_ref());
            let size = literal.chars().count() + 1; // and its comma
            if size > MAX_LITERAL + 3 {
                continue;
            }
            let size = size * fields.len();
            if held > 0 && (held == most || length + size > MAX_STATEMENT) {
                statements.push(InStatement { soql: statement(&list), values: begin..index });
                list.clear();
                (begin, held, length) = (index, 0, frame);
            }
            if held > 0 {
                list.push(',');
            }
            list.push_str(&literal);
            held += 1;
            length += size;
        }
        if held > 0 {
            statements.push(InStatement { soql: statement(&list), values: begin..values.len() });
        }
        Ok(statements)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", self.fields.join(", "), self.object)?;
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(f, " {} {condition}", if index == 0 { "WHERE" } else { "AND" })?;
        }
        if let Some(order) = &self.order_by {
            write!(f, " ORDER BY {order}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
