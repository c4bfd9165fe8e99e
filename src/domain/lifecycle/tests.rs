use super::*;
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + seconds).unwrap()
}

fn update(activity: &mut Activity, update: &ActivityUpdate, at: Timestamp, now: Timestamp) -> Changed {
    hear(activity, update, &[], at, now)
}

fn said(state: State) -> ActivityUpdate {
    ActivityUpdate { state: Some(state), ..ActivityUpdate::new(Kind::Booking, "u1") }
}

fn booked() -> Activity {
    let update = ActivityUpdate {
        subject: Some("Intro".into()),
        start: Some(at(1000)),
        end: Some(at(2800)),
        ..said(State::Scheduled)
    };
    create(&update, "calcom", at(0), at(1))
}

/// OnceHub reference 2.2: the booking lifecycle.
#[test]
fn transitions() {
    for (from, to, allowed) in [
        (State::Requested, State::Scheduled, true),
        (State::Requested, State::Canceled, true),
        (State::Scheduled, State::Rescheduled, true),
        (State::Rescheduled, State::Rescheduled, true),
        (State::Scheduled, State::Canceled, true),
        (State::Scheduled, State::Completed, true),
        (State::Completed, State::NoShow, true),
        (State::Scheduled, State::NoShow, true),
        (State::NoShow, State::Completed, false),
        (State::Canceled, State::Completed, false),
        (State::Canceled, State::Rescheduled, true),
        (State::NoShow, State::Rescheduled, true),
        // Payment, a report or the API says "accepted" of what has long moved on.
        (State::Rescheduled, State::Scheduled, false),
        (State::Completed, State::Scheduled, false),
        (State::NoShow, State::Scheduled, false),
        (State::NoShow, State::Requested, false),
    ] {
        assert_eq!(may_become(from, to), allowed, "{from} -> {to}");
    }
}

#[test]
fn a_meeting_is_completed_at_its_end_and_not_at_its_start() {
    let booking = booked();
    assert_eq!(by_clock(&booking, at(1000)), None);
    assert_eq!(by_clock(&booking, at(2799)), None);
    assert_eq!(by_clock(&booking, at(2800)), Some(State::Completed));
}

#[test]
fn a_conversation_is_abandoned_after_more_than_ten_minutes() {
    let talk = create(&ActivityUpdate::new(Kind::Conversation, "c1"), "oncehub", at(0), at(0));
    assert_eq!(talk.state, State::Started);
    assert_eq!(by_clock(&talk, at(600)), None);
    assert_eq!(by_clock(&talk, at(601)), Some(State::Abandoned));
}

#[test]
fn a_reschedule_moves_the_same_booking_and_remembers_where_it_was() {
    let mut booking = booked();
    let moved = ActivityUpdate {
        external_id: "u2".into(),
        previous_id: Some("u1".into()),
        start: Some(at(5000)),
        end: Some(at(6800)),
        ..said(State::Rescheduled)
    };
    let changed = update(&mut booking, &moved, at(10), at(11));
    assert_eq!(changed.state_from, Some(State::Scheduled));
    assert!(changed.times);
    assert_eq!((booking.external_id.as_str(), booking.start), ("u2", Some(at(5000))));
    assert_eq!(booking.detail.previous_start, Some(at(1000)));
    assert_eq!(booking.subject.as_deref(), Some("Intro"));
}

#[test]
fn what_comes_late_fills_in_and_takes_nothing_back() {
    let mut booking = create(&said(State::Canceled), "calcom", at(50), at(50));
    let late = ActivityUpdate { subject: Some("Intro".into()), start: Some(at(1000)), ..said(State::Scheduled) };
    let changed = update(&mut booking, &late, at(0), at(60));
    assert_eq!(booking.state, State::Canceled);
    assert_eq!(booking.subject.as_deref(), Some("Intro"));
    assert_eq!((booking.source_at, booking.created_at), (at(50), at(0)));
    assert!(changed.any);
    assert_eq!(update(&mut booking, &late, at(0), at(70)), Changed::default());
}

#[test]
fn a_no_show_is_final_until_taken_back() {
    let mut booking = booked();
    update(&mut booking, &said(State::NoShow), at(3000), at(3000));
    update(&mut booking, &said(State::Completed), at(3001), at(3001));
    assert_eq!(booking.state, State::NoShow);
    let undone = ActivityUpdate { no_show_undone: true, ..ActivityUpdate::new(Kind::Booking, "u1") };
    update(&mut booking.clone(), &undone, at(2999), at(3002)); // older than the mark
    assert_eq!(booking.state, State::NoShow);
    update(&mut booking, &undone, at(3002), at(3002));
    assert_eq!(booking.state, State::Completed, "its end has passed");

    // Marked too early, and taken back before the end.
    let mut booking = booked();
    update(&mut booking, &said(State::NoShow), at(1500), at(1500));
    update(&mut booking, &undone, at(1600), at(1600));
    assert_eq!(booking.state, State::Scheduled);
}

#[test]
fn a_booking_stays_a_no_show_while_someone_is_still_marked() {
    let mark =
        |email: &str, no_show| Attendee { email: Some(email.into()), no_show: Some(no_show), ..Attendee::default() };
    let mut booking = booked();
    let mut both = said(State::NoShow);
    both.detail.attendees = vec![mark("bo@x.test", true), mark("cy@x.test", true)];
    update(&mut booking, &both, at(3000), at(3000));
    for (second, email, state) in [(3001, "bo@x.test", State::NoShow), (3002, "cy@x.test", State::Completed)] {
        let mut undone = ActivityUpdate { no_show_undone: true, ..ActivityUpdate::new(Kind::Booking, "u1") };
        undone.detail.attendees = vec![mark(email, false)];
        update(&mut booking, &undone, at(second), at(second));
        assert_eq!(booking.state, state, "after {email}");
    }
}

#[test]
fn a_move_that_had_to_be_approved_is_rescheduled() {
    let mut booking = booked();
    let mut asked = ActivityUpdate {
        previous_id: Some("u1".into()),
        start: Some(at(5000)),
        end: Some(at(6800)),
        ..said(State::Requested)
    };
    asked.external_id = "u2".into();
    update(&mut booking, &asked, at(10), at(10));
    assert_eq!(booking.state, State::Requested);
    update(&mut booking, &ActivityUpdate { external_id: "u2".into(), ..said(State::Scheduled) }, at(20), at(20));
    assert_eq!(booking.state, State::Rescheduled);
}

#[test]
fn a_status_counts_once_per_activity() {
    let (qualified, sales) = (Status::Qualified, Status::SalesQualified);
    let talk = |state| {
        create(
            &ActivityUpdate { state: Some(state), ..ActivityUpdate::new(Kind::Conversation, "c") },
            "oncehub",
            at(0),
            at(0),
        )
    };
    let told = |mut activity: Activity| {
        activity.detail.told_status = Some(qualified);
        activity
    };
    let (started, closed) = (talk(State::Started), talk(State::Closed));
    for (what, activity, source, by_source, news) in [
        ("a bot months later", Some(closed.clone()), Source::OnceHub, Some(qualified), true),
        ("the same conversation again", Some(told(closed)), Source::OnceHub, Some(qualified), false),
        ("a conversation that begins", Some(started.clone()), Source::OnceHub, Some(qualified), false),
        ("and tells of a change", Some(started), Source::OnceHub, Some(sales), true),
        ("a booking of a known contact", Some(booked()), Source::OnceHub, Some(qualified), false),
        ("a booking with Cal.com", Some(booked()), Source::CalCom, Some(qualified), true),
        ("the same booking again", Some(told(booked())), Source::CalCom, None, false),
        ("a contact of the API", None, Source::OnceHub, Some(qualified), false),
        ("changed there", None, Source::OnceHub, None, true),
    ] {
        assert_eq!(status_is_news(qualified, activity.as_ref(), source, by_source), news, "{what}");
    }
}

#[test]
fn presence_updates_an_attendee_and_keeps_the_others() {
    let person = |email: &str, name: Option<&str>, no_show| Attendee {
        email: Some(email.into()),
        name: name.map(Into::into),
        no_show,
        ..Attendee::default()
    };
    let mut booking = booked();
    booking.detail.attendees = vec![person("bo@x.test", Some("Bo"), None), person("cy@x.test", Some("Cy"), None)];
    let mut marked = said(State::NoShow);
    marked.detail.attendees = vec![person("BO@x.test", None, Some(true))];
    update(&mut booking, &marked, at(3000), at(3000));
    assert_eq!(booking.detail.attendees.len(), 2);
    assert_eq!(booking.detail.attendees[0].no_show, Some(true));
    assert_eq!(booking.detail.attendees[0].name.as_deref(), Some("Bo"));
}

proptest! {
    /// Whatever the order of arrival, with each payload twice, the newest says the state.
    #[test]
    fn order_of_arrival_does_not_matter(order in Just(vec![0_i64, 1, 2, 3]).prop_shuffle(), twice in 0_usize..4) {
        let steps = [State::Scheduled, State::Rescheduled, State::Rescheduled, State::Canceled];
        let payload = |i: i64| ActivityUpdate { start: Some(at(1000 + i)), ..said(steps[i as usize]) };
        let mut arrivals = order.clone();
        arrivals.push(order[twice]);
        let first = arrivals[0];
        let mut booking = create(&payload(first), "calcom", at(first), at(100));
        for &i in &arrivals[1..] {
            update(&mut booking, &payload(i), at(i), at(100));
        }
        prop_assert_eq!(booking.state, State::Canceled);
        prop_assert_eq!(booking.start, Some(at(1003)));
        prop_assert_eq!(booking.created_at, at(0));
    }
}
