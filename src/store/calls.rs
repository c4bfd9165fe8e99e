//! How many API calls of Salesforce the programs of this store have made: our own share of the org's allowance
//! (product S11). Kept by the hour, because the allowance is one of the last 24 hours.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::connect::transact_quietly;
use super::{Store, StoreError};

/// The setting that keeps them.
const KEY: &str = "salesforce.calls";
const HOURS: i64 = 24;

/// Calls by hour since 1970.
type Hours = BTreeMap<i64, u64>;

impl Store {
    /// Adds calls that were made just now. No screen is woken for it.
    pub async fn note_calls(&self, calls: u64, now: Timestamp) -> Result<(), StoreError> {
        transact_quietly!(self, |tx| {
            let kept: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE key = ?")
                .bind(KEY)
                .fetch_optional(&mut *tx)
                .await?;
            let hours = added(read(kept.as_deref()), calls, hour(now));
            sqlx::query("INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(KEY)
                .bind(serde_json::to_string(&hours).unwrap_or_default()) // numbers always have a form in JSON
                .execute(&mut *tx)
                .await?;
        })
    }

    /// Calls of the last 24 hours, of all processes; whole hours, so never more than that.
    pub async fn calls_noted(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(recent(&read(self.setting(KEY).await?.as_deref()), hour(now)))
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3_600)
}

/// What cannot be read is begun anew: it is a figure for people and decides nothing.
fn read(kept: Option<&str>) -> Hours {
    kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default()
}

fn added(mut hours: Hours, calls: u64, now: i64) -> Hours {
    // A clock that was put back leaves hours that are still to come; those of a day ahead are somebody's error.
    hours.retain(|hour, _| (now - HOURS + 1..=now + HOURS).contains(hour));
    let calls = hours.get(&now).map_or(calls, |before| before.saturating_add(calls));
    hours.insert(now, calls);
    hours
}

fn recent(hours: &Hours, now: i64) -> u64 {
    hours.range(now - HOURS + 1..).fold(0, |all, (_, calls)| all.saturating_add(*calls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_24_hours_wherever_it_begins() {
        let mut hours = Hours::new();
        for hour in 100..130 {
            hours = added(hours, 2, hour);
            hours = added(hours, 1, hour);
            assert_eq!(recent(&hours, hour), 3 * (hour as u64 - 99).min(24), "{hour}");
        }
        assert_eq!(hours.len(), 24, "older ones are let go");
        assert_eq!(recent(&hours, 140), 3 * 13);
        assert_eq!(recent(&hours, 1_000), 0);
    }

    #[test]
    fn a_clock_put_back_and_a_text_that_is_no_count_harm_nothing() {
        let hours = added(added(Hours::new(), 5, 100), 1, 98);
        assert_eq!(recent(&hours, 98), 6);
        assert_eq!(recent(&added(hours, 1, 10), 10), 1, "hours that are days ahead are not believed");
        assert_eq!(read(Some("nonsense")), Hours::new());
        assert_eq!(recent(&added(added(Hours::new(), u64::MAX, 5), 9, 5), 5), u64::MAX);
    }
}
