//! A booking, from a webhook or from the API.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{Told, contact, conversation, reference};
use crate::domain::activity::{Attendee, Utm};
use crate::domain::{ActivityUpdate, Field, Kind, Person, State};
use crate::ingest::json::{self, first_text, flag, list, minutes, text};
use crate::ingest::person::PersonBuilder;
use crate::ingest::{Context, PayloadError, Warning};

/// Reads a booking. Of one that was cancelled and booked again elsewhere, both halves are told.
pub fn read(event: &str, data: &Json, context: &Context) -> Result<Told, PayloadError> {
    let mut update = described(data)?;
    let mut person = who(data, context);
    let status = status(data, &mut person);
    let actor = actor(data);
    let (state, detailed) = outcome(event, status, actor);
    update.state = state;
    update.detail.detailed_state = detailed;
    let changed = matches!(state, Some(State::Canceled | State::Rescheduled));
    if let Some(information) = data.get("cancel_reschedule_information").filter(|_| changed) {
        update.reason = text(information, "reason");
        update.reason_by = text(information, "user_id").or_else(|| text(information, "actioned_by"));
    }
    if changed {
        let by = ["name_of_user_who_canceled_rescheduled", "name_of_customer_who_canceled_rescheduled"];
        update.reason = update.reason.or_else(|| text(data, "cancel_reschedule_reason"));
        update.reason_by = update.reason_by.or_else(|| first_text(data, &by));
    }
    if update.start.is_none() && matches!(state, Some(State::Requested | State::Scheduled | State::Rescheduled)) {
        return Err(PayloadError::Missing("starting_time"));
    }
    let owner = reference::expanded(data, "contact").and_then(|contact| reference::user(contact, "owner"));
    let (person, warnings) = person.finish(&mut update);
    let person = person.map(|person| Person { owner, ..person });
    update.detail.attendees = attendees(data, &update);

    let other = replaced(event, &update);
    let activities = std::iter::once(update).chain(other).collect();
    Ok(Told { person, activities, warnings })
}

/// `rescheduled_booking_id` is told by the new booking and names the old one: that one is cancelled.
fn replaced(event: &str, update: &ActivityUpdate) -> Option<ActivityUpdate> {
    if event != "booking.canceled_then_rescheduled" || update.state == Some(State::Canceled) {
        return None;
    }
    let mut old = ActivityUpdate::new(Kind::Booking, update.related_id.as_deref()?);
    old.state = Some(State::Canceled);
    old.related_id = Some(update.external_id.clone());
    old.detail.detailed_state = Some("Canceled (By customer)".to_owned());
    old.person_name.clone_from(&update.person_name);
    old.person_email.clone_from(&update.person_email);
    old.person_phone.clone_from(&update.person_phone);
    old.reason.clone_from(&update.reason);
    Some(old)
}

/// Everything but state, person and attendees.
fn described(data: &Json) -> Result<ActivityUpdate, PayloadError> {
    let mut update = ActivityUpdate::new(
        Kind::Booking,
        first_text(data, &["id", "tracking_id"]).ok_or(PayloadError::Missing("id"))?,
    );
    let related = first_text(data, &["rescheduled_booking_id", "canceled_booking_tracking_id"]);
    update.related_id = related.filter(|other| *other != update.external_id);
    update.subject = text(data, "subject");
    update.start = json::time(data, "starting_time")?;
    update.end = end(data, update.start);
    update.created_at = json::time(data, "creation_time")?;
    update.customer_time_zone = first_text(data, &["customer_timezone", "customer_time_zone"]);
    // `owner` took the booking first and stays; a `host` is who has it now.
    update.user = reference::user(data, "host").or_else(|| reference::user(data, "owner"));
    update.event_type = reference::name(data, "event_type");
    update.page = ["booking_calendar", "booking_page", "master_page"].iter().find_map(|key| reference::name(data, key));
    update.utm = utm(data);
    update.trashed = flag(data, "in_trash");
    update.test = flag(data, "test").or_else(|| flag(data, "is_test"));
    let join_url = data.get("virtual_conferencing").and_then(|conference| text(conference, "join_url"));
    let place = first_text(data, &["location_description", "virtual_or_physical_location"]);
    update.location = place.or_else(|| join_url.clone());
    let form = data.get("form_submission").unwrap_or(&Json::Null);
    let detail = &mut update.detail;
    detail.join_url = join_url;
    detail.cancel_url = first_text(data, &["cancel_url", "cancel_reschedule_url", "cancel_reschedule_link"]);
    detail.reschedule_url = first_text(data, &["reschedule_url", "cancel_reschedule_url", "cancel_reschedule_link"]);
    let calendar = data.get("external_calendar").and_then(|calendar| text(calendar, "type"));
    detail.calendar = calendar.filter(|calendar| calendar != "none");
    detail.notes = text(form, "note");
    detail.answers = contact::answers(form).chain(contact::answers(data)).collect();
    if let Some(talk) = reference::expanded(data, "conversation") {
        detail.answers.extend(conversation::answers(talk, true));
        update.bot = reference::name(talk, "bot");
    }
    Ok(update)
}

/// Contact first, then the booking form; an unexpanded contact without a form leaves who was invited beside the host.
fn who<'c>(data: &Json, context: &'c Context) -> PersonBuilder<'c> {
    let mut person = PersonBuilder::new(context);
    let talk = reference::expanded(data, "conversation");
    if let Some(form) = data.get("form_submission").filter(|form| form.is_object()) {
        // The form tells who booked; the contact, when it is expanded, is the same person with all that is known.
        person.email("form_submission.email", text(form, "email").as_deref());
        person.mobile("form_submission.mobile_phone", text(form, "mobile_phone").as_deref());
        let contact = reference::expanded(data, "contact");
        let known = |key: &str| contact.and_then(|contact| text(contact, key));
        person.name(known("first_name").as_deref(), known("last_name").as_deref(), text(form, "name").as_deref());
        person.landline(text(form, "phone").as_deref());
        let company = text(form, "company").map_or(Json::Null, Json::from);
        person.field(Field::Company, "form_submission.company", &company);
        for (name, value) in contact::custom_fields(form) {
            person.answer(&name, None, value);
        }
    }
    let contacts = [reference::expanded(data, "contact"), talk.and_then(|talk| reference::expanded(talk, "contact"))];
    for contact in contacts.into_iter().flatten() {
        contact::take(&mut person, contact);
    }
    let zone = first_text(data, &["customer_timezone", "customer_time_zone"]).map_or(Json::Null, Json::from);
    person.field(Field::TimeZone, "customer_timezone", &zone);
    if data.get("form_submission").is_none_or(|form| !form.is_object())
        && reference::expanded(data, "contact").is_none()
        && let [only] = invited(data).as_slice()
    {
        person.email("attendees", Some(only));
    }
    person
}

/// The booker first, then the guests they named; hosts are not among them.
fn attendees(data: &Json, update: &ActivityUpdate) -> Vec<Attendee> {
    let booker = Attendee {
        email: update.person_email.clone(),
        name: update.person_name.clone(),
        phone: update.person_phone.clone(),
        time_zone: update.customer_time_zone.clone(),
        no_show: (update.state == Some(State::NoShow)).then_some(true),
        ..Attendee::default()
    };
    let known = booker.email.is_some() || booker.name.is_some() || booker.phone.is_some();
    let mut attendees: Vec<Attendee> = known.then_some(booker).into_iter().collect();
    let form = data.get("form_submission").filter(|form| form.is_object());
    let guests: Vec<String> = match form {
        Some(form) => list(form, "guests").iter().filter_map(json::as_text).collect(),
        None => invited(data),
    };
    for guest in guests {
        let same = |known: &Attendee| known.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&guest));
        if !attendees.iter().any(same) {
            attendees.push(Attendee { email: Some(guest), ..Attendee::default() });
        }
    }
    attendees
}

/// `attendees` lists hosts too. Only when a host is known by address can the others be told apart; else none are.
fn invited(data: &Json) -> Vec<String> {
    let calendar = data.get("external_calendar").unwrap_or(&Json::Null);
    let email = |key| reference::get(data, key).and_then(|user| text(user, "email"));
    let hosts: Vec<String> =
        [email("owner"), email("host"), text(calendar, "name"), text(calendar, "id")].into_iter().flatten().collect();
    let is_host = |address: &String| hosts.iter().any(|host| host.eq_ignore_ascii_case(address));
    let all: Vec<String> = list(data, "attendees").iter().filter_map(json::as_text).collect();
    if all.iter().any(is_host) { all.into_iter().filter(|address| !is_host(address)).collect() } else { Vec::new() }
}

fn end(data: &Json, start: Option<Timestamp>) -> Option<Timestamp> {
    start?.checked_add(SignedDuration::from_mins(minutes(data, "duration_minutes")?)).ok()
}

/// Who acted, in OnceHub's words of the detailed status.
fn actor(data: &Json) -> Option<&'static str> {
    let information = data.get("cancel_reschedule_information")?;
    match text(information, "actioned_by")?.as_str() {
        "customer" => Some("By customer"),
        "user" => Some("By user"),
        _ => None,
    }
}

/// The state in `status`; an unknown word is a warning.
fn status(data: &Json, person: &mut PersonBuilder<'_>) -> Option<State> {
    let word = text(data, "status")?;
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let state = match plain.as_str() {
        "requested" => State::Requested,
        "scheduled" => State::Scheduled,
        "rescheduled" => State::Rescheduled,
        "completed" => State::Completed,
        "canceled" | "cancelled" => State::Canceled,
        "noshow" => State::NoShow,
        _ => {
            person.warnings.push(Warning::new("status", format!("`{word}` is not a state of a booking")));
            return None;
        }
    };
    Some(state)
}

/// State and detailed status after an event (OnceHub: booking lifecycle). The event's word counts, and where it leaves
/// the state open, the booking's status.
fn outcome(event: &str, status: Option<State>, actor: Option<&'static str>) -> (Option<State>, Option<String>) {
    let state = match event {
        "booking.scheduled" => Some(State::Scheduled),
        "booking.rescheduled" => Some(State::Rescheduled),
        "booking.canceled" | "booking.canceled_reschedule_requested" => Some(State::Canceled),
        "booking.canceled_then_rescheduled" => match status {
            Some(State::Scheduled | State::Rescheduled) => Some(State::Rescheduled),
            _ => Some(State::Canceled),
        },
        "booking.completed" => Some(State::Completed),
        "booking.no_show" => Some(State::NoShow),
        _ => status,
    };
    let by = match (event, state) {
        ("booking.reassigned", _) => Some("Reassigned by user"),
        ("booking.canceled_reschedule_requested", _) => Some("Reschedule requested by user"),
        ("booking.canceled_then_rescheduled", _) => Some("By customer"),
        (_, Some(State::Completed)) => Some("Set by System"),
        (_, Some(State::NoShow)) => Some("Set by user"),
        (_, Some(State::Canceled | State::Rescheduled)) => actor,
        _ => None,
    };
    let detailed = state.zip(by).map(|(state, by)| format!("{state} ({by})"));
    (state, detailed)
}

/// The campaign parameters of a booking or conversation.
pub fn utm(data: &Json) -> Utm {
    let params = data.get("utm_params").unwrap_or(&Json::Null);
    let find = |name: &str| text(params, name).or_else(|| text(params, &format!("utm_{name}")));
    Utm {
        source: find("source"),
        medium: find("medium"),
        campaign: find("campaign"),
        term: find("term"),
        content: find("content"),
    }
}
