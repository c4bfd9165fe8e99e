//! Answers: taken if they are still wanted, dropped if a newer question was asked since.

use super::act::say;
use crate::domain::Status;
use crate::domain::text::counted;
use crate::filter;
use crate::store::{ActivityRow, ContactRow, Key, OutboxRow, SavedFilter, Window};
use crate::tui::job::Kind;
use crate::tui::message::{Effect, Failed, Reply};
use crate::tui::model::columns::Columns;
use crate::tui::model::detail::Shown;
use crate::tui::model::list::{List, Load, Row};
use crate::tui::model::session::{ListSession, Session};
use crate::tui::model::toast::Tone;
use crate::tui::model::{ListPane, Model, Pane};
use crate::tui::view::common::cut::thousands;

/// Takes an answer.
pub fn reply(model: &mut Model, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Contacts(generation, load, window) => {
            let (ahead, seen) = (&model.ahead, model.contacts.seen());
            let told = |row: &mut ContactRow| row.status = ahead.status(row.id, seen).unwrap_or(row.status);
            model.dirty |= rows(&mut model.contacts, generation, load, window, told);
            model.ahead.forget(model.seen_by_all());
        }
        Reply::Activities(generation, load, window) => {
            let (ahead, seen) = (&model.ahead, model.activities.seen());
            let told = |row: &mut ActivityRow| {
                row.status = row.contact_id.and_then(|id| ahead.status(id, seen)).unwrap_or(row.status);
            };
            model.dirty |= rows(&mut model.activities, generation, load, window, told);
            model.ahead.forget(model.seen_by_all());
        }
        Reply::ContactTotal(generation, total) => {
            let pane = &mut model.contacts;
            if generation == pane.generation && pane.total.replace(total) != Some(total) {
                model.dirty = true;
            }
        }
        Reply::ActivityTotal(generation, total) => {
            let pane = &mut model.activities;
            if generation == pane.generation && pane.total.replace(total) != Some(total) {
                model.dirty = true;
            }
        }
        Reply::FilterTotal(id, total) => {
            model.dirty |= model.filters.totals.insert(id, total) != Some(total);
        }
        Reply::Contact(generation, contact) => {
            show(model, generation, contact.map_or(Shown::Gone, Shown::Contact));
        }
        Reply::Activity(generation, activity) => {
            show(model, generation, activity.map_or(Shown::Gone, Shown::Activity));
        }
        Reply::StatusSet(status, count) => {
            model.ahead.answer(true);
            model.ahead.forget(model.seen_by_all());
            let (word, dot) = (status.map_or("No status", Status::label), model.setup.theme.glyphs.dot);
            match count {
                0 => say(model, Tone::Info, format!("{word}: nothing changed")),
                1 => say(model, Tone::Good, format!("{word} {dot} u undoes it")),
                n => {
                    let n = thousands(n as i64);
                    say(model, Tone::Good, format!("{word}: {n} contacts {dot} u undoes it"));
                }
            }
        }
        Reply::ReadSet(_, 0 | 1) => {}
        Reply::ReadSet(read, n) => {
            let (word, dot) = (if read { "read" } else { "unread" }, model.setup.theme.glyphs.dot);
            let n = thousands(i64::try_from(n).unwrap_or(i64::MAX));
            say(model, Tone::Good, format!("{n} marked as {word} {dot} u undoes it"));
        }
        Reply::SavedFilters(saved) => {
            if saved != model.filters.saved {
                follow_names(model, &saved);
                model.filters.saved = saved;
                model.filters.move_by(0);
                model.refresh.totals_changed = true;
                model.refresh.next_totals = model.setup.now.instant;
                model.dirty = true;
            }
        }
        Reply::FilterSaved(name) => {
            say(model, Tone::Good, format!("Saved as {name}"));
            effects.push(Effect::SavedFilters);
        }
        Reply::FilterDeleted => {
            say(model, Tone::Good, "Filter deleted");
            effects.push(Effect::SavedFilters);
        }
        Reply::Outbox(found) => model.dirty |= items(&mut model.sync.items, found),
        Reply::Retried(n) => say(model, Tone::Good, count(n, "will be sent again", "Nothing to send again")),
        Reply::Skipped(n) => say(model, Tone::Good, count(n, "left out of Salesforce", "Nothing to leave out")),
        Reply::Overview(overview) => {
            if overview.lease != model.sync.lease {
                model.sync.set_lease(overview.lease.clone());
                model.dirty = true;
            }
            if model.overview.as_ref() != Some(&*overview) {
                model.overview = Some(*overview);
                model.dirty = true;
            }
        }
        Reply::Job(answered) => {
            if let Kind::Long(name) = answered.kind() {
                model.progress.retain(|progress| progress.name != name);
            }
            model.dirty = true;
            answered.take(model, effects);
        }
        Reply::Session(session, custom) => {
            model.setup.custom = custom;
            start(model, session.map(|session| *session).unwrap_or_default());
            super::settle(model, effects);
            effects.extend([Effect::Overview, Effect::SavedFilters]);
        }
    }
}

/// Lists whose filter was renamed show its new name, whoever renamed it; of a deleted one they show the query. A filter
/// that is saved with another query now, by an undo or elsewhere, is no longer what its list shows.
fn follow_names(model: &mut Model, saved: &[SavedFilter]) {
    fn follow<T, C>(pane: &mut ListPane<T, C>, before: &[SavedFilter], saved: &[SavedFilter], list: &str) {
        for shown in [&mut pane.name, &mut pane.base] {
            let before = before.iter().find(|before| Some(&before.name) == shown.as_ref());
            if let Some(before) = before {
                *shown = saved.iter().find(|now| now.id == before.id).map(|now| now.name.clone());
            }
        }
        let named = |name: &Option<String>| {
            saved.iter().find(|now| now.list == list && Some(&now.name) == name.as_ref()).map(|now| &now.query)
        };
        if named(&pane.name).is_some_and(|query| *query != pane.filter) {
            pane.name = None;
        } else if pane.name.is_none() && named(&pane.base) == Some(&pane.filter) {
            pane.name.clone_from(&pane.base);
        }
    }
    let before = &model.filters.saved;
    follow(&mut model.contacts, before, saved, filter::List::Contacts.key());
    follow(&mut model.activities, before, saved, filter::List::Activities.key());
}

/// Something that was asked for did not work.
pub fn failed(model: &mut Model, request: Failed, error: String) {
    let now = model.setup.now.instant;
    let awaited = match request {
        Failed::Contacts(generation) => model.contacts.failed(generation, error.clone(), now),
        Failed::Activities(generation) => model.activities.failed(generation, error.clone(), now),
        _ => false,
    };
    if awaited {
        model.held.take();
    }
    match request {
        Failed::Detail(generation) if generation == model.detail.generation => model.detail.in_flight = false,
        Failed::Contacts(_) | Failed::Activities(_) | Failed::Detail(_) | Failed::Reading => {}
        Failed::Change => model.refresh.changed = true,
        Failed::Status => {
            model.ahead.answer(false);
            model.refresh.changed = true;
        }
    }
    say(model, Tone::Bad, error);
}

fn rows<T: Row + Clone + PartialEq, C>(
    pane: &mut ListPane<T, C>,
    generation: u64,
    load: Load,
    window: Window<T>,
    told: impl FnMut(&mut T),
) -> bool {
    let screen = |list: &List<T>| (list.cursor_line(), list.is_loaded(), list.visible().cloned().collect::<Vec<_>>());
    let before = screen(&pane.list);
    if !pane.list.receive(generation, load, window) {
        return false;
    }
    pane.list.rows_mut().for_each(told);
    pane.failures = 0;
    pane.error.take().is_some() || screen(&pane.list) != before
}

fn items(list: &mut List<OutboxRow>, found: Vec<OutboxRow>) -> bool {
    let screen =
        |list: &List<OutboxRow>| (list.cursor_line(), list.is_loaded(), list.visible().cloned().collect::<Vec<_>>());
    let before = screen(list);
    list.mark_stale();
    let request = list.request(true);
    let key = |row: &OutboxRow| Key { sort: crate::store::SortValue::Integer(0), id: row.id };
    let window = Window { rows: found.into_iter().map(|row| (key(&row), row)).collect(), before: false, after: false };
    if let Some(request) = request {
        list.receive(request.generation, request.load, window);
    }
    screen(list) != before
}

fn show(model: &mut Model, generation: u64, mut shown: Shown) {
    let detail = &mut model.detail;
    if generation != detail.generation {
        return;
    }
    detail.in_flight = false;
    let contact = match &mut shown {
        Shown::Contact(detail) => Some(&mut detail.contact),
        Shown::Activity(detail) => detail.contact.as_mut().map(|detail| &mut detail.contact),
        Shown::Nothing | Shown::Gone => None,
    };
    if let Some(contact) = contact {
        contact.status = model.ahead.status(contact.id, detail.seen).unwrap_or(contact.status);
    }
    if detail.shown == shown {
        return;
    }
    if !same_thing(&detail.shown, &shown) {
        detail.scroll = 0;
    }
    detail.shown = shown;
    model.dirty = true;
}

fn same_thing(one: &Shown, other: &Shown) -> bool {
    match (one, other) {
        (Shown::Contact(one), Shown::Contact(other)) => one.contact.id == other.contact.id,
        (Shown::Activity(one), Shown::Activity(other)) => one.activity.id == other.activity.id,
        _ => false,
    }
}

fn count(n: u64, done: &str, none: &str) -> String {
    match n {
        0 => none.to_owned(),
        n => format!("{} {done}", counted(n as usize, "item", "items")),
    }
}

/// Takes up what the last run left, and begins to read.
fn start(model: &mut Model, session: Session) {
    fn list<T: Row, C>(pane: &mut ListPane<T, C>, session: ListSession) {
        pane.set_filter(session.filter);
        pane.base.clone_from(&session.name);
        pane.name = session.name;
        if let (Some(top), Some(id)) = (session.top, session.selected) {
            pane.list.restore(top, id);
        }
    }
    if model.started {
        return;
    }
    model.started = true;
    if let Some(order) = session.contact_order {
        model.contacts.order = order;
    }
    model.share = session.share.clamp(-30, 30);
    model.columns = Columns::restored(session.columns);
    if let Some(order) = session.activity_order {
        model.activities.order = order;
    }
    list(&mut model.contacts, session.contacts);
    list(&mut model.activities, session.activities);
    // A click that came first has the last word.
    if let (Some(pane), Pane::Contacts) = (session.focus, model.focus) {
        super::act::focus(model, pane);
        model.zoomed = session.zoomed;
    }
    model.dirty = true;
}
