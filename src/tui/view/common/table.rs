//! Rows in columns: the head, and one line for each visible row.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::columns::{Column, GAP};
use crate::tui::theme::Meaning;

/// Columns at the left of each row for cursor and mark.
pub const GUTTER: u16 = 3;

/// One cell.
pub struct Cell<'t> {
    /// What it says.
    pub text: Cow<'t, str>,
    /// What it means.
    pub meaning: Meaning,
}

impl<'t> Cell<'t> {
    /// A cell.
    pub fn new(text: impl Into<Cow<'t, str>>, meaning: Meaning) -> Self {
        Self { text: text.into(), meaning }
    }
}

/// How a row stands out.
#[allow(clippy::struct_excessive_bools)] // each says one thing, and all combinations occur
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// It is selected.
    pub cursor: bool,
    /// Its list has the focus.
    pub focused: bool,
    /// It is marked.
    pub marked: bool,
    /// Nobody has looked at it.
    pub unread: bool,
}

/// The heads; `sorted` is the column by which the rows are ordered, with its direction mark.
pub fn head(canvas: &mut Canvas<'_>, area: Rect, columns: &[Column<'_>], widths: &[u16], sorted: Option<(&str, &str)>) {
    let style = canvas.style(Meaning::Heading);
    let mut x = area.x + GUTTER;
    for (column, width) in columns.iter().zip(widths).filter(|(_, width)| **width > 0) {
        let title = match sorted {
            Some((title, mark)) if title == column.title && !title.is_empty() => format!("{title} {mark}"),
            _ => column.title.to_owned(),
        };
        if column.right {
            canvas.text_right(x, area.y, *width, &title, style);
        } else {
            canvas.text(x, area.y, *width, &title, style);
        }
        x += width + GAP;
    }
}

/// One row. The selected one of the focused list is one run of one style, which is also the fewest bytes.
pub fn row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: &[Column<'_>],
    widths: &[u16],
    cells: &[Cell<'_>],
    look: Look,
) {
    let lit = look.cursor && look.focused;
    let base = if lit { canvas.style(Meaning::Cursor) } else { Style::new() };
    if lit {
        canvas.tint(area, base);
    }
    let glyphs = *canvas.glyphs();
    if look.cursor {
        let style = if lit { base } else { canvas.style(Meaning::CursorAway) };
        canvas.text(area.x, area.y, 1, glyphs.cursor, style);
    }
    let (sign, meaning) = match look {
        Look { marked: true, .. } => (glyphs.mark, Meaning::Mark),
        Look { unread: true, .. } => (glyphs.unread, Meaning::Accent),
        _ => ("", Meaning::Text),
    };
    let style = if lit { base } else { canvas.style(meaning) };
    canvas.text(area.x + 1, area.y, 1, sign, style);
    let mut x = area.x + GUTTER;
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells).filter(|((_, width), _)| **width > 0) {
        let style = if lit { base } else { canvas.style(cell.meaning) };
        if column.right {
            canvas.text_right(x, area.y, *width, &cell.text, style);
        } else {
            canvas.text(x, area.y, *width, &cell.text, style);
        }
        x += width + GAP;
    }
}
