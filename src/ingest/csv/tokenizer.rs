//! Records and cells (RFC 4180), with the line on which each record begins, and with a way out of broken quotes.
//!
//! A quote that is never closed would swallow the rest of the file into one cell. When that shows (the file ends, the
//! record grows beyond all measure, or text follows the closing quote lines later), only the line with the quote is
//! at fault: reading goes on with the line after it.

use std::io::{self, Read};

use crate::ingest::bytes::Bytes;

/// The most bytes of one record: 1 MiB.
pub const MAX_RECORD: usize = 1 << 20;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A quote was opened and not closed.
    Unclosed,
    /// Text between a closing quote and the next delimiter.
    AfterQuote,
    /// More than [`MAX_RECORD`].
    TooLong,
}

impl Fault {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unclosed => "a quote is opened in this row and not closed",
            Self::AfterQuote => "text follows a closing quote; write a quote inside quotes twice",
            Self::TooLong => "the row is longer than 1 MiB",
        }
    }
}

/// One record; kept and filled again and again.
#[derive(Debug, Default)]
pub struct Record {
    /// Where it begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    /// How many cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// All cells together.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn clear(&mut self, line: u64) {
        (self.line, self.fault) = (line, None);
        self.bytes.clear();
        self.ends.clear();
    }
}

/// Splits bytes into records.
pub struct Tokenizer<R> {
    pub bytes: Bytes<R>,
    delimiter: u8,
    /// Ends of lines that are a lone carriage return, which [`Bytes`] does not count.
    returns: u64,
}

/// The record at the first line's end inside a quoted cell, and all that was read after it.
struct Mark {
    bytes: usize,
    cells: usize,
    raw: Vec<u8>,
}

impl<R: Read> Tokenizer<R> {
    pub fn new(bytes: Bytes<R>, delimiter: u8) -> Self {
        Self { bytes, delimiter, returns: 0 }
    }

    /// The line of the next byte.
    pub fn line(&self) -> u64 {
        self.bytes.line() + self.returns
    }

    /// Reads the next record that is not an empty line; false at the end of the file.
    pub fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        loop {
            match self.bytes.peek()? {
                None => return Ok(false),
                Some(b'\n' | b'\r') => self.end_line()?,
                Some(_) => break,
            }
        }
        record.clear(self.line());
        let mut mark = None;
        loop {
            let before = record.fault;
            match self.bytes.peek()? {
                Some(b'"') => self.quoted(record, &mut mark)?,
                _ => self.unquoted(record, &mut mark)?,
            }
            record.ends.push(record.bytes.len());
            if record.bytes.len() + record.ends.len() > MAX_RECORD {
                record.fault = Some(Fault::TooLong);
            }
            match (record.fault, mark) {
                (Some(fault), Some(mark)) if record.fault != before => {
                    self.back_out(record, fault, mark);
                    return Ok(true);
                }
                (Some(Fault::TooLong), None) => {
                    self.skip_line()?;
                    return Ok(true);
                }
                (_, kept) => mark = kept,
            }
            match self.bytes.peek()? {
                None => return Ok(true),
                Some(byte) if byte == self.delimiter => {
                    self.next(&mut mark)?;
                }
                Some(_) => {
                    self.end_line()?;
                    return Ok(true);
                }
            }
        }
    }

    fn unquoted(&mut self, record: &mut Record, mark: &mut Option<Mark>) -> io::Result<()> {
        let delimiter = self.delimiter;
        loop {
            let from = record.bytes.len();
            self.bytes.run(|byte| byte == delimiter || byte == b'\r', &mut record.bytes)?;
            if let Some(mark) = mark {
                mark.raw.extend_from_slice(&record.bytes[from..]);
            }
            let more = self.bytes.peek()?.is_some_and(|byte| byte != delimiter && !matches!(byte, b'\r' | b'\n'));
            if !more || record.bytes.len() > MAX_RECORD {
                return Ok(());
            }
        }
    }

    fn quoted(&mut self, record: &mut Record, mark: &mut Option<Mark>) -> io::Result<()> {
        self.next(mark)?;
        loop {
            let from = record.bytes.len();
            self.bytes.run(|byte| byte == b'"', &mut record.bytes)?;
            if let Some(mark) = mark {
                mark.raw.extend_from_slice(&record.bytes[from..]);
            }
            if record.bytes.len() > MAX_RECORD {
                return Ok(());
            }
            match self.bytes.peek()? {
                None => {
                    record.fault = Some(Fault::Unclosed);
                    return Ok(());
                }
                Some(b'\n') => {
                    self.next(mark)?;
                    mark.get_or_insert(Mark { bytes: record.bytes.len(), cells: record.ends.len(), raw: Vec::new() });
                    record.bytes.push(b'\n');
                }
                Some(b'"') => {
                    self.next(mark)?;
                    if self.bytes.peek()? != Some(b'"') {
                        return self.after_quote(record, mark);
                    }
                    self.next(mark)?;
                    record.bytes.push(b'"');
                }
                Some(_) => {} // the block ended; the next one goes on
            }
        }
    }

    /// Blanks may stand between a closing quote and the delimiter; anything else is a fault.
    fn after_quote(&mut self, record: &mut Record, mark: &mut Option<Mark>) -> io::Result<()> {
        let length = record.bytes.len();
        self.unquoted(record, mark)?;
        if record.bytes[length..].iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            record.bytes.truncate(length);
        } else {
            record.bytes.insert(length, b'"');
            record.fault = Some(Fault::AfterQuote);
        }
        Ok(())
    }

    /// Leaves the record with its first line only, and goes on after that line.
    fn back_out(&mut self, record: &mut Record, fault: Fault, mark: Mark) {
        record.bytes.truncate(mark.bytes);
        record.ends.truncate(mark.cells);
        // The line may end in CR LF; a CR before that cell is another's.
        let start = record.ends.last().copied().unwrap_or_default();
        if record.bytes[start..].last() == Some(&b'\r') {
            record.bytes.pop();
        }
        record.ends.push(record.bytes.len());
        record.fault = Some(if fault == Fault::TooLong { Fault::TooLong } else { Fault::Unclosed });
        self.bytes.unread(mark.raw);
    }

    fn next(&mut self, mark: &mut Option<Mark>) -> io::Result<()> {
        let byte = self.bytes.next()?;
        if let (Some(mark), Some(byte)) = (mark, byte) {
            mark.raw.push(byte);
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        if self.bytes.next()? == Some(b'\r') {
            if self.bytes.peek()? == Some(b'\n') {
                self.bytes.next()?;
            } else {
                self.returns += 1;
            }
        }
        Ok(())
    }

    pub fn skip_line(&mut self) -> io::Result<()> {
        let mut thrown = Vec::new();
        while self.bytes.peek()?.is_some_and(|byte| byte != b'\n') {
            self.bytes.run(|_| false, &mut thrown)?;
            thrown.clear();
        }
        self.bytes.next().map(|_| ())
    }
}
