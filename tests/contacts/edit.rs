//! OnceHub reference 1.6 and 1.8: the manual edit, and what follows from it.

use rolodeck::domain::access::{Actor, Role};
use rolodeck::domain::{Email, Field, FieldValue, Status};
use rolodeck::store::{ChangeError, Edited, Entity, LinkWrite, Saved};

use super::{apply, at, booking, contact, edit, scratch, text};

fn saved(edited: Edited) -> Saved {
    match edited {
        Edited::Saved(saved) => *saved,
        Edited::NeedsMerge(prompt) => panic!("{prompt:?}"),
    }
}

/// OnceHub reference 1.6, row by row.
#[tokio::test]
async fn the_edit_table_holds() {
    let s = scratch().await;
    let a = contact(&s.store, &[(Field::Email, "a@x.test"), (Field::MobilePhone, "+4790000001")]).await;
    let b = contact(&s.store, &[(Field::Email, "b@x.test"), (Field::MobilePhone, "+4790000002")]).await;
    let c = contact(&s.store, &[(Field::Email, "c@x.test"), (Field::MobilePhone, "+4790000003")]).await;
    let before = s.picture().await;

    // Email or mobile of another: a prompt, and nothing is stored.
    for (field, value, other) in
        [(Field::Email, "b@x.test", b), (Field::MobilePhone, "+4790000003", c), (Field::Email, "c@x.test", c)]
    {
        let Edited::NeedsMerge(prompt) = s.store.edit(a, &edit(&[(field, value)]), at(5)).await.unwrap() else {
            panic!("{field:?} {value}")
        };
        assert_eq!((prompt.existing.id, prompt.incoming.id), (other, a));
        assert_eq!(prompt.incoming.values.text(field), Some(value));
        assert_eq!(s.picture().await, before);
    }
    // Email of B and mobile of B: one prompt.
    let both = edit(&[(Field::Email, "b@x.test"), (Field::MobilePhone, "+4790000002")]);
    assert!(matches!(s.store.edit(a, &both, at(5)).await, Ok(Edited::NeedsMerge(_))));
    // Email of B and mobile of C: refused.
    let two = edit(&[(Field::Email, "b@x.test"), (Field::MobilePhone, "+4790000003")]);
    let refused = s.store.edit(a, &two, at(5)).await;
    assert!(
        matches!(refused, Err(ChangeError::TwoContacts { email_of, mobile_of }) if (email_of, mobile_of) == (b, c))
    );
    // Both cleared: refused. One of them: saved.
    let none = edit(&[(Field::Email, ""), (Field::MobilePhone, "")]);
    assert!(matches!(s.store.edit(a, &none, at(5)).await, Err(ChangeError::NoIdentifier)));
    assert_eq!(s.picture().await, before);
    let one = saved(s.store.edit(a, &edit(&[(Field::MobilePhone, "")]), at(6)).await.unwrap());
    assert_eq!(one.contact.values.get(Field::MobilePhone), None);
    // Unused: saved and propagated. Any other field: saved.
    let new = edit(&[(Field::Email, "new@x.test"), (Field::Company, "Acme"), (Field::City, "Oslo")]);
    let done = saved(s.store.edit(a, &new, at(7)).await.unwrap());
    assert_eq!(done.changes.len(), 3);
    assert!(done.follow.queue_item.is_some() && done.follow.record.is_none());
    let detail = s.store.contact_detail(a).await.unwrap().unwrap();
    assert_eq!(detail.history[0].what, "updated");
    assert_eq!(detail.history[0].data["changes"].as_array().unwrap().len(), 3);
    assert_eq!(detail.history[0].data["changes"][0]["from"], "a@x.test");
    // The same again is no change, and no history.
    let again = saved(s.store.edit(a, &new, at(8)).await.unwrap());
    assert!(again.changes.is_empty() && again.follow.queue_item.is_none());
    assert_eq!(s.store.contact_detail(a).await.unwrap().unwrap().history.len(), detail.history.len());
}

#[tokio::test]
async fn without_access_to_the_other_the_contact_cannot_be_saved() {
    let s = scratch().await;
    let rep = Email::parse("rep@x.test").unwrap();
    s.store.add_user(&rep, None).await.unwrap();
    let mine = s
        .store
        .add_contact(
            &{
                let mut edit = edit(&[(Field::Email, "mine@x.test")]);
                edit.owner = Some(Some(rep.clone()));
                edit
            },
            "manual",
            false,
            at(0),
        )
        .await
        .unwrap()
        .contact
        .id;
    let other = contact(&s.store, &[(Field::Email, "other@x.test")]).await;
    let actor = s.store.actor_named("rep@x.test", Role::Member).await.unwrap();
    let store = s.store.acting(actor);
    let before = s.picture().await;
    let refused = store.edit(mine, &edit(&[(Field::Email, "other@x.test")]), at(5)).await;
    assert!(matches!(refused, Err(ChangeError::CannotSave { field: "email" })), "{refused:?}");
    // Nor is the other one seen, edited, merged or deleted.
    assert!(store.contact_detail(other).await.unwrap().is_none());
    assert!(store.edit(other, &edit(&[(Field::City, "Oslo")]), at(5)).await.is_err());
    assert!(store.merge_prompt(mine, other, None).await.is_err());
    assert!(store.delete_contacts(rolodeck::store::Selection::Ids(&[mine]), at(5)).await.is_err());
    assert_eq!(s.picture().await, before);
    assert!(store.edit(mine, &edit(&[(Field::City, "Oslo")]), at(5)).await.is_ok());
    assert_eq!(store.status_counts().await.unwrap().total(), 1);
}

#[tokio::test]
async fn bookings_to_come_carry_the_new_address_and_the_past_does_not_change() {
    let s = scratch().await;
    let mut ids = Vec::new();
    for (uid, start, calendar) in [
        ("past", 100, Some("google")),
        ("google", 9_000, Some("google_calendar")),
        ("exchange", 9_000, Some("Exchange")),
        ("icloud", 9_000, Some("icloud")),
        ("none", 9_000, None),
    ] {
        ids.push(apply(&s.store, &booking(uid, "Ana@x.test", start, calendar)).await);
    }
    let ana = ids[0].contact_id.unwrap();
    let id = |n: usize| ids[n].activity_id.unwrap();
    let done = saved(s.store.edit(ana, &edit(&[(Field::Email, "new@x.test")]), at(5_000)).await.unwrap());
    assert_eq!(done.follow.bookings, [id(1), id(2), id(3), id(4)]);
    assert_eq!(done.follow.flagged, [id(1), id(2)]);
    assert_eq!(done.follow.left_alone, [id(3), id(4)]);
    let booking_of = async |n: usize| s.store.activity_detail(id(n)).await.unwrap().unwrap().activity;
    assert_eq!(booking_of(0).await.person_email.as_deref(), Some("Ana@x.test"));
    let google = booking_of(1).await;
    assert_eq!(google.person_email.as_deref(), Some("new@x.test"));
    assert_eq!(google.detail.attendees[0].email.as_deref(), Some("new@x.test"));
    assert_eq!(google.detail.guest_change.unwrap().to, "new@x.test");
    assert_eq!(booking_of(3).await.detail.guest_change, None);

    // The source goes on naming the old address: still the same person, still the new address.
    let mut moved = booking("google", "Ana@x.test", 9_600, Some("google_calendar"));
    moved.at = at(5_100);
    let applied = apply(&s.store, &moved).await;
    assert_eq!((applied.contact_id, applied.contact_created), (Some(ana), false));
    let google = booking_of(1).await;
    assert_eq!((google.start, google.person_email.as_deref()), (Some(at(9_600)), Some("new@x.test")));
    assert_eq!(google.detail.attendees[0].email.as_deref(), Some("new@x.test"));
    assert_eq!(
        s.store.contact_detail(ana).await.unwrap().unwrap().contact.values.text(Field::Email),
        Some("new@x.test")
    );
}

#[tokio::test]
async fn salesforce_follows_the_edit_in_the_same_transaction() {
    let s = scratch().await;
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    s.run(&format!(
        "INSERT INTO link VALUES ('contact', {id}, 'Lead', '00Qxx0000000001AAA', '{{}}', '{{}}', NULL, 0, 0)"
    ))
    .await;
    let done = saved(s.store.edit(id, &edit(&[(Field::Email, "b@x.test")]), at(5)).await.unwrap());
    assert_eq!(done.follow.record, Some(("Lead".to_owned(), "00Qxx0000000001AAA".to_owned())));
    let row = s.store.outbox_row(done.follow.queue_item.unwrap()).await.unwrap();
    assert_eq!((row.entity, row.entity_id, row.cause.as_str()), (Entity::Contact, id, "updated"));
    assert!(done.follow.lines().iter().any(|line| line.contains("Lead 00Qxx0000000001AAA will be updated")));
    let _ = LinkWrite::Clear { entity: Entity::Contact, id };
}

#[tokio::test]
async fn withdrawn_consent_deletes_the_page_views() {
    let s = scratch().await;
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    let consent = |yes| super::edit(&[]).with(Field::HasConsent, Some(FieldValue::Bool(yes)));
    s.store.edit(id, &consent(true), at(1)).await.unwrap();
    s.run(&format!(
        "INSERT INTO page_view (contact_id, url, at) VALUES ({id}, 'https://x.test/', 0), ({id}, 'https://x.test/b', 1)"
    ))
    .await;
    assert_eq!(s.store.contact_detail(id).await.unwrap().unwrap().page_views.len(), 2);
    let done = saved(s.store.edit(id, &consent(false), at(2)).await.unwrap());
    assert_eq!(done.follow.page_views_deleted, 2);
    let undone = s.store.undo_latest(at(3)).await.unwrap().unwrap();
    assert!(undone.note.unwrap().contains("do not come back"));
    assert!(s.store.contact_detail(id).await.unwrap().unwrap().page_views.is_empty());
    assert!(!s.query("SELECT change FROM undo_part").await.concat().contains("x.test/b"));
}

#[tokio::test]
async fn what_does_not_fit_its_field_is_refused_whoever_asks() {
    let s = scratch().await;
    let id = contact(&s.store, &[(Field::Email, "a@x.test")]).await;
    let wrong = [
        super::edit(&[]).with(Field::Email, text("Not An Address")),
        super::edit(&[]).with(Field::MobilePhone, text("900 00 000")),
        super::edit(&[]).with(Field::Employees, text("many")),
        super::edit(&[]).with(rolodeck::domain::FieldKey::Custom("nowhere".into()), text("x")),
    ];
    for edit in wrong {
        let refused = s.store.edit(id, &edit, at(1)).await;
        assert!(matches!(&refused, Err(ChangeError::Fields(errors)) if errors.len() == 1), "{refused:?}");
    }
    let zero = super::edit(&[]).with(Field::Employees, Some(FieldValue::Integer(0)));
    let done = saved(s.store.edit(id, &zero, at(2)).await.unwrap());
    assert_eq!(done.contact.values.get(Field::Employees), Some(&FieldValue::Integer(0)));
}

#[tokio::test]
async fn a_contact_is_added_once() {
    let s = scratch().await;
    let mut new = edit(&[(Field::Email, "a@x.test"), (Field::Company, "Acme")]);
    new.status = Some(Some(Status::Qualified));
    let first = s.store.add_contact(&new, "api", false, at(0)).await.unwrap();
    assert!(first.created && first.contact.status == Some(Status::Qualified) && first.contact.interacted_at.is_none());
    let again = s.store.add_contact(&new, "api", false, at(1)).await;
    assert!(matches!(again, Err(ChangeError::Exists { id, field: "email" }) if id == first.contact.id));
    let update = edit(&[(Field::Email, "a@x.test"), (Field::Company, ""), (Field::City, "Oslo")]);
    let updated = s.store.add_contact(&update, "api", true, at(2)).await.unwrap();
    assert!(!updated.created);
    assert_eq!(updated.contact.values.text(Field::Company), Some("Acme")); // blank never clears
    assert_eq!(updated.contact.values.text(Field::City), Some("Oslo"));
    let nobody = s.store.add_contact(&edit(&[(Field::FirstName, "Ana")]), "api", false, at(3)).await;
    assert!(matches!(nobody, Err(ChangeError::NoIdentifier)));
    let _ = Actor::administrator("x");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_field_stays_an_answer() {
    use rolodeck::domain::{FieldKey, FieldKind};
    let s = scratch().await;
    s.store.add_field("seats", None, FieldKind::Number, &[], at(0)).await.unwrap();
    s.store.add_field("plan", None, FieldKind::Picklist, &["Free".into(), "Pro".into()], at(0)).await.unwrap();
    for (uid, seats, plan, expected) in [
        ("u1", "many", "Gold", (None, None)),
        ("u2", "12", "pro", (Some(FieldValue::Integer(12)), text("Pro"))),
        ("u3", "", "", (Some(FieldValue::Integer(12)), text("Pro"))), // blank never clears
    ] {
        let mut interaction = booking(uid, "a@x.test", 9_000, None);
        let values = &mut interaction.person.as_mut().unwrap().values;
        values.set(FieldKey::Custom("seats".into()), FieldValue::text(seats));
        values.set(FieldKey::Custom("plan".into()), FieldValue::text(plan));
        let id = apply(&s.store, &interaction).await.contact_id.unwrap();
        let values = s.store.contact_detail(id).await.unwrap().unwrap().contact.values;
        let value = |name: &str| values.get(FieldKey::Custom(name.into())).cloned();
        assert_eq!((value("seats"), value("plan")), expected, "{uid}");
    }
}
