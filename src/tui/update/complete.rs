//! Completion in the filter line: keys, values, fields and saved filters, offered while one types and taken with tab.
//!
//! Nothing is selected at first, so that enter keeps the filter as it was typed.

use std::collections::BTreeMap;

use super::filter;
use crate::filter::{Vocabulary, complete};
use crate::tui::actions::{Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;

actions! {
    TAKE = take: "complete", "Take what is offered", "complete", [Place::INPUT], ["tab"];
    NEXT = next: "complete-next", "Next of what is offered", "", [Place::INPUT], ["down" "ctrl-n"];
    PREVIOUS = previous: "complete-previous", "Previous of what is offered", "", [Place::INPUT], ["up" "ctrl-p"];
}

/// Offers what fits what was typed. `all`: also where nothing was typed yet.
pub fn offer(model: &mut Model, all: bool) {
    let Some(input) = &model.input else { return };
    let list = input.purpose.list;
    let saved = model.filters.saved.iter().filter(|saved| saved.list == list.key());
    let vocabulary = Vocabulary {
        list,
        custom: model.setup.custom.clone(),
        values: model.filters.words.clone(),
        saved: saved.map(|saved| (saved.name.clone(), saved.query.clone())).collect(),
    };
    let Some(input) = &mut model.input else { return };
    let (text, cursor) = (input.text().to_owned(), input.line().cursor_byte());
    let mut offers = complete(&text, cursor, &vocabulary);
    let begun = |before: &str| before.ends_with([':', ',', '=', '<', '>']) || before.ends_with("..");
    let typed = offers.first().is_some_and(|offer| !offer.range.is_empty());
    // What stands there already needs no offer.
    let done = offers.first().is_some_and(|offer| offer.insert == text[offer.range.clone()]);
    if done || !(all || typed || begun(&text[..cursor])) {
        offers.clear();
    }
    input.offers = offers;
    input.chosen = None;
}

fn next(model: &mut Model, _: &mut Vec<Effect>) {
    step(model, 1);
}

fn previous(model: &mut Model, _: &mut Vec<Effect>) {
    step(model, -1);
}

/// Selects another; from none, the first or the last. Before anything was typed, everything is offered.
fn step(model: &mut Model, by: isize) {
    if model.input.as_ref().is_some_and(|input| input.offers.is_empty()) {
        offer(model, true);
    }
    let Some(input) = &mut model.input else { return };
    let n = input.offers.len() as isize;
    if n > 0 {
        let at = match input.chosen {
            None if by > 0 => 0,
            None => n - 1,
            Some(at) => (at as isize + by).rem_euclid(n),
        };
        input.chosen = Some(at as usize);
    }
}

/// Puts the selected one in, else the first; before anything was typed, everything is offered.
fn take(model: &mut Model, _: &mut Vec<Effect>) {
    let Some(input) = &mut model.input else { return };
    let Some(chosen) = input.offers.get(input.chosen.unwrap_or(0)).cloned() else {
        return offer(model, true);
    };
    input.insert(&chosen);
    filter::typed(model);
}

/// Takes the selected one, if there is one; returns whether.
pub fn take_chosen(model: &mut Model) -> bool {
    let chosen = model.input.as_ref().is_some_and(|input| input.chosen.is_some());
    if chosen {
        take(model, &mut Vec::new());
    }
    chosen
}

/// Ends the selection, if there is one; returns whether.
pub fn dismiss(model: &mut Model) -> bool {
    let Some(input) = model.input.as_mut().filter(|input| input.chosen.is_some()) else { return false };
    input.offers.clear();
    input.chosen = None;
    true
}

/// Reads the values that occur.
#[derive(Debug, PartialEq)]
pub struct ReadWords;

impl Job for ReadWords {
    type Answer = BTreeMap<String, Vec<String>>;

    fn kind(&self) -> Kind {
        Kind::Reading("vocabulary")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        hands.store.vocabulary().await.map_err(|error| format!("Values can not be read: {}", words(&error)))
    }

    fn take(&self, found: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        model.filters.words = found;
        if model.input.as_ref().is_some_and(|input| input.chosen.is_none() && !input.offers.is_empty()) {
            offer(model, true);
        }
    }
}
