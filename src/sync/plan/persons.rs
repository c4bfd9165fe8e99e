//! What is planned for a person of a row.

use serde_json::{Map, Value as Json, json};

use super::{
    Action, FieldWrite, Item, ItemPlan, Operation, PersonPlan, Planner, Target, host_email, label, linked, object,
    owner_email, people, rule_object,
};
use crate::domain::ContactId;
use crate::sync::found::{Fate, Found, Way, is_unset};
use crate::sync::intent;
use crate::sync::person::{self, Decision, PersonKey, Placed, Who};
use crate::sync::rules::{self, Moment, RuleObject, Sources, Wins};

impl Planner<'_> {
    /// The person's place in the batch; `update`: their record is to be brought in step, not only to be there.
    pub(super) fn person(&mut self, item: &Item<'_>, who: &Who<'_>, update: bool) -> usize {
        // Who is a guest here and the contact of another row is that contact, who gets the link.
        if let PersonKey::Guest(email) = &who.key
            && let Some(own) = self.own.get(email).copied()
            && let Some(contact) = people(&own).first().filter(|contact| contact.contact.is_some())
        {
            return self.person(&own, contact, update);
        }
        // A guest of one booking may be the contact of another row.
        let alias = who.email.clone().map(PersonKey::Guest);
        let known = self.index.get(&who.key).or_else(|| alias.as_ref().and_then(|alias| self.index.get(alias)));
        if let Some(&index) = known {
            return index;
        }
        let plan = self.new_person(item, who, update);
        let index = self.batch.persons.len();
        self.batch.persons.push(plan);
        self.index.insert(who.key.clone(), index);
        if let Some(alias) = alias {
            self.index.entry(alias).or_insert(index);
        }
        index
    }

    fn new_person(&self, item: &Item<'_>, who: &Who<'_>, update: bool) -> PersonPlan {
        let mut plan = PersonPlan {
            key: who.key.clone(),
            label: label(who),
            target: Target::Lost,
            linked: false,
            operation: None,
            sent: item.contact_link.map(|link| object(&link.sent)).unwrap_or_default(),
            candidates: Vec::new(),
            seen: Json::Null,
            reason: String::new(),
            dropped: Vec::new(),
            notes: Vec::new(),
        };
        let made = match &who.key {
            PersonKey::Contact(id) => self.made.get(id),
            PersonKey::Guest(_) => None,
        };
        let (object_name, id, reason, account) = match linked(item, who, self.guests) {
            None if let Some(made) = made => {
                plan.sent.clone_from(&made.sent);
                (made.object.clone(), made.id.clone(), "it was created, and the answer lost".to_owned(), None)
            }
            Some((object_name, id)) => match self.found.fate(&id) {
                Fate::Record(record, way) => {
                    let reason = match way {
                        Way::Same => "linked",
                        Way::Merged => "its record was merged into this one",
                        Way::Converted => "its Lead was converted",
                    };
                    plan.linked = way == Way::Same;
                    (record.object.clone(), record.id.clone(), reason.to_owned(), None)
                }
                Fate::Gone => return plan,
                Fate::Unread => {
                    plan.linked = true;
                    (object_name, id, "linked".to_owned(), None)
                }
            },
            None => match person::decide(who, item.profile, self.found) {
                Decision::Known(choice) => {
                    if choice.candidates.len() > 1 {
                        plan.notes.push(format!("several records match {}: {}", plan.label, choice.reason));
                    }
                    plan.candidates = choice.candidates;
                    (choice.object, choice.id, choice.reason, choice.account)
                }
                Decision::New { object, account, beside } => {
                    if !beside.is_empty() {
                        plan.notes.push(format!("{} is a Lead too: {}", plan.label, beside.join(", ")));
                    }
                    return self.created(item, who, object, account, plan);
                }
                Decision::Nobody(reason) => {
                    return PersonPlan { target: Target::Nobody(reason.clone()), reason, ..plan };
                }
            },
        };
        plan.target = Target::Record { object: object_name.clone(), id: id.clone() };
        plan.reason.clone_from(&reason);
        if let Some(current) = self.found.by_id.get(&id) {
            plan.seen = json!({
                "modified": current.modified, "owner": current.owner_name, "status": current.value("Status"),
            });
        }
        let mut writes = Vec::new();
        self.agreed(item, who, &object_name, &id, &mut plan.sent);
        if update {
            writes = self.person_writes(item, who, &object_name, &id, &mut plan.sent, &mut plan.notes);
            let rules = rule_object(&object_name);
            self.rule_writes(item, (&object_name, &id), rules, Moment::Update, &mut writes, &mut plan);
        }
        // A Contact without an Account gets one; a Contact that has one is never moved.
        if let Some(Placed { id: account, reason }) = account {
            plan.notes.push(format!("{} had no Account and is put under one: {reason}", plan.label));
            plan.sent.insert("AccountId".to_owned(), Json::from(account.clone()));
            writes.push(FieldWrite { field: "AccountId".to_owned(), before: None, after: Json::from(account) });
        }
        if !writes.is_empty() {
            let action = Action::Update(id);
            plan.operation = Some(Operation { object: object_name, action, fields: writes, reason });
        }
        plan
    }

    /// A new Lead or Contact (product: names, ownership, fallbacks).
    fn created(
        &self,
        item: &Item<'_>,
        who: &Who<'_>,
        object_name: &str,
        account: Option<Placed>,
        mut plan: PersonPlan,
    ) -> PersonPlan {
        let (mut fields, notes) = person::standard_fields(who, object_name, item.profile);
        plan.notes.extend(notes);
        let mut reason = match (&who.email, &who.mobile) {
            (Some(_), None) if !item.profile.looks_for_lead() => "no Contact with this email was found",
            (Some(_), None) if !item.profile.looks_for_contact() => "no Lead with this email was found",
            (Some(_), None) => "nobody with this email was found",
            (Some(_), Some(_)) => "nobody with this email or mobile phone was found",
            (None, _) => "nobody with this mobile phone was found",
        }
        .to_owned();
        if let Some(account) = account {
            reason = format!("{reason}; {}", account.reason);
            fields.insert("AccountId".to_owned(), Json::from(account.id));
        }
        let sources = Sources { contact: who.contact, activity: item.activity };
        let describe = self.describe(object_name);
        let rendered = rules::render(&item.profile.rules, rule_object(object_name), Moment::Create, sources, describe);
        plan.notes.extend(rendered.notes);
        plan.dropped.extend(rendered.dropped);
        for (field, value) in rendered.fields {
            if !(fields.contains_key(&field) && rendered.only_if_empty.contains(&field)) {
                fields.insert(field, value);
            }
        }
        person::fill_required(who, object_name, &mut fields, &mut plan.notes);
        if item.profile.organizer_owns
            && let Some(owner) = self.owner(owner_email(item), &mut plan.notes)
        {
            fields.insert("OwnerId".to_owned(), Json::from(owner));
        }
        let write =
            |(field, value): (&String, &Json)| FieldWrite { field: field.clone(), before: None, after: value.clone() };
        plan.operation = Some(Operation {
            object: object_name.to_owned(),
            action: Action::Create,
            fields: fields.iter().map(write).collect(),
            reason: reason.clone(),
        });
        plan.reason = reason;
        plan.sent = fields;
        plan.target = Target::Created { object: object_name.to_owned() };
        plan
    }

    /// What stands there as we hold it is as good as written by us: it follows the contact from now on.
    fn agreed(&self, item: &Item<'_>, who: &Who<'_>, object_name: &str, id: &str, sent: &mut Map<String, Json>) {
        let Some(current) = self.found.by_id.get(id) else { return };
        let (fields, _) = person::standard_fields(who, object_name, item.profile);
        for (field, value) in fields {
            if current.value(&field).is_some_and(|there| agrees(&field, there, &value)) {
                sent.insert(field, value);
            }
        }
    }

    /// Standard fields of a record that exists: what is blank there is filled, what we wrote ourselves and nobody
    /// changed since follows the contact; anything else belongs to Salesforce and is left alone.
    fn person_writes(
        &self,
        item: &Item<'_>,
        who: &Who<'_>,
        object_name: &str,
        id: &str,
        sent: &mut Map<String, Json>,
        notes: &mut Vec<String>,
    ) -> Vec<FieldWrite> {
        let Some(current) = self.found.by_id.get(id) else { return Vec::new() };
        let (fields, cuts) = person::standard_fields(who, object_name, item.profile);
        let mut writes = Vec::new();
        for (field, value) in fields {
            let there = current.value(&field);
            if there.is_some_and(|there| agrees(&field, there, &value)) {
                continue;
            }
            // An address that was the contact's is replaced by the one it has now, whoever wrote it there (C8).
            let former = field == "Email"
                && there.and_then(Json::as_str).is_some_and(|email| who.former.contains(&email.to_lowercase()));
            let ours =
                there.is_none_or(|there| former || sent.get(&field).is_some_and(|sent| agrees(&field, there, sent)));
            if ours || item.profile.wins == Wins::Ours {
                if !ours {
                    notes.push(format!("{field} was another in Salesforce and is overwritten (wins = \"rolodeck\")"));
                }
                sent.insert(field.clone(), value.clone());
                writes.push(FieldWrite { field, before: there.cloned(), after: value });
            } else if sent.get(&field).is_some_and(|sent| *sent != value) {
                notes.push(theirs(&field));
            }
        }
        if !writes.is_empty() {
            notes.extend(cuts);
        }
        writes
    }

    /// Fields that rules write to a record that exists; equal ones are no change.
    fn rule_writes(
        &self,
        item: &Item<'_>,
        (object_name, id): (&str, &str),
        rule_object: RuleObject,
        moment: Moment,
        writes: &mut Vec<FieldWrite>,
        plan: &mut PersonPlan,
    ) {
        let sources = Sources { contact: item.contact, activity: item.activity };
        let describe = self.describe(object_name);
        let rendered = rules::render(&item.profile.rules, rule_object, moment, sources, describe);
        plan.notes.extend(rendered.notes);
        plan.dropped.extend(rendered.dropped);
        let current = self.found.by_id.get(id);
        for (field, value) in rendered.fields {
            let there = current.and_then(|current| current.value(&field));
            let kind = describe.and_then(|describe| describe.field(&field)).map(|field| &field.kind);
            let full = there.is_some_and(|there| !is_unset(there));
            if there.is_some_and(|there| rules::same(kind, there, &value))
                || (full && rendered.only_if_empty.contains(&field))
            {
                continue;
            }
            if there.is_none() && current.is_none() && plan.sent.get(&field) == Some(&value) {
                continue;
            }
            let changed = plan.sent.get(&field).zip(there).is_some_and(|(sent, there)| !rules::same(kind, there, sent));
            if changed && rendered.theirs_win.contains(&field) {
                plan.notes.push(theirs(&field));
                continue;
            }
            plan.sent.insert(field.clone(), value.clone());
            writes.retain(|write| write.field != field);
            writes.push(FieldWrite { field, before: there.cloned(), after: value });
        }
    }

    /// "On booking, write to a field of the attendee's record": the first person's record, new or known.
    pub(super) fn booking_rules(&mut self, item: &Item<'_>, index: usize, moment: Moment) {
        let sources = Sources { contact: item.contact, activity: item.activity };
        let mut plan = self.batch.persons[index].clone();
        match plan.target.clone() {
            Target::Created { object } => {
                let describe = self.describe(&object);
                let rendered = rules::render(&item.profile.rules, RuleObject::Person, moment, sources, describe);
                plan.notes.extend(rendered.notes);
                plan.dropped.extend(rendered.dropped);
                if let Some(operation) = &mut plan.operation {
                    for (field, value) in rendered.fields {
                        let full = operation.fields.iter().any(|write| write.field == field);
                        if full && rendered.only_if_empty.contains(&field) {
                            continue;
                        }
                        operation.fields.retain(|write| write.field != field);
                        plan.sent.insert(field.clone(), value.clone());
                        operation.fields.push(FieldWrite { field, before: None, after: value });
                    }
                }
            }
            Target::Record { object, id } => {
                let mut writes = plan.operation.take().map(|operation| operation.fields).unwrap_or_default();
                self.rule_writes(item, (&object, &id), RuleObject::Person, moment, &mut writes, &mut plan);
                plan.operation = (!writes.is_empty()).then(|| Operation {
                    object,
                    action: Action::Update(id),
                    fields: writes,
                    reason: "mapped fields of the person who booked".to_owned(),
                });
            }
            Target::Nobody(_) | Target::Lost => {}
        }
        self.batch.persons[index] = plan;
    }

    /// The person who booked is handed to the host, if the owner now is the integration user of that name; in all other
    /// cases the owner stays (Cal.com: change record owner, as documented).
    pub(super) fn change_owner(&mut self, item: &Item<'_>, index: usize) {
        let Some(from) = &item.profile.change_owner_from else { return };
        let Target::Record { object, id } = self.batch.persons[index].target.clone() else { return };
        let Some(current) = self.found.by_id.get(&id) else { return };
        let theirs = current.owner_name.as_ref().is_some_and(|name| name.trim() == from.trim());
        let Some(host) = host_email(item).filter(|_| theirs) else { return };
        let before = current.value("OwnerId").cloned();
        let plan = &mut self.batch.persons[index];
        let Some(user) = self.found.users.get(&host) else {
            plan.notes.push(format!("{host} is no active user of Salesforce: {from} keeps {}", plan.label));
            return;
        };
        let after = Json::from(user.clone());
        let written = plan.operation.as_ref().is_some_and(|done| done.fields.iter().any(|f| f.field == "OwnerId"));
        if written || before.as_ref() == Some(&after) {
            return;
        }
        let write = FieldWrite { field: "OwnerId".to_owned(), before, after };
        let reason = format!("{from} hands the record to the organizer");
        plan.operation
            .get_or_insert_with(|| Operation { object, action: Action::Update(id), fields: Vec::new(), reason })
            .fields
            .push(write);
    }

    /// "On cancelled booking, write to a field of the attendee's record", with or without the Event's own fields.
    /// Nobody is made for a booking that is off.
    pub(super) fn person_rules(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let has = item.profile.rules.iter().any(|rule| rule.object == RuleObject::Person && rule.on == Moment::Cancel);
        let Some(who) = people(item).into_iter().next().filter(|_| has && item.admitted) else { return };
        let known = self.index.contains_key(&who.key)
            || matches!(self.new_person(item, &who, false).target, Target::Record { .. });
        if !known {
            return;
        }
        let person = self.person(item, &who, false);
        self.booking_rules(item, person, Moment::Cancel);
        plan.persons.push(person);
    }
}

/// Somebody changed what we had written, and theirs stays.
pub(super) fn theirs(field: &str) -> String {
    format!("{field} was changed in Salesforce since and is left as it is there")
}

/// True if a field that holds `there` need not be written to hold `value`: Salesforce folds the case of emails.
fn agrees(field: &str, there: &Json, value: &Json) -> bool {
    match (there.as_str(), value.as_str()) {
        (Some(there), Some(value)) if field == "Email" => there.eq_ignore_ascii_case(value),
        _ => there == value,
    }
}

/// A record that was created although the answer was lost.
pub(super) struct Made {
    object: String,
    id: String,
    sent: Map<String, Json>,
}

/// The contact whose record was created although the answer was lost, if it is in Salesforce: nobody had the email
/// before, so whoever has it now is ours, whatever the contact's email has become since.
pub(super) fn made_before(item: &Item<'_>, found: &Found) -> Option<(ContactId, Made)> {
    let (object, body) = intent::of_person(item.row)?;
    let id = match intent::text(body, "Email") {
        Some(email) => found.people(object, &email.to_lowercase()).first()?.id.clone(),
        None => found.people_by_phone(object, intent::text(body, "MobilePhone")?).first()?.id.clone(),
    };
    Some((item.contact?.id, Made { object: object.to_owned(), id, sent: body.clone() }))
}
