//! Values made tests: text patterns, bounds, users, ids.

use super::ast::{Comparison, Test, Value};
use super::error::QueryError;
use crate::domain::letters;

/// How a text must lie in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
}

/// A text test without regard to case and accents ([`letters`]).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    pub shape: Shape,
    pub text: String,
    /// Letters count as they are but for the case of those from a to z: addresses and numbers.
    pub exact: bool,
}

impl Pattern {
    /// Longer ones are taken as they are: SQLite has a limit on patterns.
    const LONGEST: usize = 200;

    pub(super) fn new(shape: Shape, text: &str) -> Self {
        Self { shape, text: text.to_owned(), exact: text.chars().nth(Self::LONGEST).is_some() }
    }

    pub(super) fn exact(shape: Shape, text: impl Into<String>) -> Self {
        Self { shape, text: text.into(), exact: true }
    }

    /// As it is written: stars say what may stand around it.
    pub(super) fn of(value: &Value) -> Self {
        let shape = match (value.before, value.after) {
            (false, false) => Shape::Equals,
            (false, true) => Shape::StartsWith,
            (true, false) => Shape::EndsWith,
            (true, true) => Shape::Contains,
        };
        Self::new(shape, &value.text)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let same = |(a, b): (&char, &char)| if self.exact { a.eq_ignore_ascii_case(b) } else { letters::same(*a, *b) };
        let (text, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), self.text.chars().collect());
        let begins = |text: &[char]| text.len() >= wanted.len() && text.iter().zip(&wanted).all(same);
        match self.shape {
            Shape::Equals => text.len() == wanted.len() && begins(&text),
            Shape::StartsWith => begins(&text),
            Shape::EndsWith => text.len() >= wanted.len() && begins(&text[text.len() - wanted.len()..]),
            Shape::Contains => (0..=text.len()).any(|at| begins(&text[at..])),
        }
    }

    /// What a text must be that has no letters but a to z; `None`: no such text matches.
    pub(super) fn plain(&self) -> Option<String> {
        if self.exact { Some(self.text.clone()) } else { self.text.chars().map(letters::plain).collect() }
    }

    /// The same for SQLite's GLOB, which knows sets of letters; `None`: there is nothing that [`Pattern::plain`] leaves out.
    pub(super) fn glob(&self) -> Option<String> {
        if self.exact || self.text.chars().all(|c| letters::alike(c).is_none()) && self.plain().is_some() {
            return None;
        }
        let (head, tail) = match self.shape {
            Shape::Equals => ("", ""),
            Shape::StartsWith => ("", "*"),
            Shape::EndsWith => ("*", ""),
            Shape::Contains => ("*", "*"),
        };
        let each = self.text.chars().map(|c| match (letters::alike(c), c) {
            (Some(letters), _) => format!("[{letters}]"),
            (None, '*' | '?' | '[') => format!("[{c}]"),
            (None, c) => c.to_string(),
        });
        Some(format!("{head}{}{tail}", each.collect::<String>()))
    }
}

/// A test of a text that may be unknown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextTest {
    None,
    Any,
    Like(Pattern),
}

impl TextTest {
    pub(super) fn matches(&self, text: Option<&str>) -> bool {
        match self {
            Self::None => text.is_none(),
            Self::Any => text.is_some(),
            Self::Like(pattern) => text.is_some_and(|text| pattern.matches(text)),
        }
    }

    pub(super) fn of(key: &str, test: &Test) -> Result<Self, QueryError> {
        let value = plain(key, test)?;
        Ok(match blank(value) {
            Some(true) => Self::None,
            Some(false) => Self::Any,
            None => Self::Like(Pattern::of(value)),
        })
    }
}

/// The value of a test that is neither a comparison nor a range.
pub(super) fn plain<'a>(key: &str, test: &'a Test) -> Result<&'a Value, QueryError> {
    match test {
        Test::Is(value) => Ok(value),
        Test::Compare(..) | Test::Range(..) => Err(QueryError::new(
            test.span(),
            format!("`{key}` has no order; write `{key}:value`, in quotes if need be"),
        )),
    }
}

/// `none` is true, `any` and `*` are false, other values are neither.
pub(super) fn blank(value: &Value) -> Option<bool> {
    match value {
        value if value.is_word("none") => Some(true),
        value if value.is_word("any") || value.is_star() => Some(false),
        _ => None,
    }
}

/// Yes or no.
pub(super) fn yes(value: &Value) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| value.is_word(word));
    if is(&["yes", "true", "1", "y"]) {
        Some(true)
    } else if is(&["no", "false", "0", "n"]) {
        Some(false)
    } else {
        None
    }
}

/// Two ends, each possibly open; the flag says whether the end itself is inside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bounds<T> {
    pub min: Option<(T, bool)>,
    pub max: Option<(T, bool)>,
}

impl<T: Clone + PartialOrd> Bounds<T> {
    /// The bounds that a test sets, its values read by `read`.
    pub(super) fn of(test: &Test, read: impl Fn(&Value) -> Result<T, QueryError>) -> Result<Self, QueryError> {
        Ok(match test {
            Test::Is(value) => {
                let value = read(value)?;
                Self { min: Some((value.clone(), true)), max: Some((value, true)) }
            }
            Test::Compare(comparison, value) => {
                let value = read(value)?;
                match comparison {
                    Comparison::Less => Self { min: None, max: Some((value, false)) },
                    Comparison::AtMost => Self { min: None, max: Some((value, true)) },
                    Comparison::Greater => Self { min: Some((value, false)), max: None },
                    Comparison::AtLeast => Self { min: Some((value, true)), max: None },
                }
            }
            Test::Range(from, to) => {
                let read = |end: &Option<Value>| end.as_ref().map(&read).transpose();
                let (from, to) = (read(from)?, read(to)?);
                if let (Some(from), Some(to)) = (&from, &to)
                    && from > to
                {
                    return Err(QueryError::new(test.span(), "this range ends before it begins"));
                }
                Self { min: from.map(|value| (value, true)), max: to.map(|value| (value, true)) }
            }
        })
    }

    pub(super) fn contains(&self, value: &T) -> bool {
        let above = |(min, inside): &(T, bool)| if *inside { value >= min } else { value > min };
        let below = |(max, inside): &(T, bool)| if *inside { value <= max } else { value < max };
        self.min.as_ref().is_none_or(above) && self.max.as_ref().is_none_or(below)
    }
}

/// A number, whole if it can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn real(self) -> f64 {
        match self {
            Self::Whole(n) => n as f64,
            Self::Real(n) => n,
        }
    }

    pub(super) fn read(key: &str, value: &Value) -> Result<Self, QueryError> {
        let number = (!value.before && !value.after)
            .then(|| match value.text.parse::<i64>() {
                Ok(n) => Some(Self::Whole(n)),
                Err(_) => value.text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Self::Real),
            })
            .flatten();
        number.ok_or_else(|| QueryError::new(value.span, format!("`{key}` is a number; `{}` is none", value.text)))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.partial_cmp(b),
            (a, b) => a.real().partial_cmp(&b.real()),
        }
    }
}

/// A test of a user.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum UserTest {
    None,
    Any,
    /// `me`, when nobody knows who that is.
    Nobody,
    /// The user of this number: what a role reaches.
    Id(i64),
    /// This address.
    Email(String),
    /// The source's id, a whole word of the name, or what stands before the `@`.
    Word(String),
    /// With stars: the address or the name.
    Like(Pattern),
}

impl UserTest {
    pub(super) fn of(key: &str, test: &Test, me: Option<&str>) -> Result<Self, QueryError> {
        let value = plain(key, test)?;
        if value.is_word("me") {
            return Ok(me.map_or(Self::Nobody, |me| Self::Email(me.to_owned())));
        }
        Ok(match blank(value) {
            Some(true) => Self::None,
            Some(false) => Self::Any,
            None if value.before || value.after => Self::Like(Pattern::of(value)),
            None if value.text.contains('@') => Self::Email(value.text.trim().to_lowercase()),
            None => Self::Word(value.text.trim().to_owned()),
        })
    }

    /// For [`UserTest::Word`]: within the name with a blank at either end, and at the head of the address.
    pub(super) fn word_patterns(word: &str) -> (Pattern, Pattern) {
        (Pattern::new(Shape::Contains, &format!(" {word} ")), Pattern::new(Shape::StartsWith, &format!("{word}@")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_know_no_case() {
        assert!(Pattern::new(Shape::Equals, "ACME as").matches("Acme AS"));
        assert!(Pattern::new(Shape::Equals, "ærlig as").matches("Ærlig AS"));
        assert!(Pattern::new(Shape::Equals, "ærlig as").matches("ÆRLIG AS"));
        assert!(Pattern::new(Shape::StartsWith, "øst").matches("Østfold"));
        assert!(!Pattern::new(Shape::Equals, "acme").matches("acme as"));
        assert!(Pattern::new(Shape::Contains, "me").matches("aCMEx"));
        assert!(Pattern::new(Shape::EndsWith, "@ACME.com").matches("a@acme.com"));
        assert!(Pattern::new(Shape::Equals, "zurich").matches("ZÜRICH"));
        assert!(Pattern::new(Shape::StartsWith, "ÖSTLAND").matches("Østland AS"));
        assert!(Pattern::new(Shape::Equals, "gazProm ГАЗ").matches("GAZpröm газ"));
        assert!(!Pattern::exact(Shape::Equals, "zurich").matches("zürich"));
    }

    #[test]
    fn a_glob_is_only_asked_where_letters_have_others() {
        assert_eq!(Pattern::new(Shape::Contains, "12*[").glob(), None);
        assert_eq!(Pattern::new(Shape::Equals, "12*[").plain().as_deref(), Some("12*["));
        assert_eq!(Pattern::new(Shape::Equals, "Zü").plain().as_deref(), Some("Zu"));
        assert_eq!(Pattern::new(Shape::Equals, "Æ").plain(), None);
        assert_eq!(Pattern::new(Shape::StartsWith, "李*").glob().as_deref(), Some("李[*]*"));
    }

    #[test]
    fn numbers_keep_their_order() {
        let between = Bounds { min: Some((Number::Whole(5), false)), max: Some((Number::Real(6.5), true)) };
        assert!(!between.contains(&Number::Whole(5)));
        assert!(between.contains(&Number::Whole(6)));
        assert!(between.contains(&Number::Real(6.5)));
        assert!(!between.contains(&Number::Whole(7)));
    }
}
