//! Which Lead or Contact a person is, and what it should hold.

use serde_json::{Map, Value as Json};

use super::found::Found;
use super::profile::{Base, Profile, RecordKind};
use crate::domain::activity::Attendee;
use crate::domain::{Contact, ContactId, Email, Field, name};

/// A person of a batch. Two bookings of one person are one key, so that nobody is created twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonKey {
    /// A contact of ours.
    Contact(ContactId),
    /// A guest of a booking, who is no contact of ours; by case-folded email.
    Guest(String),
}

/// A person as we know them.
#[derive(Clone, Debug)]
pub struct Who<'a> {
    /// The person.
    pub key: PersonKey,
    /// Case-folded email.
    pub email: Option<String>,
    /// The contact, unless it is a guest.
    pub contact: Option<&'a Contact>,
    /// The attendee of the booking, if it comes from one.
    pub attendee: Option<&'a Attendee>,
}

/// The record that was chosen for a person, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Lead or Contact.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// All records that matched, when there were several.
    pub candidates: Vec<String>,
    /// The rule that chose, in words.
    pub reason: String,
}

/// Chooses among the records with the person's email; `None`: nobody has it, so a record may be created.
///
/// Contact before Lead where the profile looks for both; an unconverted Lead before a converted one, which is followed
/// to its Contact; among equals the most recently modified (OnceHub reference 4.2; product: several matches).
pub fn choose(email: &str, profile: &Profile, found: &Found) -> Option<Choice> {
    let contacts = if profile.looks_for_contact() { found.people("Contact", email) } else { Vec::new() };
    let leads = if profile.looks_for_lead() { found.people("Lead", email) } else { Vec::new() };
    let (converted, open): (Vec<_>, Vec<_>) = leads.into_iter().partition(|lead| lead.converted);

    let mut candidates: Vec<String> = contacts.iter().chain(&open).map(|candidate| candidate.id.clone()).collect();
    if candidates.len() < 2 {
        candidates.clear();
    }
    let chosen = |object: &str, id: &str, same: usize, rule: &str| {
        let reason = match same {
            0 | 1 => format!("{object} with this email{rule}"),
            n => format!("the most recently modified of {n} {object}s with this email{rule}"),
        };
        Some(Choice { object: object.to_owned(), id: id.to_owned(), candidates: candidates.clone(), reason })
    };
    if let Some(contact) = contacts.first() {
        let rule = if open.is_empty() { "" } else { ", before the Lead" };
        return chosen("Contact", &contact.id, contacts.len(), rule);
    }
    if let Some(lead) = open.first() {
        return chosen("Lead", &lead.id, open.len(), "");
    }
    let converted = converted.iter().find_map(|lead| lead.converted_to.as_deref())?;
    chosen("Contact", converted, 1, "'s converted Lead")
}

/// A value that goes into a field, and the field's length in Salesforce.
struct Standard {
    field: &'static str,
    length: usize,
    value: Option<Json>,
}

/// The standard fields of a person's Lead or Contact, blank ones left out; texts longer than the field are cut, which
/// is said in the notes.
pub fn standard_fields(who: &Who<'_>, object: &str, profile: &Profile) -> (Map<String, Json>, Vec<String>) {
    let lead = object == "Lead";
    let text = |field: Field| who.contact.and_then(|contact| contact.values.text(field)).map(Json::from);
    let (first, last) = names(who);
    let mut standard = vec![
        Standard { field: "FirstName", length: 40, value: first.map(Json::from) },
        Standard { field: "LastName", length: 80, value: last.map(Json::from) },
        Standard { field: "Email", length: 80, value: who.email.clone().map(Json::from) },
        Standard { field: "Phone", length: 40, value: text(Field::Phone) },
        Standard { field: "MobilePhone", length: 40, value: text(Field::MobilePhone) },
        Standard { field: "Title", length: 128, value: text(Field::JobTitle) },
        Standard { field: "Salutation", length: 40, value: text(Field::Salutation) },
    ];
    if lead {
        standard.push(Standard { field: "Company", length: 255, value: text(Field::Company) });
        let employees = who.contact.and_then(|contact| contact.values.get(Field::Employees));
        let employees = employees.map(crate::domain::FieldValue::to_json);
        standard.push(Standard { field: "NumberOfEmployees", length: usize::MAX, value: employees });
    }
    if profile.base == Base::OnceHub {
        let fields = if lead {
            ["Street", "City", "State", "PostalCode", "Country"]
        } else {
            ["MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry"]
        };
        let parts = [Field::StreetAddress, Field::City, Field::State, Field::PostCode, Field::Country];
        for ((field, part), length) in fields.into_iter().zip(parts).zip([255, 40, 80, 20, 80]) {
            standard.push(Standard { field, length, value: text(part) });
        }
    }
    let mut fields = Map::new();
    let mut notes = Vec::new();
    for Standard { field, length, value } in standard {
        let Some(value) = value else { continue };
        let value = match value {
            Json::String(text) => Json::from(cut(field, text, length, &mut notes)),
            other => other,
        };
        fields.insert(field.to_owned(), value);
    }
    (fields, notes)
}

/// What Salesforce demands of a new record and nobody told: a last name, and a Lead's company.
pub fn fill_required(who: &Who<'_>, object: &str, fields: &mut Map<String, Json>, notes: &mut Vec<String>) {
    if !fields.contains_key("LastName") {
        // A single name is better as the name that Salesforce shows than as a first name beside a dash.
        let last = fields.remove("FirstName").unwrap_or_else(|| Json::from("-"));
        fields.insert("LastName".to_owned(), last);
    }
    if object == "Lead" && !fields.contains_key("Company") {
        let company = company_of(who);
        notes.push(format!("Company is not known: `{company}` stands in for it"));
        fields.insert("Company".to_owned(), Json::from(company));
    }
}

/// Text cut to a field's length, between characters; the cut is noted.
pub fn cut(field: &str, text: String, length: usize, notes: &mut Vec<String>) -> String {
    let count = text.chars().count();
    if count <= length {
        return text;
    }
    notes.push(format!("{field} is cut to {length} of {count} characters"));
    text.chars().take(length).collect()
}

/// The payload's own first and last name, else the words of the full name; no word is lost.
fn names(who: &Who<'_>) -> (Option<String>, Option<String>) {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    if let Some(contact) = who.contact {
        let (first, last) = (contact.values.text(Field::FirstName), contact.values.text(Field::LastName));
        if first.is_some() || last.is_some() {
            return (owned(first), owned(last));
        }
    }
    let Some(attendee) = who.attendee else { return (None, None) };
    if attendee.first_name.is_some() || attendee.last_name.is_some() {
        return (attendee.first_name.clone(), attendee.last_name.clone());
    }
    name::split(attendee.name.as_deref().unwrap_or_default())
}

/// Domains at which everyone has an address: they name no company.
const FREE_MAIL: [&str; 24] = [
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.ru",
];

fn company_of(who: &Who<'_>) -> String {
    let domain = who.email.as_deref().and_then(|email| Email::parse(email).ok()).map(|email| email.domain().to_owned());
    match domain {
        Some(domain) if !FREE_MAIL.contains(&domain.as_str()) => domain,
        _ => {
            let (first, last) = names(who);
            let name = [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
            if name.is_empty() { "-".to_owned() } else { name }
        }
    }
}

/// The fields of a Lead or Contact that a match query must read, so that a plan can tell what is blank or ours.
pub fn queried_fields(object: &str) -> Vec<&'static str> {
    let mut fields = vec![
        "Id",
        "Email",
        "FirstName",
        "LastName",
        "Phone",
        "MobilePhone",
        "Title",
        "Salutation",
        "OwnerId",
        "Owner.Name",
        "LastModifiedDate",
        "SystemModstamp",
    ];
    if object == "Lead" {
        fields.extend([
            "Company",
            "NumberOfEmployees",
            "Street",
            "City",
            "State",
            "PostalCode",
            "Country",
            "IsConverted",
            "ConvertedContactId",
        ]);
    } else {
        fields.extend([
            "AccountId",
            "MailingStreet",
            "MailingCity",
            "MailingState",
            "MailingPostalCode",
            "MailingCountry",
        ]);
    }
    fields
}

/// The object that is created for an unknown person under a profile.
pub fn created_object(profile: &Profile) -> &'static str {
    match profile.record {
        RecordKind::Lead => "Lead",
        RecordKind::Contact | RecordKind::Account => "Contact",
    }
}
