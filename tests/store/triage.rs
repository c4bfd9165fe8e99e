//! Status, undo, read marks, the clock, settings and saved filters.

use rolodeck::domain::activity::State;
use rolodeck::domain::{Actor, Field, Status};

use super::{apply, at, booking, person, scratch};

#[tokio::test]
async fn a_status_is_set_pushed_and_taken_back() {
    let s = scratch().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let email = format!("p{n}@x.test");
        let applied =
            apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, n, person(&[(Field::Email, &email)]))).await;
        ids.push(applied.contact_id.unwrap());
    }
    let set = |ids: Vec<i64>, status, now| {
        let store = s.store.clone();
        async move { store.set_status(&ids, status, "rep@x.test", at(now)).await.unwrap() }
    };
    assert_eq!(set(vec![ids[0]], Some(Status::Disqualified), 10).await, 1);
    assert_eq!(set(ids.clone(), Some(Status::Qualified), 11).await, 3);
    assert_eq!(set(ids.clone(), Some(Status::Qualified), 12).await, 0);
    assert_eq!(s.store.status_counts().await.unwrap().qualified, 3);
    let detail = s.store.contact_detail(ids[0]).await.unwrap().unwrap();
    assert_eq!(detail.history[0].data, serde_json::json!({"from": "disqualified", "to": "qualified"}));
    assert_eq!(detail.history[0].actor, "rep@x.test");
    assert!(detail.outbox.iter().any(|row| row.cause == "status"));

    // Somebody else changed one of them since: the undo leaves that one alone.
    s.store.set_status(&[ids[2]], Some(Status::SalesQualified), "other@x.test", at(13)).await.unwrap();
    let rep = s.store.acting(Actor::administrator("rep@x.test"));
    let undone = rep.undo_latest(at(14)).await.unwrap().unwrap();
    assert_eq!((undone.label.as_str(), undone.changed, undone.left), ("Qualified of 3 contacts", 2, 1));
    let counts = s.store.status_counts().await.unwrap();
    assert_eq!((counts.disqualified, counts.none, counts.sales_qualified, counts.qualified), (1, 1, 1, 0));
    assert!(rep.undo_latest(at(15)).await.unwrap().is_some());
    assert_eq!(rep.undo_latest(at(16)).await.unwrap(), None);
    assert_eq!(s.store.status_counts().await.unwrap().disqualified, 0);
}

#[tokio::test]
async fn the_clock_completes_bookings_at_their_end() {
    let s = scratch().await;
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]))).await;
    assert_eq!(s.store.next_tick().await.unwrap(), Some(at(11_800)));
    assert_eq!(s.store.tick(at(11_799)).await.unwrap(), 0);
    assert_eq!(s.store.tick(at(11_800)).await.unwrap(), 1);
    assert_eq!(s.store.tick(at(11_801)).await.unwrap(), 0);
    let detail = s.store.activity_detail(applied.activity_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.activity.state, State::Completed);
    assert_eq!(detail.outbox.unwrap().cause, "completed");
    assert_eq!(s.store.next_tick().await.unwrap(), None);
    // A late "scheduled" does not open it again, a cancellation that is newer still counts.
    apply(&s.store, &booking("u1", State::Canceled, 12_000, person(&[(Field::Email, "ana@x.test")]))).await;
    let detail = s.store.activity_detail(applied.activity_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.activity.state, State::Canceled);
}

#[tokio::test]
async fn read_marks_settings_and_saved_filters_stay() {
    let s = scratch().await;
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]))).await;
    let id = applied.activity_id.unwrap();
    assert_eq!(s.store.mark_read(&[id], true).await.unwrap(), 1);
    assert_eq!(s.store.mark_read(&[id], true).await.unwrap(), 0);
    assert!(!s.store.activity_detail(id).await.unwrap().unwrap().activity.unread);

    assert_eq!(s.store.setting("tui.session").await.unwrap(), None);
    s.store.set_setting("tui.session", "{}").await.unwrap();
    s.store.set_setting("tui.session", "{1}").await.unwrap();
    assert_eq!(s.store.setting("tui.session").await.unwrap().as_deref(), Some("{1}"));

    let save = |user: &'static str, name: &'static str, query: &'static str| {
        let store = s.store.clone();
        async move { store.save_filter(user, name, "activities", query, at(1)).await.unwrap() }
    };
    let hot = save("rep@x.test", "Hot", "status:qualified").await;
    save("rep@x.test", "Today", "start:today").await;
    assert_eq!(save("rep@x.test", "hot", "status:sales_qualified").await, hot);
    save("other@x.test", "Hot", "x").await;
    let mine = s.store.saved_filters("rep@x.test").await.unwrap();
    assert_eq!(mine.iter().map(|f| f.query.as_str()).collect::<Vec<_>>(), ["status:sales_qualified", "start:today"]);
    s.store.delete_filter("rep@x.test", hot, at(2)).await.unwrap();
    assert_eq!(s.store.saved_filters("rep@x.test").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_source_tells_how_far_it_was_read_and_what_failed() {
    let s = scratch().await;
    assert_eq!(s.store.sources().await.unwrap(), []);
    s.store.source_failed("calcom", "the key was refused", at(1)).await.unwrap();
    let calcom = s.store.source("calcom").await.unwrap().unwrap();
    assert_eq!((calcom.error(), calcom.cursor.as_deref()), (Some("the key was refused"), None));
    // A page was read, not the end yet: the error stands.
    s.store.source_read("calcom", "page 1", false, at(2)).await.unwrap();
    assert!(s.store.source("calcom").await.unwrap().unwrap().error().is_some());
    s.store.source_read("calcom", "page 2", true, at(3)).await.unwrap();
    let calcom = s.store.source("calcom").await.unwrap().unwrap();
    assert_eq!((calcom.error(), calcom.cursor.as_deref()), (None, Some("page 2")));
    assert_eq!(calcom.last_success_at, Some(at(3)));
    s.store.source_forget("calcom").await.unwrap();
    assert_eq!(s.store.source("calcom").await.unwrap().unwrap().cursor, None);
}
