//! What changes while it is on its way comes out right: moved, cancelled, edited, merged, deleted.

use rolodeck::store::{OutboxState, StoreError};
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

/// An edit, as the form of a contact makes it: the row of the contact waits, too.
async fn edit_email(rig: &Rig) {
    rig.sql("UPDATE contact SET email = 'robert@buyer.test'").await;
    rig.sql(
        "INSERT INTO outbox (entity, entity_id, contact_id, cause, state, next_at, created_at, updated_at) \
         SELECT 'contact', id, id, 'updated', 'pending', 0, 0, 0 FROM contact",
    )
    .await;
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

#[tokio::test]
async fn a_contact_that_is_deleted_while_it_is_sent_stays_deleted_and_nothing_changes_there() {
    for nth in [2, 3] {
        let rig = slow(nth).await;
        let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        during(&rig, async || rig.sql("DELETE FROM contact").await).await;
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
