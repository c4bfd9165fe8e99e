//! Files of payloads: one JSON document, an array, a list envelope (`{"data": […]}`) or JSON lines, with or without a
//! byte order mark. Read as a stream: memory holds one document at a time.
//!
//! What is malformed is reported with its line, and reading goes on with the next document: the next line that begins
//! as the broken one began (same indent, same bracket).

use std::io::{self, Read};

use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::bytes::Bytes;
use super::error::{kind, reason};

/// No document may be longer than this: 16 MiB.
pub const MAX_DOCUMENT: usize = 16 << 20;

/// One payload of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Line on which it begins, from 1. Items of a list envelope have the line of the envelope.
    pub line: u64,
    /// Its text.
    pub payload: String,
    /// Its content.
    pub json: Json,
}

/// Why a piece of a file is no payload. The rest of the file goes on, except after [`DocumentError::Read`].
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or cut off.
    #[error("line {line}: {reason}")]
    Malformed {
        /// Where the piece begins, from 1.
        line: u64,
        /// What is wrong and where in it.
        reason: String,
    },
    /// The file cannot be read on.
    #[error("line {line}: the file cannot be read: {source}")]
    Read {
        /// How far it was read.
        line: u64,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Splits a file into documents.
pub struct Documents<R> {
    bytes: Bytes<R>,
    /// Line of the `[` that is open around the documents.
    array: Option<u64>,
    /// Items of a list envelope, last first.
    items: Vec<Document>,
    ended: bool,
}

/// Where one value ends.
enum End {
    Complete,
    Malformed(String),
}

impl<R: Read> Documents<R> {
    /// Reads from any source of bytes; it need not be buffered.
    pub fn new(reader: R) -> Self {
        Self { bytes: Bytes::new(reader), array: None, items: Vec::new(), ended: false }
    }

    fn step(&mut self) -> io::Result<Option<Result<Document, DocumentError>>> {
        loop {
            if let Some(item) = self.items.pop() {
                return Ok(Some(Ok(item)));
            }
            let Some(byte) = self.bytes.peek()? else {
                return Ok(self.array.take().map(|line| {
                    Err(DocumentError::Malformed { line, reason: "the list that begins here is not closed".to_owned() })
                }));
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' if self.array.is_some() => {}
                b'[' if self.array.is_none() => self.array = Some(self.bytes.line()),
                b']' if self.array.is_some() => self.array = None,
                _ => match self.value()? {
                    Some(result) => return Ok(Some(result)),
                    None => continue,
                },
            }
            self.bytes.next()?;
        }
    }

    /// Reads one value that begins here. `None`: a list envelope; its items wait.
    fn value(&mut self) -> io::Result<Option<Result<Document, DocumentError>>> {
        let (line, indent) = (self.bytes.line(), self.bytes.indent());
        let mut piece = Vec::new();
        let malformed = |reason| Ok(Some(Err(DocumentError::Malformed { line, reason })));
        if let End::Malformed(reason) = self.collect(&mut piece)? {
            self.resume(piece, indent)?;
            return malformed(reason);
        }
        // It is balanced, so what comes after it is not touched by what may be wrong in it.
        let json = match serde_json::from_slice::<Json>(&piece) {
            Ok(json) if json.is_object() => json,
            Ok(other) => return malformed(format!("a payload is a JSON object; this is {}", kind(&other))),
            Err(error) => return malformed(describe(&error)),
        };
        // An event envelope has `data` too, but an object there.
        if let Some(items) = json.get("data").and_then(Json::as_array) {
            let documents = items.iter().map(|item| Document { line, payload: item.to_string(), json: item.clone() });
            self.items = documents.rev().collect();
            return Ok(None);
        }
        match String::from_utf8(piece) {
            Ok(payload) => Ok(Some(Ok(Document { line, payload, json }))),
            Err(_) => malformed("not UTF-8".to_owned()),
        }
    }

    /// Takes bytes until brackets balance. What can no longer become JSON is noticed early: whenever the piece has
    /// doubled at a line's end, it is tried, so that a broken line does not swallow the file.
    fn collect(&mut self, piece: &mut Vec<u8>) -> io::Result<End> {
        let (mut open, mut in_text, mut escaped) = (Vec::new(), false, false);
        let mut tried = 0;
        loop {
            let Some(byte) = self.bytes.peek()? else {
                return Ok(if open.is_empty() && !in_text { End::Complete } else { cut_off(piece) });
            };
            if open.is_empty() && !in_text && ends_scalar(byte, self.array.is_some()) {
                return Ok(End::Complete);
            }
            self.bytes.next()?;
            piece.push(byte);
            if piece.len() > MAX_DOCUMENT {
                return Ok(End::Malformed(format!("longer than {} MiB", MAX_DOCUMENT >> 20)));
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'{' | b'[' => open.push(byte),
                b'}' | b']' => match (open.pop(), byte) {
                    (Some(b'{'), b'}') | (Some(b'['), b']') if open.is_empty() => return Ok(End::Complete),
                    (Some(b'{'), b'}') | (Some(b'['), b']') => {}
                    _ => return Ok(End::Malformed(format!("`{}` closes nothing that is open", char::from(byte)))),
                },
                _ => {}
            }
            // A line's end inside a text is never JSON; elsewhere the piece may go on.
            if byte == b'\n' && (in_text || piece.len() >= 2 * tried) {
                tried = piece.len();
                if let Err(error) = serde_json::from_slice::<IgnoredAny>(piece)
                    && !error.is_eof()
                {
                    return Ok(End::Malformed(describe(&error)));
                }
            }
        }
    }

    /// Goes on after a malformed piece: on the next line that begins with a bracket at the same indent.
    fn resume(&mut self, piece: Vec<u8>, indent: usize) -> io::Result<()> {
        self.bytes.unread(piece);
        loop {
            while let Some(byte) = self.bytes.next()? {
                if byte == b'\n' {
                    break;
                }
            }
            match self.bytes.peek_line()? {
                (_, None) => return Ok(()),
                (blanks, Some(b'{' | b'[')) if blanks == indent => return Ok(()),
                (blanks, Some(b']')) if blanks <= indent && self.array.is_some() => return Ok(()),
                _ => {}
            }
        }
    }
}

/// A number or word at the top ends with its line, and inside an array also at a comma or the closing bracket.
fn ends_scalar(byte: u8, in_array: bool) -> bool {
    byte == b'\n' || (in_array && matches!(byte, b',' | b']'))
}

fn cut_off(piece: &[u8]) -> End {
    match serde_json::from_slice::<IgnoredAny>(piece) {
        Err(error) => End::Malformed(describe(&error)),
        Ok(_) => End::Complete,
    }
}

/// serde counts lines from the piece's first.
fn describe(error: &serde_json::Error) -> String {
    let place = if error.line() > 1 {
        format!("{} lines further, column {}", error.line() - 1, error.column())
    } else {
        format!("column {}", error.column())
    };
    format!("not JSON: {} ({place})", reason(error))
}

impl<R: Read> Iterator for Documents<R> {
    type Item = Result<Document, DocumentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.step().unwrap_or_else(|source| {
            self.ended = true;
            Some(Err(DocumentError::Read { line: self.bytes.line(), source }))
        });
        self.ended |= next.is_none();
        next
    }
}

#[cfg(test)]
mod tests;
