//! What a condition asks of the index of words.
//!
//! It names the rows whose texts may hold some words, in the order in which the two lists are read (migration 100): a
//! contact's place in it is by last interaction, an activity's by when it was last heard of. An activity's text there is
//! its own and its contact's.

use super::contacts;
use crate::filter::condition::{ActivityTest, Bool, Column, ContactTest, FieldTest, Leaf};
use crate::filter::context::{List, Sort};
use crate::filter::text::{Needle, SEARCHED};
use crate::filter::values::{Pattern, TextTest};

/// What to ask the index of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The FTS5 table. The lower 32 bits of a `rowid` are the row's number.
    pub index: &'static str,
    /// What every row of the condition, and perhaps some others, `MATCH`.
    pub query: String,
}

impl Words {
    /// The number of the row that the index names.
    pub fn row(&self) -> String {
        format!("{}.rowid & 4294967295", self.index)
    }
}

/// See [`crate::filter::Filter::words`].
pub(in crate::filter) fn words(list: List, conjuncts: &[Bool<Leaf>], sort: Sort) -> Option<Words> {
    let in_order = matches!((list, sort), (List::Contacts, Sort::Recent) | (List::Activities, Sort::Updated));
    in_order.then(|| all(list, conjuncts)).flatten()
}

/// All that the conjuncts say of the texts: of each that says such a thing, one needle at least. The index knows which
/// groups of three letters a text has, not where: the texts themselves tell the rest.
pub(super) fn all(list: List, conjuncts: &[Bool<Leaf>]) -> Option<Words> {
    let groups: Vec<Vec<Needle>> = conjuncts.iter().filter_map(|part| needles(list, part)).collect();
    let alternatives = |needles: &Vec<Needle>| {
        let each: Vec<String> = needles.iter().map(|needle| format!("({})", needle.trigrams())).collect();
        format!("({})", each.join(" OR "))
    };
    let query: Vec<String> = groups.iter().map(alternatives).collect();
    let index = match list {
        List::Contacts => "contact_search",
        List::Activities => "activity_search",
    };
    (!query.is_empty()).then(|| Words { index, query: query.join(" AND ") })
}

/// Words that are too short for the index, and would lead to rows if their trigrams were known.
pub(in crate::filter) fn short(part: &Bool<Leaf>) -> Vec<&str> {
    match part {
        Bool::Any(parts) => parts.iter().flat_map(short).collect(),
        Bool::Leaf(Leaf::Text(needle)) if needle.is_short() => vec![needle.as_str()],
        _ => Vec::new(),
    }
}

/// What the text of a row must hold one of, if the part says such a thing.
pub(super) fn needles(list: List, part: &Bool<Leaf>) -> Option<Vec<Needle>> {
    match part {
        Bool::Any(parts) if !parts.is_empty() => {
            let each: Option<Vec<Vec<Needle>>> = parts.iter().map(|part| needles(list, part)).collect();
            Some(each?.concat())
        }
        Bool::Leaf(Leaf::Text(needle)) => needle.indexed().then(|| vec![needle.clone()]),
        Bool::Leaf(Leaf::Contact(test)) => of_field(test),
        Bool::Leaf(Leaf::Activity(ActivityTest::Text(column, tests))) if list == List::Activities => {
            of_column(*column, tests)
        }
        _ => None,
    }
}

/// True if only words are asked for.
pub(in crate::filter) fn nothing_else(conjuncts: &[Bool<Leaf>]) -> bool {
    conjuncts.iter().all(|part| match part {
        Bool::Any(parts) => nothing_else(parts),
        part => matches!(part, Bool::Leaf(Leaf::Text(_) | Leaf::Activity(ActivityTest::Trash(_)))),
    })
}

/// True if the index of words has all that the part asks, but for where the letters stand.
pub(super) fn answered(part: &Bool<Leaf>) -> bool {
    match part {
        Bool::Any(parts) => !parts.is_empty() && parts.iter().all(answered),
        Bool::Leaf(Leaf::Text(needle)) => needle.indexed(),
        _ => false,
    }
}

fn of_field(test: &ContactTest) -> Option<Vec<Needle>> {
    let tests = match test {
        ContactTest::Field(field, tests) if SEARCHED.contains(field) && !contacts::indexed(test) => tests,
        ContactTest::Custom(_, tests) => tests,
        _ => return None,
    };
    let needle = |test: &FieldTest| match test {
        FieldTest::Text(pattern) => of_pattern(pattern),
        _ => None,
    };
    tests.iter().map(needle).collect::<Option<Vec<_>>>().filter(|needles| !needles.is_empty())
}

/// The source is not in the text: there are few, and all are common.
fn of_column(column: Column, tests: &[TextTest]) -> Option<Vec<Needle>> {
    let needle = |test: &TextTest| match test {
        TextTest::Like(pattern) => of_pattern(pattern),
        TextTest::None | TextTest::Any => None,
    };
    let needles = (column != Column::Source).then(|| tests.iter().map(needle).collect::<Option<Vec<_>>>()).flatten();
    needles.filter(|needles| !needles.is_empty())
}

/// Whatever matches a pattern folds to the same text.
fn of_pattern(pattern: &Pattern) -> Option<Needle> {
    Needle::of_value(&pattern.text).filter(Needle::indexed)
}
