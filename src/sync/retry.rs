//! When to try again.

use jiff::{SignedDuration, Timestamp};

use crate::salesforce::MAX_ROWS;
use crate::store::SETTLING;

/// A passing fault: from 2 seconds, doubling, to 15 minutes.
pub const TRANSIENT: Backoff = Backoff { first: SignedDuration::from_secs(2), most: SignedDuration::from_mins(15) };
/// A locked row: soon.
pub const LOCK: Backoff = Backoff { first: SignedDuration::from_secs(1), most: SignedDuration::from_secs(30) };
/// A limit of the org: minutes, growing to an hour.
pub const LIMIT: Backoff = Backoff { first: SignedDuration::from_mins(5), most: SignedDuration::from_hours(1) };
/// A receiver of events that fails: from 10 seconds, doubling, to 6 hours.
pub const RECEIVER: Backoff = Backoff { first: SignedDuration::from_secs(10), most: SignedDuration::from_hours(6) };

/// Exponential backoff with full jitter: a random moment up to a ceiling that doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: SignedDuration,
    most: SignedDuration,
}

impl Backoff {
    /// The next try after `attempts` (1: the first has failed); `random` is from 0 to 1.
    /// Never less than a tenth of the ceiling, so that a crowd does not come back at once.
    pub fn after(self, attempts: i64, now: Timestamp, random: f64) -> Timestamp {
        let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
        let ceiling = self.first.as_secs_f64() * f64::from(2_u32.pow(doublings));
        let ceiling = ceiling.min(self.most.as_secs_f64());
        let wait = ceiling * (0.1 + 0.9 * random.clamp(0.0, 1.0));
        now + SignedDuration::try_from_secs_f64(wait).unwrap_or(self.most)
    }
}

/// When to look for what may have been created.
pub fn in_doubt(attempts: i64, now: Timestamp, random: f64) -> Timestamp {
    TRANSIENT.after(attempts, now + SETTLING, random)
}

/// Records of one collection after so many tries that met a lock: smaller ones hold fewer locks, and for less time.
pub fn crowd(attempts: i64) -> usize {
    match attempts {
        ..=1 => MAX_ROWS,
        2 => 50,
        3 => 20,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_and_ends() {
        let now = Timestamp::from_second(1_770_000_000).unwrap();
        let wait = |attempts, random| TRANSIENT.after(attempts, now, random).duration_since(now).as_secs_f64();
        assert!((wait(1, 1.0) - 2.0).abs() < 0.01);
        assert!((wait(4, 1.0) - 16.0).abs() < 0.01);
        assert!((wait(4, 0.0) - 1.6).abs() < 0.01);
        assert!((wait(30, 1.0) - 900.0).abs() < 0.01);
        assert!(wait(0, 0.5) > 0.0);
        assert!(in_doubt(1, now, 0.0) > now + SETTLING);
    }
}
