//! What an empty store says: what to do next.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::common::canvas::{Canvas, Frame};
use crate::tui::theme::Meaning;

/// What to do, and the command for it; no command: a line of its own.
const STEPS: [(&str, &str); 5] = [
    ("Look around with made-up people", "rolodeck demo"),
    ("Import people from a CSV file", "rolodeck import people.csv"),
    ("Take in bookings from a file", "rolodeck ingest bookings.json"),
    ("Receive Cal.com and OnceHub webhooks", "rolodeck serve"),
    ("See what is still missing for Salesforce", "rolodeck doctor"),
];

/// Draws it over the panes.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    canvas.clear(area);
    let none = Line::default();
    let title = Line::from(canvas.span("Welcome to rolodeck", Meaning::TitleFocused));
    let inner = canvas.frame(area, &Frame { title, right: none.clone(), below: none, focused: true });
    let mut lines = vec![Line::from(canvas.span("Nobody is here yet.", Meaning::Strong)), Line::default()];
    let narrow = inner.width < 76;
    for (what, command) in STEPS {
        let command = canvas.span(command, Meaning::Key);
        if narrow {
            lines.push(Line::from(vec![Span::raw(what)]));
            lines.push(Line::from(vec![Span::raw("  "), command]));
        } else {
            lines.push(Line::from(vec![Span::raw(format!("{what:<41}")), command]));
        }
    }
    lines.push(Line::default());
    lines.push(Line::from(
        canvas.span("People show up here as soon as they are stored; this screen may stay open.", Meaning::Dim),
    ));
    let last = usize::from(inner.height);
    let width = if narrow { inner.width.saturating_sub(4) } else { 74 };
    let x = inner.x + (inner.width.saturating_sub(width)) / 2;
    let top = inner.y + (inner.height.saturating_sub(lines.len() as u16)) / 3;
    for (y, line) in (top..inner.bottom()).zip(lines.iter().take(last)) {
        canvas.line(x, y, width, line);
    }
}
