//! Rows as text, one after the other.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::Column;
use crate::domain::text::visible_lines;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header, for spreadsheets.
    #[default]
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    JsonLines,
}

/// Writes rows in a format.
pub struct Writer<W: Write> {
    names: Vec<String>,
    inner: Inner<W>,
}

enum Inner<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json { out: W, rows: u64 },
    JsonLines(W),
}

impl<W: Write> Writer<W> {
    /// Begins: the header, or the bracket.
    pub fn new(mut out: W, format: Format, columns: &[Column]) -> io::Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let inner = match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(names.iter().map(|name| safe(name)))?;
                Inner::Csv(Box::new(writer))
            }
            Format::Json => {
                out.write_all(b"[")?;
                Inner::Json { out, rows: 0 }
            }
            Format::JsonLines => Inner::JsonLines(out),
        };
        Ok(Self { names, inner })
    }

    /// One row, a value a column.
    pub fn row(&mut self, cells: &mut dyn Iterator<Item = Json>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Csv(writer) => {
                for cell in cells {
                    writer.write_field(text(&cell))?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Inner::Json { out, rows } => {
                out.write_all(if *rows == 0 { b"\n" } else { b",\n" })?;
                *rows += 1;
                serde_json::to_writer(out, &object(&self.names, cells))?;
            }
            Inner::JsonLines(out) => {
                serde_json::to_writer(&mut *out, &object(&self.names, cells))?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Ends it; without this it is cut off.
    pub fn finish(self) -> io::Result<()> {
        match self.inner {
            Inner::Csv(mut writer) => writer.flush(),
            Inner::Json { mut out, rows } => {
                out.write_all(if rows == 0 { b"]\n" } else { b"\n]\n" })?;
                out.flush()
            }
            Inner::JsonLines(mut out) => out.flush(),
        }
    }
}

fn object(names: &[String], cells: &mut dyn Iterator<Item = Json>) -> Json {
    Json::Object(names.iter().cloned().zip(cells).collect::<Map<_, _>>())
}

/// A value in a cell: lists separated by semicolons, objects as JSON.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => safe(text),
        Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            safe(&items.iter().map(plain).collect::<Vec<_>>().join("; "))
        }
        Json::Object(map) if map.is_empty() => String::new(),
        other => shown(&other.to_string()),
    }
}

/// A text as it may stand in a cell.
fn safe(text: &str) -> String {
    defused(&shown(text))
}

/// The text as the project's one sanitiser shows it, with its line ends. Zero-width non-joiners stay: they belong to the
/// spelling of names (Persian), move no cursor, and an export must come back as it was.
fn shown(text: &str) -> String {
    text.split('\u{200c}').map(visible_lines).collect::<Vec<_>>().join("\u{200c}")
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

/// A text that no spreadsheet runs as a formula (OWASP: CSV injection): an apostrophe leads. Numbers and phone numbers
/// keep their sign, since nothing can be run with digits alone.
fn defused(text: &str) -> String {
    let begins = text.trim_start().chars().next();
    let risky = text.starts_with(['\t', '\r', '\n'])
        || begins.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if risky && !is_number(text) { format!("'{text}") } else { text.to_owned() }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | ','))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("-", "'-"),
            ("+4790000000", "+4790000000"),
            ("+47 900 00 000", "+47 900 00 000"),
            ("-12.5", "-12.5"),
            ("Ana = Bo", "Ana = Bo"),
            ("", ""),
        ] {
            assert_eq!(defused(cell), written, "{cell}");
        }
    }

    #[test]
    fn values_become_cells() {
        for (value, cell) in [
            (json!(null), ""),
            (json!(7), "7"),
            (json!(true), "true"),
            (json!(["a", "b", 3]), "a; b; 3"),
            (json!(["=a", "b"]), "'=a; b"),
            (json!({"q": "=1"}), r#"{"q":"=1"}"#),
            (json!({}), ""),
            // Nothing that a terminal obeys or that turns text around; ordinary text as it is.
            (json!("a\u{1b}]52;c;x\u{7}b"), "a␛]52;c;x␇b"),
            (json!("\u{202e}=gpj.exe"), "'=gpj.exe"),
            (json!("\u{9b}31m"), "\u{fffd}31m"),
            (json!({"a\u{202e}": "b"}), r#"{"a":"b"}"#),
            (json!(["x\u{200f}", "y"]), "x; y"),
            (json!("two\nlines, \"quoted\""), "two\nlines, \"quoted\""),
            (json!("Ærlig 李 👩\u{200d}💻 می\u{200c}خواهم"), "Ærlig 李 👩\u{200d}💻 می\u{200c}خواهم"),
        ] {
            assert_eq!(text(&value), cell);
        }
    }
}
