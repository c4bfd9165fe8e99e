//! What Salesforce must be asked to choose Accounts, and its answers.
//!
//! One composite for all of a batch: websites and contacts of the domains, each with the Account's own fields, so that
//! nothing must be read after. Only where the number of records below Accounts decides, a second one counts them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Accounts, Counts, Rules, User, domain, undecided};
use crate::salesforce::{ApiError, Client, ErrorClass, Record, Scope, classify, scope, soql};

/// Patterns in one statement: many more, and Salesforce calls it too complicated.
const PATTERNS: usize = 100;
/// Accounts whose children one statement counts; the answer has a row for each and cannot be paged.
const COUNTED: usize = 500;

/// Whose Accounts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Domains that are not free mail; true: also websites of the same company name.
    domains: BTreeMap<String, bool>,
    /// Emails whose own contacts' Accounts are wanted.
    emails: BTreeSet<String>,
    /// Record types matter, and Accounts have them.
    pub record_types: bool,
    /// Further fields that rules look at, as far as the org has them.
    pub fields: BTreeSet<String>,
}

/// What a statement's answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accounts.
    Accounts,
    /// Contacts of a domain with their Accounts.
    OfDomain,
    /// Contacts of an email with their Accounts.
    OfEmail,
}

impl Wants {
    /// Wants the Account of somebody with this (case-folded) email, by domain.
    pub fn domain_of(&mut self, email: &str, fuzzy: bool) {
        if let Some(domain) = domain::of_email(email).filter(|domain| !domain::is_free_mail(domain)) {
            *self.domains.entry(domain.to_owned()).or_default() |= fuzzy;
        }
    }

    /// Wants what tells where Accounts are.
    pub fn places(&mut self) {
        self.fields.extend(["BillingCountry", "BillingState", "BillingPostalCode"].map(str::to_owned));
    }

    /// Wants the Accounts of the contacts with this email.
    pub fn contacts_of(&mut self, email: &str) {
        self.emails.insert(email.to_owned());
    }

    /// The statements. No website that may match is left out: what is asked for is what contains the domain, or with
    /// fuzzy matching the company's name; which of them match is decided here and not by Salesforce.
    pub fn statements(&self) -> Result<Vec<(Answer, String)>, soql::NameError> {
        let own = |prefix: &str| -> Vec<String> {
            let kinds = self.record_types.then_some("RecordType.Name");
            let fields = FIELDS.into_iter().chain(kinds).chain(self.fields.iter().map(String::as_str));
            fields.map(|field| format!("{prefix}{field}")).collect()
        };
        let likes = |field: &str, patterns: Vec<String>| -> Vec<String> {
            let like = |pattern: &String| format!("{field} LIKE '{pattern}'");
            patterns
                .chunks(PATTERNS)
                .map(|chunk| format!("({})", chunk.iter().map(like).collect::<Vec<_>>().join(" OR ")))
                .collect()
        };
        let with_account = || {
            let fields = ["Id", "Email", "AccountId", "LastModifiedDate"].map(str::to_owned);
            let contacts = soql::Query::select(fields.into_iter().chain(own("Account.")), "Contact")?;
            Ok(contacts.and("AccountId != null").order_by("Id"))
        };
        let mut statements = Vec::new();
        let websites = self.domains.iter().map(|(domain, fuzzy)| {
            let part = if *fuzzy { domain::base(domain) } else { None };
            format!("%{}%", soql::escape_like(part.unwrap_or(domain)))
        });
        for condition in likes("Website", websites.collect()) {
            let query = soql::Query::select(own(""), "Account")?.and(condition).order_by("Id");
            statements.push((Answer::Accounts, query.to_string()));
        }
        let addresses = self.domains.keys().map(|domain| format!("%@{}", soql::escape_like(domain)));
        for condition in likes("Email", addresses.collect()) {
            statements.push((Answer::OfDomain, with_account()?.and(condition).to_string()));
        }
        let emails: Vec<&String> = self.emails.iter().collect();
        for statement in with_account()?.where_in("Email", &emails)? {
            statements.push((Answer::OfEmail, statement.soql));
        }
        Ok(statements)
    }
}

/// The fields of an Account that choosing looks at.
const FIELDS: [&str; 9] = [
    "Id",
    "Name",
    "Website",
    "OwnerId",
    "Owner.Email",
    "Owner.Name",
    "Owner.IsActive",
    "LastActivityDate",
    "CreatedDate",
];

impl Accounts {
    /// Takes in the answer of a statement.
    pub fn take(&mut self, answer: Answer, mut records: Vec<Record>) {
        if answer == Answer::OfEmail {
            records.sort_by_key(|contact| (std::cmp::Reverse(contact.datetime("LastModifiedDate")), contact.id()));
        }
        for record in records {
            if answer == Answer::Accounts {
                self.add(&record);
                continue;
            }
            let Some(account) = record.get("Account").cloned().and_then(Record::from_value) else { continue };
            let (Some(id), Some(email)) = (self.add(&account), record.str("Email").map(str::to_lowercase)) else {
                continue;
            };
            if answer == Answer::OfEmail {
                self.of_email.entry(email).or_default().push(id);
            } else if let Some(domain) = domain::of_email(&email) {
                *self.of_domain.entry(domain.to_owned()).or_default().entry(id).or_default() += 1;
            }
        }
    }

    fn add(&mut self, record: &Record) -> Option<String> {
        let id = record.id()?.to_string();
        let text = |field: &str| record.str(field).map(str::to_owned);
        let owner = record.sf_id("OwnerId").map(|id| User {
            id: id.to_string(),
            email: record.str("Owner.Email").map(str::to_lowercase).unwrap_or_default(),
            name: text("Owner.Name").unwrap_or_default(),
            active: record.bool("Owner.IsActive").unwrap_or(false),
        });
        self.by_id.entry(id.clone()).or_insert_with(|| Account {
            id: id.clone(),
            name: text("Name").unwrap_or_default(),
            website: text("Website"),
            record_type: text("RecordType.Name"),
            owner,
            last_activity: record.date("LastActivityDate"),
            created: record.datetime("CreatedDate"),
            counts: None,
            values: record.clone(),
        });
        Some(id)
    }

    /// Asks Salesforce; a question that the org refuses for what it is (not for now) is remembered as refused.
    pub async fn ask(client: &Client, wants: &Wants) -> Result<Self, ApiError> {
        let statements = wants.statements().map_err(|error| ApiError::Request(error.to_string()))?;
        let mut accounts = Self::default();
        let texts: Vec<&str> = statements.iter().map(|(_, soql)| soql.as_str()).collect();
        for ((answer, _), records) in statements.iter().zip(client.queries(&texts).await) {
            match records {
                Ok(records) => accounts.take(*answer, records),
                Err(error) if is_refusal(&error) => accounts.refused = Some(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(accounts)
    }

    /// Counts what hangs on the Accounts between which that decides, for everyone of `people` (email and rules).
    pub async fn count(&mut self, client: &Client, people: &[(String, Rules<'_>)]) -> Result<(), ApiError> {
        let rivals: BTreeSet<String> =
            people.iter().flat_map(|(email, rules)| undecided(email, self, *rules)).collect();
        let rivals: Vec<String> = rivals.into_iter().collect();
        let mut statements = Vec::new();
        for (which, (object, field)) in COUNTS.into_iter().enumerate() {
            for ids in rivals.chunks(COUNTED) {
                let list = ids.iter().map(|id| soql::quote(id)).collect::<Vec<_>>().join(",");
                let soql = format!(
                    "SELECT {field} account, COUNT(Id) n FROM {object} WHERE {field} IN ({list}) GROUP BY {field}"
                );
                statements.push((which, ids, soql));
            }
        }
        let texts: Vec<&str> = statements.iter().map(|(.., soql)| soql.as_str()).collect();
        for ((which, ids, _), rows) in statements.iter().zip(client.queries(&texts).await) {
            let rows = match rows {
                Ok(rows) => rows,
                // An org without Opportunities, or a user who may not see them: that rule says nothing.
                Err(error) if is_refusal(&error) => continue,
                Err(error) => return Err(error),
            };
            let of = |row: &Record| Some((row.sf_id("account")?.to_string(), row.int("n")?.unsigned_abs()));
            let counted: BTreeMap<String, u64> = rows.iter().filter_map(of).collect();
            for id in *ids {
                let Some(account) = self.by_id.get_mut(id) else { continue };
                let counts = account.counts.get_or_insert_with(Counts::default);
                let slot = [&mut counts.children, &mut counts.opportunities, &mut counts.contacts];
                if let Some(slot) = slot.into_iter().nth(*which) {
                    *slot = Some(counted.get(id).copied().unwrap_or(0));
                }
            }
        }
        Ok(())
    }
}

/// What is counted, in the order of [`Counts`]: object and the field that points to the Account.
const COUNTS: [(&str, &str); 3] = [("Account", "ParentId"), ("Opportunity", "AccountId"), ("Contact", "AccountId")];

/// True if the same question will be refused again: waiting does not help, a person must look.
fn is_refusal(error: &ApiError) -> bool {
    let for_good = matches!(
        classify(error),
        ErrorClass::TellUser | ErrorClass::Bug | ErrorClass::Park | ErrorClass::Split | ErrorClass::Rematch
    );
    matches!(error, ApiError::Api { .. }) && for_good && scope(error) != Scope::Org
}
