//! The file of rejected rows: what came, and why it was not taken. Corrected, it can be imported as it is.

use std::io::{self, Write};

use ::csv::{Terminator, Writer, WriterBuilder};

use super::mapping::{Found, Plan};
use super::{Encoding, Reject};

/// The columns after the file's own; an import knows them and leaves them out.
pub const COLUMNS: [&str; 4] = ["rejected_line", "rejected_column", "rejected_value", "rejected_reason"];

/// Writes rejected rows with the header and delimiter of their file, in UTF-8.
pub struct Rejects<W: Write> {
    writer: Writer<W>,
    /// Of each column of the file, whether it is its own and not of an earlier rejects file.
    own: Vec<bool>,
}

impl<W: Write> Rejects<W> {
    /// Begins the file. Where the import had a byte order mark or another encoding, a spreadsheet wrote it, and needs
    /// the mark to read this one right.
    pub fn new(mut to: W, plan: &Plan) -> io::Result<Self> {
        if plan.encoding != Encoding::Utf8 {
            to.write_all("\u{feff}".as_bytes())?;
        }
        let mut builder = WriterBuilder::new();
        let mut writer = builder.delimiter(plan.delimiter).terminator(Terminator::CRLF).flexible(true).from_writer(to);
        let own: Vec<bool> = plan.columns.iter().map(|column| column.found != Found::Reject).collect();
        let headers = plan.columns.iter().filter(|column| column.found != Found::Reject);
        writer.write_record(headers.map(|column| column.header.as_str()).chain(COLUMNS))?;
        Ok(Self { writer, own })
    }

    /// Adds a row. A short one is filled up; surplus cells stand after our columns, so that the row stays refused
    /// until someone looks at it.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let line = reject.line.to_string();
        let joined = |part: fn(&super::Problem) -> &str| {
            let parts: Vec<&str> = reject.problems.iter().map(part).filter(|part| !part.is_empty()).collect();
            defused(parts.join("; "))
        };
        let told = [
            line,
            joined(|problem| &problem.column),
            joined(|problem| &problem.value),
            joined(|problem| &problem.reason),
        ];
        let cell = |(at, own): (usize, &bool)| own.then(|| reject.cells.get(at).map_or("", String::as_str));
        let cells = self.own.iter().enumerate().filter_map(cell);
        let surplus = reject.cells.iter().skip(self.own.len()).map(String::as_str);
        self.writer.write_record(cells.chain(told.iter().map(String::as_str)).chain(surplus))?;
        Ok(())
    }

    /// Writes what is still held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Our own text must not be run by a spreadsheet; cells of the file stay as they came, to be imported again.
fn defused(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
