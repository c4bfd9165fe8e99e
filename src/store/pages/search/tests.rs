use jiff::Timestamp;

use super::*;
use crate::filter::Context;
use crate::store::pages::{CONTACT_ROWS, contact_row};
use crate::store::search::{INDEX, place};

const PEOPLE: usize = 160;

/// People with one mark in three, one in forty, and none but among the last.
async fn filled() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let mut writer = store.writer().await;
    for n in 0..PEOPLE {
        let status = [Some("qualified"), Some("disqualified"), None][n % 3];
        let city = if n % 40 == 7 { "Oslo" } else { "Bergen" };
        // Those who were made last were heard of first; of some hours there are many.
        let (made, heard) = (n as i64 * 10, (PEOPLE - n / 4) as i64 * 10_000_000 % 100_000_000);
        let id = sqlx::query(
            "INSERT INTO contact (first_name, last_name, city, status, source, name_key, created_at, updated_at, \
             interacted_at) VALUES (?, 'Berg', ?, ?, 'manual', ?, ?, ?, ?)",
        )
        .bind(format!("Ana{}", n % 50))
        .bind(city)
        .bind(status)
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
    let Window { rows, before, after } = search.page(anchor, 7, contact_row).await.unwrap();
    (rows.into_iter().map(|(key, _)| key).collect(), before, after)
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
        "-city:bergen",
        "city:rome",
        &created,
    ];
    for (query, (sort, column), descending) in queries
        .iter()
        .flat_map(|query| orders.map(|order| (query, order)))
        .flat_map(|(query, order)| [true, false].map(|descending| (query, order, descending)))
    {
        let filter = Filter::parse(query, &Context::new(crate::filter::List::Contacts, Timestamp::UNIX_EPOCH)).unwrap();
        let list = List {
            table: "contact c",
            only: "1",
            id: "c.id",
            sort: column.to_owned(),
            hidden: format!("+{column}"),
            descending,
            rows: &CONTACT_ROWS,
        };
        let what = (&filter, sort, &list);
        // Down the list page by page, and back up.
        let mut anchors = vec![Anchor::First, Anchor::Last];
        let mut anchor = Anchor::First;
        loop {
            let (keys, ..) = page(&store, what, &[], &anchor).await;
            let Some(key) = keys.last() else { break };
            anchors.extend([Anchor::Before(key.clone()), Anchor::From(key.clone()), Anchor::After(key.clone())]);
            anchor = Anchor::After(key.clone());
        }
        let few = |rows, whole| Limits { rows, whole, words: rows };
        let hurries: [&[(Limits, u32)]; 6] = [
            &[(few(1, 3), 2), (few(2, 9), 9), (few(3, 3), 0)],
            &[(few(5, 5), 30), (few(20, 60), 60)],
            &[(few(1, 1), 20), (few(1, 1), 40)],
            &[(few(1, 1_000), 2), (few(200_000, 1), 2)],
            &[(few(0, 0), 0)],
            &PATIENCE,
        ];
        for patience in hurries {
            for anchor in &anchors {
                let said = format!("{query:?} by {sort:?}, {descending}, {patience:?}, {anchor:?}");
                assert_eq!(page(&store, what, patience, anchor).await, page(&store, what, &[], anchor).await, "{said}");
            }
        }
    }
}
