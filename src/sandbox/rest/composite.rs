//! `/composite`: up to 25 subrequests for the price of one call.

use serde_json::{Map, Value, json};

use super::reference::{Answers, in_text, in_value};
use super::{dispatch, only};
use crate::sandbox::engine::{Context, Engine};
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Body, Call, Reply};

/// Subrequests in a call (Salesforce: Composite).
const MAX_SUBREQUESTS: usize = 25;
/// Of these, queries and collections.
const MAX_HEAVY: usize = 5;
/// Headers that belong to the outer request alone.
const OUTER_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// One subrequest as it came.
#[derive(Debug, Clone)]
pub struct Subrequest {
    /// The HTTP method.
    pub method: String,
    /// The path from `/services`, references not yet replaced.
    pub url: String,
    /// The name of its answer.
    pub reference: String,
    body: Option<Value>,
    headers: Vec<(String, String)>,
}

/// Serves the call.
pub fn composite(engine: &mut Engine, context: &Context, call: &Call) -> Result<Reply, ApiError> {
    only(call, &["POST"], || Ok(Reply::empty(200)))?;
    let body = call.json()?;
    let requests = subrequests(body.get("compositeRequest"))?;
    if requests.len() > MAX_SUBREQUESTS {
        let message =
            format!("The composite request has {} subrequests; the limit is {MAX_SUBREQUESTS}", requests.len());
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let heavy = requests.iter().filter(|request| request.is_heavy()).count();
    if heavy > MAX_HEAVY {
        let message = format!(
            "The composite request has {heavy} query and sObject Collections operations; the limit is {MAX_HEAVY}"
        );
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    let all_or_none = body.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
    let outcome = run(engine, context, &requests, all_or_none);
    Ok(Reply::ok(json!({"compositeResponse": outcome.responses})))
}

/// Reads a list of subrequests and checks their names.
pub fn subrequests(list: Option<&Value>) -> Result<Vec<Subrequest>, ApiError> {
    let list = list.and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| ApiError::json_parser("compositeRequest must be a list of subrequests"))?;
    let mut requests: Vec<Subrequest> = Vec::with_capacity(list.len());
    for item in list {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let missing = |name: &str| ApiError::json_parser(format!("A subrequest needs a {name}"));
        let reference = text("referenceId").ok_or_else(|| missing("referenceId"))?;
        let legal = reference.starts_with(|c: char| c.is_ascii_alphanumeric())
            && reference.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !legal {
            let message = format!(
                "Provided referenceId ('{reference}') must start with a letter or a number, and it can contain only \
                 letters, numbers and underscores ('_')."
            );
            return Err(ApiError::bad("JSON_PARSER_ERROR", message));
        }
        if requests.iter().any(|known| known.reference == reference) {
            return Err(ApiError::bad("JSON_PARSER_ERROR", format!("Duplicate referenceId: {reference}")));
        }
        let headers = item.get("httpHeaders").and_then(Value::as_object).into_iter().flatten();
        let headers: Vec<(String, String)> =
            headers.filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned()))).collect();
        if let Some((name, _)) = headers.iter().find(|(name, _)| OUTER_HEADERS.contains(&name.as_str())) {
            return Err(ApiError::bad(
                "JSON_PARSER_ERROR",
                format!("The header {name} is not allowed in a subrequest"),
            ));
        }
        let method = text("method").ok_or_else(|| missing("method"))?;
        let url = text("url").ok_or_else(|| missing("url"))?;
        let body = item.get("body").filter(|body| !body.is_null()).cloned();
        requests.push(Subrequest { method, url, reference, body, headers });
    }
    Ok(requests)
}

impl Subrequest {
    /// The resource below the version: `["sobjects", "Lead"]`. `None`: not a data path.
    pub fn resource(&self) -> Option<Vec<String>> {
        let call = Call::new(&self.method, &self.url, Vec::new(), Body::Empty);
        match call.path.as_slice() {
            [services, data, _version, rest @ ..] if services == "services" && data == "data" => Some(rest.to_vec()),
            _ => None,
        }
    }

    fn is_collection(&self) -> bool {
        self.resource().is_some_and(|path| path.len() > 1 && path[0] == "composite" && path[1] == "sobjects")
    }

    /// Queries and collections: at most five of them.
    fn is_heavy(&self) -> bool {
        self.is_collection()
            || self.resource().and_then(|path| path.into_iter().next()).is_some_and(|first| first.starts_with("query"))
    }

    fn call(&self, answers: &Answers) -> Result<Call, String> {
        let url = in_text(&self.url, answers)?;
        let body = self.body.as_ref().map(|body| in_value(body, answers)).transpose()?;
        Ok(Call::new(&self.method, &url, self.headers.clone(), body.map_or(Body::Empty, Body::Json)))
    }

    fn response(&self, reply: Reply) -> Value {
        let headers: Map<String, Value> =
            reply.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let status = reply.status;
        json!({"body": reply.into_value(), "httpHeaders": headers, "httpStatusCode": status, "referenceId": self.reference})
    }
}

/// What became of a list of subrequests.
pub struct Outcome {
    /// The elements of `compositeResponse`.
    pub responses: Vec<Value>,
    /// Whether all of them worked.
    pub successful: bool,
}

/// Runs subrequests in order. With `all_or_none`, one failure undoes them all.
pub fn run(engine: &mut Engine, context: &Context, requests: &[Subrequest], all_or_none: bool) -> Outcome {
    let context = Context { all_or_none: all_or_none || context.all_or_none, ..context.clone() };
    let start = engine.org.savepoint();
    let mut answers = Answers::new();
    let mut responses: Vec<Value> = Vec::new();
    let mut culprit = None;
    let mut successful = true;
    for (index, request) in requests.iter().enumerate() {
        let reply = match request.call(&answers) {
            Ok(call) => subcall(engine, &context, &call),
            Err(message) => ApiError::bad("PROCESSING_HALTED", message).into(),
        };
        let failed = reply.is_error() || (all_or_none && request.is_collection() && has_failed_row(&reply));
        successful &= !failed;
        let response = request.response(reply);
        let broken = response["httpStatusCode"].as_u64().is_none_or(|status| status >= 300);
        answers.insert(request.reference.clone(), (!broken).then(|| response["body"].clone()));
        responses.push(response);
        if failed && all_or_none {
            culprit = Some(index);
            break;
        }
    }
    if let Some(culprit) = culprit {
        engine.org.roll_back(start);
        let message = "The transaction was rolled back since another operation in the same transaction failed.";
        for (index, request) in requests.iter().enumerate() {
            let halted = request.response(ApiError::bad("PROCESSING_HALTED", message).into());
            match responses.get_mut(index) {
                // Documented, and a trap: a collection that was undone may still say that it worked.
                Some(_) if index == culprit || request.is_collection() => {}
                Some(response) => *response = halted,
                None => responses.push(halted),
            }
        }
    }
    Outcome { responses, successful }
}

fn has_failed_row(reply: &Reply) -> bool {
    match &reply.body {
        crate::sandbox::http::Answer::Json(Value::Array(rows)) => {
            rows.iter().any(|row| row.get("success") == Some(&json!(false)))
        }
        _ => false,
    }
}

/// A subrequest may name another version than the outer request.
fn subcall(engine: &mut Engine, context: &Context, call: &Call) -> Reply {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["services", "data", _, "composite", kind, ..] if *kind != "sobjects" => forbidden(),
        ["services", "data", _, "composite"] | ["services", "data", _, "jobs", ..] => forbidden(),
        ["services", "data", version, rest @ ..] => match engine.context(version) {
            Ok(own) => dispatch(engine, &Context { all_or_none: context.all_or_none, ..own }, call, rest),
            Err(error) => error.into(),
        },
        _ => ApiError::not_found().into(),
    }
}

fn forbidden() -> Reply {
    ApiError::bad("INVALID_INPUT", "This resource cannot be used in a composite request").into()
}
