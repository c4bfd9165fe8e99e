//! Fields that a create needs and that neither a rule nor the sync itself is sure to fill.

use super::{Problem, expected};
use crate::config::Severity;
use crate::salesforce::{Describe, Field};
use crate::sync::rules::form::Form;
use crate::sync::rules::template::Template;
use crate::sync::rules::{Moment, RuleObject, WriteRule};

/// What the sync itself always fills.
const SURE: [(&str, &[&str]); 3] = [
    ("Lead", &["LastName", "Company", "Email", "OwnerId"]),
    ("Contact", &["LastName", "Email", "OwnerId"]),
    ("Event", &["Subject", "StartDateTime", "EndDateTime", "Description", "OwnerId"]),
];

/// What the sync fills in a Lead or Contact when the contact has it.
const KNOWN: [&str; 6] = ["FirstName", "Phone", "MobilePhone", "Title", "Salutation", "NumberOfEmployees"];

/// The problems of an object's required fields, in the order of describe.
pub(super) fn missing(rules: &[WriteRule], describe: &Describe) -> Vec<Problem> {
    let sure = SURE.iter().find(|(object, _)| *object == describe.name).map(|(_, fields)| *fields).unwrap_or_default();
    describe
        .required_fields()
        .filter(|field| !sure.contains(&field.name.as_str()) && Form::of_field(&field.kind).is_some())
        .filter_map(|field| problem(rules, describe, field))
        .collect()
}

fn problem(rules: &[WriteRule], describe: &Describe, field: &Field) -> Option<Problem> {
    let object = &describe.name;
    let own = match object.as_str() {
        "Lead" => RuleObject::Lead,
        "Contact" => RuleObject::Contact,
        _ => RuleObject::Event,
    };
    let rule_of = |object: RuleObject| {
        rules.iter().rfind(|rule| {
            rule.object == object && rule.on == Moment::Create && rule.field.trim().eq_ignore_ascii_case(&field.name)
        })
    };
    let person = own != RuleObject::Event;
    let name = object.to_lowercase();
    let add = format!("add a rule with object = \"{name}\", on = \"create\", field = \"{}\"", field.name);
    let (severity, why, hint) = match rule_of(own) {
        Some(rule) if has_always(rule) => return None,
        Some(_) => (Severity::Warning, "its rule may have no value", "give the rule a fallback".to_owned()),
        None if person && rule_of(RuleObject::Person).is_some() => {
            (Severity::Warning, "it is only written when the person books", add)
        }
        None if person && KNOWN.contains(&field.name.as_str()) => {
            (Severity::Warning, "not every contact has it", format!("{add} and a fallback"))
        }
        None => (Severity::Error, "no rule writes it", add),
    };
    Some(Problem {
        rule: None,
        object: Some(object.clone()),
        field: field.name.clone(),
        expected: Some(expected(field)),
        severity,
        message: format!("a new {object} needs it, and {why}"),
        hint: Some(hint),
    })
}

/// True if a rule has a value for everyone: its value or its fallback is a literal.
fn has_always(rule: &WriteRule) -> bool {
    let literal = |text: &str| {
        Template::parse(text).is_ok_and(|template| template.literal().is_some_and(|text| !text.trim().is_empty()))
    };
    literal(&rule.value) || rule.fallback.as_deref().is_some_and(literal)
}
