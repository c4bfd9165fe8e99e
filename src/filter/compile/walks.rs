//! Walks through a list in its order, and the contacts that are collected before one.

use super::{Lead, Sql, activities, conjunction, contacts, without};
use crate::filter::condition::{ActivityTest, Bool, ContactTest, Leaf};
use crate::filter::context::{List, Sort};

/// Steps of a walk that may be limited: the rows of `along` in the order of an index, and whether they satisfy the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// What an index, which also gives the order, finds; `1`: every row. Several: each has no row of another, and their
    /// rows are merged.
    pub along: Vec<Sql>,
    /// What is left of the condition.
    pub check: Sql,
    /// How long it takes to look whether a row satisfies that.
    pub step: Step,
}

/// What is looked at for each row on a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The index that gives the order.
    Index,
    /// First of all a small index of contacts.
    Fact,
    /// Rows, texts and other tables.
    Row,
}

impl Walk {
    /// True if it meets every row, whatever the condition.
    pub fn meets_all(&self) -> bool {
        matches!(self.along.as_slice(), [along] if along.text == "1")
    }
}

/// The walks in this order: along each index that answers a part of the condition, or else along the order's own.
/// `gathered`: for what is left of the condition, [`people`] are collected.
pub(in crate::filter) fn walks(list: List, conjuncts: &[Bool<Leaf>], sort: Sort, gathered: bool) -> Vec<Walk> {
    let walk = |led: Option<usize>, leads: &[Bool<Leaf>]| {
        let along = |lead: &Bool<Leaf>| {
            let mut along = Sql::default();
            conjunction(&mut along, list, std::slice::from_ref(lead), Lead::Sort(sort));
            along
        };
        let mut check = Sql::default();
        let rest = without(conjuncts, led.as_slice());
        conjunction(&mut check, list, &rest, if gathered { Lead::Gathered } else { Lead::Pinned });
        let step = step(list, led.map(|i| &conjuncts[i]), &rest, sort, gathered);
        Walk { along: leads.iter().map(along).collect(), check, step }
    };
    let walks = conjuncts.iter().enumerate().filter_map(|(i, part)| Some(walk(Some(i), &ordered(list, part, sort)?)));
    let walks: Vec<Walk> = walks.collect();
    if walks.is_empty() { vec![walk(None, &[Bool::All(Vec::new())])] } else { walks }
}

/// What tells first whether a row on a walk satisfies the rest.
fn step(list: List, led: Option<&Bool<Leaf>>, rest: &[Bool<Leaf>], sort: Sort, gathered: bool) -> Step {
    if gathered {
        return Step::Index;
    }
    if list == List::Activities && rest.iter().any(|part| fact(part).is_some()) {
        return Step::Fact;
    }
    // The index of kinds has nothing else.
    let by_kind = matches!(led, Some(Bool::Leaf(Leaf::Activity(ActivityTest::Kind(_)))));
    let elsewhere = |leaf: &Leaf| match leaf {
        Leaf::Activity(test) => by_kind || !activities::held(test),
        Leaf::Contact(test) if list == List::Contacts && sort == Sort::Name => !contacts::named(test),
        Leaf::Contact(test) if list == List::Contacts && led.and_then(fact).is_some() => !contacts::is_fact(test),
        Leaf::Contact(_) | Leaf::Text(_) | Leaf::Some(_) => true,
    };
    if rest.iter().any(|part| part.mentions(&elsewhere)) { Step::Row } else { Step::Index }
}

fn fact(part: &Bool<Leaf>) -> Option<&ContactTest> {
    match part {
        Bool::Leaf(Leaf::Contact(test)) if contacts::is_fact(test) => Some(test),
        _ => None,
    }
}

/// Contacts outside of which nothing satisfies a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// A `SELECT` of their ids.
    pub ids: Sql,
    /// They are an owner's, with some status: few, as a rule.
    pub of_owner: bool,
}

/// See [`super::Filter::people`].
pub(in crate::filter) fn people(list: List, conjuncts: &[Bool<Leaf>]) -> Option<People> {
    if list == List::Contacts {
        return Some(People { ids: activities::contacts_of(group(conjuncts)?)?, of_owner: false });
    }
    let facts: Vec<&ContactTest> = conjuncts.iter().filter_map(fact).collect();
    Some(People { ids: contacts::with_facts(&facts)?, of_owner: contacts::of_owner(&facts) })
}

/// What is asked of one activity of each contact, if that is the only such thing.
fn group(conjuncts: &[Bool<Leaf>]) -> Option<&Bool<ActivityTest>> {
    let mut groups = conjuncts.iter().filter_map(|part| match part {
        Bool::Leaf(Leaf::Some(group)) => Some(group),
        _ => None,
    });
    groups.next().filter(|_| groups.next().is_none())
}

/// The part as alternatives that exclude each other, if an index finds the rows of each in this order.
fn ordered(list: List, part: &Bool<Leaf>, sort: Sort) -> Option<Vec<Bool<Leaf>>> {
    let singles: Vec<Bool<Leaf>> = match (part, list) {
        (Bool::Leaf(Leaf::Contact(test)), List::Contacts) => {
            let singles = contacts::singles(test);
            let ordered = singles.iter().all(|test| contacts::indexed(test) && contacts::orders(test).contains(&sort));
            ordered.then_some(singles)?.into_iter().map(|test| Bool::Leaf(Leaf::Contact(test))).collect()
        }
        (Bool::Leaf(Leaf::Activity(test)), List::Activities) => {
            let singles = activities::singles(test);
            let ordered =
                singles.iter().all(|test| activities::indexed(test) && activities::orders(test).contains(&sort));
            ordered.then_some(singles)?.into_iter().map(|test| Bool::Leaf(Leaf::Activity(test))).collect()
        }
        _ => return None,
    };
    (1..=AT_ONCE).contains(&singles.len()).then_some(singles)
}

/// So many indexes at most are walked along side by side.
const AT_ONCE: usize = 10;
