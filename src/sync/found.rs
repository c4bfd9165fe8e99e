//! What Salesforce said: people by email and id, users, Events that may be ours.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::account::Accounts;
use crate::domain::ContactId;
use crate::salesforce::Record;

/// Known records of guests, object and id, by case-folded email.
pub type Guests = HashMap<String, (String, String)>;

/// A Lead or Contact that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Lead or Contact.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// As Salesforce holds it, case-folded.
    pub email: Option<String>,
    /// When it last changed.
    pub modified: Option<Timestamp>,
    /// The Contact that a converted Lead became.
    pub converted_to: Option<String>,
    /// A converted Lead: it can no longer be written.
    pub converted: bool,
    /// Name of its owner.
    pub owner_name: Option<String>,
    /// The fields that were read.
    pub values: Map<String, Json>,
}

impl Candidate {
    /// Reads a record; `None` without an id.
    pub fn of(record: &Record) -> Option<Self> {
        Some(Self {
            object: record.object().to_owned(),
            id: record.id()?.to_string(),
            email: record.str("Email").map(str::to_lowercase),
            modified: record.datetime("LastModifiedDate"),
            converted_to: record.sf_id("ConvertedContactId").map(|id| id.to_string()),
            converted: record.bool("IsConverted").unwrap_or(false),
            owner_name: record.str("Owner.Name").map(str::to_owned),
            values: record.fields().clone(),
        })
    }

    /// A field's value, unless it is blank there.
    pub fn value(&self, field: &str) -> Option<&Json> {
        self.values.get(field).filter(|value| !is_blank(value))
    }
}

/// Null and empty text are blank in Salesforce; false and 0 are not.
pub fn is_blank(value: &Json) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// True if a rule that writes only what is empty may write there: blank, or a checkbox without its tick, which cannot be
/// blank (Cal.com: field writing).
pub fn is_unset(value: &Json) -> bool {
    is_blank(value) || value == &Json::Bool(false)
}

/// An Event that may be the one whose answer was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct EventHit {
    /// 18 characters.
    pub id: String,
    /// The Lead or Contact it is under.
    pub who: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its start.
    pub start: Option<Timestamp>,
}

/// Everything that was asked for one batch. A search that failed is no answer: the batch waits then.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Leads and Contacts by case-folded email.
    pub by_email: HashMap<String, Vec<Candidate>>,
    /// Ids of Leads and Contacts by mobile phone, as far as it was asked for, in E.164.
    pub by_phone: HashMap<String, Vec<String>>,
    /// Leads and Contacts that stand for a contact here, and for which one.
    pub taken: HashMap<String, ContactId>,
    /// Leads and Contacts by id.
    pub by_id: HashMap<String, Candidate>,
    /// Active users by case-folded email.
    pub users: HashMap<String, String>,
    /// Events that may be ours and that no activity is linked to yet.
    pub events: Vec<EventHit>,
    /// What stands in Events of ours, as far as rules ask, by id.
    pub event_fields: HashMap<String, Map<String, Json>>,
    /// Records that were merged, and the record that each was merged into.
    pub merged: HashMap<String, String>,
    /// Records that were read and are neither there nor merged.
    pub gone: HashSet<String>,
    /// Accounts, as far as somebody needs one.
    pub accounts: Accounts,
}

/// What a linked record has become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate<'a> {
    /// It is there, or what it became is.
    Record(&'a Candidate, Way),
    /// It was deleted.
    Gone,
    /// It was not asked about.
    Unread,
}

/// How a record came to stand for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is the same.
    Same,
    /// They were merged.
    Merged,
    /// The Lead was converted.
    Converted,
}

/// Merges and conversions that follow each other: more is a circle.
const STEPS: usize = 10;

impl Found {
    /// Takes in what a query for people answered.
    pub fn add_people(&mut self, records: &[Record]) {
        for candidate in records.iter().filter_map(Candidate::of) {
            if let Some(email) = &candidate.email {
                let known = self.by_email.entry(email.clone()).or_default();
                if !known.iter().any(|other| other.id == candidate.id) {
                    known.push(candidate.clone());
                }
            }
            self.by_id.insert(candidate.id.clone(), candidate);
        }
    }

    /// What has become of a record: merged ones are followed to the survivor, converted Leads to their Contact.
    pub fn fate(&self, id: &str) -> Fate<'_> {
        let (mut id, mut way) = (id, Way::Same);
        for _ in 0..STEPS {
            if let Some(survivor) = self.merged.get(id) {
                (id, way) = (survivor, if way == Way::Same { Way::Merged } else { way });
                continue;
            }
            match self.by_id.get(id) {
                Some(lead) if lead.converted => match &lead.converted_to {
                    Some(contact) => (id, way) = (contact, Way::Converted),
                    None => return Fate::Gone,
                },
                Some(candidate) => return Fate::Record(candidate, way),
                None if self.gone.contains(id) => return Fate::Gone,
                None => return Fate::Unread,
            }
        }
        Fate::Gone
    }

    /// The record that a record is now, if it is known.
    pub fn survivor(&self, id: &str) -> Option<&Candidate> {
        match self.fate(id) {
            Fate::Record(candidate, _) => Some(candidate),
            Fate::Gone | Fate::Unread => None,
        }
    }

    /// The people of one object with an email, most recently modified first; equal ones by id, so that the order never
    /// depends on the answer's.
    pub fn people(&self, object: &str, email: &str) -> Vec<&Candidate> {
        sorted(self.by_email.get(email).into_iter().flatten(), object)
    }

    /// The same, of those with a phone (E.164) in their record.
    pub fn people_by_phone(&self, object: &str, phone: &str) -> Vec<&Candidate> {
        let ids = self.by_phone.get(phone).into_iter().flatten();
        sorted(ids.filter_map(|id| self.by_id.get(id)), object)
    }
}

fn sorted<'a>(people: impl Iterator<Item = &'a Candidate>, object: &str) -> Vec<&'a Candidate> {
    let mut people: Vec<_> = people.filter(|candidate| candidate.object == object).collect();
    people.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.id.cmp(&b.id)));
    people
}
