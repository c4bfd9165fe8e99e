//! The connection that reads pages of lists: always the same, because its cache has what the page before has read.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};
use sqlx::{ConnectOptions, Connection, Sqlite};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::StoreError;

/// Opened when first needed.
#[derive(Debug)]
pub(super) struct ListReader {
    options: SqliteConnectOptions,
    reader: OnceCell<Mutex<Reader>>,
}

#[derive(Debug)]
struct Reader {
    connection: SqliteConnection,
    /// Nobody waits for its statement any more.
    broken_off: Arc<AtomicBool>,
}

/// So many steps of SQLite's virtual machine, less than a millisecond, may pass before a statement hears that it was
/// broken off.
const STEPS: i32 = 4_000;

/// A statement that was broken off is waited for so long.
const PATIENCE: Duration = Duration::from_millis(2);

impl ListReader {
    pub fn new(options: SqliteConnectOptions) -> Self {
        Self { options, reader: OnceCell::new() }
    }

    /// The connection, or one of the others while it is in use. A statement ends with its lease, whoever has waited for it.
    pub async fn lease<'r>(&'r self, others: &SqlitePool) -> Result<Lease<'r>, StoreError> {
        let reader = self.opened().await?;
        if let Ok(mut reader) = reader.try_lock()
            && let Ok(Ok(())) = tokio::time::timeout(PATIENCE, reader.connection.ping()).await
        {
            // Now that it rests, nothing hears of it.
            reader.broken_off.store(false, Ordering::Relaxed);
            return Ok(Lease(Connected::Kept(Kept(reader))));
        }
        Ok(Lease(Connected::Other(others.acquire().await?)))
    }

    /// Opens it before it is needed.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        self.opened().await.map(drop)
    }

    async fn opened(&self) -> Result<&Mutex<Reader>, StoreError> {
        self.reader.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Mutex<Reader>, StoreError> {
        let mut connection = self.options.connect().await?;
        let broken_off = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&broken_off);
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !heard.load(Ordering::Relaxed));
        Ok(Mutex::new(Reader { connection, broken_off }))
    }

    pub async fn close(self) {
        if let Some(reader) = self.reader.into_inner() {
            let _ = reader.into_inner().connection.close().await;
        }
    }
}

/// A connection in use.
pub(super) struct Lease<'r>(Connected<'r>);

enum Connected<'r> {
    Kept(Kept<'r>),
    Other(PoolConnection<Sqlite>),
}

struct Kept<'r>(MutexGuard<'r, Reader>);

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.0.broken_off.store(true, Ordering::Relaxed);
    }
}

impl Deref for Lease<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.0 {
            Connected::Kept(reader) => &reader.0.connection,
            Connected::Other(other) => other,
        }
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.0 {
            Connected::Kept(reader) => &mut reader.0.connection,
            Connected::Other(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_statement_ends_when_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        let is_kept = |lease: &Lease<'_>| matches!(lease.0, Connected::Kept(_));
        let kept = async || loop {
            // On a busy machine its thread may take longer than a lease is patient.
            let lease = store.list_reader().await.unwrap();
            if is_kept(&lease) {
                break lease;
            }
        };
        let mut lease = tokio::time::timeout(Duration::from_mins(1), kept()).await.unwrap();
        // Somebody else reads beside it.
        assert!(!is_kept(&store.list_reader().await.unwrap()));
        let endless = "WITH RECURSIVE k (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k) SELECT count(*) FROM k";
        let endless = sqlx::query(endless).execute(&mut *lease);
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        drop(lease);
        let again = async {
            let mut lease = kept().await;
            sqlx::query_scalar::<_, i64>("SELECT 7").fetch_one(&mut *lease).await.unwrap()
        };
        assert_eq!(tokio::time::timeout(Duration::from_mins(1), again).await.unwrap(), 7);
    }
}
