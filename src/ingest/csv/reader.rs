//! Opens a file and streams its rows.

use std::io::Read;

use super::encoding::{self, Plain};
use super::mapping::{self, Plan};
use super::row;
use super::tokenizer::{Record, Tokenizer};
use super::{CsvError, Encoding, Options, Outcome, delimiter};
use crate::ingest::bytes::Bytes;

/// A file that is being read: its plan, and its rows as an iterator.
pub struct Csv<R> {
    tokenizer: Tokenizer<Plain<R>>,
    plan: Plan,
    options: Options,
    record: Record,
    odd_line: Option<u64>,
    ended: bool,
}

/// Looks at the file's beginning: encoding, delimiter, header, mapping.
pub fn open<R: Read>(reader: R, options: Options) -> Result<Csv<R>, CsvError> {
    let (mut encoding, utf8) = encoding::open(reader)?;
    let mut bytes = Bytes::new(utf8);
    let sample = bytes.sample(delimiter::SAMPLE).map_err(|source| CsvError::Read { line: 0, source })?;
    if sample.contains(&0) {
        return Err(CsvError::NotText(
            "this is no text file, or UTF-16 without its byte order mark; save it as CSV in UTF-8",
        ));
    }
    if encoding == Encoding::Utf8 && !is_utf8_start(sample) {
        encoding = Encoding::Windows1252;
    }
    let declared = delimiter::declared(sample);
    let delimiter = options.delimiter.or(declared).unwrap_or_else(|| delimiter::detect(sample));
    let mut tokenizer = Tokenizer::new(bytes, delimiter);
    let mut record = Record::default();
    let read = |source| CsvError::Read { line: 0, source };
    if declared.is_some() {
        tokenizer.skip_line().map_err(read)?;
    }
    if !tokenizer.read(&mut record).map_err(read)? {
        return Err(CsvError::Empty);
    }
    if let Some(fault) = record.fault {
        return Err(CsvError::Header { line: record.line, reason: fault.reason().to_owned() });
    }
    let headers = row::texts(&record).into_iter().map(|header| header.trim().to_owned()).collect();
    let columns = mapping::columns(headers, &options)?;
    let plan = Plan { encoding, delimiter, header_line: record.line, columns };
    Ok(Csv { tokenizer, plan, options, record, odd_line: None, ended: false })
}

/// UTF-8 as far as it goes: the sample may end inside a character.
fn is_utf8_start(sample: &[u8]) -> bool {
    str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true)
}

impl<R: Read> Csv<R> {
    /// What the file is taken for.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Bytes of the file that were read so far, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.tokenizer.bytes.reader().position()
    }

    /// The first line whose bytes are no UTF-8 and were read as Windows-1252.
    pub fn first_odd_line(&self) -> Option<u64> {
        self.odd_line
    }
}

impl<R: Read> Iterator for Csv<R> {
    type Item = Result<Outcome, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.tokenizer.read(&mut self.record) {
                Ok(true) => {
                    if self.odd_line.is_none() && str::from_utf8(self.record.bytes()).is_err() {
                        self.odd_line = Some(self.record.line);
                    }
                    if let Some(outcome) = row::read(&self.record, &self.plan, &self.options) {
                        return Some(Ok(outcome));
                    }
                }
                Ok(false) => self.ended = true,
                Err(source) => {
                    self.ended = true;
                    return Some(Err(CsvError::Read { line: self.tokenizer.line(), source }));
                }
            }
        }
        None
    }
}
