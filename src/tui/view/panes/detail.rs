//! The selected contact or activity, in full.

mod activity;
mod contact;

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::listing;
use crate::domain::text::{visible, visible_lines};
use crate::store::{ActivityRow, OutboxRow};
use crate::tui::model::detail::Shown;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, Theme};
use crate::tui::view::common::canvas::{Canvas, Frame};
use crate::tui::view::common::cut::{cut, width, wrap};
use crate::tui::view::panes::sync_items;
use crate::tui::when;

/// Columns of the names of values.
const LABEL: usize = 12;

/// Draws the pane.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let focused = model.focus == Pane::Detail;
    let room = usize::from(area.width.saturating_sub(4));
    let mut page = Page { model, theme: canvas.theme, columns: room, lines: Vec::new() };
    match &model.detail.shown {
        Shown::Nothing => page.text("Nothing selected", Meaning::Dim),
        Shown::Gone => page.text("It was deleted", Meaning::Dim),
        Shown::Contact(detail) => page.contact(detail, true),
        Shown::Activity(detail) => page.activity(detail),
    }
    let lines = page.lines;
    let height = usize::from(area.height.saturating_sub(2));
    let scroll = model.detail.scroll.min(lines.len().saturating_sub(height));
    let left = lines.len().saturating_sub(scroll + height);
    let title = listing::title(canvas, Pane::Detail, focused);
    let below = match (scroll, left) {
        (_, 1..) => Line::from(canvas.span(format!("{left} more {}", canvas.glyphs().descending), Meaning::Dim)),
        (1.., 0) => Line::from(canvas.span("end", Meaning::Dim)),
        (0, 0) => Line::default(),
    };
    let inner = canvas.frame(area, &Frame { title, right: Line::default(), below, focused });
    for (y, line) in (inner.y..inner.bottom()).zip(lines.iter().skip(scroll)) {
        if let Some(heading) = line.heading {
            let heading = Line::from(canvas.span(heading, Meaning::Heading));
            canvas.rule(inner.x + 1, y, inner.width.saturating_sub(2), &heading);
        } else {
            canvas.line(inner.x + 1, y, inner.width.saturating_sub(2), &line.line);
        }
    }
    None
}

/// A line of the pane, or a heading with a rule.
struct PageLine<'t> {
    line: Line<'t>,
    heading: Option<&'t str>,
}

/// The lines of the pane, as they are put together.
pub struct Page<'m> {
    model: &'m Model,
    theme: &'m Theme,
    columns: usize,
    lines: Vec<PageLine<'m>>,
}

impl<'m> Page<'m> {
    fn span(&self, text: impl Into<std::borrow::Cow<'m, str>>, meaning: Meaning) -> Span<'m> {
        Span::styled(text, self.theme.style(meaning))
    }

    fn line(&mut self, spans: Vec<Span<'m>>) {
        self.lines.push(PageLine { line: Line::from(spans), heading: None });
    }

    fn text(&mut self, text: &'m str, meaning: Meaning) {
        let span = self.span(text, meaning);
        self.line(vec![span]);
    }

    fn blank(&mut self) {
        self.line(Vec::new());
    }

    fn heading(&mut self, text: &'m str) {
        self.blank();
        self.lines.push(PageLine { line: Line::default(), heading: Some(text) });
    }

    /// A name and a value; long values go on below.
    fn pair(&mut self, label: &str, value: &str, meaning: Meaning) {
        if value.trim().is_empty() {
            return;
        }
        let label = cut(&visible(label), LABEL, self.theme.glyphs.ellipsis);
        let padding = " ".repeat(LABEL.saturating_sub(width(&label)) + 1);
        let value = visible_lines(value);
        let rest = self.columns.saturating_sub(LABEL + 1).max(8);
        for (index, part) in wrap(&value, rest, 6, self.theme.glyphs.ellipsis).into_iter().enumerate() {
            let label = if index == 0 { format!("{label}{padding}") } else { " ".repeat(LABEL + 1) };
            let (label, part) = (self.span(label, Meaning::Label), self.span(part, meaning));
            self.line(vec![label, part]);
        }
    }

    fn maybe(&mut self, label: &str, value: Option<&str>) {
        self.pair(label, value.unwrap_or_default(), Meaning::Text);
    }

    fn moment(&self, at: jiff::Timestamp) -> String {
        when::moment(at, self.model.setup.now.at, &self.model.setup.time_zone)
    }

    /// What waits or failed, in words.
    fn outbox(&mut self, item: &OutboxRow) {
        let state = item.state.label();
        let text = sync_items::explain(item);
        let mut words = if text.is_empty() { format!("{state} ({})", item.cause) } else { format!("{state}: {text}") };
        if let Some(field) = &item.field {
            words = format!("{words} [{field}]");
        }
        self.pair("Queue", &words, sync_items::meaning(item.state));
    }

    /// One activity in one line.
    fn activity_line(&mut self, row: &'m ActivityRow) {
        let (now, zone) = (self.model.setup.now.at, &self.model.setup.time_zone);
        let at = when::short(row.start.unwrap_or(row.created_at), now, zone);
        let state = Meaning::of_state(row.state);
        let subject = row.subject.as_deref().unwrap_or_else(|| row.kind.label());
        let spans = vec![
            self.span(self.theme.glyphs.kind(row.kind), state),
            self.span(format!(" {at:<12} "), Meaning::Dim),
            self.span(format!("{:<11} ", row.state.label()), state),
            self.span(subject, Meaning::Text),
        ];
        self.line(spans);
    }
}
