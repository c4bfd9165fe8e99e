//! Points in time as Salesforce writes them.

use jiff::Timestamp;

/// Reads a date-time of an answer: `2026-05-01T07:25:37.000+0000`, or any RFC 3339 form. `None` when it is neither.
pub fn parse_datetime(text: &str) -> Option<Timestamp> {
    // Salesforce writes its zone without a colon, which RFC 3339 does not know.
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).or_else(|_| text.parse()).ok()
}

/// Writes a date-time for a record's field: UTC, whole milliseconds, `2026-05-01T07:25:37.000Z`.
pub fn format_datetime(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Writes the date of an `If-Unmodified-Since` header; Salesforce compares whole seconds.
pub(super) fn format_http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_answers_hold() {
        let expected: Timestamp = "2026-05-01T07:25:37Z".parse().unwrap();
        for text in [
            "2026-05-01T07:25:37.000+0000",
            "2026-05-01T07:25:37+0000",
            "2026-05-01T07:25:37.000Z",
            "2026-05-01T07:25:37Z",
            "2026-05-01T09:25:37.000+02:00",
            "2026-05-01T09:25:37.000+0200",
        ] {
            assert_eq!(parse_datetime(text), Some(expected), "{text}");
        }
        for text in ["", "2026-05-01", "yesterday", "2026-13-01T00:00:00.000+0000"] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    #[test]
    fn writes_utc() {
        let at: Timestamp = "2026-05-01T07:25:37.1239Z".parse().unwrap();
        assert_eq!(format_datetime(at), "2026-05-01T07:25:37.123Z");
        assert_eq!(format_http_date(at), "Fri, 01 May 2026 07:25:37 GMT");
        assert_eq!(parse_datetime(&format_datetime(at)).map(Timestamp::as_millisecond), Some(at.as_millisecond()));
    }
}
