//! What bookings cost in API calls (product P8, S12): batches as large as Salesforce takes them.
//!
//! The figures for 10,000 come from `cargo bench --bench api_calls`, or from the ignored test here.

use rolodeck::domain::Source;
use rolodeck::ingest;
use rolodeck::store::IdentityRules;
use serde_json::json;

use super::{Rig, cal, rig};

const LEADS: &str = "[[sync.profile]]\nname = \"leads\"\nrecord = \"lead\"\n";
const LEADS_BY_PHONE: &str = "[[sync.profile]]\nname = \"leads\"\nrecord = \"lead\"\nmatch_phone = true\n";

/// What becomes of each of many bookings, one after the other.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    New,
    Known,
    Moved,
    Canceled,
}

impl Step {
    const ALL: [Self; 4] = [Self::New, Self::Known, Self::Moved, Self::Canceled];
}

/// Takes in one payload for each of `n` people.
async fn take(rig: &Rig, n: usize, step: Step) {
    let (trigger, first, minute) = match step {
        Step::New => ("BOOKING_CREATED", "first", 0),
        Step::Known => ("BOOKING_CREATED", "second", 1),
        Step::Moved => ("BOOKING_RESCHEDULED", "moved", 2),
        Step::Canceled => ("BOOKING_CANCELLED", "moved", 3),
    };
    let day = "2031-03-03T00:00:00Z".parse().unwrap();
    let mut interactions = Vec::new();
    for i in 0..n {
        let email = format!("guest{i}@buyer{}.test", i % 700);
        let mut change = json!({
            "title": format!("Demo {i}"),
            "attendees": [{"email": email, "name": format!("Guest Number {i}"), "timeZone": "Europe/Oslo",
                           "phoneNumber": format!("+1202555{i:04}")}],
            "responses": {"email": {"label": "email_address", "value": email}}
        });
        if step == Step::Moved {
            change["rescheduleUid"] = json!(format!("second-{i}"));
            change["startTime"] = json!("2031-03-06T09:30:00Z");
            change["endTime"] = json!("2031-03-06T10:30:00Z");
        }
        let payload = cal(trigger, &format!("{first}-{i}"), minute, change).to_string();
        let context = ingest::Context::default();
        interactions.extend(ingest::understand(Some(Source::CalCom), &payload, &context, day).unwrap().interactions);
    }
    for some in interactions.chunks(1_000) {
        rig.store.apply_all(some, IdentityRules::default(), rig.now()).await.unwrap();
    }
}

/// The calls that each step takes.
async fn calls(n: usize, config: &str) -> Vec<u64> {
    let rig = rig(json!({"settings": {"daily_limit": 10_000_000}}), json!({}), config).await;
    let mut calls = Vec::new();
    for step in Step::ALL {
        take(&rig, n, step).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.held, report.retry), (n, 0, 0), "{:?}", report.lines.last());
        calls.push(report.calls);
    }
    assert_eq!((rig.records("Lead").len(), rig.records("Event").len()), (n, n));
    calls
}

/// One booking: whom it concerns, the person, the Event. Later ones look at the person and write the Event.
#[tokio::test]
async fn one_booking_takes_three_calls_at_most() {
    assert_eq!(calls(1, LEADS).await, [3, 2, 1, 1]);
    assert_eq!(calls(1, LEADS_BY_PHONE).await, [3, 2, 1, 1]);
}

/// A call takes five searches of 2,000 emails, or 1,000 records.
#[tokio::test]
async fn two_thousand_bookings_take_five_calls() {
    assert_eq!(calls(2_000, LEADS).await, [5, 3, 2, 2]);
}

/// Nine forms of each phone, in two fields: 360 phones fill a statement.
#[tokio::test]
async fn phones_are_looked_for_in_as_few_searches_as_statements_allow() {
    assert_eq!(calls(2_000, LEADS_BY_PHONE).await, [6, 3, 2, 2]);
}

#[tokio::test]
#[ignore = "minutes without optimisation; the bench prints the same figures"]
async fn ten_thousand_bookings_take_twenty_four_calls_at_most() {
    for (what, config, most) in [("by email", LEADS, 24), ("by email and phone", LEADS_BY_PHONE, 28)] {
        let calls = calls(10_000, config).await;
        println!("10,000 bookings, {what}: {calls:?} calls (new, known, moved, cancelled)");
        assert!(calls[0] <= most, "{calls:?}");
    }
}
