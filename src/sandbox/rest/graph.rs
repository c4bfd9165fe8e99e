//! `/composite/graph`: many small transactions of single-record requests in one call.

use serde_json::{Value, json};

use super::composite::{Subrequest, run, subrequests};
use super::only;
use crate::sandbox::engine::{Context, Engine};
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};

/// Graphs in a call (Salesforce: Composite Graph).
const MAX_GRAPHS: usize = 75;
/// Nodes in a call.
const MAX_NODES: usize = 500;
/// After so many failed graphs the rest is not tried.
const MAX_FAILURES: usize = 14;

/// Serves the call.
pub fn graphs(engine: &mut Engine, context: &Context, call: &Call) -> Result<Reply, ApiError> {
    only(call, &["POST"], || Ok(Reply::empty(200)))?;
    let body = call.json()?;
    let list = body.get("graphs").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| ApiError::json_parser("graphs must be a list of graphs"))?;
    let mut graphs: Vec<(String, Vec<Subrequest>)> = Vec::new();
    for graph in list {
        let id = graph.get("graphId").and_then(Value::as_str);
        let id = id.ok_or_else(|| ApiError::json_parser("A graph needs a graphId"))?;
        if graphs.iter().any(|(known, _)| known == id) {
            return Err(ApiError::bad("JSON_PARSER_ERROR", format!("Duplicate graphId: {id}")));
        }
        let requests = subrequests(graph.get("compositeRequest"))?;
        if let Some(request) = requests.iter().find(|request| !is_single_record(request)) {
            let message =
                format!("A graph takes single-record sobjects requests only, not {} {}", request.method, request.url);
            return Err(ApiError::bad("INVALID_INPUT", message));
        }
        graphs.push((id.to_owned(), requests));
    }
    let nodes: usize = graphs.iter().map(|(_, requests)| requests.len()).sum();
    if graphs.len() > MAX_GRAPHS || nodes > MAX_NODES {
        let message =
            format!("{} graphs with {nodes} nodes; the limits are {MAX_GRAPHS} and {MAX_NODES}", graphs.len());
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let mut failures = 0;
    let mut answers = Vec::new();
    for (id, requests) in &graphs {
        let (responses, successful) = if failures >= MAX_FAILURES {
            (requests.iter().map(halted).collect(), false)
        } else {
            let outcome = run(engine, context, requests, true);
            (outcome.responses, outcome.successful)
        };
        failures += usize::from(!successful);
        answers.push(
            json!({"graphId": id, "graphResponse": {"compositeResponse": responses}, "isSuccessful": successful}),
        );
    }
    Ok(Reply::ok(json!({"graphs": answers})))
}

fn is_single_record(request: &Subrequest) -> bool {
    request.resource().is_some_and(|path| path.first().is_some_and(|first| first == "sobjects") && path.len() > 1)
}

fn halted(request: &Subrequest) -> Value {
    let error = ApiError::bad("PROCESSING_HALTED", "Processing was halted after too many failed graphs.");
    json!({"body": [error.body()], "httpHeaders": {}, "httpStatusCode": 400, "referenceId": request.reference})
}
