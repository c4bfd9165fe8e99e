//! A walk along the index of words.
//!
//! It names rows by the hours of what the list is sorted by, newest or oldest first as it is asked; within some hours in no
//! order (migration 100). So its hits are taken in batches, of each batch those hours that are complete, and these in the
//! order of the list: however many rows hold some words, a page of them takes no longer than its rows.

use std::ops::RangeInclusive;

use sqlx::{AssertSqlSafe, Row};

use super::{Decode, Part, Rows, Search};
use crate::filter::Words;
use crate::store::StoreError;
use crate::store::list::{Anchor, SortValue};
use crate::store::search::{ID, hours, place};

/// What is left of a walk, and the rows that it has met.
pub(super) struct Hits<T> {
    words: Words,
    ascending: bool,
    /// Places that are still to be looked at, if any are.
    ahead: Option<RangeInclusive<i64>>,
    /// So many hits are asked for next.
    batch: usize,
    rows: Rows<T>,
}

/// More at a time gain nothing.
const BATCH: usize = 4_096;

/// What came of some steps of a walk.
pub(super) enum Followed {
    /// The part is full, or nothing is left.
    Complete,
    /// So many hits were looked at, and there are more.
    Spent,
    /// Some hours have more hits than there were steps: many people were imported at once, and many of them have the word.
    Crowded,
}

impl<T> Hits<T> {
    pub fn new(words: Words, part: &Part<'_>, descending: bool) -> Self {
        let ascending = descending == part.upwards;
        let (lowest, highest) = match part.anchor {
            Anchor::From(key) | Anchor::After(key) | Anchor::Before(key) => match key.sort {
                SortValue::Integer(at) => hours(place(at, 0)).into_inner(),
                _ => (i64::MIN, i64::MAX),
            },
            Anchor::First | Anchor::Last => (i64::MIN, i64::MAX),
        };
        let ahead = if ascending { lowest..=i64::MAX } else { i64::MIN..=highest };
        Self { words, ascending, ahead: Some(ahead), batch: (2 * part.limit).clamp(16, BATCH), rows: Vec::new() }
    }

    pub fn take_rows(&mut self) -> Rows<T> {
        std::mem::take(&mut self.rows)
    }

    /// The hits among `found` that lie in complete hours; what comes behind them is ahead now. `None`: not even the first
    /// of the hours is complete.
    fn complete(&mut self, mut found: Vec<i64>) -> Option<Vec<i64>> {
        if found.len() < self.batch {
            self.ahead = None;
            return Some(found);
        }
        let open = hours(*found.last()?);
        found.retain(|place| !open.contains(place));
        if found.is_empty() {
            return None;
        }
        let ahead = self.ahead.take()?;
        self.ahead = Some(if self.ascending { *open.start()..=*ahead.end() } else { *ahead.start()..=*open.end() });
        Some(found)
    }
}

impl Search<'_> {
    /// Goes on for so many hits.
    pub(super) async fn follow<T>(
        &self,
        part: &Part<'_>,
        hits: &mut Hits<T>,
        steps: u32,
        decode: Decode<T>,
    ) -> Result<Followed, StoreError> {
        let (steps, mut walked) = (steps as usize, 0);
        while walked < steps {
            let found = self.ask(hits).await?;
            let Some(found) = hits.complete(found) else {
                if hits.batch / 4 >= steps {
                    return Ok(Followed::Crowded);
                }
                hits.batch *= 4;
                continue;
            };
            walked += found.len();
            let ids: Vec<i64> = found.into_iter().map(|place| place & ID).collect();
            let rest = Part { limit: part.limit - hits.rows.len(), ..*part };
            let condition = self.filter.among(&ids);
            hits.rows.extend(self.read(&rest, &self.all(&condition, part, &self.list.hidden), decode).await?);
            if hits.rows.len() == part.limit || hits.ahead.is_none() {
                return Ok(Followed::Complete);
            }
            hits.batch = (hits.batch * 2).min(BATCH.max(hits.batch));
        }
        Ok(Followed::Spent)
    }

    /// The next places that the index names.
    async fn ask<T>(&self, hits: &Hits<T>) -> Result<Vec<i64>, StoreError> {
        let Some(ahead) = &hits.ahead else { return Ok(Vec::new()) };
        let index = hits.words.index;
        let direction = if hits.ascending { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT rowid FROM {index} WHERE {index} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid {direction} LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(&hits.words.query)
            .bind(ahead.start())
            .bind(ahead.end())
            .bind(hits.batch as i64)
            .fetch_all(self.store.readers())
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
