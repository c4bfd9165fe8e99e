//! The records of one type, found by id and by the indexed fields in one step.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::{FieldId, ObjectType};

/// A record. Values are kept as the API answers them: a datetime is its text, so reading costs nothing.
#[derive(Debug, Clone)]
pub struct Record {
    /// The id.
    pub id: RecordId,
    values: BTreeMap<FieldId, Value>,
    deleted_at: Option<Timestamp>,
}

impl Record {
    /// A record without values.
    pub fn new(id: RecordId) -> Self {
        Self { id, values: BTreeMap::new(), deleted_at: None }
    }

    /// A value; null when there is none.
    pub fn get(&self, field: FieldId) -> &Value {
        self.values.get(&field).unwrap_or(&Value::Null)
    }

    /// Sets a value; null takes it away.
    pub fn set(&mut self, field: FieldId, value: Value) {
        if value.is_null() {
            self.values.remove(&field);
        } else {
            self.values.insert(field, value);
        }
    }

    /// Whether it is in the bin.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// When it went there.
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deleted_at
    }
}

/// The records of one type, in the order of their making.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Record>,
    by_id: HashMap<RecordId, usize>,
    indexes: HashMap<FieldId, HashMap<String, Vec<usize>>>,
}

impl Table {
    /// How many records, deleted ones included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The record of a row.
    pub fn get(&self, row: usize) -> &Record {
        &self.rows[row]
    }

    /// All records.
    pub fn rows(&self) -> impl Iterator<Item = &Record> {
        self.rows.iter()
    }

    /// The row of an id.
    pub fn position(&self, id: RecordId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The rows that hold this value in an indexed field, letter case aside; deleted ones included.
    pub fn lookup(&self, field: FieldId, value: &str) -> &[usize] {
        let index = self.indexes.get(&field);
        index.and_then(|index| index.get(&value.to_lowercase())).map_or(&[], Vec::as_slice)
    }

    /// Adds a record and says its row.
    pub fn push(&mut self, kind: &ObjectType, record: Record) -> usize {
        let row = self.rows.len();
        self.by_id.insert(record.id, row);
        for (field, value) in &record.values {
            index(&mut self.indexes, kind, *field, value, row);
        }
        self.rows.push(record);
        row
    }

    /// Takes the last record away again.
    pub fn pop(&mut self, kind: &ObjectType) {
        let Some(record) = self.rows.pop() else { return };
        self.by_id.remove(&record.id);
        for (field, value) in &record.values {
            unindex(&mut self.indexes, kind, *field, value, self.rows.len());
        }
    }

    /// Changes values and returns the record as it was.
    pub fn change(&mut self, kind: &ObjectType, row: usize, values: Vec<(FieldId, Value)>) -> Record {
        let before = self.rows[row].clone();
        for (field, value) in values {
            unindex(&mut self.indexes, kind, field, self.rows[row].get(field), row);
            index(&mut self.indexes, kind, field, &value, row);
            self.rows[row].set(field, value);
        }
        before
    }

    /// Marks a record as deleted.
    pub fn set_deleted(&mut self, row: usize, at: Timestamp) {
        self.rows[row].deleted_at = Some(at);
    }

    /// Puts a record back as it was.
    pub fn restore(&mut self, kind: &ObjectType, row: usize, before: Record) {
        let now = std::mem::replace(&mut self.rows[row], before);
        for (field, value) in &now.values {
            unindex(&mut self.indexes, kind, *field, value, row);
        }
        for (field, value) in self.rows[row].values.clone() {
            index(&mut self.indexes, kind, field, &value, row);
        }
    }
}

type Indexes = HashMap<FieldId, HashMap<String, Vec<usize>>>;

/// What an index holds for a value: its text in lower case. Numbers can be external ids, too.
fn key_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn index(indexes: &mut Indexes, kind: &ObjectType, field: FieldId, value: &Value, row: usize) {
    if let (true, Some(key)) = (kind.fields[field].is_indexed(), key_of(value)) {
        indexes.entry(field).or_default().entry(key).or_default().push(row);
    }
}

fn unindex(indexes: &mut Indexes, kind: &ObjectType, field: FieldId, value: &Value, row: usize) {
    if !kind.fields[field].is_indexed() {
        return;
    }
    let Some(key) = key_of(value) else { return };
    if let Some(index) = indexes.get_mut(&field)
        && let Some(rows) = index.get_mut(&key)
    {
        rows.retain(|known| *known != row);
        if rows.is_empty() {
            index.remove(&key);
        }
    }
}
