//! The life of a booking, row by row of OnceHub reference 2.2, from the payload to what is stored; and the conversation's.

use jiff::SignedDuration;
use rolodeck::domain::activity::{Activity, State};
use rolodeck::domain::{Interaction, Source};
use rolodeck::ingest::{Context, understand_json};
use rolodeck::store::IdentityRules;
use serde_json::{Value as Json, json};

use super::{Scratch, at, scratch};

/// Ends a good hour after the beginning of the tests' time.
const START: i64 = 3_600;

fn over(mut base: Json, extra: &Json) -> Json {
    for (key, value) in extra.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

/// A booking as OnceHub tells it at `second`, half an hour long.
fn booking(id: &str, status: &str, second: i64, extra: &Json) -> Json {
    let base = json!({"object": "booking", "id": id, "subject": "Intro", "status": status, "duration_minutes": 30,
        "creation_time": at(0).to_string(), "starting_time": at(START).to_string(),
        "last_updated_time": at(second).to_string(), "owner": "USR-1",
        "form_submission": {"name": "Ana Berg", "email": "ana@x.test"}, "booking_calendar": "BKC-1"});
    over(base, extra)
}

fn event(kind: &str, second: i64, data: &Json) -> Json {
    json!({"id": format!("EVNT-{kind}-{second}-{}", data["id"]), "object": "event",
        "creation_time": at(second).to_string(), "type": kind, "data": data})
}

fn acted(by: &str) -> Json {
    json!({"cancel_reschedule_information": {"reason": "clash", "actioned_by": by, "user_id": null}})
}

/// Takes a payload in, as the listener does.
async fn hear(s: &Scratch, body: &Json, second: i64) {
    let parsed = understand_json(None, body, &body.to_string(), &Context::default(), at(second)).unwrap();
    assert_eq!(parsed.warnings, []);
    for interaction in parsed.interactions {
        let interaction: Interaction = interaction;
        assert_eq!(interaction.source, Source::OnceHub);
        s.store.apply(&interaction, IdentityRules::default(), at(second)).await.unwrap();
    }
}

async fn all(s: &Scratch) -> Vec<Activity> {
    let ids: Vec<i64> = (1..10).collect();
    s.store.activities_by_id(&ids).await.unwrap().into_iter().map(|(activity, _)| activity).collect()
}

/// The only booking: its state, and how it came to it.
async fn only(s: &Scratch) -> (State, Option<String>) {
    let [one] = &all(s).await[..] else { panic!("one booking") };
    (one.state, one.detail.detailed_state.clone())
}

fn told(state: State, detailed: &str) -> (State, Option<String>) {
    (state, (!detailed.is_empty()).then(|| detailed.to_owned()))
}

async fn scheduled() -> Scratch {
    let s = scratch().await;
    hear(&s, &event("booking.scheduled", 10, &booking("BKNG-1", "scheduled", 10, &json!({}))), 10).await;
    s
}

async fn requested() -> Scratch {
    let s = scratch().await;
    // No webhook tells of a request: the API does.
    hear(&s, &booking("BKNG-1", "requested", 10, &json!({})), 10).await;
    s
}

#[tokio::test]
async fn a_guest_books() {
    assert_eq!(only(&scheduled().await).await, told(State::Scheduled, ""));
}

#[tokio::test]
async fn a_guest_requests() {
    assert_eq!(only(&requested().await).await, told(State::Requested, ""));
}

#[tokio::test]
async fn a_request_is_approved() {
    let s = requested().await;
    hear(&s, &event("booking.scheduled", 20, &booking("BKNG-1", "scheduled", 20, &json!({}))), 20).await;
    assert_eq!(only(&s).await, told(State::Scheduled, "Scheduled (Approved by user)"));
}

#[tokio::test]
async fn a_request_for_another_time_is_approved() {
    let s = scheduled().await;
    let time = json!({"starting_time": at(START + 900).to_string()});
    hear(&s, &booking("BKNG-1", "requested", 20, &time), 20).await;
    assert_eq!(only(&s).await.0, State::Requested);
    let moved = over(booking("BKNG-1", "rescheduled", 30, &time), &acted("customer"));
    hear(&s, &event("booking.rescheduled", 30, &moved), 30).await;
    assert_eq!(only(&s).await, told(State::Rescheduled, "Rescheduled (By customer)"));
}

#[tokio::test]
async fn a_request_is_declined_or_taken_back() {
    for (by, detailed) in [("user", "Canceled (By user)"), ("customer", "Canceled (By customer)")] {
        let s = requested().await;
        hear(&s, &event("booking.canceled", 20, &booking("BKNG-1", "canceled", 20, &acted(by))), 20).await;
        assert_eq!(only(&s).await, told(State::Canceled, detailed));
    }
    // A decline that no webhook tells of is seen in the API.
    let s = requested().await;
    hear(&s, &booking("BKNG-1", "canceled", 20, &json!({})), 20).await;
    assert_eq!(only(&s).await, told(State::Canceled, ""));
}

#[tokio::test]
async fn the_host_asks_for_new_times() {
    let s = requested().await;
    hear(&s, &booking("BKNG-1", "canceled", 20, &acted("user")), 20).await;
    let again = json!({"rescheduled_booking_id": "BKNG-1", "starting_time": at(START + 7_200).to_string()});
    hear(&s, &booking("BKNG-2", "requested", 21, &again), 21).await;
    let [old, new] = &all(&s).await[..] else { panic!("two") };
    assert_eq!((old.state, new.state), (State::Canceled, State::Requested));
    assert_eq!(old.detail.detailed_state.as_deref(), Some("Canceled (By user)"));
    assert_eq!((old.related_id, new.related_id), (Some(new.id), Some(old.id)), "they know each other");
    assert_eq!(old.contact_id, new.contact_id);
    // And the new one is approved.
    let yes = booking("BKNG-2", "scheduled", 30, &again);
    hear(&s, &event("booking.scheduled", 30, &yes), 30).await;
    let states: Vec<State> = all(&s).await.iter().map(|it| it.state).collect();
    assert_eq!(states, [State::Canceled, State::Scheduled]);
}

#[tokio::test]
async fn a_new_time_on_the_same_page_keeps_the_id() {
    let s = scheduled().await;
    for (second, later) in [(20, 900), (30, 1_800)] {
        let time = json!({"starting_time": at(START + later).to_string()});
        let moved = over(booking("BKNG-1", "rescheduled", second, &time), &acted("customer"));
        hear(&s, &event("booking.rescheduled", second, &moved), second).await;
        let [one] = &all(&s).await[..] else { panic!("one") };
        assert_eq!((one.state, one.external_id.as_str()), (State::Rescheduled, "BKNG-1"));
        assert_eq!((one.start, one.end), (Some(at(START + later)), Some(at(START + later + 1_800))));
        assert_eq!(one.detail.detailed_state.as_deref(), Some("Rescheduled (By customer)"));
        assert_eq!((one.reason.as_deref(), one.reason_by.as_deref()), (Some("clash"), Some("customer")));
    }
}

#[tokio::test]
async fn a_new_time_on_another_page_cancels_the_old_and_links_the_new() {
    let kind = "booking.canceled_then_rescheduled";
    let new = booking("BKNG-2", "rescheduled", 20, &json!({"rescheduled_booking_id": "BKNG-1"}));
    let old = booking("BKNG-1", "canceled", 20, &json!({"rescheduled_booking_id": "BKNG-2"}));
    // Told by the new booking alone, by the old one with the new one after it, or both ways round.
    let by_new = vec![event(kind, 20, &new)];
    let by_both = vec![event(kind, 20, &old), event("booking.rescheduled", 21, &new)];
    let turned = vec![event("booking.rescheduled", 21, &new), event(kind, 20, &old)];
    for deliveries in [by_new, by_both, turned] {
        let s = scheduled().await;
        for delivery in &deliveries {
            hear(&s, delivery, 30).await;
        }
        let [old, new] = &all(&s).await[..] else { panic!("two") };
        assert_eq!((old.state, new.state), (State::Canceled, State::Rescheduled), "{deliveries:?}");
        assert_eq!((old.related_id, new.related_id), (Some(new.id), Some(old.id)), "{deliveries:?}");
        assert_eq!(old.contact_id, new.contact_id);
        assert_eq!(old.detail.detailed_state.as_deref(), Some("Canceled (By customer)"));
    }
}

#[tokio::test]
async fn the_host_asks_the_guest_to_reschedule() {
    let s = scheduled().await;
    let asked = booking("BKNG-1", "canceled", 20, &json!({}));
    hear(&s, &event("booking.canceled_reschedule_requested", 20, &asked), 20).await;
    assert_eq!(only(&s).await, told(State::Canceled, "Canceled (Reschedule requested by user)"));
    // The time that was cancelled passes: nothing is completed by that.
    assert_eq!(s.store.tick(at(START + 1_800)).await.unwrap(), 0);
    let time = json!({"starting_time": at(START + 9_000).to_string()});
    let moved = booking("BKNG-1", "rescheduled", START + 2_000, &time);
    hear(&s, &event("booking.rescheduled", START + 2_000, &moved), START + 2_000).await;
    assert_eq!(only(&s).await, told(State::Rescheduled, ""), "what was said of the cancellation is over");
}

#[tokio::test]
async fn a_host_hands_over() {
    for (status, state) in [("scheduled", State::Scheduled), ("rescheduled", State::Rescheduled)] {
        let s = scratch().await;
        hear(&s, &event(&format!("booking.{status}"), 10, &booking("BKNG-1", status, 10, &json!({}))), 10).await;
        let handed = booking("BKNG-1", status, 20, &json!({"host": {"id": "USR-2", "email": "kari@co.test"}}));
        hear(&s, &event("booking.reassigned", 20, &handed), 20).await;
        let [one] = &all(&s).await[..] else { panic!("one") };
        assert_eq!(one.state, state);
        assert_eq!(one.detail.detailed_state, Some(format!("{state} (Reassigned by user)")));
        assert_eq!(
            one.user.as_ref().and_then(|user| user.email.as_ref()).map(ToString::to_string).as_deref(),
            Some("kari@co.test")
        );
    }
}

#[tokio::test]
async fn either_side_cancels() {
    for (by, detailed) in [("user", "Canceled (By user)"), ("customer", "Canceled (By customer)")] {
        let s = scheduled().await;
        hear(&s, &event("booking.canceled", 20, &booking("BKNG-1", "canceled", 20, &acted(by))), 20).await;
        assert_eq!(only(&s).await, told(State::Canceled, detailed));
    }
}

#[tokio::test]
async fn the_end_passes() {
    for status in ["scheduled", "rescheduled"] {
        let s = scratch().await;
        let data = over(booking("BKNG-1", status, 10, &json!({})), &acted("customer"));
        hear(&s, &event(&format!("booking.{status}"), 10, &data), 10).await;
        assert_eq!(s.store.tick(at(START + 1_799)).await.unwrap(), 0, "not at its start");
        assert_eq!(s.store.tick(at(START + 1_800)).await.unwrap(), 1);
        assert_eq!(only(&s).await, told(State::Completed, "Completed (Set by System)"));
    }
    // Or OnceHub says so first.
    let s = scheduled().await;
    let done = booking("BKNG-1", "completed", START + 1_800, &json!({}));
    hear(&s, &event("booking.completed", START + 1_800, &done), START + 1_800).await;
    assert_eq!(only(&s).await, told(State::Completed, "Completed (Set by System)"));
    assert_eq!(s.store.tick(at(START + 9_000)).await.unwrap(), 0);
}

/// D5: scheduled, rescheduled and completed ones can be no-shows, and no no-show is completed again.
#[tokio::test]
async fn the_host_marks_a_no_show_for_good() {
    for before in ["scheduled", "rescheduled", "completed"] {
        let s = scratch().await;
        hear(&s, &event(&format!("booking.{before}"), 10, &booking("BKNG-1", before, 10, &json!({}))), 10).await;
        let marked = booking("BKNG-1", "no_show", START + 900, &json!({}));
        hear(&s, &event("booking.no_show", START + 900, &marked), START + 900).await;
        assert_eq!(only(&s).await, told(State::NoShow, "No-show (Set by user)"), "from {before}");
        assert_eq!(s.store.tick(at(START + 9_000)).await.unwrap(), 0);
        let done = booking("BKNG-1", "completed", START + 9_000, &json!({}));
        hear(&s, &event("booking.completed", START + 9_000, &done), START + 9_000).await;
        assert_eq!(only(&s).await, told(State::NoShow, "No-show (Set by user)"), "from {before}");
    }
}

#[tokio::test]
async fn what_comes_late_does_not_say_how_it_came_to_be() {
    let s = scheduled().await;
    let gone = booking("BKNG-1", "canceled", 40, &json!({}));
    hear(&s, &event("booking.canceled", 40, &gone), 40).await;
    let moved = over(booking("BKNG-1", "rescheduled", 20, &json!({})), &acted("customer"));
    hear(&s, &event("booking.rescheduled", 20, &moved), 41).await;
    assert_eq!(only(&s).await, told(State::Canceled, ""));
}

#[tokio::test]
async fn a_conversation_is_started_closed_or_abandoned_and_may_go_on() {
    let talk = |kind: &str, status: &str, second: i64| {
        let data = json!({"object": "conversation", "id": "CVR-1", "status": status, "bot": "BOT-1",
            "creation_time": at(0).to_string(), "last_updated_time": at(second).to_string(),
            "contact": {"object": "contact", "id": "CTC-1", "email": "ana@x.test"}});
        event(kind, second, &data)
    };
    let s = scratch().await;
    hear(&s, &talk("conversation.started", "started", 0), 0).await;
    assert_eq!(only(&s).await.0, State::Started);
    let idle = SignedDuration::from_mins(10);
    assert_eq!(s.store.tick(at(0) + idle).await.unwrap(), 0, "ten minutes are not more than ten minutes");
    assert_eq!(s.store.tick(at(1) + idle).await.unwrap(), 1);
    assert_eq!(only(&s).await.0, State::Abandoned);
    hear(&s, &talk("conversation.started", "started", 700), 700).await;
    assert_eq!(only(&s).await.0, State::Started, "the visitor goes on");
    hear(&s, &talk("conversation.closed", "closed", 800), 800).await;
    assert_eq!(only(&s).await.0, State::Closed);
    assert_eq!(s.store.tick(at(9_000)).await.unwrap(), 0);
}
