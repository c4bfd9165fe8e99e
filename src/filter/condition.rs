//! A query understood: keys and values are types, dates are moments. Compilation and evaluation both start from here.

use super::dates::Interval;
use super::text::Needle;
use super::values::{Bounds, Number, Pattern, TextTest, UserTest};
use crate::domain::{Field, FieldKind, Kind, State, Status};

/// A condition over leaves. `All` of nothing is true, `Any` of nothing is false.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bool<L> {
    All(Vec<Bool<L>>),
    Any(Vec<Bool<L>>),
    Not(Box<Bool<L>>),
    Leaf(L),
}

impl<L> Bool<L> {
    pub(super) const ALWAYS: Self = Self::All(Vec::new());

    /// The value when that of each leaf is known.
    pub(super) fn holds(&self, leaf: &impl Fn(&L) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(leaf)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(leaf)),
            Self::Not(part) => !part.holds(leaf),
            Self::Leaf(test) => leaf(test),
        }
    }

    /// True if a leaf satisfies `test`.
    pub(super) fn mentions(&self, test: &impl Fn(&L) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.mentions(test)),
            Self::Not(part) => part.mentions(test),
            Self::Leaf(leaf) => test(leaf),
        }
    }

    /// Calls something for each leaf.
    pub(super) fn each(&mut self, change: &mut impl FnMut(&mut L)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.each(change)),
            Self::Not(part) => part.each(change),
            Self::Leaf(leaf) => change(leaf),
        }
    }

    /// All of them, one alone without a shell.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    /// Any of them, one alone without a shell.
    pub(super) fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }
}

/// What can be asked of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    /// A word in the contact's text; on the activity list, or in the activity's own.
    Text(Needle),
    /// About the contact, or the activity's contact. An activity whose contact was deleted satisfies none.
    Contact(ContactTest),
    /// About the activity; on the activity list only.
    Activity(ActivityTest),
    /// The contact, or the activity's contact, has an activity with all this.
    Some(Bool<ActivityTest>),
}

/// A test of a contact: any of the values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ContactTest {
    Id(Vec<IdTest>),
    Status(Vec<StatusTest>),
    Owner(Vec<UserTest>),
    Source(Vec<TextTest>),
    Time(ContactTime, Vec<TimeTest>),
    Field(Field, Vec<FieldTest>),
    Custom(Custom, Vec<FieldTest>),
    /// Possibly the same person as another; within a reach, as another of these owners.
    Duplicate(Option<Vec<i64>>),
    Linked,
    Import(Vec<ImportTest>),
    Sync(Vec<SyncTest>),
}

/// A custom field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Custom {
    pub name: String,
    pub kind: FieldKind,
}

/// A test of an activity: any of the values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ActivityTest {
    Id(Vec<IdTest>),
    Kind(Vec<Kind>),
    State(Vec<State>),
    Host(Vec<UserTest>),
    Text(Column, Vec<TextTest>),
    Time(ActivityTime, Vec<TimeTest>),
    Unread(bool),
    Test(bool),
    Trash(Trash),
    Linked,
    Sync(Vec<SyncTest>),
}

/// Text of an activity that is kept in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Source,
    EventType,
    Bot,
    Form,
    Page,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmTerm,
    UtmContent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContactTime {
    Created,
    Updated,
    Interacted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActivityTime {
    Start,
    Created,
    Updated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trash {
    In,
    Out,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusTest {
    None,
    Any,
    Is(Status),
}

impl StatusTest {
    pub(super) fn matches(self, status: Option<Status>) -> bool {
        match self {
            Self::None => status.is_none(),
            Self::Any => status.is_some(),
            Self::Is(wanted) => status == Some(wanted),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeTest {
    None,
    Any,
    In(Interval),
}

impl TimeTest {
    pub(super) fn matches(self, ms: Option<i64>) -> bool {
        match self {
            Self::None => ms.is_none(),
            Self::Any => ms.is_some(),
            Self::In(interval) => ms.is_some_and(|ms| interval.contains(ms)),
        }
    }
}

/// A test of a field's value, by the field's kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldTest {
    None,
    Any,
    Text(Pattern),
    Number(Bounds<Number>),
    Bool(bool),
    /// Of a date and time.
    Moment(Interval),
    /// Of a date: first day, and the day behind the last, as ISO text.
    Day {
        from: Option<String>,
        to: Option<String>,
    },
    /// Of a time of day: `HH:MM:SS`.
    Clock(Bounds<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum IdTest {
    /// Our own number, and the text in which it was written.
    Number(i64, String),
    /// An id of the source (activities) or of Salesforce.
    Text(String),
}

impl IdTest {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Number(_, text) | Self::Text(text) => text,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ImportTest {
    pub id: Option<i64>,
    pub name: Pattern,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncTest {
    /// Neither linked nor waiting.
    None,
    /// Waits for the worker, or is with it.
    Pending,
    /// Linked, and nothing waits.
    Done,
    /// Waits for a person.
    Held,
    /// Held, or being tried again after a failure.
    Failed,
}
