//! What a filter shows, as CSV, JSON or JSON lines (product A8): any number of rows at the same small memory.
//!
//! Cells that a spreadsheet would run as a formula are defused by an apostrophe. Times are UTC. Test activities say so in
//! the column `test`.

mod columns;
mod write;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::domain::Contact;
use crate::filter::{Filter, List};
use crate::store::{Store, StoreError};

pub use columns::{Column, UnknownColumn, columns, pick};
pub use write::{Format, Writer};

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
    /// Asked to end.
    #[error("the export was stopped")]
    Stopped,
}

/// As [`export`], into a file: beside it, and under its name only when it is whole. A file of that name is an error
/// (`AlreadyExists`), unless it may be overwritten.
pub async fn export_to_file(
    store: &Store,
    filter: &Filter,
    columns: &[Column],
    format: Format,
    (path, overwrite): (&Path, bool),
    progress: impl FnMut(u64) -> bool,
) -> Result<u64, ExportError> {
    if !overwrite && path.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".rolodeck-export").tempfile_in(folder)?;
    let out = BufWriter::with_capacity(1 << 16, file.as_file());
    let rows = export(store, filter, columns, format, out, progress).await?;
    file.as_file().sync_all()?;
    let kept = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map_err(|error| error.error)?;
    Ok(rows)
}

/// Writes all that a filter finds, newest first. `progress` hears of the rows so far, and stops it by false. Returns how
/// many rows were written.
pub async fn export<W: Write>(
    store: &Store,
    filter: &Filter,
    columns: &[Column],
    format: Format,
    out: W,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<u64, ExportError> {
    let mut writer = Writer::new(out, format, columns)?;
    let mut ids = store.export_ids(filter).await?;
    let mut rows = 0;
    while let Some(chunk) = ids.next().await {
        let chunk = chunk?;
        match filter.list() {
            List::Contacts => {
                for contact in store.contacts_by_id(&chunk).await? {
                    writer.row(&mut columns.iter().map(|column| column.of_contact(&contact)))?;
                    rows += 1;
                }
            }
            List::Activities => {
                for (activity, contact) in store.activities_by_id(&chunk).await? {
                    let contact: Option<&Contact> = contact.as_ref();
                    writer.row(&mut columns.iter().map(|column| column.of_activity(&activity, contact)))?;
                    rows += 1;
                }
            }
        }
        if !progress(rows) {
            return Err(ExportError::Stopped);
        }
    }
    writer.finish()?;
    Ok(rows)
}
