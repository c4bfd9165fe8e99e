//! Bringing the schema of a store up to date, after a copy of it was made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnection;

use super::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("assets/migrations");

/// Migration 100 had another text in its first days (its SHA-384): a store that was made by that one is as good, and migration
/// 110 takes away what it had more.
const FIRST_TEXT_OF_100: &str =
    "c0a0a521777d4db71b9ffcbb96fca49651d3653e0e5bbb4215443e34841ecda9e91427c8569b619c10df97062885f87a";

/// The newest schema that this program knows.
pub(super) fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A store that an older version of the program has made, and what is about to be done with it.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// Where it is kept as it was: the program that made it may be wanted back.
    pub copy: PathBuf,
    /// The newest of its migrations, and of this program's.
    pub schemas: (i64, i64),
}

/// What there is to do, if the store is of an older schema.
async fn pending(writer: &mut SqliteConnection, path: &Path) -> Result<Option<Upgrade>, StoreError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *writer)
        .await?;
    if tables == 0 {
        return Ok(None);
    }
    let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&mut *writer).await?;
    let (newest, to) = (applied.iter().copied().max().unwrap_or(0), newest_schema());
    // One that this program does not know is refused without being touched.
    if applied.is_empty() || newest > to || MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)) {
        return Ok(None);
    }
    let copy = path.with_file_name(format!("rolodeck-before-schema-{to}.db"));
    Ok(Some(Upgrade { copy, schemas: (newest, to) }))
}

/// True if the store has this program's migrations, and none besides: a start needs to know no more.
async fn up_to_date(writer: &mut SqliteConnection) -> bool {
    let applied: Result<Vec<(i64, bool, Vec<u8>)>, _> =
        sqlx::query_as("SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut *writer)
            .await;
    // A new file has no such table.
    let Ok(applied) = applied else { return false };
    applied.len() == MIGRATIONS.iter().count()
        && MIGRATIONS.iter().zip(&applied).all(|(known, (version, success, checksum))| {
            *success && known.version == *version && *known.checksum == *checksum.as_slice()
        })
}

/// Brings the schema up to date; the connection is the only one that this process has.
pub(super) async fn migrate(
    writer: &mut SqliteConnection,
    path: &Path,
    tell: impl FnOnce(&Upgrade),
) -> Result<(), StoreError> {
    if up_to_date(writer).await {
        return Ok(());
    }
    let upgrade = pending(writer, path).await?;
    if let Some(upgrade) = &upgrade {
        tell(upgrade);
        tracing::info!(?upgrade, "the store is brought up to date");
        let made = super::care::copy(path, &upgrade.copy).await;
        made.map_err(|source| StoreError::Backup { path: path.to_owned(), source: Box::new(source) })?;
        prepare(writer).await?;
        accept_first_text_of_100(writer).await?;
    }
    let mut tries = 0;
    loop {
        let error = match MIGRATIONS.run(&mut *writer).await {
            Ok(()) if upgrade.is_some() => return settle(writer).await,
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error {
            MigrateError::VersionMissing(found) => {
                return Err(StoreError::NewerSchema { path: path.to_owned(), found, known: newest_schema() });
            }
            // Two processes may start on an empty store at once: the second finds the tables made.
            error if tries < 3 => {
                tracing::debug!(%error, "migration, next try");
                tries += 1;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                return Err(match StoreError::from(error) {
                    StoreError::Sqlite(error) => {
                        StoreError::Migrate { path: path.to_owned(), source: MigrateError::Execute(error) }
                    }
                    known => known,
                });
            }
            source => return Err(StoreError::Migrate { path: path.to_owned(), source }),
        }
    }
}

async fn accept_first_text_of_100(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let Some(today) = MIGRATIONS.iter().find(|migration| migration.version == 100) else { return Ok(()) };
    sqlx::query("UPDATE _sqlx_migrations SET checksum = ? WHERE version = 100 AND checksum = unhex(?)")
        .bind(today.checksum.as_ref())
        .bind(FIRST_TEXT_OF_100)
        .execute(writer)
        .await?;
    Ok(())
}

/// A migration may touch every row of millions, in one transaction. What it sorts, and what it would take back if it failed,
/// goes to a file, and more of what it writes stays at hand. And its journal keeps what was there before, not what comes:
/// pages of gigabytes would be looked for in a write-ahead log, one by one.
async fn prepare(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = format!("PRAGMA temp_store = file; PRAGMA cache_size = -{MIGRATION_CACHE}; PRAGMA busy_timeout = 0");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *writer).await?;
    // Somebody else may have the store open: then it takes longer.
    if let Err(error) = sqlx::raw_sql("PRAGMA journal_mode = truncate").execute(&mut *writer).await {
        tracing::info!(%error, "the store is brought up to date beside others");
    }
    sqlx::raw_sql("PRAGMA busy_timeout = 10000").execute(writer).await?;
    Ok(())
}

/// Back to how a writer works.
async fn settle(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = format!("PRAGMA temp_store = memory; PRAGMA cache_size = -{WRITER_CACHE}; PRAGMA journal_mode = wal");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(writer).await?;
    Ok(())
}

/// Of the connection that writes, in KiB.
pub(super) const WRITER_CACHE: u32 = 16_000;
const MIGRATION_CACHE: u32 = 128_000;
