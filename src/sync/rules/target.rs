//! The field that a rule writes, as describe knows it, and whether it may be written at all.

use super::form::Form;
use super::{Moment, RuleObject, WriteRule};
use crate::config::nearest;
use crate::salesforce::{Describe, Field};

/// Why a rule writes nothing, whatever its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The rule names no field.
    #[error("the rule names no field")]
    Empty,
    /// The object has no such field, or the sync user may not see it.
    #[error("{object} has no field `{field}` that the sync user can see{}", did_you_mean(.near.as_deref()))]
    Unknown {
        /// The object.
        object: String,
        /// The field, as written.
        field: String,
        /// The field that was probably meant.
        near: Option<String>,
    },
    /// A formula, a compound field, an id.
    #[error("Salesforce makes it itself from other fields")]
    Made,
    /// Nobody, or not the sync user, may write it.
    #[error("it is read-only for the sync user")]
    ReadOnly,
    /// It can be set when a record is created, and this may be a change of one.
    #[error("it can only be set when the record is created")]
    OnlyOnCreate,
    /// It can be changed later, but not set when a record is created.
    #[error("it cannot be set when the record is created")]
    NotOnCreate,
    /// Who owns a person that exists is not for rules to change (product: ownership).
    #[error("the owner of a record that exists changes only by `change_owner_from`")]
    Owner,
    /// The sync sets it from the booking; two hands on it would break rescheduling and the search for lost answers.
    #[error("the sync sets it from the booking")]
    Ours,
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

impl RuleObject {
    /// True if its rules write records of this object: those of a person write Leads and Contacts.
    pub fn writes(self, object: &str) -> bool {
        match self {
            Self::Event => object == "Event",
            Self::Lead => object == "Lead",
            Self::Contact => object == "Contact",
            Self::Person => matches!(object, "Lead" | "Contact"),
        }
    }
}

/// Fields of an Event that say who and when; the rest of the recurrence cluster is found by its name.
const OURS: [&str; 8] = [
    "WhoId",
    "EventWhoIds",
    "StartDateTime",
    "EndDateTime",
    "ActivityDateTime",
    "ActivityDate",
    "DurationInMinutes",
    "IsAllDayEvent",
];

/// Why a rule may not write its field even if the org would let it.
pub fn forbidden(rule: &WriteRule) -> Option<Blocked> {
    let field = rule.field.trim();
    if field.is_empty() {
        return Some(Blocked::Empty);
    }
    let is = |name: &str| field.eq_ignore_ascii_case(name);
    let recurrence = || {
        let lower = field.to_ascii_lowercase();
        !lower.ends_with("__c") && (lower.starts_with("recurrence") || lower.starts_with("isrecurrence"))
    };
    if rule.object == RuleObject::Event && (OURS.into_iter().any(is) || recurrence()) {
        return Some(Blocked::Ours);
    }
    let existing = rule.object == RuleObject::Person || (rule.object != RuleObject::Event && rule.on != Moment::Create);
    (existing && is("OwnerId")).then_some(Blocked::Owner)
}

/// The field that a rule writes, if it may.
pub fn field<'a>(rule: &WriteRule, describe: &'a Describe) -> Result<&'a Field, Blocked> {
    let name = rule.field.trim();
    let Some(field) = describe.field(name) else {
        let near = guess(name, describe).map(str::to_owned);
        return Err(Blocked::Unknown { object: describe.name.clone(), field: name.to_owned(), near });
    };
    if field.calculated || Form::of_field(&field.kind).is_none() {
        return Err(Blocked::Made);
    }
    if !field.is_writable() {
        return Err(Blocked::ReadOnly);
    }
    let creates = rule.on == Moment::Create;
    // Whether the person who books is new or known is only seen when the plan is made: both must do.
    let changes = !creates || rule.object == RuleObject::Person;
    if creates && !field.createable {
        return Err(Blocked::NotOnCreate);
    }
    if changes && !field.updateable {
        return Err(Blocked::OnlyOnCreate);
    }
    Ok(field)
}

/// The field that was probably meant: by its label, by its name without `__c`, or by a slip of the finger.
fn guess<'a>(name: &str, describe: &'a Describe) -> Option<&'a str> {
    let plain = |text: &str| bare(text).to_lowercase().replace(['_', ' '], "");
    let wanted = plain(name);
    let same = |field: &&Field| !wanted.is_empty() && (plain(&field.name) == wanted || plain(&field.label) == wanted);
    let near = || {
        let near = nearest(bare(name), describe.fields.iter().map(|field| bare(&field.name)))?;
        describe.fields.iter().find(|field| bare(&field.name) == near)
    };
    describe.fields.iter().find(same).or_else(near).map(|field| field.name.as_str())
}

/// A field's name without the suffix of custom fields, which all of them share.
fn bare(name: &str) -> &str {
    name.strip_suffix("__c").or_else(|| name.strip_suffix("__C")).unwrap_or(name)
}
