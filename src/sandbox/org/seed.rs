//! Builds an org from its file: fields first, then ids for every key, then the records.
//!
//! A seeded record may set what the API may not: audit fields, `IsConverted`, `MasterRecordId`, `IsDeleted`. A wrong
//! name, type or reference is an error that names its place; business rules (an active owner, a unique email) are not
//! applied, because a real org holds plenty of records older than its rules.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Org, OrgFile, OrgFileError, Table};
use crate::sandbox::clock::Clock;
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::{Field, FieldId, FieldType, ObjectType, Schema, TypeId};
use crate::sandbox::records::derive_fields;
use crate::sandbox::validate::value::{default_of, typed};

type Keys = HashMap<String, RecordId>;

impl OrgFile {
    /// Makes the org.
    pub(in crate::sandbox) fn build(&self) -> Result<Org, OrgFileError> {
        let schema = self.schema()?;
        let tables = schema.iter().map(|_| Table::default()).collect();
        let clock = self.settings.now.map_or(Clock::System, Clock::Fixed);
        let nobody = RecordId::new("005", 0);
        let mut org = Org {
            schema,
            settings: self.settings.clone(),
            clock,
            user: nobody,
            id: RecordId::new("00D", 1),
            tables,
            journal: Vec::new(),
            next_id: 0,
            archived_until: i64::MIN,
        };
        let mut records = Vec::new();
        let mut keys = Keys::new();
        for (name, rows) in &self.records {
            let object = org.schema.find(name).ok_or_else(|| OrgFileError::at(name, "no such object"))?;
            for (index, row) in rows.iter().enumerate() {
                let place = format!("{name}[{index}]");
                let id = seeded_id(&mut org, object, row, &place)?;
                if let Some(key) = row.get("_key") {
                    let key =
                        key.as_str().ok_or_else(|| OrgFileError::at(format!("{place}._key"), "must be a text"))?;
                    if keys.insert(key.to_owned(), id).is_some() {
                        return Err(OrgFileError::at(format!("{place}._key"), format!("\"{key}\" is used twice")));
                    }
                }
                records.push((object, id, place, row));
            }
        }
        org.user = self.api_user(&mut org, &records, &keys)?;
        // Parents before children, so that what is derived from a parent can be derived.
        records.sort_by_key(|(object, ..)| *object);
        for (object, id, place, row) in records {
            seed(&mut org, &keys, object, id, &place, row)?;
        }
        org.ensure_user_and_organization();
        org.archive_if_due();
        org.commit();
        Ok(org)
    }

    fn schema(&self) -> Result<Schema, OrgFileError> {
        let mut schema = Schema::standard();
        for (name, fields) in &self.custom_fields {
            // Custom fields of events and tasks are made on Activity and show on both.
            let objects: &[&str] = match name.as_str() {
                "Activity" | "Event" | "Task" => &["Event", "Task"],
                other => &[other],
            };
            for object in objects {
                let id = match schema.find(object) {
                    Some(id) => id,
                    None if object.ends_with("__c") => schema.add_custom_object(object),
                    None => return Err(OrgFileError::at(format!("custom_fields.{name}"), "no such object")),
                };
                for field in fields {
                    add_custom_field(&mut schema, id, field)
                        .map_err(|problem| OrgFileError::at(format!("custom_fields.{name}.{}", field.name), problem))?;
                }
            }
        }
        for name in self.records.keys().filter(|name| name.ends_with("__c")) {
            if schema.find(name).is_none() {
                schema.add_custom_object(name);
            }
        }
        if self.settings.shared_activities
            && let Some(event) = schema.find("Event")
        {
            let mut field = simple_field("EventWhoIds", FieldType::MultiPicklist);
            field.label = "Event Who Ids".into();
            let _ = schema.get_mut(event).add_field(field);
        }
        Ok(schema)
    }

    fn api_user(
        &self,
        org: &mut Org,
        records: &[(TypeId, RecordId, String, &Map<String, Value>)],
        keys: &Keys,
    ) -> Result<RecordId, OrgFileError> {
        let user_type = org.schema.find("User");
        let users = || records.iter().filter(|(object, ..)| Some(*object) == user_type);
        if let Some(wanted) = &self.settings.api_user {
            let by_name = |row: &Map<String, Value>| {
                ["Username", "Email", "Id"].iter().any(|field| row.get(*field).is_some_and(|value| value == wanted))
            };
            let by_key = wanted.strip_prefix('@').and_then(|key| keys.get(key)).copied();
            return by_key
                .or_else(|| users().find(|(_, _, _, row)| by_name(row)).map(|(_, id, ..)| *id))
                .ok_or_else(|| OrgFileError::at("settings.api_user", format!("no user \"{wanted}\"")));
        }
        let active = |row: &Map<String, Value>| row.get("IsActive") != Some(&Value::Bool(false));
        Ok(users().find(|(_, _, _, row)| active(row)).map_or_else(|| RecordId::new("005", 1), |(_, id, ..)| *id))
    }
}

/// The id given in the row, or a fresh one.
fn seeded_id(org: &mut Org, object: TypeId, row: &Map<String, Value>, place: &str) -> Result<RecordId, OrgFileError> {
    let Some(value) = row.get("Id") else { return Ok(org.fresh_id(object)) };
    let wrong = || OrgFileError::at(format!("{place}.Id"), format!("{value} is not an id of this object"));
    let id = value.as_str().and_then(RecordId::parse).ok_or_else(wrong)?;
    if id.prefix() == org.object(object).prefix { Ok(id) } else { Err(wrong()) }
}

fn seed(
    org: &mut Org,
    keys: &Keys,
    object: TypeId,
    id: RecordId,
    place: &str,
    row: &Map<String, Value>,
) -> Result<(), OrgFileError> {
    if org.find_in(object, id).is_some() {
        return Err(OrgFileError::at(format!("{place}.Id"), format!("{id} is used twice")));
    }
    let kind = org.object(object);
    let mut values: Vec<(FieldId, Value)> = defaults(kind, org.user);
    for (name, value) in row.iter().filter(|(name, _)| !matches!(name.as_str(), "_key" | "attributes" | "Id")) {
        let at = |problem: String| OrgFileError::at(format!("{place}.{name}"), problem);
        let field = kind.field(name).ok_or_else(|| at("no such field".into()))?;
        let value = match value.as_str().and_then(|text| text.strip_prefix('@')) {
            Some(key) if kind.fields[field].kind == FieldType::Reference => {
                json!(keys.get(key).ok_or_else(|| at(format!("no record has the key \"{key}\"")))?.to_string())
            }
            _ => typed(&kind.fields[field], value).map_err(|error| at(error.message))?,
        };
        values.push((field, value));
    }
    let deleted = row.get("IsDeleted") == Some(&Value::Bool(true));
    derive_fields(org, object, None, &mut values);
    let place = org.insert_as(object, id, values);
    if deleted {
        org.mark_deleted(place);
    }
    Ok(())
}

/// What every new record has: the defaults of its fields, and an owner.
fn defaults(kind: &ObjectType, user: RecordId) -> Vec<(FieldId, Value)> {
    let fields = kind.fields.iter().enumerate();
    fields.filter_map(|(id, field)| default_of(field, user).map(|value| (id, value))).collect()
}

fn add_custom_field(schema: &mut Schema, id: TypeId, field: &Field) -> Result<(), String> {
    if !field.name.ends_with("__c") {
        return Err("a custom field's name ends in __c".into());
    }
    let mut field = field.clone();
    if field.external_id || field.unique {
        field.id_lookup |= field.external_id;
    }
    field.complete(true);
    if field.kind == FieldType::Reference && field.reference_to.is_empty() {
        return Err("a reference needs reference_to".into());
    }
    for target in &field.reference_to {
        if schema.find(target).is_none() {
            return Err(format!("reference_to names {target}, which is no object"));
        }
    }
    schema.get_mut(id).add_field(field)
}

fn simple_field(name: &str, kind: FieldType) -> Field {
    let text = json!({"name": name, "type": kind.name()});
    #[allow(clippy::expect_used)] // two keys that every field has
    let mut field: Field = serde_json::from_value(text).expect("a field of name and type");
    field.complete(false);
    field
}

impl Org {
    /// An org has at least one user, and one record of itself.
    fn ensure_user_and_organization(&mut self) {
        let Some(users) = self.schema.find("User") else { return };
        if self.find(self.user).is_none() {
            let row = json!({
                "Username": "integration@sandbox.invalid", "Email": "integration@sandbox.invalid",
                "LastName": "User", "FirstName": "Integration", "Alias": "integ", "IsActive": true,
            });
            self.seed_row(users, self.user, &row);
        }
        if let Some(organizations) = self.schema.find("Organization") {
            let row = json!({"Name": self.settings.organization_name});
            self.seed_row(organizations, self.id, &row);
        }
    }

    fn seed_row(&mut self, object: TypeId, id: RecordId, row: &Value) {
        if let (Some(row), None) = (row.as_object(), self.find_in(object, id)) {
            let seeded = seed(self, &Keys::new(), object, id, "the org itself", row);
            debug_assert!(seeded.is_ok(), "{seeded:?}");
        }
    }
}
