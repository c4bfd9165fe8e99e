//! The index of words follows the rows: what they say, whose they are, and where their lists have them.

use std::collections::BTreeMap;

use rolodeck::domain::Field;
use rolodeck::domain::access::Actor;
use rolodeck::domain::activity::State;
use rolodeck::domain::edit::Edit;
use rolodeck::domain::merge::pair::Side;
use rolodeck::domain::{Email, FieldValue};
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{ActivityOrder, Anchor, Key, Order, Selection};

use super::{Scratch, apply, at, booking, person, scratch, words};

const DAY: i64 = 86_400;

/// The bookings that a filter finds, newest first, by their subjects' numbers.
async fn found(s: &Scratch, query: &str) -> Vec<i64> {
    words::in_step(&s.folder.path().join("rolodeck.db")).await;
    let filter = Filter::parse(query, &Context::new(List::Activities, at(0))).unwrap();
    let order = Order { by: ActivityOrder::Updated, descending: true };
    let page = s.store.activity_page(&filter, order, &Anchor::First, 50).await.unwrap();
    page.rows.iter().map(|(_, row)| row.id).collect()
}

fn named(first: &str, company: &str, email: &str) -> rolodeck::domain::Person {
    person(&[(Field::FirstName, first), (Field::LastName, "Jensen"), (Field::Company, company), (Field::Email, email)])
}

#[tokio::test]
async fn words_are_found_wherever_the_rows_go() {
    let s = scratch().await;
    let mut ids = Vec::new();
    for n in 0..6_i64 {
        let who = if n % 2 == 0 { ("Nora", "Østland") } else { ("Kari", "Vestland") };
        let email = format!("{}@x.test", who.0.to_lowercase());
        let news = booking(&format!("u{n}"), State::Scheduled, n * DAY, named(who.0, who.1, &email));
        ids.push(apply(&s.store, &news).await.activity_id.unwrap());
    }
    let reversed = |which: &[usize]| which.iter().map(|n| ids[*n]).collect::<Vec<_>>();
    assert_eq!(found(&s, "nora jensen").await, reversed(&[4, 2, 0]));
    // One word in the activity, the other in the contact.
    assert_eq!(found(&s, "u2 ostland").await, reversed(&[2]));
    assert_eq!(found(&s, "u2 vestland").await, Vec::<i64>::new());

    // News of the oldest: it stands first.
    let moved = booking("u0", State::Rescheduled, 9 * DAY, named("Nora", "Østland", "nora@x.test"));
    apply(&s.store, &moved).await;
    assert_eq!(found(&s, "nora jensen").await, reversed(&[0, 4, 2]));

    let rep = s.store.acting(Actor::administrator("rep@x.test"));
    let nora = s.store.contact_ids(&all("nora"), 9).await.unwrap()[0];
    rep.edit(nora, &Edit::default().with(Field::Company, FieldValue::text("Sørland")), at(10 * DAY)).await.unwrap();
    assert_eq!(found(&s, "u2 ostland").await, Vec::<i64>::new());
    assert_eq!(found(&s, "u2 sorland").await, reversed(&[2]));

    // Deleted, its bookings have only their own words; taken back, the contact's again.
    rep.delete_contacts(Selection::Ids(&[nora]), at(11 * DAY)).await.unwrap();
    assert_eq!(found(&s, "sorland").await, Vec::<i64>::new());
    assert_eq!(found(&s, "nora").await.len(), 3);
    rep.undo_latest(at(12 * DAY)).await.unwrap().unwrap();
    assert_eq!(found(&s, "u2 sorland").await, reversed(&[2]));

    let kari = s.store.contact_ids(&all("kari"), 9).await.unwrap()[0];
    let prompt = rep.merge_prompt(nora, kari, Some(nora)).await.unwrap();
    let picks = [("company".to_owned(), Side::Existing)].into();
    rep.merge(&prompt.confirm(picks), at(13 * DAY)).await.unwrap();
    assert_eq!(found(&s, "u3 sorland").await, reversed(&[3]));
    rep.undo_latest(at(14 * DAY)).await.unwrap().unwrap();
    assert_eq!(found(&s, "u3 vestland").await, reversed(&[3]));

    rep.erase(&Email::parse("kari@x.test").unwrap(), false, at(15 * DAY)).await.unwrap();
    assert_eq!(found(&s, "kari").await, Vec::<i64>::new());
    assert_eq!(found(&s, "jensen").await, reversed(&[0, 4, 2]));
}

fn all(query: &str) -> Filter {
    Filter::parse(query, &Context::new(List::Contacts, at(0))).unwrap()
}

/// More of some hours than are asked for at once, and rows on the same millisecond: pages of every size, down and up, are
/// the list.
#[tokio::test]
async fn pages_of_words_are_pages_of_the_list() {
    let s = scratch().await;
    let mut who_of = BTreeMap::new();
    for n in 0..120_i64 {
        let first = ["Nora", "Kari", "Nora", "Noralf"][n as usize % 4];
        let company = if n % 3 == 0 { "Østland" } else { "Vestland" };
        let at = (n * 37 % 120) / 5 * if n < 60 { 7_000 } else { 3 };
        let who = named(first, company, &format!("p{n}@x.test"));
        let applied = apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, at, who)).await;
        who_of.insert(applied.activity_id.unwrap(), (first, company));
    }
    words::in_step(&s.folder.path().join("rolodeck.db")).await;
    for (query, company) in
        [("nora", None), ("nora ostland", Some("Østland")), ("company:østland first_name:nora*", Some("Østland"))]
    {
        let wanted = |who: &(&str, &str)| who.0.starts_with("Nora") && company.is_none_or(|company| who.1 == company);
        for descending in [true, false] {
            let order = Order { by: ActivityOrder::Updated, descending };
            let page = async |query: &str, anchor: &Anchor, limit| {
                let filter = Filter::parse(query, &Context::new(List::Activities, at(0))).unwrap();
                s.store.activity_page(&filter, order, anchor, limit).await.unwrap()
            };
            let whole = page("", &Anchor::First, 200).await;
            let keys: Vec<Key> =
                whole.rows.iter().filter(|(_, row)| wanted(&who_of[&row.id])).map(|(key, _)| key.clone()).collect();
            assert!(keys.len() > 15);
            for limit in [1, 2, 7, 40, 200] {
                let (mut anchor, mut down) = (Anchor::First, Vec::new());
                loop {
                    let window = page(query, &anchor, limit).await;
                    assert_eq!(window.before, !down.is_empty(), "{query} by {limit}");
                    down.extend(window.rows.iter().map(|(key, _)| key.clone()));
                    let Some((last, _)) = window.rows.last().filter(|_| window.after) else { break };
                    anchor = Anchor::After(last.clone());
                }
                assert_eq!(down, keys, "{query} by {limit}, {descending}");
                let (mut anchor, mut up) = (Anchor::Last, Vec::new());
                loop {
                    let window = page(query, &anchor, limit).await;
                    up.splice(0..0, window.rows.iter().map(|(key, _)| key.clone()));
                    let Some((first, _)) = window.rows.first().filter(|_| window.before) else { break };
                    anchor = Anchor::Before(first.clone());
                }
                assert_eq!(up, keys, "{query} by {limit}, {descending}, upwards");
            }
        }
    }
}

/// A new key in the filter line leaves the page before where it is.
#[tokio::test]
async fn a_page_that_is_broken_off_leaves_the_next_in_peace() {
    let s = scratch().await;
    for n in 0..30_i64 {
        let who = named("Nora", "Østland", &format!("p{n}@x.test"));
        apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, n * DAY, who)).await;
    }
    let order = Order { by: ActivityOrder::Updated, descending: true };
    let page = async |query: &str| {
        let filter = Filter::parse(query, &Context::new(List::Activities, at(0))).unwrap();
        s.store.activity_page(&filter, order, &Anchor::First, 50).await.unwrap().rows.len()
    };
    for breaks in 0..40 {
        let pauses = async {
            for _ in 0..breaks {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = page("no ostland") => {}
            () = pauses => {}
        }
        assert_eq!(page("nora je").await, 30, "after {breaks}");
    }
}
