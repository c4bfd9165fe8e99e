//! Chance with a seed: the same seed makes the same demo.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A source of choices, ids and times.
#[derive(Clone, Debug)]
pub struct Dice(fastrand::Rng);

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS_AND_DIGITS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

impl Dice {
    /// Dice that always fall the same way.
    pub fn with_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// One of several; there is at least one.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.0.usize(..choices.len())]
    }

    /// True in so many cases of a hundred.
    pub fn percent(&mut self, cases: u32) -> bool {
        self.0.u32(0..100) < cases
    }

    /// A number, both ends included.
    pub fn number(&mut self, from: i64, to: i64) -> i64 {
        self.0.i64(from..=to)
    }

    /// One of several, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let all: u32 = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.0.u32(..all);
        for (weight, choice) in choices {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *choice,
            }
        }
        choices[choices.len() - 1].1
    }

    /// A Cal.com booking uid: 22 letters and digits.
    pub fn uid(&mut self) -> String {
        (0..22).map(|_| char::from(*self.pick(LETTERS_AND_DIGITS))).collect()
    }

    /// A OnceHub id: `BKNG-` and twelve capital letters.
    pub fn oncehub_id(&mut self, prefix: &str) -> String {
        let letters: String = (0..12).map(|_| char::from(*self.pick(LETTERS))).collect();
        format!("{prefix}-{letters}")
    }

    /// So many seconds, both ends included.
    pub fn seconds(&mut self, from: i64, to: i64) -> SignedDuration {
        SignedDuration::from_secs(self.number(from, to))
    }

    /// So many minutes, with seconds that look like life.
    pub fn minutes(&mut self, from: i64, to: i64) -> SignedDuration {
        self.seconds(from * 60, to * 60)
    }

    /// When people have time: a weekday between eight and half past four in the host's zone, on the half hour, within
    /// some days after a moment.
    pub fn slot(&mut self, after: Timestamp, days: (i64, i64), zone: &TimeZone) -> Timestamp {
        let days = self.number(days.0, days.1);
        let half_hours = self.number(0, 17);
        let mut date = after.to_zoned(zone.clone()).date().saturating_add(days.days());
        while matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            date = date.saturating_add(1.day());
        }
        let at = date.at(8, 0, 0, 0).saturating_add((half_hours * 30).minutes());
        at.to_zoned(zone.clone()).map_or(after, |at| at.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let throw = |seed| {
            let mut dice = Dice::with_seed(seed);
            (dice.uid(), dice.oncehub_id("BKNG"), dice.number(1, 1_000_000), dice.percent(50))
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
    }

    #[test]
    fn weights_count() {
        let mut dice = Dice::with_seed(1);
        let throws: Vec<char> = (0..1000).map(|_| dice.weighted(&[(9, 'a'), (1, 'b'), (0, 'c')])).collect();
        let count = |wanted| throws.iter().filter(|face| **face == wanted).count();
        assert!(count('a') > 800 && count('b') > 50 && count('c') == 0);
    }

    #[test]
    fn meetings_are_in_office_hours_on_weekdays() {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let mut dice = Dice::with_seed(3);
        let friday: Timestamp = "2026-03-06T20:00:00Z".parse().unwrap();
        for _ in 0..200 {
            let at = dice.slot(friday, (1, 9), &zone);
            let local = at.to_zoned(zone.clone());
            assert!(at > friday);
            assert!((8..17).contains(&local.hour()) && [0, 30].contains(&local.minute()), "{local}");
            assert!(!matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday), "{local}");
        }
    }
}
