//! Which Lead or Contact a person is, and what it should hold.

use super::account::{self, Place, domain};
use super::found::{Candidate, Found};
use super::profile::{Profile, RecordKind};
use crate::domain::activity::Attendee;
use crate::domain::{Contact, ContactId};

mod fields;

pub use fields::{cut, fill_required, queried_fields, standard_fields};

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
    /// Emails that they had before, case-folded, the last one first.
    pub former: &'a [String],
    /// Mobile phone in E.164, if they may be found by it.
    pub mobile: Option<String>,
    /// The contact, unless it is a guest.
    pub contact: Option<&'a Contact>,
    /// The attendee of the booking, if it comes from one.
    pub attendee: Option<&'a Attendee>,
    /// Where they say they are.
    pub place: Place<'a>,
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

/// Decides about a person.
///
/// They are looked for by email, then by the emails they had before, then by mobile phone (product S4, C8). Among the
/// records found by one of these, Contact before Lead, or in lead mode Lead before Contact; an unconverted Lead before a
/// converted one, which is followed to its Contact; among equals the most recently modified (OnceHub reference 4.2;
/// product: several matches). Nobody there: what is made follows the record that the profile wants, and the Account of
/// the email's domain where it asks for that (Cal.com: create by mode).
pub fn decide(who: &Who<'_>, profile: &Profile, found: &Found) -> Decision {
    let known = known(who, profile, found);
    let account = || if profile.skip_creation { None } else { account_of(who, profile, found) };
    match known {
        Some(choice) if choice.object == "Contact" => {
            let account = if bare(&choice, found) && profile.contact_under_account { account() } else { None };
            return Decision::Known(Choice { account, ..choice });
        }
        Some(choice) if !profile.account_before_lead() => return Decision::Known(choice),
        Some(choice) => {
            return match account() {
                None => Decision::Known(choice),
                account => {
                    let leads = who.email.iter().flat_map(|email| found.people("Lead", email));
                    let leads = leads.filter(|lead| !lead.converted).map(|lead| lead.id.clone());
                    Decision::New { object: "Contact", account, beside: leads.collect() }
                }
            };
        }
        None => {}
    }
    let by = if who.email.is_some() { "email" } else { "phone" };
    let nobody = |why: &str| Decision::Nobody(format!("nobody with this {by} is in Salesforce, and {why}"));
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

/// A Contact without an Account.
fn bare(choice: &Choice, found: &Found) -> bool {
    found.by_id.get(&choice.id).is_some_and(|contact| contact.value("AccountId").is_none())
}

/// True if the person's Account decides what becomes of them: it must be asked for before [`decide`].
pub fn needs_account(who: &Who<'_>, profile: &Profile, found: &Found) -> bool {
    let asks = profile.contact_under_account || profile.lead_when_no_account;
    let domain = who.email.as_deref().and_then(domain::of_email);
    if profile.skip_creation || !asks || domain.is_none_or(domain::is_free_mail) {
        return false;
    }
    match known(who, profile, found) {
        Some(choice) if choice.object == "Contact" => bare(&choice, found) && profile.contact_under_account,
        Some(_) => profile.account_before_lead(),
        None => profile.contact_under_account || profile.record == RecordKind::Account,
    }
}

/// How a profile chooses the Account of a person.
pub fn account_rules<'a>(who: &Who<'a>, profile: &'a Profile) -> account::Rules<'a> {
    account::Rules {
        fuzzy: profile.fuzzy_domain,
        exclude: &profile.exclude_account_record_types,
        ties: profile.tie_rules.as_deref(),
        place: who.place,
        sub_region: profile.sub_region_field.as_deref(),
        ..account::Rules::default()
    }
}

fn account_of(who: &Who<'_>, profile: &Profile, found: &Found) -> Option<Placed> {
    let choice = account::choose(who.email.as_deref()?, &found.accounts, account_rules(who, profile))?;
    Some(Placed { id: choice.account.id.clone(), reason: choice.reason })
}

/// Chooses among the records of the person, by the first of their identifiers that finds any.
fn known(who: &Who<'_>, profile: &Profile, found: &Found) -> Option<Choice> {
    let by_email = who.email.as_deref().and_then(|email| {
        choose(&found.people("Contact", email), &found.people("Lead", email), profile, found, "this email")
    });
    // What was theirs before, or their phone, may be another contact's by now: such a record is not taken from them.
    let contact = who.contact.map(|contact| contact.id);
    let taken = |person: &Candidate| found.taken.get(&person.id).is_some_and(|id| Some(*id) != contact);
    let by_former = || {
        who.former.iter().find_map(|email| {
            let (mut contacts, mut leads) = (found.people("Contact", email), found.people("Lead", email));
            contacts.retain(|person| !taken(person));
            leads.retain(|person| !taken(person));
            choose(&contacts, &leads, profile, found, &format!("their former email {email}"))
        })
    };
    let by_mobile = || {
        let mobile = who.mobile.as_deref()?;
        let people = |object| {
            let mut people = found.people_by_phone(object, mobile);
            let strict = profile.strict_email && who.email.is_some();
            people.retain(|person| !taken(person) && (!strict || person.email.is_none()));
            people
        };
        let choice = choose(&people("Contact"), &people("Lead"), profile, found, "this mobile phone")?;
        let other = found.by_id.get(&choice.id).and_then(|record| record.email.as_deref());
        let reason = match other.filter(|email| who.email.is_some() && who.email.as_deref() != Some(email)) {
            Some(email) => format!("{}; its email {email} stays", choice.reason),
            None => choice.reason.clone(),
        };
        Some(Choice { reason, ..choice })
    };
    by_email.or_else(by_former).or_else(by_mobile)
}

/// Chooses among records that one identifier has found; each list has the most recently modified first.
fn choose(contacts: &[&Candidate], leads: &[&Candidate], profile: &Profile, found: &Found, by: &str) -> Option<Choice> {
    let mut contacts = if profile.looks_for_contact() { contacts.to_vec() } else { Vec::new() };
    if profile.record == RecordKind::Account {
        // Under an Account before without one; otherwise the order stays.
        contacts.sort_by_key(|contact| contact.value("AccountId").is_none());
    }
    let leads = if profile.looks_for_lead() { leads } else { &[] };
    let (converted, open): (Vec<_>, Vec<_>) = leads.iter().copied().partition(|lead| lead.converted);

    let mut candidates: Vec<String> = contacts.iter().chain(&open).map(|candidate| candidate.id.clone()).collect();
    if candidates.len() < 2 {
        candidates.clear();
    }
    let chosen = |object: &str, id: &str, same: usize, rule: &str| {
        let reason = match same {
            0 | 1 => format!("{object} with {by}{rule}"),
            n => format!("the most recently modified of {n} {object}s with {by}{rule}"),
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
