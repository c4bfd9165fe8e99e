//! Which Lead or Contact a person is, and what it should hold.

use serde_json::{Map, Value as Json};

use super::account::{self, domain};
use super::found::Found;
use super::profile::{Base, Profile, RecordKind};
use crate::domain::activity::Attendee;
use crate::domain::{Contact, ContactId, Field, name};

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
    /// The Account that a Contact without one is put under.
    pub account: Option<Placed>,
}

/// The Account of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// 18 characters.
    pub id: String,
    /// Why this one, in words.
    pub reason: String,
}

/// What becomes of a person who is not linked yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// There is a record.
    Known(Choice),
    /// One is made.
    New {
        /// Lead or Contact.
        object: &'static str,
        /// The Account that a Contact belongs under.
        account: Option<Placed>,
        /// Leads with this email, beside which a Contact is made.
        beside: Vec<String>,
    },
    /// Nothing is made; why, in words.
    Nobody(String),
}

/// Decides about the person with an email.
///
/// Among the records with it, Contact before Lead, or in lead mode Lead before Contact; an unconverted Lead before a
/// converted one, which is followed to its Contact; among equals the most recently modified (OnceHub reference 4.2;
/// product: several matches). Nobody there: what is made follows the record that the profile wants, and the Account of
/// the email's domain where it asks for that (Cal.com: create by mode).
pub fn decide(email: &str, profile: &Profile, found: &Found) -> Decision {
    let known = known(email, profile, found);
    let account = || if profile.skip_creation { None } else { account_of(email, profile, found) };
    match known {
        Some(choice) if choice.object == "Contact" => {
            let bare = found.by_id.get(&choice.id).is_some_and(|contact| contact.value("AccountId").is_none());
            let account = if bare && profile.contact_under_account { account() } else { None };
            return Decision::Known(Choice { account, ..choice });
        }
        Some(choice) if !profile.account_before_lead() => return Decision::Known(choice),
        Some(choice) => {
            return match account() {
                None => Decision::Known(choice),
                account => {
                    let leads = found.people("Lead", email).into_iter().filter(|lead| !lead.converted);
                    Decision::New { object: "Contact", account, beside: leads.map(|lead| lead.id.clone()).collect() }
                }
            };
        }
        None => {}
    }
    let nobody = |why: &str| Decision::Nobody(format!("nobody with this email is in Salesforce, and {why}"));
    let new = |object, account| Decision::New { object, account, beside: Vec::new() };
    if profile.skip_creation {
        return nobody("the profile creates nobody");
    }
    match (profile.record, account()) {
        (RecordKind::Contact, account) => new("Contact", account.filter(|_| profile.contact_under_account)),
        (RecordKind::Lead, Some(account)) if profile.contact_under_account => new("Contact", Some(account)),
        (RecordKind::Lead, _) => new("Lead", None),
        (RecordKind::Account, Some(account)) if profile.contact_under_account => new("Contact", Some(account)),
        (RecordKind::Account, Some(account)) => nobody(&format!("contact_under_account is off ({})", account.reason)),
        (RecordKind::Account, None) if profile.lead_when_no_account => new("Lead", None),
        (RecordKind::Account, None) if profile.contact_under_account => nobody("no Account is theirs"),
        (RecordKind::Account, None) => nobody("the profile makes neither Contacts under Accounts nor Leads"),
    }
}

/// True if the person's Account decides what becomes of them: it must be asked for before [`decide`].
pub fn needs_account(email: &str, profile: &Profile, found: &Found) -> bool {
    let asks = profile.contact_under_account || profile.lead_when_no_account;
    if profile.skip_creation || !asks || domain::of_email(email).is_none_or(domain::is_free_mail) {
        return false;
    }
    match known(email, profile, found) {
        Some(choice) if choice.object == "Contact" => {
            let bare = found.by_id.get(&choice.id).is_some_and(|contact| contact.value("AccountId").is_none());
            bare && profile.contact_under_account
        }
        Some(_) => profile.account_before_lead(),
        None => profile.contact_under_account || profile.record == RecordKind::Account,
    }
}

/// How a profile chooses Accounts.
pub fn account_rules(profile: &Profile) -> account::Rules<'_> {
    account::Rules { fuzzy: profile.fuzzy_domain, exclude: &profile.exclude_account_record_types, hosts: None }
}

fn account_of(email: &str, profile: &Profile, found: &Found) -> Option<Placed> {
    let choice = account::choose(email, &found.accounts, account_rules(profile))?;
    Some(Placed { id: choice.account.id.clone(), reason: choice.reason })
}

/// Chooses among the records with the person's email.
fn known(email: &str, profile: &Profile, found: &Found) -> Option<Choice> {
    let mut contacts = if profile.looks_for_contact() { found.people("Contact", email) } else { Vec::new() };
    if profile.record == RecordKind::Account {
        // Under an Account before without one; otherwise the order stays.
        contacts.sort_by_key(|contact| contact.value("AccountId").is_none());
    }
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
        Choice { object: object.to_owned(), id: id.to_owned(), candidates: candidates.clone(), reason, account: None }
    };
    let contact = contacts.first().map(|contact| {
        let rule = if open.is_empty() { "" } else { ", before the Lead" };
        chosen("Contact", &contact.id, contacts.len(), rule)
    });
    let lead = open.first().map(|lead| {
        let rule = if contacts.is_empty() { "" } else { ", before the Contact" };
        chosen("Lead", &lead.id, open.len(), rule)
    });
    let first = if profile.contact_before_lead() { contact.or(lead) } else { lead.or(contact) };
    first.or_else(|| {
        let contact = converted.iter().find_map(|lead| found.survivor(&lead.id))?;
        Some(chosen("Contact", &contact.id, 1, "'s converted Lead"))
    })
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
        // A single word stays a first name (Cal.com: new person), so that the last name is known to be missing.
        notes.push("LastName is not known: `-` stands in for it".to_owned());
        fields.insert("LastName".to_owned(), Json::from("-"));
    }
    if object == "Lead" && !fields.contains_key("Company") {
        let company = cut("Company", company_of(who), 255, notes);
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
