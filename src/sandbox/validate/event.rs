//! The rules of events: times that agree, and who may be met about what.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Values, converted_lead, effective};
use crate::sandbox::clock::{date_of, datetime_text, midnight, parse_date, parse_datetime};
use crate::sandbox::errors::ApiError;
use crate::sandbox::ids::RecordId;
use crate::sandbox::org::{Org, Place};

/// The time fields, which all say the same thing.
const TIME_FIELDS: [&str; 6] =
    ["StartDateTime", "ActivityDateTime", "ActivityDate", "EndDateTime", "DurationInMinutes", "IsAllDayEvent"];

/// The minutes of a day.
const DAY: i64 = 1_440;
/// The field has eight digits.
const MAX_MINUTES: i64 = 99_999_999;

/// What an event's times come to.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Times {
    /// The start; of an all-day event, midnight UTC.
    pub start: Timestamp,
    /// Minutes.
    pub minutes: i64,
}

/// Checks the rules that tie several fields together.
pub fn check(org: &Org, place: Option<Place>, values: &Values) -> Result<(), ApiError> {
    check_relations(org, place, values)?;
    check_invitees(org, values)?;
    if place.is_none() || touches_times(org, place, values) {
        times(org, place, values)?;
    }
    Ok(())
}

fn touches_times(org: &Org, place: Option<Place>, values: &Values) -> bool {
    let Some(object) = place.map(|place| place.object).or_else(|| org.schema.find("Event")) else { return false };
    let kind = org.object(object);
    values.iter().any(|(id, _)| TIME_FIELDS.contains(&kind.fields[*id].name.as_str()))
}

fn check_relations(org: &Org, place: Option<Place>, values: &Values) -> Result<(), ApiError> {
    let Some(kind) = org.schema.find("Event").map(|object| org.object(object)) else { return Ok(()) };
    let (Some(who), Some(what)) = (kind.field("WhoId"), kind.field("WhatId")) else { return Ok(()) };
    let touched = values.iter().any(|(id, _)| *id == who || *id == what);
    let who_id = effective(org, place, values, who).as_str().and_then(RecordId::parse);
    let Some(person) = who_id.and_then(|id| org.find(id)).filter(|_| touched) else { return Ok(()) };
    if org.is_set(person, "IsConverted") && values.iter().any(|(id, _)| *id == who) {
        return Err(converted_lead());
    }
    let is_lead = org.object(person.object).name == "Lead";
    if is_lead && !effective(org, place, values, what).is_null() {
        let message = "Related To ID: an event with a lead as its Name cannot be related to another record";
        return Err(ApiError::save("FIELD_INTEGRITY_EXCEPTION", message, &["WhatId"]));
    }
    Ok(())
}

/// Every one of `EventWhoIds` is a contact or a lead that can be met.
fn check_invitees(org: &Org, values: &Values) -> Result<(), ApiError> {
    let ids = values.iter().filter_map(|(_, value)| value.as_array()).flatten().filter_map(Value::as_str);
    for id in ids {
        let person = RecordId::parse(id).and_then(|id| org.find(id));
        let person = person.filter(|place| matches!(org.object(place.object).name.as_str(), "Contact" | "Lead"));
        let unknown = || ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &["EventWhoIds"]);
        if org.is_set(person.ok_or_else(unknown)?, "IsConverted") {
            return Err(converted_lead());
        }
    }
    Ok(())
}

/// Works out the times from what is given and what is stored. Given values win over stored ones; a new start alone
/// keeps the length.
pub fn times(org: &Org, place: Option<Place>, values: &Values) -> Result<Times, ApiError> {
    let kind = place.map(|place| place.object).or_else(|| org.schema.find("Event")).map(|object| org.object(object));
    let given = |name: &str| {
        let field = kind.and_then(|kind| kind.field(name))?;
        values.iter().rev().find(|(id, _)| *id == field).map(|(_, value)| value)
    };
    let stored = |name: &str| place.map_or(&Value::Null, |place| org.value(place, name));
    let moment = |value: &Value| value.as_str().and_then(parse_datetime);
    let all_day = given("IsAllDayEvent").unwrap_or_else(|| stored("IsAllDayEvent")) == &Value::Bool(true);
    let day = |name: &str| given(name).and_then(Value::as_str).and_then(parse_date).map(midnight);

    let starts: Vec<Timestamp> =
        ["StartDateTime", "ActivityDateTime"].iter().filter_map(|name| given(name).and_then(moment)).collect();
    if let [first, second] = starts[..]
        && first != second
    {
        return Err(integrity("StartDateTime and ActivityDateTime disagree", "StartDateTime"));
    }
    let given_start = starts.first().copied();
    let start = if all_day {
        let date = day("ActivityDate").or_else(|| given_start.map(|at| midnight(date_of(at))));
        date.or_else(|| moment(stored("StartDateTime")).map(|at| midnight(date_of(at))))
    } else {
        given_start.or_else(|| moment(stored("StartDateTime")))
    };
    let end = given("EndDateTime").and_then(moment);
    let minutes = given("DurationInMinutes").and_then(Value::as_i64);
    let Some(start) = start else {
        let missing: &[&str] = match (all_day, minutes.is_some() || end.is_some()) {
            (true, _) => &["ActivityDate"],
            (false, true) => &["ActivityDateTime"],
            (false, false) => &["DurationInMinutes", "ActivityDateTime"],
        };
        return Err(required(missing));
    };
    let by_end = end.map(|end| {
        let end = if all_day { later(midnight(date_of(end)), DAY) } else { end };
        end.duration_since(start).as_mins()
    });
    let minutes = match (minutes, by_end) {
        (Some(minutes), Some(by_end)) if minutes != by_end => {
            return Err(integrity("DurationInMinutes and EndDateTime disagree", "DurationInMinutes"));
        }
        (Some(minutes), _) | (None, Some(minutes)) => minutes,
        (None, None) => match stored("DurationInMinutes").as_i64() {
            Some(minutes) => minutes,
            None if all_day => DAY,
            None => return Err(required(&["DurationInMinutes"])),
        },
    };
    if minutes < 0 {
        return Err(integrity("an event cannot end before it starts", "EndDateTime"));
    }
    if minutes > MAX_MINUTES {
        return Err(integrity("an event cannot be so long", "DurationInMinutes"));
    }
    Ok(Times { start, minutes })
}

/// So many minutes later; at the end of the calendar, the same moment.
fn later(at: Timestamp, minutes: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(at)
}

fn required(names: &[&str]) -> ApiError {
    let message = format!("Required fields are missing: [{}]", names.join(", "));
    ApiError::save("REQUIRED_FIELD_MISSING", message, names)
}

fn integrity(message: &str, field: &str) -> ApiError {
    ApiError::save("FIELD_INTEGRITY_EXCEPTION", message, &[field])
}

/// Writes the times into all the fields that show them, and the account that follows from the persons.
pub fn derive(org: &Org, place: Option<Place>, values: &mut Values) {
    let Some(kind) = org.schema.find("Event").map(|object| org.object(object)) else { return };
    let mut derived: Vec<(&str, Value)> = Vec::new();
    if (place.is_none() || touches_times(org, place, values))
        && let Ok(Times { start, minutes }) = times(org, place, values)
    {
        let all_day = kind.field("IsAllDayEvent").is_some_and(|f| effective(org, place, values, f) == &json!(true));
        let at = |moment: Timestamp| json!(datetime_text(moment));
        let last_minute = if all_day { (minutes - 1).max(0) } else { minutes };
        derived.extend([
            ("StartDateTime", at(start)),
            ("ActivityDateTime", at(start)),
            ("ActivityDate", json!(date_of(start).to_string())),
            ("DurationInMinutes", json!(minutes)),
            ("EndDateTime", at(later(start, if all_day { minutes - DAY } else { minutes }))),
            ("EndDate", json!(date_of(later(start, last_minute)).to_string())),
        ]);
    }
    let related = |name: &str| {
        let id = effective(org, place, values, kind.field(name)?).as_str()?;
        org.find(RecordId::parse(id)?)
    };
    let account = match (related("WhatId"), related("WhoId")) {
        (Some(what), _) if org.object(what.object).name == "Account" => json!(org.record(what).id.to_string()),
        (Some(what), _) => org.value(what, "AccountId").clone(),
        (None, Some(who)) => org.value(who, "AccountId").clone(),
        (None, None) => Value::Null,
    };
    derived.push(("AccountId", account));
    values.extend(derived.into_iter().filter_map(|(name, value)| Some((kind.field(name)?, value))));
}
