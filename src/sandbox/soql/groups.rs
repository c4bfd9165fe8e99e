//! GROUP BY and the aggregates.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::SoqlError;
use super::ast::Aggregate;
use super::bind::Column;
use super::predicate::{Key, Subject, compare_keys, key_of};
use crate::sandbox::metadata::FieldType;
use crate::sandbox::org::{Org, Place};

/// Refuses an aggregate that the type of its field does not allow.
pub fn check_aggregate(org: &Org, kind: Aggregate, subject: &Subject, at: usize) -> Result<(), SoqlError> {
    let Subject::Aggregate(_, Some(column)) = subject else { return Ok(()) };
    let numbers_only = matches!(kind, Aggregate::Sum | Aggregate::Avg);
    let long = column.field(org).is_some_and(|field| !field.filterable());
    if long || (numbers_only && !column.kind.is_number()) || column.kind == FieldType::Boolean {
        let message = format!("field {} does not support aggregate operator", column.name);
        return Err(SoqlError::malformed(message, at));
    }
    Ok(())
}

/// Puts records with the same values of the keys together, in the order of their first one.
pub fn group(org: &Org, keys: &[Column], places: Vec<Place>) -> Vec<Vec<Place>> {
    if keys.is_empty() {
        return vec![places];
    }
    let mut numbers: HashMap<Vec<Option<Key>>, usize> = HashMap::new();
    let mut groups: Vec<Vec<Place>> = Vec::new();
    for place in places {
        let key = keys.iter().map(|column| key_of(column.kind, &column.value(org, place))).collect();
        let number = *numbers.entry(key).or_insert(groups.len());
        if number == groups.len() {
            groups.push(Vec::new());
        }
        groups[number].push(place);
    }
    groups
}

/// An aggregate of a group. Nulls do not count.
pub fn aggregate(org: &Org, kind: Aggregate, column: Option<&Column>, rows: &[Place]) -> Value {
    let Some(column) = column else { return json!(rows.len()) };
    let values = || rows.iter().map(|place| column.value(org, *place)).filter(|value| !value.is_null());
    let numbers = || values().filter_map(|value| value.as_f64());
    let extreme = |wanted: Ordering| {
        let keyed = values().filter_map(|value| Some((key_of(column.kind, &value)?, value.into_owned())));
        let best = keyed.reduce(|best, next| if compare_keys(&next.0, &best.0) == wanted { next } else { best });
        best.map_or(Value::Null, |(_, value)| value)
    };
    match kind {
        Aggregate::Count => json!(values().count()),
        Aggregate::CountDistinct => {
            json!(values().filter_map(|value| key_of(column.kind, &value)).collect::<HashSet<_>>().len())
        }
        Aggregate::Min => extreme(Ordering::Less),
        Aggregate::Max => extreme(Ordering::Greater),
        Aggregate::Sum | Aggregate::Avg if numbers().next().is_none() => Value::Null,
        Aggregate::Sum => json!(numbers().sum::<f64>()),
        Aggregate::Avg => json!(numbers().sum::<f64>() / numbers().count() as f64),
    }
}
