//! What the loop remembers from turn to turn: how fast it goes, and what people wish. Pure.

use jiff::{SignedDuration, Timestamp};

/// No backoff is longer: one that seems to be is of a clock that was put back since.
const MOST: SignedDuration = SignedDuration::from_hours(2);

/// What the loop remembers.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Failures that stopped all work, in a row.
    pub failures: i64,
    /// All work waits until then, for that reason.
    pub backoff: Option<(Timestamp, String)>,
    /// The backoff is for a limit of the org: no wish of a person makes room.
    pub limit: bool,
    /// The backoff is for our share of the calls, which one call can look after.
    pub share_used: bool,
    /// No batch before.
    pub next_batch: Option<Timestamp>,
    /// Somebody of this process asked for a look.
    pub wished: bool,
    /// The last wish of any process that was heard.
    pub heard: Option<String>,
}

impl Pace {
    /// Until when all work waits, and why.
    pub fn waits(&self, now: Timestamp) -> Option<(Timestamp, String)> {
        self.backoff.clone().filter(|(until, _)| *until > now)
    }

    /// What a clock that has been put back since would make last for ever ends now.
    pub fn clock_back(&mut self, now: Timestamp, interval: SignedDuration) {
        self.backoff.take_if(|(until, _)| until.duration_since(now) > MOST);
        self.next_batch.take_if(|next| next.duration_since(now) > interval);
    }

    /// A person's explicit wish ends every wait but that for a limit. True if work may begin at once.
    pub fn hurry(&mut self) -> bool {
        if self.limit && self.backoff.is_some() {
            return false;
        }
        self.backoff = None;
        self.next_batch = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_770_000_000).unwrap()
    }

    fn minutes(n: i64) -> SignedDuration {
        SignedDuration::from_mins(n)
    }

    #[test]
    fn a_wish_ends_a_backoff_but_no_limit() {
        for (limit, hurries) in [(false, true), (true, false)] {
            let backoff = Some((now() + minutes(5), "why".to_owned()));
            let mut pace = Pace { backoff, limit, next_batch: Some(now() + minutes(1)), ..Pace::default() };
            assert_eq!(pace.hurry(), hurries);
            assert_eq!(pace.waits(now()).is_none(), hurries);
            assert_eq!(pace.next_batch.is_none(), hurries);
        }
        // A limit of the past holds nobody.
        assert!(Pace { limit: true, ..Pace::default() }.hurry());
    }

    #[test]
    fn a_clock_put_back_makes_no_wait_longer() {
        let interval = SignedDuration::from_secs(5);
        for (ahead, waits, paced) in [(1, true, false), (60, true, false), (60 * 24, false, false), (0, false, true)] {
            let at = now() + minutes(ahead);
            let mut pace = Pace { backoff: Some((at, String::new())), next_batch: Some(at), ..Pace::default() };
            pace.clock_back(now(), interval);
            assert_eq!(pace.waits(now()).is_some(), waits, "{ahead}");
            assert_eq!(pace.next_batch.is_some(), paced, "{ahead}");
        }
    }
}
