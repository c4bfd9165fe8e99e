//! OnceHub reference 1.7 and 1.9: merging and deleting.

use proptest::prelude::*;
use rolodeck::domain::merge::pair::{Picks, Side};
use rolodeck::domain::{Field, FieldKey, FieldKind, FieldValue, Status};
use rolodeck::store::{ChangeError, Edited, Entity, MergePrompt, OutboxState, Selection};

use super::{Scratch, apply, at, booking, contact, edit, scratch};

async fn prompt(s: &Scratch, id: i64, fields: &[(Field, &str)]) -> MergePrompt {
    match s.store.edit(id, &edit(fields), at(50)).await.unwrap() {
        Edited::NeedsMerge(prompt) => *prompt,
        Edited::Saved(saved) => panic!("{saved:?}"),
    }
}

async fn link(s: &Scratch, entity: &str, id: i64, record: &str) {
    s.run(&format!("INSERT INTO link VALUES ('{entity}', {id}, 'Lead', '{record}', '{{}}', '{{}}', NULL, 0, 0)")).await;
}

/// Two people with a history each: an activity, page views, an import, a pair, a delivery.
async fn two(s: &Scratch) -> (i64, i64) {
    let a = apply(&s.store, &booking("u1", "a@x.test", 9_000, Some("google"))).await.contact_id.unwrap();
    let b = apply(&s.store, &booking("u2", "b@x.test", 9_000, None)).await.contact_id.unwrap();
    let c = contact(&s.store, &[(Field::Email, "c@x.test")]).await;
    s.store.edit(a, &edit(&[(Field::Company, "Acme"), (Field::City, "Oslo")]), at(2)).await.unwrap();
    s.store.edit(b, &edit(&[(Field::Company, "Beta"), (Field::JobTitle, "CTO")]), at(3)).await.unwrap();
    s.run(&format!("INSERT INTO page_view (contact_id, url, at) VALUES ({a}, 'a', 0), ({b}, 'b', 1)")).await;
    s.run("INSERT INTO import (name, file, actor, at) VALUES ('one', 'f', 'x', 0), ('two', 'f', 'x', 0)").await;
    s.run(&format!(
        "INSERT INTO import_contact (import_id, contact_id, created) VALUES (1, {a}, 1), (1, {b}, 1), (2, {b}, 0)"
    ))
    .await;
    s.run(&format!(
        "INSERT INTO possible_duplicate (a, b, reason, at) VALUES ({a}, {b}, 'near_email', 0), ({a}, {c}, 'near_email', 0), ({b}, {c}, 'same_phone', 0)"
    ))
    .await;
    (a, b)
}

#[tokio::test]
async fn a_merge_keeps_everything_of_both_under_the_one_that_held_the_identifier() {
    let s = scratch().await;
    let (a, b) = two(&s).await;
    link(&s, "contact", b, "00Qxx000000000bAAA").await;
    let before = s.picture().await;
    let prompt = prompt(&s, b, &[(Field::Email, "a@x.test"), (Field::Country, "Norway")]).await;
    let company = prompt.rows.iter().find(|row| row.field == "company").unwrap();
    assert_eq!((company.existing.as_deref(), company.incoming.as_deref()), (Some("Acme"), Some("Beta")));
    assert!(company.differs && company.default == Side::Incoming);

    let merged = s.store.merge(&prompt.confirm(Picks::new()), at(51)).await.unwrap();
    assert_eq!((merged.contact.id, merged.gone, merged.activities, merged.page_views), (a, b, 1, 1));
    let field = |field| merged.contact.values.text(field);
    // New replaces old, blank never clears, the edit that led here counts.
    assert_eq!(field(Field::Company), Some("Beta"));
    assert_eq!((field(Field::City), field(Field::JobTitle)), (Some("Oslo"), Some("CTO")));
    assert_eq!((field(Field::Email), field(Field::Country)), (Some("a@x.test"), Some("Norway")));
    assert!(s.store.contact_detail(b).await.unwrap().is_none());
    let detail = s.store.contact_detail(a).await.unwrap().unwrap();
    assert_eq!(detail.activity_count, 2);
    assert_eq!(detail.link.unwrap().record_id, "00Qxx000000000bAAA"); // the only link is the survivor's now
    let entry = detail.history.iter().find(|entry| entry.what == "merged").unwrap();
    assert_eq!(entry.data["replaced"][0]["value"], "Acme");
    assert!(detail.history.iter().filter(|entry| entry.what == "updated").count() == 2);
    assert_eq!(
        s.query("SELECT json_array(import_id, contact_id) FROM import_contact ORDER BY 1").await,
        [format!("[1,{a}]"), format!("[2,{a}]")]
    );
    assert_eq!(s.query("SELECT json_array(a, b) FROM possible_duplicate").await, [format!("[{a},3]")]);
    // B's booking to come is the survivor's, under the survivor's address.
    assert_eq!(s.query("SELECT DISTINCT person_email FROM activity").await, ["a@x.test"]);
    // Nothing of B waits any more, and what waits is A's.
    let rows = s.store.outbox(&[], 20).await.unwrap();
    assert!(
        rows.iter()
            .filter(|row| !matches!(row.state, OutboxState::Skipped))
            .all(|row| row.contact_id == Some(a) || row.entity_id == 3),
        "{rows:?}"
    );
    assert!(rows.iter().any(|row| row.entity == Entity::Contact && row.entity_id == a && row.cause == "merged"));

    let undone = s.store.undo_latest(at(52)).await.unwrap().unwrap();
    assert_eq!(undone.left, 0);
    assert_eq!(s.picture().await, before);
    let after = s.store.redo_latest(at(53)).await.unwrap().unwrap();
    assert_eq!(after.left, 0);
    assert_eq!(s.store.contact_detail(a).await.unwrap().unwrap().activity_count, 2);
    s.store.undo_latest(at(54)).await.unwrap().unwrap();
    assert_eq!(s.picture().await, before);
}

#[tokio::test]
async fn two_links_leave_the_other_record_as_a_candidate_and_picks_decide_field_by_field() {
    let s = scratch().await;
    let (a, b) = two(&s).await;
    link(&s, "contact", a, "00Qxx000000000aAAA").await;
    link(&s, "contact", b, "00Qxx000000000bAAA").await;
    s.store.set_status(&[b], Some(Status::Qualified), "rep", at(9)).await.unwrap();
    let prompt = s.store.merge_prompt(b, a, Some(a)).await.unwrap();
    let picks = Picks::from([
        ("company".into(), Side::Existing),
        ("email".into(), Side::Incoming),
        ("job_title".into(), Side::Existing),
    ]);
    let merged = s.store.merge(&prompt.confirm(picks), at(51)).await.unwrap();
    assert_eq!(merged.contact.values.text(Field::Company), Some("Acme"));
    assert_eq!(merged.contact.values.text(Field::Email), Some("b@x.test"));
    assert_eq!(merged.contact.values.text(Field::JobTitle), Some("CTO")); // the pick of a blank clears nothing
    assert_eq!(merged.contact.status, Some(Status::Qualified));
    assert_eq!(merged.left_in_salesforce, Some(("Lead".into(), "00Qxx000000000bAAA".into())));
    let link = s.store.contact_detail(a).await.unwrap().unwrap().link.unwrap();
    assert_eq!(link.record_id, "00Qxx000000000aAAA");
    assert_eq!(link.candidates, ["00Qxx000000000aAAA", "00Qxx000000000bAAA"]);
}

#[tokio::test]
async fn a_merge_of_what_changed_meanwhile_is_refused() {
    let s = scratch().await;
    let (a, b) = two(&s).await;
    let prompt = prompt(&s, b, &[(Field::Email, "a@x.test")]).await;
    s.store.edit(a, &edit(&[(Field::City, "Bergen")]), at(60)).await.unwrap();
    let before = s.picture().await;
    assert!(matches!(s.store.merge(&prompt.confirm(Picks::new()), at(61)).await, Err(ChangeError::ChangedMeanwhile)));
    assert!(matches!(s.store.merge_prompt(a, a, None).await, Err(ChangeError::Same)));
    assert_eq!(s.picture().await, before);
}

/// What of the other may be on its way to Salesforce is seen to its end, and the survivor waits for it.
#[tokio::test]
async fn a_row_that_may_have_been_sent_is_not_left_out() {
    for state in ["in_flight", "in_doubt"] {
        let s = scratch().await;
        let (a, b) = two(&s).await;
        s.run(&format!("UPDATE outbox SET state = '{state}', intent = '{{}}', next_at = 99999999999999 WHERE entity = 'contact' AND entity_id = {b}")).await;
        let prompt = s.store.merge_prompt(a, b, Some(a)).await.unwrap();
        s.store.merge(&prompt.confirm(Picks::new()), at(51)).await.unwrap();
        let rows = s.store.outbox(&[], 20).await.unwrap();
        let row = rows.iter().find(|row| row.entity == Entity::Contact && row.entity_id == b).unwrap();
        assert_eq!((row.state.key(), row.contact_id), (state, Some(a)));
    }
}

/// OnceHub reference 1.9.
#[tokio::test]
async fn a_deleted_contact_leaves_its_activities_and_salesforce_alone() {
    let s = scratch().await;
    let (a, b) = two(&s).await;
    let booked = s.store.contact_detail(a).await.unwrap().unwrap().activities[0].id;
    link(&s, "contact", a, "00Qxx000000000aAAA").await;
    link(&s, "activity", booked, "00Uxx000000000aAAA").await;
    let before = s.picture().await;
    let bulk = s.store.delete_contacts(Selection::Ids(&[a, b, 999]), at(60)).await.unwrap();
    assert_eq!((bulk.changed, bulk.left), (2, 1));
    assert!(s.store.contact_detail(a).await.unwrap().is_none());
    let detail = s.store.activity_detail(booked).await.unwrap().unwrap();
    assert!(detail.contact.is_none() && detail.activity.contact_id.is_none());
    assert_eq!(detail.activity.state.key(), "scheduled");
    // Whatever would make a person there is left out; the meeting that Salesforce has goes on being kept in step.
    let open: Vec<_> = s.store.outbox(&[OutboxState::Pending], 20).await.unwrap();
    let open: Vec<_> =
        open.iter().filter(|row| row.contact_id != Some(3)).map(|row| (row.entity, row.entity_id)).collect();
    assert_eq!(open, [(Entity::Activity, booked)]);
    // A later activity under that email is a new contact.
    let undone = {
        let later = apply(&s.store, &booking("u3", "b@x.test", 9_500, None)).await;
        assert!(later.contact_created && later.contact_id != Some(b));
        // The undo cannot give the email to two: it is refused whole.
        let refused = s.store.undo_latest(at(61)).await;
        assert!(matches!(&refused, Err(ChangeError::TakenSince { value, .. }) if value == "b@x.test"), "{refused:?}");
        assert!(s.store.contact_detail(a).await.unwrap().is_none());
        s.store.edit(later.contact_id.unwrap(), &edit(&[(Field::Email, "other@x.test")]), at(62)).await.unwrap();
        s.store.undo(bulk.undo.unwrap(), at(63)).await.unwrap()
    };
    assert_eq!(undone.left, 0);
    let picture = s.picture().await;
    assert!(before.iter().filter(|line| !line.contains("u3")).all(|line| picture.contains(line)));
    let rows = s.store.outbox(&[OutboxState::Pending], 20).await.unwrap();
    assert!(rows.iter().any(|row| row.entity == Entity::Contact && row.entity_id == b));
}

#[tokio::test]
async fn five_hundred_at_once_and_not_one_more() {
    let s = scratch().await;
    let ids: Vec<i64> = (1..=501).collect();
    let refused = s.store.delete_contacts(Selection::Ids(&ids), at(1)).await;
    assert!(matches!(refused, Err(ChangeError::TooMany { n: 501, limit: 500 })));
}

/// OnceHub reference 1.7, row by row, for a system field and custom fields of the types that have a say in it.
#[tokio::test]
async fn the_merge_table_holds() {
    let s = scratch().await;
    for (name, kind, options) in [
        ("note", FieldKind::TextShort, vec![]),
        ("score", FieldKind::Number, vec![]),
        ("agreed", FieldKind::Checkbox, vec![]),
        ("tags", FieldKind::MultiPicklist, vec!["a".to_owned(), "b".to_owned()]),
    ] {
        s.store.add_field(name, None, kind, &options, at(0)).await.unwrap();
    }
    let city = FieldKey::from(Field::City);
    let custom = |name: &str| FieldKey::Custom(name.to_owned());
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let list = |items: &[&str]| Some(FieldValue::List(items.iter().map(|&item| item.to_owned()).collect()));
    let (zero, seven, no, yes) = (
        Some(FieldValue::Integer(0)),
        Some(FieldValue::Integer(7)),
        Some(FieldValue::Bool(false)),
        Some(FieldValue::Bool(true)),
    );
    // Field, existing, incoming, result.
    let table = [
        (city.clone(), None, text("Oslo"), text("Oslo")),
        (city.clone(), text("Oslo"), text("Oslo"), text("Oslo")),
        (city.clone(), text("Oslo"), text("Moss"), text("Moss")),
        (city.clone(), text("Oslo"), None, text("Oslo")),
        (city, None, None, None),
        (custom("note"), None, text("x"), text("x")),
        (custom("note"), text("x"), text("y"), text("y")),
        (custom("note"), text("x"), None, text("x")),
        // 0, false and an empty list are values.
        (custom("score"), seven.clone(), zero.clone(), zero),
        (custom("score"), seven.clone(), None, seven),
        (custom("agreed"), yes.clone(), no.clone(), no),
        (custom("agreed"), yes.clone(), None, yes),
        // Several choices are replaced, not united.
        (custom("tags"), list(&["a"]), list(&["b"]), list(&["b"])),
        (custom("tags"), list(&["a"]), None, list(&["a"])),
    ];
    for (n, (field, existing, incoming, result)) in table.into_iter().enumerate() {
        let with = |side: &str, value| edit(&[(Field::Email, &format!("{side}{n}@x.test"))]).with(field.clone(), value);
        let first = s.store.add_contact(&with("a", existing.clone()), "manual", false, at(1)).await.unwrap().contact.id;
        let second =
            s.store.add_contact(&with("b", incoming.clone()), "manual", false, at(2)).await.unwrap().contact.id;
        // The second is edited and gets the identifier of the first, which survives.
        let prompt = prompt(&s, second, &[(Field::Email, &format!("a{n}@x.test"))]).await;
        let merged = s.store.merge(&prompt.confirm(Picks::new()), at(51)).await.unwrap();
        assert_eq!((merged.contact.id, merged.gone), (first, second), "the one that held the identifier survives");
        let case = format!("{field}: {existing:?} and {incoming:?}");
        assert_eq!(merged.contact.values.get(field), result.as_ref(), "{case}");
        assert_eq!(merged.contact.created_at, at(1), "{case}: the earlier of the two");
    }
}

/// OnceHub reference 1.7: what is no field. Status as a field, the survivor's owner, the later interaction.
#[tokio::test]
async fn status_owner_and_times_of_a_merge() {
    let good = Some(Status::Qualified);
    let bad = Some(Status::Disqualified);
    for (existing, incoming, result) in
        [(None, good, good), (good, good, good), (good, bad, bad), (good, None, good), (None, None, None)]
    {
        for (owner, other, stays) in [
            (Some("ann"), Some("bob"), Some("ann")),
            (None, Some("bob"), Some("bob")),
            (Some("ann"), None, Some("ann")),
        ] {
            let s = scratch().await;
            let a = apply(&s.store, &booking("u1", "a@x.test", 9_000, None)).await.contact_id.unwrap();
            let mut later = booking("u2", "b@x.test", 9_000, None);
            later.at = at(20);
            let b = apply(&s.store, &later).await.contact_id.unwrap();
            for (id, status, owner) in [(a, existing, owner), (b, incoming, other)] {
                s.store.set_status(&[id], status, "rep", at(30)).await.unwrap();
                if let Some(owner) = owner {
                    let owner = rolodeck::domain::Email::parse(&format!("{owner}@sell.test")).unwrap();
                    s.store.add_user(&owner, None).await.unwrap();
                    s.store.assign(Selection::Ids(&[id]), Some(&owner), &mut |_| true, at(31)).await.unwrap();
                }
            }
            let prompt = prompt(&s, b, &[(Field::Email, "a@x.test")]).await;
            let merged = s.store.merge(&prompt.confirm(Picks::new()), at(51)).await.unwrap().contact;
            assert_eq!(merged.status, result, "{existing:?} {incoming:?}");
            let kept = merged.owner.and_then(|owner| owner.email).map(|email| email.to_string());
            assert_eq!(kept, stays.map(|name| format!("{name}@sell.test")), "{owner:?} {other:?}");
            assert_eq!(merged.interacted_at, Some(at(20)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// However contacts are merged one into the other, every activity and page view is there and is the survivor's.
    #[test]
    fn no_activity_and_no_page_view_is_lost(
        of in proptest::collection::vec(0..4_usize, 1..10), merges in proptest::collection::vec((0..4_usize, 0..4_usize), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let s = scratch().await;
            let mut people = Vec::new();
            for n in 0..4 {
                people.push(contact(&s.store, &[(Field::Email, &format!("p{n}@x.test"))]).await);
            }
            for (n, who) in of.iter().enumerate() {
                apply(&s.store, &booking(&format!("u{n}"), &format!("p{who}@x.test"), 9_000, None)).await;
                s.run(&format!("INSERT INTO page_view (contact_id, url, at) VALUES ({}, 'u', {n})", people[*who])).await;
            }
            // Whose each of the four is by now.
            let mut now = people.clone();
            for (a, b) in merges {
                if now[a] == now[b] {
                    continue;
                }
                let prompt = s.store.merge_prompt(now[a], now[b], None).await.unwrap();
                let merged = s.store.merge(&prompt.confirm(Picks::new()), at(60)).await.unwrap();
                now.iter_mut().filter(|id| **id == merged.gone).for_each(|id| *id = merged.contact.id);
            }
            for (place, id) in now.iter().enumerate() {
                let wanted = of.iter().filter(|who| now[**who] == *id).count();
                let detail = s.store.contact_detail(*id).await.unwrap().unwrap();
                assert_eq!(detail.activity_count, wanted as i64, "{place}");
                let views = format!("SELECT CAST(count(*) AS TEXT) FROM page_view WHERE contact_id = {id}");
                assert_eq!(s.query(&views).await, [wanted.to_string()], "{place}");
            }
            assert_eq!(s.query("SELECT CAST(count(*) AS TEXT) FROM activity").await, [of.len().to_string()]);
        });
    }
}
