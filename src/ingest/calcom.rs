//! Cal.com webhooks as interactions (Cal.com: webhooks; every trigger that is about a booking or a form).
//!
//! A trigger we do not know is still an interaction: without person and activity, to be stored and shown.

pub mod api;
mod booking;
mod form;
mod location;
mod people;
mod responses;
mod seats;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::error::kind;
use super::json::{self, text};
use super::person::PersonBuilder;
use super::{Context, Parsed, PayloadError, Warning, content_key};
use crate::domain::{ActivityUpdate, Interaction, Person, Source};

pub use responses::is_system_question;

/// What one event says: about whom, about what, and what could not be taken over.
#[derive(Default)]
struct Told {
    person: Option<Person>,
    activity: Option<ActivityUpdate>,
    warnings: Vec<Warning>,
}

impl Told {
    /// An event about an activity that says nothing about its person.
    fn about(activity: ActivityUpdate) -> Self {
        Self { activity: Some(activity), ..Self::default() }
    }

    fn of(mut activity: ActivityUpdate, person: PersonBuilder<'_>) -> Self {
        let (person, warnings) = person.finish(&mut activity);
        Self { person, activity: Some(activity), warnings }
    }
}

/// Reads one webhook body.
pub fn read(body: &Json, payload: &str, context: &Context, now: Timestamp) -> Result<Parsed, PayloadError> {
    if !body.is_object() {
        return Err(PayloadError::not_an_object(body));
    }
    let from_api = api::is_booking(body);
    let event = if from_api {
        api::EVENT.to_owned()
    } else {
        text(body, "triggerEvent").ok_or(PayloadError::Missing("triggerEvent"))?
    };
    // Most triggers wrap what they say in `payload`; the meeting triggers and some older ones are flat.
    let data = match body.get("payload") {
        None | Some(Json::Null) => body,
        Some(data @ Json::Object(_)) => data,
        Some(_) if !is_known(&event) => body,
        Some(other) => {
            return Err(PayloadError::Shape { key: "payload", expected: "an object", found: kind(other) });
        }
    };
    let mut told = if from_api { api::read(data, context)? } else { tell(&event, body, data, context)? };
    if told.is_empty() {
        told.push(Told::default());
    }
    let mut warnings = Vec::new();
    let at = match own_time(&event, body, data) {
        Ok(Some(at)) => at,
        Err(error) if told.iter().any(|told| told.activity.is_some()) => return Err(error),
        Ok(None) | Err(_) => {
            warnings.push(Warning::new("createdAt", "is missing; the time of receipt stands for it"));
            now
        }
    };
    let key = content_key(body);
    let interaction = |(nth, told): (usize, Told)| {
        for warning in told.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Interaction {
            source: Source::CalCom,
            key: if nth == 0 { key.clone() } else { format!("{key}/{nth}") },
            event: event.clone(),
            at,
            person: told.person,
            activity: told.activity,
            payload: payload.to_owned(),
        }
    };
    let interactions = told.into_iter().enumerate().map(interaction).collect();
    Ok(Parsed { interactions, warnings })
}

fn is_known(event: &str) -> bool {
    matches!(
        canonical(event),
        "BOOKING_CREATED"
            | "BOOKING_REQUESTED"
            | "BOOKING_RESCHEDULED"
            | "BOOKING_CANCELLED"
            | "BOOKING_REJECTED"
            | "BOOKING_PAID"
            | "BOOKING_PAYMENT_INITIATED"
            | "BOOKING_NO_SHOW_UPDATED"
            | "INSTANT_MEETING_ACCEPTED"
            | "MEETING_STARTED"
            | "MEETING_ENDED"
            | "AFTER_HOSTS_CAL_VIDEO_NO_SHOW"
            | "AFTER_GUESTS_CAL_VIDEO_NO_SHOW"
            | "WRONG_ASSIGNMENT_REPORT"
            | "CALENDAR_ENTRY_REJECTED"
            | "FORM_SUBMITTED"
            | "FORM_SUBMITTED_NO_EVENT"
    )
}

fn tell(event: &str, body: &Json, data: &Json, context: &Context) -> Result<Vec<Told>, PayloadError> {
    let one = match canonical(event) {
        "MEETING_STARTED" | "MEETING_ENDED" => booking::meeting(event, data, context)?,
        "BOOKING_NO_SHOW_UPDATED" => booking::no_show(data)?,
        "AFTER_HOSTS_CAL_VIDEO_NO_SHOW" | "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" => booking::video_no_show(event, data)?,
        "WRONG_ASSIGNMENT_REPORT" => booking::wrong_assignment(data)?,
        "CALENDAR_ENTRY_REJECTED" => booking::calendar_entry_rejected(data)?,
        "FORM_SUBMITTED" | "FORM_SUBMITTED_NO_EVENT" => form::submitted(body, data, context)?,
        event if is_known(event) => return booking::booking(event, data, context),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![one])
}

/// Cal.com writes CANCELLED; what is built on it, now and then CANCELED.
fn canonical(event: &str) -> &str {
    if event == "BOOKING_CANCELED" { "BOOKING_CANCELLED" } else { event }
}

/// The event's own time. `createdAt` of the meeting triggers is that of the booking, so the meeting's start and end
/// stand for it there.
fn own_time(event: &str, body: &Json, data: &Json) -> Result<Option<Timestamp>, PayloadError> {
    let key = match event {
        "MEETING_STARTED" => "startTime",
        "MEETING_ENDED" => "endTime",
        api::EVENT => "updatedAt",
        _ => "createdAt",
    };
    match json::time(body, key)? {
        Some(at) => Ok(Some(at)),
        None => match json::time(data, key)? {
            None if event == api::EVENT => json::time(data, "createdAt"),
            at => Ok(at),
        },
    }
}

#[cfg(test)]
mod tests;
