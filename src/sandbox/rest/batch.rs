//! `/composite/batch`: independent requests in one envelope. Each of them is a call of its own to the counter.

use serde_json::{Value, json};

use super::{dispatch, only};
use crate::sandbox::engine::Engine;
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Body, Call, Reply};

/// Subrequests in a call (Salesforce: Batch).
const MAX_SUBREQUESTS: usize = 25;

/// Serves the call.
pub fn batch(engine: &mut Engine, call: &Call) -> Result<Reply, ApiError> {
    only(call, &["POST"], || Ok(Reply::empty(200)))?;
    let body = call.json()?;
    let list = body.get("batchRequests").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| ApiError::json_parser("batchRequests must be a list of requests"))?;
    if list.len() > MAX_SUBREQUESTS {
        let message = format!("The batch has {} requests; the limit is {MAX_SUBREQUESTS}", list.len());
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let halt = body.get("haltOnError").and_then(Value::as_bool).unwrap_or(false);
    let mut failed = false;
    let mut results = Vec::new();
    for item in list {
        let reply = if failed && halt {
            let error = ApiError::new(412, "BATCH_PROCESSING_HALTED", "Batch processing halted by request");
            error.into()
        } else {
            subcall(engine, item)
        };
        failed |= reply.is_error();
        let status = reply.status;
        results.push(json!({"statusCode": status, "result": reply.into_value()}));
    }
    Ok(Reply::ok(json!({"hasErrors": failed, "results": results})))
}

fn subcall(engine: &mut Engine, item: &Value) -> Reply {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let body = item.get("richInput").filter(|body| !body.is_null()).cloned();
    let call = Call::new(text("method"), text("url"), Vec::new(), body.map_or(Body::Empty, Body::Json));
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    // Both `v66.0/…` and `/services/data/v66.0/…` are seen.
    let path = path.strip_prefix(&["services", "data"]).unwrap_or(&path);
    match path {
        [_, "composite", kind, ..] if *kind != "sobjects" => ApiError::not_found().into(),
        [version, rest @ ..] => match engine.context(version) {
            Ok(context) => dispatch(engine, &context, &call, rest),
            Err(error) => error.into(),
        },
        [] => ApiError::not_found().into(),
    }
}
