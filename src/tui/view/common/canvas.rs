//! Where everything is painted. Every text goes through [`visible`] here, so that nothing a stranger wrote can move the
//! cursor, and is cut to its place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cut::{cut, width};
use crate::domain::text::visible;
use crate::tui::theme::{Glyphs, Meaning, Theme};

/// A buffer with the theme at hand.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// Colours and symbols.
    pub theme: &'a Theme,
}

/// Title and frame of a pane.
pub struct Frame<'a> {
    /// At the left of the upper border.
    pub title: Line<'a>,
    /// At the right of the upper border.
    pub right: Line<'a>,
    /// At the right of the lower border.
    pub below: Line<'a>,
    /// It has the focus.
    pub focused: bool,
}

impl Canvas<'_> {
    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.theme.style(meaning)
    }

    /// The symbols.
    pub fn glyphs(&self) -> &Glyphs {
        &self.theme.glyphs
    }

    /// A piece of text with its meaning.
    pub fn span<'t>(&self, text: impl Into<std::borrow::Cow<'t, str>>, meaning: Meaning) -> Span<'t> {
        Span::styled(text, self.style(meaning))
    }

    /// Writes text into at most `columns`; returns the columns used.
    pub fn text(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return 0;
        }
        let columns = columns.min(area.right() - x);
        let text = cut(&visible(text), usize::from(columns), self.theme.glyphs.ellipsis);
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(columns), style);
        end.saturating_sub(x)
    }

    /// Writes text at the right end of `columns`.
    pub fn text_right(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) {
        let used = (width(&visible(text)) as u16).min(columns);
        self.text(x + columns - used, y, used, text, style);
    }

    /// Writes a line into at most `columns`, cut as a whole; returns the columns used.
    pub fn line(&mut self, x: u16, y: u16, columns: u16, line: &Line<'_>) -> u16 {
        let total: usize = line.spans.iter().map(|span| width(&visible(&span.content))).sum();
        let fits = total <= usize::from(columns);
        let mut used = 0;
        for span in &line.spans {
            let room = columns - used;
            let style = line.style.patch(span.style);
            let need = width(&visible(&span.content)) as u16;
            if need < room || fits {
                used += self.text(x + used, y, room, &span.content, style);
            } else {
                // The cut mark must stand even where this span alone would just fit.
                let text = format!("{}{}", span.content, " ".repeat(usize::from(room) + 1));
                return used + self.text(x + used, y, room, &text, style);
            }
        }
        used
    }

    /// Blanks. A wide character that reaches into the area from the left goes, too: it would hide the first column.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            if area.left() > self.buffer.area.left() && width(self.buffer[(area.left() - 1, y)].symbol()) > 1 {
                self.buffer[(area.left() - 1, y)].set_symbol(" ");
            }
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// A style over whatever stands there.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// A frame; returns what is inside.
    pub fn frame(&mut self, area: Rect, frame: &Frame<'_>) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect::default();
        }
        let style = self.style(if frame.focused { Meaning::BorderFocused } else { Meaning::Border });
        let set = self.theme.glyphs.border;
        let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
        for x in left + 1..right {
            self.buffer[(x, top)].set_symbol(set.horizontal_top).set_style(style);
            self.buffer[(x, bottom)].set_symbol(set.horizontal_bottom).set_style(style);
        }
        for y in top + 1..bottom {
            self.buffer[(left, y)].set_symbol(set.vertical_left).set_style(style);
            self.buffer[(right, y)].set_symbol(set.vertical_right).set_style(style);
        }
        let corners = [
            (left, top, set.top_left),
            (right, top, set.top_right),
            (left, bottom, set.bottom_left),
            (right, bottom, set.bottom_right),
        ];
        for (x, y, symbol) in corners {
            self.buffer[(x, y)].set_symbol(symbol).set_style(style);
        }
        let room = area.width - 2;
        let taken = self.edge(area.x + 1, top, room, &frame.title, false);
        self.edge(area.x + 1 + taken, top, room - taken, &frame.right, true);
        self.edge(area.x + 1, bottom, room, &frame.below, true);
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// A title on a border, with a blank on each side. One at the right is left out when it does not fit.
    fn edge(&mut self, x: u16, y: u16, columns: u16, line: &Line<'_>, right: bool) -> u16 {
        let need = line.spans.iter().map(|span| width(&visible(&span.content))).sum::<usize>() as u16;
        if need == 0 || columns < 4 || (right && need + 3 > columns) {
            return 0;
        }
        let used = need.min(columns - 3);
        let x = if right { x + columns - used - 3 } else { x };
        // The border's own style must not shine through.
        for cell in x..x + used + 2 {
            self.buffer[(cell, y)].reset();
        }
        self.line(x + 1, y, used, line);
        used + 2
    }

    /// A heading with a rule to the right end.
    pub fn rule(&mut self, x: u16, y: u16, columns: u16, heading: &Line<'_>) {
        let used = self.line(x, y, columns, heading);
        let style = self.style(Meaning::Border);
        for x in x + used + u16::from(used > 0)..x + columns {
            self.buffer[(x, y)].set_symbol(self.theme.glyphs.rule).set_style(style);
        }
    }
}
