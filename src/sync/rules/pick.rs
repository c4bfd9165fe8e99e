//! Picklists: which of their active values is meant. Only active values are ever written.

use jiff::tz::TimeZone;

use super::refusal::{Refusal, excerpt};
use super::value::Value;
use crate::salesforce::Field;

/// How many active values a refusal lists.
const LISTED: usize = 5;

/// The active value that is meant: the same text, else the one that differs only by case, else the one with that label.
/// Yes and no also have these words where the picklist has them.
pub(super) fn one(field: &Field, value: &Value, zone: &TimeZone) -> Result<String, Refusal> {
    let text = value.text(zone);
    let found = find(field, &text);
    match (value, &found) {
        (Value::Bool(yes), Err(_)) => find(field, if *yes { "Yes" } else { "No" }).or(found),
        _ => found,
    }
}

fn find(field: &Field, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if let Some(exact) = field.active_values().find(|pick| pick.value == text) {
        return Ok(exact.value.clone());
    }
    let folded = text.to_lowercase();
    let by_value = || field.active_values().filter(|pick| pick.value.to_lowercase() == folded);
    let labelled = |label: &Option<String>| label.as_deref().is_some_and(|label| label.to_lowercase() == folded);
    let by_label = || field.active_values().filter(|pick| labelled(&pick.label));
    let mut values: Vec<String> = by_value().map(|pick| pick.value.clone()).collect();
    if values.is_empty() {
        values = by_label().map(|pick| pick.value.clone()).collect();
    }
    match values.len() {
        1 => Ok(values.remove(0)),
        0 if field.picklist_values.iter().any(|pick| pick.value.to_lowercase() == folded) => {
            Err(Refusal::Inactive(excerpt(text)))
        }
        0 => {
            let mut active: Vec<String> = field.active_values().map(|pick| excerpt(&pick.value)).collect();
            if active.len() > LISTED {
                let more = active.len() - LISTED;
                active.truncate(LISTED);
                active.push(format!("and {more} more"));
            }
            Err(Refusal::NotActive { got: excerpt(text), active })
        }
        _ => Err(Refusal::Ambiguous { got: excerpt(text), values }),
    }
}

/// The active values that are meant, each once, in the picklist's order, as Salesforce keeps them. Those that are none
/// are left out with a remark; when none is left, the whole is refused.
pub(super) fn some(
    field: &Field,
    value: &Value,
    zone: &TimeZone,
    remarks: &mut Vec<String>,
) -> Result<Vec<String>, Refusal> {
    // A text that is one of the values is not taken apart: values may hold commas.
    let whole = match value {
        Value::List(_) => None,
        single => one(field, single, zone).ok(),
    };
    if let Some(whole) = whole {
        return Ok(vec![whole]);
    }
    let mut chosen = Vec::new();
    let mut refused = Vec::new();
    for word in words(value, zone) {
        match find(field, &word) {
            Ok(value) => chosen.push(value),
            Err(refusal) => refused.push(refusal),
        }
    }
    match refused.first() {
        Some(first) if chosen.is_empty() => return Err(first.clone()),
        _ => remarks.extend(refused.iter().map(|refusal| format!("is written without a value: {refusal}"))),
    }
    let order = |value: &String| field.picklist_values.iter().position(|pick| pick.value == *value);
    chosen.sort_by_key(order);
    chosen.dedup();
    Ok(chosen)
}

/// The values that a text or list names: apart at `;`, else at commas and line ends.
pub(super) fn words(value: &Value, zone: &TimeZone) -> Vec<String> {
    let split = |text: &str| -> Vec<String> {
        let parts: Vec<&str> =
            if text.contains(';') { text.split(';').collect() } else { text.split([',', '\n']).collect() };
        parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    match value {
        Value::List(items) => items.clone(),
        Value::Text(text) => split(text),
        other => vec![other.text(zone)],
    }
}
