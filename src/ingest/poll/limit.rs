//! How often a source may be asked: so many calls in a span of time, for several spans at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::domain::Source;

/// Calls of the recent past, and how many there may be.
#[derive(Debug)]
pub struct Limiter {
    spans: &'static [(usize, Duration)],
    calls: VecDeque<Instant>,
}

/// OnceHub: 5 a second per account and 200 in five minutes per address. Cal.com: 120 a minute per key.
const ONCEHUB: &[(usize, Duration)] = &[(5, Duration::from_secs(1)), (200, Duration::from_mins(5))];
const CALCOM: &[(usize, Duration)] = &[(100, Duration::from_mins(1))];

impl Limiter {
    pub fn new(source: Source) -> Self {
        let spans = match source {
            Source::CalCom => CALCOM,
            Source::OnceHub => ONCEHUB,
        };
        Self { spans, calls: VecDeque::new() }
    }

    /// Books the next call and says how long to wait before it is made.
    pub fn book(&mut self, now: Instant) -> Duration {
        let mut at = now;
        for (most, span) in self.spans {
            if self.calls.len() >= *most {
                let earlier = self.calls[self.calls.len() - most];
                at = at.max(earlier + *span);
            }
        }
        let longest = self.spans.iter().map(|(most, _)| *most).max().unwrap_or(0);
        self.calls.push_back(at);
        while self.calls.len() > longest {
            self.calls.pop_front();
        }
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_ever_holds_more_calls_than_it_may() {
        for source in [Source::CalCom, Source::OnceHub] {
            let begin = Instant::now();
            let mut limiter = Limiter::new(source);
            let mut now = begin;
            let mut made = Vec::new();
            for _ in 0..1000 {
                now += limiter.book(now);
                made.push(now);
            }
            for (most, span) in limiter.spans {
                for window in made.windows(most + 1) {
                    assert!(window[*most] - window[0] >= *span, "{source}: {most} in {span:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_calls_wait_for_nothing() {
        let now = Instant::now();
        let mut limiter = Limiter::new(Source::OnceHub);
        let waits: Vec<_> = (0..6).map(|_| limiter.book(now)).collect();
        assert_eq!(waits[..5], [Duration::ZERO; 5]);
        assert_eq!(waits[5], Duration::from_secs(1));
    }
}
