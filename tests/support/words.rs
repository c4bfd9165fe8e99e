//! Whether the index of words is what the texts say, and stands where the lists have their rows.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

/// Panics with what is in one and not in the other: the index as the store has kept it, and one made anew from the rows.
pub async fn in_step(store: &Path) {
    let mut db = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(store)).await.unwrap();
    for sql in [
        "CREATE TEMP TABLE expected (list TEXT, place INTEGER, text TEXT)",
        "INSERT INTO expected SELECT 'contact', c.recent_at / 16777216 * 4294967296 + c.id, t.text || '  ' \
         FROM contact c LEFT JOIN contact_text t ON t.id = c.id",
        "INSERT INTO expected SELECT 'activity', a.updated_at / 16777216 * 4294967296 + a.id, t.text || coalesce(k.text, '') || '  ' \
         FROM activity a LEFT JOIN activity_text t ON t.id = a.id LEFT JOIN contact_text k ON k.id = a.contact_id",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    for list in ["contact", "activity"] {
        let rows = |what: &str| format!("SELECT json_array({what}) FROM");
        let without: Vec<String> = ask(&mut db, &format!("{} expected WHERE text IS NULL", rows("list, place"))).await;
        assert_eq!(without, Vec::<String>::new(), "without a text");
        let count = format!("SELECT count(*) || '' FROM {list}_text UNION ALL SELECT count(*) || '' FROM {list}");
        let counts = ask(&mut db, &count).await;
        assert_eq!(counts[0], counts[1], "texts of nothing in {list}");
        for sql in [
            format!("CREATE VIRTUAL TABLE temp.{list}_fresh USING fts5 (text, tokenize = 'trigram', detail = none)"),
            format!(
                "INSERT INTO temp.{list}_fresh (rowid, text) SELECT place, text FROM expected WHERE list = '{list}'"
            ),
            format!("CREATE VIRTUAL TABLE temp.{list}_made USING fts5vocab (temp, {list}_fresh, instance)"),
            format!("CREATE VIRTUAL TABLE temp.{list}_kept USING fts5vocab (main, {list}_search, instance)"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        }
        for (more, less) in [("kept", "made"), ("made", "kept")] {
            let sql = format!(
                "{} (SELECT term, doc FROM temp.{list}_{more} EXCEPT SELECT term, doc FROM temp.{list}_{less})",
                rows("term, doc >> 32, doc & 4294967295")
            );
            let found = ask(&mut db, &sql).await;
            assert_eq!(found, Vec::<String>::new(), "{list}: {more}, but not {less}");
        }
    }
    db.close().await.unwrap();
}

async fn ask(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(db).await.unwrap()
}
