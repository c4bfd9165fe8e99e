//! What is typed as a value of its type, and values as they are typed. Points in time are typed in the user's zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::control::Control;
use crate::domain::phone::Country;
use crate::domain::{FieldKind, FieldValue, typed};

/// What stands in an empty field.
pub fn hint(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Date => "like 2026-03-05",
        FieldKind::Time => "like 09:30",
        FieldKind::Datetime => "like 2026-03-05 09:30",
        FieldKind::Email => "like name@company.com",
        FieldKind::Phone => "like +1 415 555 0100",
        _ => "",
    }
}

/// A value as it is typed.
pub fn texts(kind: FieldKind, value: Option<&FieldValue>, zone: &TimeZone) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(FieldValue::List(items)) if kind == FieldKind::MultiPicklist => items.clone(),
        Some(value) => {
            let text = value.to_string();
            let text = if kind == FieldKind::Datetime { local(&text, zone).unwrap_or(text) } else { text };
            if text.is_empty() { Vec::new() } else { vec![text] }
        }
    }
}

fn local(text: &str, zone: &TimeZone) -> Option<String> {
    let at: Timestamp = text.parse().ok()?;
    let time = at.to_zoned(zone.clone()).datetime();
    let seconds = time.second() != 0 || time.subsec_nanosecond() != 0;
    Some(time.strftime(if seconds { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" }).to_string())
}

/// What was typed, as a value; blank is `None`. The error says in words what is wrong.
pub fn read(
    kind: FieldKind,
    control: &Control,
    zone: &TimeZone,
    country: Option<Country>,
) -> Result<Option<FieldValue>, String> {
    let texts = control.texts();
    match (control, kind) {
        (Control::Many(_), _) => Ok((!texts.is_empty()).then_some(FieldValue::List(texts))),
        (Control::One(_), _) => Ok(texts.into_iter().next().map(FieldValue::Text)),
        (_, FieldKind::Datetime) => {
            let Some(text) = texts.first() else { return Ok(None) };
            // Without an offset it is the user's own time.
            let civil = text.parse::<DateTime>().ok().filter(|_| text.parse::<Timestamp>().is_err());
            match civil.and_then(|time| time.to_zoned(zone.clone()).ok()) {
                Some(time) => Ok(Some(FieldValue::Text(time.timestamp().to_string()))),
                None => typed::parse(kind, text, &[], country)
                    .map_err(|_| "not a date and time, as in 2026-03-05 09:30".to_owned()),
            }
        }
        _ => match texts.first() {
            Some(text) => typed::parse(kind, text, &[], country),
            None => Ok(None),
        },
    }
}
