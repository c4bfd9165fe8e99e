//! The write rules as a person maps fields: what each rule writes, whether it fits the org, what it would write for one
//! contact; and for a new rule, the fields that can be written and what can be put into them (product: only
//! type-compatible sources are offered). Pure.

use serde_json::Value as Json;

use super::rules::closed;
use super::rules::form::{Fit, Form};
use super::rules::token::{BookingPart, ContactOwn, Token, UtmPart};
use super::rules::{self, RuleObject, Sources, expected, target};
use super::setup;
use crate::config::{Config, Operation, Severity, Target, WriteRule};
use crate::domain::{Field as ContactField, FieldKind};
use crate::filter::CustomField;
use crate::salesforce::{Describe, Field};

/// Every rule of the configuration, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// The names of the profiles.
    pub profiles: Vec<String>,
    /// The rules.
    pub rows: Vec<Row>,
    /// What is wrong without being a rule's fault: required fields that no rule writes.
    pub loose: Vec<Remark>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The profile.
    pub profile: String,
    /// Its place in the profile, from 0.
    pub place: usize,
    /// As it stands in the file.
    pub rule: WriteRule,
    /// What its field takes; `None`: the org was not asked, or knows no such field.
    pub takes: Option<String>,
    /// What is wrong with it.
    pub remarks: Vec<Remark>,
    /// What it would write for the contact at hand; `None`: there is none.
    pub preview: Option<Preview>,
}

/// What a rule would write.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// This value.
    Value(Json),
    /// Nothing, and why.
    Nothing(String),
}

/// Something wrong or doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// It never works, or only sometimes.
    pub severity: Severity,
    /// What, in one line.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Looks at every rule. `describes`: what is known of Lead, Contact and Event; `sources`: the contact to try them on.
pub fn board(config: &Config, describes: &[&Describe], custom: &[CustomField], sources: Option<Sources<'_>>) -> Board {
    let mut board = Board::default();
    for profile in &config.sync.profiles {
        board.profiles.push(profile.name.clone());
        let ours: Vec<rules::WriteRule> = profile.write.iter().map(setup::rule).collect();
        let mut problems = rules::check(&ours, describes, Some(custom));
        for (place, (said, rule)) in profile.write.iter().zip(&ours).enumerate() {
            let describe = describes.iter().copied().find(|describe| rule.object.writes(&describe.name));
            let field = describe.and_then(|describe| describe.field(rule.field.trim()));
            let mine = problems.extract_if(.., |problem| problem.rule == Some(place));
            let remarks = mine.map(|problem| remark(problem, None)).collect();
            let preview = sources.map(|sources| preview(rule, sources, describe));
            board.rows.push(Row {
                profile: profile.name.clone(),
                place,
                rule: said.clone(),
                takes: field.map(expected),
                remarks,
                preview,
            });
        }
        board.loose.extend(problems.into_iter().map(|problem| remark(problem, Some(&profile.name))));
    }
    board
}

fn remark(problem: rules::Problem, profile: Option<&str>) -> Remark {
    let place = match (&problem.object, profile) {
        (Some(object), Some(profile)) => format!("profile `{profile}`: {object}.{}: ", problem.field),
        (Some(object), None) => format!("{object}: "),
        (None, _) => String::new(),
    };
    Remark { severity: problem.severity, text: format!("{place}{}", problem.message), hint: problem.hint }
}

fn preview(rule: &rules::WriteRule, sources: Sources<'_>, describe: Option<&Describe>) -> Preview {
    let alone = std::slice::from_ref(rule);
    let rendered = rules::render(alone, rule.object, rule.on, sources, describe);
    match (rendered.fields.into_iter().next(), rendered.dropped.into_iter().next()) {
        (Some((_, value)), _) => Preview::Value(value),
        (None, Some(dropped)) => Preview::Nothing(dropped.reason),
        (None, None) => Preview::Nothing("nothing to write".to_owned()),
    }
}

/// A field of Salesforce that a rule can write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it takes, with its length.
    pub takes: String,
    /// A record can not be made without it.
    pub required: bool,
}

/// The fields that rules for an object and occasion can write, required ones first, then by label.
pub fn fields(object: Target, on: Operation, describes: &[&Describe]) -> Vec<Choice> {
    let blank = WriteRule {
        object,
        on,
        field: String::new(),
        value: String::new(),
        when: crate::config::When::Always,
        field_type: crate::config::FieldType::Auto,
        fallback: String::new(),
        wins: crate::config::Wins::default(),
    };
    let concerned: Vec<&Describe> =
        describes.iter().copied().filter(|describe| setup::rule(&blank).object.writes(&describe.name)).collect();
    let Some((first, others)) = concerned.split_first() else { return Vec::new() };
    let mut choices: Vec<Choice> = first
        .fields
        .iter()
        .filter(|field| {
            let rule = setup::rule(&WriteRule { field: field.name.clone(), ..blank.clone() });
            target::forbidden(&rule).is_none()
                && target::field(&rule, first).is_ok()
                // A rule for persons writes whichever the person is, so both must have the field.
                && others.iter().all(|other| target::field(&rule, other).is_ok())
        })
        .map(|field| Choice {
            name: field.name.clone(),
            label: field.label.clone(),
            takes: expected(field),
            required: !field.nillable && !field.defaulted_on_create && on == Operation::Create,
        })
        .collect();
    choices.sort_by_cached_key(|choice| (!choice.required, choice.label.to_lowercase()));
    choices
}

/// Something that can be put into a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The template.
    pub template: String,
    /// What it is.
    pub label: String,
    /// Whether all of its values fit, or some.
    pub fit: Fit,
}

/// What fits a field, the surest first: fields of contacts, parts of bookings, campaign parameters, custom fields, and the
/// active values of a picklist as they are.
pub fn sources(field: &Field, custom: &[CustomField]) -> Vec<Source> {
    let Some(form) = Form::of_field(&field.kind) else { return Vec::new() };
    let values = field.picklist_values.iter().filter(|value| value.active).map(|value| Source {
        template: value.value.clone(),
        label: format!("always {}", value.value),
        fit: Fit::Always,
    });
    let known = ContactField::ALL.iter().map(|known| ("contact.", known.key(), known.kind(), "contact"));
    let own = ContactOwn::ALL.iter().map(|part| ("contact.", part.name(), part.kind(), "contact"));
    let customs = custom.iter().map(|field| ("contact.", field.name.as_str(), field.kind, "custom field"));
    let booking = BookingPart::ALL.iter().map(|part| ("booking.", part.name(), part.kind(), "booking"));
    let utm = UtmPart::ALL.iter().map(|part| ("utm:", part.name(), part.kind(), "campaign"));
    let offer = |(prefix, name, kind, what): (&str, &str, FieldKind, &str)| {
        // A name that reads as something else is offered by its type.
        let token = Token::parse(&format!("{prefix}{name}")).ok();
        Source {
            template: format!("{{{prefix}{name}}}"),
            label: format!("{} of the {what}", name.replace('_', " ")),
            fit: token.map_or_else(|| form.fit(kind), |token| closed::fit(&token, field, custom)),
        }
    };
    let mut all: Vec<Source> =
        values.chain(known.chain(own).chain(customs).chain(booking).chain(utm).map(offer)).collect();
    all.retain(|source| source.fit != Fit::Never);
    all.sort_by_key(|source| std::cmp::Reverse(source.fit));
    all
}

/// The field that a rule of this object writes, by its name.
pub fn field<'a>(object: Target, name: &str, describes: &[&'a Describe]) -> Option<&'a Field> {
    let object = match object {
        Target::Event => RuleObject::Event,
        Target::Person => RuleObject::Person,
        Target::Lead => RuleObject::Lead,
        Target::Contact => RuleObject::Contact,
    };
    describes.iter().find(|describe| object.writes(&describe.name)).and_then(|describe| describe.field(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;
    use serde_json::json;

    fn lead() -> Describe {
        serde_json::from_value(json!({"name": "Lead", "label": "Lead", "createable": true, "updateable": true, "fields": [
            {"name": "LastName", "label": "Last Name", "type": "string", "length": 80, "createable": true, "updateable": true},
            {"name": "Rating", "label": "Rating", "type": "picklist", "length": 40, "nillable": true, "createable": true,
             "updateable": true, "picklistValues": [{"value": "Hot", "label": "Hot", "active": true},
                                                     {"value": "Old", "label": "Old", "active": false}]},
            {"name": "Visits__c", "label": "Visits", "type": "double", "precision": 5, "nillable": true, "createable": true,
             "updateable": true},
            {"name": "Name", "label": "Full Name", "type": "string", "calculated": true}
        ]}))
        .unwrap()
    }

    #[test]
    fn only_what_can_be_written_is_offered_with_what_it_takes() {
        let lead = lead();
        let found = fields(Target::Lead, Operation::Create, &[&lead]);
        let names: Vec<_> = found.iter().map(|choice| (choice.name.as_str(), choice.required)).collect();
        assert_eq!(names, [("LastName", true), ("Rating", false), ("Visits__c", false)]);
        assert_eq!(found[0].takes, "text of at most 80 characters");
        assert!(fields(Target::Event, Operation::Create, &[&lead]).is_empty());
    }

    #[test]
    fn only_compatible_sources_are_offered() {
        let lead = lead();
        let custom = [CustomField {
            name: "visits".into(),
            label: "Visits".into(),
            kind: FieldKind::Number,
            options: Vec::new(),
        }];
        let number = field(Target::Lead, "Visits__c", &[&lead]).unwrap();
        let found = sources(number, &custom);
        let fits = |template: &str| found.iter().find(|source| source.template == template).map(|source| source.fit);
        assert_eq!(fits("{contact.visits}"), Some(Fit::Always));
        assert_eq!(fits("{booking.duration}"), Some(Fit::Always));
        assert_eq!(fits("{booking.start}"), None, "a date is no number");
        let always = found.iter().take_while(|source| source.fit == Fit::Always).count();
        assert!(found[always..].iter().all(|source| source.fit == Fit::Sometimes), "the surest first");
        let rating = field(Target::Lead, "Rating", &[&lead]).unwrap();
        let values: Vec<_> = sources(rating, &custom).into_iter().filter(|s| !s.template.starts_with('{')).collect();
        assert_eq!(values.len(), 1, "active values alone: {values:?}");
        let offered = |template: &str| sources(rating, &custom).iter().any(|source| source.template == template);
        assert!(offered("{contact.company}") && !offered("{contact.status}"), "no status is one of its values");
    }

    #[test]
    fn problems_stand_at_their_rule() {
        let lead = lead();
        let text = "[[sync.profile]]\nname = \"p\"\nbase = \"oncehub\"\n\
            [[sync.profile.write]]\nobject = \"lead\"\non = \"update\"\nfield = \"Ratting\"\nvalue = \"Hot\"\n\
            [[sync.profile.write]]\nobject = \"lead\"\non = \"update\"\nfield = \"Rating\"\nvalue = \"Hot\"\n";
        let config = read(text).0.unwrap();
        let board = board(&config, &[&lead], &[], Some(Sources { contact: None, activity: None }));
        assert_eq!(board.profiles, ["p"]);
        assert_eq!(board.rows[0].remarks[0].severity, Severity::Error);
        assert_eq!(board.rows[1].remarks, []);
        assert_eq!(board.rows[1].preview, Some(Preview::Value(json!("Hot"))));
        assert!(matches!(board.rows[0].preview, Some(Preview::Nothing(_))));
    }
}
