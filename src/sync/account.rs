//! Which Account an attendee belongs to (product: account of an attendee; Cal.com: account matching).
//!
//! Four rules, each asked only when the one before found nothing: the Account of a contact with that email, the website
//! in a plain form, the website in any form, the Account that most contacts of the domain belong to, and, if wanted, a
//! website of the same company name. What Salesforce must be asked for that is in [`ask`]; the choosing is pure.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use crate::salesforce::Record;

pub mod ask;
pub mod domain;
#[cfg(test)]
mod tests;
pub mod tie;
pub mod want;

pub use tie::{Place, Tie};

/// An Account that may be the one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// 18 characters.
    pub id: String,
    /// Its name.
    pub name: String,
    /// As people typed it.
    pub website: Option<String>,
    /// Name of its record type.
    pub record_type: Option<String>,
    /// Its owner, as far as active.
    pub owner: Option<User>,
    /// Day of the last activity.
    pub last_activity: Option<Date>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How many records hang on it; read only where that decides.
    pub counts: Option<Counts>,
    /// Every field that was read.
    pub values: Record,
}

/// A user of Salesforce.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct User {
    /// 18 characters.
    pub id: String,
    /// Case-folded; empty if there is none.
    pub email: String,
    /// Their name.
    pub name: String,
    /// They can log in.
    pub active: bool,
}

/// Records below an Account; `None`: the org does not let us count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Child accounts.
    pub children: Option<u64>,
    /// Opportunities.
    pub opportunities: Option<u64>,
    /// Contacts.
    pub contacts: Option<u64>,
}

/// What Salesforce said about Accounts.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// By id, so that no order of an answer matters.
    pub by_id: BTreeMap<String, Account>,
    /// The Accounts of contacts with an email, most recently modified contact first.
    pub of_email: HashMap<String, Vec<String>>,
    /// How many contacts of a domain belong to each Account.
    pub of_domain: HashMap<String, BTreeMap<String, u64>>,
    /// A question about Accounts that the org refused: nothing is known then, not even that there is none.
    pub refused: Option<String>,
}

/// How Accounts are chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// A website of the same company name under another domain counts too.
    pub fuzzy: bool,
    /// Names of record types that never match, in any case. Accounts without a record type always may.
    pub exclude: &'a [String],
    /// Only Accounts whose owner is among these emails (case-folded) and active; `None`: all of them.
    pub hosts: Option<&'a [String]>,
    /// Only Accounts that all of these let through.
    pub fields: &'a [FieldRule],
    /// What decides between several, in this order; `None`: all rules in Cal.com's order.
    pub ties: Option<&'a [Tie]>,
    /// Where the person says they are.
    pub place: Place<'a>,
    /// The field of Account that names its sub-region, as far as the org has it.
    pub sub_region: Option<&'a str>,
}

/// Lets records through by what a field holds (Cal.com: rrSkipFieldRules). Case and outer blanks do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRule {
    /// The field's API name.
    pub field: String,
    /// The value.
    pub value: String,
    /// True: only records that hold it; false: only those that do not.
    pub must: bool,
}

impl FieldRule {
    /// True if a record with this value is let through.
    pub fn lets(&self, there: Option<&Json>) -> bool {
        let text = match there {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let holds = text.trim().to_lowercase() == self.value.trim().to_lowercase();
        holds == self.must
    }
}

/// The rule that found an Account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A contact with that email belongs to it.
    OwnContact,
    /// Its website is the domain, in one of the six plain forms.
    ExactWebsite,
    /// Its website is the domain, in any form.
    Website,
    /// Most contacts with an address of the domain belong to it.
    ContactsOfDomain,
    /// Its website has the same company name.
    Fuzzy,
}

/// An Account that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<'a> {
    /// The Account.
    pub account: &'a Account,
    /// The rule that found it.
    pub rule: Rule,
    /// All that the rule found, by id, when there were several.
    pub candidates: Vec<&'a str>,
    /// Why this one, in words.
    pub reason: String,
}

/// The Account of somebody with this (case-folded) email.
pub fn choose<'a>(email: &str, accounts: &'a Accounts, rules: Rules<'_>) -> Option<Choice<'a>> {
    let (rule, found) = find(email, accounts, rules)?;
    let (account, tie) = tie::decide(found.clone(), rules)?;
    let mut candidates: Vec<&str> = found.iter().map(|account| account.id.as_str()).collect();
    candidates.sort_unstable();
    if candidates.len() < 2 {
        candidates.clear();
    }
    let domain = domain::of_email(email).unwrap_or_default();
    let why = match rule {
        Rule::OwnContact => "a contact with this email belongs to it".to_owned(),
        Rule::ExactWebsite | Rule::Website => format!("its website is {domain}"),
        Rule::ContactsOfDomain => format!("most contacts of {domain} belong to it"),
        Rule::Fuzzy => {
            format!("its website {} is like {domain}", account.website.as_deref().unwrap_or_default())
        }
    };
    let tie = tie.map(|tie| format!("; of {} it is the one {tie}", candidates.len())).unwrap_or_default();
    Some(Choice { account, rule, candidates, reason: format!("Account {}: {why}{tie}", account.name) })
}

/// The Accounts between which only the number of records below them decides: those must be counted before [`choose`].
pub fn undecided(email: &str, accounts: &Accounts, rules: Rules<'_>) -> Vec<String> {
    let Some((_, found)) = find(email, accounts, rules) else { return Vec::new() };
    let rivals = tie::one_an_owner(found);
    if rivals.len() < 2 { Vec::new() } else { rivals.into_iter().map(|account| account.id.clone()).collect() }
}

/// What the first rule finds that finds anything (Cal.com: a step with nothing left passes to the next).
fn find<'a>(email: &str, accounts: &'a Accounts, rules: Rules<'_>) -> Option<(Rule, Vec<&'a Account>)> {
    let may = |account: &&Account| is_allowed(account, rules);
    let own = accounts.of_email.get(email).into_iter().flatten();
    // The contact who changed last speaks for the person: their Account stands alone.
    if let Some(account) = own.filter_map(|id| accounts.by_id.get(id)).find(|account| may(account)) {
        return Some((Rule::OwnContact, vec![account]));
    }
    let domain = domain::of_email(email).filter(|domain| !domain::is_free_mail(domain))?;
    let with_website = |test: &dyn Fn(&str) -> bool| -> Vec<&'a Account> {
        let all = accounts.by_id.values();
        all.filter(|account| account.website.as_deref().is_some_and(test))
            .filter(|account| is_allowed(account, rules))
            .collect()
    };
    let exact = with_website(&|website| domain::is_plain_form(website, domain));
    if !exact.is_empty() {
        return Some((Rule::ExactWebsite, exact));
    }
    let normalised = with_website(&|website| domain::normalise(website).is_some_and(|host| host == domain));
    if !normalised.is_empty() {
        return Some((Rule::Website, normalised));
    }
    if let Some(counts) = accounts.of_domain.get(domain) {
        let allowed: Vec<(&Account, u64)> = counts
            .iter()
            .filter_map(|(id, count)| Some((accounts.by_id.get(id)?, *count)))
            .filter(|(account, _)| is_allowed(account, rules))
            .collect();
        if let Some(most) = allowed.iter().map(|(_, count)| *count).max() {
            let most = allowed.into_iter().filter(|(_, count)| *count == most).map(|(account, _)| account);
            return Some((Rule::ContactsOfDomain, most.collect()));
        }
    }
    let base = domain::base(domain).filter(|_| rules.fuzzy)?;
    let like = with_website(&|website| {
        domain::normalise(website).is_some_and(|host| !domain::is_free_mail(&host) && domain::base(&host) == Some(base))
    });
    (!like.is_empty()).then_some((Rule::Fuzzy, like))
}

fn is_allowed(account: &Account, rules: Rules<'_>) -> bool {
    let excluded = account.record_type.as_ref().is_some_and(|kind| {
        rules.exclude.iter().any(|excluded| excluded.trim().to_lowercase() == kind.trim().to_lowercase())
    });
    let host = rules
        .hosts
        .is_none_or(|hosts| account.owner.as_ref().is_some_and(|owner| owner.active && hosts.contains(&owner.email)));
    !excluded && host && rules.fields.iter().all(|rule| rule.lets(account.values.get(&rule.field)))
}
