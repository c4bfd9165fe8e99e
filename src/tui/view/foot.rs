//! The line at the bottom: the keys that count here; above it, short words about what was done.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::common::canvas::{Canvas, Frame};
use super::common::cut::{thousands, width, wrap};
use super::common::meter::bar;
use crate::domain::text::visible;
use crate::tui::actions::{self, Action, ActionInfo, Place};
use crate::tui::dialogs::{plan, relink};
use crate::tui::model::toast::{Toast, Tone};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::work;

/// The hints of the focused pane, or of the dialog or screen over it, from the action table.
pub fn hints(model: &Model) -> Vec<&'static ActionInfo> {
    let useful = |info: &&ActionInfo| match model.layers.top() {
        Some(layer) => layer.is_useful(info.action, model),
        None => useful(model, info.action),
    };
    let hints = actions::at(model.places()).filter(|info| !info.hint.is_empty() && !model.keymap.keys(info).is_empty());
    // In a screen, its own keys come first.
    if model.layers.is_empty() {
        return hints.filter(useful).collect();
    }
    let hints = hints.filter(|info| model.keymap.is_reached(model.places(), info));
    let (near, wide): (Vec<&'static ActionInfo>, Vec<_>) =
        hints.filter(useful).partition(|info| !info.places.contains(&Place::GLOBAL));
    let own = |action| model.layers.top().is_some_and(|layer| layer.is_about(action));
    let wide = wide.into_iter().filter(|info| matches!(info.action, Action::Help | Action::Quit) || own(info.action));
    near.into_iter().chain(wide).collect()
}

/// Actions that would do nothing now are not hinted at.
fn useful(model: &Model, action: Action) -> bool {
    match action {
        Action::Retry | Action::Skip | relink::OPEN if model.focus == Pane::Detail => model.detail.problem().is_some(),
        Action::Retry | Action::Skip | plan::EDIT | relink::OPEN => model.sync.items.current().is_some(),
        Action::Undo => model.overview.as_ref().is_some_and(|overview| overview.undoable),
        plan::OPEN => model.focus == Pane::Sync,
        _ => true,
    }
}

/// Draws the line: how far long work is, then as many hints as fit, help and quit in any case.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let hints = hints(model);
    let (always, others): (Vec<&ActionInfo>, Vec<&ActionInfo>) =
        hints.into_iter().partition(|info| matches!(info.action, Action::Help | Action::Quit));
    let mut line = Line::from(Span::raw(" "));
    // On a narrow screen only the one that the key stops.
    let narrow = usize::from(area.width < 60);
    for progress in model.progress.iter().skip(narrow * model.progress.len().saturating_sub(1)) {
        let name = format!("{} ", progress.name);
        line.push_span(canvas.span(name, Meaning::Accent));
        if let Some(of) = progress.of {
            line.extend(bar(canvas, progress.done, of, 10, Meaning::Chart));
            line.push_span(Span::raw(format!(" {}%  ", progress.done.saturating_mul(100) / of.max(1))));
        } else {
            line.push_span(Span::raw(format!("{}  ", thousands(progress.done as i64))));
        }
    }
    if !model.progress.is_empty()
        && let Some(stop) = actions::all().find(|info| info.action == work::STOP)
        && model.keymap.is_reached(model.places(), stop)
    {
        line.push_span(canvas.span(model.keymap.key(stop).to_owned(), Meaning::Key));
        line.push_span(canvas.span(" stop  ", Meaning::Dim));
    }
    let used = line.spans.iter().map(|span| width(&span.content)).sum::<usize>() as u16;
    let need = |info: &ActionInfo| (width(model.keymap.key(info)) + width(info.hint) + 3) as u16;
    let mut room = area.width.saturating_sub(used + always.iter().map(|info| need(info)).sum::<u16>());
    let mut shown = Vec::new();
    for info in others {
        if need(info) > room {
            break;
        }
        room -= need(info);
        shown.push(info);
    }
    for info in shown.into_iter().chain(always) {
        line.push_span(canvas.span(model.keymap.key(info).to_owned(), Meaning::Key));
        line.push_span(canvas.span(format!(" {}  ", info.hint), Meaning::Dim));
    }
    canvas.line(area.x, area.y, area.width, &line);
}

/// On a lower screen a toast would hide what one works on: it takes the place of the hints.
const LOW: u16 = 14;

/// The newest of what was just done, in the place of the hints; `false`: it does not fit there.
fn toast_line(model: &Model, canvas: &mut Canvas<'_>, foot: Rect) -> bool {
    let Some(toast) = model.toasts.iter().next_back() else { return true };
    let (symbol, meaning) = look(canvas, toast.tone);
    let text = visible(&toast.text);
    if width(&text) + 4 > usize::from(foot.width) {
        return false;
    }
    canvas.clear(foot);
    let (style, words) = (canvas.style(meaning), canvas.style(Meaning::Text));
    canvas.text(foot.x + 1, foot.y, 2, symbol, style);
    canvas.text(foot.x + 3, foot.y, foot.width.saturating_sub(3), &text, words);
    true
}

/// One that is longer than the line of the hints: on that line and as many above as it needs, without a frame.
fn toast_lines(canvas: &mut Canvas<'_>, toast: &Toast, body: Rect, foot: Rect) {
    let (symbol, meaning) = look(canvas, toast.tone);
    let columns = usize::from(foot.width.saturating_sub(4));
    let lines = wrap(&visible(&toast.text), columns, 3, canvas.glyphs().ellipsis);
    let above = (lines.len() as u16).saturating_sub(1).min(body.height);
    let area = Rect { y: foot.y - above, height: foot.height + above, ..foot };
    canvas.clear(area);
    let (style, words) = (canvas.style(meaning), canvas.style(Meaning::Text));
    canvas.text(area.x + 1, area.y, 2, symbol, style);
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.text(area.x + 3, y, area.width.saturating_sub(3), line, words);
    }
}

fn look(canvas: &Canvas<'_>, tone: Tone) -> (&'static str, Meaning) {
    let glyphs = canvas.glyphs();
    match tone {
        Tone::Good => (glyphs.good, Meaning::Good),
        Tone::Info => (glyphs.info, Meaning::Info),
        Tone::Bad => (glyphs.bad, Meaning::Bad),
    }
}

/// Draws what was just done, the newest at the bottom right.
pub fn toasts(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    // In a dialog, what one works on and its keys stand where toasts would: they have the line of the hints.
    let dialog = model.layers.top().is_some_and(|layer| !layer.is_screen());
    if (body.height < LOW || dialog) && toast_line(model, canvas, model.layout.foot) {
        return;
    }
    if dialog && let Some(toast) = model.toasts.iter().next_back() {
        return toast_lines(canvas, toast, body, model.layout.foot);
    }
    let mut bottom = body.bottom();
    for toast in model.toasts.iter().rev() {
        let (symbol, meaning) = look(canvas, toast.tone);
        // What an undo could not take back is a sentence: it must be read to its end.
        let lines = wrap(&visible(&toast.text), usize::from(body.width.saturating_sub(6)), 3, canvas.glyphs().ellipsis);
        let columns = lines.iter().map(|line| width(line) as u16 + 6).max().unwrap_or(6).min(body.width);
        let height = lines.len() as u16 + 2;
        if bottom < body.y + height {
            return;
        }
        bottom -= height;
        let area = Rect::new(body.right() - columns, bottom, columns, height);
        canvas.clear(area);
        let none = Line::default();
        let frame = Frame { title: none.clone(), right: none.clone(), below: none, focused: false };
        let inner = canvas.frame(area, &frame);
        let style = canvas.style(meaning);
        canvas.text(inner.x + 1, inner.y, 2, symbol, style);
        let style = canvas.style(Meaning::Text);
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            canvas.text(inner.x + 3, y, inner.width.saturating_sub(4), line, style);
        }
    }
}
