//! The org's duplicate rule: persons with the same email, leads and contacts alike.

use serde_json::{Value, json};

use crate::sandbox::errors::ApiError;
use crate::sandbox::metadata::TypeId;
use crate::sandbox::org::{DuplicateRule, Org, Place};
use crate::sandbox::validate::{Values, live_rows};

/// Refuses a person whose email another person has, if the org has such a rule.
pub fn check(org: &Org, object: TypeId, place: Option<Place>, values: &Values, allow: bool) -> Result<(), ApiError> {
    let Some(rule) = org.settings.duplicate_rule else { return Ok(()) };
    let kind = org.object(object);
    let is_person = matches!(kind.name.as_str(), "Contact" | "Lead");
    if !is_person || (allow && rule == DuplicateRule::Alert) {
        return Ok(());
    }
    let email =
        kind.field("Email").and_then(|field| values.iter().find(|(id, value)| *id == field && !value.is_null()));
    let Some((_, email)) = email else { return Ok(()) };
    let mut results = Vec::new();
    for name in ["Contact", "Lead"] {
        let Some(other) = org.schema.find(name) else { continue };
        let Some(field) = org.object(other).field("Email") else { continue };
        let matches = live_rows(org, other, field, email).into_iter();
        let matches = matches.filter(|found| Some(*found) != place && !org.is_set(*found, "IsConverted"));
        let records: Vec<Value> = matches.map(|found| match_record(org, found)).collect();
        if !records.is_empty() {
            results.push(json!({
                "entityType": name, "errors": [], "matchEngine": "ExactMatchEngine", "matchRecords": records,
                "rule": format!("Email_{name}_Matching_Rule"), "size": records.len(), "success": true,
            }));
        }
    }
    if results.is_empty() {
        return Ok(());
    }
    let message = "Use one of these records?";
    let result = json!({
        "allowSave": rule == DuplicateRule::Alert, "duplicateRule": format!("Email_{}_Rule", kind.name),
        "duplicateRuleEntityType": kind.name, "errorMessage": message, "matchResults": results,
    });
    let mut error = ApiError::bad("DUPLICATES_DETECTED", message);
    error.extra = Some((org.settings.duplicate_key.name().to_owned(), Box::new(result)));
    Err(error)
}

fn match_record(org: &Org, place: Place) -> Value {
    let name = &org.object(place.object).name;
    let id = org.record(place).id.to_string();
    json!({
        "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
        "record": {"attributes": {"type": name, "url": format!("/services/data/v{}.0/sobjects/{name}/{id}", org.settings.highest_version)}, "Id": id},
    })
}
