//! The trash of the stream: into it, out of it, and emptied; and marking all that the stream's filter shows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::text::counted;
use crate::domain::{ActivityId, ContactId};
use crate::filter::List;
use crate::store::{Activities, Mark, Marked};
use crate::tui::actions::{Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::detail::Shown;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::update::say;
use crate::tui::view::common::cut::thousands;

/// So many activities can be marked at once; beyond, the filter itself has to do.
const MOST: usize = 200_000;

actions! {
    TRASH = trash: "trash", "Into the trash, or out of it", "trash", [Place::ACTIVITIES, Place::DETAIL], ["t"];
    EMPTY = ask_empty: "empty-trash", "Empty the trash for good", "", [Place::GLOBAL], ["g t"];
    MARK_ALL = mark_all: "mark-all-activities", "Mark everything that the filter shows", "", [Place::ACTIVITIES], ["A"];
}

/// The marked activities, or the selected one; out of the trash, if the selected one lies there.
fn trash(model: &mut Model, effects: &mut Vec<Effect>) {
    let (ids, trashed) = match (model.focus, model.detail.current()) {
        (Pane::Detail, Shown::Activity(detail)) => (vec![detail.activity.id], detail.activity.trashed_at.is_some()),
        (Pane::Activities, _) => {
            let list = &model.activities.list;
            let Some(row) = list.current() else { return say(model, Tone::Info, "No activity here") };
            let marked: Vec<_> = list.marks().keys().copied().collect();
            (if marked.is_empty() { vec![row.id] } else { marked }, row.trashed)
        }
        _ => return say(model, Tone::Info, "Only activities go to the trash; D deletes a contact"),
    };
    model.activities.list.clear_marks();
    effects.push(Effect::job(Move { ids, trash: !trashed }));
}

/// Moves activities into the trash or out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Which.
    pub ids: Vec<ActivityId>,
    /// Into it.
    pub trash: bool,
}

impl Job for Move {
    type Answer = Marked;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Marked, String> {
        let (which, mark) = (Activities::Ids(&self.ids), Mark::Trash(self.trash));
        let work = hands.work("moving");
        let mut told = |progress| work.told_bulk(progress);
        let moved = hands.store.mark(which, mark, &hands.actor, &mut told, Timestamp::now()).await;
        moved.map_err(|error| format!("Nothing was moved: {}", words(&error)))
    }

    fn take(&self, moved: Marked, model: &mut Model, _: &mut Vec<Effect>) {
        model.refresh.changed = true;
        let dot = model.setup.theme.glyphs.dot;
        let done = if self.trash { "in the trash for thirty days" } else { "back from the trash" };
        match moved.changed {
            0 => say(model, Tone::Info, "Nothing changed"),
            n => {
                let activities = counted(n, "activity", "activities");
                say(model, Tone::Good, format!("{activities} {done} {dot} u undoes it"));
            }
        }
    }
}

fn ask_empty(model: &mut Model, _: &mut Vec<Effect>) {
    if !model.setup.administrator {
        return say(model, Tone::Info, "Only administrators empty the trash; it empties itself after thirty days");
    }
    let question = "Empty the trash?\nWhat lies in it is gone for good: this can not be undone.\n\
                    Nothing in Salesforce changes.";
    model.layers.open(Confirm::new("Trash", question, |_, effects| effects.push(Effect::job(Empty))));
}

/// Purges the trash.
#[derive(Clone, Debug, PartialEq)]
pub struct Empty;

impl Job for Empty {
    type Answer = usize;

    fn kind(&self) -> Kind {
        Kind::Long("trash")
    }

    async fn run(&self, hands: &Hands) -> Result<usize, String> {
        let mut gone = 0;
        let work = hands.work("trash");
        loop {
            let some = hands.store.purge_trash(true, Timestamp::now()).await;
            let some = some.map_err(|error| format!("The trash is not empty: {}", words(&error)))?;
            gone += some;
            if some == 0 || !work.told(gone as u64, None) {
                return Ok(gone);
            }
        }
    }

    fn take(&self, gone: usize, model: &mut Model, _: &mut Vec<Effect>) {
        model.refresh.changed = true;
        match gone {
            0 => say(model, Tone::Info, "The trash is empty"),
            1 => say(model, Tone::Good, "1 activity is gone for good"),
            n => say(model, Tone::Good, format!("{} are gone for good", counted(n, "activity", "activities"))),
        }
    }
}

fn mark_all(model: &mut Model, effects: &mut Vec<Effect>) {
    let (filter, generation) = (model.activities.filter.clone(), model.activities.generation);
    effects.push(Effect::job(FindAll { filter, generation }));
}

/// Finds every activity of a filter, with its contact.
#[derive(Clone, Debug, PartialEq)]
pub struct FindAll {
    /// The filter.
    pub filter: String,
    /// Of which generation: another filter since makes the answer void.
    pub generation: u64,
}

impl Job for FindAll {
    type Answer = Vec<(ActivityId, Option<ContactId>)>;

    fn kind(&self) -> Kind {
        Kind::Reading("mark-all-activities")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let filter = hands.filter(List::Activities, &self.filter).map_err(|error| words(&error))?;
        let ids = hands.store.activity_owners(&filter, MOST + 1).await;
        ids.map_err(|error| format!("The activities can not be read: {}", words(&error)))
    }

    fn take(&self, ids: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        if self.generation != model.activities.generation {
            return;
        }
        if ids.len() > MOST {
            let words = format!("More than {} activities: narrow the filter", thousands(MOST as i64));
            return say(model, Tone::Info, words);
        }
        let n = thousands(ids.len() as i64);
        let marks: BTreeMap<i64, Option<ContactId>> = ids.into_iter().collect();
        model.activities.list.set_marks(marks);
        say(model, Tone::Info, format!("{n} marked; esc takes the marks off"));
    }
}
