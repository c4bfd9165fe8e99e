//! What a webhook would bring, and when.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::domain::Source;

/// One webhook call.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// When it is made: the payload's own time.
    pub at: Timestamp,
    /// By whom.
    pub source: Source,
    /// The payload.
    pub body: Json,
}

/// A moment as both programs write it: UTC with milliseconds.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// How far a zone is from UTC, in minutes.
pub fn utc_offset(zone: &str, at: Timestamp) -> i32 {
    TimeZone::get(zone).map_or(0, |zone| zone.to_offset(at).seconds() / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        let at: Timestamp = "2026-07-01T10:00:00.5+02:00".parse().unwrap();
        assert_eq!(time(at), "2026-07-01T08:00:00.500Z");
        assert_eq!(utc_offset("Europe/Oslo", at), 120);
        assert_eq!(utc_offset("Nowhere/Land", at), 0);
    }
}
