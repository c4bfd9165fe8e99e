//! A conversation with a bot, or a routing form that was sent: both are conversations to OnceHub.

use serde_json::Value as Json;

use super::{Told, contact, reference};
use crate::domain::activity::Answer;
use crate::domain::{ActivityUpdate, Kind, State};
use crate::ingest::json::{self, first_text, flag, is_blank, list, text};
use crate::ingest::person::PersonBuilder;
use crate::ingest::{Context, PayloadError, Warning};

/// Reads a conversation; the event's word counts, else its status.
pub fn read(event: &str, data: &Json, context: &Context) -> Result<Told, PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Conversation, text(data, "id").ok_or(PayloadError::Missing("id"))?);
    let status = text(data, "status");
    let mut person = PersonBuilder::new(context);
    let word = event.split_once('.').map(|(_, word)| word.to_owned()).or_else(|| status.clone());
    update.state = word.as_deref().and_then(state);
    if let (Some(word), None) = (&word, update.state) {
        person.warnings.push(Warning::new("status", format!("`{word}` is not a state of a conversation")));
    }
    update.subject = reference::name(data, "bot").or_else(|| reference::name(data, "form"));
    update.bot = reference::name(data, "bot");
    update.form = reference::name(data, "form");
    update.page = reference::name(data, "website");
    update.user = reference::user(data, "owner");
    update.utm = super::booking::utm(data);
    update.test = flag(data, "test").or_else(|| flag(data, "is_test"));
    update.trashed = flag(data, "in_trash");
    update.created_at = json::time(data, "creation_time")?;
    update.detail.answers = answers(data, false);

    let who = reference::expanded(data, "contact");
    if let Some(who) = who {
        contact::take(&mut person, who);
        update.customer_time_zone = first_text(who, &["timezone", "time_zone"]);
    }
    for answer in &update.detail.answers {
        person.answer(&answer.key, answer.label.as_deref(), &answer.value);
    }
    let owner = who.and_then(|who| reference::user(who, "owner"));
    let (person, warnings) = person.finish(&mut update);
    let person = person.map(|person| crate::domain::Person { owner, ..person });
    Ok(Told { person, activities: vec![update], warnings })
}

/// What was answered to the bot; `form`: as answers of the routing form behind a booking.
pub fn answers(conversation: &Json, form: bool) -> Vec<Answer> {
    let answer = |json: &Json| {
        let value = json.get("value").filter(|value| !is_blank(value))?.clone();
        let key = first_text(json, &["internal_label", "id", "question"])?;
        Some(Answer { key, label: text(json, "question"), value, form })
    };
    list(conversation, "answers").iter().filter_map(answer).collect()
}

fn state(word: &str) -> Option<State> {
    match word.to_ascii_lowercase().as_str() {
        "started" | "reached_out" | "reached out" => Some(State::Started),
        "closed" => Some(State::Closed),
        "abandoned" => Some(State::Abandoned),
        _ => None,
    }
}
