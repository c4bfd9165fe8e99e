//! The mouse, for those who switch it on: a click focuses and selects, a second one on the same row opens, the wheel
//! scrolls what is under the pointer. A dialog or screen takes clicks as it sees fit. Nothing can be done only with the mouse.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{act, dispatch};
use crate::tui::actions::{self, Action, Place};
use crate::tui::layer::After;
use crate::tui::message::Effect;
use crate::tui::model::{Model, Pane};

/// Rows that one step of the wheel moves.
const STEP: usize = 3;

/// Does what it means.
pub fn mouse(model: &mut Model, event: MouseEvent, effects: &mut Vec<Effect>) {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => click(model, Position::new(event.column, event.row), effects),
        MouseEventKind::ScrollDown => wheel(model, event, Action::MoveDown, effects),
        MouseEventKind::ScrollUp => wheel(model, event, Action::MoveUp, effects),
        _ => {}
    }
}

fn under(model: &Model, at: Position) -> Option<Pane> {
    // The last drawn lies on top.
    model.layout.panes.iter().rev().find(|(_, area)| area.contains(at)).map(|(pane, _)| *pane)
}

fn wheel(model: &mut Model, event: MouseEvent, action: Action, effects: &mut Vec<Effect>) {
    let Some(info) = actions::all().find(|info| info.action == action) else { return };
    let place = Place::ROWS;
    if model.layers.is_empty() {
        let Some(pane) = under(model, Position::new(event.column, event.row)) else { return };
        if pane != model.focus && pane != Pane::Detail {
            act::focus(model, pane);
        }
        if pane == Pane::Detail {
            let delta = if action == Action::MoveDown { STEP as isize } else { -(STEP as isize) };
            model.detail.scroll = model.detail.scroll.saturating_add_signed(delta);
            model.dirty = true;
            return;
        }
    }
    model.dirty = true;
    for _ in 0..STEP {
        dispatch(model, info, place, effects);
    }
}

fn click(model: &mut Model, at: Position, effects: &mut Vec<Effect>) {
    let body = model.layout.body;
    if let Some(after) = model.with_top(|layer, model| layer.click(at, body, model, effects)) {
        model.dirty |= after != After::Pass;
        return;
    }
    if model.input.is_some() {
        return;
    }
    let Some(pane) = under(model, at) else { return };
    model.dirty = true;
    let area = model.layout.pane(pane).unwrap_or_default();
    let was = model.focus;
    act::focus(model, pane);
    // Border, and the heads of the lists.
    let heads = if pane.list().is_some() { 2 } else { 1 };
    let Some(line) = usize::from(at.y - area.y).checked_sub(heads) else { return };
    let selected = match pane {
        Pane::Contacts => select(model.contacts.list.cursor_line(), line),
        Pane::Activities => select(model.activities.list.cursor_line(), line),
        Pane::Filters | Pane::Detail | Pane::Sync => return,
    };
    match (selected, pane) {
        (0, _) if was == pane => act::act(model, Action::Open, effects),
        (delta, Pane::Contacts) => model.contacts.list.move_by(delta),
        (delta, _) => model.activities.list.move_by(delta),
    }
}

fn select(cursor: usize, line: usize) -> isize {
    line as isize - cursor as isize
}
