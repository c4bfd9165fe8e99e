//! UTF-8 with or without its mark, UTF-16 with it; whatever else is Windows-1252, which spreadsheets write.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::CsvError;

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a mark (or plain ASCII).
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets write it.
    Utf8WithMark,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// Windows-1252: bytes that are no UTF-8.
    Windows1252,
}

impl Encoding {
    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8WithMark => "UTF-8 with byte order mark",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// A file as bytes whose ASCII is ASCII: UTF-16 is turned into UTF-8, everything else passes through.
pub enum Plain<R> {
    Same(Counted<R>),
    Utf16(Utf16<R>),
}

/// A reader that knows how much was read, with what was read ahead put back.
pub struct Counted<R> {
    ahead: Cursor<Vec<u8>>,
    reader: R,
    count: u64,
}

const MARK: usize = 4;

/// Looks at the first bytes. `Utf8` stands for "not known yet": whether it is, only the rows can tell.
pub fn open<R: Read>(mut reader: R) -> Result<(Encoding, Plain<R>), CsvError> {
    let mut mark = Vec::with_capacity(MARK);
    reader.by_ref().take(MARK as u64).read_to_end(&mut mark).map_err(|source| CsvError::Read { line: 0, source })?;
    if mark.starts_with(b"PK\x03\x04") || mark.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(CsvError::NotText("this is a spreadsheet workbook, not a CSV file; save it as CSV first"));
    }
    let encoding = match mark.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => Encoding::Utf8WithMark,
        [0xFF, 0xFE, ..] => Encoding::Utf16Le,
        [0xFE, 0xFF, ..] => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    };
    let reader = Counted { ahead: Cursor::new(mark), reader, count: 0 };
    let decoder = match encoding {
        Encoding::Utf16Le => UTF_16LE.new_decoder_with_bom_removal(),
        Encoding::Utf16Be => UTF_16BE.new_decoder_with_bom_removal(),
        _ => return Ok((encoding, Plain::Same(reader))),
    };
    Ok((encoding, Plain::Utf16(Utf16 { reader, decoder, input: Vec::new(), output: Vec::new(), at: 0, ended: false })))
}

/// A cell as text: bytes that are no UTF-8 are Windows-1252, in which every byte is a character.
pub fn text(bytes: &[u8], windows_1252: bool) -> Cow<'_, str> {
    if windows_1252 {
        return WINDOWS_1252.decode_without_bom_handling(bytes).0;
    }
    String::from_utf8_lossy(bytes)
}

impl<R> Plain<R> {
    /// Bytes of the file that were read.
    pub fn position(&self) -> u64 {
        match self {
            Self::Same(reader) => reader.count,
            Self::Utf16(utf16) => utf16.reader.count,
        }
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Same(reader) => reader.read(buf),
            Self::Utf16(utf16) => utf16.read(buf),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut read = self.ahead.read(buf)?;
        if read == 0 {
            read = self.reader.read(buf)?;
        }
        self.count += read as u64;
        Ok(read)
    }
}

/// UTF-16 on its way to UTF-8; what is no character becomes U+FFFD.
pub struct Utf16<R> {
    reader: Counted<R>,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    at: usize,
    ended: bool,
}

const BLOCK: usize = 16 << 10;

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.output.len() {
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let count = buf.len().min(self.output.len() - self.at);
        buf[..count].copy_from_slice(&self.output[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl<R: Read> Utf16<R> {
    fn fill(&mut self) -> io::Result<()> {
        let mut block = [0; BLOCK];
        let read = self.reader.read(&mut block)?;
        self.input.extend_from_slice(&block[..read]);
        self.ended = read == 0;
        self.output.resize(self.decoder.max_utf8_buffer_length(self.input.len()).unwrap_or(4 * BLOCK), 0);
        let (result, taken, written, _) = self.decoder.decode_to_utf8(&self.input, &mut self.output, self.ended);
        // The output has room for all of the input, so that a full output never ends the file early.
        self.ended &= result == CoderResult::InputEmpty;
        self.input.drain(..taken);
        self.output.truncate(written);
        self.at = 0;
        Ok(())
    }
}
