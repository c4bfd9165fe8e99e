//! Write rules: one mapped field each (Cal.com: "write to a field of the record"; `OnceHub`: field mapping).
//!
//! A rule's value is a [`template`]; what it yields from the contact and the activity ([`source`]) takes the [`form`]
//! of its field ([`mod@coerce`]), if the rule may write that field at all ([`target`]). What cannot be written is
//! left out and said; the rest is written. [`mod@check`] tells the same about rules before there is anything to write.
//!
//! Days and times of day are read on the guest's clock: the day of a meeting is the day that the guest was told. A
//! date and time goes to Salesforce in UTC. Answers and other texts are taken as they are written.

use serde::Serialize;
use serde_json::Value as Json;

use crate::domain::{Activity, Contact};
use crate::salesforce::{Describe, Field};

pub mod check;
pub mod closed;
pub mod coerce;
pub mod form;
mod pick;
mod read;
pub mod refusal;
mod same;
pub mod source;
pub mod target;
pub mod template;
#[cfg(test)]
mod tests;
pub mod token;
pub mod value;

pub use check::{Problem, check};
pub use form::{Fit, Form, compatible, expected};
pub use same::same;

use coerce::{Coerced, coerce};
use refusal::Refusal;
use source::Scope;
use target::Blocked;
use template::{Template, TemplateError};

/// The record that a rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleObject {
    /// The Event of a booking.
    Event,
    /// The Lead or Contact of the person who booked.
    Person,
    /// A Lead that is created or updated.
    Lead,
    /// A Contact that is created or updated.
    Contact,
}

/// The moment at which a rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The record is created, or the person books.
    Create,
    /// The record changes.
    Update,
    /// The booking is cancelled.
    Cancel,
}

/// Whether a value that stands there is overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is.
    Always,
    /// Only an empty field is written.
    Empty,
}

/// Whose value stays when somebody changed in Salesforce what we had written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wins {
    /// Ours is written again.
    #[default]
    Ours,
    /// Theirs stays.
    Theirs,
}

/// How a value is turned into the field's form; by default as describe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleType {
    /// Text.
    Text,
    /// Phone number.
    Phone,
    /// Calendar date.
    Date,
    /// Point in time.
    Datetime,
    /// Yes or no.
    Checkbox,
    /// One of the active values.
    Picklist,
    /// Some of the active values.
    MultiPicklist,
    /// Number.
    Number,
    /// Time of day.
    Time,
    /// As it is, whatever the field's type.
    Custom,
}

/// One mapped field.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteRule {
    /// The record.
    pub object: RuleObject,
    /// The moment.
    pub on: Moment,
    /// The field's API name.
    pub field: String,
    /// What is written: a literal, a template, or both mixed.
    pub value: String,
    /// Whether a value that stands there is overwritten.
    pub when: When,
    /// The form; `None`: as describe says.
    pub kind: Option<RuleType>,
    /// Written when the value is missing.
    pub fallback: Option<String>,
    /// Whose value stays when somebody changed ours.
    pub wins: Wins,
}

/// What templates may speak of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// `{contact.x}`.
    pub contact: Option<&'a Contact>,
    /// `{answer}`, `{form:x}`, `{utm:x}`, `{booking.x}`.
    pub activity: Option<&'a Activity>,
}

/// The fields that rules write, and what was left out or cut, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// Field and value, in the order of the rules; each field once, in Salesforce's own spelling where it is known.
    pub fields: Vec<(String, Json)>,
    /// Fields among them that are only written where they are empty now.
    pub only_if_empty: Vec<String>,
    /// Fields among them that stay as somebody made them since we wrote them.
    pub theirs_win: Vec<String>,
    /// What was dropped or cut, and why.
    pub notes: Vec<String>,
    /// Fields that rules wanted to write and nothing is written to.
    pub dropped: Vec<Dropped>,
}

/// A field that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The field, as the rule or Salesforce spells it.
    pub field: String,
    /// Why, in words.
    pub reason: String,
}

impl Rendered {
    /// The value that is written to a field.
    pub fn get(&self, field: &str) -> Option<&Json> {
        self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
    }
}

/// Why a rule yields no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Lack {
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("its template is wrong at {0}")]
    Template(#[from] TemplateError),
    #[error("{0}")]
    Missing(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Applies the rules of one record and moment.
///
/// Of several rules for a field, the last that yields a value wins; so an earlier one serves as its default. A rule
/// whose value is missing or cannot be written takes its fallback, which is a template too. Nothing is ever written
/// blank: an answer that was not given clears no field. Without `describe`, fields are not checked, values take the
/// form that the rule names, else text.
pub fn render(
    rules: &[WriteRule],
    object: RuleObject,
    on: Moment,
    sources: Sources<'_>,
    describe: Option<&Describe>,
) -> Rendered {
    let mut lines: Vec<Line> = Vec::new();
    let scope = Scope::new(sources);
    for rule in rules.iter().filter(|rule| rule.object == object && rule.on == on) {
        let line = line(rule, &scope, describe);
        let earlier = lines.iter().position(|known| known.field.eq_ignore_ascii_case(&line.field));
        match (earlier, &line.outcome) {
            (None, _) => lines.push(line),
            (Some(at), Err(lack)) if lines[at].outcome.is_ok() => {
                let note = format!("{} takes the value of an earlier rule: {lack}", line.field);
                lines[at].notes.push(note);
            }
            (Some(at), _) => {
                lines.remove(at);
                lines.push(line);
            }
        }
    }
    let mut rendered = Rendered::default();
    for Line { field, outcome, when, wins, notes, quiet } in lines {
        rendered.notes.extend(notes);
        match outcome {
            Ok(value) => {
                if when == When::Empty {
                    rendered.only_if_empty.push(field.clone());
                }
                if wins == Wins::Theirs {
                    rendered.theirs_win.push(field.clone());
                }
                rendered.fields.push((field, value));
            }
            Err(lack) => {
                let reason = lack.to_string();
                // What nobody answered is nothing to tell anyone of; that it is left out is known all the same.
                if !(quiet && matches!(lack, Lack::Missing(_))) {
                    rendered.notes.push(if field.is_empty() {
                        format!("a rule is passed over: {reason}")
                    } else {
                        format!("{field} is left out: {reason}")
                    });
                }
                rendered.dropped.push(Dropped { field, reason });
            }
        }
    }
    rendered
}

/// What became of one rule.
struct Line {
    field: String,
    outcome: Result<Json, Lack>,
    when: When,
    wins: Wins,
    notes: Vec<String>,
    /// No fallback was meant to stand in for a missing value.
    quiet: bool,
}

fn line(rule: &WriteRule, scope: &Scope<'_>, describe: Option<&Describe>) -> Line {
    let mut line = Line {
        field: rule.field.trim().to_owned(),
        outcome: Ok(Json::Null), // set before the line is given away
        when: rule.when,
        wins: rule.wins,
        notes: Vec::new(),
        quiet: rule.fallback.is_none(),
    };
    let field = match describe.map(|describe| target::field(rule, describe)).transpose() {
        Ok(field) => field,
        Err(blocked) => return Line { outcome: Err(target::forbidden(rule).unwrap_or(blocked).into()), ..line },
    };
    if let Some(blocked) = target::forbidden(rule) {
        return Line { outcome: Err(blocked.into()), ..line };
    }
    if let Some(field) = field.filter(|field| field.name != line.field) {
        line.notes.push(format!("{} is spelled {} in Salesforce", line.field, field.name));
        line.field.clone_from(&field.name);
    }
    let coerced = match (value(&rule.value, rule, field, scope), &rule.fallback) {
        (Ok(coerced), _) => Ok(coerced),
        (Err(lack), None) => Err(lack),
        (Err(lack), Some(fallback)) => {
            let stand_in = value(fallback, rule, field, scope);
            // That an answer is missing is what a fallback is for; anything else, people should know.
            if stand_in.is_ok() && !matches!(lack, Lack::Missing(_)) {
                line.notes.push(format!("{} takes its fallback: {lack}", line.field));
            }
            stand_in.map_err(|_| lack)
        }
    };
    line.outcome = coerced.map(|Coerced { value, remarks }| {
        line.notes.extend(remarks.iter().map(|remark| format!("{} {remark}", line.field)));
        value
    });
    line
}

/// The value of a template in the form of a field.
fn value(text: &str, rule: &WriteRule, field: Option<&Field>, scope: &Scope<'_>) -> Result<Coerced, Lack> {
    let template = Template::parse(text)?;
    let value = template
        .fill(scope)
        .map_err(|token| Lack::Missing(token.map_or_else(|| "its value is blank".to_owned(), token::Token::missing)))?;
    Ok(coerce(&value, field, rule.kind, scope.zone())?)
}
