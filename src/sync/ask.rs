//! What Salesforce must be asked before a batch can be planned, and the asking: one composite for all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::event;
use super::found::{EventHit, Found, Guests};
use super::intent;
use super::person;
use super::plan::{
    Item, Org, creates_event, host_email, linked, may_have_event, needs_write, owner_email, people, relates,
};
use super::rules::{Moment, RuleObject, When, Wins, WriteRule};
use crate::domain::Phone;
use crate::salesforce::{ApiError, Client, Record, soql};
use crate::store::Entity;

/// The questions of a batch; sets, so that nobody is asked for twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Emails to look for among Contacts.
    pub contact_emails: BTreeSet<String>,
    /// Emails to look for among Leads.
    pub lead_emails: BTreeSet<String>,
    /// Phones to look for among Contacts, in all the forms people write them, each with its E.164.
    pub contact_phones: BTreeMap<String, String>,
    /// The same among Leads.
    pub lead_phones: BTreeMap<String, String>,
    /// Contacts to read.
    pub contact_ids: BTreeSet<String>,
    /// Leads to read.
    pub lead_ids: BTreeSet<String>,
    /// Emails to look for among active users.
    pub user_emails: BTreeSet<String>,
    /// Starts and people of Events whose answer was lost.
    pub lost_starts: BTreeSet<String>,
    /// The people of those Events.
    pub lost_people: BTreeSet<String>,
    /// Starts of Events that the store may have forgotten.
    pub forgotten_starts: BTreeSet<String>,
    /// The subjects of those Events.
    pub forgotten_subjects: BTreeSet<String>,
    /// Events to read, because what a rule writes depends on what stands there.
    pub event_ids: BTreeSet<String>,
    /// Fields that rules write, by object, as far as the org has them: what stands there must be known.
    pub rule_fields: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Questions {
    /// What a batch needs to know; `all`: the org relates an Event to all who take part.
    pub fn of(items: &[Item<'_>], guests: &Guests, all: bool) -> Self {
        let mut questions = Self::default();
        for item in items {
            questions.add(item, guests, all);
        }
        questions
    }

    /// Notes the fields that rules write and that the org has.
    pub fn add_rule_fields(&mut self, items: &[Item<'_>], org: Org<'_>) {
        for (object, describe) in [("Contact", org.contact), ("Lead", org.lead), ("Event", org.event)] {
            let Some(describe) = describe else { continue };
            let fields = items
                .iter()
                .flat_map(|item| &item.profile.rules)
                .filter(|rule| rule.object.writes(object))
                .filter_map(|rule| describe.field(rule.field.trim()).map(|field| field.name.clone()));
            self.rule_fields.entry(object).or_default().extend(fields);
        }
    }

    /// True if somebody is looked for by something other than an email.
    pub fn asks_otherwise(&self) -> bool {
        !self.contact_phones.is_empty() || !self.lead_phones.is_empty()
    }

    /// The fields of a Lead or Contact that are read.
    pub fn person_fields(&self, object: &str) -> Vec<&str> {
        let rules = self.rule_fields.get(object).into_iter().flatten().map(String::as_str);
        person::queried_fields(object).into_iter().chain(rules).collect()
    }

    fn add(&mut self, item: &Item<'_>, guests: &Guests, all: bool) {
        // The Event of somebody whom the gate no longer lets through is still kept in step, and nothing else.
        if !item.admitted && item.activity_link.is_none() {
            return;
        }
        let row = item.row;
        if let Some(event) = intent::of_event(row)
            && let (Some(start), Some(who)) = (intent::text(event, "StartDateTime"), intent::text(event, "WhoId"))
        {
            self.lost_starts.insert(start.to_owned());
            self.lost_people.insert(who.to_owned());
        }
        let forgotten = item.activity.filter(|_| may_have_event(item));
        if let Some((activity, start)) = forgotten.and_then(|activity| Some((activity, activity.start?))) {
            self.forgotten_starts.insert(event::datetime(start));
            self.forgotten_subjects.extend(event::subjects(activity));
        }
        let looks = |rule: &WriteRule| rule.when == When::Empty || rule.wins == Wins::Theirs;
        let looks = item.profile.rules.iter().any(|rule| rule.object == RuleObject::Event && looks(rule));
        if let Some(link) = item.activity_link.filter(|_| looks) {
            self.event_ids.insert(link.record_id.clone());
        }
        if let Some((object, body)) = intent::of_person(row) {
            let (emails, phones) = match object {
                "Lead" => (&mut self.lead_emails, &mut self.lead_phones),
                _ => (&mut self.contact_emails, &mut self.contact_phones),
            };
            match (intent::text(body, "Email"), intent::text(body, "MobilePhone")) {
                (Some(email), _) => _ = emails.insert(email.to_owned()),
                (None, Some(phone)) => phones.extend(forms(phone)),
                (None, None) => {}
            }
        }
        let creates = row.entity == Entity::Activity && creates_event(item);
        let relates = row.entity == Entity::Activity && relates(item, guests, all);
        let owners = item.profile.organizer_owns || (relates && item.profile.change_owner_from.is_some());
        if row.entity == Entity::Activity && owners && (creates || item.activity_link.is_some()) {
            self.user_emails.extend(host_email(item));
        }
        let person_rules =
            |moment| item.profile.rules.iter().any(|rule| rule.object == RuleObject::Person && rule.on == moment);
        let on_cancel = item.admitted && row.entity == Entity::Activity && !relates && person_rules(Moment::Cancel);
        if row.entity == Entity::Activity && !relates && !on_cancel && forgotten.is_none() {
            return;
        }
        for (i, who) in people(item).iter().enumerate() {
            if let Some((object, id)) = linked(item, who, guests) {
                let read = match row.entity {
                    Entity::Contact => item.contact_link.is_some_and(|link| needs_write(item, who, link)),
                    // Whom an Event is put under must be there: merged and converted people are followed.
                    Entity::Activity => relates || (i == 0 && on_cancel),
                };
                if read {
                    if object == "Lead" { &mut self.lead_ids } else { &mut self.contact_ids }.insert(id);
                }
                continue;
            }
            let emails = || who.email.iter().chain(who.former).cloned();
            let phones = || who.mobile.iter().flat_map(|mobile| forms(mobile));
            if item.profile.looks_for_contact() {
                self.contact_emails.extend(emails());
                self.contact_phones.extend(phones());
            }
            if item.profile.looks_for_lead() {
                self.lead_emails.extend(emails());
                self.lead_phones.extend(phones());
            }
            if item.profile.organizer_owns {
                self.user_emails.extend(owner_email(item));
            }
        }
    }

    /// The statements, each within Salesforce's limits. `fields`: further fields that rules look at, by object.
    fn statements(&self) -> Result<Vec<(Answer, String)>, soql::NameError> {
        let people = |object: &str| soql::Query::select(self.person_fields(object), object);
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        let mut statements = Vec::new();
        let mut add = |answer, found: Vec<soql::InStatement>| {
            statements.extend(found.into_iter().map(|statement| (answer, statement.soql)));
        };
        add(Answer::People, people("Contact")?.where_in("Email", &list(&self.contact_emails))?);
        add(Answer::People, people("Lead")?.where_in("Email", &list(&self.lead_emails))?);
        for (object, phones) in [("Contact", &self.contact_phones), ("Lead", &self.lead_phones)] {
            let forms: Vec<&String> = phones.keys().collect();
            add(Answer::Phones, people(object)?.where_either_in(["MobilePhone", "Phone"], &forms)?);
        }
        add(Answer::People, people("Contact")?.where_in("Id", &list(&self.contact_ids))?);
        add(Answer::People, people("Lead")?.where_in("Id", &list(&self.lead_ids))?);
        let users = soql::Query::select(["Id", "Email"], "User")?.and("IsActive = true");
        add(Answer::Users, users.where_in("Email", &list(&self.user_emails))?);
        if let Some(fields) = self.rule_fields.get("Event") {
            let fields = ["Id"].into_iter().chain(fields.iter().map(String::as_str));
            add(Answer::EventFields, soql::Query::select(fields, "Event")?.where_in("Id", &list(&self.event_ids))?);
        }
        if !self.lost_starts.is_empty() {
            let starts = list(&self.lost_starts).join(", ");
            let events = soql::Query::select(["Id", "WhoId", "Subject", "StartDateTime"], "Event")?
                .and(format!("StartDateTime IN ({starts})"));
            add(Answer::Events, events.where_in("WhoId", &list(&self.lost_people))?);
        }
        if !self.forgotten_starts.is_empty() {
            let starts = list(&self.forgotten_starts).join(", ");
            let events = soql::Query::select(["Id", "WhoId", "Subject", "StartDateTime"], "Event")?
                .and(format!("StartDateTime IN ({starts})"));
            add(Answer::Events, events.where_in("Subject", &list(&self.forgotten_subjects))?);
        }
        Ok(statements)
    }

    /// Asks them all. A question that fails fails the batch: "not found" is only what Salesforce said.
    pub async fn ask(&self, client: &Client) -> Result<Found, ApiError> {
        let statements = self.statements().map_err(|error| ApiError::Request(error.to_string()))?;
        let mut found = Found::default();
        if statements.is_empty() {
            return Ok(found);
        }
        let texts: Vec<&str> = statements.iter().map(|(_, soql)| soql.as_str()).collect();
        for ((answer, _), records) in statements.iter().zip(client.queries(&texts).await) {
            let records = records?;
            match answer {
                Answer::People => found.add_people(&records),
                Answer::Phones => self.take_phones(&records, &mut found),
                Answer::Users => {
                    // By id, so that several users of one email always give the same one.
                    let mut users: Vec<_> = records
                        .iter()
                        .filter_map(|user| Some((user.str("Email")?.to_lowercase(), user.id()?.to_string())))
                        .collect();
                    users.sort();
                    for (email, id) in users {
                        found.users.entry(email).or_insert(id);
                    }
                }
                Answer::EventFields => {
                    let read = |event: &Record| Some((event.id()?.to_string(), event.fields().clone()));
                    found.event_fields.extend(records.iter().filter_map(read));
                }
                Answer::Events => found.events.extend(records.iter().filter_map(|event| {
                    Some(EventHit {
                        id: event.id()?.to_string(),
                        who: event.sf_id("WhoId").map(|id| id.to_string()),
                        subject: event.str("Subject").map(str::to_owned),
                        start: event.datetime("StartDateTime"),
                    })
                })),
            }
        }
        Ok(found)
    }
}

impl Questions {
    /// People found by phone; which phone it was tells their record.
    fn take_phones(&self, records: &[Record], found: &mut Found) {
        found.add_people(records);
        for record in records {
            let Some(id) = record.id().map(|id| id.to_string()) else { continue };
            for text in ["MobilePhone", "Phone"].into_iter().filter_map(|field| record.str(field)) {
                let phones = [self.contact_phones.get(text), self.lead_phones.get(text)];
                for phone in phones.into_iter().flatten() {
                    let known = found.by_phone.entry(phone.clone()).or_default();
                    if !known.contains(&id) {
                        known.push(id.clone());
                    }
                }
            }
        }
    }
}

/// A phone in the forms that it is looked for by.
fn forms(phone: &str) -> Vec<(String, String)> {
    let forms = Phone::from_e164(phone).map(|phone| phone.forms()).unwrap_or_default();
    forms.into_iter().map(|form| (form, phone.to_owned())).collect()
}

#[derive(Clone, Copy)]
enum Answer {
    People,
    Phones,
    Users,
    Events,
    EventFields,
}
