//! Conditions bound to columns: checked against the types once, then run for each record.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::SoqlError;
use super::ast::{Aggregate, Comparison, Condition, Literal, Operand, Set};
use super::bind::{Column, Source};
use super::dates::range;
use super::lexer::plain;
use super::run::semi_join;
use crate::sandbox::clock::{date_of, datetime_text, midnight};
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::FieldType;
use crate::sandbox::org::{Org, Place};

/// What a test looks at: a field of one record, or an aggregate of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A field.
    Column(Column),
    /// An aggregate.
    Aggregate(Aggregate, Option<Column>),
}

/// A bound condition.
#[derive(Debug)]
pub enum Predicate {
    /// All of these.
    All(Vec<Predicate>),
    /// One of these.
    Any(Vec<Predicate>),
    /// Not this.
    Not(Box<Predicate>),
    /// A test of one value.
    Test(Subject, Test),
}

/// A test of one value.
#[derive(Debug)]
pub enum Test {
    /// Null, or with `true` not null.
    Null(bool),
    /// Compared with a key.
    Compare(Comparison, Key),
    /// Within `[from, to)` of a date literal.
    Span(Comparison, Key, Key),
    /// A LIKE pattern.
    Like(Vec<Wild>),
    /// One of these, or with `true` none of them; the last says whether null is among them.
    In(HashSet<Key>, bool, bool),
    /// A multi-select picklist that holds one of these combinations.
    Includes(Vec<Vec<String>>, bool),
}

/// A value in the form in which values of its type are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Text in lower case; dates and times in their canonical form.
    Text(String),
    /// A number, by its bits.
    Number(u64),
    /// A truth value.
    Bool(bool),
}

/// A piece of a LIKE pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wild {
    /// This character.
    One(char),
    /// `_`
    Any,
    /// `%`
    Many,
}

/// Text fields compare without case, ids and dates as they are.
pub fn key_of(kind: FieldType, value: &Value) -> Option<Key> {
    match value {
        Value::String(text) if kind.is_text() => Some(Key::Text(text.to_lowercase())),
        Value::String(text) => Some(Key::Text(text.clone())),
        Value::Number(number) => number.as_f64().map(number_key),
        Value::Bool(value) => Some(Key::Bool(*value)),
        _ => None,
    }
}

fn number_key(number: f64) -> Key {
    // The two zeros are one number.
    Key::Number(if number == 0.0 { 0 } else { number.to_bits() })
}

/// The order of two keys of the same type.
pub fn compare_keys(left: &Key, right: &Key) -> Ordering {
    match (left, right) {
        (Key::Text(left), Key::Text(right)) => left.cmp(right),
        (Key::Number(left), Key::Number(right)) => f64::from_bits(*left).total_cmp(&f64::from_bits(*right)),
        (Key::Bool(left), Key::Bool(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

impl Subject {
    /// Binds an operand. Aggregates are allowed in HAVING and ORDER BY only.
    pub fn bind(source: Source<'_>, operand: &Operand, grouped: bool) -> Result<Self, SoqlError> {
        match operand {
            Operand::Field(path) => source.column(path).map(Self::Column),
            Operand::Function(function) if grouped => {
                let column = function.field.as_ref().map(|path| source.column(path)).transpose()?;
                Ok(Self::Aggregate(function.kind, column))
            }
            Operand::Function(function) => {
                Err(SoqlError::malformed("Aggregate functions are not allowed in this clause", function.at))
            }
        }
    }

    /// The type of its values.
    pub fn kind(&self) -> FieldType {
        match self {
            Self::Column(column) | Self::Aggregate(Aggregate::Min | Aggregate::Max, Some(column)) => column.kind,
            Self::Aggregate(Aggregate::Sum | Aggregate::Avg, _) => FieldType::Double,
            Self::Aggregate(..) => FieldType::Int,
        }
    }

    /// The value for a record, or for a group of them.
    pub fn key(&self, org: &Org, rows: &[Place]) -> Option<Key> {
        match self {
            Self::Column(column) => rows.first().and_then(|place| key_of(column.kind, &column.value(org, *place))),
            Self::Aggregate(kind, column) => {
                key_of(self.kind(), &super::groups::aggregate(org, *kind, column.as_ref(), rows))
            }
        }
    }
}

impl Predicate {
    /// Binds a condition.
    pub fn bind(source: Source<'_>, condition: &Condition, grouped: bool, all: bool) -> Result<Self, SoqlError> {
        let each = |list: &[Condition]| -> Result<Vec<Self>, SoqlError> {
            list.iter().map(|condition| Self::bind(source, condition, grouped, all)).collect()
        };
        Ok(match condition {
            Condition::And(list) => Self::All(each(list)?),
            Condition::Or(list) => Self::Any(each(list)?),
            Condition::Not(inner) => Self::Not(Box::new(Self::bind(source, inner, grouped, all)?)),
            Condition::Compare(operand, comparison, literal, at) => {
                let subject = filterable(source, operand, grouped)?;
                let test = comparison_test(source.org, &subject, *comparison, literal, *at)?;
                Self::Test(subject, test)
            }
            Condition::In(operand, negated, set) => {
                let subject = filterable(source, operand, grouped)?;
                let test = in_test(source, &subject, *negated, set, all)?;
                Self::Test(subject, test)
            }
            Condition::Includes(operand, negated, values) => {
                let subject = filterable(source, operand, grouped)?;
                let combinations =
                    values.iter().map(|value| value.split(';').map(|part| part.trim().to_lowercase()).collect());
                Self::Test(subject, Test::Includes(combinations.collect(), *negated))
            }
        })
    }

    /// Whether a record, or a group of them, satisfies it.
    pub fn matches(&self, org: &Org, rows: &[Place]) -> bool {
        match self {
            Self::All(list) => list.iter().all(|predicate| predicate.matches(org, rows)),
            Self::Any(list) => list.iter().any(|predicate| predicate.matches(org, rows)),
            Self::Not(inner) => !inner.matches(org, rows),
            Self::Test(subject, test) => test.holds(subject.key(org, rows)),
        }
    }
}

impl Test {
    /// Null equals nothing but null; `!=` and `NOT IN` let it pass.
    fn holds(&self, key: Option<Key>) -> bool {
        match (self, key) {
            (Self::Null(negated), key) => key.is_none() != *negated,
            (Self::In(set, negated, with_null), key) => {
                key.as_ref().map_or(*with_null, |key| set.contains(key)) != *negated
            }
            (Self::Compare(comparison, _) | Self::Span(comparison, ..), None) => *comparison == Comparison::NotEqual,
            (Self::Compare(comparison, wanted), Some(key)) => satisfies(*comparison, compare_keys(&key, wanted)),
            (Self::Span(comparison, from, to), Some(key)) => {
                let after_start = compare_keys(&key, from).is_ge();
                let before_end = compare_keys(&key, to).is_lt();
                match comparison {
                    Comparison::Equal => after_start && before_end,
                    Comparison::NotEqual => !(after_start && before_end),
                    Comparison::Less => !after_start,
                    Comparison::LessOrEqual => before_end,
                    Comparison::Greater => !before_end,
                    Comparison::GreaterOrEqual => after_start,
                    Comparison::Like => false,
                }
            }
            (Self::Like(pattern), Some(Key::Text(text))) => like(pattern, &text),
            (Self::Includes(combinations, negated), Some(Key::Text(text))) => {
                let chosen: HashSet<&str> = text.split(';').map(str::trim).collect();
                combinations.iter().any(|all| all.iter().all(|one| chosen.contains(one.as_str()))) != *negated
            }
            (Self::Includes(_, negated), None) => *negated,
            (Self::Like(_) | Self::Includes(..), _) => false,
        }
    }
}

fn satisfies(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Like => false,
    }
}

fn filterable(source: Source<'_>, operand: &Operand, grouped: bool) -> Result<Subject, SoqlError> {
    let subject = Subject::bind(source, operand, grouped)?;
    if let (Subject::Column(column), Operand::Field(path)) = (&subject, operand)
        && column.field(source.org).is_some_and(|field| !field.filterable())
    {
        let message = format!("field '{}' can not be filtered in a query call", column.name);
        return Err(SoqlError::at("INVALID_FIELD", message, path.at));
    }
    Ok(subject)
}

fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::Column(column) => column.full_name(),
        Subject::Aggregate(..) => "expr0".to_owned(),
    }
}

fn comparison_test(
    org: &Org,
    subject: &Subject,
    comparison: Comparison,
    literal: &Literal,
    at: usize,
) -> Result<Test, SoqlError> {
    let kind = subject.kind();
    let operator_error = || {
        let message = format!("invalid operator on {} field", kind.name());
        SoqlError::at("INVALID_QUERY_FILTER_OPERATOR", message, at)
    };
    let only_equality = matches!(kind, FieldType::Boolean | FieldType::MultiPicklist);
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if (only_equality && !is_equality) || (comparison == Comparison::Like && !kind.is_text()) {
        return Err(operator_error());
    }
    match literal {
        Literal::Null if is_equality => Ok(Test::Null(comparison == Comparison::NotEqual)),
        Literal::Null => Err(operator_error()),
        Literal::Text(pattern) if comparison == Comparison::Like => Ok(Test::Like(wildcards(pattern))),
        _ if comparison == Comparison::Like => Err(wrong_type(subject, at)),
        Literal::Range(word, count) if matches!(kind, FieldType::Date | FieldType::DateTime) => {
            let span = range(word, *count, date_of(org.now()));
            let (from, to) = span.ok_or_else(|| SoqlError::malformed(format!("{word} is out of range"), at))?;
            let key = |date| {
                Key::Text(if kind == FieldType::Date { format!("{date}") } else { datetime_text(midnight(date)) })
            };
            Ok(Test::Span(comparison, key(from), key(to)))
        }
        literal => Ok(Test::Compare(comparison, literal_key(subject, literal, at)?)),
    }
}

fn in_test(source: Source<'_>, subject: &Subject, negated: bool, set: &Set, all: bool) -> Result<Test, SoqlError> {
    let mut keys = HashSet::new();
    let mut with_null = false;
    match set {
        Set::List(list) => {
            for (literal, at) in list {
                match literal {
                    Literal::Null => with_null = true,
                    literal => {
                        keys.insert(literal_key(subject, literal, *at)?);
                    }
                }
            }
        }
        Set::Query(query) => {
            if !matches!(subject.kind(), FieldType::Id | FieldType::Reference) {
                let message =
                    format!("The left operand of a semi join must be an id or reference field: {}", name_of(subject));
                return Err(SoqlError::whole("MALFORMED_QUERY", message));
            }
            keys = semi_join(source.org, query, all)?;
        }
    }
    Ok(Test::In(keys, negated, with_null))
}

/// A literal in the form of the field's values, if it is of the field's type.
fn literal_key(subject: &Subject, literal: &Literal, at: usize) -> Result<Key, SoqlError> {
    let kind = subject.kind();
    match literal {
        Literal::Text(text) if kind.is_text() => Ok(Key::Text(plain(text).to_lowercase())),
        Literal::Text(text) if kind == FieldType::Time => Ok(Key::Text(plain(text))),
        Literal::Text(text) if matches!(kind, FieldType::Id | FieldType::Reference) => {
            let text = plain(text);
            let id = RecordId::parse(&text).ok_or_else(|| {
                SoqlError::at("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {text}"), at)
            })?;
            Ok(Key::Text(id.to_string()))
        }
        Literal::Number(number) if kind.is_number() => Ok(number_key(*number)),
        Literal::Bool(value) if kind == FieldType::Boolean => Ok(Key::Bool(*value)),
        Literal::Date(date) if kind == FieldType::Date => Ok(Key::Text(date.to_string())),
        Literal::DateTime(moment) if kind == FieldType::DateTime => Ok(Key::Text(datetime_text(*moment))),
        _ => Err(wrong_type(subject, at)),
    }
}

fn wrong_type(subject: &Subject, at: usize) -> SoqlError {
    let name = name_of(subject);
    let kind = subject.kind();
    let quotes = if kind.is_text() || kind.soap_type() == "tns:ID" { "should be" } else { "should not be" };
    let shown = kind.soap_type().rsplit(':').next().unwrap_or_default();
    let message =
        format!("value of filter criterion for field '{name}' must be of type {shown} and {quotes} enclosed in quotes");
    SoqlError::at("INVALID_FIELD", message, at)
}

/// Reads a pattern: `%` and `_` are wild unless a backslash stands before them.
pub fn wildcards(pattern: &str) -> Vec<Wild> {
    let mut out = Vec::new();
    let lower = pattern.to_lowercase();
    let mut chars = lower.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => Wild::One(chars.next().unwrap_or('\\')),
            '%' => Wild::Many,
            '_' => Wild::Any,
            c => Wild::One(c),
        });
    }
    out
}

/// Matches a pattern in linear space and, for one `%` after another, without exponential backtracking.
pub fn like(pattern: &[Wild], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Wild::Many) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(Wild::Any) => {
                p += 1;
                t += 1;
            }
            Some(Wild::One(c)) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|wild| *wild == Wild::Many)
}
