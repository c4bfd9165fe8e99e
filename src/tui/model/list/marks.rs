//! Rows that are marked, one by one or as the cursor passes them, for what is done to many at once.

use std::collections::BTreeMap;

use super::{List, Row};
use crate::domain::ContactId;

/// Rows that the cursor marks as it passes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    anchor: i64,
    before: BTreeMap<i64, Option<ContactId>>,
}

impl<T: Row> List<T> {
    /// Marked rows by id, with their contacts.
    pub fn marks(&self) -> &BTreeMap<i64, Option<ContactId>> {
        &self.marks
    }

    /// True if all marked rows that are at hand are so, and there is one.
    pub fn all_marked(&self, so: impl Fn(&T) -> bool) -> bool {
        let mut marked =
            self.rows.iter().map(|(_, row)| row).filter(|row| self.marks.contains_key(&row.id())).peekable();
        marked.peek().is_some() && marked.all(so)
    }

    /// True while the cursor marks what it passes.
    pub fn in_range(&self) -> bool {
        self.range.is_some()
    }

    /// Marks the selected row or takes the mark off, and goes on to the next row.
    pub fn toggle_mark(&mut self) {
        let Some(row) = self.current() else { return };
        let (id, contact) = (row.id(), row.contact_id());
        if self.marks.remove(&id).is_none() {
            self.marks.insert(id, contact);
        }
        self.move_by(1);
    }

    /// Starts to mark every row that the cursor passes, or stops.
    pub fn toggle_range(&mut self) {
        if self.range.take().is_none() {
            let Some(row) = self.current() else { return };
            self.range = Some(Range { anchor: row.id(), before: self.marks.clone() });
            self.extend_range();
        }
    }

    /// Takes all marks off; `false`: there were none.
    pub fn clear_marks(&mut self) -> bool {
        let had = self.range.take().is_some() || !self.marks.is_empty();
        self.marks.clear();
        had
    }

    /// Marks what lies between the row where a range began and the cursor.
    pub(super) fn extend_range(&mut self) {
        let Some(range) = &self.range else { return };
        let Some(anchor) = self.rows.iter().position(|(_, row)| row.id() == range.anchor) else { return };
        let (from, to) = (anchor.min(self.cursor), anchor.max(self.cursor));
        self.marks = range.before.clone();
        self.marks.extend(self.rows[from..=to].iter().map(|(_, row)| (row.id(), row.contact_id())));
    }

    /// Marks these, with their contacts, and no others.
    pub fn set_marks(&mut self, marks: BTreeMap<i64, Option<ContactId>>) {
        self.range = None;
        self.marks = marks;
    }
}
