//! The org: its schema, its records, and the journal that makes all-or-none possible.

mod file;
mod seed;
mod settings;
mod table;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use file::{OrgFile, OrgFileError};
pub use settings::{DuplicateRule, Settings};
pub use table::{Record, Table};

use super::clock::{Clock, stamp_text};
use super::ids::RecordId;
use super::metadata::{FieldId, ObjectType, Schema, TypeId};

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its table.
    pub object: TypeId,
    /// Its row there; rows never move.
    pub row: usize,
}

/// One step that can be undone.
#[derive(Debug)]
enum Change {
    Inserted(Place),
    Updated(Place, Box<Record>),
}

/// What the journal of a request amounts to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Records made.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Records put into the bin.
    pub deleted: u64,
}

/// The whole org.
#[derive(Debug)]
pub struct Org {
    /// The object types.
    pub schema: Schema,
    /// How it behaves.
    pub settings: Settings,
    /// Its time.
    pub clock: Clock,
    /// The user of the API calls being served.
    pub user: RecordId,
    /// The id of the org itself.
    pub id: RecordId,
    tables: Vec<Table>,
    journal: Vec<Change>,
    next_id: u64,
    archived_until: i64,
}

/// A point of the journal to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Savepoint(usize);

impl Org {
    /// The type itself.
    pub fn object(&self, id: TypeId) -> &ObjectType {
        self.schema.get(id)
    }

    /// The records of a type.
    pub fn table(&self, id: TypeId) -> &Table {
        &self.tables[id.0]
    }

    /// The record at a place.
    pub fn record(&self, place: Place) -> &Record {
        self.tables[place.object.0].get(place.row)
    }

    /// Finds a record of any type, deleted or not.
    pub fn find(&self, id: RecordId) -> Option<Place> {
        let object = self.schema.by_prefix(id.prefix())?;
        self.find_in(object, id)
    }

    /// Finds a record of this type, deleted or not.
    pub fn find_in(&self, object: TypeId, id: RecordId) -> Option<Place> {
        self.table(object).position(id).map(|row| Place { object, row })
    }

    /// A field's value by its name; null when the record has none.
    pub fn value(&self, place: Place, field: &str) -> &Value {
        self.object(place.object).field(field).map_or(&Value::Null, |field| self.record(place).get(field))
    }

    /// A field's value as text.
    pub fn text(&self, place: Place, field: &str) -> Option<&str> {
        self.value(place, field).as_str()
    }

    /// Whether a boolean field is set.
    pub fn is_set(&self, place: Place, field: &str) -> bool {
        self.value(place, field) == &Value::Bool(true)
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh id for this type.
    pub fn fresh_id(&mut self, object: TypeId) -> RecordId {
        loop {
            self.next_id += 1;
            let id = RecordId::new(&self.schema.get(object).prefix, self.next_id);
            // The org file may have given it to a record.
            if self.find_in(object, id).is_none() {
                return id;
            }
        }
    }

    /// Adds a record with its audit fields. The values are already checked.
    pub fn insert(&mut self, object: TypeId, values: Vec<(FieldId, Value)>) -> RecordId {
        let id = self.fresh_id(object);
        self.insert_as(object, id, values);
        id
    }

    /// The same with an id chosen before. Audit fields that are given are kept.
    fn insert_as(&mut self, object: TypeId, id: RecordId, values: Vec<(FieldId, Value)>) -> Place {
        let stamp = json!(stamp_text(self.now()));
        let user = json!(self.user.to_string());
        let kind = self.schema.get(object);
        let mut record = Record::new(id);
        let audit = [
            ("Id", json!(id.to_string())),
            ("IsDeleted", json!(false)),
            ("CreatedDate", stamp.clone()),
            ("CreatedById", user.clone()),
            ("LastModifiedDate", stamp.clone()),
            ("LastModifiedById", user),
            ("SystemModstamp", stamp),
        ];
        for (name, value) in audit {
            if let Some(field) = kind.field(name) {
                record.set(field, value);
            }
        }
        for (field, value) in values {
            record.set(field, value);
        }
        let row = self.tables[object.0].push(kind, record);
        let place = Place { object, row };
        self.journal.push(Change::Inserted(place));
        place
    }

    /// Changes a record and its audit fields.
    pub fn update(&mut self, place: Place, values: Vec<(FieldId, Value)>) {
        let stamp = json!(stamp_text(self.now()));
        let user = json!(self.user.to_string());
        let kind = self.schema.get(place.object);
        let audit =
            [("LastModifiedDate", stamp.clone()), ("LastModifiedById", user), ("SystemModstamp", stamp)].into_iter();
        let audit = audit.filter_map(|(name, value)| Some((kind.field(name)?, value)));
        let changes: Vec<_> = values.into_iter().chain(audit).collect();
        self.write(place, changes);
    }

    /// Changes fields and nothing else.
    pub fn write(&mut self, place: Place, values: Vec<(FieldId, Value)>) {
        let kind = self.schema.get(place.object);
        let before = self.tables[place.object.0].change(kind, place.row, values);
        self.journal.push(Change::Updated(place, Box::new(before)));
    }

    /// Puts a record into the bin, with the children that go with it.
    pub fn delete(&mut self, place: Place) {
        let mut doomed = vec![place];
        while let Some(place) = doomed.pop() {
            if self.record(place).is_deleted() {
                continue;
            }
            let id = self.record(place).id.to_string();
            for child in self.schema.get(place.object).children.clone() {
                let Some(object) = self.schema.find(&child.object) else { continue };
                let Some(field) = self.schema.get(object).field(&child.field) else { continue };
                let rows = self.table(object).lookup(field, &id).to_vec();
                for place in rows.into_iter().map(|row| Place { object, row }) {
                    if child.cascade {
                        doomed.push(place);
                    } else {
                        self.write(place, vec![(field, Value::Null)]);
                    }
                }
            }
            self.mark_deleted(place);
        }
    }

    fn mark_deleted(&mut self, place: Place) {
        let now = self.now();
        let kind = self.schema.get(place.object);
        let stamp = json!(stamp_text(now));
        let fields = [("IsDeleted", json!(true)), ("SystemModstamp", stamp.clone()), ("LastModifiedDate", stamp)];
        let values = fields.into_iter().filter_map(|(name, value)| Some((kind.field(name)?, value))).collect();
        let table = &mut self.tables[place.object.0];
        let before = table.change(kind, place.row, values);
        table.set_deleted(place.row, now);
        self.journal.push(Change::Updated(place, Box::new(before)));
    }

    /// Marks the present state, to be able to come back to it.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.len())
    }

    /// Undoes everything since the savepoint.
    pub fn roll_back(&mut self, to: Savepoint) {
        while self.journal.len() > to.0 {
            match self.journal.pop() {
                Some(Change::Inserted(place)) => {
                    self.tables[place.object.0].pop(self.schema.get(place.object));
                }
                Some(Change::Updated(place, before)) => {
                    self.tables[place.object.0].restore(self.schema.get(place.object), place.row, *before);
                }
                None => return,
            }
        }
    }

    /// Ends the request: what it did can no longer be undone. Says how many records of each type were touched.
    pub fn commit(&mut self) -> BTreeMap<String, Tally> {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for change in std::mem::take(&mut self.journal) {
            let (Change::Inserted(place) | Change::Updated(place, _)) = &change;
            let tally = tallies.entry(self.object(place.object).name.clone()).or_default();
            match &change {
                Change::Inserted(_) => tally.created += 1,
                Change::Updated(_, before) if !before.is_deleted() && self.record(*place).is_deleted() => {
                    tally.deleted += 1;
                }
                Change::Updated(..) => tally.updated += 1,
            }
        }
        tallies
    }

    /// Archives events that ended a year ago, once a day like the real job: new ones stay visible until the next run.
    pub fn archive_if_due(&mut self) {
        let today = self.now().as_second() / 86_400;
        if today <= self.archived_until {
            return;
        }
        self.archived_until = today;
        let Some(object) = self.schema.find("Event") else { return };
        let kind = self.schema.get(object);
        let (Some(start), Some(archived)) = (kind.field("ActivityDateTime"), kind.field("IsArchived")) else { return };
        let limit = Timestamp::from_second((today - 365) * 86_400).map(stamp_text).unwrap_or_default();
        let table = &mut self.tables[object.0];
        for row in 0..table.len() {
            let record = table.get(row);
            if record.get(start).as_str().is_some_and(|at| *at < *limit) && record.get(archived) != &Value::Bool(true) {
                table.change(kind, row, vec![(archived, json!(true))]);
            }
        }
    }

    /// The whole org as JSON: by type, every field, deleted records marked.
    pub fn dump(&self) -> Value {
        let mut all = Map::new();
        for (id, object) in self.schema.iter() {
            let rows = self.table(id).rows().map(|record| {
                let fields = object.fields.iter().enumerate();
                let values = fields.map(|(id, field)| (field.name.clone(), record.get(id).clone()));
                let mut row: Map<String, Value> = values.filter(|(_, value)| !value.is_null()).collect();
                row.insert("IsDeleted".into(), json!(record.is_deleted()));
                Value::Object(row)
            });
            all.insert(object.name.clone(), rows.collect());
        }
        Value::Object(all)
    }
}
