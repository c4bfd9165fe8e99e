//! Several people in one time slot, each with a booking of their own (Cal.com: seated events).
//!
//! Cal.com gives all seats of a slot one booking id. Here each seat is an activity of its own, with the key
//! `booking/seat`; what is said of the booking as a whole is said of every seat.

use super::activity::{Activity, ActivityUpdate, Attendee, Detail, State};

/// The key of a seat: its booking, and who sits there. `None`: nothing tells the seat from any other.
pub fn key(booking: &str, who: &Attendee, seat_id: Option<&str>) -> Option<String> {
    let email = who.email.as_deref().map(|email| email.trim().to_lowercase());
    let seat = email.as_deref().or(who.phone.as_deref()).or(seat_id).or(who.name.as_deref())?.trim();
    (!seat.is_empty()).then(|| format!("{booking}/{seat}"))
}

/// The part of a seat's key behind the booking's id.
fn seat_of<'a>(key: &'a str, booking: &str) -> Option<&'a str> {
    key.strip_prefix(booking)?.strip_prefix('/')
}

/// What a payload about a whole booking says about its seats. If it names some of those who sit there, it is about
/// them; if none, about all.
pub fn told(update: &ActivityUpdate, seats: &[Activity]) -> Vec<ActivityUpdate> {
    let named = |seat: &Activity| update.detail.attendees.iter().find(|attendee| sits(attendee, seat));
    let any_named = seats.iter().any(|seat| named(seat).is_some());
    let about = seats.iter().filter(|seat| !any_named || named(seat).is_some());
    about.map(|seat| of_seat(update, seat, named(seat))).collect()
}

fn of_seat(update: &ActivityUpdate, seat: &Activity, who: Option<&Attendee>) -> ActivityUpdate {
    let (external_id, previous_id) = if seat_of(&seat.external_id, &update.external_id).is_some() {
        (seat.external_id.clone(), None)
    } else {
        let old = update.previous_id.as_deref().and_then(|booking| seat_of(&seat.external_id, booking));
        let new = old.map(|seat| format!("{}/{seat}", update.external_id));
        (new.unwrap_or_else(|| seat.external_id.clone()), Some(seat.external_id.clone()))
    };
    // Who booked, answered and noted something was one of them, and which one is not said.
    let mut told = ActivityUpdate {
        external_id,
        previous_id,
        seat_of: Some(update.external_id.clone()),
        person_name: None,
        person_email: None,
        person_phone: None,
        customer_time_zone: who.and_then(|who| who.time_zone.clone()),
        detail: Detail {
            attendees: who.cloned().into_iter().collect(),
            answers: Vec::new(),
            notes: None,
            ..update.detail.clone()
        },
        ..update.clone()
    };
    let marks = update.detail.attendees.iter().any(|attendee| attendee.no_show.is_some());
    if marks && (update.state == Some(State::NoShow) || update.no_show_undone) {
        let absent = who.and_then(|who| who.no_show);
        told.state = (absent == Some(true)).then_some(State::NoShow);
        told.no_show_undone = absent == Some(false);
    }
    told
}

/// True if an attendee is the one who has a seat.
fn sits(attendee: &Attendee, seat: &Activity) -> bool {
    let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
        (Some(a), Some(b)) => a.trim().eq_ignore_ascii_case(b.trim()),
        _ => false,
    };
    same(attendee.email.as_deref(), seat.person_email.as_deref())
        || same(attendee.phone.as_deref(), seat.person_phone.as_deref())
        || seat.external_id.rsplit_once('/').is_some_and(|(_, key)| same(attendee.email.as_deref(), Some(key)))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::activity::Kind;
    use crate::domain::lifecycle;

    fn who(email: &str, no_show: Option<bool>) -> Attendee {
        Attendee { email: Some(email.into()), no_show, ..Attendee::default() }
    }

    fn seat(key: &str, email: &str) -> Activity {
        let update = ActivityUpdate { person_email: Some(email.into()), ..ActivityUpdate::new(Kind::Booking, key) };
        lifecycle::create(&update, "calcom", Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
    }

    fn both() -> [Activity; 2] {
        [seat("u1/ana@x.test", "ana@x.test"), seat("u1/bo@x.test", "bo@x.test")]
    }

    fn states(update: &ActivityUpdate) -> Vec<(String, Option<State>, bool)> {
        told(update, &both()).into_iter().map(|told| (told.external_id, told.state, told.no_show_undone)).collect()
    }

    #[test]
    fn seats_are_told_apart_by_who_sits_there() {
        assert_eq!(key("u1", &who(" Ana@X.test ", None), Some("s1")).as_deref(), Some("u1/ana@x.test"));
        let phone = Attendee { phone: Some("+4790000000".into()), ..Attendee::default() };
        assert_eq!(key("u1", &phone, Some("s1")).as_deref(), Some("u1/+4790000000"));
        assert_eq!(key("u1", &Attendee::default(), Some("s1")).as_deref(), Some("u1/s1"));
        assert_eq!(key("u1", &Attendee::default(), None), None);
    }

    #[test]
    fn what_is_said_of_the_booking_is_said_of_every_seat() {
        let canceled = ActivityUpdate { state: Some(State::Canceled), ..ActivityUpdate::new(Kind::Booking, "u1") };
        let all = [("u1/ana@x.test", State::Canceled), ("u1/bo@x.test", State::Canceled)];
        assert_eq!(states(&canceled), all.map(|(key, state)| (key.to_owned(), Some(state), false)));

        // It names one of them: it is about that one.
        let mut one = canceled.clone();
        one.detail.attendees = vec![who("BO@x.test", None)];
        assert_eq!(states(&one), [("u1/bo@x.test".to_owned(), Some(State::Canceled), false)]);

        // Moved as a whole: each seat goes along.
        let moved = ActivityUpdate {
            previous_id: Some("u1".into()),
            state: Some(State::Rescheduled),
            ..ActivityUpdate::new(Kind::Booking, "u2")
        };
        let seats = told(&moved, &both());
        assert_eq!(seats[0].external_id, "u2/ana@x.test");
        assert_eq!(seats[0].previous_id.as_deref(), Some("u1/ana@x.test"));
    }

    #[test]
    fn marks_are_for_those_who_are_marked() {
        let mut marks = ActivityUpdate { state: Some(State::NoShow), ..ActivityUpdate::new(Kind::Booking, "u1") };
        marks.detail.attendees = vec![who("ana@x.test", Some(true)), who("bo@x.test", Some(false))];
        assert_eq!(
            states(&marks),
            [("u1/ana@x.test".to_owned(), Some(State::NoShow), false), ("u1/bo@x.test".to_owned(), None, true)]
        );
    }
}
