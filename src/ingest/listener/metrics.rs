//! Counters for Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::Source;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Stored,
    Duplicate,
    Unknown,
    Unauthorized,
    Malformed,
    Oversized,
    TimedOut,
    Failed,
}

impl Outcome {
    const ALL: [Self; 8] = [
        Self::Stored,
        Self::Duplicate,
        Self::Unknown,
        Self::Unauthorized,
        Self::Malformed,
        Self::Oversized,
        Self::TimedOut,
        Self::Failed,
    ];

    /// The word in answers and labels.
    pub fn key(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
            Self::Unauthorized => "unauthorized",
            Self::Malformed => "malformed",
            Self::Oversized => "oversized",
            Self::TimedOut => "timed_out",
            Self::Failed => "failed",
        }
    }
}

const SOURCES: [Source; 2] = [Source::CalCom, Source::OnceHub];

/// How many deliveries of each source came to what.
#[derive(Debug, Default)]
pub struct Metrics {
    deliveries: [[AtomicU64; Outcome::ALL.len()]; SOURCES.len()],
}

impl Metrics {
    /// One more.
    pub fn count(&self, source: Source, outcome: Outcome) {
        let row = usize::from(source == Source::OnceHub);
        self.deliveries[row][outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Prometheus' text format.
    pub fn text(&self) -> String {
        let name = "rolodeck_webhook_deliveries_total";
        let mut text = format!("# HELP {name} Webhook deliveries by source and result.\n# TYPE {name} counter\n");
        for (source, row) in SOURCES.iter().zip(&self.deliveries) {
            for (outcome, count) in Outcome::ALL.iter().zip(row) {
                let (source, outcome, count) = (source.key(), outcome.key(), count.load(Ordering::Relaxed));
                let _ = writeln!(text, "{name}{{source=\"{source}\",result=\"{outcome}\"}} {count}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_under_its_own_name() {
        let metrics = Metrics::default();
        for (n, outcome) in Outcome::ALL.into_iter().enumerate() {
            for _ in 0..=n {
                metrics.count(Source::OnceHub, outcome);
            }
        }
        for (n, outcome) in Outcome::ALL.into_iter().enumerate() {
            for (source, count) in [("oncehub", n + 1), ("calcom", 0)] {
                let line = format!("{{source=\"{source}\",result=\"{}\"}} {count}\n", outcome.key());
                assert!(metrics.text().contains(&line), "{line}");
            }
        }
    }
}
