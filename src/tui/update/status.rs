//! The contact status: chosen with one more key, for one contact or for all marked ones, and given again with `.`.

use std::collections::BTreeSet;

use super::act::say;
use crate::domain::text::visible;
use crate::domain::{ContactId, Status};
use crate::tui::dialogs::status::StatusMenu;
use crate::tui::message::Effect;
use crate::tui::model::list::{List, Row};
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};

/// Opens the menu for the selected or marked contacts.
pub fn open(model: &mut Model) {
    match targets(model) {
        Some((contacts, whom)) => model.layers.open(StatusMenu { contacts, whom }),
        None => say(model, Tone::Info, "No contact here"),
    }
}

/// Sets the last chosen status on the selected or marked contacts.
///
/// On a contact that has it already, it is meant for the next one that has not: `s q . . .` qualifies four in a row,
/// whether or not the first have left a filtered list between two keys.
pub fn repeat(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(status) = model.last_status {
        match model.focus {
            Pane::Contacts => on_to_next(&mut model.contacts.list, |row| row.status == status),
            Pane::Activities => on_to_next(&mut model.activities.list, |row| row.status == status),
            _ => {}
        }
    }
    match (model.last_status, targets(model)) {
        (None, _) => say(model, Tone::Info, "No status was set yet: s chooses one"),
        (_, None) => say(model, Tone::Info, "No contact here"),
        (Some(status), Some((contacts, _))) => set(model, contacts, status, effects),
    }
}

/// Shows the status at once and asks for it; the store's answer corrects what was shown.
pub fn set(model: &mut Model, contacts: Vec<ContactId>, status: Option<Status>, effects: &mut Vec<Effect>) {
    model.last_status = Some(status);
    for row in model.contacts.list.rows_mut().filter(|row| contacts.contains(&row.id)) {
        row.status = status;
    }
    for row in model.activities.list.rows_mut() {
        if row.contact_id.is_some_and(|id| contacts.contains(&id)) {
            row.status = status;
        }
    }
    model.detail.show_status(&contacts, status);
    model.contacts.list.clear_marks();
    model.activities.list.clear_marks();
    match model.focus {
        Pane::Contacts => model.contacts.list.note_change(),
        Pane::Activities => model.activities.list.note_change(),
        Pane::Filters | Pane::Detail | Pane::Sync => {}
    }
    model.ahead.ask(contacts.clone(), status);
    effects.push(Effect::SetStatus(contacts, status));
}

/// The contacts that a key means in the focused pane, marked ones before the selected one, and whom that is in words.
pub fn targets(model: &Model) -> Option<(Vec<ContactId>, String)> {
    match model.focus {
        Pane::Contacts => of_list(&model.contacts.list, |row| row.name.clone()),
        Pane::Activities => of_list(&model.activities.list, |row| row.name.clone()),
        _ => model.detail_contact().map(|(id, name)| (vec![id], visible(&name).into_owned())),
    }
}

fn on_to_next<T: Row>(list: &mut List<T>, has: impl Fn(&T) -> bool) {
    if list.marks().is_empty() && list.current().is_some_and(&has) {
        list.to_next(has);
    }
}

fn of_list<T: Row>(list: &List<T>, name: impl Fn(&T) -> String) -> Option<(Vec<ContactId>, String)> {
    let marked: BTreeSet<ContactId> = list.marks().values().flatten().copied().collect();
    match marked.len() {
        0 if list.marks().is_empty() => {
            let row = list.current()?;
            Some((vec![row.contact_id()?], visible(&name(row)).into_owned()))
        }
        0 => None,
        1 => Some((marked.into_iter().collect(), "1 marked contact".to_owned())),
        n => Some((marked.into_iter().collect(), format!("{n} contacts"))),
    }
}
