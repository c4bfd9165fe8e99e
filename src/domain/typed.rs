//! Text and JSON as the value of a field, by the field's type.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::phone::Country;
use super::text::excerpt;
use super::{Email, FieldKind, FieldValue, Phone};

/// Reads `text` as a value of type `kind`; blank is `None`. The error says in words what is wrong.
pub fn parse(
    kind: FieldKind,
    text: &str,
    options: &[String],
    country: Option<Country>,
) -> Result<Option<FieldValue>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        FieldKind::Email => Email::parse(text).map(FieldValue::from).map_err(|error| error.to_string())?,
        FieldKind::Phone => Phone::parse(text, country).map(FieldValue::from).map_err(|error| error.to_string())?,
        FieldKind::TextShort | FieldKind::TextLong => FieldValue::Text(text.to_owned()),
        FieldKind::Number => number(text).ok_or_else(|| wrong(text, "a number, as in 12 or 12.5"))?,
        FieldKind::Checkbox => FieldValue::Bool(checkbox(text).ok_or_else(|| wrong(text, "yes or no"))?),
        FieldKind::Date => iso_date(text).ok_or_else(|| wrong(text, "a date, as in 2026-03-05"))?,
        FieldKind::Time => match text.parse::<Time>() {
            Ok(time) => FieldValue::Text(time.to_string()),
            Err(_) => return Err(wrong(text, "a time of day, as in 09:30")),
        },
        FieldKind::Datetime => match parse_time(text) {
            Some(time) => FieldValue::Text(time.to_string()),
            None => return Err(wrong(text, "a date and time, as in 2026-03-05T09:30:00Z")),
        },
        FieldKind::Picklist => FieldValue::Text(option(text, options)?),
        FieldKind::MultiPicklist => {
            let items = text.split([';', ',']).map(str::trim).filter(|item| !item.is_empty());
            FieldValue::List(items.map(|item| option(item, options)).collect::<Result<_, _>>()?)
        }
    };
    Ok(Some(value))
}

/// The same for JSON: numbers, truth values and lists are taken where the type is theirs, everything else as its text.
pub fn parse_json(
    kind: FieldKind,
    json: &Json,
    options: &[String],
    country: Option<Country>,
) -> Result<Option<FieldValue>, String> {
    match (kind, json) {
        (_, Json::Null) => Ok(None),
        (FieldKind::Checkbox, Json::Bool(_)) | (FieldKind::Number, Json::Number(_)) => Ok(FieldValue::from_json(json)),
        (FieldKind::MultiPicklist, Json::Array(items)) => {
            let items = items.iter().filter_map(as_text);
            Ok(Some(FieldValue::List(items.map(|item| option(&item, options)).collect::<Result<_, _>>()?)))
        }
        _ => match FieldValue::from_json(json) {
            Some(value) => parse(kind, &value.to_string(), options, country),
            None => Ok(None),
        },
    }
}

/// Text or number as trimmed text; blank is `None`.
pub fn as_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        }
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// RFC 3339; a time without an offset is UTC. Cut to the store's milliseconds.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Timestamp::from_millisecond(time.as_millisecond()).ok()
}

fn wrong(text: &str, expected: &str) -> String {
    format!("`{}` is not {expected}", excerpt(text))
}

/// 12, -3.5, 1,200,000 or 1 200 000; separators only between groups of three digits.
fn number(text: &str) -> Option<FieldValue> {
    let plain = ungrouped(text)?;
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(FieldValue::Integer(whole));
    }
    let shape = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain.parse::<f64>().ok().filter(|number| shape && number.is_finite()).map(FieldValue::Number)
}

fn ungrouped(text: &str) -> Option<String> {
    let is_separator = |c: char| matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'');
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let groups: Vec<&str> = whole.split(is_separator).collect();
    if groups.len() > 1 && groups[1..].iter().any(|group| group.len() != 3) {
        return None;
    }
    let whole = groups.concat();
    Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

fn checkbox(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "on" | "checked" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "unchecked" => Some(false),
        _ => None,
    }
}

/// A calendar date, also cut from a date and time. 03/05/2026 is refused: nobody knows which is the month.
fn iso_date(text: &str) -> Option<FieldValue> {
    let date = text.parse::<Date>().ok().or_else(|| text.parse::<DateTime>().ok().map(DateTime::date))?;
    Some(FieldValue::Text(date.to_string()))
}

/// The option that is meant, in its own spelling. A field without options takes any text.
fn option(text: &str, options: &[String]) -> Result<String, String> {
    if options.is_empty() {
        return Ok(text.to_owned());
    }
    let found = options.iter().find(|option| *option == text);
    let found = found.or_else(|| options.iter().find(|option| option.to_lowercase() == text.to_lowercase()));
    found.cloned().ok_or_else(|| format!("`{}` is none of the options: {}", excerpt(text), options.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [FieldKind; 11] = [
        FieldKind::Email,
        FieldKind::TextShort,
        FieldKind::TextLong,
        FieldKind::Number,
        FieldKind::Date,
        FieldKind::Time,
        FieldKind::Datetime,
        FieldKind::Phone,
        FieldKind::Picklist,
        FieldKind::MultiPicklist,
        FieldKind::Checkbox,
    ];

    fn read(kind: FieldKind, text: &str) -> Result<Option<FieldValue>, String> {
        parse(kind, text, &["Small".to_owned(), "Large".to_owned()], Country::parse("US"))
    }

    #[test]
    fn each_type_takes_its_own_texts() {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        for (kind, from, to) in [
            (FieldKind::Email, " Ana@X.no ", text("ana@x.no")),
            (FieldKind::Phone, "(619) 307-7599", text("+16193077599")),
            (FieldKind::Number, "12", FieldValue::Integer(12)),
            (FieldKind::Number, "-3.5", FieldValue::Number(-3.5)),
            (FieldKind::Number, "1,200,000", FieldValue::Integer(1_200_000)),
            (FieldKind::Number, "1 200", FieldValue::Integer(1200)),
            (FieldKind::Checkbox, "No", FieldValue::Bool(false)),
            (FieldKind::Checkbox, "TRUE", FieldValue::Bool(true)),
            (FieldKind::Date, "2026-03-05", text("2026-03-05")),
            (FieldKind::Time, "09:30", text("09:30:00")),
            (FieldKind::Datetime, "2026-03-05T09:30:00+01:00", text("2026-03-05T08:30:00Z")),
            (FieldKind::Picklist, "small", text("Small")),
            (FieldKind::MultiPicklist, "Large; small", FieldValue::List(vec!["Large".into(), "Small".into()])),
        ] {
            assert_eq!(read(kind, from), Ok(Some(to)), "{kind:?} {from}");
        }
        for kind in KINDS {
            assert_eq!(read(kind, "  "), Ok(None));
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        for (kind, text) in [
            (FieldKind::Number, "1,5"),
            (FieldKind::Number, "NaN"),
            (FieldKind::Number, "inf"),
            (FieldKind::Number, "about 12"),
            (FieldKind::Checkbox, "maybe"),
            (FieldKind::Date, "03/05/2026"),
            (FieldKind::Picklist, "Medium"),
            (FieldKind::MultiPicklist, "Small;Medium"),
            (FieldKind::Email, "ana"),
        ] {
            let reason = read(kind, text).unwrap_err();
            assert!(reason.contains('`'), "{reason}");
        }
    }

    #[test]
    fn json_keeps_its_types() {
        let json = |kind, json| parse_json(kind, &json, &[], None);
        assert_eq!(json(FieldKind::Number, serde_json::json!(0)), Ok(Some(FieldValue::Integer(0))));
        assert_eq!(json(FieldKind::Checkbox, serde_json::json!(false)), Ok(Some(FieldValue::Bool(false))));
        assert_eq!(
            json(FieldKind::TextShort, serde_json::json!(["a", "b"])),
            Ok(Some(FieldValue::Text("a, b".into())))
        );
        assert_eq!(json(FieldKind::TextShort, serde_json::json!("")), Ok(None));
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_an_error(text in any::<String>(), kind in 0..KINDS.len()) {
            let _ = read(KINDS[kind], &text);
        }
    }
}
