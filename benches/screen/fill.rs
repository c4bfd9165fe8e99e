//! A store of many people, made by SQL alone in a few seconds.

use std::path::Path;
use std::time::Duration;

use rolodeck::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

const FIRST: [&str; 8] = ["Ana", "Bo", "Chidi", "Daniela", "Eloise", "Farid", "Greta", "Jun"];
const LAST: [&str; 8] = ["Berg", "Lindqvist", "Okafor", "Moreira", "Lefevre", "Haddad", "Muller", "Sato"];

/// Whom the list shows first.
pub fn first(contacts: u64) -> String {
    let last = contacts.saturating_sub(1) as usize;
    format!("{} {}", FIRST[last % 8], LAST[last / 8 % 8])
}

/// Fills the folder's store, unless it is there already; then it only forgets how the screen was left.
pub async fn fill(folder: &Path, contacts: u64) {
    let path = folder.join("rolodeck.db");
    let done = folder.join("filled");
    if done.exists() {
        let mut connection = open(&path).await;
        sqlx::raw_sql("DELETE FROM setting WHERE key = 'tui.session'").execute(&mut connection).await.unwrap();
        return connection.close().await.unwrap();
    }
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    Store::open(&path).await.unwrap().close().await;
    let mut connection = open(&path).await;
    let pick = |names: [&str; 8], by: &str| {
        let cases: Vec<_> = names.iter().enumerate().map(|(i, name)| format!("WHEN {i} THEN '{name}'")).collect();
        format!("CASE ({by}) % 8 {} END", cases.join(" "))
    };
    let (first, last) = (pick(FIRST, "n"), pick(LAST, "n / 8"));
    let people = format!(
        "INSERT INTO contact (email, first_name, last_name, company, job_title, status, source, name_key, created_at, \
         updated_at, interacted_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {contacts}) \
         SELECT 'p' || n || '@example.test', {first}, {last}, 'Company ' || (n % 5000), 'Buyer', \
         CASE n % 7 WHEN 1 THEN 'qualified' WHEN 3 THEN 'disqualified' END, 'calcom', \
         lower({last}) || ' ' || lower({first}) || n, 1750000000000 + n * 1000, 1750000000000 + n * 1000, \
         1750000000000 + n * 1000 FROM numbers"
    );
    let search = "INSERT INTO contact_text (id, place, text) \
                  SELECT id, recent_at >> 24 << 32 | id, ' ' || lower(first_name || ' ' || last_name || ' ' || email || ' ' || company) FROM contact";
    let mut tx = connection.begin().await.unwrap();
    let index = "INSERT INTO contact_search (rowid, text) SELECT place, text || '  ' FROM contact_text";
    for sql in [people.as_str(), search, index] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    std::fs::write(done, "").unwrap();
}

/// Changes seen rows twenty times a second for a while, as a worker of another process does.
pub async fn stir(folder: &Path, time: Duration) {
    let mut connection = open(&folder.join("rolodeck.db")).await;
    let mut every = tokio::time::interval(Duration::from_millis(50));
    for n in 0..time.as_millis() / 50 {
        every.tick().await;
        // Each of the rows has another one each time that it comes round.
        let status = if (n / 20) % 2 == 0 { "qualified" } else { "sales_qualified" };
        let sql = "UPDATE contact SET status = ?1 WHERE id = (SELECT max(id) - ?2 FROM contact)";
        sqlx::query(sql).bind(status).bind((n % 20) as i64).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
    options.pragma("synchronous", "normal").pragma("cache_size", "-200000").connect().await.unwrap()
}
