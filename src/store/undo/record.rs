//! Notes what a change does to rows, for the log.

use serde_json::{Value as Json, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _};

use super::super::StoreError;
use super::super::convert::json_ids;
use super::step::{Column, Row, Step, Table};

/// Looks at rows before a change and again after it: the difference is the change.
#[derive(Debug, Default)]
pub(in crate::store) struct Recorder {
    watched: Vec<(Table, Row, Option<Row>)>,
    moved: Vec<Step>,
}

impl Recorder {
    /// Looks at a row that is about to change, come or go. What refers to another row is looked at before it.
    pub async fn watch(&mut self, tx: &mut SqliteConnection, table: Table, id: i64) -> Result<(), StoreError> {
        self.watch_key(tx, table, Row::from_iter([("id".to_owned(), json!(id))])).await
    }

    /// The same for a row that is named by several columns.
    pub async fn watch_key(&mut self, tx: &mut SqliteConnection, table: Table, key: Row) -> Result<(), StoreError> {
        if !self.watched.iter().any(|(known, other, _)| *known == table && *other == key) {
            let before = image(tx, table, &key).await?;
            self.watched.push((table, key, before));
        }
        Ok(())
    }

    /// Looks at all rows that refer to something: `column` is the one that does.
    pub async fn watch_all(
        &mut self,
        tx: &mut SqliteConnection,
        table: Table,
        column: &'static str,
        id: i64,
    ) -> Result<(), StoreError> {
        let keys: Vec<String> = table.key().iter().map(|key| format!("'{key}', {key}")).collect();
        let sql = format!("SELECT json_object({}) FROM {} WHERE {column} = ?", keys.join(", "), table.name());
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).fetch_all(&mut *tx).await?;
        for row in rows {
            self.watch_key(tx, table, parse(row)?).await?;
        }
        Ok(())
    }

    /// Notes a column that changed alike in many rows.
    pub fn moved(&mut self, column: Column, ids: Vec<i64>, from: Json, to: Json) {
        self.step(Step::Move { column, ids, from, to });
    }

    /// Notes a step.
    pub fn step(&mut self, step: Step) {
        if !step.is_empty() {
            self.moved.push(step);
        }
    }

    /// Moves a column from one value to another wherever it has that value, and notes which rows those were.
    pub async fn repoint(
        &mut self,
        tx: &mut SqliteConnection,
        column: Column,
        from: i64,
        to: Option<i64>,
    ) -> Result<u64, StoreError> {
        let (table, name) = column.name();
        let sql = format!("SELECT id FROM {table} WHERE {name} = ?");
        let ids: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql)).bind(from).fetch_all(&mut *tx).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let sql = format!("UPDATE {table} SET {name} = ? WHERE id IN (SELECT value FROM json_each(?))");
        sqlx::query(AssertSqlSafe(sql)).bind(to).bind(json_ids(&ids)).execute(&mut *tx).await?;
        let n = ids.len() as u64;
        self.moved(column, ids, json!(from), json!(to));
        Ok(n)
    }

    /// What happened since. Columns moved come first, then the rows in the order in which they were looked at.
    pub async fn steps(self, tx: &mut SqliteConnection) -> Result<Vec<Step>, StoreError> {
        let mut steps = self.moved;
        for (table, key, before) in self.watched {
            let after = image(tx, table, &key).await?;
            match (before, after) {
                (None, Some(row)) => steps.push(Step::Insert { table, row }),
                (Some(row), None) => steps.push(Step::Delete { table, row }),
                (Some(before), Some(after)) => {
                    let differs = |column: &&String| {
                        before.get(*column) != after.get(*column) && !table.passing().contains(&column.as_str())
                    };
                    let columns: Vec<&String> = before.keys().filter(differs).collect();
                    let part = |row: &Row| {
                        columns
                            .iter()
                            .map(|&column| (column.clone(), row.get(column).cloned().unwrap_or_default()))
                            .collect()
                    };
                    let step = Step::Set { table, key, from: part(&before), to: part(&after) };
                    steps.extend(Some(step).filter(|step| !step.is_empty()));
                }
                (None, None) => {}
            }
        }
        Ok(steps)
    }
}

/// The columns of a table that are stored, whatever the version of its schema.
pub(in crate::store) async fn columns(tx: &mut SqliteConnection, table: Table) -> Result<Vec<String>, StoreError> {
    let rows =
        sqlx::query("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0").bind(table.name()).fetch_all(tx).await?;
    rows.iter().map(|row: &SqliteRow| Ok(row.try_get("name")?)).collect()
}

/// A row as it is now.
pub(super) async fn image(tx: &mut SqliteConnection, table: Table, key: &Row) -> Result<Option<Row>, StoreError> {
    let columns = columns(tx, table).await?;
    let pairs: Vec<String> = columns.iter().map(|column| format!("'{column}', \"{column}\"")).collect();
    let sql = format!("SELECT json_object({}) FROM {} WHERE {}", pairs.join(", "), table.name(), named(table));
    let mut query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
    for column in table.key() {
        query = match key.get(*column) {
            Some(Json::String(text)) => query.bind(text.clone()),
            other => query.bind(other.and_then(Json::as_i64)),
        };
    }
    query.fetch_optional(tx).await?.map(parse).transpose()
}

/// Rows as they are now that meet a condition on `ids` (`?1`), without what is blank.
pub(in crate::store) async fn images(
    tx: &mut SqliteConnection,
    table: Table,
    condition: &str,
    ids: &str,
) -> Result<Vec<Row>, StoreError> {
    let columns = columns(tx, table).await?;
    let pairs: Vec<String> = columns.iter().map(|column| format!("'{column}', \"{column}\"")).collect();
    let sql = format!("SELECT json_object({}) FROM {} WHERE {condition}", pairs.join(", "), table.name());
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).bind(ids).fetch_all(tx).await?;
    let whole = |json| {
        let mut row = parse(json)?;
        row.retain(|_, value| !value.is_null());
        Ok(row)
    };
    rows.into_iter().map(whole).collect()
}

/// `id = ?`, for the columns that name a row.
pub(super) fn named(table: Table) -> String {
    table.key().iter().map(|column| format!("{column} = ?")).collect::<Vec<_>>().join(" AND ")
}

fn parse(json: String) -> Result<Row, StoreError> {
    serde_json::from_str(&json).map_err(|_| StoreError::Value { what: "a row", value: json })
}

/// The step of a row that was just made.
pub(in crate::store) async fn inserted(tx: &mut SqliteConnection, table: Table, key: Row) -> Result<Step, StoreError> {
    let row = image(tx, table, &key).await?.unwrap_or(key);
    Ok(Step::Insert { table, row })
}
