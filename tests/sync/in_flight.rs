//! What changes while it is on its way comes out right: moved, cancelled, edited, merged, deleted.

use rolodeck::domain::edit::Edit;
use rolodeck::domain::merge::pair::Picks;
use rolodeck::domain::{Field, FieldValue};
use rolodeck::store::{Edited, OutboxState, Selection, StoreError};
use serde_json::{Value, json};

use super::doubt::settle;
use super::{Rig, cal, rig};

/// Something happens while the nth call is on its way.
async fn during(rig: &Rig, happen: impl AsyncFnOnce()) {
    let meanwhile = async {
        loop {
            let rows = rig.store.outbox(&[OutboxState::InFlight], 9).await.unwrap();
            if rows.iter().any(|row| row.intent.is_some()) {
                return happen().await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (report, ()) = tokio::join!(rig.sync(), meanwhile);
    assert_eq!(report.held, 0, "{report:?}");
}

/// The call that creates people, and the one that creates Events, take their time.
async fn slow(nth: u64) -> Rig {
    let rule = json!({"match": {"path": "/composite", "nth": nth}, "effect": {"delay_ms": 400}});
    rig(json!({}), json!({"rules": [rule]}), "").await
}

fn moved() -> Value {
    json!({"rescheduleUid": "u1", "startTime": "2031-03-06T12:00:00Z", "endTime": "2031-03-06T13:00:00Z"})
}

#[tokio::test]
async fn a_booking_that_moves_while_it_is_sent_is_where_it_was_moved_to() {
    for nth in [2, 3] {
        let rig = slow(nth).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        during(&rig, async || {
            rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved())).await;
        })
        .await;
        settle(&rig).await;
        assert_eq!(rig.records("Contact").len(), 1);
        assert_eq!(rig.only("Event")["StartDateTime"], "2031-03-06T12:00:00.000+0000", "call {nth}");
    }
}

#[tokio::test]
async fn a_booking_that_is_cancelled_while_it_is_sent_is_gone() {
    for nth in [2, 3] {
        let rig = slow(nth).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        during(&rig, async || {
            rig.calcom(cal("BOOKING_CANCELLED", "u1", 5, json!({"status": "CANCELLED"}))).await;
        })
        .await;
        settle(&rig).await;
        assert!(rig.records("Event").is_empty(), "call {nth}");
    }
}

#[tokio::test]
async fn a_contact_that_changes_while_it_is_sent_is_updated() {
    for nth in [2, 3] {
        let rig = slow(nth).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        during(&rig, async || {
            let named = json!({"attendees": [{"email": "bo@buyer.test", "name": "Robert Guest", "timeZone": "Europe/Oslo"}],
                "responses": {"name": {"label": "your_name", "value": "Robert Guest"},
                              "email": {"label": "email_address", "value": "bo@buyer.test"}}});
            rig.calcom(cal("BOOKING_CREATED", "u9", 5, named)).await;
        })
        .await;
        settle(&rig).await;
        assert_eq!(rig.only("Contact")["FirstName"], "Robert", "call {nth}");
        assert_eq!(rig.records("Event").len(), 2);
    }
}

/// An edit, as the form of a contact makes it.
async fn edit_email(rig: &Rig) {
    let robert = Edit::default().with(Field::Email, FieldValue::text("robert@buyer.test"));
    let edited = rig.store.edit(1, &robert, jiff::Timestamp::now()).await.unwrap();
    assert!(matches!(edited, Edited::Saved(_)));
}

#[tokio::test]
async fn an_email_that_changes_while_its_answer_is_lost_makes_nobody_new() {
    let rule = json!({"match": {"path": "/composite", "nth": 2}, "effect": "close_after_commit"});
    let rig = rig(json!({}), json!({"rules": [rule]}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    edit_email(&rig).await;
    // The contact's own row does not overtake the one whose answer was lost.
    assert_eq!(rig.sync().await.done, 0);
    settle(&rig).await;
    assert_eq!(rig.only("Contact")["Email"], "robert@buyer.test");
    assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
}

#[tokio::test]
async fn an_email_that_changes_while_it_is_sent_is_updated() {
    let rig = slow(2).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    during(&rig, async || edit_email(&rig).await).await;
    settle(&rig).await;
    assert_eq!(rig.only("Contact")["Email"], "robert@buyer.test");
    assert_eq!(rig.records("Event").len(), 1);
}

async fn delete(rig: &Rig, id: i64) {
    let deleted = rig.store.delete_contacts(Selection::Ids(&[id]), jiff::Timestamp::now()).await.unwrap();
    assert_eq!(deleted.changed, 1);
}

#[tokio::test]
async fn a_contact_that_is_deleted_while_it_is_sent_stays_deleted_and_nothing_changes_there() {
    for nth in [2, 3] {
        let rig = slow(nth).await;
        let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        during(&rig, async || delete(&rig, applied.contact_id.unwrap()).await).await;
        settle(&rig).await;
        assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 1), "call {nth}");
        let gone = rig.store.contact_detail(applied.contact_id.unwrap()).await;
        assert!(matches!(gone, Ok(None) | Err(StoreError::NotFound { .. })));
        // Who books again under that email is found there.
        let again = rig.calcom(cal("BOOKING_CREATED", "u2", 6, json!({}))).await;
        assert!(again.contact_created);
        settle(&rig).await;
        assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 2));
    }
}

/// A visitor without a name turns out, while they are being sent, to be somebody we know.
#[tokio::test]
async fn a_contact_that_is_merged_while_it_is_sent_leaves_its_meetings_with_the_other() {
    let rig = slow(2).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let nameless = json!({"attendees": [{"email": null, "name": "Visitor", "timeZone": "UTC"}], "responses": {}});
    rig.calcom(cal("BOOKING_CREATED", "u2", 0, nameless)).await;
    during(&rig, async || {
        rig.calcom(cal("BOOKING_RESCHEDULED", "u3", 5, json!({"rescheduleUid": "u2"}))).await;
    })
    .await;
    settle(&rig).await;
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 2));
    let person = rig.only("Contact")["Id"].clone();
    assert!(rig.records("Event").iter().all(|event| event["WhoId"] == person));
}

/// Two contacts are made one by hand while one of them, or both, are being created in Salesforce.
#[tokio::test]
async fn contacts_that_are_merged_by_hand_while_they_are_sent_make_nobody_new_again() {
    for (nth, swap) in [(2, false), (2, true), (3, false), (3, true)] {
        let rig = slow(nth).await;
        let other = json!({"attendees": [{"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "UTC"}],
            "responses": {"email": {"label": "email_address", "value": "cy@buyer.test"}}});
        let a = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
        let b = rig.calcom(cal("BOOKING_CREATED", "u2", 1, other)).await.contact_id.unwrap();
        during(&rig, async || {
            let prompt = rig.store.merge_prompt(a, b, Some(if swap { b } else { a })).await.unwrap();
            rig.store.merge(&prompt.confirm(Picks::new()), jiff::Timestamp::now()).await.unwrap();
        })
        .await;
        settle(&rig).await;
        // Both were on their way; the survivor is linked to one of them, and nobody is made a third time.
        let people = rig.records("Contact");
        assert_eq!((people.len(), rig.records("Event").len()), (2, 2), "call {nth} {swap}");
        let survivor = rig.store.contact_detail(if swap { b } else { a }).await.unwrap().unwrap();
        assert_eq!(survivor.activity_count, 2);
        let link = survivor.link.unwrap();
        assert!(people.iter().any(|person| person["Id"] == link.record_id.as_str()));
        assert!(survivor.outbox.is_empty(), "{:?}", survivor.outbox);
        let again = cal(
            "BOOKING_CREATED",
            "u3",
            9,
            json!({"attendees": [{"email": survivor.contact.values.text(Field::Email), "name": "Guest", "timeZone": "UTC"}], "responses": {}}),
        );
        rig.calcom(again).await;
        settle(&rig).await;
        assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (2, 3));
    }
}

/// Deleted before anything was sent: nobody and nothing is made there; taken back, everything is.
#[tokio::test]
async fn a_contact_that_is_deleted_before_it_is_sent_is_not_made_there_until_the_deletion_is_undone() {
    let rig = rig(json!({}), json!({}), "").await;
    let id = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
    delete(&rig, id).await;
    rig.sync().await;
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (0, 0));
    rig.store.undo_latest(jiff::Timestamp::now()).await.unwrap().unwrap();
    settle(&rig).await;
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 1));
}

/// What Salesforce has stays there when the contact goes, and a meeting that moves later still moves there.
#[tokio::test]
async fn a_deletion_changes_nothing_in_salesforce() {
    let rig = rig(json!({}), json!({}), "").await;
    let id = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await.contact_id.unwrap();
    settle(&rig).await;
    let before = (rig.records("Contact"), rig.records("Event"));
    delete(&rig, id).await;
    settle(&rig).await;
    assert_eq!((rig.records("Contact"), rig.records("Event")), before);
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved())).await;
    settle(&rig).await;
    assert_eq!(rig.only("Event")["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    assert_eq!(rig.records("Contact").len(), 1);
}
