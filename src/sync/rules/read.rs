//! Numbers, dates, times and yes/no as people and programs write them. What can be read in two ways is refused.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::salesforce::parse_datetime;

/// `12`, `-3.5`, `1,200,000`, `1 200 000`; separators only between groups of three digits, so that `1,5` is refused,
/// and so is `+4790000000`, which is a phone number.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = ungrouped(text.trim())?;
    let digits = plain.bytes().any(|b| b.is_ascii_digit());
    let shape = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain.parse().ok().filter(|number: &f64| digits && shape && number.is_finite() && !plain.starts_with('+'))
}

fn ungrouped(text: &str) -> Option<String> {
    let is_separator = |c: char| matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'');
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let groups: Vec<&str> = whole.split(is_separator).collect();
    let good = |group: &&str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    let (head, tail) = groups.split_first()?;
    let leading = head.trim_start_matches('-').len();
    if !tail.is_empty() && (!(1..=3).contains(&leading) || !tail.iter().all(good)) {
        return None;
    }
    let whole = groups.concat();
    Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// The words for yes and no; the text `false` is no.
pub(super) fn checkbox(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "on" | "checked" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "unchecked" => Some(false),
        _ => None,
    }
}

/// A calendar date, also that of a date and time, as it is written: the day that the writer meant, on whatever clock.
/// `03/05/2026` is refused: nobody knows which is the month.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    text.parse().ok().or_else(|| civil(text).map(DateTime::date))
}

/// A time of day, also that of a date and time, as it is written.
pub(super) fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let bare = text.trim_end_matches(['Z', 'z']);
    let colon = bare.find(':').is_some_and(|at| at <= 2);
    if !colon || bare.len() > 18 {
        let hour = || Time::strptime("%I %p", text).or_else(|_| Time::strptime("%I%p", text)).ok();
        return civil(text).map(DateTime::time).or_else(hour);
    }
    let formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M %p", "%I:%M%p"];
    formats.iter().find_map(|format| Time::strptime(format, bare).ok())
}

/// A point in time; without an offset it is read on the clock of `zone`. A date alone is none.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    parse_datetime(text).or_else(|| civil(text)?.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()))
}

/// Date and time without the offset that may follow them.
fn civil(text: &str) -> Option<DateTime> {
    let clock = text.get(10..)?;
    // `2026-03-05T09:30`: shorter, and it is a date alone.
    if !text.is_ascii() || clock.len() < 6 {
        return None;
    }
    let end = clock.find(['Z', 'z', '+', '-', '[']).unwrap_or(clock.len());
    text[..10 + end].trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        for (text, value) in [
            ("12", Some(12.0)),
            (" -3.5 ", Some(-3.5)),
            ("1e3", Some(1000.0)),
            ("1,200,000", Some(1_200_000.0)),
            ("1\u{a0}200.25", Some(1200.25)),
            ("-1'000", Some(-1000.0)),
            ("1,5", None),
            ("1234,567", None),
            (",123", None),
            ("1.5.2", None),
            ("", None),
            ("NaN", None),
            ("inf", None),
            ("1e999", None),
            ("50+", None),
            ("+4790000000", None),
            ("0x10", None),
        ] {
            assert_eq!(number(text), value, "{text:?}");
        }
    }

    #[test]
    fn dates_and_times_are_taken_as_written() {
        let day = jiff::civil::date(2026, 3, 5);
        for (text, date_of, time_of) in [
            ("2026-03-05", Some(day), None),
            ("2026-03-05T23:30:00Z", Some(day), Some((23, 30, 0))),
            ("2026-03-05T23:30:00.000+0000", Some(day), Some((23, 30, 0))),
            ("2026-03-05 23:30", Some(day), Some((23, 30, 0))),
            ("2026-03-05T00:30:15-08:00", Some(day), Some((0, 30, 15))),
            ("9:30", None, Some((9, 30, 0))),
            ("09:30:15.000Z", None, Some((9, 30, 15))),
            ("9:05 pm", None, Some((21, 5, 0))),
            ("9:05PM", None, Some((21, 5, 0))),
            ("9 am", None, Some((9, 0, 0))),
            ("03/05/2026", None, None),
            ("2026-02-30", None, None),
            ("25:00", None, None),
            ("soon", None, None),
            ("", None, None),
        ] {
            assert_eq!(date(text), date_of, "{text:?}");
            assert_eq!(time(text), time_of.map(|(h, m, s)| jiff::civil::time(h, m, s, 0)), "{text:?}");
        }
    }

    #[test]
    fn moments_need_a_clock() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        let half_past_nine: Timestamp = "2026-03-05T09:30:00Z".parse().unwrap();
        for (text, at) in [
            ("2026-03-05T09:30:00Z", Some(half_past_nine)),
            ("2026-03-05T10:30:00+01:00", Some(half_past_nine)),
            ("2026-03-05T09:30:00.000+0000", Some(half_past_nine)),
            ("2026-03-05T10:30", Some(half_past_nine)),
            ("2026-03-05 10:30:00", Some(half_past_nine)),
            ("2026-03-05", None),
            ("10:30", None),
            ("tomorrow", None),
        ] {
            assert_eq!(moment(text, &oslo), at, "{text:?}");
        }
    }

    #[test]
    fn yes_and_no_have_many_names() {
        for word in ["yes", "TRUE", "y", "1", "x", "On", "checked"] {
            assert_eq!(checkbox(word), Some(true), "{word}");
        }
        for word in ["no", "False", "N", "0", "off", "unchecked"] {
            assert_eq!(checkbox(word), Some(false), "{word}");
        }
        for word in ["", "maybe", "2", "yes please"] {
            assert_eq!(checkbox(word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), near in "[-0-9T:Zz+ .,a-p\\[\\]]{0,40}") {
            for text in [&text, &near] {
                let _ = (number(text), date(text), time(text), moment(text, &TimeZone::UTC), checkbox(text));
            }
        }
    }
}
