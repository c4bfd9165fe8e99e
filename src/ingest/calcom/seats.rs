//! Seated events: one booking id for several people. Each seat is told as a booking of its own (see `domain::seats`).

use serde_json::Value as Json;

use super::{Told, people};
use crate::domain::activity::Attendee;
use crate::domain::{ActivityUpdate, seats};
use crate::ingest::Context;
use crate::ingest::json::{first_text, list, text};

/// True if the booking is one of a slot with seats.
pub fn is_seated(data: &Json) -> bool {
    let seats = data.get("seatsPerTimeSlot");
    seats.is_some_and(|seats| seats.as_i64().or_else(|| seats.as_str()?.trim().parse().ok()).is_some_and(|n| n > 0))
}

/// One booking for each seat that the payload names. Of what was answered it is known whose it is only if one person is
/// named, or the answers' address is one of theirs.
pub fn of_each(data: &Json, update: &ActivityUpdate, attendees: &[Attendee], context: &Context) -> Vec<Told> {
    let seat_id = first_text(data, &["attendeeSeatId", "seatReferenceUid", "seatUid"]);
    let people: Vec<(&Attendee, Option<String>)> = match attendees {
        [only] => vec![(only, seat_id.clone())],
        // A seat's own id, but not whose: it is the seat of whoever acted, if that can be told.
        many => match (&seat_id, acted(data, many)) {
            (Some(id), Some(who)) => vec![(who, Some(id.clone()))],
            (Some(_), None) => Vec::new(),
            (None, _) => many.iter().map(|who| (who, own_seat_id(data, who))).collect(),
        },
    };
    if people.is_empty() {
        // Known by the seat's id alone, or by nothing: then it is said of the booking as a whole.
        let mut update = update.clone();
        if let Some(id) = seat_id {
            update.seat_of = Some(update.external_id.clone());
            update.external_id = format!("{}/{id}", update.external_id);
            update.aliases = vec![id];
            update.detail.attendees.clear();
            update.detail.answers.clear();
        } else {
            update.detail.attendees = attendees.to_vec();
        }
        return vec![Told::about(update)];
    }
    let single = people.len() == 1;
    people.into_iter().map(|(who, id)| of_one(data, update, who, id.as_deref(), single, context)).collect()
}

fn of_one(
    data: &Json,
    update: &ActivityUpdate,
    who: &Attendee,
    seat_id: Option<&str>,
    single: bool,
    context: &Context,
) -> Told {
    let booking = update.external_id.clone();
    let mut update = update.clone();
    update.seat_of = Some(booking.clone());
    let key_in = |booking: &str| seats::key(booking, who, seat_id);
    update.external_id = key_in(&booking).unwrap_or(booking);
    update.previous_id = update.previous_id.as_deref().and_then(key_in);
    // Cal.com says `rescheduleUid` of the booking or of the seat.
    update.aliases =
        seat_id.map(str::to_owned).into_iter().chain(text(data, "rescheduleUid").filter(|_| single)).collect();
    update.customer_time_zone.clone_from(&who.time_zone);
    let answered = super::responses::value_text(data, "email");
    let own_answers = single || same(answered.as_deref(), who.email.as_deref());
    if !own_answers {
        update.detail.answers.clear();
        update.detail.notes = None;
    }
    let booker = if own_answers {
        people::booker(data, std::slice::from_ref(who), context)
    } else {
        people::alone(who, context)
    };
    update.detail.attendees = vec![who.clone()];
    Told::of(update, booker)
}

/// Who cancelled or moved, or whose answers these are, among the attendees.
fn acted<'a>(data: &Json, attendees: &'a [Attendee]) -> Option<&'a Attendee> {
    let said = [text(data, "cancelledBy"), text(data, "rescheduledBy"), super::responses::value_text(data, "email")];
    said.iter().flatten().find_map(|email| attendees.iter().find(|who| same(Some(email), who.email.as_deref())))
}

/// The id of an attendee's own seat, where the payload gives each one.
fn own_seat_id(data: &Json, who: &Attendee) -> Option<String> {
    let entry =
        list(data, "attendees").iter().find(|json| same(text(json, "email").as_deref(), who.email.as_deref()))?;
    first_text(entry, &["seatUid", "attendeeSeatId", "seatReferenceUid"])
        .or_else(|| entry.get("bookingSeat").and_then(|seat| first_text(seat, &["referenceUid", "uid"])))
}

fn same(a: Option<&str>, b: Option<&str>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.trim().eq_ignore_ascii_case(b.trim()))
}
