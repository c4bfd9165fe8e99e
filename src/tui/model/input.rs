//! The line into which the filter of a list is typed.

use crossterm::event::KeyEvent;

use super::Pane;
use super::line::LineInput;
use crate::filter::{Completion, List, QueryError};

/// The filter that the line changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The list.
    pub list: List,
    /// Its filter before.
    pub before: String,
    /// The name that filter had.
    pub name: Option<String>,
}

/// The line.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is for.
    pub purpose: Purpose,
    /// Why its text can not be taken.
    pub problem: Option<QueryError>,
    /// Ways to go on that are offered.
    pub offers: Vec<Completion>,
    /// Which of them is selected.
    pub chosen: Option<usize>,
    line: LineInput,
}

impl Input {
    /// A line that starts with a text.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, problem: None, offers: Vec::new(), chosen: None, line: LineInput::new(text) }
    }

    /// The list whose pane it stands in.
    pub fn pane(&self) -> Pane {
        Pane::of(self.purpose.list)
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// The line itself.
    pub fn line(&self) -> &LineInput {
        &self.line
    }

    /// Puts a way to go on into the line; the cursor goes behind it.
    pub fn insert(&mut self, offer: &Completion) {
        let text = self.line.text();
        let (before, after) = (text.get(..offer.range.start), text.get(offer.range.end..));
        let (Some(before), Some(after)) = (before, after) else { return };
        let before = format!("{before}{}", offer.insert);
        self.line = LineInput::at(&format!("{before}{after}"), before.chars().count());
    }

    /// A key that is no action here; `true`: the text changed.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        self.line.key(event)
    }

    /// A paste: its lines become one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.line.paste(text)
    }
}
