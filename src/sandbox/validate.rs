//! What a record must satisfy to be saved, in the order in which Salesforce complains: first the shape of the input,
//! then the right to write, required fields, each value, and the rules of the object.

pub mod event;
pub mod value;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::errors::ApiError;
use super::ids::RecordId;
use super::metadata::{Field, FieldId, FieldType, ObjectType, TypeId};
use super::org::{Org, Place};
use value::{check_text, typed};

/// Values to be saved, by field.
pub type Values = Vec<(FieldId, Value)>;

/// Reads the fields of a JSON record: every name must be a column, every value of its type.
pub fn parse(org: &Org, object: TypeId, input: &Map<String, Value>) -> Result<Values, ApiError> {
    let kind = org.object(object);
    let mut values: BTreeMap<FieldId, Value> = BTreeMap::new();
    for (name, value) in input.iter().filter(|(name, _)| *name != "attributes") {
        if let (Some(parent), Value::Object(key)) = (kind.relationship(name), value) {
            values.insert(parent, parent_by_external_id(org, &kind.fields[parent], key)?);
            continue;
        }
        let field = kind.field(name).ok_or_else(|| ApiError::no_such_column(name, &kind.name))?;
        values.insert(field, typed(&kind.fields[field], value)?);
    }
    Ok(values.into_iter().collect())
}

/// `"Account": {"Ext__c": "x"}` means the account with that external id.
fn parent_by_external_id(org: &Org, field: &Field, key: &Map<String, Value>) -> Result<Value, ApiError> {
    let named_type = key.get("attributes").and_then(|a| a.get("type")).and_then(Value::as_str);
    let target = named_type.or(field.reference_to.first().map(String::as_str)).unwrap_or_default();
    let unknown = || ApiError::bad("INVALID_TYPE", format!("sObject type '{target}' is not supported."));
    let object = org.schema.find(target).ok_or_else(unknown)?;
    let mut keys = key.iter().filter(|(name, _)| *name != "attributes");
    let (Some((name, value)), None) = (keys.next(), keys.next()) else {
        let message = format!("The relationship {} takes exactly one external ID field", field.name);
        return Err(ApiError::bad("INVALID_FIELD", message));
    };
    let kind = org.object(object);
    let column = kind.field(name).filter(|column| kind.fields[*column].is_upsert_key());
    let column = column.ok_or_else(|| ApiError::no_such_column(name, &kind.name))?;
    let value = typed(&kind.fields[column], value)?;
    match live_rows(org, object, column, &value).as_slice() {
        [place] => Ok(Value::String(org.record(*place).id.to_string())),
        found => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let what = if found.is_empty() { "not found" } else { "is not unique" };
            let message = format!(
                "Foreign key external ID: {shown} {what} for field {} in entity {}",
                kind.fields[column].name, kind.name
            );
            Err(ApiError::bad("INVALID_FIELD", message))
        }
    }
}

/// The records that are not in the bin and hold this value in an indexed field.
pub fn live_rows(org: &Org, object: TypeId, field: FieldId, value: &Value) -> Vec<Place> {
    let table = org.table(object);
    if org.object(object).fields[field].kind == FieldType::Id {
        let id = value.as_str().and_then(RecordId::parse);
        let place = id.and_then(|id| org.find_in(object, id));
        return place.filter(|place| !org.record(*place).is_deleted()).into_iter().collect();
    }
    let key = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let case_sensitive = org.object(object).fields[field].case_sensitive;
    let rows = table.lookup(field, &key).iter().copied();
    let rows = rows.filter(|row| !table.get(*row).is_deleted());
    let rows = rows.filter(|row| !case_sensitive || table.get(*row).get(field) == value);
    rows.map(|row| Place { object, row }).collect()
}

/// The value that a field will have after the save.
pub fn effective<'a>(org: &'a Org, place: Option<Place>, values: &'a Values, field: FieldId) -> &'a Value {
    let given = values.iter().rev().find(|(id, _)| *id == field).map(|(_, value)| value);
    given.or_else(|| place.map(|place| org.record(place).get(field))).unwrap_or(&Value::Null)
}

/// Checks a save. `place` is the record to be changed, `None` for a new one.
pub fn check(org: &Org, object: TypeId, place: Option<Place>, values: &Values) -> Result<(), Vec<ApiError>> {
    let kind = org.object(object);
    if let Some(place) = place.filter(|place| org.is_set(*place, "IsConverted")) {
        debug_assert_eq!(place.object, object);
        return Err(vec![converted_lead()]);
    }
    check_access(kind, place, values).map_err(|error| vec![error])?;
    check_required(org, kind, place, values).map_err(|error| vec![error])?;
    let errors: Vec<ApiError> = values.iter().filter_map(|(id, v)| check_value(org, &kind.fields[*id], v)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    if kind.name == "Event" {
        event::check(org, place, values).map_err(|error| vec![error])?;
    }
    check_unique(org, object, place, values).map_err(|error| vec![error])
}

/// A converted lead can be neither changed nor referred to.
pub fn converted_lead() -> ApiError {
    ApiError::save("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", &[])
}

fn check_access(kind: &ObjectType, place: Option<Place>, values: &Values) -> Result<(), ApiError> {
    let writable = |field: &Field| if place.is_some() { field.updateable() } else { field.createable() };
    let refused: Vec<&str> =
        values.iter().map(|(id, _)| &kind.fields[*id]).filter(|f| !writable(f)).map(|f| f.name.as_str()).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
         read/write for your profile or permission set.",
        refused.join(", ")
    );
    Err(ApiError::save("INVALID_FIELD_FOR_INSERT_UPDATE", message, &refused))
}

fn check_required(org: &Org, kind: &ObjectType, place: Option<Place>, values: &Values) -> Result<(), ApiError> {
    let missing = |id: FieldId, field: &Field| {
        let given = values.iter().any(|(known, _)| *known == id);
        let empty = effective(org, place, values, id).is_null();
        let needed =
            if place.is_some() { given && !field.nillable() && field.updateable() } else { field.required_on_create() };
        // A boolean that is set to null is a wrong value, not a missing one.
        empty && (needed || (given && !field.nillable())) && field.kind != FieldType::Boolean
    };
    let fields = kind.fields.iter().enumerate();
    let names: Vec<&str> = fields.filter(|(id, field)| missing(*id, field)).map(|(_, f)| f.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", names.join(", "));
    Err(ApiError::save("REQUIRED_FIELD_MISSING", message, &names))
}

fn check_value(org: &Org, field: &Field, value: &Value) -> Option<ApiError> {
    match (field.kind, value) {
        (FieldType::Boolean, Value::Null) => {
            let message = format!("{}: value not of required type: null", field.label);
            Some(ApiError::save("INVALID_TYPE_ON_FIELD_IN_RECORD", message, &[&field.name]))
        }
        (FieldType::Reference, Value::String(id)) => check_reference(org, field, id).err(),
        (kind, Value::String(text)) if kind.is_text() => check_text(field, text).err(),
        (kind, Value::Number(number)) if kind.is_number() => {
            let whole = if kind == FieldType::Int { field.digits } else { field.precision.saturating_sub(field.scale) };
            let fits = number.as_f64().is_some_and(|number| number.abs() < 10f64.powi(whole.max(1).cast_signed()));
            let message = format!("{}: value outside of valid range on numeric field: {number}", field.label);
            (!fits).then(|| ApiError::save("NUMBER_OUTSIDE_VALID_RANGE", message, &[&field.name]))
        }
        _ => None,
    }
}

fn check_reference(org: &Org, field: &Field, text: &str) -> Result<(), ApiError> {
    let name = field.name.as_str();
    let malformed =
        || ApiError::save("MALFORMED_ID", format!("{}: id value of incorrect type: {text}", field.label), &[name]);
    let id = RecordId::parse(text).ok_or_else(malformed)?;
    let target = org.schema.by_prefix(id.prefix());
    let target_name = target.map(|target| org.object(target).name.as_str());
    if target_name.is_some_and(|target| !field.reference_to.iter().any(|allowed| allowed == target)) {
        return Err(malformed());
    }
    let unknown = || ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[name]);
    let place = org.find(id).ok_or_else(unknown)?;
    if org.record(place).is_deleted() {
        return Err(ApiError::save("ENTITY_IS_DELETED", "entity is deleted", &[name]));
    }
    if name == "OwnerId" && target_name == Some("User") && !org.is_set(place, "IsActive") {
        let message = format!("operation performed with inactive user [{id}] as owner of the record");
        return Err(ApiError::save("INACTIVE_OWNER_OR_USER", message, &[name]));
    }
    Ok(())
}

fn check_unique(org: &Org, object: TypeId, place: Option<Place>, values: &Values) -> Result<(), ApiError> {
    let kind = org.object(object);
    for (id, value) in values.iter().filter(|(id, value)| kind.fields[*id].unique && !value.is_null()) {
        if let Some(other) = live_rows(org, object, *id, value).into_iter().find(|other| Some(*other) != place) {
            let name = &kind.fields[*id].name;
            let message =
                format!("duplicate value found: {name} duplicates value on record with id: {}", org.record(other).id);
            return Err(ApiError::save("DUPLICATE_VALUE", message, &[name]));
        }
    }
    Ok(())
}
