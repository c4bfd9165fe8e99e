//! The whole stand-in without its server: a call goes in, a reply comes out, one at a time.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::admin;
use super::bulk::Jobs;
use super::errors::ApiError;
use super::faults::{Faults, RowFaults};
use super::http::{Call, Reply, reply};
use super::oauth::{self, Sessions};
use super::org::Org;
use super::records::SaveOptions;
use super::rest;
use super::rest::query::Cursors;
use super::usage::Usage;

/// Everything that has state.
#[derive(Debug)]
pub struct Engine {
    /// Records, schema and settings.
    pub org: Org,
    /// Tokens.
    pub sessions: Sessions,
    /// Open query results.
    pub cursors: Cursors,
    /// Bulk jobs.
    pub jobs: Jobs,
    /// Counted calls and other figures.
    pub usage: Usage,
    /// What is to go wrong.
    pub faults: Arc<Mutex<Faults>>,
}

/// Where a call stands: its version, and what surrounds it.
#[derive(Debug, Clone)]
pub struct Context {
    /// The number of `vNN.0`.
    pub version: u32,
    /// `/services/data/vNN.0`
    pub base: String,
    /// Set by an outer all-or-none, which overrules the inner ones.
    pub all_or_none: bool,
}

impl Engine {
    /// An engine for an org.
    pub fn new(org: Org, faults: Faults) -> Self {
        let usage = Usage::new(&org.settings);
        let sessions = Sessions::new(&org);
        let faults = Arc::new(Mutex::new(faults));
        Self { org, sessions, cursors: Cursors::default(), jobs: Jobs::default(), usage, faults }
    }

    /// The options that a call's headers ask for.
    pub fn save_options(&self, call: &Call) -> SaveOptions {
        let rule = call.header("sforce-duplicate-rule-header").unwrap_or_default();
        let allow_duplicates = rule.split([';', ',']).any(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            key.trim().eq_ignore_ascii_case("allowSave") && value.trim().eq_ignore_ascii_case("true")
        });
        SaveOptions { allow_duplicates, faults: RowFaults::new(&self.faults) }
    }

    /// Serves one call from the network.
    pub fn handle(&mut self, call: &Call) -> Reply {
        self.org.archive_if_due();
        let segments: Vec<&str> = call.path.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["__admin", rest @ ..] => admin::handle(self, call, rest),
            ["services", "oauth2", ..] | ["id" | ".well-known", ..] => {
                self.usage.saw(call, "oauth");
                oauth::handle(self, call, &segments)
            }
            ["services", "data"] => {
                self.usage.saw(call, "versions");
                Reply::ok(rest::versions(&self.org.settings))
            }
            ["services", "data", version, rest @ ..] => {
                self.usage.saw(call, &rest::kind_of(rest));
                reply(self.data_call(call, version, rest))
            }
            _ => ApiError::not_found().into(),
        }
    }

    fn data_call(&mut self, call: &Call, version: &str, rest: &[&str]) -> Result<Reply, ApiError> {
        let context = self.context(version)?;
        self.org.user = self.authenticate(call)?;
        let cost = rest::cost(call, rest);
        if !self.usage.spend(cost) {
            return Err(ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        }
        let answer = rest::dispatch(self, &context, call, rest);
        let tallies = self.org.commit();
        self.usage.changed(&tallies);
        Ok(answer.with_header("Sforce-Limit-Info", self.usage.limit_info()))
    }

    /// The version of a path, if it is served.
    pub fn context(&self, version: &str) -> Result<Context, ApiError> {
        let number = version.strip_prefix(['v', 'V']).and_then(|v| v.strip_suffix(".0")).and_then(|v| v.parse().ok());
        let number: u32 = number.ok_or_else(ApiError::not_found)?;
        if number < self.org.settings.lowest_version {
            let message = format!("The requested resource is no longer available: API version {number}.0 is retired");
            return Err(ApiError::new(410, "UNSUPPORTED_API_VERSION", message));
        }
        if number > self.org.settings.highest_version {
            return Err(ApiError::not_found());
        }
        let base = format!("/services/data/v{number}.0");
        Ok(Context { version: number, base, all_or_none: false })
    }

    fn authenticate(&mut self, call: &Call) -> Result<super::ids::RecordId, ApiError> {
        let Some(header) = call.header("authorization") else {
            return Err(ApiError::new(401, "INVALID_SESSION_ID", "Session expired or invalid"));
        };
        let token = header
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth"));
        let Some((_, token)) = token else {
            return Err(ApiError::new(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
        };
        let user = self.sessions.user_of(token.trim(), self.org.now());
        user.ok_or_else(|| ApiError::new(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    }

    /// The figures of `/__admin/stats`.
    pub fn stats(&self) -> serde_json::Value {
        let mut stats = self.usage.to_json();
        let fired = self.faults.lock().map(|faults| faults.fired()).unwrap_or_default();
        stats["faults"] = json!(fired);
        stats
    }
}
