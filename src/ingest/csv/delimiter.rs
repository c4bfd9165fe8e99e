//! What separates the cells of a file.

use super::tokenizer::{Record, Tokenizer};
use crate::ingest::bytes::Bytes;

/// Candidates, the likelier first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Bytes of the file to judge by.
pub const SAMPLE: usize = 64 << 10;

/// Records to judge by.
const RECORDS: usize = 50;

/// The candidate that cuts the most rows into as many cells as the header, quotes respected; of equals, the one with
/// more cells. A file with one column has none, and then it does not matter.
pub fn detect(sample: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let widths = widths(sample, delimiter);
        let header = *widths.first()?;
        let alike = widths.iter().filter(|width| **width == header).count();
        (header > 1).then_some((alike * 1000 / widths.len(), header))
    };
    let best = CANDIDATES.into_iter().rev().filter_map(|candidate| Some((score(candidate)?, candidate)));
    best.max_by_key(|(score, _)| *score).map_or(b',', |(_, candidate)| candidate)
}

fn widths(sample: &[u8], delimiter: u8) -> Vec<usize> {
    let mut records = Tokenizer::new(Bytes::new(sample), delimiter);
    let (mut record, mut widths) = (Record::default(), Vec::new());
    while widths.len() < RECORDS && matches!(records.read(&mut record), Ok(true)) {
        widths.push(record.len());
    }
    // The sample may end inside the last record.
    if sample.len() >= SAMPLE && widths.len() > 1 && widths.len() < RECORDS {
        widths.pop();
    }
    widths
}

/// The line `sep=;` before the header, by which spreadsheets are told the delimiter.
pub fn declared(sample: &[u8]) -> Option<u8> {
    let line = sample.split(|byte| *byte == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.strip_prefix(b"sep=") {
        Some([delimiter]) if delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r') => Some(*delimiter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_fits_all_rows() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\n1,5;2,5;3,5\n", b';'),
            ("a\tb\n1,2\t3;4\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("name;\"a,b,c,d\"\nx;y\n", b';'),
            ("\"one;two\",b\n\"x;y;z\",2\n", b','),
            ("email\na@b.no\n", b','),
            ("", b','),
            ("Name;Note\nAna;Hello, you, there\nBo;a,b,c\n", b';'),
        ] {
            assert_eq!(detect(text.as_bytes()), delimiter, "{text}");
        }
    }

    #[test]
    fn a_spreadsheets_declaration_is_read() {
        assert_eq!(declared(b"sep=;\r\na;b\n"), Some(b';'));
        assert_eq!(declared(b"sep=\t\na\tb"), Some(b'\t'));
        for none in [&b"separator,b\n"[..], b"sep=;;\n", b"sep=\n", b""] {
            assert_eq!(declared(none), None);
        }
    }
}
