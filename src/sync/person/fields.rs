//! What a person's Lead or Contact should hold.

use serde_json::{Map, Value as Json};

use super::Who;
use crate::domain::text::{told, told_in_line};
use crate::domain::{Field, name};
use crate::sync::account::domain;
use crate::sync::profile::{Base, Profile};

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
            Json::String(text) => {
                let text = if field.ends_with("Street") { told(&text).into_owned() } else { told_in_line(&text) };
                if text.trim().is_empty() {
                    continue;
                }
                Json::from(cut(field, text, length, &mut notes))
            }
            other => other,
        };
        fields.insert(field.to_owned(), value);
    }
    (fields, notes)
}

/// What Salesforce demands of a new record and nobody told: a last name, and a Lead's company.
pub fn fill_required(who: &Who<'_>, object: &str, fields: &mut Map<String, Json>, notes: &mut Vec<String>) {
    if !fields.contains_key("LastName") {
        // A single word stays a first name (Cal.com: new person), so that the last name is known to be missing.
        notes.push("LastName is not known: `-` stands in for it".to_owned());
        fields.insert("LastName".to_owned(), Json::from("-"));
    }
    if object == "Lead" && !fields.contains_key("Company") {
        let company = Some(told_in_line(&company_of(who))).filter(|company| !company.is_empty());
        let company = cut("Company", company.unwrap_or_else(|| "-".to_owned()), 255, notes);
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

/// The company's own part of the email's domain, unless it is a mail service; else the person's name.
fn company_of(who: &Who<'_>) -> String {
    let domain = who.email.as_deref().and_then(domain::of_email).filter(|domain| !domain::is_free_mail(domain));
    if let Some(domain) = domain {
        return domain::registrable(domain).unwrap_or(domain).to_owned();
    }
    let (first, last) = names(who);
    let name = [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.is_empty() { "-".to_owned() } else { name }
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
            "Status",
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
