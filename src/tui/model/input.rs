//! The line into which the filter of a list is typed.

use crossterm::event::KeyEvent;

use super::line::LineInput;
use super::{ListPane, Pane};
use crate::filter::{Completion, List, QueryError};
use crate::store::{ActivityOrder, ActivityRow, ContactOrder, ContactRow};
use crate::tui::view::common::cut::{width, wrap};

/// Columns of the mark before the line.
pub const MARK: u16 = 3;
/// Lines of the reason below its caret, where it does not fit beside it.
const WORDS: usize = 3;

/// The filter that the line changes.
#[derive(Clone, Debug)]
pub struct Purpose {
    /// The list.
    pub list: List,
    /// All of the list as it was before.
    pub before: Before,
}

/// A list as it was: whoever leaves the line without keeping it finds marks, rows and place as they left them.
#[derive(Clone, Debug)]
pub enum Before {
    /// The contact list.
    Contacts(Box<ListPane<ContactRow, ContactOrder>>),
    /// The activity stream.
    Activities(Box<ListPane<ActivityRow, ActivityOrder>>),
}

/// Why a text can not be taken, laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The column of the caret, from the left of the pane.
    pub caret: u16,
    /// The column of the words.
    pub at: u16,
    /// The words stand beside the caret, not below it.
    pub beside: bool,
    /// The words.
    pub lines: Vec<String>,
}

impl Explained {
    /// Lines that it takes.
    pub fn height(&self) -> u16 {
        self.lines.len() as u16 + u16::from(!self.beside)
    }
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

    /// Why its text can not be taken, as it stands under the line in a pane of so many columns; `None`: it can.
    pub fn explained(&self, columns: u16, ellipsis: &str) -> Option<Explained> {
        let problem = self.problem.as_ref()?;
        let room = columns.saturating_sub(MARK + 1);
        let before = width(self.text().get(..problem.span.start).unwrap_or_default());
        let column = before.saturating_sub(self.line.hidden(room));
        let caret = MARK + (column as u16).min(room.saturating_sub(1));
        let message = problem.to_string();
        let need = width(&message) as u16;
        if caret + 2 + need <= columns {
            return Some(Explained { caret, at: caret + 2, beside: true, lines: vec![message] });
        }
        if need + 2 <= caret {
            return Some(Explained { caret, at: caret - need - 1, beside: true, lines: vec![message] });
        }
        let room = usize::from(columns.saturating_sub(2));
        let mut lines = wrap(&message, room, WORDS, ellipsis);
        // What to write instead is worth more than the rest of the reason.
        if let Some(instead) =
            problem.suggestion.as_ref().filter(|_| wrap(&message, room, WORDS + 1, ellipsis).len() > WORDS)
        {
            lines = wrap(&format!("did you mean `{instead}`? {}", problem.message), room, WORDS, ellipsis);
        }
        Some(Explained { caret, at: 1, beside: false, lines })
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
