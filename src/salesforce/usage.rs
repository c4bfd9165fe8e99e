//! What is left of the org's API calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Calls of the rolling 24 hours, as the last counted answer told (`Sforce-Limit-Info`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Calls of the whole org, all programs together.
    pub used: u64,
    /// The org's allowance.
    pub max: u64,
    /// The same for the app we log in with, in orgs that limit single apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_app: Option<AppUsage>,
}

/// Calls of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppUsage {
    /// The app's name.
    pub app: String,
    /// Its calls.
    pub used: u64,
    /// Its allowance.
    pub max: u64,
}

impl Usage {
    /// Reads the header: `api-usage=22/15000; per-app-api-usage=17/250(appName=X)`. `None` when it does not hold the
    /// org's figure; parts that are not understood are passed over.
    pub fn parse(header: &str) -> Option<Self> {
        let (mut org, mut per_app) = (None, None);
        for part in header.split([';', ',']) {
            match part.trim().split_once('=') {
                Some(("api-usage", figures)) => org = fraction(figures),
                Some(("per-app-api-usage", figures)) => {
                    let (figures, app) = figures.split_once("(appName=").unwrap_or((figures, ""));
                    per_app = fraction(figures).map(|(used, max)| AppUsage {
                        app: app.trim_end_matches(')').chars().filter(|c| !c.is_control()).collect(),
                        used,
                        max,
                    });
                }
                _ => {}
            }
        }
        org.map(|(used, max)| Self { used, max, per_app })
    }

    /// How much of the allowance is used, 0 to 1 and more (paid orgs may overrun). The app's own limit counts too.
    pub fn share(&self) -> f64 {
        let share = |used: u64, max: u64| if max == 0 { 1.0 } else { used as f64 / max as f64 };
        let app = self.per_app.as_ref().map_or(0.0, |app| share(app.used, app.max));
        share(self.used, self.max).max(app)
    }
}

fn fraction(text: &str) -> Option<(u64, u64)> {
    let (used, max) = text.trim().split_once('/')?;
    Some((used.trim().parse().ok()?, max.trim().parse().ok()?))
}

/// One limit of `/limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The allowance.
    #[serde(rename = "Max")]
    pub max: i64,
    /// What is left of it.
    #[serde(rename = "Remaining")]
    pub remaining: i64,
}

/// All limits of `/limits`, by name (`DailyApiRequests`, `DataStorageMB`, …).
pub type Limits = BTreeMap<String, Limit>;

/// Takes the limits out of the answer; entries of another shape are passed over.
pub(super) fn limits_from(body: serde_json::Value) -> Option<Limits> {
    let serde_json::Value::Object(entries) = body else { return None };
    Some(entries.into_iter().filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn header_variants() {
        let app = |name: &str| Some(AppUsage { app: name.to_owned(), used: 17, max: 250 });
        for (header, expected) in [
            ("api-usage=22/15000", Some((22, 15_000, None))),
            ("api-usage=22/15000; per-app-api-usage=17/250(appName=sample app)", Some((22, 15_000, app("sample app")))),
            ("api-usage = 22/15000", None),
            ("per-app-api-usage=17/250(appName=x), api-usage=22/15000", Some((22, 15_000, app("x")))),
            ("api-usage=22/15000;per-app-api-usage=17/250", Some((22, 15_000, app("")))),
            ("api-usage=22/15000; per-app-api-usage=many", Some((22, 15_000, None))),
            ("api-usage=22", None),
            ("api-usage=a/b", None),
            ("", None),
        ] {
            let expected = expected.map(|(used, max, per_app)| Usage { used, max, per_app });
            assert_eq!(Usage::parse(header), expected, "{header:?}");
        }
    }

    #[test]
    fn the_narrower_limit_counts() {
        let usage = |header| Usage::parse(header).unwrap().share();
        assert!((usage("api-usage=50/100") - 0.5).abs() < 1e-9);
        assert!((usage("api-usage=50/100; per-app-api-usage=9/10(appName=x)") - 0.9).abs() < 1e-9);
        assert!((usage("api-usage=0/0") - 1.0).abs() < 1e-9);
    }

    #[test]
    fn limits_pass_over_what_they_do_not_know() {
        let body = json!({
            "DailyApiRequests": {"Max": 15000, "Remaining": 14998, "Some App": {"Max": 0, "Remaining": 0}},
            "Odd": "text",
        });
        let limits = limits_from(body).unwrap();
        assert_eq!(limits.len(), 1);
        assert_eq!(limits["DailyApiRequests"], Limit { max: 15000, remaining: 14998 });
        assert_eq!(limits_from(json!([])), None);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(header in any::<String>()) {
            let _ = Usage::parse(&header);
        }
    }
}
