//! `/sobjects/{T}/…`: describe, and single records by id or by a key.

use jiff::Timestamp;
use jiff::fmt::strtime;
use serde_json::{Map, Value, json};

use super::{only, replication};
use crate::sandbox::clock::parse_datetime;
use crate::sandbox::codec::encode;
use crate::sandbox::engine::{Context, Engine};
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::TypeId;
use crate::sandbox::org::{Org, Place};
use crate::sandbox::records::{self, UpsertTarget};
use crate::sandbox::soql::ast::Path;
use crate::sandbox::soql::bind::Source;
use crate::sandbox::validate::live_rows;
use crate::sandbox::validate::value::typed;

/// Serves what stands below `/sobjects/{T}`.
pub fn route(
    engine: &mut Engine,
    context: &Context,
    call: &Call,
    object: &str,
    rest: &[&str],
) -> Result<Reply, ApiError> {
    let object = engine.org.schema.find(object).ok_or_else(ApiError::not_found)?;
    match rest {
        [] if call.method == "POST" => create(engine, context, call, object),
        [] => only(call, &["GET", "POST"], || Ok(basic(engine, context, object))),
        ["describe"] => only(call, &["GET"], || Ok(describe(engine, context, object))),
        ["updated"] => replication::updated(engine, call, object),
        ["deleted"] => replication::deleted(engine, call, object),
        [id] => by_id(engine, context, call, object, id),
        [field, value] => by_key(engine, context, call, object, field, value),
        _ => Err(ApiError::not_found()),
    }
}

fn describe(engine: &Engine, context: &Context, object: TypeId) -> Reply {
    let kind = engine.org.object(object);
    let record_types = record_types(&engine.org, &kind.name, &context.base);
    Reply::ok(kind.describe(&context.base, record_types))
}

fn record_types(org: &Org, object: &str, base: &str) -> Vec<Value> {
    let info = |id: &str, name: &str, developer: &str, master: bool, active: bool| {
        json!({
            "active": active, "available": true, "defaultRecordTypeMapping": master, "developerName": developer,
            "master": master, "name": name, "recordTypeId": id,
            "urls": {"layout": format!("{base}/sobjects/{object}/describe/layouts/{id}")},
        })
    };
    let mut infos = Vec::new();
    if let Some(types) = org.schema.find("RecordType") {
        for row in 0..org.table(types).len() {
            let place = Place { object: types, row };
            if org.text(place, "SobjectType") == Some(object) {
                let text = |name| org.text(place, name).unwrap_or_default();
                infos.push(info(text("Id"), text("Name"), text("DeveloperName"), false, org.is_set(place, "IsActive")));
            }
        }
    }
    infos.push(info("012000000000000AAA", "Master", "Master", true, true));
    infos
}

fn basic(engine: &Engine, context: &Context, object: TypeId) -> Reply {
    let kind = engine.org.object(object);
    Reply::ok(json!({"objectDescribe": kind.summary(&context.base), "recentItems": []}))
}

/// The JSON object of a body.
pub fn object_of(value: Value) -> Result<Map<String, Value>, ApiError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(ApiError::cannot_deserialize("SObject", &other)),
    }
}

fn create(engine: &mut Engine, context: &Context, call: &Call, object: TypeId) -> Result<Reply, ApiError> {
    let input = object_of(call.json()?)?;
    let mut options = engine.save_options(call);
    match records::create(&mut engine.org, object, &input, &mut options) {
        Ok(id) => {
            Ok(created(engine, context, object, id, json!({"id": id.to_string(), "success": true, "errors": []})))
        }
        Err(errors) => Ok(errors.into()),
    }
}

fn created(engine: &Engine, context: &Context, object: TypeId, id: RecordId, body: Value) -> Reply {
    let name = &engine.org.object(object).name;
    Reply::json(201, body).with_header("Location", format!("{}/sobjects/{name}/{id}", context.base))
}

fn by_id(engine: &mut Engine, context: &Context, call: &Call, object: TypeId, id: &str) -> Result<Reply, ApiError> {
    let place = RecordId::parse(id).and_then(|id| engine.org.find_in(object, id));
    let place = place.ok_or_else(|| {
        let message = format!("Provided external ID field does not exist or is not accessible: {id}");
        ApiError::new(404, "NOT_FOUND", message)
    })?;
    on_record(engine, context, call, place)
}

fn on_record(engine: &mut Engine, context: &Context, call: &Call, place: Place) -> Result<Reply, ApiError> {
    if engine.org.record(place).is_deleted() {
        return Err(records::deleted());
    }
    match call.method.as_str() {
        "GET" => match precondition(&engine.org, call, place)? {
            Some(reply) => Ok(reply),
            None => Ok(Reply::ok(retrieve(&engine.org, context, place, call.param("fields"))?)),
        },
        "PATCH" => {
            if let Some(reply) = precondition(&engine.org, call, place)? {
                return Ok(reply);
            }
            let input = object_of(call.json()?)?;
            if input.keys().any(|key| key.eq_ignore_ascii_case("Id")) {
                return Err(ApiError::bad(
                    "INVALID_FIELD",
                    "The Id field should not be specified in the sobject data.",
                ));
            }
            let mut options = engine.save_options(call);
            let saved = records::update(&mut engine.org, place, &input, &mut options);
            Ok(saved.map_or_else(Reply::from, |()| Reply::empty(204)))
        }
        "DELETE" => {
            let mut options = engine.save_options(call);
            let gone = records::delete(&mut engine.org, place, &mut options);
            Ok(gone.map_or_else(Reply::from, |()| Reply::empty(204)))
        }
        other => Err(ApiError::method_not_allowed(other, "HEAD, GET, PATCH, DELETE")),
    }
}

/// A record as JSON: the fields asked for, parents' fields included, or all of them.
pub fn retrieve(org: &Org, context: &Context, place: Place, fields: Option<&str>) -> Result<Value, ApiError> {
    let kind = org.object(place.object);
    let id = org.record(place).id;
    let source = Source { org, object: place.object, alias: None };
    let names: Vec<String> = match fields {
        Some(list) => list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        None => kind.fields.iter().map(|field| field.name.clone()).collect(),
    };
    let mut record = Map::new();
    record.insert(
        "attributes".into(),
        json!({"type": kind.name, "url": format!("{}/sobjects/{}/{id}", context.base, kind.name)}),
    );
    for name in names {
        let path = Path { parts: name.split('.').map(str::to_owned).collect(), at: 0 };
        let column = source.column(&path).map_err(|_| ApiError::no_such_column(&name, &kind.name))?;
        let value = column.value(org, place).into_owned();
        let mut target = &mut record;
        for hop in &column.hops {
            let parent = target.entry(hop.name.clone()).or_insert_with(|| json!({}));
            match parent {
                Value::Object(parent) => target = parent,
                _ => return Err(ApiError::no_such_column(&name, &kind.name)),
            }
        }
        target.insert(column.name.clone(), value);
    }
    record.entry("Id").or_insert_with(|| json!(id.to_string()));
    Ok(Value::Object(record))
}

/// `If-Modified-Since` and `If-Unmodified-Since`, to the second.
fn precondition(org: &Org, call: &Call, place: Place) -> Result<Option<Reply>, ApiError> {
    let modified = org.text(place, "LastModifiedDate").and_then(parse_datetime).unwrap_or(Timestamp::UNIX_EPOCH);
    let date = |name: &str| call.header(name).and_then(http_date);
    let failed = || {
        let message = "The record was changed, or was not changed, since the time given in the request";
        ApiError::new(412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", message)
    };
    if date("if-unmodified-since").is_some_and(|since| modified > since) {
        return Err(failed());
    }
    match date("if-modified-since") {
        Some(since) if modified <= since && call.method == "GET" => Ok(Some(Reply::empty(304))),
        Some(since) if modified <= since => Err(failed()),
        _ => Ok(None),
    }
}

/// Reads `Fri, 01 May 2026 07:25:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    let parsed = strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text.trim()).ok()?;
    let utc = parsed.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(utc.timestamp())
}

fn by_key(
    engine: &mut Engine,
    context: &Context,
    call: &Call,
    object: TypeId,
    field: &str,
    value: &str,
) -> Result<Reply, ApiError> {
    let kind = engine.org.object(object);
    let column = kind.field(field).filter(|column| kind.fields[*column].is_upsert_key()).ok_or_else(|| {
        let message = format!("Provided external ID field does not exist or is not accessible: {field}");
        ApiError::new(404, "NOT_FOUND", message)
    })?;
    let definition = kind.fields[column].clone();
    let key = typed(&definition, &json!(value))?;
    if call.method != "PATCH" {
        return match live_rows(&engine.org, object, column, &key).as_slice() {
            [] => Err(ApiError::not_found()),
            [place] => on_record(engine, context, call, *place),
            found => Ok(several(&engine.org, context, found)),
        };
    }
    let mut input = object_of(call.json()?)?;
    if input.keys().any(|name| name.eq_ignore_ascii_case(field) && !definition.name.eq_ignore_ascii_case("Email")) {
        let message = format!("The {} field should not be specified in the sobject data.", definition.name);
        return Err(ApiError::bad("INVALID_FIELD", message));
    }
    let target = match records::upsert_target(&engine.org, object, field, &key) {
        Ok(target) => target,
        Err(found) => return Ok(several(&engine.org, context, &found)),
    };
    let update_only = call.param("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut options = engine.save_options(call);
    match target {
        UpsertTarget::Create if update_only || definition.name == "Id" => Err(ApiError::not_found()),
        UpsertTarget::Create => {
            input.insert(definition.name.clone(), key);
            Ok(match records::create(&mut engine.org, object, &input, &mut options) {
                Ok(id) => {
                    let body = upserted(context, id, true);
                    created(engine, context, object, id, body)
                }
                Err(errors) => errors.into(),
            })
        }
        UpsertTarget::Update(place) => {
            let id = engine.org.record(place).id;
            Ok(match records::update(&mut engine.org, place, &input, &mut options) {
                // Up to v45 an update said nothing more than that it had worked.
                Ok(()) if context.version <= 45 => Reply::empty(204),
                Ok(()) => Reply::ok(upserted(context, id, false)),
                Err(errors) => errors.into(),
            })
        }
    }
}

fn upserted(context: &Context, id: RecordId, created: bool) -> Value {
    let mut body = json!({"id": id.to_string(), "success": true, "errors": []});
    if context.version > 45 {
        body["created"] = json!(created);
    }
    body
}

/// HTTP 300: the addresses of all records that have the key.
fn several(org: &Org, context: &Context, found: &[Place]) -> Reply {
    let urls = found.iter().map(|place| {
        let name = &org.object(place.object).name;
        json!(format!("{}/sobjects/{}/{}", context.base, encode(name), org.record(*place).id))
    });
    Reply::json(300, urls.collect())
}
