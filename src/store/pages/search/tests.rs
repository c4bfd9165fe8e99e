use jiff::Timestamp;

use super::*;
use crate::domain::Email;
use crate::filter::Context;
use crate::store::pages::{
    ACTIVITY_COLUMNS, ACTIVITY_JOINS, CONTACT_COLUMNS, CONTACT_JOINS, activity_row, contact_row,
};
use crate::store::search::{INDEX, place};

const PEOPLE: usize = 160;

/// People with one mark in three, one in forty, and none but among the last, and two activities of each.
async fn filled() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let mut writer = store.writer().await;
    sqlx::query("INSERT INTO user (name, email) VALUES ('Me', 'me@s.test'), ('Other', 'other@s.test')")
        .execute(&mut *writer)
        .await
        .unwrap();
    for n in 0..PEOPLE {
        let status = [Some("qualified"), Some("disqualified"), None][n % 3];
        let city = if n % 40 == 7 { "Oslo" } else { "Bergen" };
        // Those who were made last were heard of first; of some hours there are more than the index is asked for at once.
        let hours = if n % 8 > 0 { 5 } else { (PEOPLE - n / 4) as i64 % 10 };
        let (made, heard) = (n as i64 * 10, hours * 10_000_000 + (PEOPLE - n) as i64);
        let id = sqlx::query(
            "INSERT INTO contact (first_name, last_name, city, status, owner_id, source, name_key, created_at, updated_at, \
             interacted_at) VALUES (?, 'Berg', ?, ?, ?, 'manual', ?, ?, ?, ?)",
        )
        .bind(format!("Ana{}", n % 50))
        .bind(city)
        .bind(status)
        .bind((n % 4 < 2).then_some(n as i64 % 4 + 1))
        .bind(format!("berg ana{}", n % 50))
        .bind(made)
        .bind(made)
        .bind(heard)
        .execute(&mut *writer)
        .await
        .unwrap()
        .last_insert_rowid();
        sqlx::query("INSERT INTO contact_text (id, place, text) VALUES (?, ?, ?)")
            .bind(id)
            .bind(place(heard, id))
            .bind(format!(" ana{} berg {}", n % 50, city.to_lowercase()))
            .execute(&mut *writer)
            .await
            .unwrap();
    }
    sqlx::query(INDEX).execute(&mut *writer).await.unwrap();
    for n in 0..2 * PEOPLE {
        let heard = if n % 2 == 0 { 150_000_000 + n as i64 } else { n as i64 * 7_000_000 % 300_000_000 };
        let id = sqlx::query(
            "INSERT INTO activity (kind, state, source, external_id, contact_id, start_at, user_id, unread, trashed_at, \
             detail, source_at, created_at, updated_at) VALUES (?, 'canceled', 'calcom', ?, ?, ?, ?, ?, ?, '{}', 0, ?, ?)",
        )
        .bind(if n % 5 < 3 { "booking" } else { "form" })
        .bind(format!("uid-{n}"))
        .bind((n % 11 != 4).then_some((n % PEOPLE) as i64 + 1))
        .bind((n % 3 > 0).then_some(n as i64 * 31 % 200))
        .bind((n % 2) as i64 + 1)
        .bind(n % 6 == 0)
        .bind((n % 13 == 5).then_some(7))
        .bind(n as i64)
        .bind(heard)
        .execute(&mut *writer)
        .await
        .unwrap()
        .last_insert_rowid();
        sqlx::query("INSERT INTO activity_text (id, place, text) VALUES (?, ?, ?)")
            .bind(id)
            .bind(place(heard, id))
            .bind(if n % 9 == 0 { " demo zq" } else { " demo" })
            .execute(&mut *writer)
            .await
            .unwrap();
    }
    drop(writer);
    (folder, store)
}

/// A page of a filter in an order, by so much patience.
async fn page(
    store: &Store,
    (filter, sort, list): (&Filter, Sort, &List),
    patience: &[(Limits, u32)],
    anchor: &Anchor,
) -> (Vec<Key>, bool, bool) {
    let mut reader = store.list_reader().await.unwrap();
    let mut search = Search { patience, ..Search::new(store, &mut reader, filter, Some(sort), list) };
    let (keys, before, after) = if filter.list() == crate::filter::List::Contacts {
        let Window { rows, before, after } = search.page(anchor, 12, contact_row).await.unwrap();
        (rows.into_iter().map(|(key, _)| key).collect(), before, after)
    } else {
        let Window { rows, before, after } = search.page(anchor, 12, activity_row).await.unwrap();
        (rows.into_iter().map(|(key, _)| key).collect(), before, after)
    };
    (keys, before, after)
}

#[tokio::test]
async fn however_little_patience_the_rows_are_the_same() {
    let (_folder, store) = filled().await;
    let orders = [(Sort::Recent, "c.recent_at"), (Sort::Name, "c.name_key"), (Sort::Created, "c.created_at")];
    let created = format!("created:>={}", Timestamp::from_millisecond(1_500).unwrap());
    let queries = [
        "",
        "status:qualified",
        "status:none city:oslo",
        "city:oslo",
        "ana7",
        "ana berg",
        "ana status:qualified",
        "city:bergen status:qualified ana3",
        "an",
        "a1",
        "ana lo",
        "zq status:none",
        "(ana7 OR oslo) -berg",
        "ana -oslo -ana3",
        "-city:bergen",
        "city:rome",
        "unread",
        "unread status:none ana3",
        "kind:form start:<1970-01-01T00:00:00.020Z",
        "(kind:form) (kind:booking) owner:me",
        "trash",
        &created,
    ];
    let context = context(crate::filter::List::Contacts);
    for (query, (sort, column), descending) in each(&queries, &orders) {
        let filter = Filter::parse(query, &context).unwrap();
        let list = List {
            table: "contact c",
            row: "c",
            only: "1",
            id: "c.id",
            person: "c.id",
            sort: column.to_owned(),
            hidden: format!("+{column}"),
            descending,
            columns: &CONTACT_COLUMNS,
            joins: CONTACT_JOINS,
        };
        every_page_is_the_same(&store, (&filter, sort, &list), query).await;
    }
}

#[tokio::test]
async fn however_little_patience_the_stream_is_the_same() {
    let (_folder, store) = filled().await;
    let orders = [(Sort::Updated, "a.updated_at"), (Sort::Start, "a.start_at")];
    let queries = [
        "",
        "status:qualified",
        "status:qualified owner:me",
        "status:disqualified,none owner:me ana3",
        "status:qualified owner:me zq",
        "owner:other city:oslo",
        "kind:form unread",
        "trash",
        "trash:any owner:me status:none",
        "created:<1970-01-01T00:00:00.030Z",
        "ana7 demo",
        "demo berg",
        "(ana7 OR zq) -oslo unread",
        "zq -ana3 (kind:form)",
        "zq status:none",
        "an",
        "owner:none",
        "city:rome",
    ];
    let context = context(crate::filter::List::Activities);
    for (query, (sort, column), descending) in each(&queries, &orders) {
        let filter = Filter::parse(query, &context).unwrap();
        let list = List {
            table: "activity a",
            row: "a",
            only: if sort == Sort::Start { "a.start_at IS NOT NULL" } else { "1" },
            id: "a.id",
            person: "a.contact_id",
            sort: column.to_owned(),
            hidden: format!("+{column}"),
            descending,
            columns: ACTIVITY_COLUMNS,
            joins: ACTIVITY_JOINS,
        };
        every_page_is_the_same(&store, (&filter, sort, &list), query).await;
    }
}

fn context(list: crate::filter::List) -> Context {
    Context { me: Some(Email::parse("me@s.test").unwrap()), ..Context::new(list, Timestamp::UNIX_EPOCH) }
}

type Order = (Sort, &'static str);

fn each<'q>(queries: &'q [&'q str], orders: &'q [Order]) -> impl Iterator<Item = (&'q str, Order, bool)> {
    let of_order = |query| orders.iter().map(move |order| (query, *order));
    let ordered = queries.iter().flat_map(move |query| of_order(*query));
    ordered.flat_map(|(query, order)| [true, false].map(|descending| (query, order, descending)))
}

/// By whatever patience, every page is the one that is found without any.
async fn every_page_is_the_same(store: &Store, what: (&Filter, Sort, &List), query: &str) {
    // Down the list page by page, and back up.
    let mut anchors = vec![Anchor::First, Anchor::Last];
    let mut anchor = Anchor::First;
    loop {
        let (keys, ..) = page(store, what, &[], &anchor).await;
        let Some(key) = keys.last() else { break };
        anchors.extend([Anchor::Before(key.clone()), Anchor::From(key.clone()), Anchor::After(key.clone())]);
        anchor = Anchor::After(key.clone());
    }
    let few = |rows, whole| Limits { rows, whole, words: rows };
    let hurries: [&[(Limits, u32)]; 6] = [
        &[(few(1, 3), 40), (few(2, 9), 180), (few(3, 3), 0)],
        &[(few(5, 5), 600), (few(20, 60), 1_200)],
        &[(few(1, 1), 400), (few(1, 1), 800)],
        &[(few(1, 1_000), 40), (few(200_000, 1), 2)],
        &[(few(0, 0), 0)],
        &PATIENCE,
    ];
    for anchor in &anchors {
        let expected = page(store, what, &[], anchor).await;
        for patience in hurries {
            let said = format!("{query:?} by {:?}, {}, {patience:?}, {anchor:?}", what.1, what.2.descending);
            assert_eq!(page(store, what, patience, anchor).await, expected, "{said}");
        }
    }
}
