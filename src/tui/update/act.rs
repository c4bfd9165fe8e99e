//! What each action does.

use super::{copy, filter, status};
use crate::filter::List;
use crate::store::Entity;
use crate::store::{ActivityOrder, ContactOrder, Order};
use crate::sync::status::WorkerState;
use crate::tui::actions::Action;
use crate::tui::dialogs::help::Help;
use crate::tui::dialogs::plan;
use crate::tui::dialogs::skip::{self, NOTHING_WAITS};
use crate::tui::dialogs::undo::Change;
use crate::tui::message::Effect;
use crate::tui::model::columns::Columns;
use crate::tui::model::detail::{Shown, Target};
use crate::tui::model::session::{ListSession, Session};
use crate::tui::model::toast::Tone;
use crate::tui::model::{ListPane, Model, Pane};

/// Does it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::MoveDown => move_by(model, 1),
        Action::MoveUp => move_by(model, -1),
        Action::HalfPageDown => page(model, true, true),
        Action::HalfPageUp => page(model, false, true),
        Action::PageDown => page(model, true, false),
        Action::PageUp => page(model, false, false),
        Action::MoveFirst => to_end(model, false),
        Action::MoveLast => to_end(model, true),
        Action::NextPane => cycle(model, 1),
        Action::PreviousPane => cycle(model, Pane::ALL.len() - 1),
        Action::FocusFilters => focus(model, Pane::Filters),
        Action::FocusContacts => focus(model, Pane::Contacts),
        Action::FocusActivities => focus(model, Pane::Activities),
        Action::FocusDetail => focus(model, Pane::Detail),
        Action::FocusSync => focus(model, Pane::Sync),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Open => open(model, effects),
        Action::Back => back(model),
        Action::Leave => focus(model, model.list),
        Action::Filter => filter::open(model, effects),
        Action::ClearFilter => {
            if let Some(list) = model.focus.list() {
                filter::clear(model, list);
            }
        }
        Action::SaveFilter => filter::save(model, effects),
        Action::DeleteFilter => filter::ask_delete(model),
        Action::Sort => sort(model),
        Action::SetStatus => status::open(model),
        Action::RepeatStatus => status::repeat(model, effects),
        Action::Mark => mark(model, false),
        Action::MarkRange => mark(model, true),
        Action::ToggleRead => toggle_read(model, effects),
        Action::Undo => effects.push(Effect::job(Change::undo())),
        Action::CopyEmail => copy::email(model, effects),
        Action::CopyRow => copy::row(model, effects),
        Action::CopyLink => copy::link(model, effects),
        Action::Wider => resize(model, 5),
        Action::Narrower => resize(model, -5),
        Action::Mouse => mouse(model, effects),
        Action::PauseSync => {
            let paused = model.overview.as_ref().is_some_and(|overview| overview.paused);
            effects.push(Effect::Pause(!paused));
            say(model, Tone::Info, if paused { "Sync goes on" } else { "Sync is paused; p resumes" });
        }
        Action::SyncNow => sync_now(model, effects),
        Action::Retry => retry(model, effects),
        Action::Skip => leave_out(model),
        Action::Help => Help::open(model, effects),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Quit => quit(model, effects),
        Action::Accept => filter::accept(model),
        Action::Cancel => filter::cancel(model),
        Action::Close => model.layers.clear(),
        Action::Own(_) => {} // carried out by its own function
    }
}

/// Shows short words.
pub fn say(model: &mut Model, tone: Tone, text: impl Into<String>) {
    model.toasts.push(tone, text, model.setup.now);
    model.dirty = true;
}

fn sync_now(model: &mut Model, effects: &mut Vec<Effect>) {
    let words = match &model.sync.own.state {
        WorkerState::Off { reason } => format!("Sync is off: {reason}"),
        WorkerState::Elsewhere { host, pid } => {
            let words = format!("Asked process {pid} on {host} to look for work");
            effects.push(Effect::SyncNow);
            words
        }
        _ => {
            effects.push(Effect::SyncNow);
            "Looking for work".to_owned()
        }
    };
    say(model, Tone::Info, words);
}

/// Keeps how things stand and leaves.
pub fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.started {
        effects.push(Effect::SaveSession(Box::new(session(model))));
    }
    effects.push(Effect::Quit);
}

fn session(model: &Model) -> Session {
    fn list<T: crate::tui::model::list::Row, C>(pane: &ListPane<T, C>) -> ListSession {
        let (top, selected) = pane.list.place().unzip();
        ListSession { filter: pane.filter.clone(), name: pane.name.clone(), top, selected }
    }
    Session {
        focus: Some(model.focus),
        zoomed: model.zoomed,
        share: model.share,
        contacts: list(&model.contacts),
        activities: list(&model.activities),
        contact_order: Some(model.contacts.order.clone()),
        columns: if model.columns.shown == Columns::default().shown { Vec::new() } else { model.columns.shown.clone() },
        activity_order: Some(model.activities.order),
    }
}

/// Gives a pane the focus; whatever lies over the panes goes.
pub fn focus(model: &mut Model, pane: Pane) {
    model.layers.clear();
    model.focus = pane;
    if pane.list().is_some() {
        model.list = pane;
    }
    if pane != Pane::Detail {
        model.detail.pinned = None;
    }
}

fn cycle(model: &mut Model, by: usize) {
    let next = (model.focus as usize + by) % Pane::ALL.len();
    focus(model, Pane::ALL[next]);
}

fn move_by(model: &mut Model, delta: isize) {
    match model.focus {
        Pane::Filters => model.filters.move_by(delta),
        Pane::Contacts => model.contacts.list.move_by(delta),
        Pane::Activities => model.activities.list.move_by(delta),
        Pane::Detail => model.detail.scroll = model.detail.scroll.saturating_add_signed(delta),
        Pane::Sync => model.sync.items.move_by(delta),
    }
}

fn page(model: &mut Model, down: bool, half: bool) {
    let height = model.layout.pane(model.focus).map_or(10, |area| (area.height.max(4) - 3) as isize);
    let lines = if half { (height / 2).max(1) } else { height };
    match model.focus {
        Pane::Contacts => model.contacts.list.page(down, half),
        Pane::Activities => model.activities.list.page(down, half),
        Pane::Sync => model.sync.items.page(down, half),
        Pane::Filters | Pane::Detail => move_by(model, if down { lines } else { -lines }),
    }
}

fn to_end(model: &mut Model, last: bool) {
    match (model.focus, last) {
        (Pane::Contacts, false) => model.contacts.list.first(),
        (Pane::Contacts, true) => model.contacts.list.last(),
        (Pane::Activities, false) => model.activities.list.first(),
        (Pane::Activities, true) => model.activities.list.last(),
        (Pane::Sync, false) => model.sync.items.first(),
        (Pane::Sync, true) => model.sync.items.last(),
        // The view keeps a scroll that is too far within the text.
        (Pane::Filters | Pane::Detail, last) => move_by(model, if last { 100_000 } else { -100_000 }),
    }
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.focus {
        Pane::Filters => {
            if let Some(entry) = model.filters.current() {
                filter::apply_entry(model, entry);
            }
        }
        Pane::Contacts => {
            if model.contacts.list.current().is_some() {
                focus(model, Pane::Detail);
            }
        }
        Pane::Activities => {
            if let Some(row) = model.activities.list.current() {
                if row.unread {
                    effects.push(Effect::Opened(row.id));
                }
                focus(model, Pane::Detail);
            }
        }
        Pane::Sync => {
            if let Some(row) = model.sync.items.current() {
                let target = match row.entity {
                    Entity::Contact => Target::Contact(row.entity_id),
                    Entity::Activity => Target::Activity(row.entity_id),
                };
                focus(model, Pane::Detail);
                model.detail.pinned = Some(target);
            }
        }
        Pane::Detail => {}
    }
}

fn back(model: &mut Model) {
    match model.focus {
        Pane::Contacts if model.contacts.list.clear_marks() => {}
        Pane::Activities if model.activities.list.clear_marks() => {}
        _ if model.zoomed => model.zoomed = false,
        Pane::Contacts if !model.contacts.filter.is_empty() => filter::clear(model, List::Contacts),
        Pane::Activities if !model.activities.filter.is_empty() => filter::clear(model, List::Activities),
        Pane::Contacts | Pane::Activities => {}
        Pane::Filters | Pane::Detail | Pane::Sync => focus(model, model.list),
    }
}

fn sort(model: &mut Model) {
    match model.focus {
        Pane::Contacts => {
            let pane = &mut model.contacts;
            pane.order = match pane.order.by {
                ContactOrder::Recent => Order { by: ContactOrder::Name, descending: false },
                ContactOrder::Name => Order { by: ContactOrder::Created, descending: true },
                ContactOrder::Created => Order { by: ContactOrder::Updated, descending: true },
                _ => Order { by: ContactOrder::Recent, descending: true },
            };
            pane.list.reset();
        }
        Pane::Activities => {
            let pane = &mut model.activities;
            pane.order = match pane.order.by {
                ActivityOrder::Updated => Order { by: ActivityOrder::Start, descending: false },
                ActivityOrder::Start => Order { by: ActivityOrder::Updated, descending: true },
            };
            pane.list.reset();
        }
        Pane::Filters | Pane::Detail | Pane::Sync => {}
    }
}

fn mark(model: &mut Model, range: bool) {
    match (model.focus, range) {
        (Pane::Contacts, false) => model.contacts.list.toggle_mark(),
        (Pane::Contacts, true) => model.contacts.list.toggle_range(),
        (Pane::Activities, false) => model.activities.list.toggle_mark(),
        (Pane::Activities, true) => model.activities.list.toggle_range(),
        _ => {}
    }
}

fn toggle_read(model: &mut Model, effects: &mut Vec<Effect>) {
    let (ids, unread) = match (model.focus, model.detail.current()) {
        (Pane::Detail, Shown::Activity(detail)) => (vec![detail.activity.id], detail.activity.unread),
        (Pane::Activities, _) => {
            let list = &model.activities.list;
            let current = list.current().map(|row| (row.id, row.unread));
            match (list.marks().is_empty(), current) {
                // All that are at hand were read: then it means the other way round.
                (false, _) => (list.marks().keys().copied().collect(), !list.all_marked(|row| !row.unread)),
                (true, Some((id, unread))) => (vec![id], unread),
                (true, None) => return,
            }
        }
        _ => return say(model, Tone::Info, "Only activities are read or unread"),
    };
    for row in model.activities.list.rows_mut().filter(|row| ids.contains(&row.id)) {
        row.unread = !unread;
    }
    model.activities.list.clear_marks();
    effects.push(Effect::MarkRead(ids, unread));
}

/// More or less room for the lists, in percent of what they share with the detail.
fn resize(model: &mut Model, by: i16) {
    model.share = (model.share + by).clamp(-30, 30);
}

fn mouse(model: &mut Model, effects: &mut Vec<Effect>) {
    model.mouse = !model.mouse;
    effects.push(Effect::Mouse(model.mouse));
    let words = if model.mouse { "The mouse is for rolodeck; shift selects text" } else { "The mouse selects text" };
    say(model, Tone::Info, words);
}

/// Sends again what is selected in the sync pane, or what the detail pane's subject waits with.
fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    match plan::item(model) {
        Some(item) => effects.push(Effect::Retry(vec![item.id])),
        None => say(model, Tone::Info, NOTHING_WAITS),
    }
}

/// Leaves it out, after a question.
fn leave_out(model: &mut Model) {
    match plan::item(model) {
        Some(item) => skip::ask(model, &item),
        None => say(model, Tone::Info, NOTHING_WAITS),
    }
}
