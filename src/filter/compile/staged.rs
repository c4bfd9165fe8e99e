//! Conditions in two steps: what the rows and their indexes tell, and what takes look-ups elsewhere.

use super::drivers::drivers;
use super::{Lead, Sql, Strategy, compile, condition, conjunction, contacts, without};
use crate::filter::condition::{ActivityTest, Bool, Leaf};
use crate::filter::context::List;
use crate::filter::text::Needle;

/// A condition in two steps: rows are found and ordered by the first, and only as many as are shown are looked at more
/// closely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Staged {
    /// What the rows and their indexes tell.
    pub find: Sql,
    /// What takes look-ups elsewhere for each row, if anything does.
    pub check: Option<Sql>,
    /// That asks for nothing of the row itself but its number and its contact's.
    pub apart: bool,
}

impl From<Sql> for Staged {
    fn from(find: Sql) -> Self {
        Self { find, ..Self::default() }
    }
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
        return compile(list, conjuncts, Strategy::Probe(probe)).into();
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
    let apart = !far.iter().any(|part| part.mentions(&|leaf| !is_apart(list, leaf)));
    let check = (!far.is_empty()).then(|| elsewhere(list, far));
    Staged { find, check, apart }
}

/// What is asked elsewhere. Where more than one word is, the texts are looked up once for all of them.
fn elsewhere(list: List, far: Vec<Bool<Leaf>>) -> Sql {
    let mut check = Sql::default();
    if far.iter().map(words_of).sum::<usize>() < 2 {
        conjunction(&mut check, list, &far, Lead::Pinned);
        return check;
    }
    let (texts, others): (Vec<_>, Vec<_>) = far.into_iter().partition(|part| words_of(part) > 0);
    if !others.is_empty() {
        conjunction(&mut check, list, &others, Lead::Pinned);
        check.push(" AND ");
    }
    check.push("EXISTS (SELECT 1 FROM (SELECT 1)");
    check.push(match list {
        List::Contacts => " LEFT JOIN contact_text person ON person.id = c.id WHERE ",
        List::Activities => {
            " LEFT JOIN activity_text own ON own.id = a.id LEFT JOIN contact_text person ON person.id = a.contact_id WHERE "
        }
    });
    conjunction(&mut check, list, &texts, Lead::Texts);
    check.push(")");
    check
}

/// A word in texts that are at hand ([`Lead::Texts`]).
pub(super) fn word(out: &mut Sql, list: List, needle: &Needle) {
    if list == List::Activities {
        out.push("(instr(own.text, ?) > 0 OR ");
        out.text(needle.as_str());
    }
    out.push("instr(person.text, ?) > 0");
    out.text(needle.as_str());
    if list == List::Activities {
        out.push(")");
    }
}

/// How many words it asks for.
fn words_of(part: &Bool<Leaf>) -> usize {
    match part {
        Bool::All(parts) | Bool::Any(parts) => parts.iter().map(words_of).sum(),
        Bool::Not(part) => words_of(part),
        Bool::Leaf(leaf) => usize::from(matches!(leaf, Leaf::Text(_))),
    }
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

/// See [`Staged::apart`].
fn is_apart(list: List, leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Text(_) | Leaf::Some(_) => true,
        Leaf::Contact(_) => list == List::Activities,
        Leaf::Activity(_) => false,
    }
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
