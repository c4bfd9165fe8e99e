//! Create, update, delete and find single records: the one place where an accepted change reaches the org.

mod duplicates;

use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::faults::RowFaults;
use super::ids::RecordId;
use super::metadata::TypeId;
use super::org::{Org, Place};
use super::validate::{self, Values, effective, event, live_rows, value::default_of};

/// What accompanies a save.
#[derive(Debug, Default)]
pub struct SaveOptions {
    /// `Sforce-Duplicate-Rule-Header: allowSave=true`.
    pub allow_duplicates: bool,
    /// Faults that may strike rows.
    pub faults: RowFaults,
}

/// The outcome of saving one record.
pub type Saved<T> = Result<T, Vec<ApiError>>;

/// Creates a record.
pub fn create(org: &mut Org, object: TypeId, input: &Map<String, Value>, options: &mut SaveOptions) -> Saved<RecordId> {
    if !org.object(object).createable {
        let message = format!("entity type {} does not support create", org.object(object).name);
        return Err(vec![ApiError::save("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, &[])]);
    }
    if input.keys().any(|key| key.eq_ignore_ascii_case("Id")) {
        let message = "The Id field should not be specified in the sobject data.";
        return Err(vec![ApiError::bad("INVALID_FIELD", message)]);
    }
    let values = validate::parse(org, object, input).map_err(|error| vec![error])?;
    strike(org, object, input, options)?;
    validate::check(org, object, None, &values)?;
    duplicates::check(org, object, None, &values, options.allow_duplicates).map_err(|error| vec![error])?;
    let mut all = defaults(org, object, &values);
    all.extend(values);
    derive_fields(org, object, None, &mut all);
    let id = org.insert(object, all);
    relate_invitees(org, object, id);
    Ok(id)
}

/// Changes a record.
pub fn update(org: &mut Org, place: Place, input: &Map<String, Value>, options: &mut SaveOptions) -> Saved<()> {
    let object = place.object;
    let mut values = validate::parse(org, object, input).map_err(|error| vec![error])?;
    // The id of the record itself is allowed where it says nothing new.
    let id_field = org.object(object).field("Id");
    values.retain(|(field, _)| Some(*field) != id_field);
    strike(org, object, input, options)?;
    if org.record(place).is_deleted() {
        return Err(vec![deleted()]);
    }
    validate::check(org, object, Some(place), &values)?;
    duplicates::check(org, object, Some(place), &values, options.allow_duplicates).map_err(|error| vec![error])?;
    derive_fields(org, object, Some(place), &mut values);
    let id = org.record(place).id;
    org.update(place, values);
    relate_invitees(org, object, id);
    Ok(())
}

/// Deletes a record.
pub fn delete(org: &mut Org, place: Place, options: &mut SaveOptions) -> Saved<()> {
    strike(org, place.object, &Map::new(), options)?;
    if org.record(place).is_deleted() {
        return Err(vec![deleted()]);
    }
    if !org.object(place.object).deletable {
        let message = format!("entity type {} does not support delete", org.object(place.object).name);
        return Err(vec![ApiError::save("INSUFFICIENT_ACCESS_OR_READONLY", message, &[])]);
    }
    org.delete(place);
    Ok(())
}

/// The record lies in the bin.
pub fn deleted() -> ApiError {
    ApiError::save("ENTITY_IS_DELETED", "entity is deleted", &[]).with_status(404)
}

/// Finds a record of a type by an id in either form.
pub fn find(org: &Org, object: TypeId, id: &str) -> Result<Place, ApiError> {
    let malformed = || {
        let message = format!("{} ID: id value of incorrect type: {id}", org.object(object).label);
        ApiError::save("MALFORMED_ID", message, &["Id"])
    };
    let record_id = RecordId::parse(id).ok_or_else(malformed)?;
    if record_id.prefix() != org.object(object).prefix {
        return Err(malformed());
    }
    org.find_in(object, record_id).ok_or_else(ApiError::not_found)
}

/// What an upsert does with one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsertTarget {
    /// No record has the key.
    Create,
    /// One has.
    Update(Place),
}

/// Looks up the key of an upsert. Several hits are an error that names them.
pub fn upsert_target(org: &Org, object: TypeId, field: &str, value: &Value) -> Result<UpsertTarget, Vec<Place>> {
    let Some(id) = org.object(object).field(field) else { return Ok(UpsertTarget::Create) };
    let found = live_rows(org, object, id, value);
    match found.as_slice() {
        [] => Ok(UpsertTarget::Create),
        [place] => Ok(UpsertTarget::Update(*place)),
        _ => Err(found),
    }
}

fn defaults(org: &Org, object: TypeId, given: &Values) -> Values {
    let fields = org.object(object).fields.iter().enumerate();
    let fields = fields.filter(|(id, _)| !given.iter().any(|(known, value)| known == id && !value.is_null()));
    fields.filter_map(|(id, field)| default_of(field, org.user).map(|value| (id, value))).collect()
}

/// Fills the fields that follow from others.
pub fn derive_fields(org: &Org, object: TypeId, place: Option<Place>, values: &mut Values) {
    let kind = org.object(object);
    if let (Some(name), Some(first), Some(last)) = (kind.field("Name"), kind.field("FirstName"), kind.field("LastName"))
    {
        let part = |field| effective(org, place, values, field).as_str().unwrap_or_default().to_owned();
        let full = format!("{} {}", part(first), part(last)).trim().to_owned();
        values.push((name, json!(full)));
    }
    let text = |values: &Values, name: &str| {
        kind.field(name).and_then(|field| effective(org, place, values, field).as_str()).map(str::to_owned)
    };
    let closed = match kind.name.as_str() {
        "Event" => {
            event::derive(org, place, values);
            return;
        }
        "Opportunity" => text(values, "StageName").map(|stage| [stage.starts_with("Closed"), stage == "Closed Won"]),
        "Task" => text(values, "Status").map(|status| [status == "Completed", false]),
        _ => None,
    };
    for (name, value) in ["IsClosed", "IsWon"].into_iter().zip(closed.into_iter().flatten()) {
        values.extend(kind.field(name).map(|field| (field, json!(value))));
    }
}

/// With shared activities, every person of an event has a row of its own.
fn relate_invitees(org: &mut Org, object: TypeId, id: RecordId) {
    if !org.settings.shared_activities || org.object(object).name != "Event" {
        return;
    }
    let (Some(relations), Some(event)) = (org.schema.find("EventRelation"), org.find(id)) else { return };
    let mut people: Vec<String> = org.text(event, "WhoId").map(str::to_owned).into_iter().collect();
    if let Value::Array(ids) = org.value(event, "EventWhoIds") {
        people.extend(ids.iter().filter_map(Value::as_str).filter_map(RecordId::parse).map(|id| id.to_string()));
    }
    people.dedup();
    let kind = org.object(relations);
    let (Some(event_field), Some(person_field)) = (kind.field("EventId"), kind.field("RelationId")) else { return };
    let parent = kind.field("IsParent");
    let known: Vec<Place> = org
        .table(relations)
        .lookup(event_field, &id.to_string())
        .iter()
        .copied()
        .map(|row| Place { object: relations, row })
        .filter(|place| !org.record(*place).is_deleted() && org.is_set(*place, "IsParent"))
        .collect();
    for place in &known {
        if !people.iter().any(|person| org.text(*place, "RelationId") == Some(person)) {
            org.delete(*place);
        }
    }
    for person in people {
        let exists = known.iter().any(|place| org.text(*place, "RelationId") == Some(&person));
        if !exists {
            let mut values = defaults(org, relations, &Vec::new());
            values.extend([(event_field, json!(id.to_string())), (person_field, json!(person))]);
            values.extend(parent.map(|field| (field, json!(true))));
            org.insert(relations, values);
        }
    }
}

fn strike(org: &Org, object: TypeId, input: &Map<String, Value>, options: &mut SaveOptions) -> Saved<()> {
    match options.faults.strike(&org.object(object).name, input) {
        Some(error) => Err(vec![error]),
        None => Ok(()),
    }
}
