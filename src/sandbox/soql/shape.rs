//! What a record looks like in the answer: its fields, its parents inside it, its children in a list.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::SoqlError;
use super::bind::{Column, Hop, parent};
use super::run::Plan;
use crate::sandbox::metadata::FieldId;
use crate::sandbox::org::Place;

/// What a record looks like in the answer.
#[derive(Default)]
pub struct Shape<'a> {
    fields: Vec<Column>,
    parents: BTreeMap<String, (FieldId, Shape<'a>)>,
    children: Vec<(String, FieldId, Plan<'a>)>,
    /// Whether the parent may be of several types; it then goes by the name of what they share.
    polymorphic: bool,
}

impl<'a> Shape<'a> {
    /// Adds a column below the `depth`th parent.
    pub fn add(&mut self, column: &Column, depth: usize) -> Result<(), SoqlError> {
        if let Some(Hop { field, name }) = column.hops.get(depth) {
            let (_, parent) = self.parents.entry(name.clone()).or_insert_with(|| (*field, Shape::default()));
            parent.polymorphic = column.object.is_none() && depth + 1 == column.hops.len();
            return parent.add(column, depth + 1);
        }
        if self.fields.iter().any(|known| known.name == column.name) {
            let message = format!("duplicate field selected: {}", column.full_name());
            return Err(SoqlError::whole("INVALID_FIELD", message));
        }
        self.fields.push(column.clone());
        Ok(())
    }

    /// Adds a list of children, and checks what it selects even if no record has any.
    pub fn add_children(&mut self, relationship: String, field: FieldId, plan: Plan<'a>) -> Result<(), SoqlError> {
        plan.print(Vec::new())?;
        self.children.push((relationship, field, plan));
        Ok(())
    }

    /// Prints a record.
    pub fn print(&self, plan: &Plan<'a>, place: Place) -> Result<Value, SoqlError> {
        let org = plan.org;
        let kind = &org.object(place.object).name;
        let id = org.record(place).id;
        let mut record = Map::new();
        let shown = if self.polymorphic { "Name" } else { kind };
        record
            .insert("attributes".into(), json!({"type": shown, "url": format!("{}/sobjects/{kind}/{id}", plan.base)}));
        for column in &self.fields {
            record.insert(column.name.clone(), column.own_value(org, place).into_owned());
        }
        for (name, (field, shape)) in &self.parents {
            let value = parent(org, place, *field).map_or(Ok(Value::Null), |place| shape.print(plan, place))?;
            record.insert(name.clone(), value);
        }
        for (name, field, child) in &self.children {
            let rows = org.table(child.source.object).lookup(*field, &id.to_string());
            let answer = child.print(child.find(Some(rows)))?;
            let value = json!({"totalSize": answer.total, "done": true, "records": answer.records});
            record.insert(name.clone(), if answer.total == 0 { Value::Null } else { value });
        }
        Ok(Value::Object(record))
    }
}
