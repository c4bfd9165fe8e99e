//! `/__admin/…`: the door for tests and people, not part of Salesforce.

use serde_json::{Value, json};

use super::clock::{Clock, datetime_text, parse_datetime};
use super::engine::Engine;
use super::errors::ApiError;
use super::faults::Faults;
use super::http::{Call, Reply, reply};

/// Serves an admin call. No token is asked for: the server listens on the loopback alone.
pub fn handle(engine: &mut Engine, call: &Call, rest: &[&str]) -> Reply {
    reply(match (call.method.as_str(), rest) {
        ("GET", ["dump"]) => Ok(Reply::ok(engine.org.dump())),
        ("GET", ["stats"]) => Ok(Reply::ok(engine.stats())),
        ("POST", ["reset-stats"]) => {
            engine.usage.reset();
            Ok(Reply::ok(engine.stats()))
        }
        ("POST" | "PUT", ["faults"]) => set_faults(engine, call),
        ("DELETE", ["faults"]) => replace_faults(engine, Faults::none()),
        ("POST" | "PUT", ["now"]) => set_now(engine, call),
        ("DELETE", ["now"]) => {
            engine.org.clock = Clock::System;
            Ok(Reply::ok(json!({"now": datetime_text(engine.org.now())})))
        }
        (method, ["dump" | "stats" | "reset-stats" | "faults" | "now"]) => {
            Err(ApiError::method_not_allowed(method, "GET, POST, DELETE"))
        }
        _ => Err(ApiError::not_found()),
    })
}

fn set_faults(engine: &mut Engine, call: &Call) -> Result<Reply, ApiError> {
    let faults = Faults::parse(&call.json()?.to_string()).map_err(|error| ApiError::json_parser(error.to_string()))?;
    replace_faults(engine, faults)
}

fn replace_faults(engine: &mut Engine, faults: Faults) -> Result<Reply, ApiError> {
    let mut held = engine.faults.lock().map_err(|_| ApiError::new(500, "UNKNOWN_EXCEPTION", "a request panicked"))?;
    *held = faults;
    Ok(Reply::empty(204))
}

/// `{"now": "2026-05-01T00:00:00Z"}` stops the org's clock there.
fn set_now(engine: &mut Engine, call: &Call) -> Result<Reply, ApiError> {
    let body = call.json()?;
    let now = body.get("now").and_then(Value::as_str).and_then(parse_datetime);
    let now = now.ok_or_else(|| ApiError::json_parser("now must be a date and time with an offset"))?;
    engine.org.clock = Clock::Fixed(now);
    Ok(Reply::ok(json!({"now": datetime_text(now)})))
}
