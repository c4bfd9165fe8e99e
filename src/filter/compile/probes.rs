//! What is asked beforehand: how many rows each part of a condition yields, so that the list can begin with the fewest.

use super::drivers::{By, Driver, drivers};
use super::{Arg, Sql};
use crate::filter::condition::{Bool, Leaf};
use crate::filter::context::{List, Sort};

/// How many rows are few, for a [`Probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Where each row is looked at.
    pub rows: u32,
    /// Where the index that finds them has everything that is asked, their order, too: twenty times as quick.
    pub whole: u32,
    /// Where the index of words names them, which is sooner asked than any other; none: it is not asked, because a walk
    /// along what it finds is better ([`crate::filter::Filter::words`]).
    pub words: u32,
}

/// A question for the rows that one part of a condition yields, and how many of them are no longer few.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// One number: how many.
    Count(Sql, i64),
    /// Their ids, at most so many; fewer: that is all, see [`crate::filter::Filter::of_ids`]. To find them takes longer than to
    /// look at them, so it is not done twice.
    Ids(Sql, i64),
}

/// What to ask each probe; see [`crate::filter::Filter::probes`].
pub(in crate::filter) fn probes(
    list: List,
    conjuncts: &[Bool<Leaf>],
    sort: Option<Sort>,
    limits: Limits,
) -> Vec<Option<Probe>> {
    let (rows, words) = (i64::from(limits.rows), i64::from(limits.words));
    let drivers = drivers(list, conjuncts);
    let useful = |driver: &Driver| !sort.is_some_and(|sort| driver.orders.contains(&sort));
    let named = drivers.iter().any(|driver| driver.by == By::Name);
    let indexed = drivers.iter().any(|driver| matches!(driver.by, By::Index | By::Words) && useful(driver));
    let count = |driver: Driver| {
        let patient = rows >= if indexed { LAST } else { PATIENT };
        let unasked = match driver.by {
            By::Scan => !patient,
            By::Words => words == 0,
            By::Name | By::Index => false,
        };
        if sort.is_some() && (named || !useful(&driver) || unasked) {
            return None;
        }
        let mut out = Sql::default();
        if driver.by == By::Scan {
            // Beyond a few hundred, walking is quicker than reading everything for each page.
            let enough = rows.min(ENOUGH);
            out.append(driver.ids);
            out.push(" LIMIT +?");
            out.arg(Arg::Integer(enough));
            return Some(Probe::Ids(out, enough));
        }
        if driver.by == By::Words && words <= A_FEW {
            out.append(driver.ids);
            out.push(" LIMIT +?");
            out.arg(Arg::Integer(words));
            return Some(Probe::Ids(out, words));
        }
        let whole = sort.is_some_and(|sort| driver.whole.contains(&sort));
        let limit = match (driver.by, whole) {
            (By::Words, _) => words,
            // Those of each contact lie elsewhere.
            (_, true) if driver.people.is_some() => rows.max(i64::from(limits.whole) / 4),
            (_, true) => i64::from(limits.whole),
            (_, false) => rows,
        };
        let counted = |out: &mut Sql, ids: Sql, limit: i64| {
            out.push("(SELECT count(*) FROM (");
            out.append(ids);
            out.push(" LIMIT +?))");
            out.arg(Arg::Integer(limit));
        };
        out.push("SELECT ");
        if let Some(people) = driver.people.filter(|_| sort.is_some()) {
            // The activities of each lie elsewhere.
            let many = (limit / 4).max(1);
            out.push("CASE WHEN ");
            counted(&mut out, people, many);
            out.push(" < ? THEN ");
            out.arg(Arg::Integer(many));
            counted(&mut out, driver.ids, limit);
            out.push(" ELSE ? END");
            out.arg(Arg::Integer(limit));
        } else {
            counted(&mut out, driver.ids, limit);
        }
        Some(Probe::Count(out, limit))
    };
    drivers.into_iter().map(count).collect()
}

/// So many ids of words are worth keeping.
const A_FEW: i64 = 4_000;

/// A condition that reading a whole table finds so often is common enough to walk.
const ENOUGH: i64 = 500;

/// Whoever counts no further than this wants to know quickly, and reads no whole table for it.
const PATIENT: i64 = 10_000;

/// Where an index was of no help up to here, and walking found too little, a whole table is read before all of it is
/// walked through.
const LAST: i64 = 150_000;
