//! The canonical text of a query: what `parse` reads back as the same tree.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Node, Query, Term, Test, Value, Word};
use super::lexer;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.root {
            None => Ok(()),
            Some(Node::And(parts)) if parts.len() > 1 => join(f, parts, " "),
            Some(Node::Or(parts)) => join(f, parts, " OR "),
            Some(node) => node.fmt(f),
        }
    }
}

/// As a part of something: with parentheses where they are needed.
impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => in_parentheses(f, parts, " "),
            Self::Or(parts) => in_parentheses(f, parts, " OR "),
            Self::Not(node) => write!(f, "-{node}"),
            Self::Word(word) => word.fmt(f),
            Self::Term(term) => term.fmt(f),
        }
    }
}

fn in_parentheses(f: &mut Formatter<'_>, parts: &[Node], between: &str) -> fmt::Result {
    f.write_char('(')?;
    join(f, parts, between)?;
    f.write_char(')')
}

/// AND binds closer than OR, so an AND inside an OR needs no parentheses, unless it is one key in parentheses.
fn join(f: &mut Formatter<'_>, parts: &[Node], between: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        match part {
            Node::And(inner) if between == " OR " && inner.len() > 1 => join(f, inner, " ")?,
            part => part.fmt(f)?,
        }
    }
    Ok(())
}

impl Display for Word {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        text(f, &self.text, !lexer::bare_word(&self.text))?;
        f.write_str(if self.prefix { "*" } else { "" })
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name_like = self.key.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && self.key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
        text(f, &self.key, !name_like)?;
        for (i, test) in self.tests.iter().enumerate() {
            f.write_char(if i == 0 { ':' } else { ',' })?;
            match test {
                Test::Is(value) => value.fmt(f)?,
                Test::Compare(comparison, value) => write!(f, "{}{value}", comparison.symbol())?,
                Test::Range(from, to) => {
                    from.iter().try_for_each(|value| value.fmt(f))?;
                    f.write_str("..")?;
                    to.iter().try_for_each(|value| value.fmt(f))?;
                }
            }
        }
        Ok(())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.before { "*" } else { "" })?;
        text(f, &self.text, self.quoted)?;
        f.write_str(if self.after { "*" } else { "" })
    }
}

fn text(f: &mut Formatter<'_>, text: &str, quoted: bool) -> fmt::Result {
    if !quoted {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
