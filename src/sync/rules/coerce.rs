//! The form of a field: what a template yields becomes what Salesforce takes, or is refused with a reason.
//!
//! The table is `OnceHub`'s (types of the contact sync), with checkbox, percent, currency, email, web address and
//! reference added. Where Cal.com's integration goes wrong (the text `false` ticks a box; a time is sent to a date
//! field) this one does not.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::RuleType;
use super::form::Form;
use super::pick;
use super::read;
use super::refusal::Refusal;
use super::value::Value;
use crate::domain::Email;
use crate::salesforce::{Field, FieldType, SfId, format_datetime, prefix};

/// A value in the form of its field, and what had to be done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Coerced {
    /// What is sent; never null and never a blank text.
    pub value: Json,
    /// What people should know about it: cut, rounded, values left out; to be read after the field's name.
    pub remarks: Vec<String>,
}

/// Gives a value the form of a field.
///
/// The field's type decides; a rule's own type first makes the value of that type (`date` of a moment that goes into a
/// text field). `text` on an unrestricted picklist also writes values that the picklist does not list; `custom` writes
/// the value as it is, but never longer than the field and never an inactive value of a restricted picklist. Without
/// describe, the rule's type decides, else it is text. `zone` is the clock on which the day of a moment is read.
pub fn coerce(
    value: &Value,
    field: Option<&Field>,
    kind: Option<RuleType>,
    zone: &TimeZone,
) -> Result<Coerced, Refusal> {
    let asked = kind.map(Form::of_rule);
    let mut to = Coerce { field, zone, remarks: Vec::new() };
    let value = match field {
        None => to.form(value, asked.unwrap_or(Form::Text))?,
        Some(field) => {
            let held = Form::of_field(&field.kind).ok_or(Refusal::Unwritable)?;
            match asked {
                _ if held == Form::Custom || asked == Some(Form::Custom) => to.custom(value, held)?,
                Some(Form::Text) if held == Form::Picklist && !field.restricted_picklist => to.whole(value)?,
                None | Some(Form::Text) => to.form(value, held)?,
                Some(asked) if asked == held || (asked.is_number() && held.is_number()) => to.form(value, held)?,
                Some(asked) => {
                    let made = typed(value, asked, zone)?;
                    to.form(&made, held)?
                }
            }
        }
    };
    Ok(Coerced { value, remarks: to.remarks })
}

/// A value of another type of ours, before it takes the form of its field.
fn typed(value: &Value, form: Form, zone: &TimeZone) -> Result<Value, Refusal> {
    if form == Form::Datetime {
        return moment(value, zone).map(Value::Moment);
    }
    let mut to = Coerce { field: None, zone, remarks: Vec::new() };
    let json = to.form(value, form)?;
    let list = |text: &str| Value::of_list(text.split(';').map(str::to_owned));
    let made = match (&json, form) {
        (Json::String(text), Form::MultiPicklist) => list(text),
        _ => Value::of_json(&json),
    };
    made.ok_or_else(|| Refusal::form(&value.text(zone), form.label()))
}

struct Coerce<'a> {
    field: Option<&'a Field>,
    zone: &'a TimeZone,
    remarks: Vec<String>,
}

impl Coerce<'_> {
    fn form(&mut self, value: &Value, form: Form) -> Result<Json, Refusal> {
        let text = || value.text(self.zone);
        match form {
            Form::Text => self.cut(&text()),
            Form::Phone => self.whole(one(value)?.as_ref()),
            Form::Email => {
                let email = Email::parse(&one(value)?.text(self.zone));
                let email = email.map_err(|_| Refusal::form(&text(), form.label()))?;
                self.whole(&Value::Text(email.into()))
            }
            Form::Url => {
                let value = one(value)?;
                if !is_address(&value.text(self.zone)) {
                    return Err(Refusal::form(&value.text(self.zone), form.label()));
                }
                self.whole(&value)
            }
            Form::Integer | Form::Number | Form::Currency | Form::Percent => self.number(one(value)?.as_ref(), form),
            Form::Date => match &*one(value)? {
                Value::Moment(at) => day(at.to_zoned(self.zone.clone()).date()),
                Value::Text(text) => day(read::date(text).ok_or_else(|| Refusal::form(text, form.label()))?),
                other => Err(Refusal::form(&other.text(self.zone), form.label())),
            },
            Form::Time => {
                let time = match &*one(value)? {
                    Value::Moment(at) => at.to_zoned(self.zone.clone()).time(),
                    Value::Text(text) => read::time(text).ok_or_else(|| Refusal::form(text, form.label()))?,
                    other => return Err(Refusal::form(&other.text(self.zone), form.label())),
                };
                Ok(Json::from(time.strftime("%H:%M:%S.%3fZ").to_string()))
            }
            Form::Datetime => {
                let at = moment(value, self.zone)?;
                day(at.to_zoned(TimeZone::UTC).date())?;
                Ok(Json::from(format_datetime(at)))
            }
            Form::Checkbox => {
                let yes = match &*one(value)? {
                    Value::Bool(yes) => Some(*yes),
                    Value::Integer(0) => Some(false),
                    Value::Integer(1) => Some(true),
                    Value::Text(text) => read::checkbox(text),
                    _ => None,
                };
                yes.map(Json::Bool).ok_or_else(|| Refusal::form(&text(), "yes or no"))
            }
            Form::Picklist => {
                let value = one(value)?;
                match self.field {
                    Some(field) => self.whole(&Value::Text(pick::one(field, &value, self.zone)?)),
                    None => self.whole(&value),
                }
            }
            Form::MultiPicklist => {
                let chosen = match self.field {
                    Some(field) => pick::some(field, value, self.zone, &mut self.remarks)?,
                    None => pick::words(value, self.zone),
                };
                if chosen.is_empty() {
                    return Err(Refusal::form(&text(), form.label()));
                }
                self.whole(&Value::Text(chosen.join(";")))
            }
            Form::Reference => self.reference(&one(value)?.text(self.zone)),
            Form::Custom => self.custom(value, form),
        }
    }

    /// As it is: of its own JSON type where the field takes any or that one, as text where it takes text.
    fn custom(&mut self, value: &Value, held: Form) -> Result<Json, Refusal> {
        let restricted = self.field.filter(|field| field.restricted_picklist);
        if restricted.is_some() && matches!(held, Form::Picklist | Form::MultiPicklist) {
            return self.form(value, held);
        }
        match (value, held) {
            (_, Form::Text) => self.form(value, held),
            (Value::List(items), _) => self.whole(&Value::Text(items.join(";"))),
            (Value::Moment(at), _) => self.whole(&Value::Text(format_datetime(*at))),
            (Value::Text(_), _) => self.whole(value),
            _ if held.is_free_text() || matches!(held, Form::Picklist | Form::MultiPicklist | Form::Reference) => {
                self.whole(value)
            }
            (Value::Bool(yes), _) => Ok(Json::from(*yes)),
            (Value::Integer(number), _) => Ok(Json::from(*number)),
            (Value::Number(number), _) => Ok(Json::from(*number)),
        }
    }

    /// The longest text that the field takes, if it has such a limit.
    fn limit(&self) -> Option<usize> {
        self.field.map(|field| field.length as usize).filter(|length| *length > 0)
    }

    /// Text that is cut to the field.
    fn cut(&mut self, text: &str) -> Result<Json, Refusal> {
        let count = length(text);
        let Some(limit) = self.limit().filter(|limit| count > *limit) else { return Ok(Json::from(text)) };
        let kept = cut(text, limit);
        if kept.is_empty() {
            return Err(Refusal::TooLong { count, length: limit });
        }
        self.remarks.push(format!("is cut to {} of {count} characters", length(kept)));
        Ok(Json::from(kept))
    }

    /// Text that is written whole or not at all: half a phone number is another number.
    fn whole(&self, value: &Value) -> Result<Json, Refusal> {
        let text = value.text(self.zone);
        let count = length(&text);
        match self.limit() {
            Some(limit) if count > limit => Err(Refusal::TooLong { count, length: limit }),
            _ => Ok(Json::from(text)),
        }
    }

    fn number(&mut self, value: &Value, form: Form) -> Result<Json, Refusal> {
        let refuse = |text: &str| Refusal::form(text, form.label());
        let number = match value {
            // Whole numbers are kept exactly, also those that a float cannot hold.
            Value::Integer(whole) if form == Form::Integer => return self.integer(*whole),
            Value::Integer(whole) => *whole as f64,
            Value::Number(number) => *number,
            Value::Text(text) => {
                let bare = match form {
                    Form::Percent => text.trim_end_matches('%').trim_end(),
                    Form::Currency => text.trim_matches(|c: char| "$€£¥".contains(c) || c.is_whitespace()),
                    _ => text,
                };
                let number = read::number(bare).ok_or_else(|| refuse(text))?;
                if let (Form::Integer, Ok(whole)) = (form, bare.trim().parse()) {
                    return self.integer(whole);
                }
                number
            }
            other => return Err(refuse(&other.text(self.zone))),
        };
        if form == Form::Integer {
            // The whole numbers that a float holds exactly.
            let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
            return if exact { self.integer(number as i64) } else { Err(refuse(&number.to_string())) };
        }
        let Some(field) = self.field.filter(|field| field.precision > 0) else { return Ok(Json::from(number)) };
        let scale = field.scale.min(18) as usize;
        let rounded: f64 = format!("{number:.scale$}").parse().unwrap_or(number);
        let whole = i32::try_from(field.precision.saturating_sub(field.scale)).unwrap_or(i32::MAX);
        if rounded.abs() >= 10f64.powi(whole) {
            return Err(Refusal::Range(number.to_string()));
        }
        // A digit too many is no remark where it is only how floats are written (0.1 + 0.2).
        if (rounded - number).abs() > number.abs() * 1e-12 {
            self.remarks.push(format!("is rounded from {number} to {rounded}"));
        }
        Ok(Json::from(rounded))
    }

    /// Salesforce's `int` has 32 bits.
    fn integer(&self, whole: i64) -> Result<Json, Refusal> {
        let small = self.field.is_none_or(|field| field.kind != FieldType::Int) || i32::try_from(whole).is_ok();
        if small { Ok(Json::from(whole)) } else { Err(Refusal::Range(whole.to_string())) }
    }

    fn reference(&self, text: &str) -> Result<Json, Refusal> {
        let id: SfId = text.parse().map_err(|_| Refusal::form(text, Form::Reference.label()))?;
        let known = [
            (prefix::ACCOUNT, "Account"),
            (prefix::CONTACT, "Contact"),
            (prefix::USER, "User"),
            (prefix::GROUP, "Group"),
            (prefix::LEAD, "Lead"),
            (prefix::EVENT, "Event"),
        ];
        let takes = self.field.map(|field| field.reference_to.as_slice()).unwrap_or_default();
        let is = known.into_iter().find(|(prefix, _)| id.is_a(prefix)).map(|(_, object)| object);
        match is {
            Some(is) if !takes.is_empty() && !takes.iter().any(|object| object == is) => {
                Err(Refusal::OtherObject { id: id.to_string(), is, takes: takes.to_vec() })
            }
            _ => Ok(Json::from(id.to_string())),
        }
    }
}

/// The only one of a list.
fn one(value: &Value) -> Result<Cow<'_, Value>, Refusal> {
    match value {
        Value::List(items) => match items.as_slice() {
            [item] => Ok(Cow::Owned(Value::Text(item.clone()))),
            _ => Err(Refusal::Several(items.len())),
        },
        other => Ok(Cow::Borrowed(other)),
    }
}

fn moment(value: &Value, zone: &TimeZone) -> Result<Timestamp, Refusal> {
    match &*one(value)? {
        Value::Moment(at) => Ok(*at),
        Value::Text(text) => {
            read::moment(text, zone).ok_or_else(|| Refusal::form(text, "date with a time of day (2026-03-05T09:30)"))
        }
        other => Err(Refusal::form(&other.text(zone), Form::Datetime.label())),
    }
}

/// Salesforce knows the years 1700 to 4000.
fn day(date: Date) -> Result<Json, Refusal> {
    if (1700..=4000).contains(&date.year()) {
        Ok(Json::from(date.to_string()))
    } else {
        Err(Refusal::Range(date.to_string()))
    }
}

/// A web address can have any form that a browser takes, but it is one word and no program.
fn is_address(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && !matches!(scheme.as_str(), "javascript" | "data" | "vbscript")
}

/// Salesforce counts UTF-16 units; where it counts characters, that is never more.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The head of a text that is not longer than `limit`, cut between characters as people see them where that leaves
/// anything.
fn cut(text: &str, limit: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation;
    let fits = |ends: &mut dyn Iterator<Item = usize>| {
        let mut units = 0;
        let mut start = 0;
        for end in ends {
            units += length(&text[start..end]);
            if units > limit {
                break;
            }
            start = end;
        }
        start
    };
    let mut end = fits(&mut text.grapheme_indices(true).map(|(at, part)| at + part.len()));
    if end == 0 {
        end = fits(&mut text.char_indices().map(|(at, c)| at + c.len_utf8()));
    }
    text[..end].trim_end()
}
