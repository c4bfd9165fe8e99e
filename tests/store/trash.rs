//! Read marks and the trash, on many activities at once, and back.

use jiff::SignedDuration;
use rolodeck::domain::Field;
use rolodeck::domain::access::{Actor, Role};
use rolodeck::domain::activity::State;
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{Activities, Mark, TRASH_KEPT};

use super::{Scratch, apply, at, booking, person, scratch};

async fn some(s: &Scratch) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..5 {
        let email = format!("p{n}@x.test");
        let interaction = booking(&format!("u{n}"), State::Scheduled, n, person(&[(Field::Email, &email)]));
        ids.push(apply(&s.store, &interaction).await.activity_id.unwrap());
    }
    ids
}

fn filter(query: &str) -> Filter {
    Filter::parse(query, &Context::new(List::Activities, at(100))).unwrap()
}

async fn count(s: &Scratch, query: &str) -> i64 {
    s.store.activity_total(&filter(query), 100).await.unwrap().n
}

async fn undo(s: &Scratch, name: &str, now: i64) -> String {
    s.store.acting(Actor::administrator(name)).undo_latest(at(now)).await.unwrap().unwrap().label
}

#[tokio::test]
async fn all_of_a_filter_is_marked_and_taken_back_as_one() {
    let s = scratch().await;
    some(&s).await;
    let unread = filter("unread -p3");
    let marked = s
        .store
        .mark(Activities::Filter(&unread), Mark::Read(true), "rep@x.test", &mut |_| true, at(100))
        .await
        .unwrap();
    assert_eq!((marked.changed, marked.left), (4, 0));
    assert_eq!(count(&s, "unread").await, 1);
    let listed = &s.store.undo_entries(10).await.unwrap()[0];
    assert_eq!((listed.label.as_str(), listed.actor.as_str()), ("4 activities marked as read", "rep@x.test"));
    assert_eq!(undo(&s, "rep@x.test", 101).await, "4 activities marked as read");
    assert_eq!(count(&s, "unread").await, 5);
    // Made again by a redo, and one of them marked back by hand.
    let store = s.store.acting(Actor::administrator("rep@x.test"));
    store.redo_latest(at(102)).await.unwrap().unwrap();
    assert_eq!(count(&s, "unread").await, 1);
    let one = [s.store.activity_ids(&filter("-unread")).await.unwrap()[0]];
    let marked =
        s.store.mark(Activities::Ids(&one), Mark::Read(false), "rep@x.test", &mut |_| true, at(103)).await.unwrap();
    assert_eq!((marked.changed, count(&s, "unread").await), (1, 2));
    assert_eq!(undo(&s, "rep@x.test", 104).await, "1 activity marked as unread");
    assert_eq!(count(&s, "unread").await, 1);
}

#[tokio::test]
async fn what_is_stopped_on_the_way_stays_done_and_is_one_undo() {
    let s = scratch().await;
    let ids = some(&s).await;
    // More than one chunk: the numbers that nothing has count as rows, too.
    let many: Vec<i64> = ids.iter().copied().chain(1_000_000..1_004_000).collect();
    let mut seen = Vec::new();
    let mut stop = |progress: rolodeck::store::BulkProgress| {
        seen.push((progress.done, progress.of));
        false
    };
    let marked =
        s.store.mark(Activities::Ids(&many), Mark::Read(true), "rep@x.test", &mut stop, at(100)).await.unwrap();
    assert_eq!((seen, marked.changed), (vec![(2_000, 4_005)], 5));
    assert_eq!(undo(&s, "rep@x.test", 101).await, "5 activities marked as read");
    assert_eq!(count(&s, "unread").await, 5);
}

#[tokio::test]
async fn the_trash_hides_restores_and_is_purged_by_the_clock() {
    let s = scratch().await;
    let ids = some(&s).await;
    let mark = |which: Vec<i64>, mark, now| {
        let store = s.store.clone();
        async move { store.mark(Activities::Ids(&which), mark, "admin@x.test", &mut |_| true, at(now)).await.unwrap() }
    };
    assert_eq!(mark(ids[..3].to_vec(), Mark::Trash(true), 100).await.changed, 3);
    assert_eq!(mark(ids[..4].to_vec(), Mark::Trash(true), 200).await.changed, 1, "what is in it stays as it is");
    assert_eq!((count(&s, "").await, count(&s, "trash").await), (1, 4));
    assert_eq!(mark(vec![ids[0]], Mark::Trash(false), 300).await.changed, 1);
    assert_eq!(undo(&s, "admin@x.test", 301).await, "1 activity restored from the trash");
    assert_eq!(count(&s, "trash").await, 4);
    // Meetings and Salesforce are not touched.
    assert_eq!(s.store.outbox(&[], 10).await.unwrap().len(), 5);

    let day = SignedDuration::from_hours(24);
    assert_eq!(s.store.purge_trash(false, at(100) + TRASH_KEPT - day).await.unwrap(), 0);
    let due = s.store.next_tick().await.unwrap().unwrap();
    assert!(due <= at(100) + TRASH_KEPT);
    let mut changed = 0;
    // The meetings' ends are long past by then.
    loop {
        match s.store.tick(at(100) + TRASH_KEPT).await.unwrap() {
            0 => break,
            n => changed += n,
        }
    }
    assert!(changed >= 3);
    assert_eq!((count(&s, "trash").await, count(&s, "").await), (1, 1));
    assert!(s.store.activity_detail(ids[0]).await.unwrap().is_none());
    assert_eq!(s.store.purge_trash(true, at(100) + TRASH_KEPT).await.unwrap(), 1);
    // A later word of the source makes the activity anew.
    let again = booking("u0", State::Canceled, 400, person(&[(Field::Email, "p0@x.test")]));
    assert!(apply(&s.store, &again).await.activity_created);
}

#[tokio::test]
async fn the_trash_is_for_administrators() {
    let s = scratch().await;
    let ids = some(&s).await;
    let member = s.store.acting(Actor { role: Role::Member, ..Actor::administrator("rep@x.test") });
    let refused = member.mark(Activities::Ids(&ids), Mark::Trash(true), "rep@x.test", &mut |_| true, at(100)).await;
    assert!(refused.is_err());
    assert!(member.purge_trash(true, at(100)).await.is_err());
    assert_eq!(count(&s, "trash").await, 0);
}
