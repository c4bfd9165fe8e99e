//! How many requests a key may make: so many at once, and then so many a second.

use std::time::Duration;

use jiff::Timestamp;

/// How fast a caller may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second that are answered for ever.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// So many a second; after a pause twice as many at once.
    pub fn per_second(per_second: u32) -> Self {
        Self { per_second: per_second.max(1), burst: per_second.max(1).saturating_mul(2) }
    }
}

/// What a caller has left: requests, which grow back with time.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    /// A full one.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self { left: f64::from(rate.burst), at: now }
    }

    /// Takes one request; otherwise says how long to wait for the next.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        // A clock that was put back gives nothing and takes nothing.
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.at = now;
        self.left = (self.left + passed * f64::from(rate.per_second)).min(f64::from(rate.burst));
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / f64::from(rate.per_second)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_burst_passes_then_one_at_a_time() {
        let rate = Rate { per_second: 2, burst: 3 };
        let start = Timestamp::UNIX_EPOCH;
        let mut bucket = Bucket::new(rate, start);
        let after = |ms| start + SignedDuration::from_millis(ms);
        for (ms, passes) in [
            (0, true),
            (0, true),
            (0, true),
            (0, false),
            (400, false),
            (500, true),
            (500, false),
            (100, false), // a clock put back
            (700, true),
            (60_000, true),
            (60_000, true),
            (60_000, true),
            (60_000, false),
        ] {
            assert_eq!(bucket.take(rate, after(ms)).is_ok(), passes, "{ms}");
        }
        assert_eq!(bucket.take(rate, after(60_000)), Err(Duration::from_millis(500)));
    }

    #[test]
    fn there_is_no_rate_of_nothing() {
        assert_eq!(Rate::per_second(0), Rate { per_second: 1, burst: 2 });
    }
}
