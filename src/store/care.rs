//! Keeping the file: copies that are known to be good, a look at its health, and what is let go with time.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::connect::transact_quietly;
use super::convert::{instant, ms};
use super::migrate::newest_schema;
use super::{Store, StoreError};

/// The most that one transaction lets go, so that none is long.
const AT_ONCE: i64 = 500;
/// Up to which delivery the payloads have been let go.
const CURSOR: &str = "care.payloads";

/// A copy of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Contacts in it.
    pub contacts: i64,
    /// Activities in it.
    pub activities: i64,
    /// Its schema.
    pub schema: i64,
}

/// How the file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What SQLite found wrong; empty: nothing.
    pub problems: Vec<String>,
    /// Size of the file.
    pub bytes: u64,
    /// How much of it is unused and will be used again.
    pub free_bytes: u64,
    /// Contacts.
    pub contacts: i64,
    /// Activities.
    pub activities: i64,
}

/// How long things are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Payloads as they came. What was made of them stays, and so does the knowledge that they came.
    pub payloads: Option<SignedDuration>,
    /// Outbox rows that are done or left out, and deliveries to hooks that are done.
    pub done: Option<SignedDuration>,
}

/// What was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LetGo {
    /// Payloads.
    pub payloads: u64,
    /// Outbox rows and deliveries.
    pub done: u64,
}

impl Store {
    /// Writes a copy of the store as it is at one moment, while others go on working, and looks whether the copy is
    /// good. A file of that name is replaced only by a good copy. Nobody else can read it (mode 0600).
    pub async fn backup(&self, to: &Path) -> Result<Backup, StoreError> {
        copy(self.path(), to).await
    }

    /// Looks through the whole file: structure, indexes, references. Takes a while with a large one.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let mut reader = self.readers().acquire().await?;
        let problems = problems(&mut reader).await?;
        let number = async |reader: &mut SqliteConnection, sql: &'static str| -> Result<i64, StoreError> {
            Ok(sqlx::query_scalar(sql).fetch_one(reader).await?)
        };
        let page = number(&mut reader, "PRAGMA page_size").await?;
        let pages = number(&mut reader, "PRAGMA page_count").await?;
        let free = number(&mut reader, "PRAGMA freelist_count").await?;
        Ok(Health {
            problems,
            bytes: u64::try_from(page * pages).unwrap_or(0),
            free_bytes: u64::try_from(page * free).unwrap_or(0),
            contacts: number(&mut reader, "SELECT count(*) FROM contact").await?,
            activities: number(&mut reader, "SELECT count(*) FROM activity").await?,
        })
    }

    /// When the last change was written; `None`: nothing has happened yet.
    pub async fn last_written(&self) -> Result<Option<Timestamp>, StoreError> {
        let last: Option<i64> = sqlx::query_scalar("SELECT at FROM history ORDER BY id DESC LIMIT 1")
            .fetch_optional(self.readers())
            .await?;
        last.map(instant).transpose()
    }

    /// Lets go of what is older than it is kept for. At most 500 of a kind a call: call it until nothing was let go.
    pub async fn let_go(&self, keep: &Keep, now: Timestamp) -> Result<LetGo, StoreError> {
        let mut gone = LetGo::default();
        if let Some(before) = keep.done.map(|age| ms(now - age)) {
            // What the gate left out is sent once its contact is let through, however late.
            let outbox: Vec<i64> = sqlx::query_scalar(
                "SELECT id FROM outbox WHERE done_at IS NOT NULL AND done_at < ? AND class IS NOT 'left_out' LIMIT ?",
            )
            .bind(before)
            .bind(AT_ONCE)
            .fetch_all(self.readers())
            .await?;
            let hooks: Vec<i64> = sqlx::query_scalar(
                "SELECT id FROM hook_delivery WHERE state IN ('done', 'skipped') AND coalesce(done_at, created_at) < ? LIMIT ?",
            )
            .bind(before)
            .bind(AT_ONCE)
            .fetch_all(self.readers())
            .await?;
            if !outbox.is_empty() || !hooks.is_empty() {
                gone.done = transact_quietly_in(self, &outbox, &hooks).await?;
            }
        }
        if let Some(before) = keep.payloads.map(|age| ms(now - age)) {
            gone.payloads = self.let_payloads_go(before).await?;
        }
        Ok(gone)
    }

    /// Deliveries come in the order of their numbers, so a cursor finds the old ones without an index on time.
    async fn let_payloads_go(&self, before: i64) -> Result<u64, StoreError> {
        let cursor: i64 = self.setting(CURSOR).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let old: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, received_at FROM delivery WHERE id > ? ORDER BY id LIMIT ?")
                .bind(cursor)
                .bind(AT_ONCE)
                .fetch_all(self.readers())
                .await?;
        let old: Vec<i64> = old.into_iter().take_while(|(_, at)| *at < before).map(|(id, _)| id).collect();
        let Some(last) = old.last().copied() else { return Ok(0) };
        let written: Result<u64, StoreError> = transact_quietly!(self, |tx| {
            let gone = sqlx::query("UPDATE delivery SET payload = '' WHERE id > ? AND id <= ? AND payload <> ''")
                .bind(cursor)
                .bind(last)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            sqlx::query("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(CURSOR)
                .bind(last.to_string())
                .execute(&mut *tx)
                .await?;
            gone
        });
        // The rows were gone through, whether or not they still held something.
        Ok(written?.max(1))
    }
}

async fn transact_quietly_in(store: &Store, outbox: &[i64], hooks: &[i64]) -> Result<u64, StoreError> {
    let (outbox, hooks) = (super::convert::json_ids(outbox), super::convert::json_ids(hooks));
    transact_quietly!(store, |tx| {
        let mut gone = 0;
        // Asked again inside the transaction: a row may have been opened anew since.
        for (sql, ids) in [
            (
                "DELETE FROM outbox WHERE state IN ('done', 'skipped') AND id IN (SELECT value FROM json_each(?))",
                &outbox,
            ),
            (
                "DELETE FROM hook_delivery WHERE state IN ('done', 'skipped') AND id IN (SELECT value FROM json_each(?))",
                &hooks,
            ),
        ] {
            gone += sqlx::query(sql).bind(ids).execute(&mut *tx).await?.rows_affected();
        }
        gone
    })
}

/// Copies a store file, whoever works on it, and verifies the copy before it takes the name.
pub(super) async fn copy(from: &Path, to: &Path) -> Result<Backup, StoreError> {
    let (place, backup) = copied(from, to, &[]).await?;
    place.persist(to).map_err(|error| unusable(to, error.error))?;
    Ok(backup)
}

/// A verified copy beside the place that it shall take, safe on the disk; with some settings of its own.
async fn copied(
    from: &Path,
    to: &Path,
    settings: &[(&str, String)],
) -> Result<(tempfile::NamedTempFile, Backup), StoreError> {
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made by us, so that it is ours alone; SQLite fills an empty file.
    let place = tempfile::Builder::new().prefix(".rolodeck-backup").tempfile_in(directory);
    let place = place.map_err(|error| unusable(to, error))?;
    let mut source = SqliteConnectOptions::new().filename(from).disable_statement_logging().connect().await?;
    let target =
        place.path().to_str().ok_or_else(|| unusable(to, std::io::Error::other("its name is no text")))?.to_owned();
    sqlx::query("VACUUM INTO ?").bind(&target).execute(&mut source).await?;
    source.close().await?;
    if !settings.is_empty() {
        let mut file = SqliteConnectOptions::new().filename(&target).disable_statement_logging().connect().await?;
        for (key, value) in settings {
            sqlx::query("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(key)
                .bind(value)
                .execute(&mut file)
                .await?;
        }
        file.close().await?;
    }
    // SQLite has made its indexes anew from its tables.
    let backup = look_through(place.path(), Depth::Pages).await?;
    place.as_file().sync_all().map_err(|error| unusable(to, error))?;
    Ok((place, Backup { path: to.to_owned(), ..backup }))
}

fn unusable(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Open { path: path.to_owned(), source: sqlx::Error::Io(source) }
}

/// Looks whether a file is a store that this program can use; its path is told as it was given.
pub async fn verify(path: &Path) -> Result<Backup, StoreError> {
    look_through(path, Depth::Everything).await
}

/// What of a file is looked at.
#[derive(Clone, Copy)]
enum Depth {
    /// Every page of it.
    Pages,
    /// Whether indexes say what their tables say, too: with millions of activities that takes many minutes.
    Everything,
}

async fn look_through(path: &Path, depth: Depth) -> Result<Backup, StoreError> {
    let bytes = std::fs::metadata(path)
        .map_err(|source| StoreError::Open { path: path.to_owned(), source: sqlx::Error::Io(source) })?
        .len();
    let mut file = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .pragma("query_only", "on")
        .disable_statement_logging()
        .connect()
        .await?;
    let schema: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success = 1")
        .fetch_one(&mut file)
        .await
        .map_err(|error| match StoreError::from(error) {
            StoreError::Sqlite(_) => StoreError::NoStore { path: path.to_owned() },
            known => known,
        })?;
    let schema = schema.unwrap_or(0);
    if schema > newest_schema() {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found: schema, known: newest_schema() });
    }
    let sound = match depth {
        Depth::Pages => sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(&mut file).await? == "ok",
        Depth::Everything => problems(&mut file).await?.is_empty(),
    };
    if !sound {
        return Err(StoreError::Damaged);
    }
    let count = async |file: &mut SqliteConnection, sql: &'static str| -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(sql).fetch_one(file).await?)
    };
    let contacts = count(&mut file, "SELECT count(*) FROM contact").await?;
    let activities = count(&mut file, "SELECT count(*) FROM activity").await?;
    file.close().await?;
    Ok(Backup { path: path.to_owned(), bytes, contacts, activities, schema })
}

async fn problems(file: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&mut *file).await?;
    found.retain(|line| line != "ok");
    let strays = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *file).await?.len();
    if strays > 0 {
        found.push(format!("{strays} rows refer to rows that are not there"));
    }
    Ok(found)
}

/// Puts a verified copy in place of the store at `path`. What was there before is kept beside it, and its path given
/// back. Refused while another process has the store open.
///
/// The settings stand in the copy before it takes the name, and the one before keeps a name of its own until then:
/// whenever this is broken off, the store is the one before or the copy with its settings.
pub async fn restore(
    from: &Path,
    path: &Path,
    settings: &[(&str, String)],
    now: Timestamp,
) -> Result<(Backup, Option<PathBuf>), StoreError> {
    let backup = verify(from).await?;
    let (place, _) = copied(from, path, settings).await?;
    let there = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    let kept =
        there.then(|| path.with_file_name(format!("rolodeck-before-restore-{}.db", now.strftime("%Y%m%d-%H%M%S"))));
    let Some(kept) = kept else {
        place.persist(path).map_err(|error| unusable(path, error.error))?;
        return Ok((backup, None));
    };
    alone(path).await?;
    // A second name, where the file system has such; else there is no store for a moment.
    let moved = match std::fs::hard_link(path, &kept) {
        Ok(()) => false,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(unusable(&kept, error)),
        Err(_) => {
            std::fs::rename(path, &kept).map_err(|error| unusable(path, error))?;
            true
        }
    };
    if let Err(error) = place.persist(path) {
        let undone = if moved { std::fs::rename(&kept, path) } else { std::fs::remove_file(&kept) };
        undone.map_err(|error| unusable(&kept, error))?;
        return Err(unusable(path, error.error));
    }
    Ok((backup, Some(kept)))
}

/// Folds the write-ahead log into the file; an error if another process uses it. A damaged file has nobody to fold it
/// and goes as it is, its log with it.
async fn alone(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
    let tried: Result<(), StoreError> = async {
        // An exclusive lock is refused while anybody else has the file open.
        let mut file = options.pragma("locking_mode", "exclusive").connect().await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut file).await?;
        sqlx::query("COMMIT").execute(&mut file).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut file).await?;
        file.close().await?;
        Ok(())
    }
    .await;
    match tried {
        Err(StoreError::Locked) => Err(StoreError::Locked),
        Err(error) => {
            tracing::warn!(%error, "the store before cannot be read; it is put aside as it is");
            for suffix in ["-wal", "-shm"] {
                let mut side = path.as_os_str().to_owned();
                side.push(suffix);
                let side = PathBuf::from(side);
                let mut aside = side.clone().into_os_string();
                aside.push(".damaged");
                if side.exists()
                    && let Err(source) = std::fs::rename(&side, aside)
                {
                    return Err(StoreError::Open { path: side, source: sqlx::Error::Io(source) });
                }
            }
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::activity::{ActivityUpdate, Kind, State};
    use crate::domain::{Field, FieldValue, Interaction, Person, Source};
    use crate::store::IdentityRules;

    fn guest(n: i64) -> Interaction {
        let mut person = Person::default();
        person.values.set(Field::Email, Some(FieldValue::Text(format!("p{n}@buyer.test"))));
        let update =
            ActivityUpdate { state: Some(State::Scheduled), ..ActivityUpdate::new(Kind::Booking, format!("b{n}")) };
        Interaction {
            source: Source::CalCom,
            key: format!("k{n}"),
            event: "BOOKING_CREATED".into(),
            at: Timestamp::UNIX_EPOCH,
            person: Some(person),
            activity: Some(update),
            payload: "x".repeat(2_000),
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_every_change_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        {
            // SQLite's own limit stands for the disk's: the same error at the same place.
            let mut writer = store.writer().await;
            let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *writer).await.unwrap();
            let limit = format!("PRAGMA max_page_count = {}", pages + 40);
            sqlx::query(sqlx::AssertSqlSafe(limit)).execute(&mut *writer).await.unwrap();
        }
        let mut stored = 0;
        let error = loop {
            match store.apply(&guest(stored), IdentityRules::default(), Timestamp::UNIX_EPOCH).await {
                Ok(_) => stored += 1,
                Err(error) => break error,
            }
            assert!(stored < 5_000, "the limit is never reached");
        };
        assert!(matches!(error, StoreError::Full), "{error:?}");
        let health = store.health().await.unwrap();
        assert_eq!((health.problems, health.contacts, health.activities), (Vec::new(), stored, stored));
        let outbox: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(store.readers()).await.unwrap();
        assert!(outbox >= stored, "what waits for Salesforce was written with it");
    }
}
