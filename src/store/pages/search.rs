//! How the rows of a page are found.
//!
//! Rows that satisfy a filter are either collected and sorted (a probe), or met on a walk along an index that gives the
//! list's order. A probe takes as long as there are rows to collect, however few are shown; a walk takes as long as there
//! are others between those that are shown. Neither is known beforehand, and either may take seconds, so both are tried in
//! turn with little patience first and more each time.

use std::borrow::Cow;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::{SqlQuery, bind, sort_value};
use crate::filter::{Filter, Sort, Sql, Strategy, Walk};
use crate::store::list::{Anchor, Key, SortValue, Window};
use crate::store::{Store, StoreError};

/// Rows that a probe may collect, and steps that a walk may take, before the other is tried. After the last round a walk
/// goes to its end.
const PATIENCE: [(u32, u32); 4] = [(200, 400), (2_000, 6_000), (20_000, 25_000), (150_000, 0)];

/// What rows are read from, and what is shown of them.
pub(super) struct List {
    pub table: &'static str,
    /// Rows that are in this order at all, as a condition.
    pub only: &'static str,
    pub id: &'static str,
    pub sort: String,
    pub descending: bool,
    /// Columns, `FROM` and joins of what is shown.
    pub rows: &'static str,
}

/// A filter on a list.
pub(super) struct Search<'s> {
    store: &'s Store,
    filter: Cow<'s, Filter>,
    /// The order as the filter knows it; `None`: no index gives it.
    sort: Option<Sort>,
    list: &'s List,
    patience: &'s [(u32, u32)],
}

/// A part of a list: what lies beyond a key, in one direction.
struct Part<'a> {
    anchor: &'a Anchor,
    upwards: bool,
    limit: usize,
}

/// What was met on a walk.
struct Stroll<T> {
    rows: Rows<T>,
    /// There is no more, or no more was asked for.
    complete: bool,
}

type Rows<T> = Vec<(Key, T)>;
type Decode<T> = fn(&SqliteRow) -> Result<T, StoreError>;

impl<'s> Search<'s> {
    /// Within what the store's actor may see.
    pub fn new(store: &'s Store, filter: &'s Filter, sort: Option<Sort>, list: &'s List) -> Self {
        Self { store, filter: store.within_reach(filter), sort, list, patience: &PATIENCE }
    }

    /// A page, and whether there are rows above and below.
    pub async fn page<T>(&self, anchor: &Anchor, limit: usize, decode: Decode<T>) -> Result<Window<T>, StoreError> {
        // Upwards, the list is read against its order and turned round.
        let upwards = matches!(anchor, Anchor::Before(_) | Anchor::Last);
        let mut rows = self.rows(&Part { anchor, upwards, limit: limit + 1 }, decode).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        if upwards {
            rows.reverse();
            return Ok(Window { rows, before: more, after: matches!(anchor, Anchor::Before(_)) });
        }
        let before = match (anchor, rows.first()) {
            (Anchor::From(_) | Anchor::After(_), Some((key, _))) | (Anchor::From(key) | Anchor::After(key), None) => {
                let above = Anchor::Before(key.clone());
                !self.rows(&Part { anchor: &above, upwards: true, limit: 1 }, |_| Ok(())).await?.is_empty()
            }
            _ => false,
        };
        Ok(Window { rows, before, after: more })
    }

    async fn rows<T>(&self, part: &Part<'_>, decode: Decode<T>) -> Result<Rows<T>, StoreError> {
        let Some(sort) = self.sort else {
            let condition = self.store.condition(&self.filter, None).await?;
            return self.read(part, &self.all(&condition, part), decode).await;
        };
        let walks = self.filter.walks(sort);
        // Steps to the end of the page, as far as the last walk tells.
        let mut steps_to_go = u32::MAX;
        for &(rows, steps) in self.patience {
            if steps_to_go > rows
                && let Some(few) = self.store.probe(&self.filter, Some(sort), rows).await?
            {
                return self.read(part, &self.all(&few, part), decode).await;
            }
            if steps > 0 {
                let stroll = self.stroll(part, &walks, steps, decode).await?;
                if stroll.complete {
                    return Ok(stroll.rows);
                }
                let pages = u32::try_from(part.limit).unwrap_or(u32::MAX).checked_div(stroll.rows.len() as u32);
                steps_to_go = pages.map_or(u32::MAX, |pages| steps.saturating_mul(pages + 1));
            }
        }
        self.read(part, &self.all(&self.filter.sql(Strategy::Walk(sort)), part), decode).await
    }

    /// Walks so many steps along the index that has the fewest rows left.
    async fn stroll<T>(
        &self,
        part: &Part<'_>,
        walks: &[Walk],
        steps: u32,
        decode: Decode<T>,
    ) -> Result<Stroll<T>, StoreError> {
        let mut best: Option<(u32, &Walk)> = None;
        for walk in walks {
            // With one way there is nothing to choose: it is counted only if it leads to too little.
            let left = if walks.len() > 1 { self.left(part, walk, steps).await? } else { steps };
            if best.is_none_or(|(least, _)| left < least) {
                best = Some((left, walk));
            }
        }
        let Some((mut left, walk)) = best else { return Ok(Stroll { rows: Vec::new(), complete: false }) };
        let rows = self.read(part, &self.steps(walk, part, steps), decode).await?;
        if rows.len() < part.limit && walks.len() == 1 {
            left = self.left(part, walk, steps).await?;
        }
        Ok(Stroll { complete: rows.len() == part.limit || left < steps, rows })
    }

    /// How many rows a walk has before it, counted up to `steps`.
    async fn left(&self, part: &Part<'_>, walk: &Walk, steps: u32) -> Result<u32, StoreError> {
        let List { table, only, sort, id, .. } = self.list;
        let (beyond, key) = self.beyond(part);
        let direction = self.direction(part);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {only} AND ({}){beyond} \
             ORDER BY {sort} {direction}, {id} {direction} LIMIT ?)",
            walk.along.text
        );
        let query = self.bind_key(bind(sqlx::query(AssertSqlSafe(sql)), &walk.along.args), key);
        Ok(query.bind(steps).fetch_one(self.store.readers()).await?.try_get(0)?)
    }

    /// Ids and sort keys of the rows of a part: all that satisfy the condition.
    fn all<'p>(&self, condition: &Sql, part: &'p Part<'_>) -> Found<'p> {
        let List { table, only, sort, id, .. } = self.list;
        let (beyond, key) = self.beyond(part);
        let direction = self.direction(part);
        let text = format!(
            "SELECT {id} AS id, {sort} AS sort FROM {table} WHERE {only} AND ({}){beyond} \
             ORDER BY {sort} {direction}, {id} {direction}",
            condition.text
        );
        Found { sql: Sql { text, args: condition.args.clone() }, key, steps: None }
    }

    /// The same of those that are met on so many steps. The inner rows come one by one in the order of the index, as they
    /// are asked for: the walk ends with the page.
    fn steps<'p>(&self, walk: &Walk, part: &'p Part<'_>, steps: u32) -> Found<'p> {
        let List { table, only, sort, id, .. } = self.list;
        let (beyond, key) = self.beyond(part);
        let direction = self.direction(part);
        let text = format!(
            "SELECT id, sort FROM (SELECT {id} AS id, {sort} AS sort, ({}) AS met FROM {table} \
             WHERE {only} AND ({}){beyond} ORDER BY {sort} {direction}, {id} {direction} LIMIT ?) WHERE met",
            walk.check.text, walk.along.text
        );
        let args = walk.check.args.iter().chain(&walk.along.args).cloned().collect();
        Found { sql: Sql { text, args }, key, steps: Some(steps) }
    }

    /// Reads what is shown of the rows: they are found first, by their index, and only these few are looked up.
    async fn read<T>(&self, part: &Part<'_>, found: &Found<'_>, decode: Decode<T>) -> Result<Rows<T>, StoreError> {
        let direction = self.direction(part);
        let List { id, rows, .. } = self.list;
        let sql = format!(
            "SELECT k.sort, k.id AS key_id, {rows} JOIN ({} LIMIT ?) k ON k.id = {id} \
             ORDER BY k.sort {direction}, k.id {direction}",
            found.sql.text
        );
        let mut query = self.bind_key(bind(sqlx::query(AssertSqlSafe(sql)), &found.sql.args), found.key);
        if let Some(steps) = found.steps {
            query = query.bind(steps);
        }
        let rows = query.bind(part.limit as i64).fetch_all(self.store.readers()).await?;
        let key = |row: &SqliteRow| Ok::<_, StoreError>(Key { sort: sort_value(row)?, id: row.try_get("key_id")? });
        rows.iter().map(|row| Ok((key(row)?, decode(row)?))).collect()
    }

    fn direction(&self, part: &Part<'_>) -> &'static str {
        if self.list.descending == part.upwards { "ASC" } else { "DESC" }
    }

    fn beyond<'p>(&self, part: &'p Part<'_>) -> (String, Option<&'p Key>) {
        let List { sort, id, .. } = self.list;
        let side = if self.list.descending == part.upwards { ">" } else { "<" };
        match part.anchor {
            Anchor::First | Anchor::Last => (String::new(), None),
            Anchor::After(key) | Anchor::Before(key) => (format!(" AND ({sort}, {id}) {side} (?, ?)"), Some(key)),
            Anchor::From(key) => (format!(" AND ({sort}, {id}) {side}= (?, ?)"), Some(key)),
        }
    }

    fn bind_key<'q>(&self, query: SqlQuery<'q>, key: Option<&Key>) -> SqlQuery<'q> {
        let Some(key) = key else { return query };
        let query = match &key.sort {
            SortValue::Integer(n) => query.bind(*n),
            SortValue::Real(n) => query.bind(*n),
            SortValue::Text(text) => query.bind(text.clone()),
            // As `contact_order` has it.
            SortValue::Blank if self.list.descending => query.bind(f64::NEG_INFINITY),
            SortValue::Blank => query.bind(Vec::new()),
        };
        query.bind(key.id)
    }
}

/// A statement that yields ids and sort keys, and the values of its last placeholders.
struct Found<'p> {
    sql: Sql,
    key: Option<&'p Key>,
    steps: Option<u32>,
}

#[cfg(test)]
mod tests;
