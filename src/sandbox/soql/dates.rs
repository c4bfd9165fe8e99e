//! Date literals: names for spans of time, seen from today, in UTC with weeks that begin on Sunday.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

const PLAIN: [&str; 17] = [
    "YESTERDAY",
    "TODAY",
    "TOMORROW",
    "LAST_WEEK",
    "THIS_WEEK",
    "NEXT_WEEK",
    "LAST_MONTH",
    "THIS_MONTH",
    "NEXT_MONTH",
    "LAST_90_DAYS",
    "NEXT_90_DAYS",
    "LAST_QUARTER",
    "THIS_QUARTER",
    "NEXT_QUARTER",
    "LAST_YEAR",
    "THIS_YEAR",
    "NEXT_YEAR",
];
const COUNTED: [&str; 15] = [
    "LAST_N_DAYS",
    "NEXT_N_DAYS",
    "N_DAYS_AGO",
    "LAST_N_WEEKS",
    "NEXT_N_WEEKS",
    "N_WEEKS_AGO",
    "LAST_N_MONTHS",
    "NEXT_N_MONTHS",
    "N_MONTHS_AGO",
    "LAST_N_QUARTERS",
    "NEXT_N_QUARTERS",
    "N_QUARTERS_AGO",
    "LAST_N_YEARS",
    "NEXT_N_YEARS",
    "N_YEARS_AGO",
];

/// Whether a word in capitals is a date literal, with or without a number after a colon.
pub fn is_range(word: &str, counted: bool) -> bool {
    if counted { COUNTED.contains(&word) } else { PLAIN.contains(&word) }
}

/// The days from (included) and to (excluded) that a date literal stands for. `None`: beyond the calendar.
pub fn range(word: &str, count: Option<i64>, today: Date) -> Option<(Date, Date)> {
    let n = count.unwrap_or(0);
    let days = |from: i64, to: i64| Some((shift(today, 'D', from)?, shift(today, 'D', to)?));
    match word {
        "YESTERDAY" => return days(-1, 0),
        "TODAY" => return days(0, 1),
        "TOMORROW" => return days(1, 2),
        "LAST_90_DAYS" => return days(-90, 1),
        "NEXT_90_DAYS" => return days(1, 91),
        // The last n days include today, the next n do not (Salesforce: date formats and date literals).
        "LAST_N_DAYS" => return days(-n, 1),
        "NEXT_N_DAYS" => return days(1, n + 1),
        "N_DAYS_AGO" => return days(-n, 1 - n),
        _ => {}
    }
    let unit = ["WEEK", "MONTH", "QUARTER", "YEAR"].into_iter().find(|unit| word.contains(unit))?;
    let start = first_day(today, unit)?;
    let unit = unit.chars().next()?;
    let (from, to) = match word {
        _ if word.starts_with("LAST_N_") => (-n, 0),
        _ if word.starts_with("NEXT_N_") => (1, n + 1),
        _ if word.starts_with("N_") => (-n, 1 - n),
        _ if word.starts_with("LAST_") => (-1, 0),
        _ if word.starts_with("THIS_") => (0, 1),
        _ => (1, 2),
    };
    Some((shift(start, unit, from)?, shift(start, unit, to)?))
}

fn first_day(day: Date, unit: &str) -> Option<Date> {
    match unit {
        "WEEK" => shift(day, 'D', -i64::from(day.weekday().to_sunday_zero_offset())),
        "MONTH" => Some(day.first_of_month()),
        "QUARTER" => Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).ok(),
        _ => Some(day.first_of_year()),
    }
}

fn shift(day: Date, unit: char, by: i64) -> Option<Date> {
    if by.abs() > 100_000 {
        return None;
    }
    let span: Span = match unit {
        'D' => by.days(),
        'W' => (by * 7).days(),
        'M' => by.months(),
        'Q' => (by * 3).months(),
        _ if by.abs() < 9_000 => by.years(),
        _ => return None,
    };
    day.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_seen_from_a_wednesday() {
        let today: Date = "2026-05-13".parse().unwrap();
        for (word, count, from, to) in [
            ("TODAY", None, "2026-05-13", "2026-05-14"),
            ("YESTERDAY", None, "2026-05-12", "2026-05-13"),
            ("LAST_N_DAYS", Some(7), "2026-05-06", "2026-05-14"),
            ("NEXT_N_DAYS", Some(7), "2026-05-14", "2026-05-21"),
            ("N_DAYS_AGO", Some(3), "2026-05-10", "2026-05-11"),
            ("THIS_WEEK", None, "2026-05-10", "2026-05-17"),
            ("LAST_WEEK", None, "2026-05-03", "2026-05-10"),
            ("LAST_MONTH", None, "2026-04-01", "2026-05-01"),
            ("NEXT_N_MONTHS", Some(2), "2026-06-01", "2026-08-01"),
            ("LAST_N_MONTHS", Some(2), "2026-03-01", "2026-05-01"),
            ("THIS_QUARTER", None, "2026-04-01", "2026-07-01"),
            ("NEXT_YEAR", None, "2027-01-01", "2028-01-01"),
        ] {
            let expected = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(range(word, count, today), Some(expected), "{word}");
        }
        assert_eq!(range("LAST_N_YEARS", Some(i64::from(i32::MAX)), today), None);
    }
}
