//! The plan: from what we know and what Salesforce said to what is written. Pure, and the only one: the worker carries
//! out exactly what `rolodeck plan` prints.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::event::{self, Wish};
use super::found::{EventHit, Found, is_blank};
use super::intent;
use super::person::{self, PersonKey, Who};
use super::profile::{Base, Profile};
use super::rules::{self, Moment, RuleObject, Sources};
use crate::domain::activity::State;
use crate::domain::{Activity, Contact, ContactId, Email};
use crate::salesforce::Describe;
use crate::store::{Entity, Fault, Link, OutboxRow};

/// One claimed row with everything that is stored about it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The row.
    pub row: &'a OutboxRow,
    /// The profile that counts for it.
    pub profile: &'a Profile,
    /// Its contact; `None`: deleted.
    pub contact: Option<&'a Contact>,
    /// Its activity, for rows of activities; `None`: gone.
    pub activity: Option<&'a Activity>,
    /// The contact's Lead or Contact.
    pub contact_link: Option<&'a Link>,
    /// The activity's Event.
    pub activity_link: Option<&'a Link>,
    /// The filter that says who is synced lets it through.
    pub admitted: bool,
}

/// What the org is like, as far as it was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Org<'a> {
    /// Fields of Event, if a plan may need them.
    pub event: Option<&'a Describe>,
    /// Fields of Lead.
    pub lead: Option<&'a Describe>,
    /// Fields of Contact.
    pub contact: Option<&'a Describe>,
    /// The user for records whose owner is no user of Salesforce.
    pub default_owner: Option<&'a str>,
}

/// What is done to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "id")]
pub enum Action {
    /// A new record.
    Create,
    /// Fields of a record change.
    Update(String),
    /// The record is deleted.
    Delete(String),
}

/// One field of a write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldWrite {
    /// API name.
    pub field: String,
    /// What stands there, as far as we know.
    pub before: Option<Json>,
    /// What will.
    pub after: Json,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operation {
    /// Lead, Contact or Event.
    pub object: String,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// The fields, in order.
    pub fields: Vec<FieldWrite>,
    /// Why this record, in words.
    pub reason: String,
}

impl Operation {
    /// The fields as a record's body.
    pub fn body(&self) -> Map<String, Json> {
        self.fields.iter().map(|write| (write.field.clone(), write.after.clone())).collect()
    }
}

/// The record of a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// It exists.
    Record {
        /// Lead or Contact.
        object: String,
        /// 18 characters.
        id: String,
    },
    /// It is created first.
    Created {
        /// Lead or Contact.
        object: String,
    },
    /// The person is left out.
    Nobody,
    /// What is linked is gone: the person must be looked for anew.
    Lost,
}

/// What is planned for a person of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonPlan {
    /// Who.
    pub key: PersonKey,
    /// What people call them.
    pub label: String,
    /// Their record.
    pub target: Target,
    /// It is linked to that record already.
    pub linked: bool,
    /// The write that brings it in step, if one is needed.
    pub operation: Option<Operation>,
    /// Everything that we will have written there, by field.
    pub sent: Map<String, Json>,
    /// All records that matched, when there were several.
    pub candidates: Vec<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// What is planned for the Event of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPlan {
    /// The write; `None`: it is in step.
    pub operation: Option<Operation>,
    /// Everything that we will have written there, by field.
    pub sent: Map<String, Json>,
    /// An Event found in Salesforce whose answer was lost: it is linked, not made again.
    pub adopted: Option<String>,
    /// The Event's people come from the row's persons; they are filled in when it is created.
    pub relate: bool,
    /// More than one person can be related.
    pub relate_all: bool,
}

/// What is planned for a row.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPlan {
    /// The row.
    pub row_id: i64,
    /// Its version when it was claimed.
    pub version: i64,
    /// Contact or activity.
    pub entity: Entity,
    /// Which one.
    pub entity_id: i64,
    /// Indexes of its people in the batch; the first is the one who booked.
    pub persons: Vec<usize>,
    /// Its Event.
    pub event: Option<EventPlan>,
    /// Needs no writing; why, in words.
    pub nothing: Option<String>,
    /// Cannot be written; a person must look.
    pub fault: Option<Fault>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// The plan of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchPlan {
    /// Everyone, once.
    pub persons: Vec<PersonPlan>,
    /// Every row, in the order of the items.
    pub items: Vec<ItemPlan>,
}

/// Plans a batch.
pub fn plan(items: &[Item<'_>], guests: &HashMap<String, (String, String)>, found: &Found, org: Org<'_>) -> BatchPlan {
    let (index, adopted) = (HashMap::new(), HashSet::new());
    let email = |item: &Item<'_>| item.contact.and_then(|contact| contact.values.email()).map(String::from);
    let own = items.iter().filter_map(|item| Some((email(item)?, *item))).collect();
    let made = items.iter().filter_map(|item| made_before(item, found)).collect();
    let mut planner = Planner { guests, found, org, batch: BatchPlan::default(), index, adopted, own, made };
    // Contacts' own rows come first, so that a person's update and a booking's need of them are one.
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&i| items[i].row.entity != Entity::Contact);
    let mut plans: Vec<(usize, ItemPlan)> = order.into_iter().map(|i| (i, planner.item(&items[i]))).collect();
    plans.sort_by_key(|(i, _)| *i);
    planner.batch.items = plans.into_iter().map(|(_, plan)| plan).collect();
    planner.batch
}

/// The people of an item: the contact, or the booking's attendees, the booker first.
pub fn people<'a>(item: &Item<'a>) -> Vec<Who<'a>> {
    let contact = item.contact.map(|contact| Who {
        key: PersonKey::Contact(contact.id),
        email: contact.values.email().map(String::from),
        contact: Some(contact),
        attendee: item.activity.and_then(|activity| activity.detail.attendees.first()),
    });
    let attendees = item.activity.map(|activity| activity.detail.attendees.as_slice()).unwrap_or_default();
    let guests =
        item.profile.base == Base::CalCom && !item.profile.ignore_guests && item.row.entity == Entity::Activity;
    let mut people: Vec<Who<'a>> = Vec::new();
    for (i, attendee) in attendees.iter().enumerate() {
        if (i == 0 && contact.is_some()) || (i > 0 && !guests) {
            continue;
        }
        let Some(email) = attendee.email.as_deref().and_then(|email| Email::parse(email).ok()) else { continue };
        let email = String::from(email);
        let known = contact.iter().chain(&people).any(|who| who.email.as_ref() == Some(&email));
        if !known {
            let key = PersonKey::Guest(email.clone());
            people.push(Who { key, email: Some(email), contact: None, attendee: Some(attendee) });
        }
    }
    contact.into_iter().chain(people).collect()
}

/// True if the row's Event must be created, as far as the store knows: only then its people are needed.
pub fn creates_event(item: &Item<'_>) -> bool {
    item.activity.is_some_and(|activity| {
        item.activity_link.is_none() && !matches!(activity.state, State::Requested | State::Canceled)
    })
}

/// The email of the user who should own what is created for an item.
pub fn owner_email(item: &Item<'_>) -> Option<String> {
    let host = item.activity.and_then(|activity| activity.user.as_ref());
    let owner = item.contact.and_then(|contact| contact.owner.as_ref());
    let user = match item.profile.base {
        Base::CalCom => host.or(owner),
        Base::OnceHub => owner.or(host),
    };
    user.and_then(|user| user.email.clone()).map(String::from)
}

/// The email of the user who should own the Event: its host.
pub fn host_email(item: &Item<'_>) -> Option<String> {
    item.activity.and_then(|activity| activity.user.as_ref()).and_then(|user| user.email.clone()).map(String::from)
}

struct Planner<'a> {
    guests: &'a HashMap<String, (String, String)>,
    found: &'a Found,
    org: Org<'a>,
    batch: BatchPlan,
    index: HashMap<PersonKey, usize>,
    adopted: HashSet<String>,
    /// The contacts of the batch by email.
    own: HashMap<String, Item<'a>>,
    /// People who were created although the answer was lost: object, id and what was sent.
    made: HashMap<ContactId, (String, String, Map<String, Json>)>,
}

impl Planner<'_> {
    fn item(&mut self, item: &Item<'_>) -> ItemPlan {
        let row = item.row;
        let mut plan = ItemPlan {
            row_id: row.id,
            version: row.version,
            entity: row.entity,
            entity_id: row.entity_id,
            persons: Vec::new(),
            event: None,
            nothing: None,
            fault: None,
            notes: Vec::new(),
        };
        match row.entity {
            Entity::Contact => self.contact(item, &mut plan),
            Entity::Activity => self.activity(item, &mut plan),
        }
        plan
    }

    fn contact(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let Some(who) = people(item).into_iter().next() else {
            plan.nothing = Some("the contact was deleted".to_owned());
            return;
        };
        if let Some(reason) = refusal(item, &who) {
            plan.nothing = Some(reason);
            return;
        }
        let person = self.person(item, &who, true);
        plan.persons.push(person);
        if self.batch.persons[person].target == Target::Nobody {
            plan.nothing = Some("nobody with this email is in Salesforce, and the profile creates nobody".to_owned());
        }
    }

    fn activity(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let Some(activity) = item.activity else {
            plan.nothing = Some("the activity is gone".to_owned());
            return;
        };
        let adopted = match item.activity_link {
            None => lost_event(item, self.found, &self.adopted),
            Some(_) => None,
        };
        self.adopted.extend(adopted.iter().map(|(hit, _)| hit.id.clone()));
        let known: Option<(String, Map<String, Json>)> = match (&item.activity_link, &adopted) {
            (Some(link), _) => Some((link.record_id.clone(), object(&link.sent))),
            (None, Some((hit, sent))) => Some((hit.id.clone(), sent.clone())),
            (None, None) => None,
        };
        let owner = self.event_owner(item, &mut plan.notes);
        let wish = event::wish(activity, item.profile, known.is_some(), owner.as_deref(), &mut plan.notes);
        match (wish, known) {
            (Wish::Nothing(reason), _) => plan.nothing = Some(reason.to_owned()),
            (Wish::Gone, None) => plan.nothing = Some("it has no Event".to_owned()),
            (Wish::Gone, Some((id, sent))) => {
                let operation = Operation {
                    object: "Event".to_owned(),
                    action: Action::Delete(id),
                    fields: Vec::new(),
                    reason: format!("the booking is {}", activity.state.label().to_lowercase()),
                };
                plan.event = Some(EventPlan {
                    operation: Some(operation),
                    sent,
                    adopted: None,
                    relate: false,
                    relate_all: false,
                });
                if activity.state == State::Canceled {
                    self.person_rules(item, plan);
                }
            }
            (Wish::Hold(mut fields), Some((id, sent))) => {
                self.event_rules(item, Some(&sent), &mut fields, &mut plan.notes);
                let writes: Vec<FieldWrite> = fields
                    .iter()
                    .filter(|(field, value)| sent.get(*field) != Some(value))
                    .map(|(field, value)| FieldWrite {
                        field: field.clone(),
                        before: sent.get(field).cloned(),
                        after: value.clone(),
                    })
                    .collect();
                let mut all = sent;
                all.extend(fields);
                let operation = (!writes.is_empty()).then(|| Operation {
                    object: "Event".to_owned(),
                    action: Action::Update(id),
                    fields: writes,
                    reason: format!("the booking is {}", activity.state.label().to_lowercase()),
                });
                plan.event = Some(EventPlan {
                    operation,
                    sent: all,
                    adopted: adopted.map(|(hit, _)| hit.id),
                    relate: false,
                    relate_all: false,
                });
                if activity.state == State::Canceled {
                    self.person_rules(item, plan);
                }
            }
            (Wish::Hold(fields), None) => self.new_event(item, activity, fields, plan),
        }
    }

    fn new_event(&mut self, item: &Item<'_>, activity: &Activity, mut fields: Map<String, Json>, plan: &mut ItemPlan) {
        let people = people(item);
        let refused = people.first().map(|who| refusal(item, who));
        match refused {
            None => {
                plan.nothing = Some("no attendee has an email".to_owned());
                return;
            }
            Some(Some(reason)) => {
                plan.nothing = Some(reason);
                return;
            }
            Some(None) => {}
        }
        if activity.start.is_none() {
            plan.fault = Some(Fault {
                code: "no_start".to_owned(),
                message: "the booking has no start time yet".to_owned(),
                object: Some("Event".to_owned()),
                class: "park".to_owned(),
                ..Fault::default()
            });
            return;
        }
        for (i, who) in people.iter().enumerate() {
            let person = self.person(item, who, false);
            if i == 0 {
                self.booking_rules(item, person, Moment::Create);
            }
            plan.persons.push(person);
        }
        let related: Vec<usize> =
            plan.persons.iter().copied().filter(|&i| self.batch.persons[i].target != Target::Nobody).collect();
        if related.is_empty() {
            plan.nothing = Some("nobody of the booking is in Salesforce, and the profile creates nobody".to_owned());
            return;
        }
        let relate_all = self.org.event.is_some_and(|describe| describe.field("EventWhoIds").is_some());
        if related.len() > 1 && !relate_all {
            let left_out: Vec<_> = related[1..].iter().map(|&i| self.batch.persons[i].label.as_str()).collect();
            plan.notes.push(format!("this org relates an Event to one person; left out: {}", left_out.join(", ")));
        }
        self.event_rules(item, None, &mut fields, &mut plan.notes);
        let writes = fields
            .iter()
            .map(|(field, value)| FieldWrite { field: field.clone(), before: None, after: value.clone() })
            .collect();
        plan.event = Some(EventPlan {
            operation: Some(Operation {
                object: "Event".to_owned(),
                action: Action::Create,
                fields: writes,
                reason: format!("under {}", self.batch.persons[related[0]].label),
            }),
            sent: fields,
            adopted: None,
            relate: true,
            relate_all: relate_all && related.len() > 1,
        });
        plan.persons = related;
    }

    /// The person's place in the batch; `update`: their record is to be brought in step, not only to be there.
    fn person(&mut self, item: &Item<'_>, who: &Who<'_>, update: bool) -> usize {
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
            target: Target::Nobody,
            linked: false,
            operation: None,
            sent: Map::new(),
            candidates: Vec::new(),
            notes: Vec::new(),
        };
        let linked = match &who.key {
            PersonKey::Contact(_) => item.contact_link.map(|link| (link.object.clone(), link.record_id.clone())),
            PersonKey::Guest(email) => self.guests.get(email).cloned(),
        };
        let made = match &who.key {
            PersonKey::Contact(id) if linked.is_none() => self.made.get(id),
            _ => None,
        };
        let linked_id = linked.as_ref().map(|(_, id)| id.clone());
        let (object_name, id, reason) = match linked.or_else(|| made.map(|(name, id, _)| (name.clone(), id.clone()))) {
            Some((name, id)) => match self.found.by_id.get(&id) {
                Some(lead) if lead.converted => match &lead.converted_to {
                    Some(contact) => ("Contact".to_owned(), contact.clone(), "its Lead was converted".to_owned()),
                    None => return PersonPlan { target: Target::Lost, ..plan },
                },
                Some(_) => (name, id, "linked".to_owned()),
                None if update && self.must_write(item, who) => return PersonPlan { target: Target::Lost, ..plan },
                None => (name, id, "linked".to_owned()),
            },
            None => match who.email.as_deref().and_then(|email| person::choose(email, item.profile, self.found)) {
                Some(choice) => {
                    if choice.candidates.len() > 1 {
                        plan.notes.push(format!("several records match {}: {}", plan.label, choice.reason));
                    }
                    plan.candidates = choice.candidates;
                    (choice.object, choice.id, choice.reason)
                }
                None if item.profile.skip_creation => return plan,
                None => return self.created(item, who, plan),
            },
        };
        plan.sent = match made {
            Some((_, _, sent)) => sent.clone(),
            None => item.contact_link.map(|link| object(&link.sent)).unwrap_or_default(),
        };
        plan.target = Target::Record { object: object_name.clone(), id: id.clone() };
        plan.linked = linked_id.as_ref() == Some(&id);
        if update {
            let mut writes = self.person_writes(item, who, &object_name, &id, &mut plan.sent, &mut plan.notes);
            self.rule_writes(
                item,
                (&object_name, &id),
                rule_object(&object_name),
                Moment::Update,
                &mut writes,
                &mut plan,
            );
            plan.operation = (!writes.is_empty()).then(|| Operation {
                object: object_name,
                action: Action::Update(id),
                fields: writes,
                reason,
            });
        }
        plan
    }

    /// A new Lead or Contact (product: names, ownership, fallbacks).
    fn created(&self, item: &Item<'_>, who: &Who<'_>, mut plan: PersonPlan) -> PersonPlan {
        let object_name = person::created_object(item.profile).to_owned();
        let (mut fields, notes) = person::standard_fields(who, &object_name, item.profile);
        plan.notes.extend(notes);
        let sources = Sources { contact: who.contact, activity: item.activity };
        let rendered = rules::render(
            &item.profile.rules,
            rule_object(&object_name),
            Moment::Create,
            sources,
            self.describe(&object_name),
        );
        plan.notes.extend(rendered.notes);
        fields.extend(rendered.fields);
        person::fill_required(who, &object_name, &mut fields, &mut plan.notes);
        if item.profile.organizer_owns
            && let Some(owner) = self.owner(owner_email(item), &mut plan.notes)
        {
            fields.insert("OwnerId".to_owned(), Json::from(owner));
        }
        plan.operation = Some(Operation {
            object: object_name.clone(),
            action: Action::Create,
            fields: fields
                .iter()
                .map(|(field, value)| FieldWrite { field: field.clone(), before: None, after: value.clone() })
                .collect(),
            reason: "nobody with this email was found".to_owned(),
        });
        plan.sent = fields;
        plan.target = Target::Created { object: object_name };
        plan
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
            if there == Some(&value) {
                sent.insert(field, value);
                continue;
            }
            let ours = there.is_none() || sent.get(&field).is_some_and(|sent| there == Some(sent));
            if ours {
                sent.insert(field.clone(), value.clone());
                writes.push(FieldWrite { field, before: there.cloned(), after: value });
            } else if sent.get(&field).is_some_and(|sent| *sent != value) {
                notes.push(format!("{field} was changed in Salesforce since and is left as it is there"));
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
        let rendered = rules::render(&item.profile.rules, rule_object, moment, sources, self.describe(object_name));
        plan.notes.extend(rendered.notes);
        let current = self.found.by_id.get(id);
        for (field, value) in rendered.fields {
            let there = current.and_then(|current| current.value(&field));
            if there == Some(&value) || (there.is_some() && rendered.only_if_empty.contains(&field)) {
                continue;
            }
            if there.is_none() && current.is_none() && plan.sent.get(&field) == Some(&value) {
                continue;
            }
            plan.sent.insert(field.clone(), value.clone());
            writes.retain(|write| write.field != field);
            writes.push(FieldWrite { field, before: there.cloned(), after: value });
        }
    }

    /// "On booking, write to a field of the attendee's record": the first person's record, new or known.
    fn booking_rules(&mut self, item: &Item<'_>, index: usize, moment: Moment) {
        let sources = Sources { contact: item.contact, activity: item.activity };
        let mut plan = self.batch.persons[index].clone();
        match plan.target.clone() {
            Target::Created { object } => {
                let describe = self.describe(&object);
                let rendered = rules::render(&item.profile.rules, RuleObject::Person, moment, sources, describe);
                plan.notes.extend(rendered.notes);
                if let Some(operation) = &mut plan.operation {
                    for (field, value) in rendered.fields {
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
            Target::Nobody | Target::Lost => {}
        }
        self.batch.persons[index] = plan;
    }

    /// "On cancelled booking, write to a field of the attendee's record", with or without the Event's own fields.
    fn person_rules(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let has = item.profile.rules.iter().any(|rule| rule.object == RuleObject::Person && rule.on == Moment::Cancel);
        let Some(who) = people(item).into_iter().next().filter(|_| has) else { return };
        let person = self.person(item, &who, false);
        self.booking_rules(item, person, Moment::Cancel);
        if !matches!(self.batch.persons[person].target, Target::Created { .. }) {
            plan.persons.push(person);
        }
    }

    fn event_rules(
        &self,
        item: &Item<'_>,
        sent: Option<&Map<String, Json>>,
        fields: &mut Map<String, Json>,
        notes: &mut Vec<String>,
    ) {
        let canceled = item.activity.is_some_and(|activity| activity.state == State::Canceled);
        let moments: &[Moment] = match (sent, canceled) {
            (None, _) => &[Moment::Create],
            (Some(_), true) => &[Moment::Update, Moment::Cancel],
            (Some(_), false) => &[Moment::Update],
        };
        let sources = Sources { contact: item.contact, activity: item.activity };
        for &moment in moments {
            let rendered = rules::render(&item.profile.rules, RuleObject::Event, moment, sources, self.org.event);
            notes.extend(rendered.notes);
            for (field, value) in rendered.fields {
                let there = sent.and_then(|sent| sent.get(&field)).is_some_and(|value| !is_blank(value));
                if !(there && rendered.only_if_empty.contains(&field)) {
                    fields.insert(field, value);
                }
            }
        }
        if let (Some(field), Some(activity)) = (&item.profile.no_show_field, item.activity) {
            let no_show = activity.state == State::NoShow;
            // An Event that never heard of a no-show need not hear that there is none.
            if no_show || sent.is_some_and(|sent| sent.contains_key(field)) {
                fields.insert(field.clone(), Json::from(no_show));
            }
        }
    }

    fn event_owner(&self, item: &Item<'_>, notes: &mut Vec<String>) -> Option<String> {
        if !item.profile.organizer_owns {
            return None;
        }
        self.owner(host_email(item), notes)
    }

    /// The Salesforce user with an email, else the default owner, which is said (OnceHub and Cal.com: ownership).
    fn owner(&self, email: Option<String>, notes: &mut Vec<String>) -> Option<String> {
        let email = email?;
        if let Some(id) = self.found.users.get(&email) {
            return Some(id.clone());
        }
        let note = match self.org.default_owner {
            Some(_) => format!("{email} is no active user of Salesforce: it belongs to the default owner"),
            None => format!("{email} is no active user of Salesforce: it belongs to the user who syncs"),
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
        self.org.default_owner.map(str::to_owned)
    }

    fn must_write(&self, item: &Item<'_>, who: &Who<'_>) -> bool {
        item.contact_link.is_some_and(|link| needs_write(item, who, link))
    }

    fn describe(&self, object: &str) -> Option<&Describe> {
        match object {
            "Lead" => self.org.lead,
            "Contact" => self.org.contact,
            _ => self.org.event,
        }
    }
}

/// True if a linked contact's record may need a write: something differs from what was last sent, so that the record
/// has to be read first.
pub fn needs_write(item: &Item<'_>, who: &Who<'_>, link: &Link) -> bool {
    let sent = object(&link.sent);
    let (fields, _) = person::standard_fields(who, &link.object, item.profile);
    let sources = Sources { contact: item.contact, activity: item.activity };
    let rendered = rules::render(&item.profile.rules, rule_object(&link.object), Moment::Update, sources, None);
    fields.iter().map(|(field, value)| (field, value)).any(|(field, value)| sent.get(field) != Some(value))
        || rendered.fields.iter().any(|(field, value)| sent.get(field) != Some(value))
}

/// Why a person is not synced at all.
fn refusal(item: &Item<'_>, who: &Who<'_>) -> Option<String> {
    if who.email.is_none() {
        return Some("without an email nobody can be found in Salesforce".to_owned());
    }
    (!item.admitted).then(|| "the sync gate leaves this contact out".to_owned())
}

/// The contact whose record was created although the answer was lost, if it is in Salesforce: nobody had the email
/// before, so whoever has it now is ours, whatever the contact's email has become since.
fn made_before(item: &Item<'_>, found: &Found) -> Option<(ContactId, (String, String, Map<String, Json>))> {
    let (object, body) = intent::of_person(item.row)?;
    let email = intent::text(body, "Email")?.to_lowercase();
    let id = found.people(object, &email).first()?.id.clone();
    Some((item.contact?.id, (object.to_owned(), id, body.clone())))
}

/// An Event whose answer was lost, if it is in Salesforce after all: same person, start and subject as was intended.
/// Two like bookings adopt two Events, never one.
fn lost_event(item: &Item<'_>, found: &Found, adopted: &HashSet<String>) -> Option<(EventHit, Map<String, Json>)> {
    let intended = intent::of_event(item.row)?;
    let start = intent::text(intended, "StartDateTime").and_then(|text| text.parse().ok());
    let subject = intent::text(intended, "Subject");
    let who = intent::text(intended, "WhoId");
    let hit = found
        .events
        .iter()
        .filter(|hit| !adopted.contains(&hit.id))
        .find(|hit| hit.start == start && hit.subject.as_deref() == subject && hit.who.as_deref() == who)?;
    Some((hit.clone(), intended.clone()))
}

fn rule_object(object: &str) -> RuleObject {
    if object == "Lead" { RuleObject::Lead } else { RuleObject::Contact }
}

fn object(json: &Json) -> Map<String, Json> {
    json.as_object().cloned().unwrap_or_default()
}

fn label(who: &Who<'_>) -> String {
    let name = who.contact.map(|contact| contact.values.display_name()).filter(|name| !name.is_empty());
    let attendee = who.attendee.and_then(|attendee| attendee.name.clone());
    name.or(attendee).or_else(|| who.email.clone()).unwrap_or_else(|| "somebody".to_owned())
}
