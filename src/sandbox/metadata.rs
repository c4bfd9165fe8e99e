//! What the org's objects look like: fields, types, limits, relationships.

mod describe;
mod field;

use std::collections::HashMap;

use serde::Deserialize;

pub use field::{Field, FieldType};

/// The standard objects, as facts in our own compact form.
const STANDARD: &str = include_str!("../../assets/sandbox/objects.json");

/// The number of an object type in [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub usize);

/// The number of a field in its [`ObjectType`].
pub type FieldId = usize;

/// An object type.
#[derive(Debug, Clone, Deserialize)]
pub struct ObjectType {
    /// The API name.
    pub name: String,
    /// The label.
    pub label: String,
    /// The label of many.
    pub plural: String,
    /// The first three characters of its ids.
    pub prefix: String,
    /// Lists of children that a query may ask for.
    #[serde(default)]
    pub children: Vec<ChildRelationship>,
    /// Whether the API may create records.
    #[serde(default = "yes")]
    pub createable: bool,
    /// Whether the API may delete records.
    #[serde(default = "yes")]
    pub deletable: bool,
    /// The fields, in the order of describe.
    pub fields: Vec<Field>,
    #[serde(skip)]
    by_name: HashMap<String, FieldId>,
}

/// A relationship seen from the parent.
#[derive(Debug, Clone, Deserialize)]
pub struct ChildRelationship {
    /// The child's type.
    pub object: String,
    /// The child's reference field.
    pub field: String,
    /// The name used in a sub-select.
    pub relationship: String,
    /// Whether deleting the parent deletes the children.
    pub cascade: bool,
}

fn yes() -> bool {
    true
}

impl ObjectType {
    /// A field by its name in any case.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        // Most callers spell it right, and then no copy is made.
        self.by_name.get(name).or_else(|| self.by_name.get(&name.to_ascii_lowercase())).copied()
    }

    /// A reference field by the name of its relationship (`Owner` for `OwnerId`).
    pub fn relationship(&self, name: &str) -> Option<FieldId> {
        self.fields
            .iter()
            .position(|field| field.relationship.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    }

    /// A child relationship by its name.
    pub fn child(&self, name: &str) -> Option<&ChildRelationship> {
        self.children.iter().find(|child| child.relationship.eq_ignore_ascii_case(name))
    }

    /// Adds a field; a name already taken is refused.
    pub fn add_field(&mut self, field: Field) -> Result<(), String> {
        if self.field(&field.name).is_some() {
            return Err(format!("{} already has a field {}", self.name, field.name));
        }
        self.index_field(self.fields.len(), &field.name);
        self.fields.push(field);
        Ok(())
    }

    fn index_field(&mut self, id: FieldId, name: &str) {
        self.by_name.insert(name.to_ascii_lowercase(), id);
        self.by_name.insert(name.to_owned(), id);
    }
}

/// All object types of the org.
#[derive(Debug, Clone)]
pub struct Schema {
    types: Vec<ObjectType>,
}

impl Schema {
    /// The standard objects.
    pub fn standard() -> Self {
        #[allow(clippy::expect_used)] // the asset is compiled in, and a test reads it
        let mut types: Vec<ObjectType> = serde_json::from_str(STANDARD).expect("the standard objects are well formed");
        for object in &mut types {
            let names: Vec<String> = object.fields.iter().map(|field| field.name.clone()).collect();
            for (id, name) in names.iter().enumerate() {
                object.fields[id].complete(false);
                object.index_field(id, name);
            }
        }
        Self { types }
    }

    /// A type by its name in any case.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        self.types.iter().position(|object| object.name.eq_ignore_ascii_case(name)).map(TypeId)
    }

    /// The type whose ids start so.
    pub fn by_prefix(&self, prefix: &str) -> Option<TypeId> {
        self.types.iter().position(|object| object.prefix == prefix).map(TypeId)
    }

    /// The type itself.
    pub fn get(&self, id: TypeId) -> &ObjectType {
        &self.types[id.0]
    }

    /// The type itself, to be changed while the org is being set up.
    pub fn get_mut(&mut self, id: TypeId) -> &mut ObjectType {
        &mut self.types[id.0]
    }

    /// All types with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &ObjectType)> {
        self.types.iter().enumerate().map(|(id, object)| (TypeId(id), object))
    }

    /// Adds a custom object with the fields every object has.
    pub fn add_custom_object(&mut self, name: &str) -> TypeId {
        let number = self.types.iter().filter(|object| object.name.ends_with("__c")).count();
        let label = name.trim_end_matches("__c").replace('_', " ");
        let mut object = ObjectType {
            name: name.to_owned(),
            plural: format!("{label}s"),
            label,
            prefix: format!("a{number:02}"),
            children: Vec::new(),
            createable: true,
            deletable: true,
            fields: Vec::new(),
            by_name: HashMap::new(),
        };
        for field in Field::of_custom_object() {
            let id = object.fields.len();
            object.index_field(id, &field.name);
            object.fields.push(field);
        }
        self.types.push(object);
        TypeId(self.types.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_objects_are_whole() {
        let schema = Schema::standard();
        for (_, object) in schema.iter() {
            assert_eq!(object.prefix.len(), 3, "{}", object.name);
            for name in ["Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "CreatedById"] {
                assert!(object.field(name).is_some(), "{}.{name}", object.name);
            }
            for field in &object.fields {
                assert_eq!(field.kind == FieldType::Reference, !field.reference_to.is_empty(), "{}", field.name);
            }
            for child in &object.children {
                let child_type = schema.get(schema.find(&child.object).unwrap());
                assert!(child_type.field(&child.field).is_some(), "{}.{}", child.object, child.field);
            }
        }
        let lead = schema.get(schema.find("lead").unwrap());
        assert_eq!(lead.fields[lead.field("lastname").unwrap()].length, 80);
        assert!(lead.fields[lead.field("Email").unwrap()].id_lookup);
        assert!(!lead.fields[lead.field("Description").unwrap()].filterable());
    }
}
