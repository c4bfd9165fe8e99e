//! Tokens, each with its place in the text.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{MAX_LITERAL, SoqlError};
use crate::sandbox::clock::{parse_date, parse_datetime};

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A keyword or a name; which one is decided by where it stands.
    Word(String),
    /// A string literal, unescaped. In the pattern of LIKE, escaped `%` and `_` keep their backslash.
    Text(String),
    /// A number.
    Number(f64),
    /// `2026-05-01`
    Date(Date),
    /// `2026-05-01T07:25:37Z`
    DateTime(Timestamp),
    /// Punctuation and operators.
    Symbol(&'static str),
    /// After the last one.
    End,
}

impl Token {
    /// How an error names it.
    pub fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
            Self::DateTime(at) => at.to_string(),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// Longer symbols first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 12] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", ":"];

/// Cuts the text into tokens with their positions in characters. The last token is always [`Token::End`].
pub fn tokens(text: &str) -> Result<Vec<(Token, usize)>, SoqlError> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let c = chars[at];
        if c.is_whitespace() {
            at += 1;
        } else if c == '\'' {
            let (literal, next) = string(&chars, at)?;
            out.push((Token::Text(literal), start));
            at = next;
        } else if c.is_ascii_digit() || (matches!(c, '+' | '-') && chars.get(at + 1).is_some_and(char::is_ascii_digit))
        {
            while at < chars.len() && (chars[at].is_ascii_alphanumeric() || ".:+-".contains(chars[at])) {
                at += 1;
            }
            let literal: String = chars[start..at].iter().collect();
            out.push((number_or_time(&literal, start)?, start));
        } else if c.is_alphabetic() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
            out.push((Token::Word(chars[start..at].iter().collect()), start));
        } else {
            let symbol =
                SYMBOLS.iter().find(|symbol| symbol.chars().enumerate().all(|(i, s)| chars.get(at + i) == Some(&s)));
            let symbol = symbol.ok_or_else(|| SoqlError::malformed(format!("unexpected char: '{c}'"), at))?;
            out.push((Token::Symbol(symbol), start));
            at += symbol.len();
        }
    }
    out.push((Token::End, chars.len()));
    Ok(out)
}

fn number_or_time(literal: &str, at: usize) -> Result<Token, SoqlError> {
    let number = literal.parse::<f64>().ok().filter(|n| n.is_finite()).map(Token::Number);
    number
        .or_else(|| parse_date(literal).map(Token::Date))
        .or_else(|| parse_datetime(literal).map(Token::DateTime))
        .ok_or_else(|| SoqlError::malformed(format!("unexpected token: '{literal}'"), at))
}

/// Reads a string literal from its opening quote and says where it ends.
fn string(chars: &[char], open: usize) -> Result<(String, usize), SoqlError> {
    let mut out = String::new();
    let mut length = 0;
    let mut at = open + 1;
    loop {
        let Some(&c) = chars.get(at) else {
            return Err(SoqlError::malformed(
                "line breaks not allowed in string literals, or the literal is not closed",
                open,
            ));
        };
        at += 1;
        length += 1;
        match c {
            '\'' => break,
            '\n' | '\r' => return Err(SoqlError::malformed("line breaks not allowed in string literals", at - 1)),
            '\\' => {
                let escape = chars.get(at).copied();
                at += 1;
                match escape {
                    Some('n' | 'N') => out.push('\n'),
                    Some('r' | 'R') => out.push('\r'),
                    Some('t' | 'T') => out.push('\t'),
                    Some('b' | 'B') => out.push('\u{8}'),
                    Some('f' | 'F') => out.push('\u{c}'),
                    Some(c @ ('"' | '\'')) => out.push(c),
                    // In LIKE these are told apart from the wildcards by the backslash; elsewhere it is dropped later.
                    Some(c @ ('\\' | '%' | '_')) => out.extend(['\\', c]),
                    Some('u' | 'U') => {
                        out.push(unicode(chars, at).ok_or_else(|| illegal_escape(at - 2))?);
                        at += 4;
                    }
                    _ => return Err(illegal_escape(at - 2)),
                }
            }
            c => out.push(c),
        }
    }
    if length - 1 > MAX_LITERAL {
        let message = format!("string literal is longer than {MAX_LITERAL} characters");
        return Err(SoqlError::malformed(message, open));
    }
    Ok((out, at))
}

fn unicode(chars: &[char], at: usize) -> Option<char> {
    let digits = chars.get(at..at + 4)?;
    let code = digits.iter().try_fold(0, |code, digit| Some(code * 16 + digit.to_digit(16)?))?;
    char::from_u32(code)
}

fn illegal_escape(at: usize) -> SoqlError {
    SoqlError::malformed("Illegal string literal: an unknown escape sequence", at)
}

/// A literal outside of LIKE: the backslashes that the lexer kept are dropped.
pub fn plain(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}
