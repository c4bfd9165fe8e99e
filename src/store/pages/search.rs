//! How the rows of a page are found.
//!
//! Rows that satisfy a filter are either collected and sorted (a probe), or met on a walk along an index that gives the
//! list's order. A probe takes as long as there are rows to collect, however few are shown; a walk takes as long as there
//! are others between those that are shown. Neither is known beforehand, and either may take seconds, so both are tried in
//! turn with little patience first and more each time. Words have an index that knows the order of the list: what it names
//! is met on a walk of its own ([`hits`]). All walks go through the same list, so each goes on where another has come to,
//! and what they met on their first steps tells which is the best ([`pace`]). Where rows are asked for their contacts (or
//! contacts for their activities) and few come into question, those are collected first.

mod hits;
mod pace;
mod statements;

use std::borrow::Cow;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use self::hits::{Followed, Hits};
use self::pace::{HIT, Pace, Way, cost};
use super::spell::spelled;
use super::{Few, bind, probe, sort_value};
use crate::filter::{Filter, Limits, People, Sort, Sql, Staged, Step, Strategy, Walk};
use crate::store::list::{Anchor, Key, Window};
use crate::store::{Store, StoreError};

/// Rows that a probe may collect, and what a walk may [cost], before the other is tried. After the last round a walk goes
/// to its end.
const PATIENCE: [(Limits, u32); 4] = [
    (Limits { rows: 200, whole: 5_000, words: 500 }, 8_000),
    (Limits { rows: 2_000, whole: 50_000, words: 4_000 }, 60_000),
    (Limits { rows: 20_000, whole: 150_000, words: 60_000 }, 250_000),
    (Limits { rows: 150_000, whole: 150_000, words: 150_000 }, 0),
];

/// A page at this cost is sooner there than a short word is spelled, or contacts are collected.
const A_FEW: u32 = 30_000;

/// So many contacts are collected within two milliseconds.
const PEOPLE: u32 = 12_500;

/// What rows are read from, and what is shown of them.
pub(super) struct List {
    pub table: &'static str,
    /// What a row is called in conditions.
    pub row: &'static str,
    /// Rows that are in this order at all, as a condition.
    pub only: &'static str,
    pub id: &'static str,
    /// The contact's number in a row.
    pub person: &'static str,
    pub sort: String,
    /// The same value in words that keep the planner from an index of it.
    pub hidden: String,
    pub descending: bool,
    /// What is shown of a row.
    pub columns: &'static str,
    /// What else that is read from, as joins.
    pub joins: &'static str,
}

/// A filter on a list.
pub(super) struct Search<'s> {
    store: &'s Store,
    reader: &'s mut SqliteConnection,
    filter: Cow<'s, Filter>,
    /// The order as the filter knows it; `None`: no index gives it.
    sort: Option<Sort>,
    list: &'s List,
    patience: &'s [(Limits, u32)],
    /// The condition of the rows that a probe has found: the same for every part of the list.
    few: Option<Staged>,
}

/// A part of a list: what lies beyond a key, in one direction.
#[derive(Clone)]
struct Part {
    anchor: Anchor,
    upwards: bool,
    limit: usize,
    /// Whether there are any is the question, not which.
    any: bool,
}

/// How far the rows of a part have been met, in the order of the list.
struct Met<T> {
    rows: Rows<T>,
    /// Where the others are; `None`: there are none, or no more are asked for.
    ahead: Option<Part>,
}

impl<T> Met<T> {
    /// Nothing yet.
    fn none(part: Part) -> Self {
        Self { rows: Vec::new(), ahead: Some(part) }
    }

    /// More rows; `reached`, all up to this key were looked at, or else all there are.
    fn meet(&mut self, rows: Rows<T>, reached: Option<Key>) {
        let ahead = self.ahead.take().map(|part| Part { limit: part.limit - rows.len(), ..part });
        self.rows.extend(rows);
        self.ahead = ahead.filter(|part| part.limit > 0).zip(reached).map(|(part, key)| Part {
            anchor: if part.upwards { Anchor::Before(key) } else { Anchor::After(key) },
            ..part
        });
    }
}

type Rows<T> = Vec<(Key, T)>;
pub(super) type Decode<T> = fn(&SqliteRow) -> Result<T, StoreError>;

impl<'s> Search<'s> {
    /// Within what the store's actor may see.
    pub fn new(
        store: &'s Store,
        reader: &'s mut SqliteConnection,
        filter: &'s Filter,
        sort: Option<Sort>,
        list: &'s List,
    ) -> Self {
        Self { store, reader, filter: store.within_reach(filter), sort, list, patience: &PATIENCE, few: None }
    }

    /// A page, and whether there are rows above and below.
    pub async fn page<T>(&mut self, anchor: &Anchor, limit: usize, decode: Decode<T>) -> Result<Window<T>, StoreError> {
        // Upwards, the list is read against its order and turned round.
        let upwards = matches!(anchor, Anchor::Before(_) | Anchor::Last);
        let page = Part { anchor: anchor.clone(), upwards, limit: limit + 1, any: false };
        let mut rows = self.rows(page, decode).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        if upwards {
            rows.reverse();
            return Ok(Window { rows, before: more, after: matches!(anchor, Anchor::Before(_)) });
        }
        let before = match (anchor, rows.first()) {
            (Anchor::From(_) | Anchor::After(_), Some((key, _))) | (Anchor::From(key) | Anchor::After(key), None) => {
                let above = Anchor::Before(key.clone());
                let above = Part { anchor: above, upwards: true, limit: 1, any: true };
                !self.rows(above, |_| Ok(())).await?.is_empty()
            }
            _ => false,
        };
        Ok(Window { rows, before, after: more })
    }

    async fn rows<T>(&mut self, part: Part, decode: Decode<T>) -> Result<Rows<T>, StoreError> {
        let Some(sort) = self.sort else {
            let all = self.store.condition(&self.filter, None).await?.into();
            return self.read(&part, &self.all(&all, &part, &self.list.sort), decode).await;
        };
        let mut met = Met::none(part);
        if self.few.is_none() {
            self.meet(&mut met, sort, decode).await?;
        }
        if let Some(rest) = &met.ahead {
            let found = if let Some(few) = &self.few {
                self.all(few, rest, &self.list.hidden)
            } else {
                let all = self.filter.sql(Strategy::Walk(sort)).into();
                self.all(&all, rest, &self.list.sort)
            };
            met.rows.extend(self.read(rest, &found, decode).await?);
        }
        Ok(met.rows)
    }

    /// Walks and probes in turn, until the part is met, a probe has found few, which it remembers, or patience is at its
    /// end. Each way goes on where the one before has come to; which is the best, their first steps tell.
    async fn meet<T>(&mut self, met: &mut Met<T>, sort: Sort, decode: Decode<T>) -> Result<(), StoreError> {
        let mut walks = self.filter.walks(sort);
        let mut hits = self.filter.words(sort).map(Hits::new);
        let mut pace = Pace::default();
        let mut gathered = false;
        for (round, &(limits, patience)) in self.patience.iter().enumerate() {
            let Some(rest) = &met.ahead else { break };
            let to_go = pace.to_go(rest.limit);
            let people = if gathered || to_go < A_FEW { None } else { self.filter.people() };
            if let Some(people) = people.filter(|people| people.of_owner || (round > 0 && to_go > 2 * patience))
                && self.are_few(&people, PEOPLE.max(limits.whole / 4)).await?
            {
                let before = std::mem::replace(&mut walks, self.filter.walks_with_people(sort));
                for (i, (before, after)) in before.iter().zip(&walks).enumerate() {
                    pace.changed(Way::Walk(i), before.step, after.step);
                }
                gathered = true;
            }
            // A short word alone, if many rows have it, is met before anybody has to ask how it is spelled.
            let is_time = match hits {
                Some(_) => round == 0,
                None => round == 1 + usize::from(gathered) && to_go > A_FEW,
            };
            if is_time && let Some(spelled) = spelled(self.reader, &self.filter).await? {
                self.filter = Cow::Owned(spelled);
                hits = self.filter.words(sort).map(Hits::new);
                pace.forget(Way::Hits);
            }
            let limits = if hits.is_some() { Limits { words: 0, ..limits } } else { limits };
            // A walk that will soon be at the end of the page is not left for a question.
            if to_go > 2 * patience
                && let Some(few) = probe(self.reader, &self.filter, Some(sort), limits).await?
            {
                self.few = Some(match few {
                    Few::By(probe) => self.filter.lead(probe),
                    Few::These(probe, ids) => self.filter.of_ids(probe, &ids),
                });
                return Ok(());
            }
            if round > 0
                && (1..to_go).contains(&patience)
                && let Some(walk) = self.shorter(met, &walks, patience).await?
            {
                return self.steps_of(walk, patience, met, decode).await.map(drop);
            }
            // Where only words are asked for, no other walk passes rows over.
            let only = hits.is_some() && self.filter.only_words();
            let along = walks.iter().enumerate().filter(|(_, walk)| !only || !walk.meets_all());
            let ways: Vec<Way> = along.map(|(i, _)| Way::Walk(i)).chain(hits.is_some().then_some(Way::Hits)).collect();
            // Where there is nothing to choose from, people need not be collected twice.
            let sure = gathered && ways.len() == 1;
            if !sure {
                for way in pace.untried(&ways) {
                    self.go(way, self.patience[0].1, (&walks, &mut hits), met, &mut pace, decode).await?;
                }
            }
            if round == 0 {
                continue;
            }
            // If the end of the page is in sight, it is not stopped short of it.
            let Some(rest) = &met.ahead else { break };
            let to_go = pace.to_go(rest.limit);
            let patience = if to_go < 2 * patience { patience.max(to_go + to_go / 2) } else { patience };
            for way in pace.worth(&ways) {
                self.go(way, patience, (&walks, &mut hits), met, &mut pace, decode).await?;
            }
        }
        Ok(())
    }

    /// Goes on along a way as far as may be gone at this cost.
    async fn go<T>(
        &mut self,
        way: Way,
        patience: u32,
        (walks, hits): (&[Walk], &mut Option<Hits>),
        met: &mut Met<T>,
        pace: &mut Pace,
        decode: Decode<T>,
    ) -> Result<(), StoreError> {
        let before = met.rows.len();
        match (way, hits) {
            (Way::Walk(i), _) if patience > 0 => {
                let cost = self.steps_of(&walks[i], patience, met, decode).await?;
                pace.went(way, met.rows.len() - before, cost);
            }
            (Way::Hits, Some(hits)) => {
                let steps = if patience == 0 { u32::MAX } else { (patience / HIT).max(1) };
                let followed = self.follow(hits, steps, met, decode).await?;
                pace.went(way, met.rows.len() - before, steps.saturating_mul(HIT));
                // Whoever asks for words alone does not walk: but through such hours.
                if followed == Followed::Crowded && self.filter.only_words() {
                    self.steps_of(&walks[0], patience, met, decode).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether there are fewer than this.
    async fn are_few(&mut self, people: &People, few: u32) -> Result<bool, StoreError> {
        let sql = format!("SELECT count(*) FROM ({} LIMIT +?)", people.ids.text);
        let query = bind(sqlx::query(AssertSqlSafe(sql)), &people.ids.args);
        let n: i64 = query.bind(few).fetch_one(&mut *self.reader).await?.try_get(0)?;
        Ok(n < i64::from(few))
    }

    /// A walk along an index that comes to its end at this cost.
    async fn shorter<'w, T>(
        &mut self,
        met: &Met<T>,
        walks: &'w [Walk],
        patience: u32,
    ) -> Result<Option<&'w Walk>, StoreError> {
        let Some(part) = &met.ahead else { return Ok(None) };
        // Where the index tells everything, counting takes as long as walking.
        for walk in walks.iter().filter(|walk| walk.step > Step::Index) {
            let steps = affordable(walk, patience);
            if self.left(part, walk, steps).await? < steps {
                return Ok(Some(walk));
            }
        }
        Ok(None)
    }

    /// Takes as many steps of a walk as may be taken at this cost, and tells what they cost.
    async fn steps_of<T>(
        &mut self,
        walk: &Walk,
        patience: u32,
        met: &mut Met<T>,
        decode: Decode<T>,
    ) -> Result<u32, StoreError> {
        let Some(part) = &met.ahead else { return Ok(0) };
        let steps = affordable(walk, patience);
        let rows = self.read(part, &self.steps(walk, part, steps), decode).await?;
        // Where the last step led; none: the walk has come to its end.
        let reached = if rows.len() < part.limit { self.step(part, walk, steps).await? } else { None };
        met.meet(rows, reached);
        Ok(steps.saturating_mul(cost(walk.step)))
    }

    /// The row at which so many steps of a walk end.
    async fn step(&mut self, part: &Part, walk: &Walk, steps: u32) -> Result<Option<Key>, StoreError> {
        let ahead = self.ahead(part, walk, None);
        let sql = format!("SELECT sort, id AS key_id FROM ({} LIMIT 1 OFFSET ?)", ahead.text);
        let query = bind(sqlx::query(AssertSqlSafe(sql)), &ahead.args);
        query.bind(steps - 1).fetch_optional(&mut *self.reader).await?.as_ref().map(key).transpose()
    }

    /// How many rows a walk has before it, counted up to `steps`.
    async fn left(&mut self, part: &Part, walk: &Walk, steps: u32) -> Result<u32, StoreError> {
        let ahead = self.ahead(part, walk, None);
        let sql = format!("SELECT count(*) FROM ({} LIMIT +?)", ahead.text);
        let query = bind(sqlx::query(AssertSqlSafe(sql)), &ahead.args);
        Ok(query.bind(steps).fetch_one(&mut *self.reader).await?.try_get(0)?)
    }

    /// Reads what is shown of the rows: they are found first, by their index, and only these few are looked up.
    async fn read<T>(&mut self, part: &Part, found: &Sql, decode: Decode<T>) -> Result<Rows<T>, StoreError> {
        let direction = self.direction(part);
        let List { table, id, columns, joins, .. } = self.list;
        let sql = format!(
            "SELECT k.sort, k.id AS key_id, {columns} FROM ({} LIMIT +?) k CROSS JOIN {table} ON {id} = k.id {joins} \
             ORDER BY k.sort {direction}, k.id {direction}",
            found.text
        );
        let query = bind(sqlx::query(AssertSqlSafe(sql)), &found.args).bind(part.limit as i64);
        let rows = query.fetch_all(&mut *self.reader).await?;
        rows.iter().map(|row| Ok((key(row)?, decode(row)?))).collect()
    }
}

/// So many steps may be taken at this cost.
fn affordable(walk: &Walk, patience: u32) -> u32 {
    (patience / cost(walk.step)).max(1)
}

fn key(row: &SqliteRow) -> Result<Key, StoreError> {
    Ok(Key { sort: sort_value(row)?, id: row.try_get("key_id")? })
}

#[cfg(test)]
mod tests;
