//! Time as the org sees it, and the way Salesforce writes it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where the org takes the time from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine.
    System,
    /// A fixed moment, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// Now.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => at,
        }
    }
}

/// A moment as the API writes it: `2026-05-01T07:25:37.000+0000`. Fixed width, so text order is time order.
pub fn datetime_text(at: Timestamp) -> String {
    let utc = at.to_zoned(TimeZone::UTC).datetime();
    format!("{}T{:02}:{:02}:{:02}.{:03}+0000", utc.date(), utc.hour(), utc.minute(), utc.second(), utc.millisecond())
}

/// The same with the milliseconds cut, which is the grain of the audit fields.
pub fn stamp_text(at: Timestamp) -> String {
    datetime_text(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

/// Reads a date and time with an offset: `2026-05-01T07:25:37Z`, `…37.000+0000`, `…37+02:00`.
pub fn parse_datetime(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 17 || !matches!(bytes[10], b'T' | b't') {
        return None;
    }
    // RFC 3339 wants a colon in the offset; Salesforce writes none and takes both.
    let split = text.len().checked_sub(5).filter(|at| text.is_char_boundary(*at));
    match split.map(|at| text.split_at(at)) {
        Some((head, zone)) if zone.starts_with(['+', '-']) && zone[1..].bytes().all(|b| b.is_ascii_digit()) => {
            format!("{head}{}:{}", &zone[..3], &zone[3..]).parse().ok()
        }
        _ => text.parse().ok(),
    }
}

/// Reads `2026-05-01`.
pub fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10 && text.is_ascii()).then(|| text.parse().ok()).flatten()
}

/// The date of a moment in UTC, the org's zone.
pub fn date_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Midnight UTC of a date.
pub fn midnight(date: Date) -> Timestamp {
    date.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_in_every_accepted_spelling() {
        for text in [
            "2026-05-01T07:25:37Z",
            "2026-05-01T07:25:37.000Z",
            "2026-05-01T07:25:37.000+0000",
            "2026-05-01T09:25:37+02:00",
            "2026-05-01T09:25:37+0200",
        ] {
            assert_eq!(datetime_text(parse_datetime(text).unwrap()), "2026-05-01T07:25:37.000+0000", "{text}");
        }
        for text in [
            "2026-05-01",
            "2026-05-01 07:25:37Z",
            "2026-05-01T07:25:37",
            "",
            "2026-13-01T00:00:00Z",
            "日本語日本語日本語",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
