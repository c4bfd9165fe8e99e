//! A byte at a time, with the line, and with a way back.

use std::io::{self, Read};

/// Bytes of a reader; read blocks of 64 KiB.
pub struct Bytes<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    /// Blanks at the line's start.
    indent: usize,
    in_indent: bool,
    started: bool,
}

const BLOCK: usize = 64 << 10;

impl<R: Read> Bytes<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), at: 0, line: 1, indent: 0, in_indent: true, started: false }
    }

    /// The line of the next byte, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How many blanks the present line begins with.
    pub fn indent(&self) -> usize {
        self.indent
    }

    /// The next byte, which stays.
    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        if !self.started {
            self.started = true;
            self.ensure(3)?;
            if self.buffer[self.at..].starts_with(b"\xEF\xBB\xBF") {
                self.at += 3;
            }
        }
        self.ensure(1)?;
        Ok(self.buffer.get(self.at).copied())
    }

    /// The next byte.
    pub fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.indent = 0;
                self.in_indent = true;
            } else if self.in_indent && matches!(byte, b' ' | b'\t') {
                self.indent += 1;
            } else {
                self.in_indent = false;
            }
        }
        Ok(byte)
    }

    /// Moves bytes into `into` up to one that `stop` names, a line's end, or the end of the block that was read.
    pub fn run(&mut self, stop: impl Fn(u8) -> bool, into: &mut Vec<u8>) -> io::Result<()> {
        self.peek()?;
        let rest = &self.buffer[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n' || stop(*byte)).unwrap_or(rest.len());
        into.extend_from_slice(&rest[..length]);
        self.at += length;
        self.in_indent &= length == 0;
        Ok(())
    }

    /// What comes next, up to `count` bytes; it stays.
    pub fn sample(&mut self, count: usize) -> io::Result<&[u8]> {
        self.peek()?;
        self.ensure(count)?;
        let rest = &self.buffer[self.at..];
        Ok(&rest[..rest.len().min(count)])
    }

    /// The reader below.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// At a line's start: its blanks, and the byte after them. An indent beyond a block counts as any byte.
    pub fn peek_line(&mut self) -> io::Result<(usize, Option<u8>)> {
        let mut blanks = 0;
        loop {
            self.ensure(blanks + 1)?;
            match self.buffer.get(self.at + blanks) {
                Some(b' ' | b'\t') if blanks < BLOCK => blanks += 1,
                byte => return Ok((blanks, byte.copied())),
            }
        }
    }

    /// Puts back what was read last; where in its line it began is forgotten.
    pub fn unread(&mut self, mut piece: Vec<u8>) {
        let lines = piece.split(|byte| *byte == b'\n').count() - 1;
        self.line = self.line.saturating_sub(lines as u64);
        self.indent = 0;
        self.in_indent = false;
        piece.extend_from_slice(&self.buffer[self.at..]);
        self.buffer = piece;
        self.at = 0;
    }

    /// Reads until `count` bytes wait or the file ends.
    fn ensure(&mut self, count: usize) -> io::Result<()> {
        while self.buffer.len() - self.at < count {
            self.buffer.drain(..self.at);
            self.at = 0;
            let kept = self.buffer.len();
            self.buffer.resize(kept + BLOCK, 0);
            let read = loop {
                match self.reader.read(&mut self.buffer[kept..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    self.buffer.truncate(kept);
                    return Err(error);
                }
            };
            self.buffer.truncate(kept + read);
            if read == 0 {
                break;
            }
        }
        Ok(())
    }
}
