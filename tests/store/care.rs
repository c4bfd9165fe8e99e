//! Copies, health, and what is let go with time; a store that may not be written.

use jiff::SignedDuration;
use rolodeck::domain::activity::State;
use rolodeck::domain::{Field, Interaction};
use rolodeck::filter::{Context, Filter, List};
use rolodeck::store::{self, Keep, LetGo, Store, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{apply, at, booking, person, scratch, words};

fn guest(uid: &str, email: &str, seconds: i64) -> Interaction {
    booking(uid, State::Scheduled, seconds, person(&[(Field::Email, email)]))
}

async fn raw(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

async fn numbers(path: &std::path::Path, sql: &'static str) -> i64 {
    let mut file = raw(path).await;
    let number = sqlx::query_scalar(sql).fetch_one(&mut file).await.unwrap();
    file.close().await.unwrap();
    number
}

#[tokio::test]
async fn a_copy_is_whole_private_and_replaces_only_when_good() {
    let s = scratch().await;
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    let to = s.folder.path().join("copy.db");
    let backup = s.store.backup(&to).await.unwrap();
    assert_eq!((backup.contacts, backup.activities, &backup.path), (1, 1, &to));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(store::verify(&to).await.unwrap(), backup);
    // The copy is a store: it opens, and is of its own.
    let copy = Store::open(&to).await.unwrap();
    apply(&copy, &guest("b2", "eve@buyer.test", 2)).await;
    assert_eq!(copy.health().await.unwrap().contacts, 2);
    copy.close().await;
    assert_eq!(s.store.health().await.unwrap().contacts, 1);
    // A place that does not exist leaves nothing behind.
    assert!(s.store.backup(&s.folder.path().join("no/such/copy.db")).await.is_err());
    let left: Vec<_> = std::fs::read_dir(s.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".rolodeck-backup")), "{left:?}");
}

#[tokio::test]
async fn a_restored_store_is_the_copy_and_the_one_before_is_kept() {
    let s = scratch().await;
    let path = s.folder.path().join("rolodeck.db");
    let copy = s.folder.path().join("copy.db");
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    s.store.backup(&copy).await.unwrap();
    apply(&s.store, &guest("b2", "eve@buyer.test", 2)).await;
    // Refused while somebody works on it.
    assert!(matches!(store::restore(&copy, &path, &[], at(3)).await, Err(StoreError::Locked)));
    s.store.close().await;
    let settings = [("sync.paused", "1".to_owned())];
    let (backup, before) = store::restore(&copy, &path, &settings, at(3)).await.unwrap();
    assert_eq!(backup.contacts, 1);
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.health().await.unwrap().contacts, 1);
    assert_eq!(store.setting("sync.paused").await.unwrap().as_deref(), Some("1"));
    store.close().await;
    assert_eq!(numbers(&before.unwrap(), "SELECT count(*) FROM contact").await, 2);
}

#[tokio::test]
async fn what_is_no_good_copy_is_not_restored() {
    let s = scratch().await;
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    let text = s.folder.path().join("notes.txt");
    std::fs::write(&text, "milk, bread, and so on; ".repeat(100)).unwrap();
    assert!(matches!(store::restore(&text, &path, &[], at(3)).await, Err(StoreError::Damaged)));
    let foreign = s.folder.path().join("foreign.db");
    std::fs::write(&foreign, "").unwrap();
    assert!(matches!(store::restore(&foreign, &path, &[], at(3)).await, Err(StoreError::NoStore { .. })));
    assert_eq!(numbers(&path, "SELECT count(*) FROM contact").await, 1, "the store is as it was");
}

#[tokio::test]
async fn a_damaged_store_is_put_aside_and_a_copy_takes_its_place() {
    let s = scratch().await;
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    let (path, copy) = (s.folder.path().join("rolodeck.db"), s.folder.path().join("copy.db"));
    s.store.backup(&copy).await.unwrap();
    s.store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..100].fill(7);
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Store::open(&path).await, Err(StoreError::Damaged)));
    let (_, before) = store::restore(&copy, &path, &[], at(3)).await.unwrap();
    assert_eq!(std::fs::read(before.unwrap()).unwrap(), bytes, "nothing of it is lost");
    Store::open(&path).await.unwrap().close().await;
}

#[tokio::test]
async fn damage_inside_is_found() {
    let s = scratch().await;
    for n in 0..50_i64 {
        let address = format!("p{n}@buyer.test");
        apply(&s.store, &guest(&format!("b{n}"), &address, n)).await;
    }
    assert_eq!(s.store.health().await.unwrap().problems, Vec::<String>::new());
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    // An index that says something other than its table.
    let mut file = raw(&path).await;
    sqlx::raw_sql(
        "PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, '(updated_at, id,', '(created_at, id,') WHERE name = 'activity_updated'; \
         PRAGMA writable_schema = RESET; UPDATE activity SET created_at = id; PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, '(created_at, id,', '(updated_at, id,') WHERE name = 'activity_updated';",
    )
    .execute(&mut file)
    .await
    .unwrap();
    file.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert!(!store.health().await.unwrap().problems.is_empty());
    let to = s.folder.path().join("copy.db");
    let copied = store.backup(&to).await;
    // VACUUM builds indexes anew, so the copy may well be good; a copy that is there is good.
    assert_eq!(copied.is_ok(), to.exists());
}

#[tokio::test]
async fn an_older_store_is_copied_before_it_is_changed() {
    let s = scratch().await;
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    let newest = numbers(&path, "SELECT max(version) FROM _sqlx_migrations").await;
    if newest == 1 {
        return; // there is no older schema yet
    }
    // As if the last migration had never run; it will fail on what is there already, and must change nothing.
    let mut file = raw(&path).await;
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();
    let mut told = None;
    let opened = Store::open_telling(&path, |upgrade| told = Some(upgrade.clone())).await;
    let copy = s.folder.path().join(format!("rolodeck-before-schema-{newest}.db"));
    let told = told.unwrap();
    assert_eq!(told.copy, copy);
    assert!(told.schemas.0 < told.schemas.1 && told.schemas.1 == newest, "{told:?}");
    assert_eq!(numbers(&copy, "SELECT count(*) FROM contact").await, 1, "{opened:?}");
    assert_eq!(numbers(&path, "SELECT count(*) FROM contact").await, 1);
}

/// Search texts of a store from before `ostland` found ØSTLAND.
#[tokio::test]
async fn search_texts_of_an_older_store_are_folded_as_they_are_today() {
    let s = scratch().await;
    let ana = person(&[(Field::Email, "ana@x.test"), (Field::LastName, "Bjørk"), (Field::Company, "ØSTLAND Straße")]);
    apply(&s.store, &booking("b1", State::Scheduled, 1, ana)).await;
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    let mut file = raw(&path).await;
    let today: Vec<String> = texts(&mut file).await;
    assert!(today[0].contains("ostland strasse") && today[1].contains("bjork"), "{today:?}");
    without_what_came_after_100(&mut file).await;
    for sql in [
        "DROP TABLE contact_search",
        "DROP TABLE activity_search",
        "CREATE VIRTUAL TABLE contact_search USING fts5 (text, tokenize = 'trigram', detail = none, columnsize = 0)",
        "CREATE VIRTUAL TABLE activity_search USING fts5 (text, tokenize = 'trigram', detail = none, columnsize = 0)",
        "INSERT INTO contact_search (rowid, text) SELECT id, \
         replace(replace(replace(text, 'bjork', 'bjørk'), 'ostland', 'østland'), 'ss', 'ß') FROM contact_text",
        "INSERT INTO activity_search (rowid, text) SELECT id, replace(text, 'bjork', 'bjørk') FROM activity_text",
        "DROP TABLE contact_text",
        "DROP TABLE activity_text",
        "DROP TRIGGER contact_text_move",
        "DROP TRIGGER contact_text_gone",
        "DROP TRIGGER activity_text_move",
        "DROP TRIGGER activity_text_gone",
        "DROP TRIGGER activity_text_person",
        "UPDATE contact SET name_key = replace(name_key, 'bjork', 'bjørk')",
        "DELETE FROM _sqlx_migrations WHERE version >= 90",
    ] {
        sqlx::query(sql).execute(&mut file).await.unwrap();
    }
    file.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    assert_eq!(texts(&mut raw(&path).await).await, today);
    assert_eq!(store.health().await.unwrap().problems, Vec::<String>::new());
    for (text, found) in [("ostland", 1), ("strasse", 1), ("bjork*", 1), ("se", 1), ("nobody", 0), ("nb", 0)] {
        let filter = Filter::parse(text, &Context::new(List::Contacts, at(0))).unwrap();
        assert_eq!(store.contact_total(&filter, 10).await.unwrap().n, found, "{text}");
    }
}

/// Migration 100 was another for a while, with two triggers more.
#[tokio::test]
async fn a_store_by_the_first_text_of_migration_100_is_brought_up_to_date() {
    let s = scratch().await;
    apply(&s.store, &guest("b1", "bo@buyer.test", 1)).await;
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    let mut file = raw(&path).await;
    without_what_came_after_100(&mut file).await;
    for sql in [
        "CREATE TRIGGER contact_text_insert AFTER INSERT ON contact_text BEGIN \
         INSERT INTO contact_search (rowid, text) VALUES (new.place, new.text); END",
        "CREATE TRIGGER contact_text_known AFTER INSERT ON contact_text BEGIN \
         UPDATE activity_text SET text = text WHERE id IN (SELECT a.id FROM activity a WHERE a.contact_id = new.id); END",
        "UPDATE _sqlx_migrations SET checksum = X'c0a0a521777d4db71b9ffcbb96fca49651d3653e0e5bbb4215443e34841ecda9\
         e91427c8569b619c10df97062885f87a' WHERE version = 100",
    ] {
        sqlx::query(sql).execute(&mut file).await.unwrap();
    }
    file.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    apply(&store, &guest("b2", "ana@buyer.test", 2)).await;
    words::in_step(&path).await;
    store.close().await;
    Store::open(&path).await.unwrap().close().await;
}

/// As if migrations 110 and 120 had never run.
async fn without_what_came_after_100(file: &mut SqliteConnection) {
    for sql in [
        "DROP TABLE contact_trigram",
        "DROP TABLE activity_trigram",
        "DROP INDEX contact_facts",
        "DROP INDEX contact_people",
        "DROP INDEX activity_unread_contact",
        "DROP INDEX activity_unread_start",
        "DROP INDEX activity_trashed_updated",
        "DROP INDEX activity_trashed_start",
        "DROP INDEX activity_created",
        "DELETE FROM _sqlx_migrations WHERE version > 100",
    ] {
        sqlx::query(sql).execute(&mut *file).await.unwrap();
    }
}

/// Of the only contact and its only activity: search texts, and the name by which it is sorted.
async fn texts(file: &mut SqliteConnection) -> Vec<String> {
    let sql =
        "SELECT text FROM contact_text UNION ALL SELECT text FROM activity_text UNION ALL SELECT name_key FROM contact";
    sqlx::query_scalar(sql).fetch_all(file).await.unwrap()
}

#[tokio::test]
async fn old_payloads_and_finished_rows_are_let_go() {
    let s = scratch().await;
    for n in 0..3_i64 {
        let address = format!("p{n}@buyer.test");
        apply(&s.store, &guest(&format!("b{n}"), &address, n)).await;
    }
    let path = s.folder.path().join("rolodeck.db");
    let mut file = raw(&path).await;
    let day = 86_400_000_i64;
    let base = at(0).as_millisecond();
    for n in 0..4_i64 {
        sqlx::query("INSERT INTO delivery (source, key, type, received_at, outcome, payload) VALUES ('calcom', ?, 'x', ?, 'applied', '{}')")
            .bind(format!("k{n}"))
            .bind(base + n * day)
            .execute(&mut file)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE outbox SET state = 'done', done_at = ? + (id - 1) * ?")
        .bind(base)
        .bind(day)
        .execute(&mut file)
        .await
        .unwrap();
    // What the gate left out is sent once its contact is let through, however late.
    sqlx::query("UPDATE outbox SET state = 'skipped', class = 'left_out' WHERE id = (SELECT min(id) FROM outbox)")
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();
    let full = "SELECT count(*) FROM delivery WHERE payload <> ''";
    let (payloads, rows) = (numbers(&path, full).await, numbers(&path, "SELECT count(*) FROM outbox").await);
    let now = at(3 * 86_400 + 1);
    let two_days = Some(SignedDuration::from_hours(48));
    assert_eq!(s.store.let_go(&Keep::default(), now).await.unwrap(), LetGo::default(), "for ever is for ever");
    let keep = Keep { payloads: two_days, done: two_days };
    let mut calls = 0;
    while s.store.let_go(&keep, now).await.unwrap() != LetGo::default() {
        calls += 1;
        assert!(calls < 10, "it comes to an end");
    }
    assert!(numbers(&path, full).await < payloads && numbers(&path, full).await >= 1);
    assert!(numbers(&path, "SELECT count(*) FROM outbox").await < rows);
    assert_eq!(numbers(&path, "SELECT count(*) FROM outbox WHERE class = 'left_out'").await, 1);
    assert_eq!(
        numbers(&path, "SELECT count(*) FROM delivery WHERE key LIKE 'k%'").await,
        4,
        "what came is known still"
    );
    let young = "SELECT count(*) FROM delivery WHERE key = 'k3' AND payload = '{}'";
    assert_eq!(numbers(&path, young).await, 1);
}

/// What SQLite itself says of a file that may not be written; `tests/programs/survival.rs` has the real thing.
#[tokio::test]
async fn a_store_that_may_not_be_written_says_so() {
    let s = scratch().await;
    let path = s.folder.path().join("rolodeck.db");
    let mut file = SqliteConnectOptions::new().filename(&path).read_only(true).connect().await.unwrap();
    let refused = sqlx::query("DELETE FROM contact").execute(&mut file).await.unwrap_err();
    assert!(matches!(StoreError::from(refused), StoreError::ReadOnly));
    file.close().await.unwrap();
}
