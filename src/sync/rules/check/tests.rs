//! Every problem of a rule.

use serde_json::json;

use super::*;
use crate::sync::rules::tests::{describe, field, lead, picks, rule};
use crate::sync::rules::{RuleType, When};

/// Severity, message and hint of the problems of rules.
fn said(rules: &[WriteRule], describes: &[&Describe]) -> Vec<(Severity, String, String)> {
    let problems = check(rules, describes, None);
    problems.into_iter().map(|problem| (problem.severity, problem.message, problem.hint.unwrap_or_default())).collect()
}

fn typed(field: &str, value: &str, kind: RuleType) -> WriteRule {
    WriteRule { kind: Some(kind), ..lead(field, value) }
}

fn with_fallback(field: &str, value: &str, fallback: &str) -> WriteRule {
    WriteRule { fallback: Some(fallback.into()), ..lead(field, value) }
}

#[test]
fn good_rules_have_no_problems() {
    let org = describe("Lead");
    let rules = [
        lead("Product__c", "{product}"),
        lead("Area__c", "Hi {name}, {booking.start_date} {{by us}}"),
        lead("Count__c", "{contact.employees}"),
        lead("Flag__c", "{contact.has_consent}"),
        lead("Day__c", "booking_start_date"),
        lead("At__c", "{booking.start}"),
        lead("Size__c", "Large"),
        lead("Email", "{contact.email}"),
        lead("Phone", "{contact.mobile_phone}"),
        lead("OwnerId", "005000000000001AAA"),
        typed("Subject", "{booking.start}", RuleType::Date),
        WriteRule { when: When::Empty, ..rule(RuleObject::Person, Moment::Cancel, "Product__c", "{booking.reason}") },
        rule(RuleObject::Event, Moment::Cancel, "Product__c", "x"),
    ];
    assert_eq!(said(&rules, &[]), []);
    assert_eq!(said(&rules, &[&org]), []);
    let custom = typed("Count__c", "{contact.email}", RuleType::Custom);
    assert_eq!(said(&[custom], &[&org]), [], "as it is");
}

#[test]
fn what_is_wrong_whatever_the_org() {
    for (rule, severity, message, hint) in [
        (lead("", "x"), Severity::Error, "the rule names no field", "name it by Salesforce's API name"),
        (
            lead("A", " "),
            Severity::Error,
            "its value is blank",
            "blank values never clear a field; use a literal or a template such as {answer}",
        ),
        (
            lead("A", "Hi {x"),
            Severity::Error,
            "its value is wrong at character 4: this `{` is never closed; a brace that stands for itself is written \
             `{{`",
            "write {answer}, {form:x}, {utm:source}, {contact.x} or {booking.x}",
        ),
        (
            lead("A", "{utm:sauce}"),
            Severity::Error,
            "its value is wrong at character 1: `sauce` is no campaign parameter; they are source, medium, campaign, \
             term, content",
            "write {answer}, {form:x}, {utm:source}, {contact.x} or {booking.x}",
        ),
        (
            with_fallback("A", "{x}", "{booking.strat}"),
            Severity::Error,
            "its fallback is wrong at character 1: a booking has no `strat`; did you mean `start`?",
            "write {answer}, {form:x}, {utm:source}, {contact.x} or {booking.x}",
        ),
        (
            lead("A", "{{name}}"),
            Severity::Warning,
            "its value has {{name}}, which writes the text {name}",
            "for the value itself, write {name}",
        ),
        (
            lead("A", "{contact.frist_name}"),
            Severity::Warning,
            "contacts have no field `frist_name`",
            "did you mean {contact.first_name}?",
        ),
        (
            rule(RuleObject::Lead, Moment::Cancel, "A", "x"),
            Severity::Error,
            "a cancellation writes the event and the person",
            "use object = \"person\" for what a cancellation writes",
        ),
        (
            rule(RuleObject::Person, Moment::Update, "A", "x"),
            Severity::Error,
            "a person's rules write on booking and on cancellation",
            "use object = \"lead\" or \"contact\" for what an update writes",
        ),
        (
            rule(RuleObject::Person, Moment::Create, "OwnerId", "x"),
            Severity::Error,
            "the owner of a record that exists changes only by `change_owner_from`",
            "set change_owner_from in the profile",
        ),
        (
            rule(RuleObject::Event, Moment::Create, "WhoId", "x"),
            Severity::Error,
            "the sync sets it from the booking",
            "leave it to the sync",
        ),
    ] {
        assert_eq!(said(std::slice::from_ref(&rule), &[]), [(severity, message.into(), hint.into())], "{rule:?}");
        let problem = check(&[rule], &[], None).remove(0);
        assert_eq!((problem.rule, problem.object, problem.expected), (Some(0), None, None));
    }
    let rules = [lead("A", "x"), lead("B", "x"), lead("a ", "y"), rule(RuleObject::Lead, Moment::Update, "A", "z")];
    let problems = check(&rules, &[], None);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "rule 3 writes the same field and wins where it has a value");
}

#[test]
fn custom_fields_are_known_or_not() {
    let known = [CustomField {
        name: "Team_Size".into(),
        label: "Team size".into(),
        kind: FieldKind::Number,
        options: Vec::new(),
    }];
    let problems = |value: &str, custom| check(&[lead("A", value)], &[], custom);
    assert_eq!(problems("{contact.team_size}", Some(known.as_slice())), []);
    assert_eq!(problems("{contact.anything}", None), [], "it may be a custom field");
    let unknown = problems("{contact.team_sise}", Some(known.as_slice())).remove(0);
    assert_eq!(unknown.severity, Severity::Error);
    assert_eq!(unknown.hint.as_deref(), Some("did you mean {contact.Team_Size}?"));
    let unknown = problems("{contact.zzz}", Some(&[])).remove(0);
    assert_eq!(unknown.hint.as_deref(), Some("define it as a custom field, or use a field that there is"));
    // Their types count.
    let problems = check(&[lead("Day__c", "{contact.team_size}")], &[&describe("Lead")], Some(&known));
    assert_eq!(problems[0].message, "it takes a date, and no value will be one: its value is {contact.team_size}");
}

#[test]
fn what_is_wrong_in_the_org() {
    let cases = [
        (
            lead("Produkt__c", "x"),
            Severity::Error,
            "Lead has no field `Produkt__c` that the sync user can see; did you mean `Product__c`?",
        ),
        (lead("product__C", "x"), Severity::Warning, "`product__C` is spelled Product__c in Salesforce"),
        (lead("Locked__c", "x"), Severity::Error, "it is read-only for the sync user"),
        (lead("Later__c", "x"), Severity::Error, "it cannot be set when the record is created"),
        (
            rule(RuleObject::Lead, Moment::Update, "Once__c", "x"),
            Severity::Error,
            "it can only be set when the record is created",
        ),
        (lead("Formula__c", "x"), Severity::Error, "Salesforce makes it itself from other fields"),
        (lead("Address", "x"), Severity::Error, "Salesforce makes it itself from other fields"),
        (lead("Size__c", "Huge"), Severity::Error, "its value cannot be written: `Huge` can no longer be chosen"),
        (lead("Size__c", "LARGE"), Severity::Warning, "its value `LARGE` is written as `Large`"),
        (lead("Count__c", "many"), Severity::Error, "its value cannot be written: `many` is no whole number"),
        (lead("Flag__c", "maybe"), Severity::Error, "its value cannot be written: `maybe` is no yes or no"),
        (lead("Day__c", "soon"), Severity::Error, "its value cannot be written: `soon` is no date"),
        (
            with_fallback("Size__c", "{x}", "Medium"),
            Severity::Error,
            "its fallback cannot be written: `Medium` is none of its active values (Small, Large, big, BIG, Yes, and \
             2 more)",
        ),
        (
            lead("Product__c", "more than twenty characters"),
            Severity::Warning,
            "its value is cut to 20 of 27 characters",
        ),
        (
            lead("Phone", "more than fifteen"),
            Severity::Error,
            "its value cannot be written: it has 17 characters, the field takes 15, and half of it would be wrong",
        ),
        (
            lead("Amount__c", "99999"),
            Severity::Error,
            "its value cannot be written: 99999 is outside of what the field holds",
        ),
        (
            lead("Day__c", "{contact.employees}"),
            Severity::Error,
            "it takes a date, and no value will be one: its value is {contact.employees}",
        ),
        (
            lead("Email", "{contact.company}"),
            Severity::Warning,
            "it takes an email address of at most 20 characters, and not every value is one: its value is \
             {contact.company}",
        ),
        (
            lead("Count__c", "about {contact.employees}"),
            Severity::Warning,
            "it takes a whole number, and not every value is one: its value is mixed text",
        ),
        (
            typed("Flag__c", "{x}", RuleType::Date),
            Severity::Error,
            "it takes a checkbox, and no value will be one: by the type of the rule",
        ),
        (
            typed("Area__c", "{contact.has_consent}", RuleType::Date),
            Severity::Error,
            "it takes a date, and no value will be one: its value is {contact.has_consent}",
        ),
    ];
    let org = describe("Lead");
    for (rule, severity, message) in cases {
        let problems = check(std::slice::from_ref(&rule), &[&org], None);
        let found: Vec<_> = problems.iter().map(|problem| (problem.severity, problem.message.as_str())).collect();
        assert_eq!(found, [(severity, message)], "{rule:?}");
        let problem = &problems[0];
        assert_eq!((problem.rule, problem.object.as_deref()), (Some(0), Some("Lead")));
        assert!(problem.hint.is_some(), "{problem:?}");
        let known = describe("Lead").field(&rule.field).is_some();
        assert_eq!(problem.expected.is_some(), known, "{problem:?}");
    }
}

#[test]
fn a_persons_rule_is_checked_against_both_objects() {
    let rules = [rule(RuleObject::Person, Moment::Create, "Nope__c", "x"), lead("Nope__c", "x")];
    let (lead, contact) = (describe("Lead"), describe("Contact"));
    let problems = check(&rules, &[&lead, &contact], None);
    let places: Vec<_> =
        problems.iter().map(|problem| (problem.rule.unwrap(), problem.object.clone().unwrap())).collect();
    assert_eq!(places, [(0, "Lead".into()), (1, "Lead".into()), (0, "Contact".into())]);
}

#[test]
fn required_fields_need_a_rule_that_always_has_a_value() {
    let org = |object: &str| -> Describe {
        let needed = json!({"nillable": false, "length": 80});
        serde_json::from_value(json!({"name": object, "fields": [
            field("LastName", "string", needed.clone()),
            field("Company", "string", needed.clone()),
            field("Title", "string", needed.clone()),
            field("Region__c", "picklist", json!({"nillable": false, "picklistValues": picks(&["EU", "US"])})),
            field("Status", "picklist", json!({"nillable": false, "defaultedOnCreate": true})),
            field("Flag__c", "boolean", json!({"nillable": false})),
            field("CreatedDate", "datetime", json!({"nillable": false, "createable": false})),
        ]}))
        .unwrap()
    };
    let region = |value: &str| lead("region__c", value);
    let told = |rules: &[WriteRule], object: &str| -> Vec<(Severity, String, String)> {
        let problems = check(rules, &[&org(object)], None);
        let required = problems.into_iter().filter(|problem| problem.rule.is_none());
        required.map(|problem| (problem.severity, problem.field, problem.message)).collect()
    };
    let title = (Severity::Warning, "Title".to_owned(), "a new Lead needs it, and not every contact has it".to_owned());
    let region_c = |severity, message: &str| (severity, "Region__c".to_owned(), message.to_owned());

    let none = "a new Lead needs it, and no rule writes it";
    assert_eq!(told(&[], "Lead"), [title.clone(), region_c(Severity::Error, none)]);
    assert_eq!(told(&[region("EU")], "Lead"), std::slice::from_ref(&title));
    let fallback = WriteRule { fallback: Some("EU".into()), ..region("{region}") };
    assert_eq!(told(&[fallback], "Lead"), std::slice::from_ref(&title));
    let maybe = "a new Lead needs it, and its rule may have no value";
    assert_eq!(told(&[region("{region}")], "Lead"), [title.clone(), region_c(Severity::Warning, maybe)]);
    let booked = "a new Lead needs it, and it is only written when the person books";
    let person = rule(RuleObject::Person, Moment::Create, "Region__c", "EU");
    assert_eq!(told(&[person], "Lead"), [title.clone(), region_c(Severity::Warning, booked)]);
    let update = rule(RuleObject::Lead, Moment::Update, "Region__c", "EU");
    assert_eq!(told(&[update], "Lead"), [title, region_c(Severity::Error, none)]);

    let fields = |object: &str| told(&[], object).into_iter().map(|(_, field, _)| field).collect::<Vec<_>>();
    assert_eq!(fields("Contact"), ["Company", "Title", "Region__c"]);
    assert_eq!(fields("Event"), ["LastName", "Company", "Title", "Region__c"]);
    let problem = check(&[], &[&org("Lead")], None).remove(1);
    let hint = "add a rule with object = \"lead\", on = \"create\", field = \"Region__c\"";
    assert_eq!((problem.hint.as_deref(), problem.expected.as_deref()), (Some(hint), Some("picklist")));
}

/// A status is one of four texts: whether a picklist has them is known before anybody has one.
#[test]
fn values_that_are_known_are_each_tried() {
    let pick = |name: &str, values: &[&str]| {
        field(name, "picklist", json!({"picklistValues": picks(values), "restrictedPicklist": true}))
    };
    let org: Describe = serde_json::from_value(json!({"name": "Lead", "fields": [
        pick("Rating", &["Hot", "Warm", "Cold", "!Qualified"]),
        pick("Some__c", &["Qualified", "Sales qualified", "Else"]),
        pick("All__c", &["qualified", "Marketing Qualified", "Sales qualified", "Disqualified"]),
        pick("Stage__c", &["Booking", "Conversation", "Form"]),
        pick("YesNo__c", &["Yes", "No"]),
        pick("Plan__c", &["Free", "Pro"]),
        field("Count__c", "double", json!({"precision": 5})),
    ]}))
    .unwrap();
    let custom = |name: &str, options: &[&str]| CustomField {
        name: name.into(),
        label: name.into(),
        kind: FieldKind::Picklist,
        options: options.iter().map(|option| (*option).into()).collect(),
    };
    let custom = [custom("plan", &["Free", "Pro"]), custom("size", &["S", "M"]), custom("open", &[])];
    for (rule, expected) in [
        (
            lead("Rating", "{contact.status}"),
            Some((
                Severity::Error,
                "its value is {contact.status}, of which no value can be written: `Qualified` can no longer be chosen",
            )),
        ),
        (
            with_fallback("All__c", "{contact.status}", "{booking.status}"),
            Some((
                Severity::Error,
                "its fallback is {booking.status}, of which no value can be written: `Requested` is none of its \
                 active values (qualified, Marketing Qualified, Sales qualified, Disqualified)",
            )),
        ),
        (
            lead("Some__c", "{contact.status}"),
            Some((
                Severity::Warning,
                "its value is {contact.status}, of which not every value fits: Marketing qualified and Disqualified \
                 cannot be written",
            )),
        ),
        (lead("All__c", "{contact.status}"), None),
        (lead("Stage__c", "{booking.kind}"), None),
        (lead("YesNo__c", "{booking.no_show}"), None),
        (lead("Plan__c", "{contact.plan}"), None),
        (
            lead("Plan__c", "{contact.size}"),
            Some((
                Severity::Error,
                "its value is {contact.size}, of which no value can be written: `S` is none of its active values \
                 (Free, Pro)",
            )),
        ),
        (
            lead("Count__c", "{contact.status}"),
            Some((
                Severity::Error,
                "its value is {contact.status}, of which no value can be written: `Qualified` is no number",
            )),
        ),
    ] {
        let problems = check(std::slice::from_ref(&rule), &[&org], Some(&custom));
        let found: Vec<_> = problems.iter().map(|problem| (problem.severity, problem.message.as_str())).collect();
        assert_eq!(found, Vec::from_iter(expected), "{rule:?}");
    }
    // A choice whose values nobody listed is judged by its type, as before.
    let open = check(&[lead("Plan__c", "{contact.open}")], &[&org], Some(&custom));
    assert_eq!(open, []);
}
