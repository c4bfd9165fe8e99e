//! The tree of a query, before it is known whether its names exist.

use jiff::Timestamp;
use jiff::civil::Date;

/// `Account.Owner.Name`, with its position in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The names between the dots; at least one.
    pub parts: Vec<String>,
    /// Where it begins, in characters.
    pub at: usize,
}

/// An aggregate function and what it works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Which one.
    pub kind: Aggregate,
    /// The field; none for `COUNT()`.
    pub field: Option<Path>,
    /// Where it begins.
    pub at: usize,
}

/// The aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // SOQL's own names
pub enum Aggregate {
    Count,
    CountDistinct,
    Min,
    Max,
    Sum,
    Avg,
}

/// One item of SELECT.
#[derive(Debug, Clone, PartialEq)]
pub enum Selected {
    /// A field, perhaps of a parent.
    Field(Path, Option<String>),
    /// An aggregate.
    Function(Function, Option<String>),
    /// `FIELDS(STANDARD)` and its kin.
    Fields(Scope, usize),
    /// `(SELECT … FROM Contacts)`
    Children(Box<Query>, usize),
}

/// What `FIELDS()` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // SOQL's own names
pub enum Scope {
    All,
    Standard,
    Custom,
}

/// What a condition or an order looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A field.
    Field(Path),
    /// An aggregate, in HAVING and ORDER BY.
    Function(Function),
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // what they say
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value in the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, with backslashes before `\`, `%` and `_`.
    Text(String),
    /// A date.
    Date(Date),
    /// A moment.
    DateTime(Timestamp),
    /// `TODAY`, `LAST_N_DAYS:7`: the name in capitals and its number.
    Range(String, Option<i64>),
}

/// The right side of IN.
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    /// Values.
    List(Vec<(Literal, usize)>),
    /// A semi-join.
    Query(Box<Query>),
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of these.
    And(Vec<Condition>),
    /// One of these.
    Or(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A comparison with a value; the number is the position of the value.
    Compare(Operand, Comparison, Literal, usize),
    /// `IN` and `NOT IN`.
    In(Operand, bool, Set),
    /// `INCLUDES` and `EXCLUDES` of a multi-select picklist.
    Includes(Operand, bool, Vec<String>),
}

/// One key of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// By what.
    pub by: Operand,
    /// `DESC`
    pub descending: bool,
    /// `NULLS LAST`
    pub nulls_last: bool,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// SELECT.
    pub select: Vec<Selected>,
    /// FROM: an object, or in a sub-select a relationship (perhaps `Account.Contacts`).
    pub from: Path,
    /// The alias of the object.
    pub alias: Option<String>,
    /// WHERE.
    pub condition: Option<Condition>,
    /// GROUP BY.
    pub group_by: Vec<Path>,
    /// HAVING.
    pub having: Option<Condition>,
    /// ORDER BY.
    pub order_by: Vec<Order>,
    /// LIMIT.
    pub limit: Option<usize>,
    /// OFFSET.
    pub offset: usize,
}

impl Query {
    /// `SELECT COUNT() FROM …`
    pub fn is_bare_count(&self) -> bool {
        matches!(self.select.as_slice(), [Selected::Function(Function { kind: Aggregate::Count, field: None, .. }, _)])
    }

    /// Whether the answer is made of groups, not of records.
    pub fn is_aggregate(&self) -> bool {
        !self.group_by.is_empty() || self.select.iter().any(|item| matches!(item, Selected::Function(..)))
    }
}
