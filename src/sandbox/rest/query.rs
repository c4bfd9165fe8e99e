//! `/query` and `/queryAll`: a first page, and more pages under a locator.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::only;
use crate::sandbox::clock::date_of;
use crate::sandbox::engine::{Context, Engine};
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::FieldType;
use crate::sandbox::soql;

/// Rows on a page unless the client asks for fewer.
const PAGE: usize = 2_000;
/// The fewest rows that a client may ask for.
const SMALLEST_PAGE: usize = 200;
/// How long a locator lives, in days.
const LIFE_DAYS: i32 = 2;

/// Open results.
#[derive(Debug, Default)]
pub struct Cursors {
    open: HashMap<String, Cursor>,
    made: u64,
}

#[derive(Debug)]
struct Cursor {
    rows: VecDeque<Value>,
    total: usize,
    page: usize,
    expires: jiff::civil::Date,
}

/// A first page.
pub fn query(engine: &mut Engine, context: &Context, call: &Call, all: bool) -> Result<Reply, ApiError> {
    only(call, &["GET", "HEAD"], || Ok(Reply::empty(200)))?;
    let text = call.param("q").ok_or_else(|| ApiError::bad("MALFORMED_QUERY", "A query string has to be specified"))?;
    let query = soql::parse(text).map_err(|error| error.into_api(text))?;
    let answer = soql::run(&engine.org, &query, all, &context.base).map_err(|error| error.into_api(text))?;
    if call.param("columns").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(Reply::ok(column_metadata(engine, &answer, !query.group_by.is_empty())));
    }
    let page = page_size(call);
    let total = answer.total;
    let mut rows = VecDeque::from(answer.records);
    let first: Vec<Value> = rows.drain(..page.min(rows.len())).collect();
    let mut body = json!({"totalSize": total, "done": rows.is_empty(), "records": first});
    if !rows.is_empty() {
        engine.cursors.made += 1;
        let id = RecordId::new("01g", engine.cursors.made).to_string();
        body["nextRecordsUrl"] = json!(format!("{}/query/{id}-{page}", context.base));
        let today = date_of(engine.org.now());
        let expires = today.checked_add(jiff::Span::new().days(LIFE_DAYS)).unwrap_or(today);
        engine.cursors.open.insert(id, Cursor { rows, total, page, expires });
    }
    Ok(Reply::ok(body))
}

/// A further page. The locator ends in the number of rows before it.
pub fn next_page(engine: &mut Engine, context: &Context, call: &Call, locator: &str) -> Result<Reply, ApiError> {
    only(call, &["GET"], || Ok(Reply::empty(200)))?;
    let invalid = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, offset) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let offset: usize = offset.parse().map_err(|_| invalid())?;
    let today = date_of(engine.org.now());
    engine.cursors.open.retain(|_, cursor| cursor.expires >= today);
    let cursor = engine.cursors.open.get_mut(id).ok_or_else(invalid)?;
    // Rows before the locator are gone for good: a page is asked for once, or again, but never backwards.
    let first_left = cursor.total - cursor.rows.len();
    let skip = offset.checked_sub(first_left).filter(|skip| *skip < cursor.rows.len()).ok_or_else(invalid)?;
    cursor.rows.drain(..skip);
    let page: Vec<Value> = cursor.rows.iter().take(cursor.page).cloned().collect();
    let done = page.len() == cursor.rows.len();
    let mut body = json!({"totalSize": cursor.total, "done": done, "records": page});
    if !done {
        body["nextRecordsUrl"] = json!(format!("{}/query/{id}-{}", context.base, offset + cursor.page));
    }
    Ok(Reply::ok(body))
}

fn page_size(call: &Call) -> usize {
    let options = call.header("sforce-query-options").unwrap_or_default();
    let asked = options.split([';', ',']).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("batchSize").then(|| value.trim().parse::<usize>().ok())?
    });
    asked.map_or(PAGE, |size| size.clamp(SMALLEST_PAGE, PAGE))
}

fn column_metadata(engine: &Engine, answer: &soql::Answer, grouped: bool) -> Value {
    let columns: Vec<Value> = answer
        .columns
        .iter()
        .map(|column| {
            json!({
                "aggregate": column.aggregate, "apexType": apex_type(column.kind),
                "booleanType": column.kind == FieldType::Boolean, "columnName": column.name, "custom": column.custom,
                "displayName": column.label, "foreignKeyName": null, "insertable": false, "joinColumns": [],
                "numberType": column.kind.is_number(), "textType": column.kind.is_text(), "updatable": false,
            })
        })
        .collect();
    let prefix = engine.org.schema.find(&answer.entity).map(|id| engine.org.object(id).prefix.clone());
    json!({
        "columnMetadata": columns, "entityName": answer.entity, "groupBy": grouped,
        "idSelected": answer.columns.iter().any(|column| column.name == "Id"), "keyPrefix": prefix,
    })
}

fn apex_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Id | FieldType::Reference => "Id",
        FieldType::Boolean => "Boolean",
        FieldType::Int => "Integer",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "Double",
        FieldType::Date => "Date",
        FieldType::DateTime => "Datetime",
        FieldType::Time => "Time",
        FieldType::Address => "Address",
        _ => "String",
    }
}
