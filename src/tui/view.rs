//! Draws the model. Nothing here decides or remembers.

pub mod common;
mod foot;
mod head;
mod offers;
pub mod panes;
mod welcome;
mod which_key;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use common::canvas::Canvas;

use super::layer::Layer;
use super::layout::{LEAST, Mode};
use super::model::{Model, Pane};
use super::theme::Meaning;

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut canvas = Canvas { buffer: frame.buffer_mut(), theme: &model.setup.theme };
    let cursor = paint(model, &mut canvas, area);
    if let Some(position) = cursor.filter(|position| area.contains(*position)) {
        frame.set_cursor_position(position);
    }
}

fn paint(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    if area.as_size() != model.setup.size {
        return None; // a resize is on its way; drawing for the old size would only flicker
    }
    if model.layout.mode == Mode::TooSmall {
        too_small(canvas, area);
        return None;
    }
    let mut cursor = None;
    head::draw(model, canvas, model.layout.head);
    let body = model.layout.body;
    if model.layers.hides_panes() {
        canvas.clear(body);
    } else if model.is_first_run() && model.focus.list().is_some() && model.layers.is_empty() {
        welcome::draw(&model.keymap, canvas, body);
    } else {
        for (pane, area) in &model.layout.panes {
            canvas.clear(*area);
            let at = match pane {
                Pane::Filters => panes::filters::draw(model, canvas, *area),
                Pane::Contacts => panes::contacts::draw(model, canvas, *area),
                Pane::Activities => panes::activities::draw(model, canvas, *area),
                Pane::Detail => panes::detail::draw(model, canvas, *area),
                Pane::Sync => panes::sync::draw(model, canvas, *area),
            };
            cursor = cursor.or(at);
        }
    }
    if let Some(at) = cursor.filter(|_| model.layers.is_empty()) {
        offers::draw(model, canvas, body, at);
    }
    foot::draw(model, canvas, model.layout.foot);
    // What lies below the uppermost screen is hidden by it.
    let lowest = model.layers.iter().rposition(Layer::is_screen).unwrap_or(0);
    for layer in model.layers.iter().skip(lowest) {
        cursor = layer.draw(model, canvas, body);
    }
    foot::toasts(model, canvas, body);
    if model.prefix.is_shown() {
        which_key::draw(model, canvas, body);
    }
    cursor
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let words = [
        "rolodeck needs more room".to_owned(),
        format!("{} x {} at least", LEAST.width, LEAST.height),
        format!("{} x {} now", area.width, area.height),
    ];
    let top = area.y + area.height.saturating_sub(words.len() as u16) / 2;
    for (y, text) in (top..area.bottom()).zip(&words) {
        let x = area.x + area.width.saturating_sub(text.len() as u16) / 2;
        let style = canvas.style(Meaning::Text);
        canvas.text(x, y, area.width, text, style);
    }
}
