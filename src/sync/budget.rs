//! The org's daily API calls: how many of them may be used, and how long they last. Pure.

use std::collections::VecDeque;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::settle::Failure;
use super::status::ApiUse;
use crate::salesforce::{ErrorClass, Scope, Usage};

/// Our own code for a share that is used up.
pub const SHARE_USED: &str = "API_SHARE_USED";

/// The rate is taken over this long, at most …
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// … and at least: a moment's burst is no rate.
const LEAST: SignedDuration = SignedDuration::from_mins(1);
/// The allowance is one of 24 hours, and rolls: what lasts that long lasts for ever.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The reason to stop when the configured share of the allowance is used, by whomever (product S14).
pub fn spent(usage: Option<&Usage>, share_percent: u8) -> Option<Failure> {
    usage.filter(|usage| usage.share() * 100.0 >= f64::from(share_percent)).map(|_| {
        let message = format!("{share_percent} % of the org's daily API calls are used");
        Failure::ours(SHARE_USED, &message, ErrorClass::Limit, Scope::Org)
    })
}

/// How fast the allowance goes.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: VecDeque<(Timestamp, u64)>,
}

/// How long the allowance lasts if calls go on as in the last hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Calls an hour, of everyone.
    pub per_hour: u64,
    /// When our share is used up; `None`: not within a day.
    pub until: Option<Timestamp>,
}

impl Rate {
    /// Takes in how many calls are used at a moment.
    pub fn observe(&mut self, used: u64, at: Timestamp) {
        // Fewer than before: older calls have left the rolling day, and the rate is taken anew.
        if self.samples.back().is_some_and(|(_, before)| *before > used) {
            self.samples.clear();
        }
        while self.samples.get(1).is_some_and(|(second, _)| at.duration_since(*second) >= WINDOW) {
            self.samples.pop_front();
        }
        let fresh = |(last, _): &(Timestamp, u64)| at.duration_since(*last) < LEAST;
        if self.samples.len() > 1 && self.samples.back().is_some_and(fresh) {
            self.samples.pop_back();
        }
        self.samples.push_back((at, used));
    }

    /// The forecast; `None` until there is a rate.
    pub fn forecast(&self, api: ApiUse, share_percent: u8, now: Timestamp) -> Option<Forecast> {
        let (since, before) = *self.samples.front()?;
        let passed = now.duration_since(since);
        if passed < LEAST {
            return None;
        }
        let a_second = api.used.saturating_sub(before) as f64 / passed.as_secs_f64();
        let share = api.max as f64 * f64::from(share_percent) / 100.0;
        let left = (share - api.used as f64).max(0.0) / a_second; // infinite at rest, which is not within a day
        let until = SignedDuration::try_from_secs_f64(left).ok().filter(|left| *left < DAY).map(|left| now + left);
        Some(Forecast { per_hour: (a_second * 3600.0).round() as u64, until })
    }
}

impl Forecast {
    /// `at this rate the allowance lasts until 16:40`, or `… the whole day`.
    pub fn words(&self, now: Timestamp, zone: &TimeZone) -> String {
        let Some(until) = self.until else {
            return "at this rate the allowance lasts the whole day".to_owned();
        };
        let (at, today) = (until.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
        let at = at.round(Unit::Minute).unwrap_or(at);
        let day = if at.date() == today { "" } else { "tomorrow " };
        format!("at this rate the allowance lasts until {day}{}", at.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        // 10:00 in UTC.
        Timestamp::from_second(1_770_026_400 + minutes * 60).unwrap()
    }

    #[test]
    fn the_allowance_lasts_as_long_as_the_last_hour_says() {
        // Minutes and calls used, of 10,000 with a share of 80 %.
        for (samples, per_hour, until) in [
            (vec![(0, 100)], None, None),
            (vec![(0, 100), (0, 400)], None, None),
            (vec![(0, 100), (30, 100)], Some(0), None),
            (vec![(0, 2_000), (60, 4_000)], Some(2_000), Some(180)),
            (vec![(0, 7_990), (1, 8_000)], Some(600), Some(1)),
            (vec![(0, 7_000), (1, 9_000)], Some(120_000), Some(1)),
            // A quiet day behind a busy hour does not count.
            (vec![(0, 0), (600, 0), (660, 2_000)], Some(2_000), Some(840)),
            (vec![(0, 5_000), (10, 4_000), (20, 4_000)], Some(0), None),
            (vec![(0, 0), (60, 10)], Some(10), None),
        ] {
            let mut rate = Rate::default();
            for (minute, used) in &samples {
                rate.observe(*used, at(*minute));
            }
            let (now, used) = *samples.last().unwrap();
            let forecast = rate.forecast(ApiUse { used, max: 10_000, ours: 0 }, 80, at(now));
            assert_eq!(forecast.map(|forecast| forecast.per_hour), per_hour, "{samples:?}");
            assert_eq!(forecast.and_then(|forecast| forecast.until), until.map(at), "{samples:?}");
        }
    }

    #[test]
    fn few_samples_are_kept_however_often_it_is_asked() {
        let mut rate = Rate::default();
        for second in 0..20_000 {
            rate.observe(second, Timestamp::from_second(1_770_026_400 + second as i64).unwrap());
        }
        assert!(rate.samples.len() < 70, "{}", rate.samples.len());
    }

    #[test]
    fn in_words() {
        let words = |until: Option<i64>| {
            Forecast { per_hour: 1, until: until.map(at) }.words(at(0), &TimeZone::get("Europe/Oslo").unwrap())
        };
        assert_eq!(words(None), "at this rate the allowance lasts the whole day");
        assert_eq!(words(Some(100)), "at this rate the allowance lasts until 12:40");
        assert_eq!(words(Some(1_000)), "at this rate the allowance lasts until tomorrow 03:40");
    }

    #[test]
    fn a_used_share_stops_everything() {
        let usage = |used| Usage { used, max: 100, per_app: None };
        assert_eq!(spent(None, 80), None);
        assert_eq!(spent(Some(&usage(79)), 80), None);
        let stop = spent(Some(&usage(80)), 80).unwrap();
        assert_eq!((stop.scope, stop.fault.code.as_str()), (Scope::Org, SHARE_USED));
    }
}
