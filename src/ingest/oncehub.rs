//! OnceHub webhooks and exported API objects as interactions (OnceHub: API v2, webhooks).
//!
//! Takes the event envelope, and bookings and conversations without it, as `GET /bookings` returns them. References may
//! be ids or expanded objects; null, "" and an object of empty texts say nothing. The older v1 payload's keys are read, too.

mod booking;
mod contact;
mod conversation;
mod reference;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::json::{self, require_object, text, with_trimmed_keys};
use super::{Context, Parsed, PayloadError, Warning, content_key};
use crate::domain::{ActivityUpdate, Interaction, Person, Source};

/// What OnceHub calls its objects, as far as they come alone in files.
pub const OBJECTS: [&str; 4] = ["event", "booking", "conversation", "contact"];

/// What one object says: about one activity or two, about whom, and what could not be taken over.
struct Told {
    person: Option<Person>,
    activities: Vec<ActivityUpdate>,
    warnings: Vec<Warning>,
}

/// Reads one webhook body, or one booking or conversation.
pub fn read(body: &Json, payload: &str, context: &Context, now: Timestamp) -> Result<Parsed, PayloadError> {
    if !body.is_object() {
        return Err(PayloadError::not_an_object(body));
    }
    let body = &with_trimmed_keys(body);
    let enveloped = text(body, "object").as_deref() == Some("event") || body.get("data").is_some();
    let (event, data, key) = if enveloped {
        let event = text(body, "type").ok_or(PayloadError::Missing("type"))?;
        (event, body.get("data").unwrap_or(&Json::Null), text(body, "id").unwrap_or_else(|| content_key(body)))
    } else {
        let object = text(body, "object").or_else(|| object_by_id(body)).ok_or(PayloadError::Missing("object"))?;
        (object, body, content_key(body))
    };
    let word = canonical(&event);
    let told = match word.split('.').next() {
        _ if !is_known(&word) => None,
        Some("booking") => {
            let data = object(body, data, enveloped)?;
            let mut told = booking::read(&word, data, context)?;
            // The API lists no conversations but within bookings; webhooks tell of each by itself.
            if !enveloped
                && let Some(talk) = reference::expanded(data, "conversation")
                && text(talk, "status").is_some()
            {
                told.activities.extend(conversation::read("conversation", talk, context)?.activities);
            }
            Some(told)
        }
        Some("contact") => Some(contact::read(object(body, data, enveloped)?, context)),
        _ => Some(conversation::read(&word, object(body, data, enveloped)?, context)?),
    };
    let own = own_time(data).and_then(|own| match own {
        Some(own) => Ok(Some(own)),
        None => json::time(body, "creation_time"),
    });
    let mut told = told.unwrap_or(Told { person: None, activities: Vec::new(), warnings: Vec::new() });
    let at = match own {
        Ok(Some(at)) => at,
        Err(error) if !told.activities.is_empty() => return Err(error),
        Ok(None) | Err(_) => {
            told.warnings.push(Warning::new("creation_time", "is missing; the time of receipt stands for it"));
            now
        }
    };
    let interaction = |nth: usize, activity: Option<ActivityUpdate>| Interaction {
        source: Source::OnceHub,
        key: if nth == 0 { key.clone() } else { format!("{key}/{nth}") },
        event: event.clone(),
        at,
        person: told.person.clone(),
        activity,
        payload: payload.to_owned(),
    };
    let interactions = if told.activities.is_empty() {
        vec![interaction(0, None)]
    } else {
        told.activities.into_iter().enumerate().map(|(nth, activity)| interaction(nth, Some(activity))).collect()
    };
    Ok(Parsed { interactions, warnings: told.warnings })
}

/// When what is said was so. Of a conversation the last word may be newer than the last change of the record.
fn own_time(data: &Json) -> Result<Option<Timestamp>, PayloadError> {
    Ok(json::time(data, "last_updated_time")?.max(json::time(data, "last_interacted_time")?))
}

fn object<'a>(body: &'a Json, data: &'a Json, enveloped: bool) -> Result<&'a Json, PayloadError> {
    if enveloped { require_object(body, "data") } else { Ok(data) }
}

fn object_by_id(body: &Json) -> Option<String> {
    let id = text(body, "id")?;
    let object = [("BKNG-", "booking"), ("CVR-", "conversation"), ("CTC-", "contact")];
    object.into_iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, object)| object.to_owned())
}

/// One spelling of an event: `cancelled` and `no-show` are met, too.
fn canonical(event: &str) -> String {
    event.trim().to_ascii_lowercase().replace('-', "_").replace("cancelled", "canceled")
}

fn is_known(event: &str) -> bool {
    matches!(
        event,
        "booking"
            | "booking.scheduled"
            | "booking.rescheduled"
            | "booking.reassigned"
            | "booking.canceled_then_rescheduled"
            | "booking.canceled_reschedule_requested"
            | "booking.canceled"
            | "booking.completed"
            | "booking.no_show"
            | "contact"
            | "conversation"
            | "conversation.reached_out"
            | "conversation.started"
            | "conversation.closed"
            | "conversation.abandoned"
    )
}

#[cfg(test)]
mod tests;
