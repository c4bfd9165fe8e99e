//! The contact list.

use ratatui::layout::{Position, Rect};

use super::listing;
use crate::domain::Status;
use crate::store::{ContactOrder, ContactRow, Count};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, short_status};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::table::{self, Cell, GUTTER, Look};
use crate::tui::when;

const COLUMNS: [Column; 9] = [
    Column::new("Name", 14, 30, 10),
    Column::new("Status", 6, 6, 9),
    Column::new("Company", 10, 26, 6),
    Column::new("Email", 16, 34, 5),
    Column::new("Title", 12, 24, 2),
    Column::new("Phone", 13, 15, 1),
    Column::new("Owner", 8, 16, 3),
    Column::new("Seen", 6, 6, 8).right(),
    Column::new("", 1, 1, 7),
];
/// With this room the status is written out.
const LONG_STATUS: u16 = 96;

/// Draws the pane; returns the cursor if one types here.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let data = &model.contacts;
    // All contacts are counted exactly, as they come and go.
    let everyone = model.overview.as_ref().filter(|_| data.filter.is_empty());
    let total = everyone.map(|overview| Count { n: overview.statuses.total(), capped: false }).or(data.total);
    let (area, cursor) = listing::frame(model, canvas, area, Pane::Contacts, (data, total));
    let mut columns = COLUMNS;
    let long = area.width >= LONG_STATUS;
    if long {
        columns[1] = Column::new("Status", 19, 19, 9);
    }
    let time = match data.order.by {
        ContactOrder::Created => "Added",
        ContactOrder::Updated => "Changed",
        _ => "Seen",
    };
    columns[7].title = time;
    columns[7].least = columns[7].least.max(time.len() as u16 + 2);
    columns[7].most = columns[7].least;
    let widths = widths(&columns, area.width.saturating_sub(GUTTER + 1));
    let glyphs = *canvas.glyphs();
    let mark = if data.order.descending { glyphs.descending } else { glyphs.ascending };
    let sorted = if data.order.by == ContactOrder::Name { "Name" } else { time };
    table::head(canvas, area, &columns, &widths, Some((sorted, mark)));
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if data.list.current().is_none() {
        listing::nothing(canvas, rows, data, "contacts");
        return cursor;
    }
    for (line, row) in data.list.visible().enumerate().take(usize::from(rows.height)) {
        let look = Look {
            cursor: line == data.list.cursor_line(),
            focused: model.focus == Pane::Contacts,
            marked: data.list.marks().contains_key(&row.id),
            unread: row.unread,
        };
        let at = match data.order.by {
            ContactOrder::Created => row.created_at,
            ContactOrder::Updated => row.updated_at,
            _ => row.recent_at,
        };
        let cells = cells(model, row, long, &when::relative(at, model.setup.now.at, &model.setup.time_zone));
        let area = Rect { y: rows.y + line as u16, height: 1, ..rows };
        table::row(canvas, area, &columns, &widths, &cells, look);
    }
    cursor
}

fn cells<'t>(model: &Model, row: &'t ContactRow, long: bool, when: &str) -> [Cell<'t>; 9] {
    let plain = |text: &'t Option<String>| Cell::new(text.as_deref().unwrap_or_default(), Meaning::Text);
    let name = if row.name.is_empty() { "(nothing known)" } else { &row.name };
    let status = match (long, row.status) {
        (true, status) => status.map_or("", Status::label),
        (false, status) => short_status(status),
    };
    [
        Cell::new(name, if row.unread { Meaning::Unread } else { Meaning::Text }),
        Cell::new(status, Meaning::of_status(row.status)),
        plain(&row.company),
        Cell::new(row.email.as_deref().unwrap_or_default(), Meaning::Dim),
        plain(&row.job_title),
        Cell::new(row.phone.as_deref().unwrap_or_default(), Meaning::Dim),
        plain(&row.owner),
        Cell::new(when.to_owned(), Meaning::Dim),
        Cell::new(model.setup.theme.glyphs.sync(row.sync), Meaning::of_sync(row.sync)),
    ]
}
