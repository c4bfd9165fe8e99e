//! Templates: text with references between braces. `{{` and `}}` are braces themselves.

use std::ops::Range;

use super::source::Scope;
use super::token::{DATE_REFERENCES, Token, TokenError};
use super::value::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text that stands for itself.
    Text(String),
    /// What is replaced by a value.
    Token(Token),
}

/// Why a template cannot be understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {column}: {fault}")]
pub struct TemplateError {
    /// What is wrong, in bytes of the text; on character boundaries, never empty.
    pub span: Range<usize>,
    /// Where it begins, in characters, from 1.
    pub column: usize,
    /// Why.
    pub fault: TemplateFault,
}

/// Why a template cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// `{` without `}`.
    #[error("this `{{` is never closed; a brace that stands for itself is written `{{{{`")]
    Unclosed,
    /// `}` without `{`.
    #[error("this `}}` closes nothing; a brace that stands for itself is written `}}}}`")]
    Stray,
    /// `{` between braces.
    #[error("a `{{` cannot stand inside another; the one before it is not closed")]
    Nested,
    /// Between the braces stands no name of anything.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Template {
    /// Reads a template. Cal.com's date references may stand without braces when they are all there is.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some((_, part)) = DATE_REFERENCES.iter().find(|(name, _)| *name == text.trim()) {
            return Ok(Self { parts: vec![Part::Token(Token::Booking(*part))] });
        }
        let error = |span: Range<usize>, fault: TemplateFault| TemplateError {
            column: 1 + text[..span.start].chars().count(),
            span,
            fault,
        };
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['{', '}']) {
            let brace = at + found;
            plain.push_str(&text[at..brace]);
            let rest = &text[brace..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push_str(&rest[..1]);
                at = brace + 2;
                continue;
            }
            if rest.starts_with('}') {
                return Err(error(brace..brace + 1, TemplateFault::Stray));
            }
            let Some(end) = rest.find('}') else {
                return Err(error(brace..brace + 1, TemplateFault::Unclosed));
            };
            let inner = &rest[1..end];
            if let Some(nested) = inner.find('{') {
                let nested = brace + 1 + nested;
                return Err(error(nested..nested + 1, TemplateFault::Nested));
            }
            at = brace + end + 1;
            let token = Token::parse(inner).map_err(|fault| error(brace..at, fault.into()))?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Token(token));
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The text of a template without references.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference that is all there is, whose value keeps its type.
    pub fn single(&self) -> Option<&Token> {
        match self.parts.as_slice() {
            [Part::Token(token)] => Some(token),
            _ => None,
        }
    }

    /// Every reference, in order.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.parts.iter().filter_map(|part| match part {
            Part::Token(token) => Some(token),
            Part::Text(_) => None,
        })
    }

    /// The value; `Err` names the first reference that yields nothing, or `None` when the whole is blank.
    ///
    /// One missing value makes the whole missing: half a sentence in Salesforce is worse than none, and the raw
    /// reference worse still (Cal.com writes it).
    pub fn fill(&self, scope: &Scope<'_>) -> Result<Value, Option<&Token>> {
        if let Some(token) = self.single() {
            return scope.value(token).ok_or(Some(token));
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Token(token) => text.push_str(&scope.value(token).ok_or(Some(token))?.text(scope.zone())),
            }
        }
        Value::of_text(&text).ok_or(None)
    }
}
