//! What is wrong with rules before there is anything to write: when they are saved, when they are loaded, and by
//! `rolodeck doctor` against the org (product: rules are checked against describe).

use jiff::tz::TimeZone;
use serde::Serialize;

use super::closed::{Tried, tried};
use super::coerce::coerce;
use super::form::{Fit, Form, expected};
use super::refusal::{Refusal, excerpt};
use super::target::{self, Blocked};
use super::template::Template;
use super::token::{ContactOwn, ContactPart, Token};
use super::value::Value;
use super::{Moment, RuleObject, WriteRule};
use crate::config::{Severity, nearest};
use crate::domain::{Field as ContactField, FieldKind};
use crate::filter::CustomField;
use crate::salesforce::{Describe, Field, FieldType};

mod required;
#[cfg(test)]
mod tests;

/// Something wrong or doubtful about a rule, or about what the rules together leave out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The rule, counted from 0; `None`: no rule writes the field.
    pub rule: Option<usize>,
    /// The object in Salesforce; `None`: it is wrong whatever the org.
    pub object: Option<String>,
    /// The field, as the rule or Salesforce spells it.
    pub field: String,
    /// What the field takes, in words, as far as it is known.
    pub expected: Option<String>,
    /// An error: the rule never writes anything. A warning: it sometimes will not, or not what is meant.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, in one line.
    pub hint: Option<String>,
}

/// Checks rules: what can be known from the rules alone, and against each object of the org that is given.
///
/// `describes`: Event, Lead and Contact, as far as records of them are created or changed; without any, only the rules
/// themselves are checked. `custom`: the custom fields of contacts that there are; `None`: not known.
pub fn check(rules: &[WriteRule], describes: &[&Describe], custom: Option<&[CustomField]>) -> Vec<Problem> {
    let mut checker = Checker { rules, custom, problems: Vec::new() };
    for at in 0..rules.len() {
        checker.rule(at);
    }
    for &describe in describes {
        for (at, rule) in rules.iter().enumerate() {
            if rule.object.writes(&describe.name) && target::forbidden(rule).is_none() {
                checker.against(at, rule, describe);
            }
        }
        checker.problems.extend(required::missing(rules, describe));
    }
    checker.problems
}

/// What a problem is about.
#[derive(Clone, Copy)]
struct Place<'a> {
    rule: usize,
    describe: Option<&'a Describe>,
    field: Option<&'a Field>,
}

struct Checker<'a> {
    rules: &'a [WriteRule],
    custom: Option<&'a [CustomField]>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn say(&mut self, place: Place<'_>, severity: Severity, message: impl Into<String>, hint: impl Into<String>) {
        let Place { rule, describe, field } = place;
        self.problems.push(Problem {
            rule: Some(rule),
            object: describe.map(|describe| describe.name.clone()),
            field: field.map_or_else(|| self.rules[rule].field.trim().to_owned(), |field| field.name.clone()),
            expected: field.map(expected),
            severity,
            message: message.into(),
            hint: Some(hint.into()).filter(|hint: &String| !hint.is_empty()),
        });
    }

    /// A problem that a rule has whatever the org.
    fn alone(&mut self, rule: usize, severity: Severity, message: impl Into<String>, hint: impl Into<String>) {
        self.say(Place { rule, describe: None, field: None }, severity, message, hint);
    }

    /// What is wrong whatever the org.
    fn rule(&mut self, at: usize) {
        let rule = &self.rules[at];
        match (rule.object, rule.on) {
            (RuleObject::Lead | RuleObject::Contact, Moment::Cancel) => {
                let hint = "use object = \"person\" for what a cancellation writes";
                self.alone(at, Severity::Error, "a cancellation writes the event and the person", hint);
            }
            (RuleObject::Person, Moment::Update) => {
                let hint = "use object = \"lead\" or \"contact\" for what an update writes";
                self.alone(at, Severity::Error, "a person's rules write on booking and on cancellation", hint);
            }
            _ => {}
        }
        if let Some(blocked) = target::forbidden(rule) {
            self.alone(at, Severity::Error, blocked.to_string(), blocked_hint(&blocked));
        }
        self.template(at, &rule.value, "value");
        if let Some(fallback) = &rule.fallback {
            self.template(at, fallback, "fallback");
        }
        let same = |later: &WriteRule| {
            later.object == rule.object
                && later.on == rule.on
                && later.field.trim().eq_ignore_ascii_case(rule.field.trim())
                && !rule.field.trim().is_empty()
        };
        if let Some(later) = self.rules[at + 1..].iter().position(same) {
            let message = format!("rule {} writes the same field and wins where it has a value", at + later + 2);
            self.alone(at, Severity::Warning, message, "keep one of them, or use its fallback");
        }
    }

    fn template(&mut self, at: usize, text: &str, what: &str) {
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(error) => {
                let hint = "write {answer}, {form:x}, {utm:source}, {contact.x} or {booking.x}";
                return self.alone(at, Severity::Error, format!("its {what} is wrong at {error}"), hint);
            }
        };
        if template.literal().is_some_and(|literal| literal.trim().is_empty()) {
            let hint = "blank values never clear a field; use a literal or a template such as {answer}";
            self.alone(at, Severity::Error, format!("its {what} is blank"), hint);
        }
        if let Some(name) = doubled(text) {
            let hint = format!("for the value itself, write {{{name}}}");
            let message = format!("its {what} has {{{{{name}}}}}, which writes the text {{{name}}}");
            self.alone(at, Severity::Warning, message, hint);
        }
        for token in template.tokens() {
            if let Token::Contact(ContactPart::Custom(name)) = token {
                self.custom_field(at, name);
            }
        }
    }

    fn custom_field(&mut self, at: usize, name: &str) {
        let defined = |fields: &[CustomField]| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
        if self.custom.is_some_and(defined) {
            return;
        }
        let own = ContactOwn::ALL.iter().flat_map(|own| own.names().iter().copied());
        let mut known: Vec<&str> = ContactField::ALL.into_iter().map(ContactField::key).chain(own).collect();
        known.extend(self.custom.unwrap_or_default().iter().map(|field| field.name.as_str()));
        let near = nearest(name, known).map(str::to_owned);
        let severity = match (&near, self.custom) {
            (_, Some(_)) => Severity::Error,
            (Some(_), None) => Severity::Warning,
            // Custom fields are not known here: it may be one.
            (None, None) => return,
        };
        let hint = near.map_or_else(
            || "define it as a custom field, or use a field that there is".to_owned(),
            |near| format!("did you mean {{contact.{near}}}?"),
        );
        self.alone(at, severity, format!("contacts have no field `{}`", excerpt(name)), hint);
    }

    /// What is wrong in this org.
    fn against(&mut self, at: usize, rule: &WriteRule, describe: &Describe) {
        let name = rule.field.trim();
        let place = Place { rule: at, describe: Some(describe), field: describe.field(name) };
        let field = match target::field(rule, describe) {
            Ok(field) => field,
            Err(blocked) => return self.say(place, Severity::Error, blocked.to_string(), blocked_hint(&blocked)),
        };
        if field.name != name {
            let message = format!("`{}` is spelled {} in Salesforce", excerpt(name), field.name);
            self.say(place, Severity::Warning, message, format!("write field = \"{}\"", field.name));
        }
        let held = Form::of_field(&field.kind).unwrap_or(Form::Custom);
        let asked = rule.kind.map(Form::of_rule).filter(|asked| *asked != Form::Text);
        if let Some(kind) = asked.and_then(Form::kind) {
            self.fit(place, held.fit(kind), &expected(field), "by the type of the rule");
        }
        for (text, what) in [(Some(&rule.value), "value"), (rule.fallback.as_ref(), "fallback")] {
            let Some(Ok(template)) = text.map(|text| Template::parse(text)) else { continue };
            if let Some(literal) = template.literal() {
                self.literal(place, rule, field, literal, what);
            } else {
                let takes = asked.map_or_else(|| expected(field), |asked| asked.label().to_owned());
                self.reference(place, rule, &template, (asked.unwrap_or(held), &takes), what);
            }
        }
    }

    /// What a template refers to, against the form that it has to take: by every value where they are known, else by
    /// its type.
    fn reference(
        &mut self,
        place: Place<'_>,
        rule: &WriteRule,
        template: &Template,
        (form, takes): (Form, &str),
        what: &str,
    ) {
        let Some(token) = template.single() else {
            return self.fit(place, form.fit(FieldKind::TextShort), takes, &format!("its {what} is mixed text"));
        };
        let custom = self.custom.unwrap_or_default();
        let Some(by_type) = token.kind(custom).map(|kind| form.fit(kind)) else { return };
        let tried = place.field.and_then(|field| tried(token, field, rule.kind, custom));
        match tried.filter(|_| by_type != Fit::Never) {
            Some(tried) => self.values(place, token, &tried, what),
            None => self.fit(place, by_type, takes, &format!("its {what} is {token}")),
        }
    }

    /// Values that are known, each of which was tried.
    fn values(&mut self, place: Place<'_>, token: &Token, tried: &Tried, what: &str) {
        let Some((_, first)) = tried.refused.first() else { return };
        if tried.fit == Fit::Never {
            let hint = match first {
                Refusal::NotActive { .. } | Refusal::Inactive(_) => {
                    "write one of the active values, let the admin add these, or choose another field"
                }
                _ => "choose another value or another field",
            };
            let message = format!("its {what} is {token}, of which no value can be written: {first}");
            return self.say(place, Severity::Error, message, hint);
        }
        let refused: Vec<_> = tried.refused.iter().map(|(value, _)| excerpt(value)).collect();
        let message =
            format!("its {what} is {token}, of which not every value fits: {} cannot be written", listed(&refused));
        self.say(place, Severity::Warning, message, "what does not fit is left out, or its fallback stands in");
    }

    fn fit(&mut self, place: Place<'_>, fit: Fit, takes: &str, why: &str) {
        let takes = if takes.starts_with(['a', 'e', 'i']) { format!("an {takes}") } else { format!("a {takes}") };
        match fit {
            Fit::Always => {}
            Fit::Sometimes => {
                let hint = "what does not fit is left out, or its fallback stands in";
                self.say(
                    place,
                    Severity::Warning,
                    format!("it takes {takes}, and not every value is one: {why}"),
                    hint,
                );
            }
            Fit::Never => {
                let hint = "choose another value or another field";
                self.say(place, Severity::Error, format!("it takes {takes}, and no value will be one: {why}"), hint);
            }
        }
    }

    /// A literal is tried.
    fn literal(&mut self, place: Place<'_>, rule: &WriteRule, field: &Field, literal: &str, what: &str) {
        let Some(value) = Value::of_text(literal) else { return };
        let done = match coerce(&value, Some(field), rule.kind, &TimeZone::UTC) {
            Ok(done) => done,
            Err(refusal) => {
                let hint = match &refusal {
                    Refusal::NotActive { .. } | Refusal::Inactive(_) | Refusal::Ambiguous { .. } => {
                        "write one of the active values exactly as Salesforce has it"
                    }
                    Refusal::TooLong { .. } => "write a shorter one",
                    Refusal::Range(_) => "write one that fits",
                    _ => "write a value of the field's type",
                };
                let message = format!("its {what} cannot be written: {refusal}");
                return self.say(place, Severity::Error, message, hint);
            }
        };
        for remark in &done.remarks {
            self.say(place, Severity::Warning, format!("its {what} {remark}"), "write it as it should stand there");
        }
        let said = literal.trim();
        if let (FieldType::Picklist, Some(written)) = (&field.kind, done.value.as_str())
            && said != written
        {
            let message = format!("its {what} `{}` is written as `{written}`", excerpt(said));
            self.say(place, Severity::Warning, message, format!("write {what} = \"{written}\""));
        }
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
    }
}

fn blocked_hint(blocked: &Blocked) -> &'static str {
    match blocked {
        Blocked::Empty => "name it by Salesforce's API name",
        Blocked::Unknown { .. } => "use its API name, and let the sync user see it (field-level security)",
        Blocked::Made => "write the fields that it is made of",
        Blocked::ReadOnly => "let the sync user edit it (field-level security), or choose another field",
        Blocked::OnlyOnCreate => "use on = \"create\" with object = \"lead\", \"contact\" or \"event\"",
        Blocked::NotOnCreate => "use on = \"update\"",
        Blocked::Owner => "set change_owner_from in the profile",
        Blocked::Ours => "leave it to the sync",
    }
}

/// The name between doubled braces that looks like a reference: `{{name}}`.
fn doubled(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("{{")?;
    let (name, _) = rest.split_once("}}")?;
    let name = name.trim();
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))).then_some(name)
}
