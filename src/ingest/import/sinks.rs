//! Rows into the store, or into one beside it that is thrown away.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{RowSink, Stored, Taken};
use crate::ingest::csv::Row;
use crate::store::{ImportMode, ImportOutcome, ImportRow, Imported, ScratchStore, Store, StoreError};

/// So long the write lock is free between two batches: another process that waits for it looks again and again, with
/// growing pauses of up to 100 ms, and gives up after ten seconds.
const GAP: Duration = Duration::from_millis(25);

/// The store.
pub struct StoreRows<'a> {
    pub store: &'a Store,
    pub mode: ImportMode<'a>,
    pub clock: fn() -> Timestamp,
    /// When the last batch was committed.
    pub committed: Option<Instant>,
}

impl RowSink for StoreRows<'_> {
    type Error = StoreError;

    async fn take(&mut self, rows: &[Row]) -> Result<Taken, StoreError> {
        if let Some(committed) = self.committed {
            tokio::time::sleep_until(committed + GAP).await;
        }
        let imported = self.store.import_rows(&plain(rows), self.mode, (self.clock)()).await;
        self.committed = Some(Instant::now());
        Ok(told(imported?))
    }
}

/// A dry run.
pub struct DryRows<'a> {
    pub scratch: &'a ScratchStore,
    pub mode: ImportMode<'a>,
    pub clock: fn() -> Timestamp,
}

impl RowSink for DryRows<'_> {
    type Error = StoreError;

    async fn take(&mut self, rows: &[Row]) -> Result<Taken, StoreError> {
        let rows = plain(rows);
        self.scratch.meet(&rows).await?;
        Ok(told(self.scratch.store().import_rows(&rows, self.mode, (self.clock)()).await?))
    }
}

fn plain(rows: &[Row]) -> Vec<ImportRow<'_>> {
    rows.iter()
        .map(|row| ImportRow {
            values: &row.values,
            status: row.status,
            owner: row.owner.as_ref(),
            source: row.source.as_deref(),
        })
        .collect()
}

fn told(imported: Imported) -> Taken {
    let rows = imported
        .outcomes
        .into_iter()
        .map(|outcome| match outcome {
            ImportOutcome::Created(_) => Stored::Created,
            ImportOutcome::Updated(_) => Stored::Updated,
            ImportOutcome::Unchanged(_) => Stored::Unchanged,
            ImportOutcome::Repeated(_) => Stored::Repeated,
        })
        .collect();
    Taken { rows, now_updated: imported.now_updated, now_unchanged: imported.now_unchanged }
}
