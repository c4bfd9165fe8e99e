//! A list with its filter and its order: what is asked of the store for it, and when.

use std::time::{Duration, Instant};

use super::list::{List, Request, Row};
use crate::store::{Count, Order};

/// After the first failure to read rows; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A list with its filter.
#[derive(Clone, Debug)]
pub struct ListPane<T, C> {
    /// The rows.
    pub list: List<T>,
    /// The filter in force.
    pub filter: String,
    /// The preset or saved filter that it is, if nobody changed it.
    pub name: Option<String>,
    /// The preset or saved filter that it was made from.
    pub base: Option<String>,
    /// The order in force.
    pub order: Order<C>,
    /// How many rows there are, once counted.
    pub total: Option<Count>,
    /// Grows with each filter, so that counts of an older one are dropped.
    pub generation: u64,
    /// When the typed filter is asked for.
    pub due: Option<Instant>,
    /// The rows are to be counted.
    pub uncounted: bool,
    /// Why the rows could not be read.
    pub error: Option<String>,
    /// How often they could not be read in a row.
    pub failures: u32,
    /// After a failure, rows are not asked for before.
    pub pause: Option<Instant>,
    /// How many statuses the store had taken when rows were asked for.
    seen: u64,
}

impl<T, C> ListPane<T, C> {
    /// All rows in an order, to be read.
    pub fn new(order: Order<C>) -> Self {
        let list = List::default();
        Self {
            list,
            filter: String::new(),
            name: None,
            base: None,
            order,
            total: None,
            generation: 0,
            due: None,
            uncounted: true,
            error: None,
            failures: 0,
            pause: None,
            seen: 0,
        }
    }
}

impl<T: Row, C> ListPane<T, C> {
    /// Another filter: rows from the top, once they are asked for. The old rows stay until the new ones are here.
    pub fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        self.generation += 1;
        self.total = None;
        self.uncounted = true;
        self.error = None;
        self.pause = None;
        self.list.reset();
    }

    /// As it was before its filter was changed: filter, order, rows, marks and place. The rows are read anew.
    pub fn go_back(&mut self, to: Self) {
        self.list.go_back(to.list);
        self.filter = to.filter;
        self.name = to.name;
        self.base = to.base;
        self.order = to.order;
        self.total = to.total;
        self.error = to.error;
        self.generation += 1;
        self.uncounted = true;
        self.due = None;
        self.pause = None;
    }

    /// What is to be read now, if rows may be asked for.
    pub fn request(&mut self, visible: bool, seen: u64, now: Instant) -> Option<Request> {
        if self.due.is_some_and(|due| due > now) || self.pause.is_some_and(|pause| pause > now) {
            return None;
        }
        let request = self.list.request(visible)?;
        self.seen = seen;
        Some(request)
    }

    /// How many statuses the store had taken when the rows were asked for.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Rows could not be read: not again before a pause, the longer the oftener that happens. Another filter does not
    /// wait for it. `false`: they were those of another filter or place, which nobody waits for any more.
    pub fn failed(&mut self, generation: u64, error: String, now: Instant) -> bool {
        let awaited = self.list.failed(generation);
        if awaited {
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST_PAUSE);
            self.error = Some(error);
            self.pause = Some(now + pause);
            self.failures += 1;
        }
        awaited
    }
}
