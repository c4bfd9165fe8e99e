//! The outbox: coalescing, claiming, settling, recovery, and the lease.

use jiff::SignedDuration;
use rolodeck::domain::Field;
use rolodeck::domain::activity::State;
use rolodeck::store::{Entity, Fault, Holder, LinkWrite, OutboxState, Outcome, Settled, SyncMark};
use serde_json::json;

use super::{apply, at, booking, hold, person, scratch};

fn settled(id: i64, version: i64, outcome: Outcome) -> Settled {
    Settled { id, version, outcome, note: vec!["done".into()], links: Vec::new() }
}

#[tokio::test]
async fn changes_coalesce_and_one_that_comes_in_flight_is_sent_again() {
    let s = scratch().await;
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await;
    apply(&s.store, &booking("u1", State::Canceled, 1, ana())).await;
    hold(&s.store, "w1", at(2)).await;
    let claimed = s.store.outbox_claim("w1", 10, at(2)).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].version, claimed[0].cause.as_str()), (1, 2, "canceled"));
    assert!(s.store.outbox_claim("w2", 10, at(2)).await.unwrap().is_empty());

    let mut again = booking("u1", State::Scheduled, 3, ana());
    again.activity.as_mut().unwrap().subject = Some("Another".into());
    apply(&s.store, &again).await;
    s.store.outbox_settle("w1", &[settled(claimed[0].id, 2, Outcome::Done)], at(4)).await.unwrap();
    let row = s.store.outbox_row(claimed[0].id).await.unwrap();
    assert_eq!((row.state, row.version, row.done_at), (OutboxState::Pending, 3, None));

    let claimed = s.store.outbox_claim("w1", 10, at(5)).await.unwrap();
    s.store.outbox_settle("w1", &[settled(row.id, claimed[0].version, Outcome::Done)], at(6)).await.unwrap();
    assert_eq!(s.store.outbox_row(row.id).await.unwrap().state, OutboxState::Done);
    assert_eq!(s.store.outbox_counts().await.unwrap().done, 1);
}

#[tokio::test]
async fn a_dead_worker_leaves_doubt_only_where_something_was_created() {
    let s = scratch().await;
    for n in 0..2 {
        let email = format!("p{n}@x.test");
        apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, n, person(&[(Field::Email, &email)]))).await;
    }
    hold(&s.store, "dead", at(5)).await;
    let claimed = s.store.outbox_claim("dead", 10, at(5)).await.unwrap();
    let intent = [(claimed[0].id, json!({"event": {}}))];
    assert!(s.store.outbox_intend("dead", &intent, &[], at(5)).await.unwrap());
    // Who has no lease takes nothing over.
    assert_eq!(s.store.outbox_recover("alive", at(6), at(16)).await.unwrap(), 0);
    hold(&s.store, "alive", at(6)).await;
    assert_eq!(s.store.outbox_recover("alive", at(6), at(16)).await.unwrap(), 2);
    assert_eq!(s.store.outbox_row(claimed[0].id).await.unwrap().state, OutboxState::InDoubt);
    assert_eq!(s.store.outbox_row(claimed[1].id).await.unwrap().state, OutboxState::Pending);

    // What the dead one still says is not heard, and it may send nothing.
    assert!(!s.store.outbox_intend("dead", &[(claimed[1].id, json!({}))], &[], at(7)).await.unwrap());
    assert_eq!(s.store.outbox_row(claimed[1].id).await.unwrap().intent, None);
    s.store.outbox_settle("dead", &[settled(claimed[0].id, 1, Outcome::Done)], at(7)).await.unwrap();
    assert_eq!(s.store.outbox_row(claimed[0].id).await.unwrap().state, OutboxState::InDoubt);
    // What is in doubt is left alone until Salesforce must have carried it out.
    let again = s.store.outbox_claim("alive", 10, at(8)).await.unwrap();
    assert_eq!(again.iter().map(|row| row.id).collect::<Vec<_>>(), [claimed[1].id]);
    let again = s.store.outbox_claim("alive", 10, at(16)).await.unwrap();
    assert_eq!(again[0].intent, Some(json!({"event": {}})));
}

#[tokio::test]
async fn held_rows_wait_for_a_person_or_a_change() {
    let s = scratch().await;
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await;
    let fault =
        Fault { code: "STRING_TOO_LONG".into(), message: "too long".into(), class: "park".into(), ..Fault::default() };
    hold(&s.store, "w", at(500)).await;
    let hold = || async {
        let row = s.store.outbox_claim("w", 10, at(500)).await.unwrap().remove(0);
        s.store
            .outbox_settle("w", &[settled(row.id, row.version, Outcome::Held(fault.clone()))], at(500))
            .await
            .unwrap();
        row.id
    };
    let id = hold().await;
    assert!(s.store.outbox_claim("w", 10, at(1_000_000)).await.unwrap().is_empty());
    assert_eq!(s.store.outbox_errors().await.unwrap(), [("STRING_TOO_LONG".to_owned(), 1)]);
    let detail = s.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.outbox[0].code.as_deref(), Some("STRING_TOO_LONG"));
    assert_eq!(detail.activities[0].sync, SyncMark::Held);

    assert_eq!(s.store.outbox_retry(&[id], at(101)).await.unwrap(), [id]);
    assert_eq!(hold().await, id);
    apply(&s.store, &booking("u1", State::Canceled, 200, ana())).await;
    assert_eq!(s.store.outbox_row(id).await.unwrap().state, OutboxState::Pending);
    assert_eq!(hold().await, id);
    assert_eq!(s.store.outbox_skip(&[id], at(300)).await.unwrap(), [id]);
    assert_eq!(s.store.outbox_row(id).await.unwrap().state, OutboxState::Skipped);
    apply(&s.store, &booking("u1", State::Scheduled, 400, ana())).await;
    assert_eq!(s.store.outbox(&[OutboxState::Pending], 9).await.unwrap().len(), 1);
}

/// Who leaves the wrong item out takes it back; what has come since is not sent twice.
#[tokio::test]
async fn what_was_left_out_is_taken_back_unless_something_newer_stands_for_it() {
    let s = scratch().await;
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await;
    let id = s.store.outbox(&[OutboxState::Pending], 9).await.unwrap()[0].id;
    assert_eq!(s.store.outbox_retry(&[id], at(1)).await.unwrap(), [0_i64; 0], "it waits already");
    assert_eq!(s.store.outbox_skip(&[id, 99], at(2)).await.unwrap(), [id]);
    assert_eq!(s.store.outbox_retry(&[id], at(3)).await.unwrap(), [id]);
    let row = s.store.outbox_row(id).await.unwrap();
    assert_eq!((row.state, row.next_at, row.done_at), (OutboxState::Pending, at(3), None));
    assert_eq!(s.store.outbox_counts().await.unwrap().skipped, 0);

    // What may have been created is looked for first, and not before Salesforce must have carried it out.
    hold(&s.store, "w", at(4)).await;
    s.store.outbox_claim("w", 9, at(4)).await.unwrap();
    assert!(s.store.outbox_intend("w", &[(id, json!({"event": {}}))], &[], at(4)).await.unwrap());
    s.store.outbox_recover("w", at(5), at(15)).await.unwrap();
    assert_eq!(s.store.outbox_skip(&[id], at(6)).await.unwrap(), [id]);
    assert_eq!(s.store.outbox_retry(&[id], at(7)).await.unwrap(), [id]);
    let row = s.store.outbox_row(id).await.unwrap();
    assert_eq!((row.state, row.next_at), (OutboxState::InDoubt, at(16)));

    // A later change has a row of its own: the one that was left out stays so.
    assert_eq!(s.store.outbox_skip(&[id], at(20)).await.unwrap(), [id]);
    apply(&s.store, &booking("u1", State::Canceled, 30, ana())).await;
    let newer = s.store.outbox(&[OutboxState::Pending], 9).await.unwrap()[0].id;
    assert!(s.store.outbox_retry(&[id], at(31)).await.unwrap().is_empty());
    let row = s.store.outbox_row(id).await.unwrap();
    assert_eq!((row.state, s.store.outbox_newer(&row).await.unwrap()), (OutboxState::Skipped, Some(newer)));
    assert_eq!(s.store.outbox_newer(&s.store.outbox_row(newer).await.unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn links_are_kept_with_what_was_sent() {
    let s = scratch().await;
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]))).await;
    hold(&s.store, "w", at(1)).await;
    let row = s.store.outbox_claim("w", 10, at(1)).await.unwrap().remove(0);
    let link = |entity, id, object: &str, record: &str| LinkWrite::Set {
        entity,
        id,
        object: object.into(),
        record_id: record.into(),
        sent: json!({"Subject": "Intro call"}),
        seen: json!({}),
        candidates: vec![],
    };
    let (contact, activity) = (applied.contact_id.unwrap(), applied.activity_id.unwrap());
    let settled = Settled {
        links: vec![
            link(Entity::Contact, contact, "Lead", "00Q000000000001AAA"),
            link(Entity::Activity, activity, "Event", "00U000000000001AAA"),
        ],
        ..settled(row.id, row.version, Outcome::Done)
    };
    s.store.outbox_settle("w", &[settled], at(2)).await.unwrap();
    let facts = s.store.sync_facts(&[contact], &[activity]).await.unwrap();
    assert_eq!(facts.contact_links[&contact].object, "Lead");
    assert_eq!(facts.activity_links[&activity].sent, json!({"Subject": "Intro call"}));
    let events = s.store.linked_events(&["00U000000000001AAA", "00U000000000002AAA"]).await.unwrap();
    assert_eq!(events.into_iter().collect::<Vec<_>>(), [("00U000000000001AAA".to_owned(), activity)]);
    let detail = s.store.contact_detail(contact).await.unwrap().unwrap();
    assert_eq!(detail.activities[0].sync, SyncMark::Done);
    assert_eq!(detail.history[0].what, "synced");
}

#[tokio::test]
async fn one_holder_at_a_time_and_another_after_its_term() {
    let s = scratch().await;
    let holder = |owner: &str| Holder { owner: owner.into(), host: "here".into(), pid: 1 };
    let term = SignedDuration::from_secs(12);
    let take = |owner: &'static str, now| {
        let store = s.store.clone();
        async move { store.lease_take("sync", &holder(owner), term, at(now)).await.unwrap() }
    };
    assert!(take("a", 0).await);
    assert!(!take("b", 5).await);
    assert!(take("a", 10).await);
    assert!(!take("b", 21).await);
    assert!(take("b", 22).await);
    assert!(!take("a", 23).await);
    assert_eq!(s.store.lease("sync").await.unwrap().unwrap().owner, "b");
    s.store.lease_release("sync", "b").await.unwrap();
    assert!(take("a", 24).await);
    // The clock is put back by an hour: a dead holder's term is not waited for that long.
    assert!(take("b", 24 - 3600).await);
    assert!(!take("a", 25 - 3600).await);
}

#[tokio::test]
async fn rows_of_one_contact_keep_their_order() {
    let fault = || Fault { code: "X".into(), class: "transient".into(), ..Fault::default() };
    // How the first of two rows of a contact ended, and whether the second may go before it is due again.
    for (outcome, may_go) in [
        (Outcome::Done, true),
        (Outcome::Held(fault()), true),
        (Outcome::Retry(at(100), fault()), false),
        (Outcome::InDoubt(at(100), fault()), false),
    ] {
        let s = scratch().await;
        let ana = || person(&[(Field::Email, "ana@x.test")]);
        apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await;
        hold(&s.store, "w", at(1)).await;
        let first = s.store.outbox_claim("w", 10, at(1)).await.unwrap().remove(0);
        apply(&s.store, &booking("u2", State::Scheduled, 2, ana())).await;
        apply(&s.store, &booking("u3", State::Scheduled, 2, person(&[(Field::Email, "bo@x.test")]))).await;
        let claimed = |now| {
            let store = s.store.clone();
            async move { store.outbox_claim("w", 10, at(now)).await.unwrap().len() }
        };
        // Somebody else's row goes while the first is on its way.
        assert_eq!(claimed(3).await, 1);
        s.store.outbox_settle("w", &[settled(first.id, first.version, outcome.clone())], at(4)).await.unwrap();
        assert_eq!(claimed(5).await, usize::from(may_go), "{outcome:?}");
        assert_eq!(claimed(100).await, if may_go { 0 } else { 2 }, "{outcome:?}");
    }
}

#[tokio::test]
async fn no_row_overtakes_what_is_in_doubt_whichever_is_older() {
    let s = scratch().await;
    let ana = |phone: &str| person(&[(Field::Email, "ana@x.test"), (Field::MobilePhone, phone)]);
    apply(&s.store, &booking("u1", State::Scheduled, 0, ana("+4790000001"))).await;
    hold(&s.store, "w", at(1)).await;
    let u1 = s.store.outbox_claim("w", 10, at(1)).await.unwrap().remove(0);
    s.store.outbox_settle("w", &[settled(u1.id, u1.version, Outcome::Done)], at(1)).await.unwrap();
    // The contact's own row is older than the second booking's, which is in doubt.
    apply(&s.store, &booking("u1", State::Scheduled, 2, ana("+4790000002"))).await;
    apply(&s.store, &booking("u2", State::Scheduled, 3, ana("+4790000002"))).await;
    let claimed = s.store.outbox_claim("w", 10, at(4)).await.unwrap();
    let (own, booked) = (&claimed[0], claimed.last().unwrap());
    assert_eq!((own.entity, booked.entity), (Entity::Contact, Entity::Activity));
    let doubt = Outcome::InDoubt(at(50), Fault::default());
    let back = Outcome::Retry(at(5), Fault::default());
    let rows = [settled(own.id, own.version, back), settled(booked.id, booked.version, doubt)];
    s.store.outbox_settle("w", &rows, at(5)).await.unwrap();
    assert!(s.store.outbox_claim("w", 10, at(6)).await.unwrap().is_empty());
    assert_eq!(s.store.outbox_next_due(at(6)).await.unwrap(), Some(at(50)));
    assert_eq!(s.store.outbox_claim("w", 10, at(50)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_deleted_contact_gets_no_link_and_its_row_ends() {
    let s = scratch().await;
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]))).await;
    hold(&s.store, "w", at(1)).await;
    let row = s.store.outbox_claim("w", 10, at(1)).await.unwrap().remove(0);
    let path = s.folder.path().join("rolodeck.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("DELETE FROM contact").execute(&pool).await.unwrap();
    let (contact, activity) = (applied.contact_id.unwrap(), applied.activity_id.unwrap());
    let link = |entity, id| LinkWrite::Set {
        entity,
        id,
        object: "Lead".into(),
        record_id: "00Q000000000001AAA".into(),
        sent: json!({}),
        seen: json!({}),
        candidates: vec![],
    };
    let links = vec![link(Entity::Contact, contact), link(Entity::Activity, activity)];
    s.store
        .outbox_settle("w", &[Settled { links, ..settled(row.id, row.version, Outcome::Done) }], at(2))
        .await
        .unwrap();
    assert_eq!(s.store.outbox_row(row.id).await.unwrap().state, OutboxState::Done);
    let facts = s.store.sync_facts(&[contact], &[activity]).await.unwrap();
    assert!(facts.contact_links.is_empty());
    assert_eq!(facts.activity_links.len(), 1);
}
