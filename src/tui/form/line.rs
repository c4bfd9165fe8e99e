//! One line that is typed: what every input of one line has in common.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

/// A line with its cursor.
#[derive(Clone, Debug)]
pub struct InputLine(TextArea<'static>);

impl InputLine {
    /// With a text, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self(area)
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        self.0.lines().first().map_or("", String::as_str)
    }

    /// Characters before the cursor.
    pub fn cursor(&self) -> usize {
        self.0.cursor().1
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// A key; `false`: it does not edit.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down => false,
            KeyCode::Char('m' | 'M' | 'j' | 'J') if ctrl => false, // a new line, in other words
            KeyCode::Char('u' | 'U') if ctrl => self.0.delete_line_by_head(), // as in a shell; the widget would undo
            _ => {
                let before = (self.0.cursor(), self.text().to_owned());
                self.0.input(event) || before != (self.0.cursor(), self.text().to_owned())
            }
        }
    }

    /// Text was pasted: lines become one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.0.insert_str(one_line(text))
    }
}

/// Several lines as one: trimmed, and joined by blanks.
pub fn one_line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return text.to_owned();
    }
    text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
