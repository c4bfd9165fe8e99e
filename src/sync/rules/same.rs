//! Whether what stands in Salesforce is already what we want there.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::salesforce::{FieldType, parse_datetime};

/// True if a field that holds `there` need not be written to hold `wanted`: Salesforce writes moments with `+0000`,
/// whole numbers with `.0` and multi-select values in the order of the picklist.
pub fn same(kind: Option<&FieldType>, there: &Json, wanted: &Json) -> bool {
    match (there, wanted) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::String(a), Json::String(b)) if a != b => match kind {
            Some(FieldType::DateTime) => {
                let at = |text| parse_datetime(text).map(Timestamp::as_millisecond);
                at(a).is_some() && at(a) == at(b)
            }
            Some(FieldType::MultiPicklist) => sorted(a) == sorted(b),
            _ => false,
        },
        _ => there == wanted,
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut values: Vec<&str> = text.split(';').collect();
    values.sort_unstable();
    values
}
