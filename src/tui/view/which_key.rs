//! What may follow the keys typed so far.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::common::canvas::{Canvas, Frame};
use super::common::cut::{cut, width};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;

/// The narrowest column of keys with their words.
const NARROW: u16 = 18;

/// Draws it at the bottom of the body.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    let found = model.keymap.continuations(model.places(), &model.prefix.keys);
    let entries: Vec<_> = found.iter().map(|(keys, info)| (keys.to_string(), info.label)).collect();
    let keys = entries.iter().map(|(keys, _)| width(keys)).max().unwrap_or(0);
    let labels = entries.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
    let column = (keys + labels + 5) as u16;
    let columns = (body.width.saturating_sub(4) / column.max(1)).clamp(1, 4);
    // On a low screen words that are cut are better than keys that are not told.
    let need = (entries.len() as u16).div_ceil(body.height.saturating_sub(2).max(1));
    let columns = columns.max(need.min(body.width.saturating_sub(2) / NARROW));
    let column = column.min(body.width.saturating_sub(2) / columns.max(1));
    let rows = (entries.len() as u16).div_ceil(columns);
    let height = (rows + 2).min(body.height);
    let area = Rect { y: body.bottom() - height, height, ..body };
    canvas.clear(area);
    let typed = model.prefix.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let title = Line::from(canvas.span(format!("{typed} {}", canvas.glyphs().ellipsis), Meaning::TitleFocused));
    let hidden = (1..=columns)
        .map(|side| (side * rows).min(entries.len() as u16) - ((side - 1) * rows).min(entries.len() as u16));
    let hidden: u16 = hidden.map(|rows| rows.saturating_sub(height.saturating_sub(2))).sum();
    let below = if hidden > 0 { format!("{hidden} more in help  esc cancels") } else { "esc cancels".to_owned() };
    let below = Line::from(canvas.span(below, Meaning::Dim));
    let inner = canvas.frame(area, &Frame { title, right: Line::default(), below, focused: true });
    for (index, (name, label)) in entries.iter().enumerate() {
        let (side, row) = (index as u16 / rows.max(1), index as u16 % rows.max(1));
        if row >= inner.height {
            continue;
        }
        let (x, y) = (inner.x + 1 + side * column, inner.y + row);
        let room = inner.right().saturating_sub(x).min(column.saturating_sub(1));
        let style = canvas.style(Meaning::Key);
        canvas.text(x, y, room, name, style);
        let style = canvas.style(Meaning::Text);
        let room = room.saturating_sub(keys as u16 + 2);
        let label = cut(label, usize::from(room), canvas.glyphs().ellipsis);
        canvas.text(x + keys as u16 + 2, y, room, &label, style);
    }
}
