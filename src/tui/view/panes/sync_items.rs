//! Queue items that wait for a person or for another try, and plain words about the selected one.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::salesforce::words;
use crate::store::{OutboxRow, OutboxState};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::wrap;
use crate::tui::view::common::table::{self, Cell, GUTTER, Look};
use crate::tui::when;

const COLUMNS: [Column<'static>; 8] = [
    Column::new("State", 10, 10, 9),
    Column::new("What", 18, 44, 10),
    Column::new("Cause", 9, 12, 3),
    Column::new("Object", 7, 8, 5),
    Column::new("Field", 8, 20, 6),
    Column::new("Code", 14, 36, 8),
    Column::new("Tries", 5, 5, 4).right(),
    Column::new("Next", 6, 6, 7).right(),
];

/// The meaning of an item's state.
pub fn meaning(state: OutboxState) -> Meaning {
    match state {
        OutboxState::Pending | OutboxState::Retry | OutboxState::InDoubt => Meaning::Warning,
        OutboxState::InFlight => Meaning::Info,
        OutboxState::Held => Meaning::Bad,
        OutboxState::Done => Meaning::Good,
        OutboxState::Skipped => Meaning::Dim,
    }
}

/// What an item says of its failure: what the code means, Salesforce's own words, what to do, what was noted.
pub fn explain(item: &OutboxRow) -> String {
    let known = item.code.as_deref().map(words);
    let mut parts: Vec<Cow<'_, str>> = known.as_ref().map(|words| words.meaning.into()).into_iter().collect();
    parts.extend(item.message.as_deref().filter(|text| !text.is_empty()).map(|text| format!("\"{text}\"").into()));
    parts.extend(known.as_ref().map(|words| words.remedy.into()));
    parts.extend(item.note.iter().map(Into::into));
    parts.join(" ")
}

/// Draws heads, rows and so many lines of words below.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, words: u16) {
    if area.height < 2 {
        return;
    }
    let heading = Line::from(canvas.span("Waiting for you, or for another try", Meaning::Heading));
    canvas.rule(area.x, area.y, area.width, &heading);
    let list = &model.sync.items;
    if list.current().is_none() {
        let text = if list.is_loaded() { "Nothing; all is well" } else { "Reading" };
        let style = canvas.style(Meaning::Dim);
        canvas.text(area.x + 2, area.y + 1, area.width.saturating_sub(2), text, style);
        return;
    }
    let shown = list.visible().enumerate().map(|(line, item)| (item, line == list.cursor_line()));
    let y = rows(model, canvas, Rect { y: area.y + 1, height: area.height - 1, ..area }, shown);
    let Some(item) = list.current() else { return };
    let top = area.bottom().saturating_sub(words).max(y);
    let place = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
    let ellipsis = canvas.glyphs().ellipsis;
    let text = explain(item);
    let text = if text.is_empty() { item.label.clone() } else { text };
    for (y, text) in
        (place.y..place.bottom()).zip(wrap(&text, usize::from(area.width.max(5)) - 2, usize::from(words), ellipsis))
    {
        let line = Line::from(vec![Span::raw("  "), canvas.span(text, meaning(item.state))]);
        canvas.line(area.x, y, area.width, &line);
    }
}

/// Head and rows of items, each with whether it is selected; returns the line below the last one.
pub fn rows<'i>(
    model: &Model,
    canvas: &mut Canvas<'_>,
    area: Rect,
    items: impl Iterator<Item = (&'i OutboxRow, bool)>,
) -> u16 {
    let area = Rect { x: area.x - 1, width: area.width + 2, ..area };
    let widths = widths(&COLUMNS, area.width.saturating_sub(GUTTER + 1));
    table::head(canvas, Rect { height: 1, ..area }, &COLUMNS, &widths, None);
    let mut y = area.y + 1;
    for (item, cursor) in items {
        if y >= area.bottom() {
            break;
        }
        let look = Look { cursor, focused: true, ..Look::default() };
        let cells = cells(model, item);
        table::row(canvas, Rect { y, height: 1, ..area }, &COLUMNS, &widths, &cells, look);
        y += 1;
    }
    y
}

fn cells<'t>(model: &Model, item: &'t OutboxRow) -> [Cell<'t>; 8] {
    let (now, zone) = (model.setup.now.at, &model.setup.time_zone);
    let text = |text: &'t Option<String>, meaning| Cell::new(text.as_deref().unwrap_or_default(), meaning);
    let next = match item.state {
        OutboxState::Retry | OutboxState::InDoubt | OutboxState::Pending => when::relative(item.next_at, now, zone),
        _ => String::new(),
    };
    [
        Cell::new(item.state.label(), meaning(item.state)),
        Cell::new(&*item.label, Meaning::Text),
        Cell::new(&*item.cause, Meaning::Dim),
        text(&item.object, Meaning::Text),
        text(&item.field, Meaning::Text),
        text(&item.code, Meaning::Dim),
        Cell::new(item.attempts.to_string(), Meaning::Dim),
        Cell::new(next, Meaning::Dim),
    ]
}
