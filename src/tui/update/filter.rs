//! Filters: typed with live results, opened from the pane, saved under a name.

use std::time::Duration;

use super::act::{focus, say};
use super::complete::{self, ReadWords};
use crate::domain::text::visible;
use crate::filter::{Filter, List, Sort};
use crate::store::{ActivityOrder, ContactOrder, Order, SavedFilter};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::message::{Effect, FilterId};
use crate::tui::model::filters::Entry;
use crate::tui::model::input::{Before, Input, Purpose};
use crate::tui::model::toast::Tone;
use crate::tui::model::{DEFAULT_ACTIVITY_ORDER, DEFAULT_CONTACT_ORDER, Model, Pane};

/// The store is asked when no key came for so long.
const PAUSE: Duration = Duration::from_millis(60);

/// Opens the line over the list that was used last.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    focus(model, model.list);
    let Some(list) = model.list.list() else { return };
    let before = match list {
        List::Contacts => Before::Contacts(Box::new(model.contacts.clone())),
        List::Activities => Before::Activities(Box::new(model.activities.clone())),
    };
    model.input = Some(Input::new(Purpose { list, before }, in_force(model, list).0));
    effects.push(Effect::job(ReadWords));
}

/// Keeps what was changed of a saved filter; asks for a name, if it was made from none.
pub fn save(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(list) = model.focus.list() else { return };
    let base = base(model, list).cloned();
    let text = in_force(model, list).0.to_owned();
    let known = base.and_then(|name| model.filters.named(&name).cloned()).filter(|saved| saved.list == list.key());
    match known {
        Some(saved) if saved.query == text => {
            let name = visible(&saved.name).into_owned();
            say(model, Tone::Info, format!("{name} is saved as it is; W saves it under another name"));
        }
        Some(saved) if !text.trim().is_empty() => {
            effects.push(Effect::SaveFilter(saved.name.clone(), list, text));
            set_name(model, list, Some(saved.name));
        }
        _ => open_save(model),
    }
}

/// Asks for the name of the filter in force.
pub fn open_save(model: &mut Model) {
    let Some(list) = model.focus.list() else { return };
    if in_force(model, list).0.trim().is_empty() {
        return say(model, Tone::Info, "Everything is shown; filter first with /");
    }
    let save = move |name: String, model: &mut Model, effects: &mut Vec<Effect>| {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err("A saved filter needs a name".to_owned());
        }
        let same = |saved: &&SavedFilter| saved.name.to_lowercase() == name.to_lowercase();
        let Some(known) = model.filters.saved.iter().find(same).map(|known| known.name.clone()) else {
            keep(model, list, name, effects);
            return Ok(());
        };
        if base(model, list) == Some(&known) {
            keep(model, list, known, effects);
            return Ok(());
        }
        let question = format!("Replace the saved filter {}?", visible(&known));
        let yes = move |model: &mut Model, effects: &mut Vec<Effect>| {
            model.layers.close::<Prompt>();
            keep(model, list, known, effects);
        };
        model.layers.open(Confirm::new("Save the filter", question, yes));
        // The name stays at hand for whoever says no.
        Err("Another filter has that name".to_owned())
    };
    model.layers.open(Prompt::new("Save the filter", "Name", "", save));
}

/// Saves the filter of a list under a name, which is the list's from now on.
fn keep(model: &mut Model, list: List, name: String, effects: &mut Vec<Effect>) {
    effects.push(Effect::SaveFilter(name.clone(), list, in_force(model, list).0.to_owned()));
    set_name(model, list, Some(name));
}

/// The saved filter that a list's filter was made from.
fn base(model: &Model, list: List) -> Option<&String> {
    match list {
        List::Contacts => model.contacts.base.as_ref(),
        List::Activities => model.activities.base.as_ref(),
    }
}

/// Asks before a saved filter is deleted.
pub fn ask_delete(model: &mut Model) {
    match model.filters.current() {
        Some(Entry { id: FilterId::Saved(id), name, .. }) => {
            let question = format!("Delete the saved filter {name}?");
            let yes = move |_: &mut Model, effects: &mut Vec<Effect>| effects.push(Effect::DeleteFilter(id));
            model.layers.open(Confirm::new("Delete", question, yes));
        }
        _ => say(model, Tone::Info, "Presets stay; only saved filters can be deleted"),
    }
}

/// The text of the line changed. A wrong one is said to be wrong, and the last good result stays.
pub fn typed(model: &mut Model) {
    let due = model.setup.now.instant + PAUSE;
    let Some(Input { purpose: Purpose { list, .. }, .. }) = model.input else { return };
    let context = model.context(list);
    let Some(input) = &mut model.input else { return };
    let text = input.text().to_owned();
    input.problem = Filter::parse(&text, &context).err();
    if input.problem.is_none() {
        set(model, list, text, None);
        wait(model, list, Some(due));
    }
    complete::offer(model, false);
}

/// Enter: keeps the line, unless it is wrong.
pub fn accept(model: &mut Model) {
    if complete::take_chosen(model) {
        return;
    }
    if let Some(input) = model.input.take_if(|input| input.problem.is_none()) {
        wait(model, input.purpose.list, None);
    }
}

/// Esc: as it was before.
pub fn cancel(model: &mut Model) {
    if complete::dismiss(model) {
        return;
    }
    let Some(input) = model.input.take() else { return };
    // Nothing was tried: what came meanwhile stays.
    match input.purpose.before {
        Before::Contacts(before) if before.generation != model.contacts.generation => model.contacts.go_back(*before),
        Before::Activities(before) if before.generation != model.activities.generation => {
            model.activities.go_back(*before);
        }
        Before::Contacts(_) | Before::Activities(_) => {}
    }
}

/// Another filter for a list, from the top, at once.
pub fn apply(model: &mut Model, list: List, text: String, name: Option<String>) {
    set(model, list, text, name);
    wait(model, list, None);
}

/// Everything again, and in the usual order if a filter of the pane had brought another.
pub fn clear(model: &mut Model, list: List) {
    match list {
        List::Contacts if model.contacts.name.is_some() => model.contacts.order = DEFAULT_CONTACT_ORDER,
        List::Activities if model.activities.name.is_some() => model.activities.order = DEFAULT_ACTIVITY_ORDER,
        List::Contacts | List::Activities => {}
    }
    apply(model, list, String::new(), None);
    match list {
        List::Contacts => model.contacts.base = None,
        List::Activities => model.activities.base = None,
    }
}

/// Opens a filter of the pane in its list.
pub fn apply_entry(model: &mut Model, entry: Entry) {
    focus(model, Pane::of(entry.list));
    let (sort, descending) = entry.order.unwrap_or((Sort::Updated, true));
    match (entry.list, entry.order) {
        (List::Contacts, None) => model.contacts.order = DEFAULT_CONTACT_ORDER,
        (List::Activities, None) => model.activities.order = DEFAULT_ACTIVITY_ORDER,
        (List::Contacts, Some(_)) => {
            let by = match sort {
                Sort::Name => ContactOrder::Name,
                Sort::Created => ContactOrder::Created,
                Sort::Updated => ContactOrder::Updated,
                Sort::Recent | Sort::Start => ContactOrder::Recent,
            };
            model.contacts.order = Order { by, descending };
        }
        (List::Activities, Some(_)) => {
            let by = if sort == Sort::Start { ActivityOrder::Start } else { ActivityOrder::Updated };
            model.activities.order = Order { by, descending };
        }
    }
    apply(model, entry.list, entry.query, Some(entry.name));
}

/// The text and the name of the filter of a list.
pub fn in_force(model: &Model, list: List) -> (&str, Option<&str>) {
    match list {
        List::Contacts => (&model.contacts.filter, model.contacts.name.as_deref()),
        List::Activities => (&model.activities.filter, model.activities.name.as_deref()),
    }
}

fn set(model: &mut Model, list: List, text: String, name: Option<String>) {
    match list {
        List::Contacts => model.contacts.set_filter(text),
        List::Activities => model.activities.set_filter(text),
    }
    set_name(model, list, name);
}

/// A name stays that of the filter's origin when its text is changed.
fn set_name(model: &mut Model, list: List, name: Option<String>) {
    let (now, base) = match list {
        List::Contacts => (&mut model.contacts.name, &mut model.contacts.base),
        List::Activities => (&mut model.activities.name, &mut model.activities.base),
    };
    if name.is_some() {
        base.clone_from(&name);
    }
    *now = name;
}

/// When the rows of a list are asked for.
fn wait(model: &mut Model, list: List, due: Option<std::time::Instant>) {
    match list {
        List::Contacts => model.contacts.due = due,
        List::Activities => model.activities.due = due,
    }
}
