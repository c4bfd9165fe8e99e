//! Which column is which field: every column with rows of the file beside it, and what is doubtful.

use std::cell::Cell;

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::ImportDialog;
use super::jobs::{Given, NewField};
use crate::domain::text::visible;
use crate::domain::{Field, FieldKind};
use crate::ingest::csv::{Column as FileColumn, Encoding, Found};
use crate::ingest::import::Preview;
use crate::tui::actions::Action;
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Cursor;
use crate::tui::screens::fields::kind_label;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};

/// Delimiters to go through by key, after the one that was found.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Lines of what is doubtful, at most.
const NOTES: usize = 6;

/// Types that a new field can have by any column.
const NEW: [FieldKind; 8] = [
    FieldKind::TextShort,
    FieldKind::TextLong,
    FieldKind::Number,
    FieldKind::Date,
    FieldKind::Time,
    FieldKind::Datetime,
    FieldKind::Phone,
    FieldKind::Checkbox,
];

/// A file that was looked into.
#[derive(Debug)]
pub struct Mapping {
    /// By what it was read.
    pub given: Given,
    /// What it is taken for.
    pub preview: Preview,
    /// The first of the shown rows.
    first: usize,
    cursor: Cell<Cursor>,
}

/// What a column becomes.
#[derive(Clone, Debug)]
enum To {
    Field(String),
    New(FieldKind, Vec<String>),
}

impl Mapping {
    /// A file, looked into for the first time.
    pub fn new(given: Given, preview: Preview) -> Self {
        Self { given, preview, first: 0, cursor: Cell::default() }
    }

    /// The same file, read otherwise.
    pub fn again(&mut self, given: Given, preview: Preview) {
        (self.given, self.preview) = (given, preview);
    }

    /// The column under the cursor.
    pub fn at(&self) -> usize {
        self.cursor.get().at
    }

    /// Moves among the columns; `false`: the action is none that moves.
    pub fn go(&mut self, action: Action) -> bool {
        let rows = self.preview.plan.columns.len();
        self.cursor.get_mut().act(action, rows)
    }

    /// Other rows as a sample.
    pub fn sample(&mut self, on: bool) {
        let rows = self.preview.sample.len().max(1);
        self.first = if on { self.first + 1 } else { self.first + rows - 1 } % rows;
    }

    /// The file, with its cells parted by the next candidate. What was mapped by hand was of other columns.
    pub fn next_delimiter(&self) -> Given {
        let now = self.preview.plan.delimiter;
        let at = DELIMITERS.iter().position(|delimiter| *delimiter == now).map_or(0, |at| (at + 1) % DELIMITERS.len());
        Given { file: self.given.file.clone(), map: Vec::new(), delimiter: Some(DELIMITERS[at]) }
    }

    /// Asks what the column under the cursor becomes.
    pub fn choose(&self, model: &mut Model) {
        let at = self.at();
        let Some(column) = self.preview.plan.columns.get(at) else { return };
        let header = header(column, at);
        let values = self.preview.values.get(at).map_or(&[][..], Vec::as_slice);
        let items = items(model, &header, values);
        let now = column.target.as_ref().map(|target| target.key().to_owned());
        let title = format!("{} becomes", visible(&header));
        let picker = Picker::new(title, items, move |to, model, effects: &mut Vec<Effect>| match to {
            To::Field(field) => {
                if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
                    dialog.map_column(at, field, effects);
                }
            }
            To::New(kind, options) => effects.push(Effect::job(NewField { column: at, label: header, kind, options })),
        });
        model.layers.open(picker.at(|to| matches!(to, To::Field(field) if Some(field) == now.as_ref())));
    }

    /// Lines that it could fill.
    pub fn lines(&self) -> u16 {
        (self.preview.plan.columns.len() + self.notes().len()).clamp(6, 40) as u16 + 6
    }

    /// What is doubtful, in words.
    fn notes(&self) -> Vec<String> {
        let preview = &self.preview;
        let rows = thousands(preview.looked_at as i64);
        let mut notes = Vec::new();
        if !preview.identifies {
            let words = "no column holds an email or a mobile phone: enter on the column that does says so";
            notes.push(words.to_owned());
        }
        notes.extend(preview.warnings.iter().cloned());
        if preview.bad > 0 {
            notes.push(format!("{} of the first {rows} rows would be refused or left out", preview.bad));
        }
        if preview.repeated > 0 {
            let n = preview.repeated;
            let verb = if n == 1 { "is" } else { "are" };
            notes.push(format!(
                "{n} of the first {rows} rows {verb} about somebody of an earlier row; the later counts"
            ));
        }
        notes.extend(preview.problems.iter().map(ToString::to_string));
        notes
    }

    /// Draws it.
    pub fn draw(&self, name: &str, sync: bool, canvas: &mut Canvas<'_>, area: Rect) {
        let plan = &self.preview.plan;
        let doubtful = plan.encoding == Encoding::Windows1252;
        let line = Line::from(vec![
            canvas.span(self.given.file_name(), Meaning::Strong),
            canvas
                .span(format!("  {} parted by {}  ", count(plan.columns.len()), parted(plan.delimiter)), Meaning::Dim),
            canvas.span(plan.encoding.label(), if doubtful { Meaning::Warning } else { Meaning::Dim }),
        ]);
        canvas.line(area.x, area.y, area.width, &line);
        let salesforce = if sync { "goes on to Salesforce" } else { "does not go to Salesforce" };
        let line = Line::from(vec![
            canvas.span("Import ", Meaning::Dim),
            canvas.span(name.to_owned(), Meaning::Text),
            canvas.span(format!("  {salesforce}"), Meaning::Dim),
        ]);
        canvas.line(area.x, area.y + 1, area.width, &line);
        // What is doubtful takes the last lines, but leaves room for the columns.
        let all = self.notes();
        let room = usize::from(area.height.saturating_sub(6)).min(NOTES);
        let shown = if all.len() > room { room.saturating_sub(1) } else { all.len() };
        let used = if all.len() > shown && room > 0 { shown + 1 } else { shown };
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + used as u16), ..area };
        let style = canvas.style(Meaning::Warning);
        for (y, note) in (list.bottom()..area.bottom()).zip(&all[..shown]) {
            canvas.text(area.x, y, area.width, note, style);
        }
        if used > shown {
            let words = format!("and {} more; t tries the whole file", all.len() - shown);
            canvas.text(area.x, area.bottom().saturating_sub(1), area.width, &words, style);
        }
        self.draw_columns(canvas, list);
    }

    fn draw_columns(&self, canvas: &mut Canvas<'_>, list: Rect) {
        let (plan, sample) = (&self.preview.plan, &self.preview.sample);
        let row = |by: usize| (self.first + by) % sample.len().max(1);
        let titles = [format!("Row {}", row(0) + 1), format!("Row {}", row(1) + 1)];
        let columns = [
            Column::new("Column", 10, 26, 10),
            Column::new("becomes", 10, 24, 9),
            Column::new(&titles[0], 8, 34, 8),
            Column::new(&titles[1], 8, 34, 3),
        ];
        let columns = if sample.len() > 1 { &columns[..] } else { &columns[..3] };
        let widths = widths(columns, list.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..list }, columns, &widths, None);
        let rows = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(plan.columns.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        for (y, (index, column)) in (rows.y..rows.bottom()).zip(plan.columns.iter().enumerate().skip(top)) {
            let cell = |by: usize| {
                let text = sample.get(row(by)).and_then(|cells| cells.get(index)).map_or("", String::as_str);
                table::Cell::new(text, Meaning::Dim)
            };
            let (becomes, meaning) = match (&column.target, &column.found) {
                (Some(target), Found::ByHand) => (label(target.key()), Meaning::Accent),
                (Some(target), _) => (label(target.key()), Meaning::Good),
                (None, Found::Ignored | Found::Reject) => ("left out".to_owned(), Meaning::Dim),
                (None, _) => ("left out".to_owned(), Meaning::Warning),
            };
            let cells = [
                table::Cell::new(header(column, index), Meaning::Text),
                table::Cell::new(becomes, meaning),
                cell(0),
                cell(1),
            ];
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            let area = Rect { y, height: 1, ..rows };
            table::row(canvas, area, columns, &widths, &cells[..columns.len()], look);
        }
    }
}

fn header(column: &FileColumn, at: usize) -> String {
    if column.header.is_empty() { format!("Column {}", at + 1) } else { column.header.clone() }
}

/// Everything that a column can become.
fn items(model: &Model, header: &str, values: &[String]) -> Vec<Item<To>> {
    let item = |key: &str, label: &str, note: &str| Item {
        value: To::Field(key.to_owned()),
        label: label.to_owned(),
        note: note.to_owned(),
    };
    let mut items = vec![item("ignore", "Leave it out", "")];
    items.extend(Field::ALL.iter().map(|field| item(field.key(), field.label(), "")));
    items.push(item("name", "Full name", "first and last name"));
    items.push(item("status", "Status", ""));
    items.push(item("owner", "Owner", "email or name"));
    items.push(item("source", "Source", ""));
    items.extend(model.setup.custom.iter().map(|field| item(&field.name, &field.name, "custom field")));
    let new = |kind: FieldKind, options: &[String], note: String| Item {
        value: To::New(kind, options.to_vec()),
        label: format!("New field: {}", kind_label(kind)),
        note: visible(&note).into_owned(),
    };
    items.extend(NEW.iter().map(|kind| new(*kind, &[], header.to_owned())));
    // What is chosen from must be known: the column's own values.
    if !values.is_empty() {
        let note = match values.len() {
            0..4 => values.join(", "),
            n => format!("{} and {} more", values[..2].join(", "), n - 2),
        };
        items.push(new(FieldKind::Picklist, values, note));
        // A cell with several values has them between semicolons.
        let mut parts: Vec<String> = Vec::new();
        for part in values.iter().flat_map(|value| value.split(';')).map(str::trim).filter(|part| !part.is_empty()) {
            if !parts.iter().any(|known| known == part) {
                parts.push(part.to_owned());
            }
        }
        items.push(new(FieldKind::MultiPicklist, &parts, format!("{} values", parts.len())));
    }
    items
}

/// A target as people read it.
fn label(key: &str) -> String {
    match key {
        "name" => "Full name".to_owned(),
        "status" => "Status".to_owned(),
        "owner" => "Owner".to_owned(),
        "source" => "Source".to_owned(),
        key => Field::parse(key).map_or_else(|| key.to_owned(), |field| field.label().to_owned()),
    }
}

fn parted(delimiter: u8) -> String {
    match delimiter {
        b',' => "commas".to_owned(),
        b';' => "semicolons".to_owned(),
        b'\t' => "tabs".to_owned(),
        b'|' => "bars".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

fn count(columns: usize) -> String {
    if columns == 1 { "1 column".to_owned() } else { format!("{columns} columns") }
}
