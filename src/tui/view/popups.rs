//! What lies over the panes: the statuses to choose from, help, questions.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::common::canvas::{Canvas, Frame};
use super::common::cut::width;
use crate::domain::text::visible;
use crate::tui::actions::{self, Action, ActionInfo, Place};
use crate::tui::model::{Model, Popup};
use crate::tui::theme::Meaning;

/// Draws the popup.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    match &model.popup {
        Some(Popup::Status { whom, .. }) => status(canvas, body, whom),
        Some(Popup::Help { scroll }) => help(model, canvas, body, *scroll),
        Some(Popup::DeleteFilter { name, .. }) => delete(canvas, body, name),
        None => {}
    }
}

/// A window in the middle; returns what is inside.
fn window(canvas: &mut Canvas<'_>, body: Rect, columns: u16, lines: u16, title: &str, below: &str) -> Rect {
    let (columns, lines) = ((columns + 4).min(body.width), (lines + 2).min(body.height));
    let area = Rect::new(body.x + (body.width - columns) / 2, body.y + (body.height - lines) / 2, columns, lines);
    canvas.clear(area);
    let title = Line::from(canvas.span(title.to_owned(), Meaning::TitleFocused));
    let below = Line::from(canvas.span(below.to_owned(), Meaning::Dim));
    let inner = canvas.frame(area, &Frame { title, right: Line::default(), below, focused: true });
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

fn status(canvas: &mut Canvas<'_>, body: Rect, whom: &str) {
    let choices: Vec<_> = actions::at(&[Place::StatusMenu]).collect();
    let lines = choices.iter().filter(|info| matches!(info.action, Action::Choose(_))).count() as u16;
    let title = format!("Status of {whom}");
    let inner = window(canvas, body, (width(&visible(&title)) as u16).clamp(25, 50), lines, &title, "esc cancels");
    let mut y = inner.y;
    for info in choices {
        let Action::Choose(status) = info.action else { continue };
        if y >= inner.bottom() {
            break;
        }
        let line = Line::from(vec![
            canvas.span(info.keys[0], Meaning::Key),
            Span::raw("  "),
            canvas.span(canvas.theme.glyphs.lamp, Meaning::of_status(status)),
            Span::raw(" "),
            canvas.span(info.label, Meaning::Text),
        ]);
        canvas.line(inner.x + 1, y, inner.width.saturating_sub(1), &line);
        y += 1;
    }
}

fn delete(canvas: &mut Canvas<'_>, body: Rect, name: &str) {
    let text = format!("Delete the saved filter {name}?");
    let keys: Vec<_> = actions::at(&[Place::Question]).filter(|info| !info.hint.is_empty()).collect();
    let inner = window(canvas, body, (width(&visible(&text)) as u16).clamp(24, 60), 3, "Delete", "");
    let style = canvas.style(Meaning::Text);
    canvas.text(inner.x, inner.y, inner.width, &text, style);
    let mut line = Line::default();
    for info in keys.iter().filter(|info| info.hint != "cancel") {
        line.push_span(canvas.span(info.keys[0], Meaning::Key));
        line.push_span(canvas.span(format!(" {}   ", info.hint), Meaning::Dim));
    }
    canvas.line(inner.x, inner.y + 2, inner.width, &line);
}

/// Lines of help for the focused pane: what counts here, then what counts everywhere, from the action table.
pub fn help_lines(model: &Model) -> Vec<(String, &'static str)> {
    let places = model.focus.places();
    let (here, wide): (Vec<&ActionInfo>, Vec<&ActionInfo>) = actions::at(places)
        .partition(|info| !info.places.contains(&Place::Global) && !info.places.contains(&Place::Rows));
    let (rows, global): (Vec<&ActionInfo>, Vec<&ActionInfo>) =
        wide.into_iter().partition(|info| info.places.contains(&Place::Rows));
    let mut lines = Vec::new();
    for (heading, infos) in [(model.focus.label(), here), ("Moving", rows), ("Everywhere", global)] {
        if infos.is_empty() {
            continue;
        }
        lines.push((String::new(), heading));
        lines.extend(infos.iter().map(|info| (info.keys.join(" "), info.label)));
    }
    lines
}

fn help(model: &Model, canvas: &mut Canvas<'_>, body: Rect, scroll: usize) {
    let lines = help_lines(model);
    let keys = lines.iter().map(|(keys, _)| width(keys)).max().unwrap_or(0);
    let labels = lines.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
    let column = keys + labels + 4;
    // Two columns when one is too long and there is room.
    let height = usize::from(body.height.saturating_sub(2)).max(1);
    let two = lines.len() > height && usize::from(body.width) >= 2 * column + 6;
    let rows = if two { lines.len().div_ceil(2) } else { lines.len() };
    let columns = if two { 2 * column + 2 } else { column };
    let shown = rows.min(height);
    let scroll = scroll.min(rows - shown);
    let below = if shown < rows { "j k scroll  esc close" } else { "esc close" };
    let inner = window(canvas, body, columns as u16, shown as u16, "Keys", below);
    for line in 0..shown {
        for (side, index) in [(0, line + scroll), (1, line + scroll + rows)].into_iter().take(1 + usize::from(two)) {
            let Some((name, label)) = lines.get(index) else { continue };
            let x = inner.x + (side * (column + 2)) as u16;
            let y = inner.y + line as u16;
            let room = inner.right().saturating_sub(x).min(column as u16);
            if name.is_empty() {
                let heading = Line::from(canvas.span(*label, Meaning::Heading));
                canvas.rule(x, y, room, &heading);
            } else {
                let style = canvas.style(Meaning::Key);
                canvas.text(x, y, room, name, style);
                let style = canvas.style(Meaning::Text);
                canvas.text(x + keys as u16 + 2, y, room.saturating_sub(keys as u16 + 2), label, style);
            }
        }
    }
}
