//! The line into which the filter of a list is typed.

use crossterm::event::KeyEvent;

use super::Pane;
use super::line::LineInput;
use crate::filter::{List, QueryError};

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
    line: LineInput,
}

impl Input {
    /// A line that starts with a text.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, problem: None, line: LineInput::new(text) }
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

    /// A key that is no action here; `true`: the text changed.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        self.line.key(event)
    }

    /// A paste: its lines become one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.line.paste(text)
    }
}
