//! Dates as people write them, made intervals of milliseconds in the user's zone.
//!
//! A date is the time it covers: `2026-03` a month, `today` a day, `2026-03-01T10:00` a minute, `now` a millisecond.
//! `a..b` runs from the beginning of `a` to the end of `b`; `>a` begins where `a` ends, `>=a` where `a` begins.
//! A signed amount counts from now: `+7d` is the day in a week, `-2h` the moment two hours ago. An amount without a sign
//! is an age: `2h` the last two hours, `<2h` less than two hours ago, `>3d` more than three days ago.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

use super::ast::{Comparison, Test, Value};
use super::error::{QueryError, nearest};

/// From (included) and to (excluded), in milliseconds; `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Interval {
    pub(super) fn contains(self, ms: i64) -> bool {
        self.from.is_none_or(|from| ms >= from) && self.to.is_none_or(|to| ms < to)
    }
}

/// Words for completion and for the nearest match.
pub(super) const WORDS: &[&str] = &[
    "today",
    "yesterday",
    "tomorrow",
    "now",
    "this_week",
    "last_week",
    "next_week",
    "this_month",
    "last_month",
    "next_month",
    "this_quarter",
    "last_quarter",
    "next_quarter",
    "this_year",
    "last_year",
    "next_year",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// What a date test covers at `now`.
pub(super) fn interval(test: &Test, now: Timestamp, zone: &TimeZone) -> Result<Interval, QueryError> {
    let clock = Clock { now: now.to_zoned(zone.clone()) };
    match test {
        Test::Is(value) => match clock.read(value)? {
            Moment::Covers(from, to) => Ok(Interval { from: Some(from), to: Some(to) }),
            Moment::Ago(at) => Ok(Interval { from: Some(at), to: Some(clock.now_ms() + 1) }),
        },
        Test::Compare(comparison, value) => {
            let (from, to, comparison) = match clock.read(value)? {
                Moment::Covers(from, to) => (from, to, *comparison),
                // A smaller age is a later time.
                Moment::Ago(at) => (at, at + 1, flipped(*comparison)),
            };
            Ok(match comparison {
                Comparison::Less => Interval { from: None, to: Some(from) },
                Comparison::AtMost => Interval { from: None, to: Some(to) },
                Comparison::Greater => Interval { from: Some(to), to: None },
                Comparison::AtLeast => Interval { from: Some(from), to: None },
            })
        }
        Test::Range(from, to) => {
            let from = from.as_ref().map(|value| clock.read(value)).transpose()?.map(|moment| moment.bounds().0);
            let to = to.as_ref().map(|value| clock.read(value)).transpose()?.map(|moment| moment.bounds().1);
            if let (Some(from), Some(to)) = (from, to)
                && from >= to
            {
                return Err(QueryError::new(test.span(), "this range ends before it begins"));
            }
            Ok(Interval { from, to })
        }
    }
}

fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
    }
}

#[derive(Clone, Copy)]
enum Moment {
    Covers(i64, i64),
    Ago(i64),
}

impl Moment {
    fn bounds(self) -> (i64, i64) {
        match self {
            Self::Covers(from, to) => (from, to),
            Self::Ago(at) => (at, at + 1),
        }
    }
}

struct Clock {
    now: Zoned,
}

impl Clock {
    fn now_ms(&self) -> i64 {
        self.now.timestamp().as_millisecond()
    }

    fn read(&self, value: &Value) -> Result<Moment, QueryError> {
        let text = value.text.to_ascii_lowercase();
        if value.before || value.after {
            return Err(QueryError::new(value.span, "a date takes no `*`"));
        }
        let found = match text.as_str() {
            "now" => Some(Moment::Covers(self.now_ms(), self.now_ms() + 1)),
            "today" => self.days(self.now.date(), 1.day()),
            "yesterday" => self.shifted((-1).day()).and_then(|day| self.days(day, 1.day())),
            "tomorrow" => self.shifted(1.day()).and_then(|day| self.days(day, 1.day())),
            text => match amount(text) {
                Some(Ok(amount)) => self.amount(amount),
                Some(Err(hint)) => return Err(QueryError::new(value.span, hint)),
                None => self.named(text).or_else(|| self.absolute(&value.text)),
            },
        };
        found.ok_or_else(|| {
            let message = format!(
                "`{}` is not a date; write 2026-03-01, 2026-03, today, last_week, +7d, or an age such as 2h",
                value.text
            );
            match nearest(&text, WORDS.iter().copied()) {
                Some(word) => {
                    QueryError::new(value.span, format!("`{}` is not a date", value.text)).suggest(Some(word))
                }
                None => QueryError::new(value.span, message),
            }
        })
    }

    /// Days of the zone from the first moment of `first` on.
    fn days(&self, first: Date, length: Span) -> Option<Moment> {
        let end = first.checked_add(length).ok()?;
        Some(Moment::Covers(self.start_of(first)?, self.start_of(end)?))
    }

    fn start_of(&self, date: Date) -> Option<i64> {
        let zoned = date.to_zoned(self.now.time_zone().clone()).ok()?;
        Some(zoned.timestamp().as_millisecond())
    }

    fn shifted(&self, by: Span) -> Option<Date> {
        self.now.date().checked_add(by).ok()
    }

    /// `this_week`, `last_month`, `friday`, `next_monday`: weeks begin on Monday, a day's name is that day of the week.
    fn named(&self, text: &str) -> Option<Moment> {
        let (step, name) = match text.split_once('_') {
            Some(("this", name)) => (0, name),
            Some(("last", name)) => (-1, name),
            Some(("next", name)) => (1, name),
            Some(_) => return None,
            None => (0, text),
        };
        let today = self.now.date();
        let (first, length) = match name {
            "week" => (monday(today)?, 1.week()),
            "month" => (today.first_of_month(), 1.month()),
            "quarter" => {
                let month = (today.month() - 1) / 3 * 3 + 1;
                (Date::new(today.year(), month, 1).ok()?, 3.months())
            }
            "year" => (today.first_of_year(), 1.year()),
            day => {
                let weekday = weekday(day)?;
                let first = monday(today)?.checked_add(i64::from(weekday.to_monday_zero_offset()).days()).ok()?;
                return self.days(first.checked_add(step.weeks()).ok()?, 1.day());
            }
        };
        // A bare `week` is no date: it needs this, last or next.
        text.contains('_').then_some(())?;
        let first = first.checked_add(length.checked_mul(step).ok()?).ok()?;
        self.days(first, length)
    }

    fn amount(&self, amount: Amount) -> Option<Moment> {
        let Amount { sign, count, unit } = amount;
        let span = unit.span(count.checked_mul(sign.unwrap_or(-1))?)?;
        let at = || Some(self.now.checked_add(span).ok()?.timestamp().as_millisecond());
        match (sign, unit) {
            (None, _) => Some(Moment::Ago(at()?)),
            (Some(_), Unit::Minute | Unit::Hour) => {
                let at = at()?;
                Some(Moment::Covers(at, at + 1))
            }
            (Some(_), _) => self.days(self.shifted(span)?, 1.day()),
        }
    }

    /// `2026`, `2026-03`, `2026-03-01`, `2026-03-01T10:00`, `…:00`, with or without an offset.
    fn absolute(&self, text: &str) -> Option<Moment> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        match text.len() {
            4 if digits(text) => self.days(Date::new(text.parse().ok()?, 1, 1).ok()?, 1.year()),
            7 => {
                let (year, month) = text.split_once('-').filter(|(y, m)| y.len() == 4 && digits(y) && digits(m))?;
                self.days(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?, 1.month())
            }
            10 => self.days(text.parse::<Date>().ok()?, 1.day()),
            _ => {
                let (date, time) = text.split_once(['T', 't', ' ']).filter(|(date, _)| date.len() == 10)?;
                let offset = time.find(['Z', 'z', '+', '-']);
                let clock = &time[..offset.unwrap_or(time.len())];
                let length = match clock.len() {
                    5 => 60_000,
                    8 => 1_000,
                    len if len > 8 => 1,
                    _ => return None,
                };
                let from = if offset.is_some() {
                    text.parse::<Timestamp>().ok()?
                } else {
                    let at = DateTime::from_parts(date.parse().ok()?, clock.parse::<Time>().ok()?);
                    self.now.time_zone().to_timestamp(at).ok()?
                };
                Some(Moment::Covers(from.as_millisecond(), from.as_millisecond() + length))
            }
        }
    }
}

fn monday(date: Date) -> Option<Date> {
    date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()
}

pub(super) fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// `+7d`, `-2h`, `3w`.
#[derive(Clone, Copy)]
struct Amount {
    sign: Option<i64>,
    count: i64,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn span(self, count: i64) -> Option<Span> {
        let span = Span::new();
        match self {
            Self::Minute => span.try_minutes(count),
            Self::Hour => span.try_hours(count),
            Self::Day => span.try_days(count),
            Self::Week => span.try_weeks(count),
            Self::Month => span.try_months(count),
            Self::Year => span.try_years(count),
        }
        .ok()
    }
}

/// Reads an amount; `None`: it does not look like one; `Err`: it does, and this is wrong with it.
fn amount(text: &str) -> Option<Result<Amount, String>> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (Some(1), &text[1..]),
        b'-' => (Some(-1), &text[1..]),
        _ => (None, text),
    };
    let letters = rest.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = rest.split_at(letters);
    if count.is_empty() || !unit.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let unit = match unit {
        "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mo" | "month" | "months" => Unit::Month,
        "y" | "year" | "years" => Unit::Year,
        "m" => return Some(Err(format!("`{text}` is minutes or months; write {count}min or {count}mo"))),
        _ => return Some(Err(format!("`{text}` has no unit that I know; write min, h, d, w, mo or y"))),
    };
    Some(match count.parse::<i64>() {
        Ok(count) if count <= 1_000_000 => Ok(Amount { sign, count, unit }),
        _ => Err(format!("`{text}` is too far away")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ast::{Node, Query};

    /// Saturday evening in Oslo, summer time.
    fn read(text: &str) -> Result<(String, String), String> {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let now: Timestamp = "2026-03-28T19:30:15.5Z".parse().unwrap();
        let query = Query::parse(&format!("start:{text}")).map_err(|e| e.to_string())?;
        let Some(Node::Term(term)) = query.root else { panic!("{query:?}") };
        let found = interval(&term.tests[0], now, &zone).map_err(|e| e.to_string())?;
        let show = |ms: Option<i64>| ms.map_or("-".into(), |ms| Timestamp::from_millisecond(ms).unwrap().to_string());
        Ok((show(found.from), show(found.to)))
    }

    #[test]
    fn dates_cover_their_time_in_the_users_zone() {
        let cases = [
            ("2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
            ("2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
            ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), // 23 hours long
            ("2026-03-01T10:00", "2026-03-01T09:00:00Z", "2026-03-01T09:01:00Z"),
            ("2026-03-01T10:00:30", "2026-03-01T09:00:30Z", "2026-03-01T09:00:31Z"),
            ("2026-03-01T10:00Z", "2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z"),
            ("\"2026-03-01 10:00\"", "2026-03-01T09:00:00Z", "2026-03-01T09:01:00Z"),
            ("now", "2026-03-28T19:30:15.5Z", "2026-03-28T19:30:15.501Z"),
            ("today", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"),
            ("Yesterday", "2026-03-26T23:00:00Z", "2026-03-27T23:00:00Z"),
            ("tomorrow", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("this_week", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("last_week", "2026-03-15T23:00:00Z", "2026-03-22T23:00:00Z"),
            ("next_month", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"),
            ("this_quarter", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"),
            ("last_year", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z"),
            ("monday", "2026-03-22T23:00:00Z", "2026-03-23T23:00:00Z"),
            ("next_monday", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"),
            ("+1d", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("-2h", "2026-03-28T17:30:15.5Z", "2026-03-28T17:30:15.501Z"),
            ("2h", "2026-03-28T17:30:15.5Z", "2026-03-28T19:30:15.501Z"),
            ("1mo", "2026-02-28T19:30:15.5Z", "2026-03-28T19:30:15.501Z"),
            ("<2h", "2026-03-28T17:30:15.501Z", "-"),
            (">2h", "-", "2026-03-28T17:30:15.5Z"),
            (">=2h", "-", "2026-03-28T17:30:15.501Z"),
            (">2026-03-01", "2026-03-01T23:00:00Z", "-"),
            (">=2026-03-01", "2026-02-28T23:00:00Z", "-"),
            ("<2026-03-01", "-", "2026-02-28T23:00:00Z"),
            ("<=2026-03-01", "-", "2026-03-01T23:00:00Z"),
            ("today..+7d", "2026-03-27T23:00:00Z", "2026-04-04T22:00:00Z"),
            ("..yesterday", "-", "2026-03-27T23:00:00Z"),
            ("now..", "2026-03-28T19:30:15.5Z", "-"),
            ("3w..1w", "2026-03-07T19:30:15.5Z", "2026-03-21T19:30:15.501Z"),
        ];
        for (text, from, to) in cases {
            assert_eq!(read(text), Ok((from.into(), to.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_says_why() {
        assert_eq!(read("todya").unwrap_err(), "`todya` is not a date: did you mean `today`?");
        assert_eq!(read("3m").unwrap_err(), "`3m` is minutes or months; write 3min or 3mo");
        assert_eq!(read("3x").unwrap_err(), "`3x` has no unit that I know; write min, h, d, w, mo or y");
        assert_eq!(read("tomorrow..today").unwrap_err(), "this range ends before it begins");
        for text in ["2026-13", "2026-02-30", "week", "9999999999d", "999999y", "to*", "2026-03-01T1", "x_y", "+", "ü"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
