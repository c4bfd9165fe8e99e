//! What can go wrong with the store, told apart by what a person can do about it.

use std::path::PathBuf;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be opened or made.
    #[error("cannot open the store {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// A newer rolodeck wrote it.
    #[error("the store {path} was written by a newer rolodeck (schema {found}; this one knows up to {known})")]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A file that is no store of rolodeck.
    #[error("{path} is no store of rolodeck")]
    NoStore {
        /// The file.
        path: PathBuf,
    },
    /// The store is of an older schema, and the copy that is made before it is brought up to date failed.
    #[error("the store {path} must be copied before it is brought up to date, and that failed: {source}")]
    Backup {
        /// The copy.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<StoreError>,
    },
    /// A migration failed; the store is as it was.
    #[error("cannot bring the store {path} up to date")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The disk is full; nothing of the change was written.
    #[error("the disk is full")]
    Full,
    /// The file or its folder may not be written.
    #[error("the store is read-only")]
    ReadOnly,
    /// Another process held the write lock for too long.
    #[error("another process keeps the store locked")]
    Locked,
    /// The file is no SQLite database any more.
    #[error("the store is damaged")]
    Damaged,
    /// The disk refused for another reason: a quota, the largest size of a file, a fault. Nothing of the change was
    /// written.
    #[error("the disk refuses: {0}")]
    Disk(#[source] sqlx::Error),
    /// A stored value that this program does not understand.
    #[error("the store holds `{value}` as {what}")]
    Value {
        /// Which value: "status of a contact".
        what: &'static str,
        /// What stands there.
        value: String,
    },
    /// No such contact, activity or row.
    #[error("there is no {what} {id}")]
    NotFound {
        /// contact, activity, queue item, ...
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// The role of who asks does not allow it.
    #[error(transparent)]
    Denied(#[from] crate::domain::access::Denied),
    /// Anything else SQLite said.
    #[error("the store failed")]
    Sqlite(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok());
        // SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log.
        if code == Some(4874) {
            return Self::Full;
        }
        // The low byte is SQLite's primary result code.
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => Self::Locked,
            Some(10) => Self::Disk(error),
            Some(8) => Self::ReadOnly,
            Some(13) => Self::Full,
            Some(11 | 26) => Self::Damaged,
            _ => Self::Sqlite(error),
        }
    }
}
