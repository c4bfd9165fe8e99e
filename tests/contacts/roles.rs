//! Roles decide what is seen and done (OnceHub reference 1.10), on every door of the store.

use rolodeck::domain::access::Role;
use rolodeck::domain::{Email, Field, Status};
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{
    Activities, ActivityOrder, Anchor, ChangeError, ContactOrder, Mark, Order, Selection, Store, StoreError,
};

use super::{Scratch, apply, at, booking, contact, edit, scratch};

struct Crowd {
    s: Scratch,
    /// Of the member, of a team mate, of somebody else, of nobody.
    contacts: [i64; 4],
}

async fn crowd() -> Crowd {
    let s = scratch().await;
    for (name, team) in [("me", Some("North")), ("mate", Some("North")), ("other", Some("South")), ("boss", None)] {
        let email = Email::parse(&format!("{name}@sell.test")).unwrap();
        s.store.add_user(&email, None).await.unwrap();
        s.store.set_team(&email, team).await.unwrap();
    }
    let mut contacts = [0; 4];
    for (n, owner) in [Some("me"), Some("mate"), Some("other"), None].into_iter().enumerate() {
        let email = format!("p{n}@x.test");
        contacts[n] = apply(&s.store, &booking(&format!("u{n}"), &email, 9_000, None)).await.contact_id.unwrap();
        if let Some(owner) = owner {
            let owner = Email::parse(&format!("{owner}@sell.test")).unwrap();
            s.store.assign(Selection::Ids(&[contacts[n]]), Some(&owner), &mut |_| true, at(1)).await.unwrap();
        }
    }
    Crowd { s, contacts }
}

async fn seen(store: &Store) -> (Vec<i64>, usize) {
    let filter = |list| Filter::parse("", &Context::new(list, at(5))).unwrap();
    let mut contacts = Vec::new();
    for (by, descending) in [(ContactOrder::Recent, true), (ContactOrder::Name, false)] {
        let order = Order { by, descending };
        let page = store.contact_page(&filter(List::Contacts), order, &Anchor::First, 10).await.unwrap();
        contacts = page.rows.iter().map(|(_, row)| row.id).collect();
        contacts.sort_unstable();
        assert_eq!(store.contact_total(&filter(List::Contacts), 10).await.unwrap().n, contacts.len() as i64);
    }
    let order = Order { by: ActivityOrder::Updated, descending: true };
    let page = store.activity_page(&filter(List::Activities), order, &Anchor::First, 10).await.unwrap();
    (contacts, page.rows.len())
}

#[tokio::test]
async fn each_role_sees_and_does_what_the_table_says() {
    let Crowd { s, contacts } = crowd().await;
    for (name, role, reach) in [
        ("boss", Role::Administrator, vec![0, 1, 2, 3]),
        ("me", Role::TeamManager, vec![0, 1]),
        ("me", Role::Member, vec![0]),
        ("stranger", Role::Member, vec![]),
    ] {
        let store = s.store.acting(s.store.actor_named(&format!("{name}@sell.test"), role).await.unwrap());
        let ids: Vec<i64> = reach.iter().map(|&n| contacts[n]).collect();
        assert_eq!(seen(&store).await, (ids.clone(), ids.len()), "{name} {role}");
        assert_eq!(store.status_counts().await.unwrap().total(), ids.len() as i64);
        let queue = store.outbox(&[], 50).await.unwrap();
        assert!(queue.iter().all(|row| row.contact_id.is_some_and(|id| ids.contains(&id))), "{name} {role}");
        assert_eq!(queue.is_empty(), ids.is_empty());
        for (n, &id) in contacts.iter().enumerate() {
            let mine = reach.contains(&n);
            assert_eq!(store.contact_detail(id).await.unwrap().is_some(), mine, "{name} {role} {n}");
            let city = edit(&[(Field::City, &format!("{name}{role}{n}"))]);
            assert_eq!(store.edit(id, &city, at(10)).await.is_ok(), mine, "{name} {role} {n}");
            let mut nothing = |_| true;
            let status = [Status::Qualified, Status::Disqualified][usize::from(role == Role::Member)];
            let set = store.set_status_of(Selection::Ids(&[id]), Some(status), &mut nothing, at(11)).await;
            assert_eq!(set.is_ok(), mine);
            for (m, &other) in contacts.iter().enumerate().filter(|(m, _)| *m != n) {
                let both = mine && reach.contains(&m);
                assert_eq!(store.merge_prompt(id, other, None).await.is_ok(), both, "{name} {role} {n} {m}");
            }
        }
        let administrator = role == Role::Administrator;
        if !administrator {
            let denied = |result: Result<(), ChangeError>| matches!(result, Err(ChangeError::Store(StoreError::Denied(denied))) if denied.by_role);
            assert!(denied(store.delete_contacts(Selection::Ids(&ids), at(12)).await.map(drop)));
            assert!(denied(store.erase(&Email::parse("p0@x.test").unwrap(), true, at(12)).await.map(drop)));
            assert!(denied(store.add_user(&Email::parse("new@sell.test").unwrap(), None).await.map(drop)));
            let kind = rolodeck::domain::FieldKind::Number;
            assert!(denied(store.add_field("size", None, kind, &[], at(12)).await.map(drop)));
            assert!(matches!(store.import_begin("x", "x", name, at(12)).await, Err(StoreError::Denied(_))));
        }
    }
}

#[tokio::test]
async fn a_bulk_change_leaves_what_is_out_of_reach_alone() {
    let Crowd { s, contacts } = crowd().await;
    let member = s.store.acting(s.store.actor_named("me@sell.test", Role::Member).await.unwrap());
    let ids = contacts;
    let bulk = member.set_status_of(Selection::Ids(&ids), Some(Status::Qualified), &mut |_| true, at(3)).await.unwrap();
    assert_eq!((bulk.changed, bulk.left), (1, 3));
    let all = Filter::parse("", &Context::new(List::Contacts, at(5))).unwrap();
    assert_eq!(member.contact_ids(&all, 100).await.unwrap(), [contacts[0]]);
    // Owners: not by a member; by a manager within the team only.
    let owner = |name: &str| Email::parse(&format!("{name}@sell.test")).unwrap();
    assert!(member.assign(Selection::Ids(&ids), Some(&owner("mate")), &mut |_| true, at(4)).await.is_err());
    let manager = s.store.acting(s.store.actor_named("me@sell.test", Role::TeamManager).await.unwrap());
    assert!(manager.assign(Selection::Ids(&ids), Some(&owner("other")), &mut |_| true, at(4)).await.is_err());
    let bulk = manager.assign(Selection::Ids(&ids), Some(&owner("mate")), &mut |_| true, at(5)).await.unwrap();
    assert_eq!((bulk.changed, bulk.unchanged, bulk.left), (1, 1, 2));
    assert!(matches!(
        s.store.assign(Selection::Ids(&ids), Some(&owner("nobody")), &mut |_| true, at(6)).await,
        Err(ChangeError::NoUser(_))
    ));
}

#[tokio::test]
async fn a_role_set_in_the_store_counts_over_the_configuration() {
    let Crowd { s, .. } = crowd().await;
    let me = Email::parse("me@sell.test").unwrap();
    assert_eq!(s.store.actor_named("me@sell.test", Role::Administrator).await.unwrap().role, Role::Administrator);
    s.store.set_role(&me, Role::Member).await.unwrap();
    assert_eq!(s.store.actor_named("ME@sell.test", Role::Administrator).await.unwrap().role, Role::Member);
    let boss = Email::parse("boss@sell.test").unwrap();
    s.store.set_role(&boss, Role::Administrator).await.unwrap();
    assert!(matches!(s.store.set_role(&boss, Role::Member).await, Err(ChangeError::Refused(_))));
    assert_eq!(s.store.teams().await.unwrap()[0].members, ["mate@sell.test", "me@sell.test"]);
    s.store.remove_team("North").await.unwrap();
    assert_eq!(s.store.user(&me).await.unwrap().team, None);
    let member = s.store.acting(s.store.actor_named("me@sell.test", Role::Administrator).await.unwrap());
    // What a member makes belongs to them.
    let made = contact(&member, &[(Field::Email, "new@x.test")]).await;
    assert!(member.contact_detail(made).await.unwrap().is_some());
}

/// Counts, hints and marks tell and touch no more than the lists do.
#[tokio::test]
async fn what_is_out_of_reach_is_not_counted_named_or_marked() {
    let Crowd { s, contacts } = crowd().await;
    for n in [0, 2] {
        s.store.edit(contacts[n], &edit(&[(Field::Phone, "+4722334455")]), at(2)).await.unwrap();
    }
    for n in [0, 1] {
        let same = edit(&[(Field::FirstName, "Ana"), (Field::LastName, "Berg"), (Field::Company, "Acme")]);
        s.store.edit(contacts[n], &same, at(2)).await.unwrap();
    }
    assert_eq!(s.store.scan_duplicates(at(3)).await.unwrap().new, 2);
    let day = [at(-86_400), at(86_400)];
    for (name, role, pairs, hints, activities, doubles) in [
        ("boss", Role::Administrator, 2, 2, 4, 3),
        ("me", Role::TeamManager, 1, 1, 2, 2),
        ("me", Role::Member, 0, 0, 1, 0),
        ("stranger", Role::Member, 0, 0, 0, 0),
    ] {
        let store = s.store.acting(s.store.actor_named(&format!("{name}@sell.test"), role).await.unwrap());
        assert_eq!(store.duplicate_count().await.unwrap(), pairs, "{name} {role}");
        let detail = store.contact_detail(contacts[0]).await.unwrap();
        assert_eq!(detail.map_or(0, |detail| detail.duplicates.len()), hints, "{name} {role}");
        assert_eq!(store.activities_between(&day).await.unwrap(), [activities], "{name} {role}");
        let doubtful = Filter::parse("has:duplicate", &Context::new(List::Contacts, at(5))).unwrap();
        assert_eq!(store.contact_total(&doubtful, 10).await.unwrap().n, doubles, "{name} {role}");
        assert_eq!(store.contact_ids(&doubtful, 10).await.unwrap().len() as i64, doubles, "{name} {role}");
    }
    let member = s.store.acting(s.store.actor_named("me@sell.test", Role::Member).await.unwrap());
    let all = s.store.activity_ids(&Filter::parse("", &Context::new(List::Activities, at(5))).unwrap()).await.unwrap();
    s.store.mark_read(&all, false).await.unwrap();
    let mut nothing = |_| true;
    let marked =
        member.mark(Activities::Ids(&all), Mark::Read(true), "me@sell.test", &mut nothing, at(6)).await.unwrap();
    assert_eq!((marked.changed, marked.left), (1, all.len() - 1));
    assert_eq!(member.mark_read(&all, false).await.unwrap(), 1);
}

/// Whoever the configuration names is a user on sight, once, with the role that the configuration gives.
#[tokio::test]
async fn the_one_at_the_keyboard_is_a_user() {
    let s = scratch().await;
    let other = Store::open(s.store.path()).await.unwrap();
    let (a, b) =
        tokio::join!(s.store.sign_in("Rep@sell.test", Role::Member), other.sign_in("rep@sell.test", Role::Member));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(a.user.is_some() && a.user == b.user, "{a:?} {b:?}");
    assert_eq!(a.role, Role::Member);
    let users = s.store.users().await.unwrap();
    assert_eq!((users.len(), users[0].role), (1, None), "the role is the configuration's, not the store's");
    // What they make is theirs at once.
    let rep = s.store.acting(a);
    let made = contact(&rep, &[(Field::Email, "new@x.test")]).await;
    assert!(rep.contact_detail(made).await.unwrap().is_some());
    // A login name is nobody's address.
    assert_eq!(s.store.sign_in("root", Role::Administrator).await.unwrap().user, None);
    assert_eq!(s.store.users().await.unwrap().len(), 1);
}
