//! What is done to saved filters in their pane: another name, another place, a number key; and the number keys.

use jiff::Timestamp;

use crate::domain::text::visible;
use crate::tui::actions::{Place, actions};
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::{Effect, FilterId};
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::{open_filter, save_filter_as, say};

actions! {
    SAVE_AS = save_as: "save-filter-as", "Save the filter under another name", "", [Place::CONTACTS, Place::ACTIVITIES], ["W"];
    RENAME = rename: "rename-filter", "Rename the saved filter", "rename", [Place::FILTERS], ["r"];
    DOWN = down: "filter-down", "Saved filter further down", "", [Place::FILTERS], ["J"];
    UP = up: "filter-up", "Saved filter further up", "", [Place::FILTERS], ["K"];
    PIN = pin: "pin-filter", "Saved filter on a number key", "key", [Place::FILTERS], ["="];
    OPEN_1 = open::<1>: "open-filter-1", "Saved filter of key 1", "", [Place::GLOBAL], ["' 1"];
    OPEN_2 = open::<2>: "open-filter-2", "Saved filter of key 2", "", [Place::GLOBAL], ["' 2"];
    OPEN_3 = open::<3>: "open-filter-3", "Saved filter of key 3", "", [Place::GLOBAL], ["' 3"];
    OPEN_4 = open::<4>: "open-filter-4", "Saved filter of key 4", "", [Place::GLOBAL], ["' 4"];
    OPEN_5 = open::<5>: "open-filter-5", "Saved filter of key 5", "", [Place::GLOBAL], ["' 5"];
    OPEN_6 = open::<6>: "open-filter-6", "Saved filter of key 6", "", [Place::GLOBAL], ["' 6"];
    OPEN_7 = open::<7>: "open-filter-7", "Saved filter of key 7", "", [Place::GLOBAL], ["' 7"];
    OPEN_8 = open::<8>: "open-filter-8", "Saved filter of key 8", "", [Place::GLOBAL], ["' 8"];
    OPEN_9 = open::<9>: "open-filter-9", "Saved filter of key 9", "", [Place::GLOBAL], ["' 9"];
}

fn save_as(model: &mut Model, _: &mut Vec<Effect>) {
    save_filter_as(model);
}

/// Opens the filter of a number key.
fn open<const KEY: u8>(model: &mut Model, _: &mut Vec<Effect>) {
    match model.filters.entries().into_iter().find(|entry| entry.pin == Some(KEY)) {
        Some(entry) => open_filter(model, entry),
        None => say(model, Tone::Info, format!("No filter on key {KEY} yet; = in the filters pane puts one there")),
    }
}

/// The selected filter, if it is one of the user's own: its number and its place among them.
fn selected(model: &mut Model) -> Option<(i64, usize)> {
    let found = model.filters.current().and_then(|entry| match entry.id {
        FilterId::Saved(id) => model.filters.saved.iter().position(|saved| saved.id == id).map(|at| (id, at)),
        FilterId::Preset(_) => None,
    });
    if found.is_none() {
        say(model, Tone::Info, "Presets stay as they are; W in a list saves one of your own");
    }
    found
}

fn rename(model: &mut Model, _: &mut Vec<Effect>) {
    let Some((id, at)) = selected(model) else { return };
    let before = model.filters.saved[at].name.clone();
    let take = move |name: String, model: &mut Model, effects: &mut Vec<Effect>| {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err("A saved filter needs a name".to_owned());
        }
        if crate::filter::named_preset(&name).is_some() {
            return Err("A fixed filter has that name".to_owned());
        }
        if model.filters.saved.iter().any(|saved| saved.id != id && saved.name.to_lowercase() == name.to_lowercase()) {
            return Err("Another filter has that name".to_owned());
        }
        effects.push(Effect::job(Change { id, what: What::Name(name) }));
        Ok(())
    };
    model.layers.open(Prompt::new("Rename the filter", "Name", &before, take));
}

fn down(model: &mut Model, effects: &mut Vec<Effect>) {
    step(model, effects, 1);
}

fn up(model: &mut Model, effects: &mut Vec<Effect>) {
    step(model, effects, -1);
}

/// Moves the selected filter at once and asks for it, so that it can be moved several places in a row.
fn step(model: &mut Model, effects: &mut Vec<Effect>, by: isize) {
    let Some((id, at)) = selected(model) else { return };
    let Some(to) = at.checked_add_signed(by).filter(|to| *to < model.filters.saved.len()) else { return };
    model.filters.saved.swap(at, to);
    model.filters.move_by(by);
    effects.push(Effect::job(Change { id, what: What::Place(to + 1) }));
}

fn pin(model: &mut Model, _: &mut Vec<Effect>) {
    let Some((id, at)) = selected(model) else { return };
    let saved = &model.filters.saved[at];
    let before = saved.pin.map(|pin| pin.to_string()).unwrap_or_default();
    let title = format!("Number key of {}", visible(&saved.name));
    let take = move |text: String, _: &mut Model, effects: &mut Vec<Effect>| {
        let key = match text.trim() {
            "" => None,
            text => match text.parse() {
                Ok(key @ 1..=9) => Some(key),
                _ => return Err("A digit from 1 to 9, or nothing".to_owned()),
            },
        };
        effects.push(Effect::job(Change { id, what: What::Key(key) }));
        Ok(())
    };
    model.layers.open(Prompt::new(title, "1-9", &before, take));
}

/// Changes a saved filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    id: i64,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Name(String),
    Place(usize),
    Key(Option<u8>),
}

impl Job for Change {
    type Answer = ();

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<(), String> {
        let (store, actor, now) = (&hands.store, hands.actor.as_str(), Timestamp::now());
        let done = match &self.what {
            What::Name(name) => store.rename_filter(actor, self.id, name, now).await,
            What::Place(place) => store.move_filter(actor, self.id, *place, now).await.map(drop),
            What::Key(key) => store.pin_filter(actor, self.id, *key, now).await,
        };
        done.map_err(|error| format!("The filter is not changed: {}", words(&error)))
    }

    fn take(&self, (): (), model: &mut Model, effects: &mut Vec<Effect>) {
        let dot = model.setup.theme.glyphs.dot;
        match &self.what {
            What::Name(_) => say(model, Tone::Good, format!("Renamed {dot} u undoes it")),
            What::Place(_) => {}
            What::Key(Some(key)) => say(model, Tone::Good, format!("' {key} opens it {dot} u undoes it")),
            What::Key(None) => say(model, Tone::Good, format!("Without a key {dot} u undoes it")),
        }
        effects.push(Effect::SavedFilters);
    }

    fn failed(&self, error: String, model: &mut Model, effects: &mut Vec<Effect>) {
        say(model, Tone::Bad, error);
        effects.push(Effect::SavedFilters);
    }
}
