//! Text to tokens. Every text has tokens; what is wrong with them is the parser's business.

use std::ops::Range;

use super::ast::Comparison;
use super::keys;
use crate::domain::Field;

/// One token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `-` before something.
    Minus,
    /// Free text.
    Word {
        text: String,
        quoted: bool,
        star: bool,
    },
    /// A word that is a key by itself: `mine`.
    Flag(String),
    /// A key with the `:` or the comparison behind it, which is its own token.
    Key(String),
    Colon,
    Compare(Comparison),
    Value {
        text: String,
        quoted: bool,
        before: bool,
        after: bool,
    },
    DotDot,
    Comma,
    /// A quotation mark without its end.
    Unclosed,
}

/// The tokens of a text, in order. Blanks between them are in no token.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    lexer.run();
    lexer.tokens
}

/// True if the text needs no quotes as a free word.
pub(super) fn bare_word(text: &str) -> bool {
    let is_plain = |token: &Token| {
        matches!(&token.kind, Kind::Word { text: word, quoted: false, star: false } if word == text)
            && token.span.len() == text.len()
    };
    !text.contains(['*', '\\'])
        && unequal(text).is_none()
        && matches!(tokens(text).as_slice(), [token] if is_plain(token))
}

/// True if the text needs no quotes as a value.
pub(super) fn bare_value(text: &str) -> bool {
    let clean = |c: char| !c.is_whitespace() && !c.is_control() && !"\"(),*\\".contains(c);
    // A point at the end would run into the `..` of a range.
    let unambiguous = !text.contains("..") && !text.ends_with('.') && !text.starts_with(['<', '>', '=']);
    !text.is_empty() && unambiguous && text.chars().all(clean)
}

/// Key and value of what looks like a comparison of the kind that the language does not have: `company!=acme`,
/// `!status:qualified`. Nobody looks for such a text, so it would find nothing and say nothing.
pub(super) fn unequal(word: &str) -> Option<(&str, &str)> {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
    };
    if let Some(rest) = word.strip_prefix('!') {
        let known = |name: &str| keys::canonical(name).is_some() || Field::parse(name).is_some();
        return rest.split_once([':', '=']).filter(|(name, _)| known(name));
    }
    word.split_once("!=").filter(|(name, _)| is_name(name))
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                c if is_blank(c) => self.at += c.len_utf8(),
                '(' => self.single(Kind::Open),
                ')' => self.single(Kind::Close),
                '-' => self.single(Kind::Minus),
                '"' => self.quoted_word(),
                _ => self.word(),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn starts(&self, with: &str) -> bool {
        self.text[self.at..].starts_with(with)
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, span: start..self.at });
    }

    fn single(&mut self, kind: Kind) {
        let start = self.at;
        self.at += 1;
        self.push(kind, start);
    }

    /// Advances while `go` holds and returns what was passed.
    fn take(&mut self, go: impl Fn(&str, char) -> bool) -> &str {
        let start = self.at;
        while let Some(c) = self.peek() {
            if !go(&self.text[self.at..], c) {
                break;
            }
            self.at += c.len_utf8();
        }
        &self.text[start..self.at]
    }

    /// The text between quotation marks; `None` if the second one is missing. `\"` and `\\` stand for themselves.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += 1 + i + 1;
                    return Some(text);
                }
                '\\' => match chars.next() {
                    Some((_, next)) => text.push(next),
                    None => break,
                },
                c => text.push(c),
            }
        }
        self.at = self.text.len();
        None
    }

    fn quoted_word(&mut self) {
        let start = self.at;
        let Some(text) = self.quoted() else {
            return self.push(Kind::Unclosed, start);
        };
        if self.operator().is_some() {
            self.push(Kind::Key(keys::canonical(&text).map_or(text, str::to_owned)), start);
            return self.values();
        }
        let star = self.starts("*");
        self.at += usize::from(star);
        self.push(Kind::Word { text, quoted: true, star }, start);
    }

    /// A free word, an operator, a flag, or a key if a `:` or a comparison follows a name.
    fn word(&mut self) {
        let start = self.at;
        let name = self.take(|_, c| c.is_alphanumeric() || c == '_' || c == '.').to_owned();
        if name.starts_with(|c: char| c.is_alphabetic() || c == '_') && self.operator().is_some() {
            let name = keys::canonical(&name).map_or(name, str::to_owned);
            self.push(Kind::Key(name), start);
            return self.values();
        }
        self.take(|_, c| !is_blank(c) && !matches!(c, '(' | ')' | '"'));
        let all = &self.text[start..self.at];
        let kind = match all {
            "AND" => Kind::And,
            "OR" => Kind::Or,
            "NOT" => Kind::Not,
            _ => match keys::flag(all) {
                Some(flag) => Kind::Flag(flag.to_owned()),
                None => match all.strip_suffix('*') {
                    Some(text) if !text.is_empty() => Kind::Word { text: text.to_owned(), quoted: false, star: true },
                    _ => Kind::Word { text: all.to_owned(), quoted: false, star: false },
                },
            },
        };
        self.push(kind, start);
    }

    /// The operator here, and its length. `=` is another way to write `:`.
    fn operator(&self) -> Option<(Kind, usize)> {
        [
            ("<=", Kind::Compare(Comparison::AtMost)),
            (">=", Kind::Compare(Comparison::AtLeast)),
            ("<", Kind::Compare(Comparison::Less)),
            (">", Kind::Compare(Comparison::Greater)),
            (":", Kind::Colon),
            ("=", Kind::Colon),
        ]
        .into_iter()
        .find(|(symbol, _)| self.starts(symbol))
        .map(|(symbol, kind)| (kind, symbol.len()))
    }

    /// Everything behind a key up to the next blank or parenthesis.
    fn values(&mut self) {
        if let Some((kind, length)) = self.operator() {
            let start = self.at;
            self.at += length;
            self.push(kind, start);
        }
        let mut fresh = true; // a comparison only stands at the head of a value
        while let Some(c) = self.peek() {
            let start = self.at;
            match c {
                c if is_blank(c) || c == '(' || c == ')' => break,
                ',' => {
                    self.single(Kind::Comma);
                    fresh = true;
                    continue;
                }
                '<' | '>' if fresh => {
                    if let Some((kind, length)) = self.operator() {
                        self.at += length;
                        self.push(kind, start);
                    }
                }
                '.' if self.starts("..") => {
                    self.at += 2;
                    self.push(Kind::DotDot, start);
                }
                _ => self.value(),
            }
            fresh = false;
        }
    }

    fn value(&mut self) {
        let start = self.at;
        let before = self.starts("*");
        self.at += usize::from(before);
        if self.starts("\"") {
            let Some(text) = self.quoted() else {
                return self.push(Kind::Unclosed, start);
            };
            let after = self.starts("*");
            self.at += usize::from(after);
            return self.push(Kind::Value { text, quoted: true, before, after }, start);
        }
        let taken = self.take(|rest, c| !is_blank(c) && !"(),\"".contains(c) && !rest.starts_with(".."));
        let (text, after) = taken.strip_suffix('*').map_or((taken, false), |text| (text, true));
        let text = text.to_owned();
        self.push(Kind::Value { text, quoted: false, before, after }, start);
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}
