//! Bookings as `GET /v2/bookings` returns them, brought into the form of the webhooks (Cal.com: API v2, list bookings).

use serde_json::{Map, Value as Json, json};

use super::{Told, booking};
use crate::ingest::json::{first_text, flag, is_blank, list, object, text};
use crate::ingest::{Context, PayloadError};

/// What a delivery from the API is called: its type is not told by the payload.
pub const EVENT: &str = "API_BOOKING";

/// True for a booking of the API: it has hosts and a start where webhooks have an organizer and a start time.
pub fn is_booking(json: &Json) -> bool {
    json.get("triggerEvent").is_none()
        && text(json, "uid").is_some()
        && (text(json, "start").is_some() || json.get("hosts").is_some_and(Json::is_array))
}

/// Reads one booking; one of a seated event is told as one for each seat.
pub(super) fn read(data: &Json, context: &Context) -> Result<Vec<Told>, PayloadError> {
    let attendees = list(data, "attendees");
    if !attendees.iter().any(|attendee| text(attendee, "seatUid").is_some()) {
        return booking::booking(EVENT, &as_webhook(data, attendees, &Json::Null), context);
    }
    // Each seat has its own answers.
    let mut seats = Vec::new();
    for attendee in attendees {
        let mut seat = as_webhook(data, std::slice::from_ref(attendee), attendee);
        seat["seatsPerTimeSlot"] = json!(attendees.len());
        seat["attendeeSeatId"] = attendee.get("seatUid").cloned().unwrap_or(Json::Null);
        seats.extend(booking::booking(EVENT, &seat, context)?);
    }
    Ok(seats)
}

fn as_webhook(data: &Json, attendees: &[Json], seat: &Json) -> Json {
    let mut out = Map::new();
    let moved_to = text(data, "rescheduledToUid");
    let same = [
        "uid",
        "title",
        "description",
        "location",
        "metadata",
        "status",
        "cancellationReason",
        "createdAt",
        "updatedAt",
        "eventType",
        "guests",
    ];
    for key in same {
        if let Some(value) = data.get(key).filter(|value| !is_blank(value)) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    let renamed = [
        ("start", "startTime"),
        ("end", "endTime"),
        ("duration", "length"),
        ("cancelledByEmail", "cancelledBy"),
        ("rescheduledByEmail", "rescheduledBy"),
        ("reschedulingReason", "rescheduleReason"),
        ("rescheduledFromUid", "rescheduleUid"),
    ];
    for (from, to) in renamed {
        if let Some(value) = data.get(from).filter(|value| !is_blank(value)) {
            out.insert(to.to_owned(), value.clone());
        }
    }
    if let Some(uid) = moved_to {
        // Cal.com cancels what was moved and makes a new booking of it: here it is one, at its new place.
        out.insert("rescheduleUid".to_owned(), data["uid"].clone());
        out.insert("uid".to_owned(), uid.into());
        for key in ["status", "startTime", "endTime", "length", "cancellationReason", "cancelledBy"] {
            out.remove(key);
        }
    }
    if !out.contains_key("location")
        && let Some(url) = text(data, "meetingUrl")
    {
        out.insert("location".to_owned(), url.into());
    }
    if let Some(host) = list(data, "hosts").first() {
        out.insert("organizer".to_owned(), host.clone());
    }
    out.insert("attendees".to_owned(), attendees.iter().map(attendee).collect());
    let mut responses = Map::new();
    for place in [seat, data] {
        for (key, value) in object(place, "bookingFieldsResponses").into_iter().flatten() {
            responses.entry(key.clone()).or_insert_with(|| json!({ "value": value }));
        }
    }
    out.insert("responses".to_owned(), Json::Object(responses));
    if let Some(metadata) = object(seat, "metadata").filter(|map| !map.is_empty()) {
        out.insert("metadata".to_owned(), Json::Object(metadata.clone()));
    }
    Json::Object(out)
}

/// `absent` is false of everyone before the meeting, too: only true says something.
fn attendee(json: &Json) -> Json {
    let mut out = json.clone();
    if let Some(address) = first_text(json, &["displayEmail"]) {
        // The address as people see it; `email` may carry a mark that tells it from the same one elsewhere.
        out["email"] = address.into();
    }
    if flag(json, "absent") == Some(true) {
        out["noShow"] = true.into();
    }
    out
}
