//! The frame of dialogs and screens.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::{Canvas, Frame};
use super::cut::wrap;
use crate::tui::actions::{self, Action, Place};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;

/// A window of so many columns and lines in the middle, smaller if there is no room; returns what is inside.
pub fn window(canvas: &mut Canvas<'_>, body: Rect, size: (u16, u16), title: &str, below: &str) -> Rect {
    let (columns, lines) = ((size.0 + 4).min(body.width), (size.1 + 2).min(body.height));
    let area = Rect::new(body.x + (body.width - columns) / 2, body.y + (body.height - lines) / 2, columns, lines);
    let title = Line::from(canvas.span(title.to_owned(), Meaning::TitleFocused));
    let below = Line::from(canvas.span(below.to_owned(), Meaning::Dim));
    boxed(canvas, area, &Frame { title, right: Line::default(), below, focused: true })
}

/// The frame of a screen, over the whole body; returns what is inside.
pub fn full(canvas: &mut Canvas<'_>, body: Rect, title: &str, right: &str) -> Rect {
    let title = Line::from(canvas.span(title.to_owned(), Meaning::TitleFocused));
    let right = Line::from(canvas.span(right.to_owned(), Meaning::Text));
    boxed(canvas, body, &Frame { title, right, below: Line::default(), focused: true })
}

/// Words in place of rows, in as many lines as they need.
pub fn words(canvas: &mut Canvas<'_>, inner: Rect, text: &str) {
    let style = canvas.style(Meaning::Dim);
    let lines = wrap(text, usize::from(inner.width.saturating_sub(1)), 4, canvas.glyphs().ellipsis);
    for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
        canvas.text(inner.x + 1, y, inner.width.saturating_sub(1), line, style);
    }
}

fn boxed(canvas: &mut Canvas<'_>, area: Rect, frame: &Frame<'_>) -> Rect {
    canvas.clear(area);
    let inner = canvas.frame(area, frame);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// The keys that count at some places, with their hints: `y yes   n no`.
pub fn keys_line<'t>(model: &Model, canvas: &Canvas<'_>, places: &[Place]) -> Line<'t> {
    useful_keys_line(model, canvas, places, |_| true)
}

/// As [`keys_line`], without those that would do nothing now.
pub fn useful_keys_line<'t>(
    model: &Model,
    canvas: &Canvas<'_>,
    places: &[Place],
    useful: impl Fn(Action) -> bool,
) -> Line<'t> {
    let mut line = Line::default();
    for info in actions::at(places).filter(|info| !info.hint.is_empty() && useful(info.action)) {
        let key = model.keymap.key(info);
        if !key.is_empty() {
            line.push_span(canvas.span(key.to_owned(), Meaning::Key));
            line.push_span(canvas.span(format!(" {}   ", info.hint), Meaning::Dim));
        }
    }
    line
}
