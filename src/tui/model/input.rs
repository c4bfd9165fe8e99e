//! One line to type into, and what it is for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

use super::Pane;
use crate::filter::{List, QueryError};

/// What the line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The filter of a list.
    Filter {
        /// The list.
        list: List,
        /// Its filter before.
        before: String,
        /// The name that filter had.
        name: Option<String>,
    },
    /// The name under which the filter of a list is saved.
    SaveFilter {
        /// The list.
        list: List,
    },
}

/// The line.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is for.
    pub purpose: Purpose,
    /// Why its text can not be taken.
    pub problem: Option<QueryError>,
    area: TextArea<'static>,
}

impl Input {
    /// A line that starts with a text.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self { purpose, problem: None, area }
    }

    /// The list whose pane it stands in.
    pub fn pane(&self) -> Pane {
        match self.purpose {
            Purpose::Filter { list, .. } | Purpose::SaveFilter { list } => Pane::of(list),
        }
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Place of the cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.area.cursor().1
    }

    /// A key that is no action here; `true`: the text changed. A line stays one line.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab => false,
            KeyCode::Char('m' | 'M') if ctrl => false,
            KeyCode::Char('u' | 'U') if ctrl => self.area.delete_line_by_head(), // as in a shell; the widget would undo
            _ => self.area.input(event),
        }
    }

    /// A paste: its lines become one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.area.insert_str(one_line(text))
    }
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_of_lines_is_one_line() {
        let mut input = Input::new(Purpose::SaveFilter { list: List::Contacts }, "a");
        assert!(input.paste("b\r\n c\n"));
        assert_eq!(input.text(), "ab c");
        assert_eq!(input.cursor(), 4);
    }
}
