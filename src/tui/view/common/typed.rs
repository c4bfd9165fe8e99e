//! A line into which something is typed.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::cut::width;
use crate::domain::text::visible;
use crate::filter::{TokenKind, highlight};
use crate::tui::model::line::LineInput;
use crate::tui::theme::Meaning;

/// Draws the part of a line around the cursor; returns where the cursor stands. Text that can not be shown as it is
/// takes the columns of what is shown instead.
pub fn typed(canvas: &mut Canvas<'_>, area: Rect, line: &LineInput) -> Position {
    let (cursor, _) = typed_part(canvas, area, line);
    cursor
}

/// As [`typed`], of a filter: each part in the style of what it is.
pub fn typed_query(canvas: &mut Canvas<'_>, area: Rect, line: &LineInput) -> Position {
    let (cursor, hidden) = typed_part(canvas, area, line);
    let text = line.text();
    let column = |byte: usize| {
        let columns = width(&visible(text.get(..byte).unwrap_or_default())).saturating_sub(hidden);
        (columns as u16).min(area.width)
    };
    for (range, kind) in highlight(text) {
        let meaning = match kind {
            TokenKind::Key => Meaning::Key,
            TokenKind::Value => Meaning::Accent,
            TokenKind::Logic | TokenKind::Operator | TokenKind::Parenthesis => Meaning::Dim,
            TokenKind::Unclosed => Meaning::Bad,
            TokenKind::Word | TokenKind::Phrase => continue,
        };
        let (from, to) = (column(range.start), column(range.end));
        let style = canvas.style(meaning);
        canvas.tint(Rect { x: area.x + from, width: to - from, height: 1, ..area }, style);
    }
    cursor
}

/// As [`typed`], and how many columns of the text are hidden at the left.
pub fn typed_part(canvas: &mut Canvas<'_>, area: Rect, line: &LineInput) -> (Position, usize) {
    let before: String = line.text().chars().take(line.cursor()).collect();
    let hidden = line.hidden(area.width);
    let mut passed = 0;
    let shown = line.text().chars().skip_while(|c| {
        let skipped = passed < hidden;
        passed += if skipped { width(c.encode_utf8(&mut [0; 4])) } else { 0 };
        skipped
    });
    let shown: String = shown.collect();
    let style = canvas.style(Meaning::Input);
    canvas.text(area.x, area.y, area.width, &shown, style);
    let column = (width(&before).saturating_sub(hidden) as u16).min(area.width);
    (Position::new(area.x + column, area.y), hidden)
}
