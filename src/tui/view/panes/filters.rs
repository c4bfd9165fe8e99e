//! Presets and saved filters with their counts.

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::listing;
use crate::filter::List;
use crate::tui::glance;
use crate::tui::message::FilterId;
use crate::tui::model::filters::Entry;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, short_status};
use crate::tui::view::common::canvas::{Canvas, Frame};
use crate::tui::view::common::cut::{short, width};
use crate::tui::view::common::meter::{bar, sparkline};
use crate::tui::view::head::funnel;

/// A line of the pane.
enum Item {
    Heading(&'static str),
    Hint(&'static str),
    Filter(usize, Entry),
}

/// Draws the pane.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let focused = model.focus == Pane::Filters;
    let title = listing::title(canvas, Pane::Filters, focused);
    let inner = canvas.frame(area, &Frame { title, right: Line::default(), below: Line::default(), focused });
    let items = items(model);
    let selected =
        items.iter().position(|item| matches!(item, Item::Filter(index, _) if *index == model.filters.cursor));
    let height = usize::from(inner.height);
    let top = selected.map_or(0, |at| (at + 1).saturating_sub(height));
    // The heading above the first filter is shown with it.
    let top = if top == 1 { 0 } else { top };
    for (y, item) in (inner.y..inner.bottom()).zip(items.iter().skip(top)) {
        let line = Rect { y, height: 1, ..inner };
        match item {
            Item::Heading(text) => {
                let heading = Line::from(canvas.span(*text, Meaning::Heading));
                canvas.rule(inner.x + 1, y, inner.width.saturating_sub(2), &heading);
            }
            Item::Hint(text) => {
                let style = canvas.style(Meaning::Dim);
                canvas.text(inner.x + 3, y, inner.width.saturating_sub(4), text, style);
            }
            Item::Filter(index, entry) => filter(model, canvas, line, *index, entry),
        }
    }
    let used = items.len().saturating_sub(top) as u16;
    if used + FIGURES < inner.height {
        let area = Rect { y: inner.bottom() - FIGURES, height: FIGURES, ..inner };
        figures(model, canvas, Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area });
    }
    None
}

/// Lines of the figures at the bottom.
const FIGURES: u16 = 8;

/// Contacts by status as bars, and how busy the last days were: where people would rather look than read.
fn figures(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(overview) = &model.overview else { return };
    let heading = Line::from(canvas.span("People", Meaning::Heading));
    canvas.rule(area.x, area.y, area.width, &heading);
    let funnel = funnel(&overview.statuses);
    let most = funnel.iter().map(|(n, _)| *n).max().unwrap_or(0);
    let columns = usize::from(area.width.saturating_sub(4 + 7 + 1));
    for (y, (n, status)) in (area.y + 1..).zip(funnel) {
        let label = if status.is_some() { short_status(status) } else { "none" };
        let style = canvas.style(Meaning::of_status(status));
        canvas.text(area.x, y, 4, label, style);
        let bar =
            Line::from_iter(bar(canvas, n.unsigned_abs(), most.unsigned_abs(), columns, Meaning::of_status(status)));
        canvas.line(area.x + 5, y, columns as u16, &bar);
        let style = canvas.style(Meaning::Text);
        canvas.text_right(area.x, y, area.width, &short(n), style);
    }
    let today = model.glance.days.last().map(|n| format!(" {} today", short(i64::from(*n)))).unwrap_or_default();
    // As many days as there is room for beside the number, which is never cut.
    let room = usize::from(area.width).saturating_sub(width(&today));
    let days = glance::DAYS.min(room.saturating_sub(8));
    let days = Line::from(vec![
        canvas.span(format!("{days:>2} days "), Meaning::Heading),
        sparkline(canvas, &model.glance.days, days),
    ]);
    canvas.line(area.x, area.y + 7, room as u16, &days);
    let style = canvas.style(Meaning::Dim);
    canvas.text_right(area.x, area.y + 7, area.width, &today, style);
}

fn items(model: &Model) -> Vec<Item> {
    let entries = model.filters.entries();
    let mut items = Vec::with_capacity(entries.len() + 3);
    let mut heading = "";
    for (index, entry) in entries.into_iter().enumerate() {
        let wanted = if matches!(entry.id, FilterId::Preset(_)) { "Presets" } else { "Saved" };
        if heading != wanted {
            heading = wanted;
            items.push(Item::Heading(wanted));
        }
        items.push(Item::Filter(index, entry));
    }
    if model.filters.saved.is_empty() {
        items.push(Item::Heading("Saved"));
        items.push(Item::Hint("w saves a filter"));
    }
    items
}

fn filter(model: &Model, canvas: &mut Canvas<'_>, area: Rect, index: usize, entry: &Entry) {
    let (focused, cursor) = (model.focus == Pane::Filters, model.filters.cursor == index);
    let glyphs = *canvas.glyphs();
    let active = match entry.list {
        List::Contacts => model.contacts.filter == entry.query,
        List::Activities => model.activities.filter == entry.query,
    };
    let lit = focused && cursor;
    let style = |meaning| if lit { canvas.style(Meaning::Cursor) } else { canvas.style(meaning) };
    let (plain, dim, accent, away) =
        (style(Meaning::Text), style(Meaning::Dim), style(Meaning::Accent), style(Meaning::CursorAway));
    if lit {
        canvas.tint(area, plain);
    }
    if lit {
        canvas.text(area.x, area.y, 1, glyphs.cursor, away);
    }
    canvas.text(area.x + 1, area.y, 1, if active { glyphs.lamp } else { "" }, accent);
    let total = model.filters.totals.get(&entry.id).map(|total| listing::count(*total)).unwrap_or_default();
    let numbers = width(&total) as u16;
    let room = area.width.saturating_sub(3 + numbers + 2);
    let pin = entry.pin.map(|pin| format!("{pin} ")).unwrap_or_default();
    let used = canvas.text(area.x + 3, area.y, room, &pin, dim);
    canvas.text(area.x + 3 + used, area.y, room - used, &entry.name, if active { accent } else { plain });
    canvas.text_right(area.x + 3, area.y, area.width.saturating_sub(4), &total, dim);
}
