//! What each booking trigger says about a booking.

use serde_json::Value as Json;

use super::{Told, location, people, responses};
use crate::domain::activity::Attendee;
use crate::domain::{ActivityUpdate, Kind, State};
use crate::ingest::json::{self, first_text, flag, list, minutes, require_object, text};
use crate::ingest::{Context, PayloadError};

/// The triggers that carry a whole booking.
pub fn booking(event: &str, content: &Json, context: &Context) -> Result<Told, PayloadError> {
    let (mut update, attendees) = described(content)?;
    update.state = state(event, content);
    match event {
        "BOOKING_CANCELLED" => {
            update.reason = text(content, "cancellationReason");
            update.reason_by = text(content, "cancelledBy");
            if flag(content, "requestReschedule") == Some(true) {
                update.detail.detailed_state = Some("Canceled (Reschedule requested by user)".to_owned());
            }
        }
        "BOOKING_REJECTED" => {
            update.reason = text(content, "rejectionReason");
            update.detail.detailed_state = Some("Canceled (Declined by user)".to_owned());
        }
        "BOOKING_RESCHEDULED" => {
            update.reason = responses::value_text(content, "rescheduleReason")
                .or_else(|| first_text(content, &["rescheduleReason", "cancellationReason"]));
            update.reason_by = text(content, "rescheduledBy");
            update.detail.previous_start = json::time(content, "rescheduleStartTime")?;
            update.detail.previous_end = json::time(content, "rescheduleEndTime")?;
        }
        _ => {}
    }
    let makes_a_meeting = matches!(event, "BOOKING_CREATED" | "BOOKING_REQUESTED" | "BOOKING_RESCHEDULED");
    if makes_a_meeting && update.start.is_none() {
        return Err(PayloadError::Missing("startTime"));
    }
    let booker = people::booker(content, &attendees, context);
    update.detail.attendees = attendees;
    Ok(Told::of(update, booker))
}

/// The meeting triggers: flat, sent by the clock.
pub fn meeting(event: &str, content: &Json, context: &Context) -> Result<Told, PayloadError> {
    let (mut update, attendees) = described(content)?;
    update.created_at = json::time(content, "createdAt")?;
    update.previous_id = update.previous_id.or_else(|| text(content, "fromReschedule"));
    let no_show = attendees.iter().any(|attendee| attendee.no_show == Some(true));
    update.state = match state_by_status(content) {
        Some(State::Canceled) => Some(State::Canceled),
        _ if no_show => Some(State::NoShow),
        _ if event == "MEETING_ENDED" => Some(State::Completed),
        _ => None,
    };
    let booker = people::booker(content, &attendees, context);
    update.detail.attendees = attendees;
    Ok(Told::of(update, booker))
}

/// Someone was marked as not having come, or the mark was taken back. Which of the booking's people they are stands in
/// the booking; here they are nobody new.
pub fn no_show(content: &Json) -> Result<Told, PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(content)?);
    let marks: Vec<Attendee> = list(content, "attendees")
        .iter()
        .filter_map(people::attendee)
        .filter(|attendee| attendee.no_show.is_some())
        .map(|attendee| Attendee { email: attendee.email, no_show: attendee.no_show, ..Attendee::default() })
        .collect();
    if marks.iter().any(|attendee| attendee.no_show == Some(true)) {
        update.state = Some(State::NoShow);
    } else {
        update.no_show_undone = !marks.is_empty();
    }
    update.detail.attendees = marks;
    Ok(Told::about(update))
}

/// Cal.com's own video room saw one side missing.
pub fn video_no_show(event: &str, content: &Json) -> Result<Told, PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(content)?);
    update.subject = text(content, "title");
    update.start = json::time(content, "startTime")?;
    update.end = json::time(content, "endTime")?;
    update.event_type = content.get("eventType").and_then(|kind| text(kind, "slug"));
    if event == "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" {
        update.state = Some(State::NoShow);
        update.detail.detailed_state = Some("No-show (Seen by Cal Video)".to_owned());
    } else {
        update.detail.detailed_state = Some("Host did not join (Seen by Cal Video)".to_owned());
    }
    Ok(Told::about(update))
}

/// A host reports that the booking went to the wrong person.
pub fn wrong_assignment(content: &Json) -> Result<Told, PayloadError> {
    let booking = require_object(content, "booking")?;
    let mut update = nested(booking)?;
    let report = content.get("report").unwrap_or(&Json::Null);
    update.detail.assignment_reason = text(report, "routingReason");
    update.detail.detailed_state = Some("Reported as wrongly assigned".to_owned());
    Ok(Told::about(update))
}

/// An attendee declined in their own calendar; the booking stands.
pub fn calendar_entry_rejected(content: &Json) -> Result<Told, PayloadError> {
    let booking = require_object(content, "booking")?;
    let mut update = nested(booking)?;
    let who = content.get("declinedAttendee").and_then(|attendee| text(attendee, "email"));
    update.detail.detailed_state = Some(match who {
        Some(email) => format!("Declined in the calendar by {email}"),
        None => "Declined in a calendar".to_owned(),
    });
    Ok(Told::about(update))
}

/// The short form of a booking inside reports.
fn nested(booking: &Json) -> Result<ActivityUpdate, PayloadError> {
    let mut update =
        ActivityUpdate::new(Kind::Booking, text(booking, "uid").ok_or(PayloadError::Missing("booking.uid"))?);
    update.subject = text(booking, "title");
    update.start = json::time(booking, "startTime")?;
    update.end = json::time(booking, "endTime")?;
    update.event_type = booking.get("eventType").and_then(|kind| text(kind, "slug"));
    Ok(update)
}

/// Everything but state and person.
fn described(content: &Json) -> Result<(ActivityUpdate, Vec<Attendee>), PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(content)?);
    let attendees = people::attendees(content);
    update.previous_id = text(content, "rescheduleUid").filter(|previous| *previous != update.external_id);
    update.subject = first_text(content, &["title", "eventTitle"]);
    update.start = json::time(content, "startTime")?;
    update.end = match json::time(content, "endTime")? {
        Some(end) => Some(end),
        None => end_by_length(content, update.start),
    };
    update.customer_time_zone = attendees.first().and_then(|booker| booker.time_zone.clone());
    update.user = people::host(content);
    update.event_type = text(content, "type").or_else(|| content.get("eventType").and_then(|kind| text(kind, "slug")));
    update.utm = responses::utm(content);
    let location = location::resolve(content);
    update.location = location.place.filter(|place| !place.is_empty());
    let detail = &mut update.detail;
    detail.join_url = location.join_url;
    detail.answers = responses::of_booking(content);
    detail.notes = text(content, "additionalNotes").or_else(|| responses::value_text(content, "notes"));
    detail.description =
        first_text(content, &["eventDescription", "description"]).filter(|it| detail.notes.as_ref() != Some(it));
    detail.assignment_reason = assignment_reason(content);
    Ok((update, attendees))
}

fn booking_id(content: &Json) -> Result<String, PayloadError> {
    first_text(content, &["uid", "bookingUid"]).ok_or(PayloadError::Missing("uid"))
}

fn end_by_length(content: &Json, start: Option<jiff::Timestamp>) -> Option<jiff::Timestamp> {
    start?.checked_add(jiff::SignedDuration::from_mins(minutes(content, "length")?)).ok()
}

/// The trigger's own word counts; a status "pending" tells that it waits for approval or payment.
fn state(event: &str, content: &Json) -> Option<State> {
    let pending = state_by_status(content) == Some(State::Requested);
    match event {
        "BOOKING_CANCELLED" | "BOOKING_REJECTED" => Some(State::Canceled),
        "BOOKING_REQUESTED" => Some(State::Requested),
        "BOOKING_CREATED" | "BOOKING_RESCHEDULED" if pending => Some(State::Requested),
        "BOOKING_RESCHEDULED" => Some(State::Rescheduled),
        "BOOKING_CREATED" | "INSTANT_MEETING_ACCEPTED" => Some(State::Scheduled),
        "BOOKING_PAYMENT_INITIATED" => state_by_status(content).or(Some(State::Requested)),
        _ => state_by_status(content),
    }
}

fn state_by_status(content: &Json) -> Option<State> {
    match text(content, "status")?.to_ascii_uppercase().as_str() {
        "ACCEPTED" => Some(State::Scheduled),
        "PENDING" | "AWAITING_HOST" => Some(State::Requested),
        "CANCELLED" | "REJECTED" => Some(State::Canceled),
        _ => None,
    }
}

/// The latest reason why this host was chosen: a list of reasons, or one text.
fn assignment_reason(content: &Json) -> Option<String> {
    let reason = content.get("assignmentReason")?;
    match reason {
        Json::Array(reasons) => reasons.iter().rev().find_map(|reason| text(reason, "reasonString")),
        Json::Object(_) => text(reason, "reasonString"),
        other => json::as_text(other),
    }
}
