//! SOQL: a subset of Salesforce's query language that is large enough for real clients, and exact within it.
//!
//! Text becomes tokens ([`lexer`]), tokens a tree ([`ast`], [`parser`]), the tree is bound to the schema ([`bind`],
//! [`predicate`]) and run ([`run`]). What is left out is refused with `MALFORMED_QUERY`, never ignored: `TYPEOF`,
//! date functions, `GROUP BY ROLLUP`, `toLabel()`, geolocation, data categories and several objects in `FROM`.

pub mod ast;
pub mod bind;
pub mod dates;
pub mod groups;
pub mod lexer;
pub mod parser;
pub mod predicate;
pub mod run;
pub mod shape;

#[cfg(test)]
mod tests;

use super::errors::ApiError;

pub use parser::parse;
pub use run::{Answer, run};

/// The longest statement, in characters (Salesforce: SOQL limits).
pub const MAX_STATEMENT: usize = 100_000;
/// The longest string literal, in characters (Salesforce: SOQL limits).
pub const MAX_LITERAL: usize = 4_000;

/// Why a query is refused, and where in its text.
#[derive(Debug, Clone, PartialEq)]
pub struct SoqlError {
    /// Salesforce's code.
    pub code: &'static str,
    /// The words.
    pub message: String,
    /// The position, in characters from the start. `None`: the query as a whole.
    pub at: Option<usize>,
}

impl SoqlError {
    /// A syntax error at a position.
    pub fn malformed(message: impl Into<String>, at: usize) -> Self {
        Self { code: "MALFORMED_QUERY", message: message.into(), at: Some(at) }
    }

    /// Any other error at a position.
    pub fn at(code: &'static str, message: impl Into<String>, at: usize) -> Self {
        Self { code, message: message.into(), at: Some(at) }
    }

    /// An error of the query as a whole.
    pub fn whole(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None }
    }

    /// The error as the API answers it: the line, a caret under the place, row and column, then the words.
    pub fn into_api(self, text: &str) -> ApiError {
        let Some(at) = self.at else { return ApiError::bad(self.code, self.message) };
        let before: Vec<char> = text.chars().take(at).collect();
        let row = before.iter().filter(|c| **c == '\n').count();
        let column = before.iter().rev().take_while(|c| **c != '\n').count();
        let line: Vec<char> = text.lines().nth(row).unwrap_or_default().chars().collect();
        let from = column.saturating_sub(40);
        let shown: String = line.iter().skip(from).take(80).collect();
        let caret = " ".repeat(column - from);
        let place = format!("ERROR at Row:{}:Column:{}", row + 1, column + 1);
        ApiError::bad(self.code, format!("\n{shown}\n{caret}^\n{place}\n{}", self.message))
    }
}
