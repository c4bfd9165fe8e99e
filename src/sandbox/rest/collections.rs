//! sObject Collections: up to 200 records in one call, each with its own outcome.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::sobjects::retrieve;
use crate::sandbox::engine::{Context, Engine};
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::TypeId;
use crate::sandbox::org::{Org, Place};
use crate::sandbox::records::{self, SaveOptions, Saved, UpsertTarget};
use crate::sandbox::validate::value::typed;

/// Records in a call (Salesforce: sObject Collections).
const MAX_RECORDS: usize = 200;
/// Runs of records of the same type in a call.
const MAX_CHUNKS: usize = 10;
/// Records in a retrieve by POST.
const MAX_RETRIEVE: usize = 2_000;

/// What became of a row.
struct Row {
    id: Option<RecordId>,
    outcome: Saved<RecordId>,
    /// For upserts: whether the record was, or would have been, created.
    created: Option<bool>,
}

type Input = Map<String, Value>;

/// Serves `/composite/sobjects/…`.
pub fn route(engine: &mut Engine, context: &Context, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    match (call.method.as_str(), rest) {
        ("POST", []) => write(engine, context, call, create_row),
        ("PATCH", []) => {
            let repeated = Repeated::of(call, "Id", |_| None);
            write(engine, context, call, |org, input, options| update_row(org, input, options, &repeated))
        }
        ("DELETE", []) => delete(engine, context, call),
        ("PATCH", [object, field]) => upsert(engine, context, call, object, field),
        ("GET" | "POST", [object]) => read(engine, context, call, object),
        (method, [] | [_] | [_, _]) => Err(ApiError::method_not_allowed(method, "GET, POST, PATCH, DELETE")),
        _ => Err(ApiError::not_found()),
    }
}

fn envelope(call: &Call) -> Result<(bool, Vec<Value>), ApiError> {
    let body = call.json()?;
    let records = body.get("records").and_then(Value::as_array).cloned();
    let records = records.ok_or_else(|| ApiError::json_parser("The request body must have an array \"records\""))?;
    if records.len() > MAX_RECORDS {
        let message = format!("record limit reached. cannot submit more than {MAX_RECORDS} records into this call");
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    let types = records.iter().map(|record| type_name(record).map(str::to_lowercase));
    let mut chunks = 0;
    let mut last = None;
    for name in types {
        chunks += usize::from(last.as_ref() != Some(&name));
        last = Some(name);
    }
    if chunks > MAX_CHUNKS {
        let message = format!(
            "Cannot have more than {MAX_CHUNKS} chunks in a single operation. Please rearrange the data to reduce chunking."
        );
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let all_or_none = body.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
    Ok((all_or_none, records))
}

fn type_name(record: &Value) -> Option<&str> {
    record.get("attributes")?.get("type")?.as_str()
}

/// The type of a row and its fields without the id.
fn row_input(org: &Org, record: &Value) -> Result<(TypeId, Option<String>, Input), ApiError> {
    let Value::Object(fields) = record else { return Err(ApiError::cannot_deserialize("SObject", record)) };
    let name = type_name(record)
        .ok_or_else(|| ApiError::bad("INVALID_TYPE", "Expected attributes.type to name the type of the record"))?;
    let object = org
        .schema
        .find(name)
        .ok_or_else(|| ApiError::bad("INVALID_TYPE", format!("sObject type '{name}' is not supported.")))?;
    let id = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case("Id"));
    let id = id.and_then(|(_, value)| value.as_str()).filter(|id| !id.is_empty()).map(str::to_owned);
    let rest = fields.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("Id"));
    Ok((object, id, rest.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

fn write(
    engine: &mut Engine,
    context: &Context,
    call: &Call,
    mut save: impl FnMut(&mut Org, &Value, &mut SaveOptions) -> Row,
) -> Result<Reply, ApiError> {
    let (all_or_none, records) = envelope(call)?;
    let mut options = engine.save_options(call);
    let start = engine.org.savepoint();
    let rows: Vec<Row> = records.iter().map(|record| save(&mut engine.org, record, &mut options)).collect();
    let failed = rows.iter().any(|row| row.outcome.is_err());
    let undo = failed && (all_or_none || context.all_or_none);
    if undo {
        engine.org.roll_back(start);
    }
    Ok(Reply::ok(rows.into_iter().map(|row| row.print(undo)).collect()))
}

impl Row {
    fn print(self, undo: bool) -> Value {
        let outcome = match self.outcome {
            Ok(_) if undo => Err(vec![ApiError::rolled_back()]),
            other => other,
        };
        let mut row = Map::new();
        match outcome {
            Ok(id) => {
                row.insert("id".into(), json!(id.to_string()));
                row.insert("success".into(), json!(true));
                row.insert("errors".into(), json!([]));
            }
            Err(errors) => {
                if let Some(id) = self.id {
                    row.insert("id".into(), json!(id.to_string()));
                }
                row.insert("success".into(), json!(false));
                row.insert("errors".into(), errors.iter().map(ApiError::row).collect());
            }
        }
        if let Some(created) = self.created {
            row.insert("created".into(), json!(created));
        }
        Value::Object(row)
    }

    fn failed(error: ApiError) -> Self {
        Self { id: None, outcome: Err(vec![error]), created: None }
    }
}

fn create_row(org: &mut Org, record: &Value, options: &mut SaveOptions) -> Row {
    let (object, id, input) = match row_input(org, record) {
        Ok(parts) => parts,
        Err(error) => return Row::failed(error),
    };
    if id.is_some() {
        return Row::failed(ApiError::save(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "cannot specify Id in an insert call",
            &["Id"],
        ));
    }
    Row { id: None, outcome: records::create(org, object, &input, options), created: None }
}

fn update_row(org: &mut Org, record: &Value, options: &mut SaveOptions, repeated: &Repeated) -> Row {
    let (object, id, input) = match row_input(org, record) {
        Ok(parts) => parts,
        Err(error) => return Row::failed(error),
    };
    let Some(id) = id else {
        return Row::failed(ApiError::save("MISSING_ARGUMENT", "Id not specified in an update call", &["Id"]));
    };
    if repeated.contains(&json!(id)) {
        return Row::failed(ApiError::save("DUPLICATE_VALUE", format!("duplicate id specified: {id}"), &["Id"]));
    }
    let place = match locate(org, object, &id) {
        Ok(place) => place,
        Err(error) => return Row::failed(error),
    };
    let id = org.record(place).id;
    Row { id: Some(id), outcome: records::update(org, place, &input, options).map(|()| id), created: None }
}

/// Finds the record of a row; a wrong id is the row's own failure.
fn locate(org: &Org, object: TypeId, id: &str) -> Result<Place, ApiError> {
    records::find(org, object, id).map_err(|error| match error.status {
        404 => ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]),
        _ => error,
    })
}

fn upsert(engine: &mut Engine, context: &Context, call: &Call, object: &str, field: &str) -> Result<Reply, ApiError> {
    let object = engine.org.schema.find(object).ok_or_else(ApiError::not_found)?;
    let kind = engine.org.object(object);
    let column = kind.field(field).filter(|column| kind.fields[*column].is_upsert_key()).ok_or_else(|| {
        let message = format!("Provided external ID field does not exist or is not accessible: {field}");
        ApiError::new(404, "NOT_FOUND", message)
    })?;
    let definition = kind.fields[column].clone();
    let repeated = Repeated::of(call, &definition.name, |value| typed(&definition, value).ok());
    write(engine, context, call, |org, record, options| {
        let (row_object, id, mut input) = match row_input(org, record) {
            Ok(parts) => parts,
            Err(error) => return Row::failed(error),
        };
        if row_object != object {
            let message = "All records of an upsert must have the type of the request";
            return Row::failed(ApiError::save("INVALID_TYPE", message, &[]));
        }
        let by_id = definition.name == "Id";
        let key = if by_id { id.map(|id| json!(id)) } else { given(&input, &definition.name).cloned() };
        let key = match key.filter(|key| !key.is_null()).map(|key| typed(&definition, &key)) {
            Some(Ok(key)) => key,
            Some(Err(error)) => return Row::failed(error),
            None if by_id => Value::Null,
            None => {
                let message = format!("{} not specified", definition.name);
                return Row::failed(ApiError::save("MISSING_ARGUMENT", message, &[&definition.name]));
            }
        };
        if repeated.contains(&key) {
            let shown = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            let message = format!("Duplicate external id specified: {shown}");
            return Row::failed(ApiError::save("DUPLICATE_VALUE", message, &[&definition.name]));
        }
        match records::upsert_target(org, object, &definition.name, &key) {
            Ok(UpsertTarget::Create) if by_id && !key.is_null() => {
                Row::failed(ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]))
            }
            Ok(UpsertTarget::Create) => {
                Row { id: None, outcome: records::create(org, object, &input, options), created: Some(true) }
            }
            Ok(UpsertTarget::Update(place)) => {
                let id = org.record(place).id;
                input.retain(|name, _| !name.eq_ignore_ascii_case(&definition.name) || definition.name == "Email");
                let outcome = records::update(org, place, &input, options).map(|()| id);
                Row { id: Some(id), outcome, created: Some(false) }
            }
            Err(found) => {
                let ids: Vec<String> = found.iter().map(|place| org.record(*place).id.to_string()).collect();
                let message = format!(
                    "{}: more than one record found for external id field: [{}]",
                    definition.label,
                    ids.join(", ")
                );
                Row::failed(ApiError::save("DUPLICATE_EXTERNAL_ID", message, &[&definition.name]))
            }
        }
    })
}

fn given<'a>(input: &'a Input, name: &str) -> Option<&'a Value> {
    input.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Keys that stand in more than one row of the same request: all such rows fail.
struct Repeated(HashMap<String, usize>);

impl Repeated {
    fn of(call: &Call, name: &str, canonical: impl Fn(&Value) -> Option<Value>) -> Self {
        let mut counts = HashMap::new();
        let body = call.json().unwrap_or_default();
        for record in body.get("records").and_then(Value::as_array).into_iter().flatten() {
            if let Some(value) = record.as_object().and_then(|fields| given(fields, name)).filter(|v| !v.is_null()) {
                let value = canonical(value).unwrap_or_else(|| value.clone());
                *counts.entry(Self::key(&value)).or_default() += 1;
            }
        }
        Self(counts)
    }

    fn contains(&self, value: &Value) -> bool {
        self.0.get(&Self::key(value)).is_some_and(|count| *count > 1)
    }

    /// Ids count as the same in either form, and text in any case.
    fn key(value: &Value) -> String {
        match value.as_str() {
            Some(text) => RecordId::parse(text).map_or_else(|| text.to_lowercase(), |id| id.to_string()),
            None => value.to_string(),
        }
    }
}

fn delete(engine: &mut Engine, context: &Context, call: &Call) -> Result<Reply, ApiError> {
    let ids: Vec<&str> =
        call.param("ids").unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || ids.len() > MAX_RECORDS {
        let message = format!("the parameter ids must name 1 to {MAX_RECORDS} records");
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    let all_or_none = context.all_or_none || call.param("allOrNone").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let mut options = engine.save_options(call);
    let start = engine.org.savepoint();
    let mut rows = Vec::new();
    for id in ids {
        rows.push(match RecordId::parse(id) {
            None => Row::failed(ApiError::save("MALFORMED_ID", format!("malformed id {id}"), &[])),
            Some(record_id) => match engine.org.find(record_id) {
                None => Row::failed(ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[])),
                Some(place) => {
                    let outcome = records::delete(&mut engine.org, place, &mut options).map(|()| record_id);
                    Row { id: Some(record_id), outcome, created: None }
                }
            },
        });
    }
    let undo = all_or_none && rows.iter().any(|row| row.outcome.is_err());
    if undo {
        engine.org.roll_back(start);
    }
    Ok(Reply::ok(rows.into_iter().map(|row| row.print(undo)).collect()))
}

fn read(engine: &Engine, context: &Context, call: &Call, object: &str) -> Result<Reply, ApiError> {
    let org = &engine.org;
    let object = org.schema.find(object).ok_or_else(ApiError::not_found)?;
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (ids, fields) = if call.method == "POST" {
        let body = call.json()?;
        (list(&body["ids"]), list(&body["fields"]))
    } else {
        let split = |name: &str| -> Vec<String> {
            let text = call.param(name).unwrap_or_default();
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        (split("ids"), split("fields"))
    };
    if fields.is_empty() {
        return Err(ApiError::bad("MISSING_ARGUMENT", "The fields parameter is required"));
    }
    if ids.len() > MAX_RETRIEVE {
        return Err(ApiError::bad(
            "EXCEEDED_ID_LIMIT",
            format!("cannot retrieve more than {MAX_RETRIEVE} records in one call"),
        ));
    }
    let fields = fields.join(",");
    let rows: Result<Vec<Value>, ApiError> = ids
        .iter()
        .map(|id| {
            let place = RecordId::parse(id).and_then(|id| org.find_in(object, id));
            let place = place.filter(|place| !org.record(*place).is_deleted());
            place.map_or(Ok(Value::Null), |place| retrieve(org, context, place, Some(&fields)))
        })
        .collect();
    Ok(Reply::ok(Value::Array(rows?)))
}
