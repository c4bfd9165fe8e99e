//! How quickly rows are met on the ways through a list: the first steps on each tell which is the best.

use crate::filter::Step;

/// Ways through a list, all in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Along an index of rows: the walk with this number.
    Walk(usize),
    /// Along the index of words.
    Hits,
}

/// How long a step takes, roughly, in the time of half a step along an index that tells everything: some 0.1 us.
pub(super) fn cost(step: Step) -> u32 {
    match step {
        Step::Index => 2,
        Step::Fact => 10,
        Step::Row => 20,
    }
}

/// The same of a step along the index of words, which looks at a row and at texts.
pub(super) const HIT: u32 = 40;

/// What has come of the ways so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    tried: Vec<Tried>,
}

#[derive(Debug)]
struct Tried {
    way: Way,
    rows: usize,
    /// See [`cost`].
    cost: u32,
}

/// So many rows tell something.
const ENOUGH: usize = 5;

impl Pace {
    /// So many rows were met on a way, at such a cost.
    pub fn went(&mut self, way: Way, rows: usize, cost: u32) {
        let known = self.tried.iter_mut().find(|tried| tried.way == way);
        match known {
            Some(tried) => {
                tried.rows += rows;
                tried.cost = tried.cost.saturating_add(cost);
            }
            None => self.tried.push(Tried { way, rows, cost }),
        }
    }

    /// A way that is another one now.
    pub fn forget(&mut self, way: Way) {
        self.tried.retain(|tried| tried.way != way);
    }

    /// A way of which each step costs another part of what it did.
    pub fn changed(&mut self, way: Way, before: Step, after: Step) {
        for tried in self.tried.iter_mut().filter(|tried| tried.way == way) {
            tried.cost = tried.cost / cost(before) * cost(after);
        }
    }

    /// Those of the ways of which nothing is known.
    pub fn untried(&self, ways: &[Way]) -> Vec<Way> {
        ways.iter().copied().filter(|way| !self.tried.iter().any(|tried| tried.way == *way)).collect()
    }

    /// What so many more rows cost on the best of the ways, as far as is known.
    pub fn to_go(&self, rows: usize) -> u32 {
        let steps = |tried: &Tried| {
            let times = u32::try_from(rows.checked_div(tried.rows)?.saturating_add(1)).ok()?;
            Some(tried.cost.saturating_mul(times))
        };
        self.tried.iter().filter_map(steps).min().unwrap_or(u32::MAX)
    }

    /// Those of the ways that may be the best: it alone, as soon as it is known.
    pub fn worth(&self, ways: &[Way]) -> Vec<Way> {
        let rows: usize = self.tried.iter().map(|tried| tried.rows).sum();
        let slower =
            |a: &&Tried, b: &&Tried| (a.rows as u64 * u64::from(b.cost)).cmp(&(b.rows as u64 * u64::from(a.cost)));
        let best = self.tried.iter().filter(|tried| ways.contains(&tried.way)).max_by(slower);
        let best = best.filter(|_| rows >= ENOUGH).map(|tried| tried.way);
        ways.iter().copied().filter(|way| best.is_none_or(|best| best == *way)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_is_known_by_its_first_steps() {
        let (a, b, ways) = (Way::Walk(0), Way::Walk(1), [Way::Walk(0), Way::Walk(1), Way::Hits]);
        let mut pace = Pace::default();
        assert_eq!(pace.worth(&ways), ways);
        assert_eq!(pace.to_go(50), u32::MAX);
        pace.went(a, 1, 800);
        pace.went(b, 2, 800);
        assert_eq!(pace.worth(&ways), ways, "chance, perhaps");
        assert_eq!(pace.to_go(9), 800 * 5);
        pace.went(b, 8, 800);
        assert_eq!((pace.worth(&ways), pace.untried(&ways)), (vec![b], vec![Way::Hits]));
        pace.went(Way::Hits, 20, 800);
        assert_eq!((pace.worth(&ways), pace.untried(&ways)), (vec![Way::Hits], vec![]));
        assert_eq!(pace.to_go(10), 800);
        pace.forget(Way::Hits);
        assert_eq!((pace.worth(&ways), pace.untried(&ways)), (vec![b], vec![Way::Hits]));
        assert_eq!(pace.worth(&[a]), [a], "no other is open");
        pace.changed(a, Step::Row, Step::Index);
        assert_eq!(pace.worth(&ways), [a]);
        assert_eq!(pace.to_go(3), 80 * 4);
    }
}
