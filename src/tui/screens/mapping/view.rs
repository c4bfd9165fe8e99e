//! How the rules look: the list, and what is to be said about the selected one.

use ratatui::layout::Rect;

use super::{Found, Mapping};
use crate::config::{Operation, Severity, Target, When, WriteRule};
use crate::sync::mapping::{Preview, Remark};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::wrap;
use crate::tui::view::common::table::{self, Look};
use crate::tui::view::common::window;

/// Lines below the rules, for the selected one.
const DETAIL: u16 = 7;

const COLUMNS: [Column; 5] = [
    Column::new("Profile", 6, 18, 0),
    Column::new("Record", 8, 16, 2),
    Column::new("Field", 8, 28, 4),
    Column::new("Value", 8, 40, 3),
    Column::new("For this contact", 8, 40, 1),
];

impl Mapping {
    /// The rules, and the selected one below them.
    pub(super) fn draw_rules(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
        let Some(found) = &self.found else {
            let inner = window::full(canvas, body, "Mapping", "reading");
            let style = canvas.style(Meaning::Dim);
            canvas.text(inner.x, inner.y, inner.width, "Asking the org what its fields are …", style);
            return;
        };
        let count = found.board.rows.len();
        let wrong = found.board.rows.iter().filter(|row| is_wrong(&row.remarks)).count();
        let rules = if count == 1 { "1 rule".to_owned() } else { format!("{count} rules") };
        let right = if wrong > 0 { format!("{rules}, {wrong} wrong") } else { rules };
        let inner = window::full(canvas, body, "Mapping", &right);
        if inner.height == 0 {
            return;
        }
        let below = DETAIL.min(inner.height / 2);
        let list = Rect { height: inner.height - below, ..inner };
        let widths = widths(&COLUMNS, list.width.saturating_sub(table::GUTTER));
        table::head(canvas, list, &COLUMNS, &widths, None);
        let height = list.height.saturating_sub(1);
        let mut cursor = self.rows.get();
        let first = cursor.fit(count, usize::from(height));
        self.rows.set(cursor);
        if count == 0 {
            let style = canvas.style(Meaning::Dim);
            let text = "No rule yet. a adds one: record, field, value.";
            canvas.text(list.x, list.y + 1, list.width, text, style);
        }
        for (y, (at, row)) in (list.y + 1..list.bottom()).zip(found.board.rows.iter().enumerate().skip(first)) {
            let area = Rect { y, height: 1, ..list };
            let tone = tone(&row.remarks);
            let (preview, meaning) = shown(row.preview.as_ref(), canvas.glyphs().dash);
            let cells = [
                table::Cell::new(row.profile.as_str(), Meaning::Dim),
                table::Cell::new(record(&row.rule), Meaning::Text),
                table::Cell::new(row.rule.field.as_str(), tone.unwrap_or(Meaning::Strong)),
                table::Cell::new(row.rule.value.as_str(), Meaning::Text),
                table::Cell::new(preview, meaning),
            ];
            let look = Look { cursor: at == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, area, &COLUMNS, &widths, &cells, look);
        }
        let detail = Rect { y: list.bottom(), height: below, ..inner };
        self.draw_detail(found, model, canvas, detail);
    }

    /// The selected rule, what is wrong with it, and what is wrong as a whole.
    fn draw_detail(&self, found: &Found, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        let mut lines: Vec<(String, Meaning)> = Vec::new();
        if let Some(row) = self.row() {
            let unknown = if found.alone.is_some() { "the org was not asked" } else { "not known to the org" };
            let takes = row.takes.as_deref().unwrap_or(unknown);
            let when = if row.rule.when == When::Empty { "only if empty" } else { "always" };
            lines.push((format!("{} {}: {takes}; {when}", record(&row.rule), row.rule.field), Meaning::Strong));
            lines.extend(told(&row.remarks));
            if let Some(Preview::Nothing(why)) = &row.preview {
                lines.push((format!("for this contact nothing is written: {why}"), Meaning::Dim));
            }
            if !row.rule.fallback.is_empty() {
                lines.push((format!("without a value: {}", row.rule.fallback), Meaning::Dim));
            }
        }
        lines.extend(told(&found.board.loose));
        if let Some(why) = &found.alone {
            lines.push((format!("Fields are not checked: {why}"), Meaning::Warning));
        }
        if model.detail.contact().is_none() {
            lines.push(("Select a contact before to see what would be written for it.".to_owned(), Meaning::Dim));
        }
        let room = usize::from(area.width).max(1);
        let ellipsis = canvas.glyphs().ellipsis;
        let wrapped = lines.into_iter().flat_map(|(text, meaning)| {
            let text = crate::domain::text::visible(&text).into_owned();
            wrap(&text, room, 3, ellipsis).into_iter().map(move |line| (line, meaning))
        });
        for (y, (line, meaning)) in (area.y + 1..area.bottom()).zip(wrapped) {
            let style = canvas.style(meaning);
            canvas.text(area.x, y, area.width, &line, style);
        }
    }
}

fn is_wrong(remarks: &[Remark]) -> bool {
    remarks.iter().any(|remark| remark.severity == Severity::Error)
}

fn tone(remarks: &[Remark]) -> Option<Meaning> {
    match remarks {
        [] => None,
        some if is_wrong(some) => Some(Meaning::Bad),
        _ => Some(Meaning::Warning),
    }
}

fn told(remarks: &[Remark]) -> impl Iterator<Item = (String, Meaning)> {
    remarks.iter().map(|remark| {
        let meaning = if remark.severity == Severity::Error { Meaning::Bad } else { Meaning::Warning };
        let hint = remark.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        (format!("{}{hint}", remark.text), meaning)
    })
}

fn record(rule: &WriteRule) -> String {
    let object = match rule.object {
        Target::Event => "Event",
        Target::Person => "Person",
        Target::Lead => "Lead",
        Target::Contact => "Contact",
    };
    let on = match rule.on {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Cancel => "cancel",
    };
    format!("{object} {on}")
}

fn shown(preview: Option<&Preview>, dash: &str) -> (String, Meaning) {
    match preview {
        Some(Preview::Value(serde_json::Value::String(text))) => (text.clone(), Meaning::Text),
        Some(Preview::Value(value)) => (value.to_string(), Meaning::Text),
        Some(Preview::Nothing(_)) => (dash.to_owned(), Meaning::Dim),
        None => (String::new(), Meaning::Dim),
    }
}
