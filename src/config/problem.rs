//! What is wrong with a configuration, and where.

use std::ops::Range;

use serde::Serialize;

use super::secret::is_secret_name;
use crate::domain::text::visible;

/// Something wrong or doubtful in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether rolodeck can work with it.
    pub severity: Severity,
    /// The key, as in `sync.profile[0].name` (counted from 0); empty: the file as a whole.
    pub key: String,
    /// Where in the file; `None` if the value is a default.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, in one line.
    pub hint: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// rolodeck does not start with it.
    Error,
    /// Allowed, and probably not meant.
    Warning,
}

/// A place in the file, with what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line as written, without what may be a secret.
    pub text: String,
}

impl Problem {
    /// An error at a key.
    pub fn error(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, key: key.into(), place: None, message: message.into(), hint: None }
    }

    /// A warning at a key.
    pub fn warning(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(key, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same at a place of the file.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// True if rolodeck does not start with it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Place {
    /// The place at a byte of a text. What follows the `=` is left out where the key, or anything in the line, speaks
    /// of a secret: the line goes to screens and logs.
    pub fn in_text(text: &str, span: &Range<usize>) -> Self {
        let at = text.floor_char_boundary(span.start.min(text.len()));
        let Range { start, end } = line_around(text, at);
        let line = text[start..end].trim();
        let shown = match line.split_once('=') {
            Some((key, _)) if is_secret_name(line) => format!("{} = …", key.trim()),
            None if is_secret_name(line) && !line.starts_with('[') => "…".into(),
            _ if line.chars().count() > 80 => line.chars().take(79).chain(['…']).collect(),
            _ => line.to_owned(),
        };
        Self {
            line: 1 + text[..start].matches('\n').count(),
            column: 1 + text[start..at].chars().count(),
            text: visible(&shown).into_owned(),
        }
    }
}

/// The line that a byte of a text is in, without its end.
pub(super) fn line_around(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a = 1\n  ø = \"x\u{1b}[2J\"\nlast";
        let place = |at: usize| Place::in_text(text, &(at..at));
        assert_eq!(place(0), Place { line: 1, column: 1, text: "a = 1".into() });
        let x = text.find("\"x").unwrap();
        assert_eq!(place(x), Place { line: 2, column: 7, text: "ø = \"x␛[2J\"".into() });
        assert_eq!((place(999).line, place(999).column), (3, 5));
        assert_eq!(place(text.find('\n').unwrap()).line, 1);
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        for line in
            ["secret = \"hunter2\"", "  api_token=hunter2", "x = \"Authorization: hunter2\"", "password: hunter2"]
        {
            let place = Place::in_text(line, &(line.len()..line.len()));
            assert!(!place.text.contains("hunter2"), "{place:?}");
        }
    }
}
