//! Cal.com webhooks as interactions (Cal.com: webhooks; every trigger that is about a booking or a form).
//!
//! A trigger we do not know is still an interaction: without person and activity, to be stored and shown.

mod booking;
mod form;
mod location;
mod people;
mod responses;

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
    let event = text(body, "triggerEvent").ok_or(PayloadError::Missing("triggerEvent"))?;
    // Most triggers wrap what they say in `payload`; the meeting triggers and some older ones are flat.
    let data = match body.get("payload") {
        None | Some(Json::Null) => body,
        Some(data @ Json::Object(_)) => data,
        Some(_) if !is_known(&event) => body,
        Some(other) => {
            return Err(PayloadError::Shape { key: "payload", expected: "an object", found: kind(other) });
        }
    };
    let mut told = tell(&event, body, data, context)?;
    let at = match own_time(&event, body, data) {
        Ok(Some(at)) => at,
        Err(error) if told.activity.is_some() => return Err(error),
        Ok(None) | Err(_) => {
            told.warnings.push(Warning::new("createdAt", "is missing; the time of receipt stands for it"));
            now
        }
    };
    let interaction = Interaction {
        source: Source::CalCom,
        key: content_key(body),
        event,
        at,
        person: told.person,
        activity: told.activity,
        payload: payload.to_owned(),
    };
    Ok(Parsed { interactions: vec![interaction], warnings: told.warnings })
}

fn is_known(event: &str) -> bool {
    matches!(
        event,
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

fn tell(event: &str, body: &Json, data: &Json, context: &Context) -> Result<Told, PayloadError> {
    match event {
        "MEETING_STARTED" | "MEETING_ENDED" => booking::meeting(event, data, context),
        "BOOKING_NO_SHOW_UPDATED" => booking::no_show(data),
        "AFTER_HOSTS_CAL_VIDEO_NO_SHOW" | "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" => booking::video_no_show(event, data),
        "WRONG_ASSIGNMENT_REPORT" => booking::wrong_assignment(data),
        "CALENDAR_ENTRY_REJECTED" => booking::calendar_entry_rejected(data),
        "FORM_SUBMITTED" | "FORM_SUBMITTED_NO_EVENT" => form::submitted(body, data, context),
        _ if is_known(event) => booking::booking(event, data, context),
        _ => Ok(Told::default()),
    }
}

/// The event's own time. `createdAt` of the meeting triggers is that of the booking, so the meeting's start and end
/// stand for it there.
fn own_time(event: &str, body: &Json, data: &Json) -> Result<Option<Timestamp>, PayloadError> {
    let key = match event {
        "MEETING_STARTED" => "startTime",
        "MEETING_ENDED" => "endTime",
        _ => "createdAt",
    };
    match json::time(body, key)? {
        Some(at) => Ok(Some(at)),
        None => json::time(data, key),
    }
}

#[cfg(test)]
mod tests;
