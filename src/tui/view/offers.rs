//! What completion offers, below the line into which a filter is typed.

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::common::canvas::{Canvas, Frame};
use super::common::cut::width;
use crate::domain::text::visible;
use crate::filter::{Completion, CompletionKind};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;

/// So many are shown at once.
const MOST: u16 = 8;

/// Draws the offers below the cursor, or above it if there is more room.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect, cursor: Position) {
    let Some(input) = model.input.as_ref().filter(|input| !input.offers.is_empty()) else { return };
    let offers = &input.offers;
    let column = |text: fn(&Completion) -> &str, most: usize| {
        offers.iter().map(|offer| width(&visible(text(offer)))).max().unwrap_or(0).min(most) as u16
    };
    let (labels, details) = (column(|offer| &offer.label, 32), column(|offer| &offer.detail, 44));
    let gap = if details > 0 { 2 } else { 0 };
    let columns = (labels + gap + details + 4).min(body.width);
    let below = cursor.y + model.input_lines(input.pane()).max(1);
    let room = body.bottom().saturating_sub(below);
    let shown = (offers.len() as u16).min(MOST).min(room.saturating_sub(2));
    if shown == 0 || columns < 8 {
        return;
    }
    let typed = offers.first().map_or(0, |offer| width(input.text().get(offer.range.clone()).unwrap_or_default()));
    let x = cursor.x.saturating_sub(typed as u16 + 2).min(body.right() - columns).max(body.x);
    let area = Rect::new(x, below, columns, shown + 2);
    canvas.clear(area);
    let (at, height) = (input.chosen.unwrap_or(0), usize::from(shown));
    let top = at - at % height;
    let rest = offers.len().saturating_sub(top + height);
    let more = if rest > 0 { format!("{rest} more {}", canvas.glyphs().descending) } else { String::new() };
    let below = Line::from(canvas.span(more, Meaning::Dim));
    let frame = Frame { title: Line::default(), right: Line::default(), below, focused: true };
    let inner = canvas.frame(area, &frame);
    for (y, (index, offer)) in (inner.y..inner.bottom()).zip(offers.iter().enumerate().skip(top)) {
        let meaning = match offer.kind {
            CompletionKind::Key | CompletionKind::Field => Meaning::Key,
            CompletionKind::Value => Meaning::Accent,
            CompletionKind::Saved => Meaning::Strong,
        };
        let (style, dim) = (canvas.style(meaning), canvas.style(Meaning::Dim));
        let room = inner.width.saturating_sub(2);
        canvas.text(inner.x + 1, y, labels.min(room), &offer.label, style);
        let used = labels + gap;
        canvas.text(inner.x + 1 + used, y, room.saturating_sub(used), &offer.detail, dim);
        if input.chosen == Some(index) {
            let style = canvas.style(Meaning::Cursor);
            canvas.tint(Rect { y, height: 1, ..inner }, style);
        }
    }
}
