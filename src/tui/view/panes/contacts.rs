//! The contact list.

use ratatui::layout::{Position, Rect};

use super::listing;
use crate::domain::{Field, FieldKey, FieldValue, Status};
use crate::store::{ContactOrder, ContactRow, Count};
use crate::tui::model::columns::Shown;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, short_status};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::table::{self, Cell, GUTTER, Look};
use crate::tui::when;

/// With this room the status is written out.
const LONG_STATUS: u16 = 96;

/// Draws the pane; returns the cursor if one types here.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let data = &model.contacts;
    // All contacts are counted exactly, as they come and go.
    let everyone = model.overview.as_ref().filter(|_| data.filter.is_empty());
    let total = everyone.map(|overview| Count { n: overview.statuses.total(), capped: false }).or(data.total);
    let (area, cursor) = listing::frame(model, canvas, area, Pane::Contacts, (data, total));
    let long = area.width >= LONG_STATUS;
    let time = match data.order.by {
        ContactOrder::Created => "Added",
        ContactOrder::Updated => "Changed",
        _ => "Seen",
    };
    let usual = model.columns.is_usual();
    let shown: Vec<&Shown> = model.columns.in_view().collect();
    let columns: Vec<Column<'_>> = shown
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let made = spec(column, time, long);
            // Of columns that people chose, those at the left stay.
            if usual { made } else { Column { rank: 200_u8.saturating_sub(place as u8), ..made } }
        })
        .collect();
    let widths = widths(&columns, area.width.saturating_sub(GUTTER + 1));
    let glyphs = *canvas.glyphs();
    let mark = if data.order.descending { glyphs.descending } else { glyphs.ascending };
    let sorted = shown.iter().position(|column| column.is_of(&data.order.by)).map(|place| columns[place].title);
    table::head(canvas, area, &columns, &widths, sorted.map(|title| (title, mark)));
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
        let cells: Vec<Cell<'_>> = shown.iter().map(|column| cell(model, row, column, long)).collect();
        let area = Rect { y: rows.y + line as u16, height: 1, ..rows };
        table::row(canvas, area, &columns, &widths, &cells, look);
    }
    cursor
}

/// Head, widths and rank of a column.
fn spec<'t>(column: &'t Shown, time: &'t str, long: bool) -> Column<'t> {
    let when = |title: &'t str| {
        let columns = (title.len() as u16 + 2).max(6);
        Column::new(title, columns, columns, 8).right()
    };
    let system = |field: Field| match field {
        Field::Company => Column::new("Company", 10, 26, 6),
        Field::Email => Column::new("Email", 16, 34, 5),
        Field::JobTitle => Column::new("Title", 12, 24, 2),
        Field::MobilePhone => Column::new("Phone", 13, 15, 1),
        Field::Employees => Column::new(field.label(), 9, 11, 1).right(),
        Field::HasConsent | Field::TermsOfService => Column::new(field.label(), 7, 16, 1),
        _ => Column::new(field.label(), 10, 24, 1),
    };
    match column {
        Shown::Name => Column::new("Name", 14, 30, 210),
        Shown::Status if long => Column::new("Status", 19, 19, 9),
        Shown::Status => Column::new("Status", 6, 6, 9),
        Shown::Owner => Column::new("Owner", 8, 16, 3),
        Shown::Phone => Column::new("Phone", 13, 15, 1),
        Shown::Time if time == "Seen" => Column::new(time, 6, 6, 8).right(),
        Shown::Time => when(time),
        Shown::Seen => Column::new("Seen", 6, 6, 8).right(),
        Shown::Added | Shown::Changed => when(column.title()),
        Shown::Source => Column::new("Source", 8, 10, 1),
        Shown::Sync => Column::new("", 1, 1, 7),
        Shown::Field(FieldKey::System(field)) => system(*field),
        Shown::Field(FieldKey::Custom(name)) => Column::new(name, 10, 24, 1),
    }
}

fn cell<'t>(model: &Model, row: &'t ContactRow, column: &Shown, long: bool) -> Cell<'t> {
    let plain = |text: &'t Option<String>| Cell::new(text.as_deref().unwrap_or_default(), Meaning::Text);
    let dim = |text: &'t Option<String>| Cell::new(text.as_deref().unwrap_or_default(), Meaning::Dim);
    let when = |at| Cell::new(when::relative(at, model.setup.now.at, &model.setup.time_zone), Meaning::Dim);
    match column {
        Shown::Name => {
            let name = if row.name.is_empty() { "(nothing known)" } else { &row.name };
            Cell::new(name, if row.unread { Meaning::Unread } else { Meaning::Text })
        }
        Shown::Status => {
            let words = match (long, row.status) {
                (true, status) => status.map_or("", Status::label),
                (false, status) => short_status(status),
            };
            Cell::new(words, Meaning::of_status(row.status))
        }
        Shown::Owner => plain(&row.owner),
        Shown::Phone => dim(&row.phone),
        Shown::Time => when(match model.contacts.order.by {
            ContactOrder::Created => row.created_at,
            ContactOrder::Updated => row.updated_at,
            _ => row.recent_at,
        }),
        Shown::Seen => when(row.recent_at),
        Shown::Added => when(row.created_at),
        Shown::Changed => when(row.updated_at),
        Shown::Source => Cell::new(row.source.as_str(), Meaning::Dim),
        Shown::Sync => Cell::new(model.setup.theme.glyphs.sync(row.sync), Meaning::of_sync(row.sync)),
        Shown::Field(FieldKey::System(Field::Company)) => plain(&row.company),
        Shown::Field(FieldKey::System(Field::Email)) => dim(&row.email),
        Shown::Field(FieldKey::System(Field::JobTitle)) => plain(&row.job_title),
        Shown::Field(key) => match row.values.get(key.clone()) {
            Some(FieldValue::Text(text)) => Cell::new(text.as_str(), Meaning::Text),
            Some(value) => Cell::new(value.to_string(), Meaning::Text),
            None => Cell::new("", Meaning::Text),
        },
    }
}
