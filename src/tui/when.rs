//! Times as people read them, in the user's zone, and the moment at which the words change.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How long ago (or from now on) something is, in at most six columns: `now`, `5m`, `3h`, `4d`, `12 Mar`, `Mar 25`;
/// what is to come has a `+` in front.
pub fn relative(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (sign, distance) = if seconds < 0 { ("+", -seconds) } else { ("", seconds) };
    match distance {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{sign}{}m", distance / 60),
        3_600..86_400 => format!("{sign}{}h", distance / 3_600),
        86_400..604_800 => format!("{sign}{}d", distance / 86_400),
        _ => {
            let date = at.to_zoned(zone.clone()).date();
            let today = now.to_zoned(zone.clone()).date();
            let near = distance < 300 * 86_400 && date.year() == today.year();
            date.strftime(if near { "%-d %b" } else { "%b %y" }).to_string()
        }
    }
}

/// When the words of [`relative`] change next; `None`: not within a day.
pub fn changes_at(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let seconds = now.duration_since(at).as_secs();
    let step = |unit: i64| at.checked_add(SignedDuration::from_secs((seconds / unit + 1) * unit)).ok();
    match seconds {
        -59..0 => at.checked_add(SignedDuration::from_secs(60)).ok(),
        0..3_600 => step(60),
        3_600..86_400 => step(3_600),
        -3_600..-59 => now.checked_add(SignedDuration::from_secs((-seconds) % 60 + 1)).ok(),
        _ => None,
    }
}

/// How long until `at`, for a countdown: `12 s`, `3 min`, `2 h`.
pub fn countdown(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.duration_since(now).as_secs().max(0);
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// A point in time: `Today 14:00`, `Thu 5 Mar 14:00`, `Thu 5 Mar 2026 14:00` in other years.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{} {}", day(local.date(), now, zone), local.strftime("%H:%M"))
}

/// A meeting's time: `Today 14:00–14:30`; the second day is named when it is another one.
pub fn range(start: Timestamp, end: Option<Timestamp>, now: Timestamp, zone: &TimeZone, dash: &str) -> String {
    let first = moment(start, now, zone);
    let Some(end) = end else { return first };
    let (from, to) = (start.to_zoned(zone.clone()), end.to_zoned(zone.clone()));
    if from.date() == to.date() {
        format!("{first}{dash}{}", to.strftime("%H:%M"))
    } else {
        format!("{first} {dash} {}", moment(end, now, zone))
    }
}

/// A meeting's time where room is short: `14:00` today, `5 Mar 14:00`, `5 Mar 25` in other years.
pub fn short(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let today = now.to_zoned(zone.clone()).date();
    let format = match local.date() {
        date if date == today => "%H:%M",
        date if date.year() == today.year() => "%-d %b %H:%M",
        _ => "%-d %b %y",
    };
    local.strftime(format).to_string()
}

fn day(date: Date, now: Timestamp, zone: &TimeZone) -> String {
    let today = now.to_zoned(zone.clone()).date();
    if date == today {
        "Today".to_owned()
    } else if today.tomorrow().is_ok_and(|tomorrow| date == tomorrow) {
        "Tomorrow".to_owned()
    } else if today.yesterday().is_ok_and(|yesterday| date == yesterday) {
        "Yesterday".to_owned()
    } else {
        date.strftime(if date.year() == today.year() { "%a %-d %b" } else { "%a %-d %b %Y" }).to_string()
    }
}

/// How long something took, from milliseconds: `3 d`, `5 h`, `2 min`, `12 s`.
pub fn lasting(ms: i64) -> String {
    match ms / 1_000 {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn oslo() -> TimeZone {
        TimeZone::get("Europe/Oslo").unwrap()
    }

    #[test]
    fn distances_have_short_words() {
        let now = at("2026-11-20T12:00:00Z");
        for (then, words) in [
            ("2026-11-20T11:59:30Z", "now"),
            ("2026-11-20T11:55:00Z", "5m"),
            ("2026-11-20T09:00:00Z", "3h"),
            ("2026-11-16T09:00:00Z", "4d"),
            ("2026-03-12T09:00:00Z", "12 Mar"),
            ("2025-03-12T09:00:00Z", "Mar 25"),
            ("2026-11-20T12:05:00Z", "+5m"),
            ("2026-11-22T12:05:00Z", "+2d"),
        ] {
            assert_eq!(relative(at(then), now, &oslo()), words, "{then}");
        }
    }

    #[test]
    fn meetings_are_read_in_the_users_zone() {
        let now = at("2026-11-20T12:00:00Z");
        let range = |start, end| range(at(start), Some(at(end)), now, &oslo(), "–");
        assert_eq!(range("2026-11-20T13:00:00Z", "2026-11-20T13:30:00Z"), "Today 14:00–14:30");
        assert_eq!(range("2026-11-21T13:00:00Z", "2026-11-21T13:30:00Z"), "Tomorrow 14:00–14:30");
        assert_eq!(range("2026-11-26T13:00:00Z", "2026-11-26T13:30:00Z"), "Thu 26 Nov 14:00–14:30");
        assert_eq!(range("2026-11-26T22:30:00Z", "2026-11-26T23:30:00Z"), "Thu 26 Nov 23:30 – Fri 27 Nov 00:30");
        assert_eq!(range("2027-01-04T08:00:00Z", "2027-01-04T09:00:00Z"), "Mon 4 Jan 2027 09:00–10:00");
    }

    proptest! {
        /// A redraw is needed exactly when the words change, and is never scheduled for the past.
        #[test]
        fn words_stay_until_they_change(distance in -86_000_i64..86_000) {
            let now = at("2026-11-20T12:00:00Z");
            let then = now - SignedDuration::from_secs(distance);
            if let Some(change) = changes_at(then, now) {
                prop_assert!(change > now);
                let just_before = change - SignedDuration::from_secs(1);
                prop_assert_eq!(relative(then, now, &oslo()), relative(then, just_before.max(now), &oslo()));
                prop_assert_ne!(relative(then, now, &oslo()), relative(then, change, &oslo()));
            }
        }
    }
}
