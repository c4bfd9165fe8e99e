//! How far something was read: a time, with the overlap taken off when it is asked for.

use jiff::{SignedDuration, Timestamp};

use super::OVERLAP;

/// From when on to read: some minutes before the last change seen, or for the first time so far back.
pub fn since(seen: Option<Timestamp>, begin: Timestamp, first: SignedDuration) -> Timestamp {
    let earliest = Timestamp::UNIX_EPOCH;
    match seen {
        // A change from the future must not keep what comes until then from being read.
        Some(seen) => seen.min(begin).saturating_sub(OVERLAP).unwrap_or(earliest),
        None => begin.saturating_sub(first).unwrap_or(earliest),
    }
}

/// A time as both APIs read it: UTC with milliseconds.
pub fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
