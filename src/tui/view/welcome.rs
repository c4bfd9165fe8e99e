//! What an empty store says: what to do next.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::common::canvas::{Canvas, Frame};
use crate::tui::keymap::Keymap;
use crate::tui::theme::Meaning;

/// What to do, the command for it, and the action that does it here.
const STEPS: [(&str, &str, &str); 6] = [
    ("Look around with made-up people", "rolodeck demo", ""),
    ("Import people from a CSV file", "rolodeck import people.csv", "import-file"),
    ("Type somebody in", "rolodeck contact add", "new-contact"),
    ("Take in bookings from a file", "rolodeck ingest bookings.json", ""),
    ("Receive Cal.com and OnceHub webhooks", "rolodeck serve", ""),
    ("See what is still missing for Salesforce", "rolodeck doctor", ""),
];

/// Draws it over the panes.
pub fn draw(keymap: &Keymap, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.clear(area);
    let none = Line::default();
    let title = Line::from(canvas.span("Welcome to rolodeck", Meaning::TitleFocused));
    let inner = canvas.frame(area, &Frame { title, right: none.clone(), below: none, focused: true });
    let mut lines = vec![Line::from(canvas.span("Nobody is here yet.", Meaning::Strong)), Line::default()];
    let narrow = inner.width < 76;
    for (what, command, action) in STEPS {
        let mut ways = vec![canvas.span(command, Meaning::Key)];
        let key = keymap.key_of(action);
        if !key.is_empty() {
            ways.push(canvas.span(" or ", Meaning::Dim));
            ways.push(canvas.span(key.to_owned(), Meaning::Key));
        }
        if narrow {
            lines.push(Line::from(Span::raw(what)));
            ways.insert(0, Span::raw("  "));
        } else {
            ways.insert(0, Span::raw(format!("{what:<41}")));
        }
        lines.push(Line::from(ways));
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
