//! Cal.com's webhooks (Cal.com: webhooks, 2021-10-20), made up.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::delivery::{Delivery, time, utc_offset};
use super::meeting::{Actor, Meeting};
use super::people::{Host, Person};
use crate::domain::Source;

/// `BOOKING_CREATED`.
pub fn created(meeting: &Meeting) -> Json {
    event("BOOKING_CREATED", meeting.booked_at, &booking(meeting, "ACCEPTED"))
}

/// `BOOKING_RESCHEDULED`: a new booking that names the old one.
pub fn rescheduled(meeting: &Meeting, before: &Meeting, at: Timestamp, reason: &str) -> Json {
    let mut payload = booking(meeting, "ACCEPTED");
    payload["rescheduleId"] = json!(before.number);
    payload["rescheduleUid"] = json!(before.id);
    payload["rescheduleStartTime"] = json!(time(before.start));
    payload["rescheduleEndTime"] = json!(time(before.end()));
    payload["rescheduledBy"] = json!(meeting.guest.email);
    payload["responses"]["rescheduleReason"] = json!({"label": "reason_for_reschedule", "value": reason});
    event("BOOKING_RESCHEDULED", at, &payload)
}

/// `BOOKING_CANCELLED`.
pub fn cancelled(meeting: &Meeting, at: Timestamp, reason: &str, by: Actor) -> Json {
    let mut payload = booking(meeting, "CANCELLED");
    payload["cancellationReason"] = json!(reason);
    payload["cancelledBy"] = json!(match by {
        Actor::Guest => &meeting.guest.email,
        Actor::Host => &meeting.host.email,
    });
    payload["requestReschedule"] = json!(false);
    event("BOOKING_CANCELLED", at, &payload)
}

/// `BOOKING_NO_SHOW_UPDATED`.
pub fn no_show(meeting: &Meeting, at: Timestamp) -> Json {
    let email = &meeting.guest.email;
    let payload = json!({
        "message": format!("{email} marked as no-show"),
        "attendees": [{"email": email, "noShow": true}],
        "bookingUid": meeting.id,
        "bookingId": meeting.number,
    });
    event("BOOKING_NO_SHOW_UPDATED", at, &payload)
}

/// `MEETING_ENDED`: flat, and `createdAt` is the booking's.
pub fn ended(meeting: &Meeting) -> Json {
    let mut body = booking(meeting, "ACCEPTED");
    body["triggerEvent"] = json!("MEETING_ENDED");
    body["createdAt"] = json!(time(meeting.booked_at));
    body["user"] = body["organizer"].take();
    if let Some(body) = body.as_object_mut() {
        body.remove("organizer");
    }
    body
}

/// `FORM_SUBMITTED`: the contact form of the website.
pub fn form(person: &Person, interest: &str, message: &str, at: Timestamp) -> Delivery {
    let answer = |label: &str, text: &str| json!({"label": label, "value": text, "response": text});
    let payload = json!({
        "formId": "4f0f1d2e-8c0c-4e43-9d0c-5d1b8a1f7a10",
        "formName": "Contact sales",
        "teamId": 1,
        "responses": {
            "name": answer("Your name", &person.name()),
            "email": answer("Work email", &person.email),
            "company": answer("Company", &person.company),
            "companySize": answer("Company size", &person.size),
            "interest": {"label": "What is it about?", "value": interest,
                         "response": [{"label": interest, "id": "4f0f1d2e-8c0c-4e43-9d0c-5d1b8a1f7a11"}]},
            "message": answer("Message", message),
        },
    });
    Delivery { at, source: Source::CalCom, body: event("FORM_SUBMITTED", at, &payload) }
}

fn event(trigger: &str, at: Timestamp, payload: &Json) -> Json {
    json!({"triggerEvent": trigger, "createdAt": time(at), "payload": payload})
}

fn booking(meeting: &Meeting, status: &str) -> Json {
    let Meeting { guest, host, kind, .. } = meeting;
    let title = format!("{} between {} and {}", kind.title, host.name(), guest.name());
    let call = format!("https://app.cal.test/video/{}", meeting.id);
    let mut attendees = vec![attendee(guest, meeting.start)];
    attendees.extend(meeting.others.iter().map(|email| {
        json!({"email": email, "name": "", "timeZone": guest.zone, "language": {"locale": "en"},
               "utcOffset": utc_offset(&guest.zone, meeting.start)})
    }));
    let mut metadata = json!({"videoCallUrl": call});
    if let Some(campaign) = meeting.campaign {
        // Cal.com sends no campaign by itself; the booking page of the demo hands it on as metadata.
        metadata["utm_source"] = json!(campaign.source);
        metadata["utm_medium"] = json!(campaign.medium);
        metadata["utm_campaign"] = json!(campaign.name);
    }
    let mut responses = json!({
        "name": {"label": "your_name", "value": guest.name()},
        "email": {"label": "email_address", "value": guest.email},
        "location": {"label": "location", "value": {"optionValue": "", "value": "integrations:daily"}},
        "notes": {"label": "additional_notes"},
        "guests": {"label": "additional_guests", "value": meeting.others},
        "company": {"label": "Company", "value": guest.company},
        "jobTitle": {"label": "Job title", "value": guest.title},
        "companySize": {"label": "Company size", "value": guest.size},
        "country": {"label": "Country", "value": guest.country},
    });
    if let Some(note) = meeting.note {
        responses["notes"]["value"] = json!(note);
    }
    if let Some(mobile) = &guest.mobile {
        responses["attendeePhoneNumber"] = json!({"label": "phone_number", "value": mobile});
    }
    json!({
        "bookingId": meeting.number,
        "uid": meeting.id,
        "iCalUID": format!("{}@cal.test", meeting.id),
        "iCalSequence": meeting.moves,
        "type": kind.slug,
        "title": title,
        "eventTitle": kind.title,
        "eventDescription": "",
        "description": "",
        "additionalNotes": meeting.note.unwrap_or_default(),
        "startTime": time(meeting.start),
        "endTime": time(meeting.end()),
        "length": kind.minutes,
        "status": status,
        "eventTypeId": event_type_id(kind.slug),
        "organizer": organizer(host, meeting.start),
        "attendees": attendees,
        "responses": responses,
        "userFieldsResponses": {},
        "customInputs": {},
        "metadata": metadata,
        "location": "integrations:daily",
        "destinationCalendar": null,
        "requiresConfirmation": false,
        "price": 0,
        "currency": "usd",
        "appsStatus": [],
        "seatsPerTimeSlot": null,
    })
}

fn attendee(guest: &Person, at: Timestamp) -> Json {
    json!({
        "email": guest.email,
        "name": guest.name(),
        "firstName": guest.first,
        "lastName": guest.last,
        "timeZone": guest.zone,
        "language": {"locale": "en"},
        "utcOffset": utc_offset(&guest.zone, at),
        "phoneNumber": guest.mobile,
    })
}

fn organizer(host: &Host, at: Timestamp) -> Json {
    json!({
        "id": host.number,
        "name": host.name(),
        "email": host.email,
        "username": host.username(),
        "timeZone": host.zone,
        "language": {"locale": "en"},
        "timeFormat": "HH:mm",
        "utcOffset": utc_offset(&host.zone, at),
    })
}

/// A number for a slug; which one does not matter.
fn event_type_id(slug: &str) -> usize {
    slug.bytes().map(usize::from).sum()
}
