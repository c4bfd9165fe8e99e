//! Filters: typed with live results, opened from the pane, saved under a name.

use std::time::Duration;

use super::act::{focus, say};
use crate::filter::{Filter, List, Sort};
use crate::store::{ActivityOrder, ContactOrder, Order};
use crate::tui::message::{Effect, FilterId};
use crate::tui::model::filters::Entry;
use crate::tui::model::input::{Input, Purpose};
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane, Popup};

/// The store is asked when no key came for so long.
const PAUSE: Duration = Duration::from_millis(60);

/// Opens the line over the list that was used last.
pub fn open(model: &mut Model) {
    let pane = model.list;
    focus(model, pane);
    let before = text(model, pane).to_owned();
    model.input = Some(Input::new(Purpose::Filter { pane, before: before.clone() }, &before));
}

/// Asks for the name of the filter in force.
pub fn open_save(model: &mut Model) {
    let pane = model.focus;
    if text(model, pane).trim().is_empty() {
        return say(model, Tone::Info, "Everything is shown; filter first with /");
    }
    model.input = Some(Input::new(Purpose::SaveFilter { pane }, ""));
}

/// Asks before a saved filter is deleted.
pub fn ask_delete(model: &mut Model) {
    match model.filters.current() {
        Some(Entry { id: FilterId::Saved(id), name, .. }) => model.popup = Some(Popup::DeleteFilter { id, name }),
        _ => say(model, Tone::Info, "Presets stay; only saved filters can be deleted"),
    }
}

/// The text of the line changed. A wrong one is said to be wrong, and the last good result stays.
pub fn typed(model: &mut Model) {
    let due = model.setup.now.instant + PAUSE;
    let Some(Input { purpose: Purpose::Filter { pane, .. }, .. }) = model.input else { return };
    let context = model.context(pane.list().unwrap_or(List::Contacts));
    let Some(input) = &mut model.input else { return };
    let text = input.text().to_owned();
    input.problem = Filter::parse(&text, &context).err();
    if input.problem.is_some() {
        return;
    }
    set_text(model, pane, text, None);
    match pane {
        Pane::Contacts => model.contacts.due = Some(due),
        _ => model.activities.due = Some(due),
    }
}

/// Enter: keeps the line.
pub fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(input) = model.input.take() else { return };
    match input.purpose {
        Purpose::Filter { .. } if input.problem.is_some() => model.input = Some(input),
        Purpose::Filter { pane, .. } => run_now(model, pane),
        Purpose::SaveFilter { pane } => {
            let name = input.text().trim().to_owned();
            let list = pane.list().unwrap_or(List::Contacts);
            if !name.is_empty() {
                set_name(model, pane, Some(name.clone()));
                effects.push(Effect::SaveFilter(name, list, text(model, pane).to_owned()));
            }
        }
    }
}

/// Esc: as it was before.
pub fn cancel(model: &mut Model) {
    let Some(input) = model.input.take() else { return };
    if let Purpose::Filter { pane, before } = input.purpose
        && text(model, pane) != before
    {
        apply(model, pane, before, None);
    }
}

/// Another filter for a list, from the top.
pub fn apply(model: &mut Model, pane: Pane, text: String, name: Option<String>) {
    set_text(model, pane, text, name);
    run_now(model, pane);
}

/// Opens a filter of the pane in its list.
pub fn apply_entry(model: &mut Model, entry: Entry) {
    let pane = match entry.list {
        List::Contacts => Pane::Contacts,
        List::Activities => Pane::Activities,
    };
    focus(model, pane);
    if let Some((sort, descending)) = entry.order {
        order(model, pane, sort, descending);
    }
    apply(model, pane, entry.query, Some(entry.name));
}

fn order(model: &mut Model, pane: Pane, sort: Sort, descending: bool) {
    match pane {
        Pane::Contacts => {
            let by = match sort {
                Sort::Name => ContactOrder::Name,
                Sort::Created => ContactOrder::Created,
                Sort::Updated => ContactOrder::Updated,
                Sort::Recent | Sort::Start => ContactOrder::Recent,
            };
            model.contacts.order = Order { by, descending };
        }
        _ => {
            let by = if sort == Sort::Start { ActivityOrder::Start } else { ActivityOrder::Updated };
            model.activities.order = Order { by, descending };
        }
    }
}

fn text(model: &Model, pane: Pane) -> &str {
    match pane {
        Pane::Contacts => &model.contacts.filter,
        _ => &model.activities.filter,
    }
}

fn set_name(model: &mut Model, pane: Pane, name: Option<String>) {
    match pane {
        Pane::Contacts => model.contacts.name = name,
        _ => model.activities.name = name,
    }
}

fn set_text(model: &mut Model, pane: Pane, text: String, name: Option<String>) {
    match pane {
        Pane::Contacts => model.contacts.set_filter(text),
        _ => model.activities.set_filter(text),
    }
    set_name(model, pane, name);
}

fn run_now(model: &mut Model, pane: Pane) {
    let due = match pane {
        Pane::Contacts => &mut model.contacts.due,
        _ => &mut model.activities.due,
    };
    *due = None;
}
