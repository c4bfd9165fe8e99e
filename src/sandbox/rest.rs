//! The resources below `/services/data/vNN.0`: which path means what, and what each call costs.

pub mod batch;
pub mod collections;
pub mod composite;
pub mod graph;
pub mod limits;
pub mod query;
pub mod reference;
pub mod replication;
pub mod sobjects;
pub mod tree;

use serde_json::{Map, Value, json};

use super::bulk;
use super::engine::{Context, Engine};
use super::errors::ApiError;
use super::http::{Call, Reply, reply};
use super::org::Settings;

/// The answer of `/services/data`.
pub fn versions(settings: &Settings) -> Value {
    let seasons = ["Winter", "Spring", "Summer"];
    let each = (settings.lowest_version..=settings.highest_version).map(|number| {
        // Three releases a year: Winter '27 is 68.
        let season = seasons[((number + 1) % 3) as usize];
        let year = (number + 13) / 3;
        json!({"label": format!("{season} '{year:02}"), "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")})
    });
    each.collect()
}

/// A word for the figures: what kind of path this is, without ids.
pub fn kind_of(rest: &[&str]) -> String {
    match rest {
        [] => "resources".into(),
        ["composite"] => "composite".into(),
        ["composite", "sobjects", ..] => "composite/sobjects".into(),
        ["composite", kind, ..] => format!("composite/{kind}"),
        ["sobjects", _, kind @ ("describe" | "updated" | "deleted"), ..] => format!("sobjects/{kind}"),
        ["jobs", ..] => "jobs/ingest".into(),
        [first, ..] => (*first).to_owned(),
    }
}

/// How many calls a request counts for: a batch counts each subrequest, everything else is one.
pub fn cost(call: &Call, rest: &[&str]) -> u64 {
    if rest != ["composite", "batch"] {
        return 1;
    }
    let requests = call.json().ok().and_then(|body| body.get("batchRequests")?.as_array().map(Vec::len));
    requests.unwrap_or(1).max(1) as u64
}

/// Serves a call whose session and version are already checked.
pub fn dispatch(engine: &mut Engine, context: &Context, call: &Call, rest: &[&str]) -> Reply {
    reply(route(engine, context, call, rest))
}

fn route(engine: &mut Engine, context: &Context, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    match rest {
        [] => only(call, &["GET"], || Ok(resources(engine, context))),
        ["limits"] => only(call, &["GET"], || Ok(limits::limits(engine))),
        ["query"] => query::query(engine, context, call, false),
        ["queryAll"] => query::query(engine, context, call, true),
        ["query" | "queryAll", locator] => query::next_page(engine, context, call, locator),
        ["sobjects"] => only(call, &["GET"], || Ok(Reply::ok(engine.org.schema.describe_global(&context.base)))),
        ["sobjects", object, rest @ ..] => sobjects::route(engine, context, call, object, rest),
        ["composite"] => composite::composite(engine, context, call),
        ["composite", "batch"] => batch::batch(engine, call),
        ["composite", "graph"] => graph::graphs(engine, context, call),
        ["composite", "tree", object] => tree::tree(engine, call, object),
        ["composite", "sobjects", rest @ ..] => collections::route(engine, context, call, rest),
        ["jobs", "ingest", rest @ ..] => bulk::route(engine, context, call, rest),
        _ => Err(ApiError::not_found()),
    }
}

/// Runs the handler if the method is one of these.
fn only(call: &Call, methods: &[&str], handler: impl FnOnce() -> Result<Reply, ApiError>) -> Result<Reply, ApiError> {
    if methods.contains(&call.method.as_str()) {
        handler()
    } else {
        Err(ApiError::method_not_allowed(&call.method, &methods.join(", ")))
    }
}

fn resources(engine: &Engine, context: &Context) -> Reply {
    let names = ["composite", "jobs", "limits", "query", "queryAll", "sobjects"];
    let mut all: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!(format!("{}/{name}", context.base)))).collect();
    let identity = format!("{}/id/{}/{}", engine.sessions.address(), engine.org.id, engine.org.user);
    all.insert("identity".into(), json!(identity));
    Reply::ok(Value::Object(all))
}
