//! One log: undo brings back exactly what was, redo makes it again.

use proptest::prelude::*;
use rolodeck::domain::merge::pair::Picks;
use rolodeck::domain::{Email, Field, FieldKind, Status};
use rolodeck::filter::{Context, Filter, List};
use rolodeck::ingest::import;
use rolodeck::store::{ChangeError, Edited, OutboxState, Selection};
use tokio_util::sync::CancellationToken;

use super::{Scratch, apply, at, booking, contact, edit, scratch};

/// Something that a person does.
#[derive(Clone, Debug)]
enum Deed {
    Status(Vec<usize>, Option<Status>),
    Edit(usize, Field, String),
    Merge(usize, usize),
    Delete(Vec<usize>),
    Assign(Vec<usize>, bool),
    Add(String),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let who = || 0..5_usize;
    let some = || proptest::collection::vec(0..5_usize, 1..4);
    let status = proptest::option::of(proptest::sample::select(Status::ALL.to_vec()));
    let field = proptest::sample::select(vec![
        (Field::Email, "new@x.test"),
        (Field::Email, ""),
        (Field::Email, "p1@x.test"),
        (Field::MobilePhone, "+4790000009"),
        (Field::Company, "Acme"),
        (Field::Company, ""),
        (Field::LastName, "Berg"),
    ]);
    let deed = prop_oneof![
        (some(), status).prop_map(|(who, status)| Deed::Status(who, status)),
        (who(), field).prop_map(|(who, (field, text))| Deed::Edit(who, field, text.to_owned())),
        (who(), who()).prop_map(|(a, b)| Deed::Merge(a, b)),
        some().prop_map(Deed::Delete),
        (some(), any::<bool>()).prop_map(|(who, to)| Deed::Assign(who, to)),
        "[a-z]{3}".prop_map(Deed::Add),
    ];
    proptest::collection::vec(deed, 1..6)
}

/// True if it was done and changed something.
async fn act(s: &Scratch, people: &[i64], deed: &Deed, now: i64) -> bool {
    let entries = s.store.undo_entries(100).await.unwrap().len();
    let ids = |who: &[usize]| who.iter().map(|&n| people[n]).collect::<Vec<_>>();
    match deed {
        Deed::Status(who, status) => {
            s.store.set_status_of(Selection::Ids(&ids(who)), *status, &mut |_| true, at(now)).await.unwrap();
        }
        Deed::Edit(who, field, text) => {
            if let Ok(Edited::NeedsMerge(prompt)) = s.store.edit(people[*who], &edit(&[(*field, text)]), at(now)).await
            {
                s.store.merge(&prompt.confirm(Picks::new()), at(now)).await.unwrap();
            }
        }
        Deed::Merge(a, b) => {
            if let Ok(prompt) = s.store.merge_prompt(people[*a], people[*b], None).await {
                s.store.merge(&prompt.confirm(Picks::new()), at(now)).await.unwrap();
            }
        }
        Deed::Delete(who) => {
            s.store.delete_contacts(Selection::Ids(&ids(who)), at(now)).await.unwrap();
        }
        Deed::Assign(who, to) => {
            let owner = to.then(|| Email::parse("rep@x.test").unwrap());
            s.store.assign(Selection::Ids(&ids(who)), owner.as_ref(), &mut |_| true, at(now)).await.unwrap();
        }
        Deed::Add(name) => drop(
            s.store.add_contact(&edit(&[(Field::Email, &format!("{name}@new.test"))]), "manual", false, at(now)).await,
        ),
    }
    s.store.undo_entries(100).await.unwrap().len() > entries
}

async fn people(s: &Scratch) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..3 {
        let interaction = booking(&format!("u{n}"), &format!("p{n}@x.test"), 90_000, Some("google"));
        ids.push(apply(&s.store, &interaction).await.contact_id.unwrap());
    }
    ids.push(contact(&s.store, &[(Field::Email, "p3@x.test"), (Field::MobilePhone, "+4790000003")]).await);
    ids.push(contact(&s.store, &[(Field::MobilePhone, "+4790000004"), (Field::Company, "Delta")]).await);
    s.store.add_user(&Email::parse("rep@x.test").unwrap(), None).await.unwrap();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// undo(x) restores exactly; redo(undo(x)) is x; undo(redo(x)) is what was before.
    #[test]
    fn undo_restores_and_redo_makes_again(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let s = scratch().await;
            let people = people(&s).await;
            let mut pictures = vec![s.picture().await];
            for (n, deed) in deeds.iter().enumerate() {
                if act(&s, &people, deed, 100 + n as i64).await {
                    pictures.push(s.picture().await);
                }
            }
            let mut now = 1_000;
            let mut entries = s.store.undo_entries(100).await.unwrap();
            entries.truncate(pictures.len() - 1);
            for entry in &entries {
                let done = pictures.pop().unwrap();
                let before = pictures.last().unwrap();
                now += 1;
                let undone = s.store.undo(entry.id, at(now)).await.unwrap();
                assert_eq!(undone.left, 0, "{entry:?}");
                assert_eq!(&s.picture().await, before, "undo of {}", entry.label);
                assert_eq!(s.store.redo(entry.id, at(now)).await.unwrap().left, 0);
                assert_eq!(s.picture().await, done, "redo of {}", entry.label);
                s.store.undo(entry.id, at(now)).await.unwrap();
                assert_eq!(&s.picture().await, before, "second undo of {}", entry.label);
            }
        });
    }
}

#[tokio::test]
async fn all_of_a_filter_in_chunks_is_one_entry() {
    let s = scratch().await;
    s.run(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
         INSERT INTO contact (email, source, name_key, created_at, updated_at) SELECT 'm' || i || '@x.test', 'import', 'm', 0, 0 FROM n",
    )
    .await;
    let all = Filter::parse("source:import", &Context::new(List::Contacts, at(0))).unwrap();
    let mut seen = Vec::new();
    let mut progress = |progress: rolodeck::store::BulkProgress| {
        seen.push(progress.done);
        true
    };
    let bulk =
        s.store.set_status_of(Selection::Filter(&all), Some(Status::Qualified), &mut progress, at(1)).await.unwrap();
    assert_eq!((bulk.changed, bulk.unchanged, seen), (5_000, 0, vec![2_000, 4_000, 5_000]));
    assert_eq!(s.store.status_counts().await.unwrap().qualified, 5_000);
    let entries = s.store.undo_entries(9).await.unwrap();
    assert_eq!((entries.len(), entries[0].label.as_str()), (1, "Qualified of 5,000 contacts"));
    let undone = s.store.undo_latest(at(2)).await.unwrap().unwrap();
    assert_eq!((undone.changed, undone.left), (5_000, 0));
    assert_eq!(s.store.status_counts().await.unwrap().none, 5_000);
    // Stopped after the first chunk: what is done stays, and can be undone.
    let bulk =
        s.store.set_status_of(Selection::Filter(&all), Some(Status::Qualified), &mut |_| false, at(3)).await.unwrap();
    assert_eq!(bulk.changed, 2_000);
    assert_eq!(s.store.undo_latest(at(4)).await.unwrap().unwrap().changed, 2_000);
}

#[tokio::test]
async fn what_somebody_changed_since_stays_as_they_made_it() {
    let s = scratch().await;
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    s.store.edit(id, &edit(&[(Field::Company, "Acme"), (Field::City, "Oslo")]), at(1)).await.unwrap();
    let entry = s.store.undo_entries(1).await.unwrap()[0].id;
    s.store.edit(id, &edit(&[(Field::City, "Bergen")]), at(2)).await.unwrap();
    let undone = s.store.undo(entry, at(3)).await.unwrap();
    assert_eq!((undone.changed, undone.left), (1, 1));
    let values = s.store.contact_detail(id).await.unwrap().unwrap().contact.values;
    assert_eq!((values.text(Field::Company), values.text(Field::City)), (None, Some("Bergen")));
    assert!(matches!(s.store.undo(entry, at(4)).await, Err(ChangeError::UndoneAlready(_))));
    assert!(matches!(s.store.redo(entry + 1, at(4)).await, Err(ChangeError::NotUndone(_))));
    // Something new was done: there is nothing to be redone by the key, though the list still can.
    s.store.edit(id, &edit(&[(Field::Country, "Norway")]), at(5)).await.unwrap();
    assert_eq!(s.store.redo_latest(at(6)).await.unwrap(), None);
    assert_eq!(s.store.redo(entry, at(7)).await.unwrap().changed, 1);
}

#[tokio::test]
async fn a_new_contact_that_has_booked_since_is_not_taken_back() {
    let s = scratch().await;
    contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    apply(&s.store, &booking("u1", "a@x.test", 9_000, None)).await;
    assert!(matches!(s.store.undo_latest(at(5)).await, Err(ChangeError::ChangedSince { .. })));
}

#[tokio::test]
async fn fields_come_and_go_and_come_back() {
    let s = scratch().await;
    let options = ["Free".to_owned(), "Pro".to_owned()];
    let field = s.store.add_field("Plan (2026)", None, FieldKind::Picklist, &options, at(0)).await.unwrap();
    assert_eq!((field.name.as_str(), field.label.as_str()), ("plan_2026", "Plan (2026)"));
    for (name, kind, options) in [
        ("email", FieldKind::TextShort, &[][..]),
        ("status", FieldKind::TextShort, &[]),
        ("PLAN_2026", FieldKind::TextShort, &[]),
        ("9 lives", FieldKind::TextShort, &[]),
        ("tags", FieldKind::MultiPicklist, &[]),
        ("size", FieldKind::Number, &options),
    ] {
        assert!(
            matches!(s.store.add_field(name, None, kind, options, at(1)).await, Err(ChangeError::Refused(_))),
            "{name}"
        );
    }
    let key = rolodeck::domain::FieldKey::Custom("plan_2026".into());
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    let plan = |text: &str| super::edit(&[]).with(key.clone(), super::text(text));
    assert!(matches!(s.store.edit(id, &plan("Gold"), at(2)).await, Err(ChangeError::Fields(_))));
    s.store.edit(id, &plan("Pro"), at(3)).await.unwrap();
    assert_eq!(s.store.field_use("plan_2026").await.unwrap(), 1);
    s.store.archive_field("plan_2026", at(4)).await.unwrap();
    assert!(s.store.fields(false).await.unwrap().is_empty());
    assert!(matches!(s.store.edit(id, &plan("Free"), at(5)).await, Err(ChangeError::Fields(_))));
    // The data stays, and the undo brings the field back.
    assert!(s.store.contact_detail(id).await.unwrap().unwrap().contact.values.get(key.clone()).is_some());
    assert_eq!(s.store.undo_latest(at(6)).await.unwrap().unwrap().label, "archiving of field plan_2026");
    s.store.edit(id, &plan("Free"), at(7)).await.unwrap();
    s.store.set_field_options("plan_2026", &["Gold".to_owned()], at(8)).await.unwrap();
    s.store.edit(id, &plan("Gold"), at(9)).await.unwrap();
    s.store.rename_field("plan_2026", "Plan", at(10)).await.unwrap();
    assert_eq!(s.store.fields(true).await.unwrap()[0].label, "Plan");
}

#[tokio::test]
async fn only_administrators_undo_what_others_did() {
    let s = scratch().await;
    let rep = Email::parse("rep@x.test").unwrap();
    s.store.add_user(&rep, None).await.unwrap();
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    s.store.assign(Selection::Ids(&[id]), Some(&rep), &mut |_| true, at(1)).await.unwrap();
    let role = rolodeck::domain::access::Role::Member;
    let store = s.store.acting(s.store.actor_named("rep@x.test", role).await.unwrap());
    assert!(store.undo_entries(9).await.unwrap().is_empty());
    let theirs = s.store.undo_entries(1).await.unwrap()[0].id;
    assert!(matches!(store.undo(theirs, at(2)).await, Err(ChangeError::NotYours { .. })));
    store.edit(id, &edit(&[(Field::City, "Oslo")]), at(3)).await.unwrap();
    assert_eq!(store.undo_entries(9).await.unwrap().len(), 1);
    // Taken away from them: the undo does not reach it either.
    s.store.assign(Selection::Ids(&[id]), None, &mut |_| true, at(4)).await.unwrap();
    assert!(store.undo_latest(at(5)).await.is_err());
}

#[tokio::test]
async fn an_import_goes_when_what_was_done_after_it_was_undone() {
    let s = scratch().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fair.csv");
    std::fs::write(&file, "email,company\na@fair.test,A\nb@fair.test,B\nc@fair.test,C\n").unwrap();
    let options = import::known(&s.store, None).await.unwrap();
    let how = import::How { actor: "ana@seller.test".to_owned(), clock: || at(1), ..import::How::default() };
    let job = import::Job::open(&file, options).unwrap();
    job.run(&s.store, &how, &CancellationToken::new(), |_| ()).await.unwrap();
    let entry = s.store.undo_entries(1).await.unwrap()[0].id;
    let mut ids = Vec::new();
    for email in ["a@fair.test", "b@fair.test", "c@fair.test"] {
        ids.push(s.store.contact_by_email(&Email::parse(email).unwrap()).await.unwrap().unwrap());
    }
    let history = s.store.contact_detail(ids[0]).await.unwrap().unwrap().history;
    assert_eq!((history[0].what.as_str(), history[0].data["import_name"].as_str()), ("created", Some("fair")));

    // Status, owner, a field, a deletion: all undone; but one status was set and stays.
    let now = |n: i64| at(1 + n);
    let mut go_on = |_| true;
    s.store.set_status_of(Selection::Ids(&ids), Some(Status::Qualified), &mut go_on, now(1)).await.unwrap();
    let owner = Email::parse("ben@seller.test").unwrap();
    s.store.add_user(&owner, None).await.unwrap();
    s.store.assign(Selection::Ids(&ids), Some(&owner), &mut go_on, now(2)).await.unwrap();
    s.store.edit(ids[0], &edit(&[(Field::Company, "Acme")]), now(3)).await.unwrap();
    s.store.delete_contacts(Selection::Ids(&ids), now(4)).await.unwrap();
    for n in 5..9 {
        s.store.undo_latest(now(n)).await.unwrap().unwrap();
    }
    s.store.set_status_of(Selection::Ids(&ids[2..]), Some(Status::Disqualified), &mut go_on, now(9)).await.unwrap();
    let undone = s.store.undo(entry, now(10)).await.unwrap();
    assert_eq!((undone.changed, undone.left), (2, 1));
    assert!(s.store.contact_detail(ids[0]).await.unwrap().is_none());
    assert!(s.store.contact_detail(ids[2]).await.unwrap().is_some());
}

#[tokio::test]
async fn the_list_names_the_one_contact_and_counts_several() {
    let s = scratch().await;
    let ana = contact(&s.store, &[(Field::Email, "ana@x.test"), (Field::FirstName, "Ana")]).await;
    let bo = contact(&s.store, &[(Field::Email, "bo@x.test")]).await;
    s.store.set_status_of(Selection::Ids(&[ana]), Some(Status::Qualified), &mut |_| true, at(1)).await.unwrap();
    let both = [ana, bo];
    s.store.set_status_of(Selection::Ids(&both), Some(Status::SalesQualified), &mut |_| true, at(2)).await.unwrap();
    let labels: Vec<String> = s.store.undo_entries(2).await.unwrap().into_iter().map(|entry| entry.label).collect();
    assert_eq!(labels, ["Sales qualified of 2 contacts", "Qualified of Ana"]);
}

/// An import that was taken back is made again from the log: the same contacts with what stood beside them, and what it
/// had changed of others; what somebody did in between stays.
#[tokio::test]
async fn an_import_that_was_taken_back_is_made_again() {
    let scratch = scratch().await;
    let s = &scratch;
    let old = [(Field::Email, "k@fair.test"), (Field::MobilePhone, "+4790000001"), (Field::Company, "Old")];
    let known = contact(&s.store, &old).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fair.csv");
    // The second one has the phone that the first had before.
    let rows = "email,mobile,company,city,status\nk@fair.test,+4790000002,New,Oslo,\nn@fair.test,+4790000001,N,,SQL\nc@fair.test,,C,,\n";
    std::fs::write(&file, rows).unwrap();
    let options = import::known(&s.store, None).await.unwrap();
    let how =
        import::How { actor: "ana@seller.test".to_owned(), sync: true, clock: || at(1), ..import::How::default() };
    let job = import::Job::open(&file, options).unwrap();
    job.run(&s.store, &how, &CancellationToken::new(), |_| ()).await.unwrap();
    let entry = s.store.undo_entries(1).await.unwrap()[0].clone();
    assert_eq!(entry.note, None);
    let found = |email: &str| {
        let email = Email::parse(email).unwrap();
        async move { s.store.contact_by_email(&email).await.unwrap() }
    };
    let new = found("n@fair.test").await.unwrap();
    let whole =
        |id| async move { s.store.contact_detail(id).await.unwrap().map(|detail| (detail.contact, detail.history)) };
    let before = whole(new).await.unwrap();
    let waiting =
        || async { s.store.outbox(&[OutboxState::Pending], 9).await.unwrap().into_iter().map(|row| row.entity_id) };
    assert!(waiting().await.any(|id| id == new));

    let undone = s.store.undo(entry.id, at(10)).await.unwrap();
    assert_eq!((undone.changed, undone.left), (3, 0));
    assert!(whole(new).await.is_none() && found("c@fair.test").await.is_none());
    assert!(!waiting().await.any(|id| id == new));
    let company = |contact: &rolodeck::domain::Contact| contact.values.text(Field::Company).map(str::to_owned);
    assert_eq!(company(&whole(known).await.unwrap().0).as_deref(), Some("Old"));
    assert!(s.store.imports(1).await.unwrap()[0].undone_at.is_some());
    // In between one of them comes by another way, and another is edited.
    let other = contact(&s.store, &[(Field::Email, "c@fair.test")]).await;
    s.store.edit(known, &edit(&[(Field::Company, "By hand")]), at(11)).await.unwrap();

    let redone = s.store.redo(entry.id, at(12)).await.unwrap();
    assert_eq!((redone.changed, redone.left), (2, 2), "one column and one contact stay as somebody made them");
    assert_eq!(whole(new).await.unwrap(), before);
    assert!(waiting().await.any(|id| id == new));
    assert_eq!(found("c@fair.test").await, Some(other));
    let kept = whole(known).await.unwrap().0;
    assert_eq!((company(&kept).as_deref(), kept.values.text(Field::City)), (Some("By hand"), Some("Oslo")));
    assert_eq!(kept.values.text(Field::MobilePhone), Some("+4790000002"));
    let listed = &s.store.imports(1).await.unwrap()[0];
    assert_eq!((listed.undone_at, listed.contacts), (None, 2));
    for (query, finds) in [("import:fair status:sql", 1), ("\"n@fair\"", 1)] {
        let filter = Filter::parse(query, &Context::new(List::Contacts, at(13))).unwrap();
        assert_eq!(s.store.contact_total(&filter, 10).await.unwrap().n, finds, "{query}");
    }
    // And once more both ways.
    assert!(matches!(s.store.redo(entry.id, at(13)).await, Err(ChangeError::NotUndone(_))));
    s.store.undo(entry.id, at(14)).await.unwrap();
    assert!(whole(new).await.is_none());
    s.store.redo(entry.id, at(15)).await.unwrap();
    assert_eq!(whole(new).await.unwrap(), before);
}
