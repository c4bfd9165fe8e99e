//! Keys about rows that are on their way, and all keys before the session is taken up. Between a new filter, or a jump to
//! the end, and its rows the screen still shows the old ones: what is typed meanwhile is meant for what will be selected,
//! and waits for it, in its order. If the rows cannot be read, it is dropped.

use crossterm::event::KeyEvent;

use crate::tui::actions::{Action, ActionInfo, Place};
use crate::tui::keymap::Key;
use crate::tui::message::Effect;
use crate::tui::model::list::Coming;
use crate::tui::model::{Model, Pane};

/// What the focused list still waits for; nothing, if it could not be read: then what it shows is what there is.
fn coming(model: &Model) -> Coming {
    match model.focus {
        Pane::Contacts if model.contacts.error.is_none() => model.contacts.list.coming(),
        Pane::Activities if model.activities.error.is_none() => model.activities.list.coming(),
        _ => Coming::Nothing,
    }
}

/// True if these keys were held: their action is about a row that is not selected yet.
pub fn hold(model: &mut Model, info: &ActionInfo, place: Place, keys: &[Key]) -> bool {
    let other_rows = matches!(info.action, Action::Sort | Action::ClearFilter | Action::SaveFilter);
    let about_rows = [Place::CONTACTS, Place::ACTIVITIES, Place::ROWS].contains(&place) && !other_rows;
    let waits = match coming(model) {
        Coming::Nothing => false,
        // Steps beyond the rows at hand add up.
        Coming::Page => place != Place::ROWS,
        Coming::Others => true,
    };
    if !about_rows || !waits || !model.layers.is_empty() {
        return false;
    }
    for key in keys {
        model.held.key((*key).into());
    }
    true
}

/// True if whatever is typed now is held: it follows others that are, or the session, which would undo it, is still to be
/// taken up.
pub fn all(model: &Model) -> bool {
    !model.held.is_empty() || !model.started
}

/// True if the key is held with all others; esc and ctrl-c drop them.
pub fn follow(model: &mut Model, event: KeyEvent) -> bool {
    if !all(model) {
        return false;
    }
    match Key::from(event).to_string().as_str() {
        "esc" => drop(model.held.take()),
        "ctrl-c" => {
            drop(model.held.take());
            return false;
        }
        _ => model.held.key(event),
    }
    true
}

/// Types what was held, once the rows are here or known not to come. What has opened meanwhile is not what it was typed
/// for: then it is dropped.
pub fn release(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.held.is_empty() || !model.started || coming(model) != Coming::Nothing {
        return;
    }
    let meant = model.layers.is_empty() && model.input.is_none();
    for typed in model.held.take().into_iter().filter(|_| meant) {
        super::retype(model, vec![typed], effects);
        super::fit(model, effects);
    }
}
