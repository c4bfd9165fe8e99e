//! Files that are not as they should be, and two processes on one.

use rolodeck::domain::Field;
use rolodeck::domain::activity::State;
use rolodeck::store::{Store, StoreError};

use super::{apply, booking, person, scratch};

#[tokio::test]
async fn a_damaged_file_is_said_to_be_damaged_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rolodeck.db");
    std::fs::write(&path, "this is no database, and long enough to look at: ".repeat(50)).unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged), "{error:?}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is no database"));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let s = scratch().await;
    let path = s.folder.path().join("rolodeck.db");
    s.store.close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_folder_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&folder.path().join("no/such/rolodeck.db")).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let s = scratch().await;
    let mode = std::fs::metadata(s.folder.path().join("rolodeck.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let s = scratch().await;
    let other = Store::open(&s.folder.path().join("rolodeck.db")).await.unwrap();
    let mut changes = other.changes();
    let watcher = {
        let other = other.clone();
        tokio::spawn(async move { other.watch_others().await })
    };
    // The watcher must have looked once before there is something new to it.
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        let mut n = 0;
        loop {
            apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, n, person(&[(Field::Email, "ana@x.test")])))
                .await;
            n += 1;
            if tokio::time::timeout(std::time::Duration::from_millis(1500), changes.changed()).await.is_ok() {
                break;
            }
        }
    })
    .await
    .unwrap();
    watcher.abort();
    assert_eq!(other.status_counts().await.unwrap().none, 1);
}
