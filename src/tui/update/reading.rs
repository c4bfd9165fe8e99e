//! What is to be read from the store, and when: rows for the lists, the detail once the cursor rests, all of it again
//! after a change, a few times a second at most.

use crate::filter::List;
use crate::tui::glance;
use crate::tui::message::Effect;
use crate::tui::model::detail::{self, Shown, Target};
use crate::tui::model::{Model, Pane, REFRESH_EVERY, TOTALS_EVERY};

/// Asks for what the screen needs now.
pub fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.started {
        return;
    }
    let stale = refresh(model, effects);
    glance::settle(model, stale, effects);
    model.settle_layers(stale, effects);
    lists(model, effects);
    items(model, effects);
    follow(model, effects);
    totals(model, effects);
}

/// Everything is out of date, if the store changed and the last reading is long enough ago; returns whether.
fn refresh(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let now = model.setup.now.instant;
    if !model.refresh.changed || now < model.refresh.next {
        return false;
    }
    model.refresh.changed = false;
    model.refresh.next = now + REFRESH_EVERY;
    model.refresh.totals_changed = true;
    model.contacts.list.mark_stale();
    model.activities.list.mark_stale();
    model.contacts.uncounted = true;
    model.activities.uncounted = true;
    model.detail.stale = true;
    model.sync.stale = true;
    effects.push(Effect::Overview);
    true
}

/// The list of what waits or failed is shown, and read, while its pane is in use.
fn items(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.focus == Pane::Sync && std::mem::take(&mut model.sync.stale) {
        effects.push(Effect::Outbox);
    }
}

fn lists(model: &mut Model, effects: &mut Vec<Effect>) {
    let (now, seen) = (model.setup.now.instant, model.ahead.seen());
    let visible = |pane| model.layout.pane(pane).is_some();
    let (contacts, activities) = (visible(Pane::Contacts), visible(Pane::Activities));
    let pane = &mut model.contacts;
    pane.due.take_if(|due| *due <= now);
    pane.pause.take_if(|pause| *pause <= now);
    if let Some(request) = pane.request(contacts, seen, now) {
        effects.push(Effect::Contacts { filter: pane.filter.clone(), order: pane.order.clone(), request });
    }
    if contacts && pane.due.is_none() && std::mem::take(&mut pane.uncounted) {
        let (filter, generation) = (pane.filter.clone(), pane.generation);
        effects.push(Effect::Total { list: List::Contacts, filter, generation });
    }
    let pane = &mut model.activities;
    pane.due.take_if(|due| *due <= now);
    pane.pause.take_if(|pause| *pause <= now);
    if let Some(request) = pane.request(activities, seen, now) {
        effects.push(Effect::Activities { filter: pane.filter.clone(), order: pane.order, request });
    }
    if activities && pane.due.is_none() && std::mem::take(&mut pane.uncounted) {
        let (filter, generation) = (pane.filter.clone(), pane.generation);
        effects.push(Effect::Total { list: List::Activities, filter, generation });
    }
}

/// The detail follows the selection of the list that was used last, until it has the focus: then it keeps what it shows.
fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.layout.pane(Pane::Detail).is_none() {
        return;
    }
    let selected = match model.list {
        Pane::Contacts => model.contacts.list.current().map(|row| Target::Contact(row.id)),
        _ => model.activities.list.current().map(|row| Target::Activity(row.id)),
    };
    if model.focus == Pane::Detail && model.detail.pinned.is_none() {
        model.detail.pinned = selected;
    }
    let wanted = model.detail.pinned.or(selected);
    let now = model.setup.now.instant;
    let detail = &mut model.detail;
    if wanted != detail.target {
        detail.target = wanted;
        detail.generation += 1;
        detail.in_flight = false;
        detail.stale = false;
        // Whoever opens something waits for it; whoever passes by does not.
        let at_once = model.focus == Pane::Detail || detail.shown == Shown::Nothing;
        detail.due = Some(if at_once { now } else { now + detail::REST });
    }
    // Whoever opens what they have just come to waits for it, too.
    if model.focus == Pane::Detail && detail.due.is_some() {
        detail.due = Some(now);
    }
    let due = detail.due.take_if(|due| *due <= now).is_some();
    let Some(target) = detail.target else {
        if detail.shown != Shown::Nothing {
            detail.shown = Shown::Nothing;
            model.dirty = true;
        }
        return;
    };
    let again = detail.stale && detail.due.is_none() && !detail.in_flight;
    if due || again {
        detail.in_flight = true;
        detail.stale = false;
        detail.seen = model.ahead.seen();
        effects.push(match target {
            Target::Contact(id) => Effect::Contact(detail.generation, id),
            Target::Activity(id) => Effect::Activity(detail.generation, id),
        });
    }
}

fn totals(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.setup.now.instant;
    let refresh = &mut model.refresh;
    if !refresh.totals_changed || now < refresh.next_totals || model.layout.pane(Pane::Filters).is_none() {
        return;
    }
    refresh.totals_changed = false;
    refresh.next_totals = now + TOTALS_EVERY;
    effects.push(Effect::SavedFilters); // another process, or undo, may have changed them
    let entries = model.filters.entries();
    effects.push(Effect::FilterTotals(entries.into_iter().map(|entry| (entry.id, entry.list, entry.query)).collect()));
}
