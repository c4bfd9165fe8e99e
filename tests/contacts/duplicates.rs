//! Possible duplicates: found by a scan, merged or dismissed.

use rolodeck::domain::Field;
use rolodeck::domain::merge::pair::Picks;

use super::{at, contact, edit, scratch};

#[tokio::test]
async fn a_scan_finds_pairs_by_phone_by_name_and_company_and_by_email() {
    let s = scratch().await;
    let mut ids = Vec::new();
    for fields in [
        // A landline that is another's mobile phone; two with one landline.
        &[(Field::Email, "a@x.test"), (Field::Phone, "+4790000001")][..],
        &[(Field::MobilePhone, "+4790000001")],
        &[(Field::Email, "b@x.test"), (Field::Phone, "+4722222222")],
        &[(Field::Email, "c@x.test"), (Field::Phone, "+4722222222")],
        // The same name at the same company, and at another.
        &[
            (Field::Email, "d@x.test"),
            (Field::FirstName, "Åsa"),
            (Field::LastName, "Berg"),
            (Field::Company, "Acme, Inc."),
        ],
        &[(Field::Email, "e@y.test"), (Field::FirstName, "asa"), (Field::LastName, "BERG"), (Field::Company, "ACME")],
        &[(Field::Email, "f@z.test"), (Field::FirstName, "Åsa"), (Field::LastName, "Berg"), (Field::Company, "Beta")],
        // Nearly the same email, and the same name one slip apart.
        &[(Field::Email, "cy.dahl@gmail.com")],
        &[(Field::Email, "cydahl+news@gmial.com")],
        &[(Field::Email, "erik@firm.test"), (Field::FirstName, "Erik"), (Field::LastName, "Lie")],
        &[(Field::Email, "eirk@firm.test"), (Field::FirstName, "Erik"), (Field::LastName, "Lie")],
        // Numbered addresses are different people.
        &[(Field::Email, "user1@firm.test"), (Field::FirstName, "Jo"), (Field::LastName, "Lie")],
        &[(Field::Email, "user2@firm.test"), (Field::FirstName, "Jo"), (Field::LastName, "Lie")],
    ] {
        ids.push(contact(&s.store, fields).await);
    }
    // A switchboard says nothing.
    for n in 0..20 {
        contact(&s.store, &[(Field::Email, &format!("s{n}@board.test")), (Field::Phone, "+4733333333")]).await;
    }
    let scan = s.store.scan_duplicates(at(1)).await.unwrap();
    assert_eq!((scan.same_phone, scan.same_name_company, scan.near_email, scan.new), (2, 1, 2, 5));
    let pairs = s.store.duplicate_pairs(false, None, 50).await.unwrap();
    let mut found: Vec<_> =
        pairs.iter().map(|pair| (pair.a.id, pair.b.as_ref().unwrap().id, pair.reason.as_str())).collect();
    found.sort_unstable();
    let id = |n: usize| ids[n];
    assert_eq!(
        found,
        [
            (id(0), id(1), "same_phone"),
            (id(2), id(3), "same_phone"),
            (id(4), id(5), "same_name_company"),
            (id(7), id(8), "near_email"),
            (id(9), id(10), "near_email"),
        ]
    );
    // The same again finds nothing new; what was dismissed stays dismissed, and comes back by an undo.
    assert_eq!(s.store.scan_duplicates(at(2)).await.unwrap().new, 0);
    let pair = pairs.iter().find(|pair| pair.a.id == id(2)).unwrap();
    assert_eq!(s.store.dismiss_duplicates(&[pair.id, 999], at(3)).await.unwrap(), 1);
    assert_eq!(s.store.scan_duplicates(at(4)).await.unwrap().new, 0);
    assert_eq!(s.store.duplicate_pairs(false, None, 50).await.unwrap().len(), 4);
    assert!(s.store.duplicate_pair(pair.id).await.unwrap().dismissed);
    s.store.undo_latest(at(5)).await.unwrap().unwrap();
    assert_eq!(s.store.duplicate_count().await.unwrap(), 5);
    // A page at a time.
    let first = s.store.duplicate_pairs(false, None, 2).await.unwrap();
    let second = s.store.duplicate_pairs(false, Some(first[1].id), 50).await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 3));
    // Merging settles the pair.
    let prompt = s.store.merge_prompt(id(4), id(5), None).await.unwrap();
    assert_eq!(prompt.existing.id, id(4));
    s.store.merge(&prompt.confirm(Picks::new()), at(6)).await.unwrap();
    assert_eq!(s.store.duplicate_count().await.unwrap(), 4);
    let _ = edit(&[]);
}

/// Five thousand people behind one number, of one name, at one company: no pairs, and no work that grows with their square.
#[tokio::test]
async fn a_crowd_is_no_duplicate() {
    let s = scratch().await;
    let made = contact(&s.store, &[(Field::Email, "first@x.test")]).await;
    let many = |rest: &str| {
        format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) \
             INSERT INTO contact (email, mobile_phone, phone, first_name, last_name, name_key, company, source, created_at, updated_at) \
             SELECT {rest}, 'import', 0, 0 FROM n"
        )
    };
    // One switchboard, and one of them has it as a mobile phone; one name at one company; one name and one domain.
    s.run(&many("'a' || n || '@a.test', NULL, '+4733333333', NULL, NULL, 'a' || n, NULL")).await;
    s.run(&many("'b' || n || '@b' || n || '.test', NULL, NULL, 'Jo', 'Lie', 'jo lie', 'Acme'")).await;
    s.run(&many("'c' || n || '@c.test', NULL, NULL, 'Per', 'Lie', 'per lie', NULL")).await;
    s.run(&format!("UPDATE contact SET mobile_phone = '+4733333333' WHERE id = {made}")).await;
    let scan = s.store.scan_duplicates(at(1)).await.unwrap();
    assert_eq!((scan.same_phone, scan.same_name_company, scan.near_email, scan.new), (0, 0, 0, 0));
    assert!(!scan.more);
    // Many small groups are listed once each, to the first of the group.
    s.run(&many("'d' || n || '@d' || n || '.test', NULL, '+47' || (50000000 + n / 2), NULL, NULL, 'd' || n, NULL"))
        .await;
    let scan = s.store.scan_duplicates(at(2)).await.unwrap();
    assert_eq!((scan.same_phone, scan.new), (2_499, 2_499));
}
