//! `/composite/tree/{T}`: records with their children, created together or not at all.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::only;
use crate::sandbox::engine::Engine;
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::ids::RecordId;
use crate::sandbox::metadata::TypeId;
use crate::sandbox::org::Org;
use crate::sandbox::records::{self, SaveOptions};

/// Records in a call (Salesforce: sObject Tree).
const MAX_RECORDS: usize = 200;
/// Levels of children.
const MAX_DEPTH: usize = 5;
/// Different types in a call.
const MAX_TYPES: usize = 5;

/// A record to be made, and the number of its parent in the list.
struct Node {
    object: TypeId,
    reference: String,
    fields: Map<String, Value>,
    parent: Option<(usize, String)>,
}

/// Serves the call.
pub fn tree(engine: &mut Engine, call: &Call, object: &str) -> Result<Reply, ApiError> {
    only(call, &["POST"], || Ok(Reply::empty(200)))?;
    let object = engine.org.schema.find(object).ok_or_else(ApiError::not_found)?;
    let body = call.json()?;
    let mut nodes = Vec::new();
    collect(&engine.org, object, body.get("records"), None, 1, &mut nodes)?;
    check_limits(&nodes)?;
    let mut options = engine.save_options(call);
    let start = engine.org.savepoint();
    match create(&mut engine.org, &nodes, &mut options) {
        Ok(ids) => {
            let results =
                nodes.iter().zip(ids).map(|(node, id)| json!({"referenceId": node.reference, "id": id.to_string()}));
            Ok(Reply::json(201, json!({"hasErrors": false, "results": results.collect::<Vec<_>>()})))
        }
        Err((index, errors)) => {
            engine.org.roll_back(start);
            let errors: Vec<Value> = errors.iter().map(ApiError::row).collect();
            let result = json!({"referenceId": nodes[index].reference, "errors": errors});
            Ok(Reply::json(400, json!({"hasErrors": true, "results": [result]})))
        }
    }
}

fn collect(
    org: &Org,
    object: TypeId,
    records: Option<&Value>,
    parent: Option<(usize, &str)>,
    depth: usize,
    nodes: &mut Vec<Node>,
) -> Result<(), ApiError> {
    let records = records.and_then(Value::as_array);
    let records = records.ok_or_else(|| ApiError::json_parser("records must be a list of records"))?;
    if depth > MAX_DEPTH {
        return Err(ApiError::bad("LIMIT_EXCEEDED", format!("A tree has at most {MAX_DEPTH} levels")));
    }
    let kind = org.object(object);
    for record in records {
        let attributes = record.get("attributes");
        let attribute = |name: &str| attributes.and_then(|a| a.get(name)).and_then(Value::as_str);
        let reference =
            attribute("referenceId").ok_or_else(|| ApiError::json_parser("attributes need a referenceId"))?;
        let type_name = attribute("type").unwrap_or_default();
        if !type_name.eq_ignore_ascii_case(&kind.name) {
            let message = format!("Expected a record of type {}, found '{type_name}'", kind.name);
            return Err(ApiError::bad("INVALID_TYPE", message));
        }
        let number = nodes.len();
        let (lists, fields): (Vec<_>, Vec<_>) = record
            .as_object()
            .into_iter()
            .flatten()
            .partition(|(name, value)| kind.child(name).is_some() && value.get("records").is_some());
        nodes.push(Node {
            object,
            reference: reference.to_owned(),
            fields: fields.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            parent: parent.map(|(number, field)| (number, field.to_owned())),
        });
        for (name, list) in lists {
            let Some(child) = kind.child(name) else { continue };
            let child_object = org.schema.find(&child.object).ok_or_else(ApiError::not_found)?;
            collect(org, child_object, list.get("records"), Some((number, &child.field)), depth + 1, nodes)?;
        }
    }
    Ok(())
}

fn check_limits(nodes: &[Node]) -> Result<(), ApiError> {
    let types: HashSet<TypeId> = nodes.iter().map(|node| node.object).collect();
    if nodes.is_empty() || nodes.len() > MAX_RECORDS || types.len() > MAX_TYPES {
        let message = format!("A tree has 1 to {MAX_RECORDS} records of at most {MAX_TYPES} types");
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let mut seen = HashSet::new();
    match nodes.iter().find(|node| !seen.insert(&node.reference)) {
        Some(node) => Err(ApiError::bad(
            "INVALID_INPUT",
            format!("Duplicate ReferenceId provided in the request: {}", node.reference),
        )),
        None => Ok(()),
    }
}

fn create(org: &mut Org, nodes: &[Node], options: &mut SaveOptions) -> Result<Vec<RecordId>, (usize, Vec<ApiError>)> {
    let mut ids: Vec<RecordId> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let mut fields = node.fields.clone();
        if let Some((parent, field)) = &node.parent {
            fields.insert(field.clone(), json!(ids[*parent].to_string()));
        }
        ids.push(records::create(org, node.object, &fields, options).map_err(|errors| (index, errors))?);
    }
    Ok(ids)
}
