//! The one place where errors become words for people, and exit codes for scripts.
//!
//! Every error of the rooms below has a [`Report`] here: one line what, one line why, one line what to do. The errors
//! themselves hold facts and know no advice.

use std::fmt;
use std::io;
use std::process::ExitCode;

use serde::Serialize;

use crate::domain::text::visible;

mod config;
mod rooms;

/// How a program ended (product.md 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 0: done.
    Done,
    /// 1: the operation failed.
    Failed,
    /// 2: wrong usage or configuration.
    Usage,
    /// 3: done, but some items are held or failed.
    Partial,
}

impl Code {
    /// The exit status.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// What went wrong, as a person reads it. Display gives the three lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What did not happen.
    pub what: String,
    /// Why, with the facts.
    pub why: String,
    /// What to do about it.
    pub hint: String,
    /// How the program ends.
    pub code: Code,
}

/// An error that people may read.
pub trait Report {
    /// The error in words.
    fn report(&self) -> Failure;
}

impl<E: Report> From<E> for Failure {
    fn from(error: E) -> Self {
        error.report()
    }
}

impl Failure {
    /// A failed operation (exit 1).
    pub fn new(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), hint: hint.into(), code: Code::Failed }
    }

    /// Wrong usage or configuration (exit 2).
    pub fn usage(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: Code::Usage, ..Self::new(what, why, hint) }
    }

    /// An end that nobody needs to read about: the reader of our output has gone (`| head`).
    pub fn quiet() -> Self {
        Self { what: String::new(), why: String::new(), hint: String::new(), code: Code::Done }
    }

    /// True if there is nothing to tell.
    pub fn is_quiet(&self) -> bool {
        self.what.is_empty()
    }

    /// For scripts: `{"error": {"what", "why", "hint", "code"}}` in one line.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            error: Facts<'a>,
        }
        #[derive(Serialize)]
        struct Facts<'a> {
            what: &'a str,
            why: &'a str,
            hint: &'a str,
            code: u8,
        }
        let error = Facts { what: &self.what, why: &self.why, hint: &self.hint, code: self.code.number() };
        serde_json::to_string(&Line { error }).unwrap_or_default() // texts and a number always have a form in JSON
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", visible(&self.what))?;
        for (label, line) in [("why", &self.why), ("fix", &self.hint)] {
            if !line.is_empty() {
                write!(f, "\n  {label}: {}", visible(line))?;
            }
        }
        Ok(())
    }
}

/// What the system said, without its numbers.
pub fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        io::ErrorKind::AddrInUse => "the address is in use by another program".into(),
        _ => {
            let text = error.to_string();
            text.rsplit_once(" (os error").map_or(text.clone(), |(words, _)| words.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_three_lines_whatever_is_in_it() {
        let failure = Failure::new("no\nluck", "bad \u{1b}[2J news", "try again");
        assert_eq!(failure.to_string(), "error: no⏎luck\n  why: bad ␛[2J news\n  fix: try again");
        assert_eq!(Failure::new("x", "", "").to_string(), "error: x");
        assert!(Failure::quiet().is_quiet() && !failure.is_quiet());
    }

    #[test]
    fn scripts_get_one_line() {
        let json = Failure::usage("a", "b\nc", "d").to_json();
        assert_eq!(json, r#"{"error":{"what":"a","why":"b\nc","hint":"d","code":2}}"#);
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let codes = [Code::Done, Code::Failed, Code::Usage, Code::Partial].map(Code::number);
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn system_errors_lose_their_numbers() {
        assert_eq!(io_words(&io::Error::from_raw_os_error(28)), "the disk is full");
        assert!(!io_words(&io::Error::from_raw_os_error(40)).contains("os error"));
        assert_eq!(io_words(&io::Error::other("odd")), "odd");
    }
}
