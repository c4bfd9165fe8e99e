//! Values of contact fields, by the field's kind.

use jiff::Timestamp;
use jiff::civil::Time;

use super::Resolver;
use crate::domain::FieldKind;
use crate::filter::ast::{Test, Value};
use crate::filter::condition::{FieldTest, TimeTest};
use crate::filter::dates::Interval;
use crate::filter::error::QueryError;
use crate::filter::values::{Bounds, Number, Pattern, Shape, blank, plain, yes};

impl Resolver<'_> {
    pub(super) fn field_test(&self, key: &str, kind: FieldKind, test: &Test) -> Result<FieldTest, QueryError> {
        if let Test::Is(value) = test
            && let Some(none) = blank(value)
        {
            return Ok(if none { FieldTest::None } else { FieldTest::Any });
        }
        Ok(match kind {
            FieldKind::Number => FieldTest::Number(Bounds::of(test, |value| Number::read(key, value))?),
            FieldKind::Checkbox => {
                let value = plain(key, test)?;
                let wrong = || QueryError::new(value.span, format!("`{key}` is yes, no or none"));
                FieldTest::Bool(yes(value).ok_or_else(wrong)?)
            }
            FieldKind::Time => FieldTest::Clock(Bounds::of(test, |value| clock(key, value))?),
            FieldKind::Datetime => FieldTest::Moment(self.moment(test)?),
            FieldKind::Date => self.day(self.moment(test)?),
            FieldKind::Email => FieldTest::Text(email(plain(key, test)?)),
            FieldKind::Phone => FieldTest::Text(phone(plain(key, test)?)),
            FieldKind::TextShort | FieldKind::TextLong | FieldKind::Picklist | FieldKind::MultiPicklist => {
                FieldTest::Text(Pattern::of(plain(key, test)?))
            }
        })
    }

    fn moment(&self, test: &Test) -> Result<Interval, QueryError> {
        match self.time_test(test)? {
            TimeTest::In(interval) => Ok(interval),
            // Already taken as blank by the caller.
            TimeTest::None | TimeTest::Any => Ok(Interval { from: None, to: None }),
        }
    }

    /// Every day of the user's zone that the interval touches.
    fn day(&self, interval: Interval) -> FieldTest {
        let date = |ms: i64| {
            let at = Timestamp::from_millisecond(ms).ok()?;
            Some(at.to_zoned(self.context.zone.clone()).date())
        };
        let from = interval.from.and_then(date).map(|date| date.to_string());
        let last = interval.to.and_then(|to| date(to - 1));
        FieldTest::Day { from, to: last.and_then(|date| date.tomorrow().ok()).map(|date| date.to_string()) }
    }
}

/// With a `@` inside it is the address; `@acme.com` is the end of one; without a `@` any part of one.
fn email(value: &Value) -> Pattern {
    let text = value.text.trim().to_lowercase();
    let shape = match (value.before || value.after, text.find('@')) {
        (true, _) => return Pattern { text, exact: true, ..Pattern::of(value) },
        (false, None) => Shape::Contains,
        (false, Some(0)) => Shape::EndsWith,
        (false, Some(_)) => Shape::Equals,
    };
    Pattern::exact(shape, text)
}

/// With a country code it is the number; without one, digits anywhere in it. What has no digits is taken as it is.
fn phone(value: &Value) -> Pattern {
    let digits: String = value.text.chars().filter(char::is_ascii_digit).collect();
    let only_number = value.text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-()./".contains(c));
    if digits.is_empty() || !only_number {
        return Pattern { exact: true, ..Pattern::of(value) };
    }
    let international = match (value.text.trim_start().strip_prefix('+'), digits.strip_prefix("00")) {
        (Some(_), _) => Some(format!("+{digits}")),
        (None, Some(rest)) if rest.len() > 5 => Some(format!("+{rest}")),
        (None, _) => None,
    };
    match international {
        Some(text) => Pattern { text, exact: true, ..Pattern::of(value) },
        None => Pattern::exact(Shape::Contains, digits),
    }
}

/// `9:30` and `09:30:00` are one time.
fn clock(key: &str, value: &Value) -> Result<String, QueryError> {
    let text = if value.text.find(':') == Some(1) { format!("0{}", value.text) } else { value.text.clone() };
    let time = (!value.before && !value.after).then(|| text.parse::<Time>().ok()).flatten();
    let time = time.ok_or_else(|| {
        QueryError::new(value.span, format!("`{key}` is a time of day such as 09:30; `{}` is none", value.text))
    })?;
    Ok(time.strftime("%H:%M:%S").to_string())
}
