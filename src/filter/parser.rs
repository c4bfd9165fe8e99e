//! Tokens to a tree, by recursive descent. Every fault has a place.

use std::ops::Range;

use super::ast::{Comparison, Node, Query, Span, Term, Test, Value, Word};
use super::error::QueryError;
use super::lexer::{self, Kind, Token};

/// Parentheses and negations inside each other.
const MAX_DEPTH: usize = 40;
/// Words, keys and values; SQLite's limits on depth and parameters are far beyond what these make.
const MAX_PARTS: usize = 250;
/// Bytes.
pub(super) const MAX_LENGTH: usize = 10_000;

pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    if text.len() > MAX_LENGTH {
        let start = text.floor_char_boundary(MAX_LENGTH);
        return Err(QueryError::new(start..text.len(), format!("the query is longer than {MAX_LENGTH} characters")));
    }
    let tokens = lexer::tokens(text);
    if tokens.is_empty() {
        return Ok(Query::default());
    }
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, parts: 0, end: text.len() };
    let root = parser.or()?;
    match parser.next() {
        None => Ok(Query { root: Some(root) }),
        Some(token) => Err(QueryError::new(token.span.clone(), "this `)` closes nothing")),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    parts: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    /// The end of what was read last.
    fn last_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    fn or(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.and()?];
        while self.take(&Kind::Or) {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Or(parts) })
    }

    fn and(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.unary()?];
        while !matches!(self.peek(), None | Some(Kind::Or | Kind::Close)) {
            self.take(&Kind::And);
            parts.push(self.unary()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::And(parts) })
    }

    fn unary(&mut self) -> Result<Node, QueryError> {
        let Some(token) = self.next() else {
            return Err(self.missing());
        };
        let span = token.span.clone();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(QueryError::new(span, "too many parentheses or negations inside each other"));
        }
        self.count(&span)?;
        let node = match &token.kind {
            Kind::Open => self.group(&span)?,
            Kind::Minus if self.tokens.get(self.at).is_none_or(|next| next.span.start > span.end) => {
                return Err(QueryError::new(span, "`-` stands directly before what is left out; in quotes it is text"));
            }
            Kind::Not | Kind::Minus => Node::Not(Box::new(self.unary()?)),
            Kind::Word { text, quoted, star } => {
                if text.is_empty() {
                    return Err(QueryError::new(span, "there is nothing between the quotation marks"));
                }
                if !quoted && text == "*" {
                    return Err(QueryError::new(span, "`*` stands behind the letters that a word begins with"));
                }
                if !quoted && let Some((key, value)) = lexer::unequal(text) {
                    return Err(self.unequal(span, key, value));
                }
                Node::Word(Word { text: text.clone(), prefix: *star, span: span.into() })
            }
            Kind::Flag(flag) => {
                let span = Span::from(span);
                Node::Term(Term { key: flag.clone(), tests: Vec::new(), key_span: span, span })
            }
            Kind::Key(key) => Node::Term(self.term(key, span.into())?),
            Kind::Unclosed => return Err(unclosed(token)),
            Kind::Close => return Err(QueryError::new(span, "something is missing before this `)`")),
            Kind::And | Kind::Or => {
                let word = if token.kind == Kind::And { "AND" } else { "OR" };
                return Err(QueryError::new(
                    span,
                    format!("something is missing before this {word}; in quotes it is text"),
                ));
            }
            // A value token only follows a key, and `term` takes them all.
            Kind::Colon | Kind::Compare(_) | Kind::Value { .. } | Kind::DotDot | Kind::Comma => {
                return Err(QueryError::new(span, "a key is missing before this"));
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    /// `key!=value`, with what to write instead; a value in quotes is the next token.
    fn unequal(&self, span: Range<usize>, key: &str, value: &str) -> QueryError {
        let behind = self.tokens.get(self.at).filter(|next| value.is_empty() && next.span.start == span.end);
        let (value, end) = match behind {
            Some(Token { kind: Kind::Word { text, .. }, span }) => (Value::literal(text).to_string(), span.end),
            _ => (value.to_owned(), span.end),
        };
        let error = QueryError::new(span.start..end, "`!` is no sign of the language; `-` before the key says not");
        if value.is_empty() { error } else { error.suggest(Some(format!("-{key}:{value}"))) }
    }

    fn count(&mut self, span: &Range<usize>) -> Result<(), QueryError> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(QueryError::new(span.clone(), format!("more than {MAX_PARTS} words and values")));
        }
        Ok(())
    }

    /// Behind `(`. Parentheses around one key are kept: they make a group (see the room's documentation).
    fn group(&mut self, open: &Range<usize>) -> Result<Node, QueryError> {
        if self.peek() == Some(&Kind::Close) {
            return Err(QueryError::new(
                open.start..self.tokens[self.at].span.end,
                "there is nothing in the parentheses",
            ));
        }
        let node = self.or()?;
        if !self.take(&Kind::Close) {
            return Err(QueryError::new(open.clone(), "this `(` is never closed"));
        }
        Ok(if matches!(node, Node::Term(_)) { Node::And(vec![node]) } else { node })
    }

    fn missing(&self) -> QueryError {
        let word = match self.at.checked_sub(1).map(|at| &self.tokens[at].kind) {
            Some(Kind::And) => "AND",
            Some(Kind::Or) => "OR",
            Some(Kind::Not) => "NOT",
            _ => return QueryError::new(self.end..self.end, "something is missing here"),
        };
        let end = self.last_end();
        QueryError::new(end - word.len()..end, format!("something is missing behind {word}; in quotes it is text"))
    }

    fn term(&mut self, key: &str, key_span: Span) -> Result<Term, QueryError> {
        if key.is_empty() {
            return Err(QueryError::new(key_span, "the key is empty"));
        }
        // `employees>50` is `employees:>50`.
        let head = match self.next().map(|token| &token.kind) {
            Some(Kind::Compare(comparison)) => Some(*comparison),
            _ => None,
        };
        let mut tests = vec![self.test(key, head)?];
        while self.take(&Kind::Comma) {
            let end = self.last_end();
            self.count(&(end - 1..end))?;
            tests.push(self.test(key, None)?);
        }
        if let Some(token @ Token { kind: Kind::Value { .. } | Kind::DotDot | Kind::Compare(_), .. }) =
            self.tokens.get(self.at)
        {
            return Err(QueryError::new(token.span.clone(), "a comma is missing between two values"));
        }
        let span = Span { start: key_span.start, end: self.last_end() };
        Ok(Term { key: key.to_owned(), tests, key_span, span })
    }

    fn test(&mut self, key: &str, comparison: Option<Comparison>) -> Result<Test, QueryError> {
        let comparison = match self.peek() {
            Some(Kind::Compare(other)) => {
                if comparison.is_some() {
                    let span = self.tokens[self.at].span.clone();
                    return Err(QueryError::new(span, "one comparison is enough"));
                }
                self.at += 1;
                Some(*other)
            }
            _ => comparison,
        };
        let from = self.value()?;
        if let Some(comparison) = comparison {
            return match from {
                Some(value) if self.peek() != Some(&Kind::DotDot) => Ok(Test::Compare(comparison, value)),
                Some(_) => Err(QueryError::new(
                    self.tokens[self.at].span.clone(),
                    "a range has no comparison; write either `a..b` or `>a`",
                )),
                None => Err(self.no_value(key, comparison.symbol())),
            };
        }
        if !self.take(&Kind::DotDot) {
            return from.map(Test::Is).ok_or_else(|| self.no_value(key, ":"));
        }
        match (from, self.value()?) {
            (None, None) => {
                let end = self.last_end();
                Err(QueryError::new(end - 2..end, "a range needs a beginning, an end, or both"))
            }
            (from, to) => Ok(Test::Range(from, to)),
        }
    }

    fn no_value(&self, key: &str, symbol: &str) -> QueryError {
        let end = self.last_end();
        QueryError::new(end..end, format!("a value is missing behind `{key}{symbol}`"))
    }

    fn value(&mut self) -> Result<Option<Value>, QueryError> {
        let Some(token) = self.tokens.get(self.at) else {
            return Ok(None);
        };
        match &token.kind {
            Kind::Value { text, quoted, before, after } => {
                self.at += 1;
                if *quoted && text.is_empty() {
                    return Err(QueryError::new(token.span.clone(), "there is nothing between the quotation marks"));
                }
                let (text, span) = (text.clone(), token.span.clone().into());
                Ok(Some(Value { text, quoted: *quoted, before: *before, after: *after, span }))
            }
            // Only directly behind, else it is a free phrase of its own that nobody closed.
            Kind::Unclosed if token.span.start == self.last_end() => Err(unclosed(token)),
            _ => Ok(None),
        }
    }
}

fn unclosed(token: &Token) -> QueryError {
    QueryError::new(token.span.clone(), "the closing quotation mark is missing")
}
