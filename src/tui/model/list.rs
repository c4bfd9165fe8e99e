//! A virtual list: some pages of rows around the cursor, moved by keys of rows and never by offsets.
//!
//! Scrolling is aligned to pages: within a page only two rows of the screen change. The selection is kept by id when the
//! rows are read anew. At most one request is under way; each knows its generation, and late answers are dropped.

mod marks;

use std::collections::{BTreeMap, HashMap};

use crate::domain::ContactId;
use crate::store::{Anchor, Key, Window};
use marks::Range;

/// What a list must know of its rows.
pub trait Row {
    /// The row's number in the store.
    fn id(&self) -> i64;
    /// The contact it is about.
    fn contact_id(&self) -> Option<ContactId>;
}

/// Why rows were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// All anew: another filter, the top, the bottom, a remembered place.
    Replace,
    /// The same rows as they are now.
    Refresh,
    /// The page below.
    Append,
    /// The page above.
    Prepend,
}

/// What the cursor waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// Nothing: what is selected stays so.
    Nothing,
    /// The page into which it has already been moved.
    Page,
    /// Other rows altogether.
    Others,
}

/// A wish for rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Answers to another generation are dropped.
    pub generation: u64,
    /// Why.
    pub load: Load,
    /// Which.
    pub anchor: Anchor,
    /// How many at most.
    pub limit: usize,
}

/// The list.
#[allow(clippy::struct_excessive_bools)] // each says one thing, and all combinations occur
#[derive(Clone, Debug)]
pub struct List<T> {
    rows: Vec<(Key, T)>,
    before: bool,
    after: bool,
    top: usize,
    cursor: usize,
    height: usize,
    /// Rows that the cursor still has to move once they are here.
    owed: isize,
    marks: BTreeMap<i64, Option<ContactId>>,
    range: Option<Range>,
    /// The row that was changed last, while the cursor stays on it, and the rows that were below it at that moment.
    changed: Option<(i64, Vec<i64>)>,
    generation: u64,
    wanted: Option<Anchor>,
    select: Option<i64>,
    stale: bool,
    in_flight: Option<(Load, Anchor)>,
    loaded: bool,
}

/// The buffer is cut when it holds more pages than this.
const PAGES: usize = 7;
/// The least number of rows worth a request.
const LEAST: usize = 20;

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            before: false,
            after: false,
            top: 0,
            cursor: 0,
            height: 1,
            owed: 0,
            marks: BTreeMap::new(),
            range: None,
            changed: None,
            generation: 0,
            wanted: Some(Anchor::First),
            select: None,
            stale: false,
            in_flight: None,
            loaded: false,
        }
    }
}

impl<T: Row> List<T> {
    /// The visible rows.
    pub fn visible(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().skip(self.top).take(self.height).map(|(_, row)| row)
    }

    /// All rows at hand.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().map(|(_, row)| row)
    }

    /// The selected row.
    pub fn current(&self) -> Option<&T> {
        self.rows.get(self.cursor).map(|(_, row)| row)
    }

    /// A row at hand.
    pub fn get(&self, id: i64) -> Option<&T> {
        self.rows.iter().map(|(_, row)| row).find(|row| row.id() == id)
    }

    /// Place of the selected row among the visible ones.
    pub fn cursor_line(&self) -> usize {
        self.cursor.saturating_sub(self.top)
    }

    /// True if there are no rows, and it is known.
    pub fn is_known_empty(&self) -> bool {
        self.loaded && self.rows.is_empty()
    }

    /// True once rows were read.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// True while rows are being read.
    pub fn is_waiting(&self) -> bool {
        self.in_flight.is_some()
    }

    /// What the answer that is waited for is known by.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What the cursor waits for.
    pub fn coming(&self) -> Coming {
        match self.in_flight {
            _ if self.wanted.is_some() => Coming::Others,
            Some((Load::Replace, _)) => Coming::Others,
            Some(_) if self.owed != 0 => Coming::Page,
            _ => Coming::Nothing,
        }
    }

    /// True while the first row of the list is at hand.
    pub fn at_top(&self) -> bool {
        !self.before && self.top == 0
    }

    /// True while the last row of the list is on the screen.
    pub fn at_bottom(&self) -> bool {
        !self.after && self.top + self.height >= self.rows.len()
    }

    /// Key of the first visible row and id of the selected one: what a session remembers.
    pub fn place(&self) -> Option<(Key, i64)> {
        Some((self.rows.get(self.top)?.0.clone(), self.rows.get(self.cursor)?.1.id()))
    }

    /// How many rows the screen shows.
    pub fn set_height(&mut self, height: usize) {
        let height = height.max(1);
        if height != self.height {
            self.height = height;
            self.settle();
        }
    }

    /// Other rows altogether: from the top, with no marks.
    pub fn reset(&mut self) {
        self.marks.clear();
        self.range = None;
        self.want(Anchor::First, None);
    }

    /// The same rows in another order: from the top, with the marks.
    pub fn reorder(&mut self) {
        self.range = None;
        self.want(Anchor::First, None);
    }

    /// From a remembered place.
    pub fn restore(&mut self, top: Key, id: i64) {
        self.want(Anchor::From(top), Some(id));
    }

    /// As the list stood at another moment, with its marks and its place; what is under way for the present one is void,
    /// and the rows are read anew.
    pub fn go_back(&mut self, to: Self) {
        let (generation, height) = (self.generation + 1, self.height);
        *self = Self { generation, in_flight: None, stale: true, owed: 0, ..to };
        self.set_height(height);
    }

    fn want(&mut self, anchor: Anchor, select: Option<i64>) {
        self.changed = None;
        self.generation += 1;
        self.wanted = Some(anchor);
        self.select = select;
        self.in_flight = None;
        self.owed = 0;
    }

    /// The rows at hand may be out of date.
    pub fn mark_stale(&mut self) {
        self.stale = true;
    }

    /// Rows down (or up) the list.
    pub fn move_by(&mut self, delta: isize) {
        self.step(delta);
        self.extend_range();
    }

    fn step(&mut self, delta: isize) {
        self.changed = None;
        let goal = self.cursor as isize + delta;
        let last = self.rows.len() as isize - 1;
        let missing = match goal {
            goal if goal < 0 && self.before => goal,
            goal if goal > last && self.after => goal - last,
            _ => 0,
        };
        // Nobody holds a key for longer than a few pages between two answers of the store.
        let most = (self.height * 4) as isize;
        self.owed = missing.clamp(-most, most);
        self.cursor = goal.clamp(0, last.max(0)) as usize;
        if self.cursor >= self.top + self.height {
            self.top = self.cursor;
        } else if self.cursor < self.top {
            self.top = (self.cursor + 1).saturating_sub(self.height);
        }
        self.settle();
    }

    /// Pages down (or up), with the cursor on the same line of the screen.
    pub fn page(&mut self, down: bool, half: bool) {
        let by = if half { (self.height / 2).max(1) } else { self.height } as isize;
        let by = if down { by } else { -by };
        let before = self.top;
        self.step(by);
        if self.owed == 0 {
            let most = self.rows.len().saturating_sub(if self.after { 1 } else { self.height });
            self.top = (before as isize + by).clamp(0, most as isize) as usize;
            self.settle();
        }
        self.extend_range();
    }

    /// To the first row of all.
    pub fn first(&mut self) {
        if self.before {
            self.range = None;
            self.want(Anchor::First, None);
        } else {
            self.move_by(-(self.rows.len() as isize));
        }
    }

    /// To the last row of all.
    pub fn last(&mut self) {
        if self.after {
            self.range = None;
            self.want(Anchor::Last, None);
        } else {
            self.move_by(self.rows.len() as isize);
        }
    }

    /// The selected row was changed, which may move it or take it from the list: what is below it now is still what comes
    /// next ([`Self::to_next`]).
    pub fn note_change(&mut self) {
        let below = || self.rows.iter().skip(self.cursor + 1).map(|(_, row)| row.id()).collect();
        self.changed = self.current().map(|row| (row.id(), below()));
    }

    /// To the next row below that is not so; if none is at hand, a step down. After a change, that is below where the row
    /// was when it was changed, wherever it went since.
    pub fn to_next(&mut self, so: impl Fn(&T) -> bool) {
        let below = match &self.changed {
            Some((id, below)) if self.current().is_some_and(|row| row.id() == *id) => below.as_slice(),
            _ => &[],
        };
        let places = self.places();
        let known: Vec<usize> = below.iter().filter_map(|id| places.get(id).copied()).collect();
        let (rows, cursor) = (&self.rows, self.cursor);
        let from = known.last().map_or(cursor, |last| *last) + 1;
        let next = known.iter().copied().chain(from..rows.len()).find(|at| !so(&rows[*at].1));
        let next = next.or(known.last().copied()).map_or(1, |next| next as isize - cursor as isize);
        self.move_by(next);
    }

    fn settle(&mut self) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.top = self.top.min(self.cursor);
        if self.cursor >= self.top + self.height {
            self.top = self.cursor + 1 - self.height;
        }
        if !self.after {
            self.top = self.top.min(self.rows.len().saturating_sub(self.height));
        }
    }

    /// The next wish, if nothing is under way. `refresh`: rows may be read anew now.
    pub fn request(&mut self, refresh: bool) -> Option<Request> {
        if self.in_flight.is_some() {
            return None;
        }
        let (load, anchor, limit) = self.next_load(refresh)?;
        self.in_flight = Some((load, anchor.clone()));
        Some(Request { generation: self.generation, load, anchor, limit })
    }

    fn next_load(&mut self, refresh: bool) -> Option<(Load, Anchor, usize)> {
        let page = self.height.max(LEAST);
        if let Some(anchor) = self.wanted.take() {
            self.stale = false;
            return Some((Load::Replace, anchor, 2 * page));
        }
        if self.stale && refresh {
            self.stale = false;
            let limit = self.rows.len().max(2 * page);
            return Some(match self.rows.first() {
                Some((key, _)) if self.before => (Load::Refresh, Anchor::From(key.clone()), limit),
                _ => (Load::Refresh, Anchor::First, limit),
            });
        }
        let (first, last) = (self.rows.first()?.0.clone(), self.rows.last()?.0.clone());
        if self.after && self.rows.len() < self.top + 2 * self.height {
            Some((Load::Append, Anchor::After(last), page))
        } else if self.before && self.top < self.height {
            Some((Load::Prepend, Anchor::Before(first), page))
        } else {
            None
        }
    }

    /// Takes the answer; `false`: it came too late.
    pub fn receive(&mut self, generation: u64, load: Load, window: Window<T>) -> bool {
        if generation != self.generation {
            return false;
        }
        let asked = self.in_flight.take();
        self.loaded = true;
        match load {
            Load::Replace => self.replace(window, matches!(asked, Some((_, Anchor::Last)))),
            Load::Refresh => self.refresh(window),
            Load::Append => {
                self.rows.extend(window.rows);
                self.after = window.after;
            }
            Load::Prepend => {
                let added = window.rows.len();
                self.rows.splice(0..0, window.rows);
                self.top += added;
                self.cursor += added;
                self.before = window.before;
            }
        }
        // What was read anew is not the page that the cursor waits for.
        let waits = (self.owed > 0 && self.after) || (self.owed < 0 && self.before);
        if matches!(load, Load::Append | Load::Prepend) || !waits {
            let owed = std::mem::take(&mut self.owed);
            if owed != 0 && matches!(load, Load::Append | Load::Prepend) {
                self.move_by(owed);
            }
        }
        self.settle();
        self.trim();
        true
    }

    /// The request failed: the same is asked for again. Whoever calls this waits before the next [`Self::request`].
    /// `false`: nobody waits for it any more.
    pub fn failed(&mut self, generation: u64) -> bool {
        if generation != self.generation {
            return false;
        }
        self.owed = 0;
        match self.in_flight.take() {
            Some((Load::Replace, anchor)) => self.wanted = Some(anchor),
            Some((Load::Refresh, _)) => self.stale = true,
            Some((Load::Append | Load::Prepend, _)) | None => {}
        }
        true
    }

    fn replace(&mut self, window: Window<T>, at_end: bool) {
        self.set(window);
        self.cursor = match self.select.take() {
            Some(id) => self.index_of(id).unwrap_or(0),
            None if at_end => self.rows.len().saturating_sub(1),
            None => 0,
        };
        self.top = if at_end { self.rows.len().saturating_sub(self.height) } else { 0 };
    }

    /// The cursor stays on its row. If that is gone, it goes to the first row below it that is still there, whatever went
    /// with it and from wherever; else behind the last one above.
    fn refresh(&mut self, window: Window<T>) {
        let before: Vec<i64> = self.rows.iter().map(|(_, row)| row.id()).collect();
        let (line, at, was_at_top) = (self.cursor_line(), self.cursor.min(before.len()), self.at_top());
        self.set(window);
        if self.rows.is_empty() && self.before {
            // All that was at hand went, and there are rows above it.
            return self.want(Anchor::Last, None);
        }
        let places = self.places();
        let here = |id: &i64| places.get(id).copied();
        let found = before[at..].iter().find_map(here);
        let found = found.or_else(|| before[..at].iter().rev().find_map(here).map(|above| above + 1));
        self.cursor = found.unwrap_or(0);
        // What comes in above is shown as long as the selected row stays on the screen.
        let shows_top = was_at_top && self.cursor < self.height;
        self.top = if shows_top { 0 } else { self.cursor.saturating_sub(line) };
        self.settle();
        self.extend_range();
    }

    fn places(&self) -> HashMap<i64, usize> {
        self.rows.iter().enumerate().map(|(at, (_, row))| (row.id(), at)).collect()
    }

    fn set(&mut self, window: Window<T>) {
        self.rows = window.rows;
        self.before = window.before;
        self.after = window.after;
    }

    fn index_of(&self, id: i64) -> Option<usize> {
        self.rows.iter().position(|(_, row)| row.id() == id)
    }

    /// Forgets rows that are far from the screen; not while a range needs them.
    fn trim(&mut self) {
        let page = self.height.max(LEAST);
        if self.rows.len() <= PAGES * page || self.range.is_some() {
            return;
        }
        let from = self.top.saturating_sub(2 * page);
        let to = (self.top + 3 * page).min(self.rows.len());
        self.after |= to < self.rows.len();
        self.before |= from > 0;
        self.rows.truncate(to);
        self.rows.drain(..from);
        self.top -= from;
        self.cursor -= from;
    }
}

#[cfg(test)]
mod tests;
