//! The activity stream.

use ratatui::layout::{Position, Rect};

use super::listing;
use crate::store::{ActivityOrder, ActivityRow};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, short_status};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::table::{self, Cell, GUTTER, Look};
use crate::tui::when;

const COLUMNS: [Column<'static>; 10] = [
    Column::new("", 1, 1, 8),
    Column::new("Name", 13, 24, 10),
    Column::new("Status", 6, 6, 6),
    Column::new("Subject", 12, 40, 7),
    Column::new("When", 12, 12, 8),
    Column::new("State", 11, 11, 9),
    Column::new("Email", 16, 30, 2),
    Column::new("Host", 8, 16, 3),
    Column::new("Seen", 6, 6, 5).right(),
    Column::new("", 1, 1, 5),
];
/// With this room meetings have their day and their end.
const LONG_WHEN: u16 = 110;

/// Draws the pane; returns the cursor if one types here.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let data = &model.activities;
    let (area, cursor) = listing::frame(model, canvas, area, Pane::Activities, (data, data.total));
    let mut columns = COLUMNS;
    let long = area.width >= LONG_WHEN;
    if long {
        columns[4] = Column::new("When", 22, 24, 8);
    }
    columns[8].title = "Heard";
    columns[8].least = 7;
    columns[8].most = 7;
    let widths = widths(&columns, area.width.saturating_sub(GUTTER + 1));
    let glyphs = *canvas.glyphs();
    let mark = if data.order.descending { glyphs.descending } else { glyphs.ascending };
    let sorted = if data.order.by == ActivityOrder::Start { "When" } else { "Heard" };
    table::head(canvas, area, &columns, &widths, Some((sorted, mark)));
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if data.list.current().is_none() {
        listing::nothing(canvas, rows, data, "activities");
        return cursor;
    }
    for (line, row) in data.list.visible().enumerate().take(usize::from(rows.height)) {
        let look = Look {
            cursor: line == data.list.cursor_line(),
            focused: model.focus == Pane::Activities,
            marked: data.list.marks().contains_key(&row.id),
            unread: row.unread,
        };
        let cells = cells(model, row, long);
        let area = Rect { y: rows.y + line as u16, height: 1, ..rows };
        table::row(canvas, area, &columns, &widths, &cells, look);
    }
    cursor
}

fn cells<'t>(model: &Model, row: &'t ActivityRow, long: bool) -> [Cell<'t>; 10] {
    let (now, zone, glyphs) = (model.setup.now.at, &model.setup.time_zone, &model.setup.theme.glyphs);
    let time = match row.start {
        Some(start) if long => when::range(start, row.end, now, zone, glyphs.dash),
        Some(start) => when::short(start, now, zone),
        None => String::new(),
    };
    let name = if row.name.is_empty() { row.email.as_deref().unwrap_or("(nobody)") } else { &row.name };
    let subject = row.subject.as_deref().unwrap_or_else(|| row.kind.label());
    let subject = match (row.test, row.trashed) {
        (_, true) => format!("[trash] {subject}").into(),
        (true, _) => format!("[test] {subject}").into(),
        _ => std::borrow::Cow::Borrowed(subject),
    };
    let state = Meaning::of_state(row.state);
    [
        Cell::new(glyphs.kind(row.kind), state),
        Cell::new(name, if row.unread { Meaning::Unread } else { Meaning::Text }),
        Cell::new(short_status(row.status), Meaning::of_status(row.status)),
        Cell { text: subject, meaning: Meaning::Text },
        Cell::new(time, if row.state.is_open_booking() { Meaning::Text } else { Meaning::Dim }),
        Cell::new(row.state.label(), state),
        Cell::new(row.email.as_deref().unwrap_or_default(), Meaning::Dim),
        Cell::new(row.user.as_deref().unwrap_or_default(), Meaning::Text),
        Cell::new(when::relative(row.updated_at, now, zone), Meaning::Dim),
        Cell::new(glyphs.sync(row.sync), Meaning::of_sync(row.sync)),
    ]
}
