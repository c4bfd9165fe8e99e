//! What would be written to Salesforce for what is selected, field by field, and why (product S10).

use jiff::Timestamp;

use crate::store::{Entity, OutboxRow, OutboxState, StoreError};
use crate::sync::explain::{self, Part};
use crate::tui::actions::{Place, actions};
use crate::tui::dialogs::contact::edit::EditForm;
use crate::tui::dialogs::text::Text;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::detail::Target;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::screens::monitor::Monitor;
use crate::tui::theme::Meaning;
use crate::tui::update::say;

actions! {
    OPEN = open: "plan", "What would be written to Salesforce", "", [Place::GLOBAL], ["P"];
    EDIT = edit: "edit-and-retry", "Edit the item's contact; what is saved is tried again", "", [Place::SYNC], ["E"];
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// An item of the queue.
    Item(i64),
    /// A contact or activity, whether or not it waits.
    Thing(Entity, i64),
}

/// The selected item of the queue: in the monitor, the sync pane or the detail pane.
pub fn item(model: &Model) -> Option<OutboxRow> {
    if let Some(monitor) = model.layers.find::<Monitor>() {
        return monitor.current().cloned();
    }
    match model.focus {
        Pane::Sync => model.sync.items.current().cloned(),
        _ => model.detail.problem().cloned(),
    }
}

fn about(model: &Model) -> Option<About> {
    if model.layers.find::<Monitor>().is_some() || model.focus == Pane::Sync {
        return item(model).map(|item| About::Item(item.id));
    }
    let contact = || model.contacts.list.current().map(|row| About::Thing(Entity::Contact, row.id));
    let activity = || model.activities.list.current().map(|row| About::Thing(Entity::Activity, row.id));
    match model.focus {
        Pane::Contacts => contact(),
        Pane::Activities => activity(),
        _ => match model.detail.target {
            Some(Target::Contact(id)) => Some(About::Thing(Entity::Contact, id)),
            Some(Target::Activity(id)) => Some(About::Thing(Entity::Activity, id)),
            None => contact(),
        },
    }
}

/// Said until the answer comes.
const ASKING: &str = "Asking Salesforce what is there";

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    match about(model) {
        Some(about) => {
            say(model, Tone::Info, ASKING);
            effects.push(Effect::job(Plan { about }));
        }
        None => say(model, Tone::Info, "Nothing is selected"),
    }
}

/// The item's contact in the contact form; a change of the data gives the item another chance.
fn edit(model: &mut Model, _: &mut Vec<Effect>) {
    match item(model).and_then(|item| item.contact_id) {
        // The item says whom it is about. What the detail pane shows is the one before until it has read.
        Some(contact) => model.layers.open(EditForm::of(contact)),
        None => say(model, Tone::Info, "The item has no contact to edit"),
    }
}

/// Asks for a plan.
#[derive(Debug, PartialEq)]
struct Plan {
    about: About,
}

impl Job for Plan {
    type Answer = Vec<(Part, String)>;

    fn kind(&self) -> Kind {
        Kind::Reading("plan")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let failed = |error: &dyn std::error::Error| format!("There is no plan: {}", words(error));
        let planner = hands.planner().ok_or("There is no plan: Salesforce is not connected")?;
        let now = Timestamp::now();
        let row = row(hands, self.about).await.map_err(|error| failed(&error))?;
        let rows = vec![row.ok_or("There is no plan: it is gone")?];
        let plan = planner.plan(&rows, now).await.map_err(|error| failed(&error))?;
        Ok(explain::lines(&rows, &plan))
    }

    fn take(&self, lines: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        let meaning = |part| match part {
            Part::Item => Meaning::Heading,
            Part::Write => Meaning::Strong,
            Part::Field => Meaning::Text,
            Part::Nothing => Meaning::Good,
            Part::Problem => Meaning::Bad,
            Part::Note => Meaning::Dim,
        };
        let lines = lines.into_iter().map(|(part, line)| (line, meaning(part))).collect();
        model.toasts.retract(ASKING);
        model.layers.open(Text::of_lines("What would be written", lines));
        model.dirty = true;
    }
}

/// The row that is planned: an item as it is, or what waits of a contact or activity, else one as if it had just changed.
async fn row(hands: &Hands, about: About) -> Result<Option<OutboxRow>, StoreError> {
    let waits = |row: &OutboxRow| !matches!(row.state, OutboxState::Done | OutboxState::Skipped);
    Ok(match about {
        About::Item(id) => Some(hands.store.outbox_row(id).await?),
        About::Thing(Entity::Contact, id) => hands.store.contact_detail(id).await?.map(|detail| {
            let own = detail.outbox.into_iter().find(|row| row.entity == Entity::Contact);
            own.unwrap_or_else(|| OutboxRow::of_contact(id, detail.contact.values.display_name()))
        }),
        About::Thing(Entity::Activity, id) => hands
            .store
            .activity_detail(id)
            .await?
            .map(|detail| detail.outbox.filter(waits).unwrap_or_else(|| OutboxRow::of_activity(&detail.activity))),
    })
}
