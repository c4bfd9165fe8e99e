//! What each part of a query is, for the colours of the input. Works on any text, right or wrong.

use std::ops::Range;

use super::lexer::{self, Kind};

/// What a part of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A key, or a flag.
    Key,
    /// The `:` or comparison behind a key, `..`, `,`.
    Operator,
    /// A value.
    Value,
    /// A free word.
    Word,
    /// Free text in quotes.
    Phrase,
    /// AND, OR, NOT, `-`.
    Logic,
    /// `(` or `)`.
    Parenthesis,
    /// A quotation mark that is never closed, with what follows.
    Unclosed,
}

/// The parts of a text in order; blanks are in none.
pub fn highlight(text: &str) -> Vec<(Range<usize>, TokenKind)> {
    let kind = |kind: &Kind| match kind {
        Kind::Open | Kind::Close => TokenKind::Parenthesis,
        Kind::And | Kind::Or | Kind::Not | Kind::Minus => TokenKind::Logic,
        Kind::Word { quoted: true, .. } => TokenKind::Phrase,
        Kind::Word { .. } => TokenKind::Word,
        Kind::Flag(_) | Kind::Key(_) => TokenKind::Key,
        Kind::Colon | Kind::Compare(_) | Kind::DotDot | Kind::Comma => TokenKind::Operator,
        Kind::Value { .. } => TokenKind::Value,
        Kind::Unclosed => TokenKind::Unclosed,
    };
    lexer::tokens(text).into_iter().map(|token| (token.span, kind(&token.kind))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_kind() {
        let text = "mine -(status:a,\"b c\"* OR ana) employees>=5 start:..+7d \"two words\" \"open";
        let parts: Vec<_> = highlight(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect();
        let expected = [
            ("mine", TokenKind::Key),
            ("-", TokenKind::Logic),
            ("(", TokenKind::Parenthesis),
            ("status", TokenKind::Key),
            (":", TokenKind::Operator),
            ("a", TokenKind::Value),
            (",", TokenKind::Operator),
            ("\"b c\"*", TokenKind::Value),
            ("OR", TokenKind::Logic),
            ("ana", TokenKind::Word),
            (")", TokenKind::Parenthesis),
            ("employees", TokenKind::Key),
            (">=", TokenKind::Operator),
            ("5", TokenKind::Value),
            ("start", TokenKind::Key),
            (":", TokenKind::Operator),
            ("..", TokenKind::Operator),
            ("+7d", TokenKind::Value),
            ("\"two words\"", TokenKind::Phrase),
            ("\"open", TokenKind::Unclosed),
        ];
        assert_eq!(parts, expected);
    }
}
