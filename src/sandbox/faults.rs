//! What is to go wrong, and when: rules that match requests or rows and make them fail, always in the same way.
//!
//! ```json
//! {"seed": 7, "rules": [
//!   {"match": {"path": "/composite", "nth": 2}, "effect": "close_after_commit"},
//!   {"match": {"object": "Lead", "row": {"field": "Email", "contains": "bad"}, "times": 1}, "effect": "lock_row"},
//!   {"match": {"probability": 0.1}, "effect": {"answer": {"status": 503, "body": "down"}}}
//! ]}
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::errors::ApiError;
use super::http::{Call, Reply};

/// Why a fault file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the fault file cannot be read: {0}")]
pub struct FaultsError(#[from] serde_json::Error);

/// The rules and how often each has struck.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Vec<Armed>,
}

#[derive(Debug, Clone)]
struct Armed {
    rule: Rule,
    random: fastrand::Rng,
    matched: u64,
    fired: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Its name in the figures; by default its effect and number.
    name: Option<String>,
    #[serde(default, rename = "match")]
    when: When,
    effect: Effect,
}

/// All that is given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct When {
    method: Option<String>,
    /// Part of the path with its query string.
    path: Option<String>,
    /// Part of the body.
    body: Option<String>,
    /// The type of the row; for whole requests, a type that path or body names.
    object: Option<String>,
    /// For row effects: a field that contains a text.
    row: Option<RowMatch>,
    /// Only the nth match, from 1.
    nth: Option<u64>,
    /// Every nth match.
    every: Option<u64>,
    /// With this chance, by the seed.
    probability: Option<f64>,
    /// At most so often.
    times: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowMatch {
    field: String,
    contains: String,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// This answer; nothing is done.
    Answer {
        /// The HTTP status.
        status: u16,
        /// JSON, or a text that is sent as it is.
        #[serde(default)]
        body: Value,
    },
    /// The connection is closed; nothing is done.
    CloseBeforeCommit,
    /// Everything is done, and the connection is closed without an answer.
    CloseAfterCommit,
    /// The answer comes late.
    DelayMs(u64),
    /// 401, as if the session had run out.
    ExpiredSession,
    /// 403, as if the daily allowance were used up.
    RequestLimit,
    /// A page of HTML from a proxy.
    #[serde(rename = "html_503")]
    Html503,
    /// Everything is done, and the answer is cut after so many bytes.
    Truncate(usize),
    /// The row fails because another transaction holds it.
    LockRow,
    /// The row fails with this error.
    RowError {
        /// The code.
        code: String,
        /// The words.
        #[serde(default)]
        message: String,
        /// The fields.
        #[serde(default)]
        fields: Vec<String>,
    },
}

impl Effect {
    fn is_of_rows(&self) -> bool {
        matches!(self, Self::LockRow | Self::RowError { .. })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::CloseBeforeCommit => "close_before_commit",
            Self::CloseAfterCommit => "close_after_commit",
            Self::DelayMs(_) => "delay_ms",
            Self::ExpiredSession => "expired_session",
            Self::RequestLimit => "request_limit",
            Self::Html503 => "html_503",
            Self::Truncate(_) => "truncate",
            Self::LockRow => "lock_row",
            Self::RowError { .. } => "row_error",
        }
    }

    /// The answer that stands in for the real one, for effects that are one.
    pub fn answer(&self) -> Option<Reply> {
        Some(match self {
            Self::Answer { status, body: Value::String(text) } => {
                Reply::text(*status, "text/plain;charset=UTF-8", text.clone())
            }
            Self::Answer { status, body: Value::Null } => Reply::empty(*status),
            Self::Answer { status, body } => Reply::json(*status, body.clone()),
            Self::ExpiredSession => ApiError::new(401, "INVALID_SESSION_ID", "Session expired or invalid").into(),
            Self::RequestLimit => ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").into(),
            Self::Html503 => {
                let page = "<html><head><title>Service Unavailable</title></head><body><h1>503</h1></body></html>";
                Reply::text(503, "text/html;charset=UTF-8", page.to_owned())
            }
            _ => return None,
        })
    }

    fn row_error(&self) -> Option<ApiError> {
        match self {
            Self::LockRow => {
                Some(ApiError::save("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", &[]))
            }
            Self::RowError { code, message, fields } => {
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                Some(ApiError::save(code.clone(), message.clone(), &fields))
            }
            _ => None,
        }
    }
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a fault file.
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        let file: File = serde_json::from_str(text)?;
        let armed = file.rules.into_iter().enumerate().map(|(index, rule)| Armed {
            rule,
            random: fastrand::Rng::with_seed(file.seed.wrapping_add(index as u64)),
            matched: 0,
            fired: 0,
        });
        Ok(Self { rules: armed.collect() })
    }

    /// How often each rule has struck.
    pub fn fired(&self) -> BTreeMap<String, u64> {
        let rules = self.rules.iter().enumerate();
        rules.map(|(index, armed)| (armed.name(index), armed.fired)).collect()
    }

    /// The effects that strike this request.
    pub fn strike_request(&mut self, call: &Call, target: &str, body: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for armed in self.rules.iter_mut().filter(|armed| !armed.rule.effect.is_of_rows()) {
            if armed.rule.when.matches_request(call, target, body) && armed.fires() {
                effects.push(armed.rule.effect.clone());
            }
        }
        effects
    }

    fn strike_row(&mut self, object: &str, row: &Map<String, Value>) -> Option<ApiError> {
        let mut rules = self.rules.iter_mut().filter(|armed| armed.rule.effect.is_of_rows());
        let armed =
            rules.find_map(|armed| (armed.rule.when.matches_row(object, row) && armed.fires()).then_some(armed))?;
        armed.rule.effect.row_error()
    }
}

impl Armed {
    fn name(&self, index: usize) -> String {
        self.rule.name.clone().unwrap_or_else(|| format!("{index} {}", self.rule.effect.name()))
    }

    /// Counts a match and says whether the rule strikes this time.
    fn fires(&mut self) -> bool {
        self.matched += 1;
        let when = &self.rule.when;
        let strikes = when.nth.is_none_or(|nth| nth == self.matched)
            && when.every.is_none_or(|every| every > 0 && self.matched.is_multiple_of(every))
            && when.times.is_none_or(|times| self.fired < times)
            && when.probability.is_none_or(|chance| self.random.f64() < chance);
        self.fired += u64::from(strikes);
        strikes
    }
}

impl When {
    fn matches_request(&self, call: &Call, target: &str, body: &str) -> bool {
        let names = |object: &String| {
            call.path.iter().any(|part| part.eq_ignore_ascii_case(object))
                || body.contains(&format!("\"{object}\""))
                || body.contains(&format!("sobjects/{object}"))
        };
        self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&call.method))
            && self.path.as_ref().is_none_or(|part| target.contains(part.as_str()))
            && self.body.as_ref().is_none_or(|part| body.contains(part.as_str()))
            && self.object.as_ref().is_none_or(names)
    }

    fn matches_row(&self, object: &str, row: &Map<String, Value>) -> bool {
        let holds = |wanted: &RowMatch| {
            let value = row.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted.field)).map(|(_, value)| value);
            value.is_some_and(|value| match value {
                Value::String(text) => text.contains(&wanted.contains),
                other => other.to_string().contains(&wanted.contains),
            })
        };
        self.object.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(object))
            && self.row.as_ref().is_none_or(holds)
    }
}

/// The rules as the saving of records sees them.
#[derive(Debug, Default, Clone)]
pub struct RowFaults(Option<Arc<Mutex<Faults>>>);

impl RowFaults {
    /// A handle on the rules.
    pub fn new(faults: &Arc<Mutex<Faults>>) -> Self {
        Self(Some(Arc::clone(faults)))
    }

    /// The error that strikes a row, if one does.
    pub fn strike(&self, object: &str, row: &Map<String, Value>) -> Option<ApiError> {
        self.0.as_ref()?.lock().ok()?.strike_row(object, row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::http::Body;

    fn call(method: &str, target: &str) -> Call {
        Call::new(method, target, Vec::new(), Body::Empty)
    }

    #[test]
    fn counters_and_seeds_make_the_same_faults_every_time() {
        let text = r#"{"seed": 5, "rules": [
            {"name": "third", "match": {"path": "/composite", "nth": 3}, "effect": "html_503"},
            {"name": "even", "match": {"method": "get", "every": 2, "times": 2}, "effect": {"delay_ms": 1}},
            {"name": "chance", "match": {"probability": 0.5}, "effect": "request_limit"}]}"#;
        let run = || {
            let mut faults = Faults::parse(text).unwrap();
            let struck: Vec<Vec<Effect>> = (0..20)
                .map(|i| {
                    let target = if i % 2 == 0 { "/v/composite" } else { "/v/query?q=1" };
                    let method = if i % 2 == 0 { "POST" } else { "GET" };
                    faults.strike_request(&call(method, target), target, "")
                })
                .collect();
            (struck, faults.fired())
        };
        let (struck, fired) = run();
        assert_eq!(run(), (struck.clone(), fired.clone()));
        assert_eq!(fired["third"], 1);
        assert_eq!(fired["even"], 2);
        assert!((3..=17).contains(&fired["chance"]));
        assert!(struck[4].contains(&Effect::Html503));
    }

    /// Whoever copies an example must get faults, and every effect must stand in the document.
    #[test]
    fn the_examples_of_the_document_are_read_and_name_every_effect() {
        let document = include_str!("../../docs/sandbox.md");
        let blocks: Vec<&str> =
            document.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            Faults::parse(block).unwrap();
        }
        Faults::parse(include_str!("../../assets/demo-faults.json")).unwrap();
        for effect in [
            Effect::Answer { status: 503, body: Value::Null },
            Effect::CloseBeforeCommit,
            Effect::CloseAfterCommit,
            Effect::DelayMs(1),
            Effect::ExpiredSession,
            Effect::RequestLimit,
            Effect::Html503,
            Effect::Truncate(1),
            Effect::LockRow,
            Effect::RowError { code: String::new(), message: String::new(), fields: Vec::new() },
        ] {
            assert!(document.contains(&format!("\"{}\"", effect.name())), "{effect:?}");
        }
    }

    #[test]
    fn rows_are_struck_by_type_and_value() {
        let rules = r#"{"rules": [{"match": {"object": "lead", "row": {"field": "email", "contains": "bad"}, "times": 1}, "effect": "lock_row"}]}"#;
        let faults = Arc::new(Mutex::new(Faults::parse(rules).unwrap()));
        let rows = RowFaults::new(&faults);
        let row = |email: &str| Map::from_iter([("Email".to_owned(), Value::from(email))]);
        assert!(rows.strike("Lead", &row("good@x.test")).is_none());
        assert!(rows.strike("Contact", &row("bad@x.test")).is_none());
        assert_eq!(rows.strike("Lead", &row("bad@x.test")).unwrap().code, "UNABLE_TO_LOCK_ROW");
        assert!(rows.strike("Lead", &row("bad@x.test")).is_none(), "only once");
    }

    #[test]
    fn a_misspelt_rule_is_refused() {
        for text in
            ["7", r#"{"rules":[{"effect":"explode"}]}"#, r#"{"rules":[{"match":{"nht":1},"effect":"lock_row"}]}"#]
        {
            assert!(Faults::parse(text).is_err(), "{text}");
        }
    }
}
