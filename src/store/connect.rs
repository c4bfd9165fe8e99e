//! Opening the file, bringing it up to date, and hearing of changes.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard, watch};

use super::StoreError;
use super::wal_watch::WalWatch;
use crate::domain::Actor;
use crate::domain::access::Action;
use crate::filter::Filter;

static MIGRATIONS: Migrator = sqlx::migrate!("assets/migrations");

/// The store: cheap to clone, one file behind it.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
    /// Who acts through this handle; `None`: the program itself.
    actor: Option<Arc<Actor>>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    changes: watch::Sender<u64>,
}

impl Store {
    /// Opens the file, makes it if there is none (mode 0600), and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        private_file(path);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(200)
            .pragma("temp_store", "memory")
            .pragma("journal_size_limit", "67108864")
            .disable_statement_logging();
        let open = |source| match StoreError::from(source) {
            StoreError::Sqlite(_) if no_room(path) => StoreError::Full,
            StoreError::Sqlite(source) => StoreError::Open { path: path.to_owned(), source },
            known => known,
        };
        let cache = format!("-{WRITER_CACHE}");
        let mut writer = options.clone().pragma("cache_size", cache).connect().await.map_err(open)?;
        migrate(&mut writer, path).await?;
        // Readers are opened when first needed and closed when idle: the first frame waits for none of them.
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .min_connections(0)
            .idle_timeout(Some(Duration::from_mins(10)))
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.pragma("query_only", "on").pragma("cache_size", "-12000"));
        let (changes, _) = watch::channel(0);
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers, changes };
        Ok(Self { inner: Arc::new(inner), actor: None })
    }

    /// The same store in the hands of somebody: what they may not see is not there, and what they may not do is refused.
    /// Screen, command line and HTTP each work through such a handle; the sync worker and the readers of payloads do not.
    #[must_use]
    pub fn acting(&self, actor: Actor) -> Self {
        Self { inner: Arc::clone(&self.inner), actor: Some(Arc::new(actor)) }
    }

    /// Who acts through this handle.
    pub fn actor(&self) -> Actor {
        self.actor.as_ref().map_or_else(|| Actor::administrator("rolodeck"), |actor| Actor::clone(actor))
    }

    /// Refuses what the role does not allow to contacts of these owners.
    pub(super) fn allow(&self, action: Action, owners: &[Option<i64>]) -> Result<(), StoreError> {
        match &self.actor {
            Some(actor) => Ok(actor.may(action, owners)?),
            None => Ok(()),
        }
    }

    /// The filter, narrowed to what the actor may see.
    pub(super) fn within_reach<'f>(&self, filter: &'f Filter) -> Cow<'f, Filter> {
        match self.actor.as_ref().and_then(|actor| actor.reach()) {
            Some(owners) => Cow::Owned(filter.within(&owners)),
            None => Cow::Borrowed(filter),
        }
    }

    /// The owners whose contacts the actor may see, for `json_each(?)`; `None`: everybody's.
    pub(super) fn reach_json(&self) -> Option<String> {
        let owners = self.actor.as_ref()?.reach()?;
        Some(super::convert::json_ids(&owners))
    }

    /// A condition on `activity`: the actor may see it, for its contact is theirs or they host it. The placeholder of this
    /// number is [`Store::reach_json`].
    pub(super) fn activity_reached(placeholder: usize) -> String {
        format!(
            "(?{placeholder} IS NULL OR activity.user_id IN (SELECT value FROM json_each(?{placeholder})) OR EXISTS ( \
               SELECT 1 FROM contact c WHERE c.id = activity.contact_id \
               AND c.owner_id IN (SELECT value FROM json_each(?{placeholder}))))"
        )
    }

    /// True if the actor may see contacts of this owner.
    pub(super) fn reaches(&self, owner: Option<i64>) -> bool {
        self.actor.as_ref().is_none_or(|actor| actor.reaches(owner))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Grows with every commit of this process, and of others once [`Store::watch_others`] runs.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Notices commits of other processes, until the future is dropped.
    pub async fn watch_others(&self) -> Result<(), StoreError> {
        let mut seen: Option<i64> = None;
        let mut wal = WalWatch::new(&self.inner.path);
        loop {
            let version = self.foreign_version().await?;
            if seen.replace(version).is_some_and(|seen| seen != version) {
                self.notify();
            }
            wal.written().await;
        }
    }

    /// A number that differs after commits of other processes. The writer is asked, because to any other connection
    /// its own commits are foreign too, and a worker that renews its lease would wake itself for ever.
    async fn foreign_version(&self) -> Result<i64, StoreError> {
        let mut writer = self.writer().await;
        Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *writer).await?)
    }

    /// Closes every connection; the write-ahead log is folded into the file.
    pub async fn close(self) {
        self.inner.readers.close().await;
        if let Some(inner) = Arc::into_inner(self.inner) {
            let _ = inner.writer.into_inner().close().await;
        }
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    pub(super) async fn writer(&self) -> MutexGuard<'_, SqliteConnection> {
        self.inner.writer.lock().await
    }

    pub(super) fn notify(&self) {
        self.inner.changes.send_modify(|n| *n += 1);
    }
}

/// Runs a change as one transaction that holds the write lock from the start: a deferred one that writes later would
/// fail busy in spite of the timeout. Tells whoever listens for changes.
macro_rules! transact {
    ($store:expr, |$tx:ident| $body:expr) => {{
        let result = $crate::store::connect::transact_quietly!($store, |$tx| $body);
        $store.notify();
        result
    }};
}
pub(super) use transact;

/// The same for what no list shows (leases).
macro_rules! transact_quietly {
    ($store:expr, |$tx:ident| $body:expr) => {{
        let mut writer = $store.writer().await;
        let mut $tx = $crate::store::connect::begin(&mut writer).await?;
        let result = $body;
        $tx.commit().await?;
        drop(writer);
        Ok(result)
    }};
}
pub(super) use transact_quietly;

pub(super) async fn begin(writer: &mut SqliteConnection) -> Result<Transaction<'_, Sqlite>, StoreError> {
    Ok(writer.begin_with("BEGIN IMMEDIATE").await?)
}

/// The newest schema that this program knows.
pub(super) fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A store of an older schema is copied before it is changed: the program that made it may be wanted back. True if it is
/// one.
async fn keep_older(writer: &mut SqliteConnection, path: &Path) -> Result<bool, StoreError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *writer)
        .await?;
    if tables == 0 {
        return Ok(false);
    }
    let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&mut *writer).await?;
    // One that this program does not know is refused without being touched.
    let newer = applied.iter().any(|version| *version > newest_schema());
    if applied.is_empty() || newer || MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)) {
        return Ok(false);
    }
    let copy = path.with_file_name(format!("rolodeck-before-schema-{}.db", newest_schema()));
    let made = super::care::copy(path, &copy).await;
    made.map_err(|source| StoreError::Backup { path: path.to_owned(), source: Box::new(source) })?;
    tracing::info!(copy = %copy.display(), to = newest_schema(), "the store is brought up to date");
    Ok(true)
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

async fn migrate(writer: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    if up_to_date(writer).await {
        return Ok(());
    }
    let older = keep_older(writer, path).await?;
    if older {
        prepare(writer).await?;
    }
    let mut tries = 0;
    loop {
        let error = match MIGRATIONS.run(&mut *writer).await {
            Ok(()) if older => return settle(writer).await,
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

const WRITER_CACHE: u32 = 16_000;
const MIGRATION_CACHE: u32 = 128_000;

/// True if the disk is full, which SQLite, opening files, does not tell from other reasons.
fn no_room(path: &Path) -> bool {
    #[cfg(unix)]
    {
        let disk = path.parent().and_then(|directory| rustix::fs::statvfs(directory).ok());
        disk.is_some_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < 64 * 1024)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// SQLite makes files by the umask; contacts are nobody else's business.
fn private_file(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        if let Err(error) = made
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            tracing::debug!(%error, "cannot make the store's file; SQLite will say why");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_commits_of_others_are_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rolodeck.db");
        let (ours, other) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        let before = ours.foreign_version().await.unwrap();
        ours.set_setting("a", "1").await.unwrap();
        assert_eq!(ours.foreign_version().await.unwrap(), before);
        other.set_setting("a", "2").await.unwrap();
        assert_ne!(ours.foreign_version().await.unwrap(), before);
    }

    #[tokio::test]
    async fn commits_of_others_are_heard_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rolodeck.db");
        let (ours, other) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        let mut changes = ours.changes();
        let watching = ours.clone();
        let watcher = tokio::spawn(async move { watching.watch_others().await });
        // The watcher may not have looked yet, so that a single commit could be what it begins with.
        let heard = async {
            for n in 0.. {
                other.set_setting("a", &n.to_string()).await.unwrap();
                let moment = tokio::time::timeout(Duration::from_millis(500), changes.changed()).await;
                if moment.is_ok() {
                    return;
                }
            }
        };
        // The limit is only there for a test that fails.
        assert!(tokio::time::timeout(Duration::from_mins(1), heard).await.is_ok());
        watcher.abort();
    }
}
