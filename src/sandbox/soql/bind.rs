//! Names become columns: a way over parents to a field.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::SoqlError;
use super::ast::Path;
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::{FieldId, FieldType, ObjectType, TypeId};
use crate::sandbox::org::{Org, Place};

/// The fields of a parent that may be of several types.
const NAME_FIELDS: [(&str, FieldType); 12] = [
    ("Id", FieldType::Id),
    ("Name", FieldType::String),
    ("Type", FieldType::Picklist),
    ("FirstName", FieldType::String),
    ("LastName", FieldType::String),
    ("Email", FieldType::Email),
    ("Phone", FieldType::Phone),
    ("Title", FieldType::String),
    ("Username", FieldType::String),
    ("Alias", FieldType::String),
    ("IsActive", FieldType::Boolean),
    ("ProfileId", FieldType::Reference),
];

/// A step to a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The reference field of the record so far.
    pub field: FieldId,
    /// The relationship's name as the schema spells it.
    pub name: String,
}

/// A field of a record or of one of its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The way to the record that has the field.
    pub hops: Vec<Hop>,
    /// The field's name as the schema spells it.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// The object that has it; none for the shared fields of a parent that may be of several types.
    pub object: Option<TypeId>,
    field: FieldId,
}

/// The object of a FROM clause with its alias.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The org.
    pub org: &'a Org,
    /// The object.
    pub object: TypeId,
    /// The alias.
    pub alias: Option<&'a str>,
}

impl<'a> Source<'a> {
    fn kind(&self) -> &'a ObjectType {
        self.org.object(self.object)
    }

    /// Resolves a path.
    pub fn column(&self, path: &Path) -> Result<Column, SoqlError> {
        let prefixed = path.parts.len() > 1
            && (self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(&path.parts[0]))
                || self.kind().name.eq_ignore_ascii_case(&path.parts[0])
                    && self.kind().relationship(&path.parts[0]).is_none());
        let parts = &path.parts[usize::from(prefixed)..];
        let Some((last, parents)) = parts.split_last() else { return Err(no_column("", &self.kind().name, path.at)) };
        let mut object = Some(self.object);
        let mut hops = Vec::new();
        for parent in parents {
            let unknown = |entity: &str| {
                let message = format!(
                    "Didn't understand relationship '{parent}' in field path. If you are attempting to use a custom \
                     relationship, be sure to append the '__r' after the custom relationship name. Please reference \
                     your WSDL or the describe call for the appropriate names. ({entity})"
                );
                SoqlError::at("INVALID_FIELD", message, path.at)
            };
            let here = object.ok_or_else(|| unknown("Name"))?;
            let kind = self.org.object(here);
            let field = kind.relationship(parent).ok_or_else(|| unknown(&kind.name))?;
            let reference = &kind.fields[field];
            hops.push(Hop { field, name: reference.relationship.clone().unwrap_or_default() });
            object = match reference.reference_to.as_slice() {
                [only] => Some(self.org.schema.find(only).ok_or_else(|| unknown(&kind.name))?),
                _ => None,
            };
        }
        if let Some(object) = object {
            let kind = self.org.object(object);
            let field = kind.field(last).ok_or_else(|| no_column(last, &kind.name, path.at))?;
            let found = &kind.fields[field];
            return Ok(Column { hops, name: found.name.clone(), kind: found.kind, object: Some(object), field });
        }
        let known = NAME_FIELDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(last));
        let (name, kind) = known.ok_or_else(|| no_column(last, "Name", path.at))?;
        Ok(Column { hops, name: (*name).to_owned(), kind: *kind, object: None, field: 0 })
    }
}

fn no_column(name: &str, entity: &str, at: usize) -> SoqlError {
    let message = format!(
        "No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append \
         the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate \
         names."
    );
    SoqlError::at("INVALID_FIELD", message, at)
}

/// Follows a reference to the record it names.
pub fn parent(org: &Org, place: Place, field: FieldId) -> Option<Place> {
    org.record(place).get(field).as_str().and_then(RecordId::parse).and_then(|id| org.find(id))
}

impl Column {
    /// The field's description, where the object is known.
    pub fn field<'a>(&self, org: &'a Org) -> Option<&'a crate::sandbox::metadata::Field> {
        self.object.map(|object| &org.object(object).fields[self.field])
    }

    /// The field of the queried object itself, if the column takes no hop.
    pub fn own_field(&self) -> Option<FieldId> {
        self.hops.is_empty().then_some(self.field)
    }

    /// The name as the query's author would write it in full.
    pub fn full_name(&self) -> String {
        self.hops.iter().map(|hop| hop.name.as_str()).chain([self.name.as_str()]).collect::<Vec<_>>().join(".")
    }

    /// The value for a record; null where a parent is missing.
    pub fn value<'a>(&self, org: &'a Org, place: Place) -> Cow<'a, Value> {
        let record = self.hops.iter().try_fold(place, |place, hop| parent(org, place, hop.field));
        record.map_or(Cow::Owned(Value::Null), |place| self.own_value(org, place))
    }

    /// The value for the record at the end of the way.
    pub fn own_value<'a>(&self, org: &'a Org, place: Place) -> Cow<'a, Value> {
        match (self.object, self.kind) {
            (Some(object), FieldType::Address) => Cow::Owned(address(org.object(object), org, place, &self.name)),
            (Some(_), _) => Cow::Borrowed(org.record(place).get(self.field)),
            (None, _) if self.name == "Type" => Cow::Owned(json!(org.object(place.object).name)),
            (None, _) => Cow::Borrowed(org.value(place, &self.name)),
        }
    }
}

/// A compound address from its parts; null when all of them are empty.
pub fn address(kind: &ObjectType, org: &Org, place: Place, compound: &str) -> Value {
    let mut parts = Map::new();
    let prefix = compound.trim_end_matches("Address");
    for (id, field) in kind.fields.iter().enumerate().filter(|(_, f)| f.compound.as_deref() == Some(compound)) {
        let mut key = field.name.trim_start_matches(prefix).to_owned();
        if let Some(first) = key.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        parts.insert(key, org.record(place).get(id).clone());
    }
    if parts.values().all(Value::is_null) { Value::Null } else { Value::Object(parts) }
}
