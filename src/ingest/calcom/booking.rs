//! What each booking trigger says about a booking.

use serde_json::Value as Json;

use super::{Told, api, location, people, responses, seats};
use crate::domain::activity::Attendee;
use crate::domain::{ActivityUpdate, Kind, State};
use crate::ingest::json::{self, first_text, flag, list, minutes, require_object, text};
use crate::ingest::{Context, PayloadError};

/// The triggers that carry a whole booking.
pub fn booking(event: &str, data: &Json, context: &Context) -> Result<Vec<Told>, PayloadError> {
    let (mut update, attendees) = described(data)?;
    update.state = state(event, data);
    match event {
        api::EVENT => from_api(&mut update, data, &attendees)?,
        "BOOKING_CANCELLED" => {
            update.reason = text(data, "cancellationReason");
            update.reason_by = text(data, "cancelledBy");
            if flag(data, "requestReschedule") == Some(true) {
                update.detail.detailed_state = Some("Canceled (Reschedule requested by user)".to_owned());
            }
        }
        "BOOKING_REJECTED" => {
            update.reason = text(data, "rejectionReason");
            update.detail.detailed_state = Some("Canceled (Declined by user)".to_owned());
        }
        "BOOKING_RESCHEDULED" => {
            update.reason = responses::value_text(data, "rescheduleReason")
                .or_else(|| first_text(data, &["rescheduleReason", "cancellationReason"]));
            update.reason_by = text(data, "rescheduledBy");
            update.detail.previous_start = json::time(data, "rescheduleStartTime")?;
            update.detail.previous_end = json::time(data, "rescheduleEndTime")?;
        }
        _ => {}
    }
    let makes_a_meeting = matches!(event, "BOOKING_CREATED" | "BOOKING_REQUESTED" | "BOOKING_RESCHEDULED");
    if makes_a_meeting && update.start.is_none() {
        return Err(PayloadError::Missing("startTime"));
    }
    if seats::is_seated(data) {
        // A guest of somebody has no seat.
        let seated: Vec<_> = list(data, "attendees").iter().filter_map(people::attendee).collect();
        return Ok(seats::of_each(data, &update, if seated.is_empty() { &attendees } else { &seated }, context));
    }
    let booker = people::booker(data, &attendees, context);
    update.detail.attendees = attendees;
    Ok(vec![Told::of(update, booker)])
}

/// What the API says beside the webhooks: how it stands now, whatever led there.
fn from_api(update: &mut ActivityUpdate, data: &Json, attendees: &[Attendee]) -> Result<(), PayloadError> {
    update.created_at = json::time(data, "createdAt")?;
    update.reason = first_text(data, &["cancellationReason", "rescheduleReason"]);
    update.reason_by = first_text(data, &["cancelledBy", "rescheduledBy"]);
    if text(data, "status").is_some_and(|status| status.eq_ignore_ascii_case("rejected")) {
        update.detail.detailed_state = Some("Canceled (Declined by user)".to_owned());
    }
    if update.state == Some(State::Scheduled) {
        if attendees.iter().any(|attendee| attendee.no_show == Some(true)) {
            update.state = Some(State::NoShow);
        } else if update.previous_id.is_some() {
            update.state = Some(State::Rescheduled);
        }
    }
    Ok(())
}

/// The meeting triggers: flat, sent by the clock.
pub fn meeting(event: &str, data: &Json, context: &Context) -> Result<Told, PayloadError> {
    let (mut update, attendees) = described(data)?;
    update.created_at = json::time(data, "createdAt")?;
    update.previous_id = update.previous_id.or_else(|| text(data, "fromReschedule"));
    let no_show = attendees.iter().any(|attendee| attendee.no_show == Some(true));
    update.state = match state_by_status(data) {
        Some(State::Canceled) => Some(State::Canceled),
        _ if no_show => Some(State::NoShow),
        _ if event == "MEETING_ENDED" => Some(State::Completed),
        _ => None,
    };
    let booker = people::booker(data, &attendees, context);
    update.detail.attendees = attendees;
    Ok(Told::of(update, booker))
}

/// Someone was marked as not having come, or the mark was taken back. Which of the booking's people they are stands in
/// the booking; here they are nobody new.
pub fn no_show(data: &Json) -> Result<Told, PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(data)?);
    let marks: Vec<Attendee> = list(data, "attendees")
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
pub fn video_no_show(event: &str, data: &Json) -> Result<Told, PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(data)?);
    update.subject = text(data, "title");
    update.start = json::time(data, "startTime")?;
    update.end = json::time(data, "endTime")?;
    update.event_type = data.get("eventType").and_then(|kind| text(kind, "slug"));
    if event == "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" {
        update.state = Some(State::NoShow);
        update.detail.detailed_state = Some("No-show (Seen by Cal Video)".to_owned());
    } else {
        update.detail.detailed_state = Some("Host did not join (Seen by Cal Video)".to_owned());
    }
    Ok(Told::about(update))
}

/// A host reports that the booking went to the wrong person.
pub fn wrong_assignment(data: &Json) -> Result<Told, PayloadError> {
    let booking = require_object(data, "booking")?;
    let mut update = nested(booking)?;
    let report = data.get("report").unwrap_or(&Json::Null);
    update.detail.assignment_reason = text(report, "routingReason");
    update.detail.detailed_state = Some("Reported as wrongly assigned".to_owned());
    Ok(Told::about(update))
}

/// An attendee declined in their own calendar; the booking stands.
pub fn calendar_entry_rejected(data: &Json) -> Result<Told, PayloadError> {
    let booking = require_object(data, "booking")?;
    let mut update = nested(booking)?;
    let who = data.get("declinedAttendee").and_then(|attendee| text(attendee, "email"));
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
fn described(data: &Json) -> Result<(ActivityUpdate, Vec<Attendee>), PayloadError> {
    let mut update = ActivityUpdate::new(Kind::Booking, booking_id(data)?);
    let attendees = people::attendees(data);
    update.previous_id = text(data, "rescheduleUid").filter(|previous| *previous != update.external_id);
    update.subject = first_text(data, &["title", "eventTitle"]);
    update.start = json::time(data, "startTime")?;
    update.end = match json::time(data, "endTime")? {
        Some(end) => Some(end),
        None => end_by_length(data, update.start),
    };
    update.customer_time_zone = attendees.first().and_then(|booker| booker.time_zone.clone());
    update.user = people::host(data);
    update.event_type = text(data, "type").or_else(|| data.get("eventType").and_then(|kind| text(kind, "slug")));
    update.utm = responses::utm(data);
    let location = location::resolve(data);
    update.location = location.place.filter(|place| !place.is_empty());
    let detail = &mut update.detail;
    detail.join_url = location.join_url;
    detail.answers = responses::of_booking(data);
    detail.notes = text(data, "additionalNotes").or_else(|| responses::value_text(data, "notes"));
    detail.description =
        first_text(data, &["eventDescription", "description"]).filter(|it| detail.notes.as_ref() != Some(it));
    detail.assignment_reason = assignment_reason(data);
    Ok((update, attendees))
}

fn booking_id(data: &Json) -> Result<String, PayloadError> {
    first_text(data, &["uid", "bookingUid"]).ok_or(PayloadError::Missing("uid"))
}

fn end_by_length(data: &Json, start: Option<jiff::Timestamp>) -> Option<jiff::Timestamp> {
    start?.checked_add(jiff::SignedDuration::from_mins(minutes(data, "length")?)).ok()
}

/// The trigger's own word counts; a status "pending" tells that it waits for approval or payment.
fn state(event: &str, data: &Json) -> Option<State> {
    let pending = state_by_status(data) == Some(State::Requested);
    match event {
        "BOOKING_CANCELLED" | "BOOKING_REJECTED" => Some(State::Canceled),
        "BOOKING_REQUESTED" => Some(State::Requested),
        "BOOKING_CREATED" | "BOOKING_RESCHEDULED" if pending => Some(State::Requested),
        "BOOKING_RESCHEDULED" => Some(State::Rescheduled),
        "BOOKING_CREATED" | "INSTANT_MEETING_ACCEPTED" => Some(State::Scheduled),
        "BOOKING_PAYMENT_INITIATED" => state_by_status(data).or(Some(State::Requested)),
        _ => state_by_status(data),
    }
}

fn state_by_status(data: &Json) -> Option<State> {
    match text(data, "status")?.to_ascii_uppercase().as_str() {
        "ACCEPTED" => Some(State::Scheduled),
        "PENDING" | "AWAITING_HOST" => Some(State::Requested),
        "CANCELLED" | "REJECTED" => Some(State::Canceled),
        _ => None,
    }
}

/// The latest reason why this host was chosen: a list of reasons, or one text.
fn assignment_reason(data: &Json) -> Option<String> {
    let reason = data.get("assignmentReason")?;
    match reason {
        Json::Array(reasons) => reasons.iter().rev().find_map(|reason| text(reason, "reasonString")),
        Json::Object(_) => text(reason, "reasonString"),
        other => json::as_text(other),
    }
}
