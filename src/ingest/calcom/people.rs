//! Attendees, host and booker of a booking.

use serde_json::Value as Json;

use super::responses;
use crate::domain::activity::Attendee;
use crate::domain::{Email, Field, UserRef};
use crate::ingest::json::{first_text, flag, list, text};
use crate::ingest::person::PersonBuilder;
use crate::ingest::{Context, synonyms};

/// Everyone invited: the attendees, the booker first, then guests that are not among them yet.
pub fn attendees(booking: &Json) -> Vec<Attendee> {
    let mut attendees: Vec<Attendee> = list(booking, "attendees").iter().filter_map(attendee).collect();
    if attendees.is_empty() {
        let name = booker_name(booking);
        let booker = Attendee {
            email: responses::value_text(booking, "email"),
            name: name.full,
            first_name: name.first,
            last_name: name.last,
            ..Attendee::default()
        };
        attendees.extend((booker != Attendee::default()).then_some(booker));
    }
    let guests = responses::value(booking, "guests").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    for guest in guests.iter().chain(list(booking, "guests")) {
        let email = guest.as_str().map(str::trim).filter(|email| !email.is_empty()).map(str::to_owned);
        let guest = match email {
            Some(email) => Attendee { email: Some(email), ..Attendee::default() },
            None => match attendee(guest) {
                Some(guest) => guest,
                None => continue,
            },
        };
        let invited = |known: &Attendee| match (&known.email, &guest.email) {
            (Some(a), Some(b)) => a.trim().eq_ignore_ascii_case(b.trim()),
            _ => false,
        };
        if !attendees.iter().any(invited) {
            attendees.push(guest);
        }
    }
    attendees
}

/// One attendee as the source wrote it; `None` if nothing says who.
pub fn attendee(json: &Json) -> Option<Attendee> {
    let attendee = Attendee {
        email: text(json, "email"),
        name: text(json, "name"),
        first_name: text(json, "firstName"),
        last_name: text(json, "lastName"),
        time_zone: first_text(json, &["timeZone", "timezone"]),
        phone: first_text(json, &["phoneNumber", "phone"]),
        no_show: flag(json, "noShow"),
    };
    (attendee.email.is_some() || attendee.name.is_some() || attendee.phone.is_some()).then_some(attendee)
}

/// The host: `organizer` in the booking triggers, `user` in the meeting triggers.
pub fn host(booking: &Json) -> Option<UserRef> {
    let json = booking.get("organizer").or_else(|| booking.get("user"))?;
    let host = UserRef {
        email: text(json, "email").and_then(|email| Email::parse(&email).ok()),
        name: text(json, "name"),
        external_id: None, // Cal.com numbers its users per installation; the email is what other systems know
    };
    (host != UserRef::default()).then_some(host)
}

/// Who booked: the first attendee, completed by the answers.
pub fn booker<'c>(booking: &Json, attendees: &[Attendee], context: &'c Context) -> PersonBuilder<'c> {
    let mut person = PersonBuilder::new(context);
    if let Some(first) = attendees.first() {
        attendee_into(&mut person, first);
    }
    let name = booker_name(booking);
    person.name(name.first.as_deref(), name.last.as_deref(), name.full.as_deref());
    person.email("responses.email", responses::value_text(booking, "email").as_deref());
    for key in ["attendeePhoneNumber", "phone", "smsReminderNumber"] {
        person.mobile(&format!("responses.{key}"), responses::value_text(booking, key).as_deref());
    }
    person.mobile("smsReminderNumber", text(booking, "smsReminderNumber").as_deref());
    if let Some(metadata) = booking.get("metadata") {
        person.status("metadata.contact_status", first_text(metadata, &["contact_status", "contactStatus"]).as_deref());
    }
    for answer in responses::of_booking(booking) {
        // `title` is the meeting's title here, not a job's.
        if !responses::is_system_question(&answer.key) && answer.key != "phone" {
            person.answer(&answer.key, answer.label.as_deref(), &answer.value);
        }
    }
    person
}

/// One of several attendees, of whom nothing but themselves is known.
pub fn alone<'c>(who: &Attendee, context: &'c Context) -> PersonBuilder<'c> {
    let mut person = PersonBuilder::new(context);
    attendee_into(&mut person, who);
    person
}

fn attendee_into(person: &mut PersonBuilder<'_>, who: &Attendee) {
    person.email("attendees[0].email", who.email.as_deref());
    person.name(who.first_name.as_deref(), who.last_name.as_deref(), who.name.as_deref());
    person.mobile("attendees[0].phoneNumber", who.phone.as_deref());
    let zone = who.time_zone.clone().map_or(Json::Null, Json::from);
    person.field(Field::TimeZone, "attendees[0].timeZone", &zone);
}

/// Who sent a routing form: found by the names of the questions, else by the shape of an answer.
pub fn sender<'c>(answers: &[crate::domain::activity::Answer], context: &'c Context) -> PersonBuilder<'c> {
    let mut person = PersonBuilder::new(context);
    let text = |answer: &crate::domain::activity::Answer| crate::ingest::json::as_text(&answer.value);
    let asked = |answer: &crate::domain::activity::Answer| {
        synonyms::field(&answer.key).or_else(|| synonyms::field(answer.label.as_deref()?))
    };
    for answer in answers {
        if context.asked_for(&answer.key, answer.label.as_deref()).is_some() {
            person.answer(&answer.key, answer.label.as_deref(), &answer.value);
            continue;
        }
        match asked(answer) {
            // Routing forms ask for "Phone" and mean the number that answers.
            Some(Field::Phone) => person.mobile(&answer.key, text(answer).as_deref()),
            Some(field) => person.field(field, &answer.key, &answer.value),
            None if is_name(answer) => person.name(None, None, text(answer).as_deref()),
            None => {
                person.answer(&answer.key, answer.label.as_deref(), &answer.value);
            }
        }
    }
    for answer in answers.iter().filter(|answer| asked(answer).is_none()) {
        if let Some(email) = text(answer).filter(|text| Email::parse(text).is_ok()) {
            person.email(&answer.key, Some(&email));
        } else if let Some(phone) = text(answer).filter(|text| text.starts_with('+')) {
            person.mobile(&answer.key, Some(&phone));
        }
    }
    person
}

fn is_name(answer: &crate::domain::activity::Answer) -> bool {
    responses::asks_for_name(&answer.key) || answer.label.as_deref().is_some_and(responses::asks_for_name)
}

#[derive(Default)]
struct Name {
    first: Option<String>,
    last: Option<String>,
    full: Option<String>,
}

/// The answer to "your name": a text, or first and last name apart.
fn booker_name(booking: &Json) -> Name {
    match responses::value(booking, "name") {
        Some(name @ Json::Object(_)) => {
            Name { first: text(name, "firstName"), last: text(name, "lastName"), full: None }
        }
        Some(name) => Name { full: crate::ingest::json::as_text(name), ..Name::default() },
        None => Name::default(),
    }
}
