//! Conditions in two steps: what the rows and their indexes tell, and what takes look-ups elsewhere.

use super::drivers::drivers;
use super::{Lead, Sql, Strategy, compile, condition, conjunction, contacts, without};
use crate::filter::condition::{ActivityTest, Bool, Leaf};
use crate::filter::context::List;

/// A condition in two steps: rows are found and ordered by the first, and only as many as are shown are looked at more
/// closely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Staged {
    /// What the rows and their indexes tell.
    pub find: Sql,
    /// What takes look-ups elsewhere for each row, if anything does.
    pub check: Option<Sql>,
}

impl Staged {
    /// Both steps as one condition.
    #[must_use]
    pub fn at_once(self) -> Sql {
        let mut all = self.find;
        if let Some(check) = self.check {
            all.push(" AND ");
            all.append(check);
        }
        all
    }
}

/// See [`crate::filter::Filter::lead`].
pub(in crate::filter) fn lead(list: List, conjuncts: &[Bool<Leaf>], probe: usize) -> Staged {
    let Some(driver) = drivers(list, conjuncts).into_iter().nth(probe) else {
        return Staged { find: compile(list, conjuncts, Strategy::Probe(probe)), check: None };
    };
    if let Some(people) = driver.people {
        let mut find = Sql::default();
        find.push("a.contact_id IN (");
        find.append(people);
        find.push(")");
        return two_steps(list, conjuncts, find, &driver.covers, is_far);
    }
    let Some(own) = driver.own else { return among(list, conjuncts, driver.ids, &driver.covers) };
    let mut find = Sql::default();
    condition(&mut find, list, &conjuncts[own], Lead::Free);
    two_steps(list, conjuncts, find, &[own], is_far)
}

/// The rows that `find` finds, which satisfy the conjuncts that are covered, as far as they satisfy the others.
fn two_steps(
    list: List,
    conjuncts: &[Bool<Leaf>],
    mut find: Sql,
    covers: &[usize],
    is_far: fn(List, &Leaf) -> bool,
) -> Staged {
    let rest = without(conjuncts, covers);
    let (far, near): (Vec<_>, Vec<_>) = rest.into_iter().partition(|part| part.mentions(&|leaf| is_far(list, leaf)));
    if !near.is_empty() {
        find.push(" AND ");
        conjunction(&mut find, list, &near, Lead::Pinned);
    }
    let check = (!far.is_empty()).then(|| {
        let mut check = Sql::default();
        conjunction(&mut check, list, &far, Lead::Pinned);
        check
    });
    Staged { find, check }
}

/// True if the row itself does not tell.
pub(super) fn is_far(list: List, leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Text(_) | Leaf::Some(_) => true,
        Leaf::Contact(test) => list == List::Activities || contacts::is_far(test),
        Leaf::Activity(test) => matches!(test, ActivityTest::Sync(_) | ActivityTest::Linked),
    }
}

/// The same where the row was looked up to put it in order: what its contact's small index knows is asked at once.
fn is_far_from_row(list: List, leaf: &Leaf) -> bool {
    is_far(list, leaf) && !matches!(leaf, Leaf::Contact(test) if contacts::is_fact(test))
}

/// The rows among `ids`, which satisfy the conjuncts that are covered, as far as they satisfy the others.
pub(super) fn among(list: List, conjuncts: &[Bool<Leaf>], ids: Sql, covers: &[usize]) -> Staged {
    let mut find = Sql::default();
    find.push(match list {
        List::Contacts => "c.id IN (",
        List::Activities => "a.id IN (",
    });
    find.append(ids);
    find.push(")");
    two_steps(list, conjuncts, find, covers, is_far_from_row)
}

/// The condition of the rows that a probe has found by their ids; without a probe, of any rows.
pub(in crate::filter) fn of_ids(list: List, conjuncts: &[Bool<Leaf>], probe: Option<usize>, ids: &[i64]) -> Staged {
    let mut found = Sql::default();
    found.push("SELECT value FROM json_each(?)");
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    found.text(format!("[{}]", ids.join(",")));
    let driver = probe.and_then(|probe| drivers(list, conjuncts).into_iter().nth(probe));
    among(list, conjuncts, found, &driver.map_or(Vec::new(), |driver| driver.covers))
}
