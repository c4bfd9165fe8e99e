//! Whose lead is it: the owner that Salesforce has for an email, for round robin (product: owner lookup).
//!
//! [`Lookup::find`] asks Salesforce once (a second time where Accounts tie or a lookup field counts) and decides pure:
//! only an active owner who is among the hosts counts; in all other cases nobody does, and the reason says why. Both
//! `rolodeck owner` and `GET /v1/owner` come through here.

use jiff::Timestamp;
use serde::Serialize;

use super::account::ask::Wants;
use super::account::{self, Accounts, FieldRule, Place, Tie, User, domain};
use super::profile::RecordKind;
use super::setup;
use crate::config;
use crate::salesforce::{ApiError, Client, Record, soql};

#[cfg(test)]
mod tests;

/// How owners are looked up (`[owner_lookup]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The record whose owner counts.
    pub record: RecordKind,
    /// No Contact: the Lead's owner counts (Cal.com: roundRobinSkipFallbackToLeadOwner).
    pub fallback_to_lead: bool,
    /// Who writes from a mail service has no owner (Cal.com: ifFreeEmailDomainSkipOwnerCheck).
    pub skip_free_email: bool,
    /// A User lookup on Account, perhaps of a parent (`Region__r.Owner__c`), that counts instead of its owner.
    pub account_field: Option<String>,
    /// Accounts match by the company's name in their website too.
    pub fuzzy: bool,
    /// Names of Account record types that never match.
    pub exclude: Vec<String>,
    /// What decides between several Accounts.
    pub ties: Vec<Tie>,
    /// The field of Account that names its sub-region.
    pub sub_region: Option<String>,
    /// Which records may decide (Cal.com: rrSkipFieldRules).
    pub rules: Vec<FieldRule>,
}

/// Whose owner is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// Their email.
    pub email: &'a str,
    /// Emails of those whom the meeting may be with; none: whoever it is.
    pub hosts: &'a [String],
    /// Where they say they are.
    pub place: Place<'a>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The host to book with; `None`: normal distribution.
    pub owner: Option<User>,
    /// The rule by which the owner counts.
    pub rule: Option<Rule>,
    /// The record that was looked at.
    pub record: Option<Seen>,
    /// Why this one, or why nobody, in words.
    pub reason: String,
}

/// The rule by which an owner counts (Cal.com: routing reasons).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The Contact's owner.
    ContactOwner,
    /// The Lead's owner.
    LeadOwner,
    /// The Account's owner.
    AccountOwner,
    /// The user in a field of the Account.
    AccountLookupField,
}

/// A record that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Contact, Lead or Account.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A Lead or Contact with its owner.
#[derive(Clone, Debug, PartialEq)]
struct Person {
    seen: Seen,
    owner: User,
    converted: bool,
    modified: Option<Timestamp>,
}

impl Lookup {
    /// As the configuration says.
    pub fn from_config(said: &config::OwnerLookup) -> Self {
        Self {
            record: match said.record {
                config::Record::Contact => RecordKind::Contact,
                config::Record::Lead => RecordKind::Lead,
                config::Record::Account => RecordKind::Account,
            },
            fallback_to_lead: said.fallback_to_lead,
            skip_free_email: said.skip_free_email,
            account_field: text(&said.account_field),
            fuzzy: said.fuzzy_domain,
            exclude: said.exclude_account_record_types.clone(),
            ties: said.tie_rules.iter().map(|rule| setup::tie(*rule)).collect(),
            sub_region: text(&said.sub_region_field),
            rules: said.rules.iter().map(rule).collect(),
        }
    }

    /// The owner of whoever has this email, if they are among the hosts; without hosts, whoever it is.
    pub async fn find(&self, client: &Client, question: Question<'_>) -> Result<Finding, ApiError> {
        let email = question.email.trim().to_lowercase();
        let hosts: Vec<String> = question.hosts.iter().map(|host| host.trim().to_lowercase()).collect();
        let hosts = (!hosts.is_empty()).then_some(hosts.as_slice());
        let mail_service = domain::of_email(&email).filter(|domain| domain::is_free_mail(domain));
        if let Some(domain) = mail_service.filter(|_| self.skip_free_email) {
            return Ok(nobody(format!("{domain} is a mail service: whoever writes from it has no owner")));
        }
        if self.record == RecordKind::Account {
            return self.of_account(client, &email, hosts, question.place).await;
        }
        let people = self.people(client, &email).await?;
        Ok(self.of_person(&people, hosts))
    }

    /// The rules about fields that an object has: those it does not have are passed over (Cal.com).
    async fn rules_of(&self, client: &Client, object: &str) -> Result<Vec<FieldRule>, ApiError> {
        if self.rules.is_empty() {
            return Ok(Vec::new());
        }
        let describe = client.describe(object).await?;
        let known = |rule: &FieldRule| {
            let field = describe.field(rule.field.trim())?.name.clone();
            Some(FieldRule { field, ..rule.clone() })
        };
        Ok(self.rules.iter().filter_map(known).collect())
    }

    /// The Contacts and Leads with the email, the most recently modified first.
    async fn people(&self, client: &Client, email: &str) -> Result<Vec<Person>, ApiError> {
        // A converted Lead is its Contact now. Where Leads do not count they are asked for all the same, in the same call:
        // who hears "nobody" wants to know whose Lead it is.
        let objects = [("Contact", true), ("Lead", self.record == RecordKind::Lead || self.fallback_to_lead)];
        let (mut statements, mut rules) = (Vec::new(), Vec::new());
        for (object, counts) in objects {
            let converted = (object == "Lead").then_some("IsConverted");
            rules.push(if counts { self.rules_of(client, object).await? } else { Vec::new() });
            let looked_at = rules.last().into_iter().flatten().map(|rule| rule.field.as_str());
            let fields = ["Id", "Name", "OwnerId", "Owner.Email", "Owner.Name", "Owner.IsActive", "LastModifiedDate"];
            let query = soql::Query::select(fields.into_iter().chain(converted).chain(looked_at), object);
            let query = query.and_then(|query| query.and_equals("Email", email)).map_err(|error| unbuilt(&error))?;
            statements.push(query.order_by("LastModifiedDate DESC, Id").to_string());
        }
        let mut people = Vec::new();
        let answers = client.queries(&statements).await.into_iter().zip(&rules).zip(objects);
        for ((records, rules), (_, counts)) in answers {
            let records = match records {
                Err(error) if counts => return Err(error),
                Err(_) => continue, // the integration user may not read Leads
                Ok(records) => records,
            };
            let lets = |record: &&Record| rules.iter().all(|rule| rule.lets(record.get(&rule.field)));
            // A converted Lead is known to be none, whatever stands in it.
            people.extend(records.iter().filter(lets).filter_map(Person::of));
        }
        people.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.seen.id.cmp(&b.seen.id)));
        Ok(people)
    }

    /// Contact first, or in lead mode the unconverted Lead; of several the first whose owner counts.
    fn of_person(&self, people: &[Person], hosts: Option<&[String]>) -> Finding {
        let of = |object: &str| people.iter().filter(|p| p.seen.object == object && !p.converted).collect::<Vec<_>>();
        let (contacts, leads) = (of("Contact"), of("Lead"));
        let converted = people.iter().any(|person| person.converted);
        let (chosen, rule) = match self.record {
            RecordKind::Lead if !leads.is_empty() || !converted => (&leads, Rule::LeadOwner),
            _ if contacts.is_empty() && self.fallback_to_lead => (&leads, Rule::LeadOwner),
            _ => (&contacts, Rule::ContactOwner),
        };
        let Some(first) = chosen.first() else {
            let what = match (self.record, self.fallback_to_lead) {
                (RecordKind::Lead, _) => "no Lead",
                (_, true) => "no Contact and no Lead",
                _ => "no Contact",
            };
            let rules = if self.rules.is_empty() { "" } else { " and passes the rules of [owner_lookup]" };
            let reason = format!("{what} has this email{rules}");
            // What is there and does not count is told with the option that lets it count.
            let (other, option) = match self.record {
                RecordKind::Lead => (contacts.first(), "with record = \"contact\""),
                _ if !self.fallback_to_lead => (leads.first(), "with fallback_to_lead = true"),
                _ => (None, ""),
            };
            let Some(other) = other else { return nobody(reason) };
            let Seen { object, name, .. } = &other.seen;
            let owner = if other.owner.name.is_empty() { "somebody" } else { &other.owner.name };
            let reason =
                format!("{reason}; {object} {name} belongs to {owner}, which counts {option} in [owner_lookup]");
            return Finding { record: Some(other.seen.clone()), ..nobody(reason) };
        };
        let person = chosen.iter().find(|person| refusal(&person.owner, hosts).is_none()).unwrap_or(first);
        judge(person.seen.clone(), person.owner.clone(), rule, hosts, "")
    }

    async fn of_account(
        &self,
        client: &Client,
        email: &str,
        hosts: Option<&[String]>,
        place: Place<'_>,
    ) -> Result<Finding, ApiError> {
        let fields = self.rules_of(client, "Account").await?;
        let mut wants = Wants::default();
        wants.contacts_of(email);
        wants.domain_of(email, self.fuzzy);
        wants.fields.extend(fields.iter().map(|rule| rule.field.clone()));
        if !place.is_nowhere() {
            wants.places();
        }
        let mut sub_region = self.sub_region.as_deref().filter(|_| place.sub_region.is_some());
        if sub_region.is_some() || !self.exclude.is_empty() {
            let describe = client.describe("Account").await?;
            sub_region = sub_region.filter(|field| describe.field(field).is_some());
            wants.record_types = !self.exclude.is_empty() && describe.field("RecordTypeId").is_some();
        }
        wants.fields.extend(sub_region.map(str::to_owned));
        let mut accounts = Accounts::ask(client, &wants).await?;
        if let Some(refused) = &accounts.refused {
            return Err(ApiError::Request(format!("Accounts cannot be looked for: {refused}")));
        }
        // With a lookup field the owner does not matter, so hosts cannot narrow the Accounts.
        let narrowed = if self.account_field.is_none() { hosts } else { None };
        let any = account::Rules {
            fuzzy: self.fuzzy,
            exclude: &self.exclude,
            hosts: None,
            fields: &fields,
            ties: Some(&self.ties),
            place,
            sub_region,
        };
        let rules = account::Rules { hosts: narrowed, ..any };
        accounts.count(client, &[(email.to_owned(), rules)]).await?;
        let choice = account::choose(email, &accounts, rules).or_else(|| account::choose(email, &accounts, any));
        let Some(choice) = choice else {
            let rules = if self.rules.is_empty() { "" } else { " and passes the rules of [owner_lookup]" };
            return Ok(nobody(format!("no Account is theirs{rules}")));
        };
        let seen =
            Seen { object: "Account".to_owned(), id: choice.account.id.clone(), name: choice.account.name.clone() };
        if let Some(field) = &self.account_field {
            return in_field(client, seen, field, hosts, &choice.reason).await;
        }
        let owner = choice.account.owner.clone().unwrap_or_default();
        Ok(judge(seen, owner, Rule::AccountOwner, hosts, &choice.reason))
    }
}

fn text(said: &str) -> Option<String> {
    Some(said.trim().to_owned()).filter(|text| !text.is_empty())
}

fn rule(said: &config::OwnerRule) -> FieldRule {
    let must = said.action == config::RuleAction::MustInclude;
    FieldRule { field: said.field.clone(), value: said.value.clone(), must }
}

/// The user in a field of an Account. A field that is wrong or empty leaves the choice to normal distribution.
async fn in_field(
    client: &Client,
    seen: Seen,
    field: &str,
    hosts: Option<&[String]>,
    why: &str,
) -> Result<Finding, ApiError> {
    let Ok(query) = soql::Query::select([field], "Account") else {
        return Ok(nobody(format!("account_field {field:?} is no field of Account")));
    };
    let query = query.and_equals("Id", &seen.id).map_err(|error| unbuilt(&error))?;
    let record = match client.query(&query.to_string()).await {
        Ok(records) => records.into_iter().next().unwrap_or_default(),
        Err(error) if error.code() == "INVALID_FIELD" => {
            return Ok(nobody(format!("account_field {field} is no field of Account: {error}")));
        }
        Err(error) => return Err(error),
    };
    let Some(id) = record.sf_id(field).map(|id| id.to_string()).filter(|id| id.starts_with("005")) else {
        return Ok(Finding {
            record: Some(seen.clone()),
            ..nobody(format!("{field} of Account {} names no user", seen.name))
        });
    };
    let users = soql::Query::select(["Id", "Email", "Name", "IsActive"], "User");
    let users = users.and_then(|query| query.and_equals("Id", &id)).map_err(|error| unbuilt(&error))?;
    let user = client.query(&users.to_string()).await?.into_iter().next().unwrap_or_default();
    let owner = User {
        id,
        email: user.str("Email").map(str::to_lowercase).unwrap_or_default(),
        name: user.str("Name").unwrap_or_default().to_owned(),
        active: user.bool("IsActive").unwrap_or(false),
    };
    let why = format!("by its field {field}; {why}");
    Ok(judge(seen, owner, Rule::AccountLookupField, hosts, &why))
}

/// An owner who counts, or the reason why not.
fn judge(seen: Seen, owner: User, rule: Rule, hosts: Option<&[String]>, why: &str) -> Finding {
    let name = if owner.name.is_empty() { &owner.email } else { &owner.name };
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    let owns = format!("{} {} belongs to {name}{why}", seen.object, seen.name);
    match refusal(&owner, hosts) {
        None => Finding { owner: Some(owner), rule: Some(rule), record: Some(seen), reason: owns },
        Some(refusal) => Finding { record: Some(seen), ..nobody(format!("{owns}, who {refusal}")) },
    }
}

/// Why an owner does not count.
fn refusal(owner: &User, hosts: Option<&[String]>) -> Option<&'static str> {
    if owner.email.is_empty() {
        return Some("is no user with an email");
    }
    if !owner.active {
        return Some("is not active");
    }
    hosts.is_some_and(|hosts| !hosts.contains(&owner.email)).then_some("is not among the hosts")
}

fn nobody(reason: String) -> Finding {
    Finding { owner: None, rule: None, record: None, reason }
}

fn unbuilt(error: &soql::NameError) -> ApiError {
    ApiError::Request(error.to_string())
}

impl Person {
    fn of(record: &Record) -> Option<Self> {
        let text = |field: &str| record.str(field).unwrap_or_default().to_owned();
        Some(Self {
            seen: Seen { object: record.object().to_owned(), id: record.id()?.to_string(), name: text("Name") },
            owner: User {
                id: record.sf_id("OwnerId").map(|id| id.to_string()).unwrap_or_default(),
                email: text("Owner.Email").to_lowercase(),
                name: text("Owner.Name"),
                active: record.bool("Owner.IsActive").unwrap_or(false),
            },
            converted: record.bool("IsConverted").unwrap_or(false),
            modified: record.datetime("LastModifiedDate"),
        })
    }
}
