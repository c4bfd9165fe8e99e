//! Saying which Salesforce record an item means: one of those that match, or any other by its id (product S9).

use jiff::Timestamp;

use super::picker::{Item, Picker};
use super::plan;
use super::prompt::Prompt;
use crate::salesforce::SfId;
use crate::sync::relink::{Candidate, candidates, relink};
use crate::tui::actions::{Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::say;

actions! {
    OPEN = open: "relink", "Say which Salesforce record is meant", "", [Place::SYNC, Place::DETAIL], ["L"];
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    match plan::item(model) {
        Some(item) => {
            say(model, Tone::Info, "Looking in Salesforce for records that match");
            effects.push(Effect::job(Candidates { item: item.id }));
        }
        None => say(model, Tone::Info, "No item of the queue is selected"),
    }
}

/// Asks for records that may be meant.
#[derive(Debug, PartialEq)]
struct Candidates {
    item: i64,
}

impl Job for Candidates {
    type Answer = Vec<Candidate>;

    fn kind(&self) -> Kind {
        Kind::Reading("candidates")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let planner = hands.planner().ok_or("Salesforce is not connected")?;
        let found = candidates(&hands.store, planner.client(), self.item).await;
        found.map_err(|error| format!("Records can not be looked for: {}", words(&error)))
    }

    fn take(&self, found: Vec<Candidate>, model: &mut Model, _: &mut Vec<Effect>) {
        let item = self.item;
        let mut items: Vec<Item<Option<SfId>>> = found
            .into_iter()
            .map(|found| Item {
                value: Some(found.record),
                label: found.label,
                note: match found.taken {
                    Some((entity, id)) => format!("taken: it is {} {id} here", entity.key()),
                    None => format!("{} {}", found.object, found.record),
                },
            })
            .collect();
        items.push(Item { value: None, label: "Another record, by its id".to_owned(), note: String::new() });
        let take = move |chosen, model: &mut Model, effects: &mut Vec<Effect>| match chosen {
            Some(record) => effects.push(Effect::job(Relink { item, record })),
            None => model.layers.open(Prompt::new(
                "Relink",
                "Id, of 15 or 18 characters",
                "",
                move |text, _, effects: &mut Vec<Effect>| {
                    let record = text.trim().parse::<SfId>().map_err(|error| error.to_string())?;
                    effects.push(Effect::job(Relink { item, record }));
                    Ok(())
                },
            )),
        };
        model.layers.open(Picker::new("Which record is it?", items, take));
        model.dirty = true;
    }
}

/// Links and lets the item be tried again.
#[derive(Debug, PartialEq)]
struct Relink {
    item: i64,
    record: SfId,
}

impl Job for Relink {
    type Answer = String;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<String, String> {
        let planner = hands.planner().ok_or("Salesforce is not connected")?;
        let relinked = relink(&hands.store, planner.client(), self.item, self.record, Timestamp::now()).await;
        let relinked = relinked.map_err(|error| format!("Nothing was linked: {}", words(&error)))?;
        Ok(format!("{} {} is meant; it is tried again now", relinked.object, relinked.name))
    }

    fn take(&self, said: String, model: &mut Model, _: &mut Vec<Effect>) {
        say(model, Tone::Good, said);
    }
}
