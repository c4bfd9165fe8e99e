//! A walk along the index of words.
//!
//! It names rows by the hours of what the list is sorted by, newest or oldest first as it is asked; within some hours in no
//! order (migration 100). So its hits are taken in batches, of each batch those hours that are complete, and these in the
//! order of the list; hours with more hits than a batch are completed. However many rows hold some words, a page of them
//! takes no longer than its rows.

use std::ops::RangeInclusive;

use sqlx::{AssertSqlSafe, Row};

use super::{Decode, Met, Part, Search};
use crate::filter::Words;
use crate::store::StoreError;
use crate::store::list::{Anchor, Key, SortValue};
use crate::store::search::{ID, hours, place};

/// What is asked for.
pub(super) struct Hits {
    words: Words,
    /// So many hits at a time; `None`: as many as a page suggests.
    batch: Option<usize>,
}

/// Fewer at a time take as long.
const LEAST: usize = 64;

/// More at a time gain nothing.
const MOST: usize = 4_096;

/// What came of some steps of a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Followed {
    /// So many hits were looked at, or all, or the page is full.
    Spent,
    /// Some hours have more hits than there were steps: many people were imported at once, and many of them have the word.
    Crowded,
}

impl Hits {
    pub fn new(words: Words) -> Self {
        Self { words, batch: None }
    }
}

impl Search<'_> {
    /// Goes on for so many hits.
    pub(super) async fn follow<T>(
        &mut self,
        hits: &mut Hits,
        steps: u32,
        met: &mut Met<T>,
        decode: Decode<T>,
    ) -> Result<Followed, StoreError> {
        let (steps, mut walked) = (steps as usize, 0);
        while let Some(part) = &met.ahead
            && walked < steps
        {
            let batch = hits.batch.unwrap_or(2 * part.limit).clamp(LEAST, MOST);
            let Some((found, reached)) = self.next(&hits.words, part, batch, steps).await? else {
                return Ok(Followed::Crowded);
            };
            walked += found.len();
            let ids: Vec<i64> = found.iter().map(|place| place & ID).collect();
            let condition = self.filter.among(&ids);
            let rows = self.read(part, &self.all(&condition, part, &self.list.hidden), decode).await?;
            // As many as the page will take, if they are as these were.
            let enough = (part.limit * found.len()).checked_div(rows.len()).map_or(MOST, |hits| hits + hits / 4);
            hits.batch = Some((2 * batch).min(enough));
            met.meet(rows, reached);
        }
        Ok(Followed::Spent)
    }

    /// The next hits, those of complete hours, and where the others begin; `None`: some hours have far more than `steps`.
    async fn next(
        &mut self,
        words: &Words,
        part: &Part,
        batch: usize,
        steps: usize,
    ) -> Result<Option<(Vec<i64>, Option<Key>)>, StoreError> {
        let mut found = self.ask(words, part, self.places(part), batch).await?;
        let Some(&last) = found.last().filter(|_| found.len() == batch) else { return Ok(Some((found, None))) };
        let open = hours(last);
        if !open.contains(&found[0]) {
            found.retain(|place| !open.contains(place));
            return Ok(Some((found, Some(self.edge(part, open.start() >> 32)))));
        }
        // They are the first of some hours: these have more.
        let ahead = if self.ascending(part) { last + 1..=*open.end() } else { *open.start()..=last - 1 };
        let many = steps.saturating_mul(4).max(batch);
        let rest = self.ask(words, part, ahead, many).await?;
        if rest.len() == many {
            return Ok(None);
        }
        found.extend(rest);
        let next = (open.start() >> 32) + if self.ascending(part) { 1 } else { -1 };
        Ok(Some((found, Some(self.edge(part, next)))))
    }

    /// The key before all rows of some hours.
    fn edge(&self, part: &Part, hours: i64) -> Key {
        let (at, id) = if self.ascending(part) { (hours << 24, i64::MIN) } else { (((hours + 1) << 24) - 1, i64::MAX) };
        Key { sort: SortValue::Integer(at), id }
    }

    /// The first of the places that the index names, in the order of the part.
    async fn ask(
        &mut self,
        words: &Words,
        part: &Part,
        ahead: RangeInclusive<i64>,
        batch: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let index = words.index;
        let direction = self.direction(part);
        let sql = format!(
            "SELECT rowid FROM {index} WHERE {index} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid {direction} LIMIT +?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(&words.query)
            .bind(ahead.start())
            .bind(ahead.end())
            .bind(i64::try_from(batch).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.reader)
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The places at which the rows of a part stand, and those of the hours of its key.
    fn places(&self, part: &Part) -> RangeInclusive<i64> {
        let key = match &part.anchor {
            Anchor::From(key) | Anchor::After(key) | Anchor::Before(key) => Some(key),
            Anchor::First | Anchor::Last => None,
        };
        match key.map(|key| &key.sort) {
            Some(SortValue::Integer(at)) if self.ascending(part) => *hours(place(*at, 0)).start()..=i64::MAX,
            Some(SortValue::Integer(at)) => i64::MIN..=*hours(place(*at, 0)).end(),
            _ => i64::MIN..=i64::MAX,
        }
    }
}
