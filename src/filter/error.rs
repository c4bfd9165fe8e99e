//! What is wrong with a query, and where.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::domain::text::visible;

/// A query that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Bytes of the text that are wrong; on character boundaries, empty at a place where something is missing.
    pub span: Range<usize>,
    /// Why, in one line without a full stop.
    pub message: String,
    /// What to write there instead.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub(super) fn new(span: impl Into<Range<usize>>, message: impl Into<String>) -> Self {
        Self { span: span.into(), message: message.into(), suggestion: None }
    }

    pub(super) fn suggest(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }

    /// The query and, under it, carets below what is wrong: two lines of the same terminal width, control characters
    /// made visible. For a terminal that shows the query elsewhere, the second line alone is the marker.
    pub fn caret(&self, text: &str) -> String {
        let part = |range: Range<usize>| visible(text.get(range).unwrap_or_default());
        let indent = part(0..self.span.start).width();
        let carets = part(self.span.clone()).width().max(1);
        format!("{}\n{}{}", visible(text), " ".repeat(indent), "^".repeat(carets))
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, ": did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueryError {}

/// The candidate that a mistyped word was most likely meant to be: at most one slip in short words, two in longer ones,
/// three in very long ones; a slip is a wrong, missing, extra or swapped letter.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let allowed = match length {
        0..=2 => return None,
        3..=4 => 1,
        5..=9 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance that counts two swapped neighbours as one slip (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j - 1] + same).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let error = QueryError::new(4..10, "unknown key `stauts`").suggest(Some("status"));
        assert_eq!(error.caret("ana stauts:x"), "ana stauts:x\n    ^^^^^^");
        assert_eq!(error.to_string(), "unknown key `stauts`: did you mean `status`?");
        let wide = QueryError::new("李 ".len().."李 x".len(), "no");
        assert_eq!(wide.caret("李 x"), "李 x\n   ^");
        let end = QueryError::new(3..3, "something is missing");
        assert_eq!(end.caret("ab "), "ab \n   ^");
        assert_eq!(QueryError::new(1..2, "no").caret("\u{1b}x"), "␛x\n ^");
    }

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let keys = ["status", "state", "start", "owner", "host"];
        assert_eq!(nearest("stauts", keys), Some("status"));
        assert_eq!(nearest("onwer", keys), Some("owner"));
        assert_eq!(nearest("STATE", keys), Some("state"));
        assert_eq!(nearest("hots", keys), Some("host"));
        assert_eq!(nearest("http", keys), None);
        assert_eq!(nearest("x", keys), None);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
