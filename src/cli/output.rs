//! What commands print: lines, aligned tables and JSON, for people and for pipes.

use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Write};

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::visible;
use crate::words::{Failure, Report, io_words};

/// The output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The reader has gone, as `head` does: no reason to complain.
    #[error("the reader of the output has gone")]
    Closed,
    /// Anything else, such as a full disk.
    #[error("the output cannot be written: {0}")]
    Write(io::Error),
    /// A value that has no form in JSON.
    #[error("a value cannot be written as JSON: {0}")]
    Json(serde_json::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Write(error),
        }
    }
}

impl Report for OutputError {
    fn report(&self) -> Failure {
        match self {
            Self::Closed => Failure::quiet(),
            Self::Write(cause) => Failure::new(
                "the output cannot be written",
                io_words(cause),
                "send it somewhere else; what was done is done",
            ),
            Self::Json(cause) => {
                Failure::new("the output cannot be written as JSON", cause.to_string(), "leave --json out")
            }
        }
    }
}

/// Where a command prints. Buffered: call [`Out::finish`] at the end, or nothing may come out.
pub struct Out {
    writer: Box<dyn Write>,
    styled: bool,
    width: Option<usize>,
}

impl Out {
    /// The standard output: in colour and cut to the width if it is a terminal.
    pub fn stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            writer: Box::new(BufWriter::new(io::stdout())),
            styled: terminal && colours_are_wanted(),
            width: terminal.then(|| crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns))),
        }
    }

    /// Some other place, without colour and of any width.
    pub fn to(writer: impl Write + 'static) -> Self {
        Self { writer: Box::new(writer), styled: false, width: None }
    }

    /// One line of text; control characters in it become visible.
    pub fn line(&mut self, text: &str) -> Result<(), OutputError> {
        Ok(writeln!(self.writer, "{}", visible(text))?)
    }

    /// Text as it is.
    pub fn raw(&mut self, text: &[u8]) -> Result<(), OutputError> {
        Ok(self.writer.write_all(text)?)
    }

    /// A table.
    pub fn table(&mut self, table: &Table) -> Result<(), OutputError> {
        self.raw(table.render(self.width, self.styled).as_bytes())
    }

    /// A value as JSON over several lines.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), OutputError> {
        let text = serde_json::to_string_pretty(value).map_err(OutputError::Json)?;
        Ok(writeln!(self.writer, "{}", plain_json(&text))?)
    }

    /// A value as JSON in one line, for streams of values.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<(), OutputError> {
        let text = serde_json::to_string(value).map_err(OutputError::Json)?;
        Ok(writeln!(self.writer, "{}", plain_json(&text))?)
    }

    /// Sends on what was printed so far.
    pub fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.writer.flush()?)
    }
}

/// True unless the user asked for none: `NO_COLOR` (any text), or a terminal that has none.
pub fn colours_are_wanted() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// JSON whose strings hold nothing that a terminal obeys: serde escapes the old control characters, this the rest.
/// The value is the same; outside of strings JSON is all ASCII.
fn plain_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0; 4];
        if c == '\n' || &*visible(c.encode_utf8(&mut buffer)) == c.encode_utf8(&mut [0; 4]) {
            plain.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}"); // a String takes everything
            }
        }
    }
    plain
}

/// Rows in aligned columns, two blanks apart.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headers: Vec<String>,
    right: Vec<usize>,
    rows: Vec<Vec<String>>,
}

/// No column is cut to less.
const NARROWEST: usize = 6;

impl Table {
    /// A table with these headers; none at all gives rows without a header.
    pub fn new<T: Into<String>>(headers: impl IntoIterator<Item = T>) -> Self {
        Self { headers: headers.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The same with a column (from 0) aligned to the right, as numbers are.
    #[must_use]
    pub fn right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    /// Adds a row; control characters in it become visible.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| visible(cell.as_ref()).into_owned()).collect());
    }

    /// True if it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line ended. With a width, the widest columns are cut until it fits, if it can.
    pub fn render(&self, width: Option<usize>, styled: bool) -> String {
        let header = (!self.headers.is_empty()).then_some(&self.headers);
        let columns = self.rows.iter().chain(header).map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in self.rows.iter().chain(header) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        if let Some(limit) = width {
            shrink(&mut widths, limit.saturating_sub(2 * columns.saturating_sub(1)));
        }
        let mut text = String::new();
        for (i, row) in header.into_iter().chain(&self.rows).enumerate() {
            let line = self.render_row(row, &widths);
            let bold = styled && i == 0 && header.is_some();
            let (on, off) = if bold { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
            text.extend([on, &line, off, "\n"]);
        }
        text
    }

    fn render_row(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let cell = fit(cell, *width);
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            if self.right.contains(&column) {
                line.push_str(&blanks);
                line.push_str(&cell);
            } else {
                line.push_str(&cell);
                line.push_str(&blanks);
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Takes columns off the widest until the sum fits.
fn shrink(widths: &mut [usize], limit: usize) {
    while widths.iter().sum::<usize>() > limit {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

/// A text in at most so many columns, cut between graphemes, with `…` for what is gone.
pub fn fit(text: &str, width: usize) -> std::borrow::Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let mut used = 0;
    let mut cut = String::new();
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used >= width {
            break;
        }
        cut.push_str(grapheme);
    }
    if width > 0 {
        cut.push('…');
    }
    cut.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let mut table = Table::new(["NAME", "N", "CITY"]).right(1);
        table.row(["李 明", "7", "東京"]);
        table.row(["Zoë\u{1b}[2J", "1200", ""]);
        table.row(["👩‍💻 Ana", "3", "Oslo"]);
        let text = table.render(None, false);
        assert_eq!(
            text,
            "NAME        N  CITY\n\
             李 明       7  東京\n\
             Zoë␛[2J  1200\n\
             👩‍💻 Ana      3  Oslo\n"
        );
        assert!(table.render(None, true).starts_with("\u{1b}[1mNAME        N  CITY\u{1b}[0m\n李"));
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_columns_first() {
        let mut table = Table::new(["NAME", "NOTE"]);
        table.row(["Ana Berg", "a very long note that nobody reads to the end"]);
        assert_eq!(table.render(Some(24), false), "NAME      NOTE\nAna Berg  a very long n…\n");
        assert_eq!(table.render(Some(1), false), "NAME    NOTE\nAna B…  a ver…\n");
    }

    #[test]
    fn a_table_without_headers_is_its_rows() {
        let mut table = Table::new(Vec::<String>::new());
        assert!(table.is_empty());
        table.row(["config", "/x"]);
        table.row(["data", "/y"]);
        assert_eq!(table.render(None, true), "config  /x\ndata    /y\n");
    }

    #[test]
    fn json_is_the_same_value_and_moves_no_cursor() {
        let value = serde_json::json!({"a": "x\u{9b}2J\u{202e}\u{1b}\u{e0001} 李 👩‍💻"});
        let text = plain_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.contains("x\\u009b2J\\u202e\\u001b\\udb40\\udc01 李 👩‍💻"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let gone = OutputError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(Failure::from(gone).is_quiet());
        let full = OutputError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(Failure::from(full).why, "the disk is full");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC{0,40}", width in 0..20_usize) {
            prop_assert!(fit(&text, width).width() <= width);
        }
    }
}
