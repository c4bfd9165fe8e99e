//! Rows of a file: whoever they are about, however they are split into batches, twice is once.

use proptest::prelude::*;
use rolodeck::domain::{Email, Field, FieldValue, Status, UserRef, Values};
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{
    Anchor, ContactOrder, ImportEnd, ImportFigures, ImportMode, ImportOutcome, ImportRow, Imported, Order, OutboxState,
    Store,
};

use super::{Scratch, apply, at, booking, person, scratch};

type Fields<'a> = &'a [(Field, &'a str)];

fn values(fields: Fields<'_>) -> Values {
    person(fields).values
}

fn row(values: &Values) -> ImportRow<'_> {
    ImportRow { values, status: None, owner: None, source: None }
}

async fn begin(store: &Store) -> ImportMode<'static> {
    let import = store.import_begin("people", "people.csv", "ana@seller.test", at(0)).await.unwrap();
    ImportMode { import, sync: false, actor: "ana@seller.test" }
}

/// Imports all rows in one batch.
async fn import(store: &Store, rows: &[Values]) -> Imported {
    let mode = begin(store).await;
    let rows: Vec<_> = rows.iter().map(row).collect();
    store.import_rows(&rows, mode, at(1)).await.unwrap()
}

/// Imports in batches of so many rows; what became of the contacts in all: created, updated, unchanged, repeated.
async fn split(store: &Store, rows: &[Values], size: usize) -> [u64; 4] {
    let mode = begin(store).await;
    let mut sums = [0; 4];
    for batch in rows.chunks(size) {
        let rows: Vec<_> = batch.iter().map(row).collect();
        add(&mut sums, &store.import_rows(&rows, mode, at(1)).await.unwrap());
    }
    sums
}

fn add(sums: &mut [u64; 4], imported: &Imported) {
    for outcome in &imported.outcomes {
        sums[match outcome {
            ImportOutcome::Created(_) => 0,
            ImportOutcome::Updated(_) => 1,
            ImportOutcome::Unchanged(_) => 2,
            ImportOutcome::Repeated(_) => 3,
        }] += 1;
    }
    sums[1] = sums[1] + imported.now_updated - imported.now_unchanged;
    sums[2] = sums[2] + imported.now_unchanged - imported.now_updated;
}

/// Every contact's values, in order of their numbers.
async fn everybody(s: &Scratch) -> Vec<Values> {
    let mut all = Vec::new();
    for id in 1..200 {
        if let Some(detail) = s.store.contact_detail(id).await.unwrap() {
            all.push(detail.contact.values);
        }
    }
    all
}

#[tokio::test]
async fn rows_that_contradict_each_other_change_nothing_the_second_time() {
    let s = scratch().await;
    let rows = [
        values(&[(Field::Email, "a@x.test"), (Field::City, "Oslo")]),
        values(&[(Field::Email, "b@x.test"), (Field::City, "Bergen")]),
        values(&[(Field::Email, "a@x.test"), (Field::City, "Moss")]),
    ];
    for size in [3, 1] {
        let first = size == 3;
        assert_eq!(split(&s.store, &rows, size).await, if first { [2, 0, 0, 1] } else { [0, 0, 2, 1] }, "{size}");
    }
    // Whoever was changed once between two imports is updated once, and the last row counts.
    let other = [values(&[(Field::Email, "a@x.test"), (Field::City, "Lund")])];
    split(&s.store, &other, 1).await;
    assert_eq!(split(&s.store, &rows, 1).await, [0, 1, 1, 1]);
    let detail = s.store.contact_detail(1).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.text(Field::City), Some("Moss"));
    // Of an import that came to nothing there is nothing in the history.
    let imported = detail.history.iter().filter(|entry| entry.what == "imported").count();
    assert_eq!(imported, 2, "{:?}", detail.history);
}

#[tokio::test]
async fn a_number_that_was_replaced_identifies_nobody_any_more() {
    for size in [3, 1] {
        let s = scratch().await;
        let rows = [
            values(&[(Field::Email, "a@x.test"), (Field::MobilePhone, "+4790000001")]),
            values(&[(Field::Email, "a@x.test"), (Field::MobilePhone, "+4790000002")]),
            values(&[(Field::MobilePhone, "+4790000001"), (Field::City, "Oslo")]),
        ];
        assert_eq!(split(&s.store, &rows, size).await, [2, 0, 0, 1], "{size}");
        let all = everybody(&s).await;
        assert_eq!(all[0].text(Field::MobilePhone), Some("+4790000002"));
        assert_eq!((all[1].text(Field::MobilePhone), all[1].text(Field::City)), (Some("+4790000001"), Some("Oslo")));
        assert_eq!(split(&s.store, &rows, size).await, [0, 0, 2, 1], "{size}");
    }
}

#[tokio::test]
async fn numbers_may_go_round_in_a_batch() {
    let s = scratch().await;
    let mail_and = |mail, mobile| values(&[(Field::Email, mail), (Field::MobilePhone, mobile)]);
    import(&s.store, &[mail_and("a@x.test", "+4790000001"), mail_and("b@x.test", "+4790000003")]).await;
    let moved = [
        mail_and("a@x.test", "+4790000002"),
        mail_and("b@x.test", "+4790000001"),
        mail_and("a@x.test", "+4790000003"),
        mail_and("c@x.test", "+4790000002"),
    ];
    let imported = import(&s.store, &moved).await;
    assert_eq!(imported.outcomes.len(), 4);
    let mobiles: Vec<_> =
        everybody(&s).await.iter().map(|values| values.text(Field::MobilePhone).map(str::to_owned)).collect();
    assert_eq!(mobiles, ["+4790000003", "+4790000001", "+4790000002"].map(|mobile| Some(mobile.to_owned())));
}

#[tokio::test]
async fn status_owner_source_and_salesforce() {
    let s = scratch().await;
    let known =
        apply(&s.store, &booking("u1", rolodeck::domain::State::Scheduled, 0, person(&[(Field::Email, "a@x.test")])))
            .await;
    let before = s.store.outbox(&[OutboxState::Pending], 10).await.unwrap().len();
    let owner = UserRef { email: Some(Email::parse("bo@seller.test").unwrap()), ..UserRef::default() };
    let (a, b) = (values(&[(Field::Email, "a@x.test")]), values(&[(Field::Email, "b@x.test")]));
    let rows = [&a, &b].map(|values| ImportRow {
        values,
        status: Some(Status::Qualified),
        owner: Some(&owner),
        source: Some("fair"),
    });
    let mode = ImportMode { sync: true, ..begin(&s.store).await };
    let imported = s.store.import_rows(&rows, mode, at(5)).await.unwrap();
    let id = known.contact_id.unwrap();
    assert!(matches!(imported.outcomes[..], [ImportOutcome::Updated(a), ImportOutcome::Created(_)] if a == id));
    for (contact, source) in [(id, "calcom"), (imported.outcomes[1].contact(), "fair")] {
        let detail = s.store.contact_detail(contact).await.unwrap().unwrap();
        assert_eq!(detail.contact.status, Some(Status::Qualified));
        assert_eq!(detail.contact.owner.unwrap().email, owner.email);
        assert_eq!(detail.contact.source, source);
        assert!(detail.history.iter().any(|entry| entry.what == "status" && entry.data["to"] == "qualified"));
    }
    assert_eq!(s.store.status_counts().await.unwrap().qualified, 2);
    assert_eq!(s.store.outbox(&[OutboxState::Pending], 10).await.unwrap().len(), before + 2);
    // Again: nothing is new, and nothing goes to Salesforce.
    let mode = ImportMode { sync: true, ..begin(&s.store).await };
    let imported = s.store.import_rows(&rows, mode, at(6)).await.unwrap();
    assert!(imported.outcomes.iter().all(|outcome| matches!(outcome, ImportOutcome::Unchanged(_))));
    assert_eq!(s.store.outbox(&[OutboxState::Pending], 10).await.unwrap().len(), before + 2);
}

#[tokio::test]
async fn imports_are_listed_and_their_contacts_are_found_by_name_and_by_text() {
    let s = scratch().await;
    let mode = begin(&s.store).await;
    let people = [
        values(&[(Field::Email, "a@x.test"), (Field::FirstName, "Åsa"), (Field::LastName, "Ødegård")]),
        values(&[(Field::Email, "b@x.test")]),
    ];
    s.store.import_rows(&people.each_ref().map(row), mode, at(1)).await.unwrap();
    let figures = ImportFigures { created: 2, rejected: 1, ..ImportFigures::default() };
    let end = ImportEnd { figures, canceled: false, rejects: Some("people.rejected.csv") };
    s.store.import_finish(mode.import, &end, at(2)).await.unwrap();
    let list = s.store.imports(10).await.unwrap();
    assert_eq!((list.len(), list[0].contacts, list[0].figures), (1, 2, figures));
    assert_eq!((list[0].finished_at, list[0].rejects.as_deref()), (Some(at(2)), Some("people.rejected.csv")));

    let context =
        Context { list: List::Contacts, now: at(10), zone: jiff::tz::TimeZone::UTC, me: None, custom: Vec::new() };
    for (query, found) in [("import:people", 2), ("import:others", 0), ("asa", 1), ("degård import:people", 1)] {
        let filter = Filter::parse(query, &context).unwrap();
        let order = Order { by: ContactOrder::Recent, descending: true };
        let page = s.store.contact_page(&filter, order, &Anchor::First, 10).await.unwrap();
        assert_eq!(page.rows.len(), found, "{query}");
    }
}

/// Some rows about few people: an email has one mobile or none, and a mobile may stand alone.
fn rows() -> impl Strategy<Value = Vec<Values>> {
    let row = (0..5_u8, 0..3_u8, 0..3_u8, any::<bool>()).prop_map(|(person, city, company, mobile)| {
        let mut values = Values::new();
        let mut put = |field, text: String| values.set(field, FieldValue::text(&text));
        // Two emails share a mobile; the last person has nothing else.
        let number = format!("+479000000{}", person.min(3));
        if person < 4 {
            put(Field::Email, format!("p{person}@x.test"));
        }
        if person == 4 || (mobile && person != 1) {
            put(Field::MobilePhone, number);
        }
        put(Field::City, ["", "Oslo", "Moss"][usize::from(city)].to_owned());
        put(Field::Company, ["", "A", "B"][usize::from(company)].to_owned());
        values
    });
    prop::collection::vec(row, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_split_an_import_is_the_same_and_twice_is_once(
        there in rows(), rows in rows(), sizes in (1..5_usize, 1..12_usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (one, other) = (scratch().await, scratch().await);
            for s in [&one, &other] {
                split(&s.store, &there, 100).await;
            }
            // A dry run tells what the import will do, and does nothing.
            let before = everybody(&one).await;
            let folder = tempfile::tempdir().unwrap();
            let dry = one.store.scratch(folder.path()).await.unwrap();
            let mode = begin(dry.store()).await;
            let mut told = [0; 4];
            for batch in rows.chunks(sizes.0) {
                let batch: Vec<_> = batch.iter().map(row).collect();
                dry.meet(&batch).await.unwrap();
                add(&mut told, &dry.store().import_rows(&batch, mode, at(1)).await.unwrap());
            }
            assert_eq!(everybody(&one).await, before);

            let whole = split(&one.store, &rows, 100).await;
            assert_eq!(told, whole);
            assert_eq!(split(&other.store, &rows, sizes.1).await, whole);
            let after = everybody(&one).await;
            assert_eq!(everybody(&other).await, after);
            let again = split(&one.store, &rows, sizes.0).await;
            assert_eq!((again[0], again[1]), (0, 0), "{again:?}");
            assert_eq!(everybody(&one).await, after);
        });
    }
}
