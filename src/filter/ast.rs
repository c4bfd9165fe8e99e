//! The query as a tree, just as it was written: what keys and values mean is found out later.

use std::ops::Range;
use std::str::FromStr;

use super::{QueryError, parser};

/// A query. Its text is printed by `Display` and read by `parse`; the two are inverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// `None`: everything.
    pub root: Option<Node>,
}

impl Query {
    /// Reads a query. Unknown keys and values are found when it is made a [`super::Filter`].
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parser::parse(text)
    }

    /// True if it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let root = match (self.root, other.root) {
            (Some(a), Some(b)) => Some(Node::And(vec![a, b])),
            (a, b) => a.or(b),
        };
        Self { root }
    }
}

impl FromStr for Query {
    type Err = QueryError;
    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// All of them. One alone is a key in parentheses: a group of its own.
    And(Vec<Node>),
    /// One of them at least; never fewer than two.
    Or(Vec<Node>),
    /// Not.
    Not(Box<Node>),
    /// Free text.
    Word(Word),
    /// `key:value`.
    Term(Term),
}

/// Free text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What to look for, as typed, without quotes.
    pub text: String,
    /// `pre*`: at the start of a word only.
    pub prefix: bool,
    /// Where it stands.
    pub span: Span,
}

/// `key:value,value`, or a flag alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key; known keys in lower case.
    pub key: String,
    /// Alternatives; none for a flag.
    pub tests: Vec<Test>,
    /// Where the key stands.
    pub key_span: Span,
    /// Where all of it stands.
    pub span: Span,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `key:value`.
    Is(Value),
    /// `key:<value`.
    Compare(Comparison, Value),
    /// `key:from..to`, both ends included, one of them possibly open.
    Range(Option<Value>, Option<Value>),
}

impl Test {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Range(Some(from), Some(to)) => Span { start: from.span.start, end: to.span.end },
            Self::Is(value)
            | Self::Compare(_, value)
            | Self::Range(Some(value), None)
            | Self::Range(None, Some(value)) => value.span,
            Self::Range(None, None) => Span::default(),
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The text, without quotes and outer stars.
    pub text: String,
    /// Quoted: meant literally, never `none`, `any` or `me`.
    pub quoted: bool,
    /// `*text`: anything may stand before.
    pub before: bool,
    /// `text*`: anything may stand behind.
    pub after: bool,
    /// Where it stands.
    pub span: Span,
}

impl Value {
    /// A value that means exactly this text; quoted when it has to be.
    pub fn literal(text: &str) -> Self {
        let special = ["none", "any", "me"].iter().any(|word| text.eq_ignore_ascii_case(word));
        let quoted = special || !super::lexer::bare_value(text);
        Self { text: text.to_owned(), quoted, before: false, after: false, span: Span::default() }
    }

    /// A word of the language: `none`, `today`, `qualified`.
    pub fn keyword(text: &str) -> Self {
        Self { quoted: !super::lexer::bare_value(text), ..Self::literal(text) }
    }

    /// True if it is this unquoted word, whatever the case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        !self.quoted && !self.before && !self.after && self.text.eq_ignore_ascii_case(word)
    }

    /// True for `*`.
    pub(super) fn is_star(&self) -> bool {
        !self.quoted && self.text.is_empty() && (self.before || self.after)
    }
}

/// A place in the text, in bytes. Trees are equal wherever they were written, so any two spans are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start..span.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}
