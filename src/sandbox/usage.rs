//! Counting: calls against the daily allowance by Salesforce's own rules, and what the client did.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::Call;
use super::org::{Settings, Tally};

/// The figures.
#[derive(Debug, Default, Clone)]
pub struct Usage {
    limit: u64,
    used: u64,
    counted: u64,
    refused: u64,
    requests: BTreeMap<String, u64>,
    records: BTreeMap<String, Tally>,
}

impl Usage {
    /// Figures of a new org.
    pub fn new(settings: &Settings) -> Self {
        Self { limit: settings.daily_limit, used: settings.daily_used, ..Self::default() }
    }

    /// Notes a request, counted or not.
    pub fn saw(&mut self, call: &Call, kind: &str) {
        *self.requests.entry(format!("{} {kind}", call.method)).or_default() += 1;
    }

    /// Takes calls from the allowance; false when it is used up.
    pub fn spend(&mut self, calls: u64) -> bool {
        let affordable = self.used + calls <= self.limit;
        if affordable {
            self.used += calls;
            self.counted += calls;
        } else {
            self.refused += 1;
        }
        affordable
    }

    /// Notes what a request did to records.
    pub fn changed(&mut self, tallies: &BTreeMap<String, Tally>) {
        for (object, tally) in tallies {
            let sum = self.records.entry(object.clone()).or_default();
            sum.created += tally.created;
            sum.updated += tally.updated;
            sum.deleted += tally.deleted;
        }
    }

    /// The header of counted answers.
    pub fn limit_info(&self) -> String {
        format!("api-usage={}/{}", self.used, self.limit)
    }

    /// Allowance and what is left of it.
    pub fn allowance(&self) -> (u64, u64) {
        (self.limit, self.limit.saturating_sub(self.used))
    }

    /// Starts the figures anew; the allowance stays as used as it is.
    pub fn reset(&mut self) {
        *self = Self { limit: self.limit, used: self.used, ..Self::default() };
    }

    /// The figures as JSON.
    pub fn to_json(&self) -> Value {
        let records: BTreeMap<&String, Value> = self
            .records
            .iter()
            .map(|(object, tally)| {
                (object, json!({"created": tally.created, "updated": tally.updated, "deleted": tally.deleted}))
            })
            .collect();
        json!({
            "api_calls": self.counted, "limit": {"used": self.used, "max": self.limit}, "refused": self.refused,
            "requests": self.requests, "records": records,
        })
    }
}
