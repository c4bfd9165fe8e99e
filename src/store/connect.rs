//! Opening the file, bringing it up to date, and hearing of changes.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard, watch};

use super::StoreError;
use super::list_reader::{Lease, ListReader};
use super::migrate::{Upgrade, WRITER_CACHE, migrate};
use super::wal_watch::WalWatch;
use crate::domain::Actor;
use crate::domain::access::Action;
use crate::filter::Filter;

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
    lists: ListReader,
    changes: watch::Sender<u64>,
}

impl Store {
    /// Opens the file, makes it if there is none (mode 0600), and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_telling(path, |_| {}).await
    }

    /// The same. A store of an older schema is told of before it is brought up to date: that may take minutes.
    pub async fn open_telling(path: &Path, tell: impl FnOnce(&Upgrade)) -> Result<Self, StoreError> {
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
        migrate(&mut writer, path, tell).await?;
        // Readers are opened when first needed and closed when idle: the first frame waits for none of them.
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .min_connections(0)
            .idle_timeout(Some(Duration::from_mins(10)))
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "on").pragma("cache_size", "-4000"));
        let lists = ListReader::new(options.pragma("query_only", "on").pragma("cache_size", "-32000"));
        let (changes, _) = watch::channel(0);
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers, lists, changes };
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
            inner.lists.close().await;
            let _ = inner.writer.into_inner().close().await;
        }
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    /// Opens what reads pages of lists, for whoever will ask for one soon.
    pub async fn prepare_lists(&self) -> Result<(), StoreError> {
        self.inner.lists.prepare().await
    }

    /// What reads pages of lists.
    pub(super) async fn list_reader(&self) -> Result<Lease<'_>, StoreError> {
        self.inner.lists.lease(self.readers()).await
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
