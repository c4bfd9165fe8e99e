//! One line to type into, wherever one is needed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

use crate::tui::view::common::cut::width;

/// The line.
#[derive(Clone, Debug)]
pub struct LineInput(TextArea<'static>);

impl LineInput {
    /// A line that starts with a text.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self(area)
    }

    /// A line that starts with a text, the cursor behind so many characters.
    pub fn at(text: &str, cursor: usize) -> Self {
        let mut line = Self::new(text);
        line.0.move_cursor(CursorMove::Jump(0, u16::try_from(cursor).unwrap_or(u16::MAX)));
        line
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        self.0.lines().first().map_or("", String::as_str)
    }

    /// Place of the cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.0.cursor().1
    }

    /// Place of the cursor, in bytes.
    pub fn cursor_byte(&self) -> usize {
        self.text().char_indices().nth(self.cursor()).map_or(self.text().len(), |(at, _)| at)
    }

    /// Columns of the text that are hidden at the left, so that the cursor is visible in so many columns.
    pub fn hidden(&self, columns: u16) -> usize {
        let before: String = self.text().chars().take(self.cursor()).collect();
        let skip = width(&before).saturating_sub(usize::from(columns.saturating_sub(1)));
        let mut hidden = 0;
        for c in self.text().chars() {
            if hidden >= skip {
                break;
            }
            hidden += width(c.encode_utf8(&mut [0; 4]));
        }
        hidden
    }

    /// A key that is no action here; `true`: the text changed. A line stays one line.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab => false,
            KeyCode::Char('m' | 'M') if ctrl => false,
            KeyCode::Char('u' | 'U') if ctrl => self.0.delete_line_by_head(), // as in a shell; the widget would undo
            _ => self.0.input(event),
        }
    }

    /// A paste: its lines become one.
    pub fn paste(&mut self, text: &str) -> bool {
        self.0.insert_str(one_line(text))
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
        let mut input = LineInput::new("a");
        assert!(input.paste("b\r\n c\n"));
        assert_eq!(input.text(), "ab c");
        assert_eq!(input.cursor(), 4);
    }
}
