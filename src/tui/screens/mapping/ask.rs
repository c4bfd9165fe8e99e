//! The questions that make a rule: profile, record and occasion, field, value.

use std::sync::Arc;

use super::{Found, SaveRule};
use crate::config::edit::RuleChange;
use crate::config::{Base, FieldType, Operation, Target, When, WriteRule};
use crate::sync::mapping;
use crate::sync::rules::Fit;
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::message::Effect;
use crate::tui::model::Model;

/// The first question; what is answered leads to the next, and the last one saves.
pub(super) fn choose_profile(found: Arc<Found>, model: &mut Model) {
    match found.board.profiles.as_slice() {
        [] => {
            let items = vec![
                item(Base::Calcom, "activities of Cal.com", "profile `calcom`"),
                item(Base::Oncehub, "activities of OnceHub", "profile `oncehub`"),
            ];
            model.layers.open(Picker::new("There is no profile yet: a rule for …", items, move |base, model, _| {
                let name = if base == Base::Calcom { "calcom" } else { "oncehub" };
                choose_record(name.to_owned(), found, model);
            }));
        }
        [only] => choose_record(only.clone(), found, model),
        many => {
            let items = many.iter().map(|name| item(name.clone(), name, "")).collect();
            model.layers.open(Picker::new("Profile", items, move |profile, model, _| {
                choose_record(profile, found, model);
            }));
        }
    }
}

fn item<T>(value: T, label: impl Into<String>, note: impl Into<String>) -> Item<T> {
    Item { value, label: label.into(), note: note.into() }
}

/// Record and occasion in one question.
fn choose_record(profile: String, found: Arc<Found>, model: &mut Model) {
    use Operation::{Cancel, Create, Update};
    use Target::{Contact, Event, Lead, Person};
    let items = [
        (Event, Create, "Event, when the meeting is booked"),
        (Event, Update, "Event, when the meeting changes"),
        (Event, Cancel, "Event, when the meeting is cancelled"),
        (Person, Create, "Lead or Contact, when a meeting is booked"),
        (Person, Cancel, "Lead or Contact, when the meeting is cancelled"),
        (Lead, Create, "Lead, when it is made"),
        (Lead, Update, "Lead, when it changes"),
        (Contact, Create, "Contact, when it is made"),
        (Contact, Update, "Contact, when it changes"),
    ];
    let items = items.into_iter().map(|(object, on, label)| item((object, on), label, "")).collect();
    model.layers.open(Picker::new("Write to", items, move |(object, on), model, _| {
        choose_field(profile, object, on, found, model);
    }));
}

fn choose_field(profile: String, object: Target, on: Operation, found: Arc<Found>, model: &mut Model) {
    let choices = mapping::fields(object, on, &found.describes());
    if choices.is_empty() {
        // Without the org, the name is typed; the doctor checks it later.
        model.layers.open(Prompt::new("Field of Salesforce", "API name", "", move |field, model, _| {
            if field.trim().is_empty() {
                return Err("type the field's API name".to_owned());
            }
            choose_value(profile.clone(), blank(object, on, field.trim()), &found, model);
            Ok(())
        }));
        return;
    }
    let items = choices
        .into_iter()
        .map(|choice| {
            let required = if choice.required { "required, " } else { "" };
            item(
                choice.name.clone(),
                format!("{} ({})", choice.label, choice.name),
                format!("{required}{}", choice.takes),
            )
        })
        .collect();
    model.layers.open(Picker::new("Field", items, move |field, model, _| {
        choose_value(profile, blank(object, on, &field), &found, model);
    }));
}

fn blank(object: Target, on: Operation, field: &str) -> WriteRule {
    WriteRule {
        object,
        on,
        field: field.to_owned(),
        value: String::new(),
        when: When::Always,
        field_type: FieldType::Auto,
        fallback: String::new(),
        wins: crate::config::Wins::default(),
    }
}

fn choose_value(profile: String, rule: WriteRule, found: &Found, model: &mut Model) {
    let field = mapping::field(rule.object, &rule.field, &found.describes()).cloned();
    let sources = field.map(|field| mapping::sources(&field, &found.custom)).unwrap_or_default();
    let mut items = vec![item(None, "type a text or a template …", "{answer}, {form:x}, or both mixed with text")];
    items.extend(sources.into_iter().map(|source| {
        let sure = if source.fit == Fit::Always { "" } else { "not every value fits" };
        item(Some(source.template.clone()), format!("{}  {}", source.label, source.template), sure)
    }));
    model.layers.open(Picker::new(format!("What goes into {}", rule.field), items, move |template, model, effects| {
        match template {
            Some(value) => effects.push(save(profile, RuleChange::Add(WriteRule { value, ..rule }))),
            None => type_value(&rule.value.clone(), model, move |value, effects| {
                effects.push(save(profile.clone(), RuleChange::Add(WriteRule { value, ..rule.clone() })));
            }),
        }
    }));
}

pub(super) fn type_value(text: &str, model: &mut Model, take: impl Fn(String, &mut Vec<Effect>) + Send + 'static) {
    model.layers.open(Prompt::new("Text or template", "Value", text, move |value, _, effects| {
        if value.trim().is_empty() {
            return Err("a rule writes something; remove it with D".to_owned());
        }
        if let Err(error) = crate::sync::rules::template::Template::parse(&value) {
            return Err(error.to_string());
        }
        take(value, effects);
        Ok(())
    }));
}

pub(super) fn save(profile: String, change: RuleChange) -> Effect {
    Effect::job(SaveRule::new(profile, change))
}
