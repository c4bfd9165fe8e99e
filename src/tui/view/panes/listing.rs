//! What both lists have in common: title, input line, heads, and words when there is nothing to list.

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::domain::text::visible;
use crate::store::Count;
use crate::tui::model::input::MARK;
use crate::tui::model::list::{Coming, Row};
use crate::tui::model::{ListPane, Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::{Canvas, Frame};
use crate::tui::view::common::cut::{thousands, wrap};
use crate::tui::view::common::typed::typed_query;

/// The number and name of a pane, with the mark of the focus.
pub fn title<'t>(canvas: &Canvas<'_>, pane: Pane, focused: bool) -> Line<'t> {
    let meaning = if focused { Meaning::TitleFocused } else { Meaning::Title };
    let mark = if focused { canvas.glyphs().focus } else { "" };
    Line::from(vec![
        canvas.span(mark, meaning),
        canvas.span(pane.number().to_string(), if focused { meaning } else { Meaning::Dim }),
        canvas.span(format!(" {}", pane.label()), meaning),
    ])
}

/// `1,234`, or `10,000+` where counting stopped.
pub fn count(total: Count) -> String {
    format!("{}{}", thousands(total.n), if total.capped { "+" } else { "" })
}

/// Draws the frame and the input line; returns the place for heads and rows, and the cursor if one types here.
pub fn frame<T: Row, C>(
    model: &Model,
    canvas: &mut Canvas<'_>,
    area: Rect,
    pane: Pane,
    (data, total): (&ListPane<T, C>, Option<Count>),
) -> (Rect, Option<Position>) {
    let focused = model.focus == pane;
    let mut title = title(canvas, pane, focused);
    let dot = canvas.glyphs().dot;
    if let Some(name) = &data.name {
        title.push_span(canvas.span(format!(" {dot} "), Meaning::Dim));
        title.push_span(canvas.span(name.clone(), Meaning::Accent));
    } else if !data.filter.is_empty() {
        if let Some(base) = &data.base {
            title.push_span(canvas.span(format!(" {dot} {base} changed"), Meaning::Dim));
        }
        title.push_span(canvas.span(" / ", Meaning::Dim));
        title.push_span(canvas.span(data.filter.clone(), Meaning::Accent));
    }
    let mut right = Line::default();
    if !data.list.marks().is_empty() {
        let word = if data.list.in_range() { "marking" } else { "marked" };
        right.push_span(canvas.span(format!("{} {word}", thousands(data.list.marks().len() as i64)), Meaning::Mark));
        right.push_span(canvas.span(format!(" {dot} "), Meaning::Dim));
    }
    if data.list.is_loaded() && data.list.coming() == Coming::Others {
        // What is shown is not yet what was asked for.
        right.push_span(canvas.span(canvas.glyphs().ellipsis, Meaning::Info));
    } else if let Some(total) = total {
        right.push_span(canvas.span(count(total), Meaning::Text));
    }
    let below = match (data.list.at_top(), data.list.at_bottom()) {
        (true, true) => Line::default(),
        (false, true) => Line::from(canvas.span("end", Meaning::Dim)),
        (_, false) => Line::from(canvas.span(format!("more {}", canvas.glyphs().descending), Meaning::Dim)),
    };
    let inner = canvas.frame(area, &Frame { title, right, below, focused });
    let lines = model.input_lines(pane).min(inner.height);
    let cursor = (lines > 0).then(|| input(model, canvas, Rect { height: lines, ..inner })).flatten();
    (Rect { y: inner.y + lines, height: inner.height - lines, ..inner }, cursor)
}

/// The line into which a filter or a name is typed, and below it what is wrong.
fn input(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let input = model.input.as_ref()?;
    let style = canvas.style(Meaning::Key);
    canvas.text(area.x + 1, area.y, area.width.saturating_sub(1), "/ ", style);
    let (start, room) = (area.x + MARK, area.width.saturating_sub(MARK + 1));
    let line = Rect { x: start, width: room, height: 1, ..area };
    let cursor = typed_query(canvas, line, input.line());
    let ellipsis = canvas.glyphs().ellipsis;
    if let Some(explained) = input.explained(area.width, ellipsis).filter(|_| area.height > 1) {
        let style = canvas.style(Meaning::Bad);
        canvas.text(area.x + explained.caret, area.y + 1, 1, canvas.theme.glyphs.caret, style);
        let first = area.y + if explained.beside { 1 } else { 2 };
        for (y, words) in (first..area.bottom()).zip(&explained.lines) {
            canvas.text(area.x + explained.at, y, area.width.saturating_sub(explained.at), words, style);
        }
    }
    Some(cursor)
}

/// Words in place of rows, if there are none.
pub fn nothing<T: Row, C>(canvas: &mut Canvas<'_>, area: Rect, data: &ListPane<T, C>, what: &str) {
    let (text, meaning) = match &data.error {
        Some(error) => (error.clone(), Meaning::Bad),
        None if !data.list.is_loaded() => ("Reading".to_owned(), Meaning::Dim),
        None if data.filter.is_empty() => (format!("No {what} yet"), Meaning::Dim),
        None => (format!("No {what} match; esc shows everything"), Meaning::Dim),
    };
    let style = canvas.style(meaning);
    let top = area.y + u16::from(area.height > 2);
    let lines = wrap(&visible(&text), usize::from(area.width.saturating_sub(4)), 4, canvas.glyphs().ellipsis);
    for (y, line) in (top..area.bottom()).zip(&lines) {
        canvas.text(area.x + 3, y, area.width.saturating_sub(4), line, style);
    }
}
