//! Leaving an item of the queue out: asked first, because Salesforce then never hears of the change.

use crate::store::OutboxRow;
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::message::Effect;
use crate::tui::model::Model;

/// Said where there is no item to act on.
pub const NOTHING_WAITS: &str = "Nothing here waits for you";

/// Asks, and says how it is taken back.
pub fn ask(model: &mut Model, item: &OutboxRow) {
    let id = item.id;
    let who = if item.label.is_empty() { item.entity.key() } else { item.label.as_str() };
    let question = format!(
        "Leave out item {id}, {who}?\n\
         Salesforce does not hear of this change; later ones are sent.\n\
         `rolodeck queue retry {id}` takes it back."
    );
    model.layers.open(Confirm::new("Leave out of Salesforce", question, move |_, effects: &mut Vec<Effect>| {
        effects.push(Effect::Skip(vec![id]));
    }));
}
