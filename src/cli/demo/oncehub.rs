//! OnceHub's webhooks (OnceHub: API v2, webhooks), made up.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::delivery::time;
use super::dice::Dice;
use super::meeting::{Actor, Meeting};
use super::people::Host;
use super::talk::Talk;
use crate::domain::Status;

/// `booking.scheduled`. Its event id follows from the booking's.
pub fn scheduled(meeting: &Meeting) -> Json {
    let body = booking(meeting, "scheduled", meeting.booked_at);
    envelope(&meeting.id.replacen("BKNG", "EVNT", 1), "booking.scheduled", meeting.booked_at, &body)
}

/// `booking.rescheduled`: the same booking at another time.
pub fn rescheduled(meeting: &Meeting, at: Timestamp, reason: &str, dice: &mut Dice) -> Json {
    let mut body = booking(meeting, "rescheduled", at);
    body["cancel_reschedule_information"] = json!({"reason": reason, "actioned_by": "customer", "user_id": null});
    event("booking.rescheduled", at, &body, dice)
}

/// `booking.canceled`.
pub fn canceled(meeting: &Meeting, at: Timestamp, reason: &str, by: Actor, dice: &mut Dice) -> Json {
    let mut body = booking(meeting, "canceled", at);
    body["cancel_reschedule_information"] = match by {
        Actor::Guest => json!({"reason": reason, "actioned_by": "customer", "user_id": null}),
        Actor::Host => json!({"reason": reason, "actioned_by": "user", "user_id": user_id(&meeting.host)}),
    };
    event("booking.canceled", at, &body, dice)
}

/// `booking.no_show`.
pub fn no_show(meeting: &Meeting, at: Timestamp, dice: &mut Dice) -> Json {
    event("booking.no_show", at, &booking(meeting, "no_show", at), dice)
}

/// `booking.completed`.
pub fn completed(meeting: &Meeting, dice: &mut Dice) -> Json {
    event("booking.completed", meeting.end(), &booking(meeting, "completed", meeting.end()), dice)
}

/// `conversation.started`: who it is may be unknown still.
pub fn talk_started(talk: &Talk, dice: &mut Dice) -> Json {
    let mut body = conversation(talk, "started", talk.started_at);
    if !talk.introduced {
        body["contact"] = Json::Null;
    }
    event("conversation.started", talk.started_at, &body, dice)
}

/// `conversation.closed`, with the answers and the status that the bot gave.
pub fn talk_closed(talk: &Talk, at: Timestamp, dice: &mut Dice) -> Json {
    let mut body = conversation(talk, "closed", at);
    body["answers"] = answers(talk);
    body["contact"]["status"] = json!(talk.status.map(Status::label));
    event("conversation.closed", at, &body, dice)
}

/// `conversation.abandoned`: the visitor had said who they were, or not.
pub fn talk_abandoned(talk: &Talk, at: Timestamp, dice: &mut Dice) -> Json {
    let mut body = conversation(talk, "abandoned", at);
    if !talk.introduced {
        body["contact"] = Json::Null;
    }
    event("conversation.abandoned", at, &body, dice)
}

fn event(kind: &str, at: Timestamp, data: &Json, dice: &mut Dice) -> Json {
    envelope(&dice.oncehub_id("EVNT"), kind, at, data)
}

fn envelope(id: &str, kind: &str, at: Timestamp, data: &Json) -> Json {
    json!({"id": id, "object": "event", "creation_time": time(at), "type": kind, "api_version": "v2", "data": data})
}

fn booking(meeting: &Meeting, status: &str, at: Timestamp) -> Json {
    let Meeting { guest, host, kind, .. } = meeting;
    let mut attendees = vec![host.email.clone(), guest.email.clone()];
    attendees.extend(meeting.others.iter().cloned());
    let conversation = meeting.talk.as_ref().map(|talk| {
        let mut body = conversation(talk, "closed", talk.started_at);
        body["answers"] = answers(talk);
        body["contact"] = json!(talk.contact_id);
        body
    });
    json!({
        "object": "booking",
        "id": meeting.id,
        "tracking_id": meeting.id,
        "subject": format!("{} with {}", kind.title, guest.name()),
        "status": status,
        "in_trash": false,
        "creation_time": time(meeting.booked_at),
        "starting_time": time(meeting.start),
        "last_updated_time": time(at),
        "customer_timezone": guest.zone,
        "duration_minutes": kind.minutes,
        "owner": user_id(host),
        "virtual_conferencing": {"join_url": format!("https://meet.seller.test/{}", meeting.id.to_lowercase())},
        "location_description": "",
        "rescheduled_booking_id": null,
        "cancel_reschedule_information": null,
        "attendees": attendees,
        "form_submission": {
            "name": guest.name(),
            "email": guest.email,
            "phone": null,
            "mobile_phone": guest.mobile,
            "note": meeting.note.unwrap_or_default(),
            "company": guest.company,
            "guests": meeting.others,
            "custom_fields": [
                {"name": "Job title", "value": guest.title},
                {"name": "Company size", "value": guest.size},
            ],
        },
        "booking_calendar": kind.calendar,
        "booking_page": null,
        "master_page": null,
        "event_type": null,
        "conversation": conversation,
        "external_calendar": {"type": "google", "name": host.email, "id": host.email, "event_id": meeting.id.to_lowercase()},
        "cancel_reschedule_url": format!("https://once.test/r/{}", meeting.id),
        "custom_fields": [],
    })
}

fn conversation(talk: &Talk, status: &str, at: Timestamp) -> Json {
    json!({
        "object": "conversation",
        "id": talk.id,
        "creation_time": time(talk.started_at),
        "initiated_by": "contact",
        "last_updated_time": time(at),
        "last_interacted_time": time(at),
        "contact": contact(talk),
        "owner": user(&talk.owner),
        "status": status,
        "bot": {"id": talk.bot.id, "name": talk.bot.name},
        "website": {"id": "WEB-SELLER", "name": "seller.test", "url": talk.bot.url},
        "audience": null,
        "answers": [],
        "bookings": [],
    })
}

fn contact(talk: &Talk) -> Json {
    let visitor = &talk.visitor;
    json!({
        "object": "contact",
        "id": talk.contact_id,
        "owner": user(&talk.owner),
        "status": null,
        "email": visitor.email,
        "mobile_phone": visitor.mobile,
        "phone": null,
        "first_name": visitor.first,
        "last_name": visitor.last,
        "company": visitor.company,
        "job_title": visitor.title,
        "company_size": visitor.size,
        "country": visitor.country,
        "timezone": visitor.zone,
        "has_consent": true,
        "custom_fields": [],
    })
}

fn answers(talk: &Talk) -> Json {
    json!([
        {"id": "INT-1", "internal_label": "interest", "question": "What brings you here?", "value": talk.interest},
        {"id": "INT-2", "internal_label": "timeline", "question": "When would you like to start?", "value": talk.timeline},
        {"id": "INT-3", "internal_label": "seats", "question": "How many people would use it?", "value": talk.seats},
    ])
}

fn user(host: &Host) -> Json {
    json!({"object": "user", "id": user_id(host), "first_name": host.first, "last_name": host.last, "email": host.email})
}

fn user_id(host: &Host) -> String {
    format!("USR-{:04}", host.number)
}
