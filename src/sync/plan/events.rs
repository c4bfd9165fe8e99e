//! What is planned for the Event of a row.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::persons::theirs;
use super::{
    Action, Adopted, EventPlan, FieldWrite, Item, ItemPlan, Operation, Planner, Related, Target, host_email, linked,
    may_have_event, object, people, refusal, relate, relates, written_people,
};
use crate::domain::Activity;
use crate::domain::activity::State;
use crate::store::Fault;
use crate::sync::event::{self, Wish};
use crate::sync::found::{EventHit, Found, is_unset};
use crate::sync::intent;
use crate::sync::person::Who;
use crate::sync::rules::{self, Dropped, Moment, RuleObject, Sources};
use crate::sync::seen;

impl Planner<'_> {
    pub(super) fn activity(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
        let Some(activity) = item.activity else {
            plan.nothing = Some("the activity is gone".to_owned());
            return;
        };
        let adopted = match item.activity_link {
            None => lost_event(item, self.found, &self.adopted).or_else(|| self.forgotten_event(item)),
            Some(_) => None,
        };
        self.adopted.extend(adopted.iter().map(|(hit, _)| hit.id.clone()));
        let of = |(hit, sent): &(EventHit, Map<String, Json>)| Adopted {
            activity: activity.id,
            id: hit.id.clone(),
            sent: sent.clone(),
        };
        self.batch.adopted.extend(adopted.iter().map(of));
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
                    people: None,
                    dropped: Vec::new(),
                });
                if activity.state == State::Canceled {
                    self.person_rules(item, plan);
                }
            }
            (Wish::Hold(mut fields), Some((id, sent))) => {
                let dropped = self.event_rules(item, Some((&id, &sent)), &mut fields, &mut plan.notes);
                let writes: Vec<FieldWrite> = fields
                    .iter()
                    .filter(|(field, value)| sent.get(*field) != Some(value))
                    .map(|(field, value)| FieldWrite {
                        field: field.clone(),
                        before: sent.get(field).cloned(),
                        after: value.clone(),
                    })
                    .collect();
                let people = self.new_people(item, &Json::Object(sent.clone()), plan);
                let mut reason = format!("the booking is {}", activity.state.label().to_lowercase());
                if people.is_some() {
                    reason.push_str(", and other people take part");
                }
                let mut all = sent;
                all.extend(fields);
                let operation = (!writes.is_empty() || people.is_some()).then(|| Operation {
                    object: "Event".to_owned(),
                    action: Action::Update(id),
                    fields: writes,
                    reason,
                });
                plan.event =
                    Some(EventPlan { operation, sent: all, adopted: adopted.map(|(hit, _)| hit.id), people, dropped });
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
                plan.left_out = true;
                return;
            }
            Some(None) => {}
        }
        if activity.start.is_none() && activity.detail.nobody_yet {
            plan.nothing = Some("the booking itself has not been heard of yet".to_owned());
            return;
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
        if let Some(fault) = self.unanswered(item, &people) {
            plan.fault = Some(fault);
            return;
        }
        let (related, booker) = self.related(item, &people, plan);
        if related.is_empty() {
            plan.nothing = Some(plan.notes.join("; "));
            return;
        }
        if let Some(booker) = booker {
            self.booking_rules(item, booker, Moment::Create);
            self.change_owner(item, booker);
        }
        let all = self.org.relates_all() && related.len() > 1;
        let dropped = self.event_rules(item, None, &mut fields, &mut plan.notes);
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
            people: Some(Related { all, before: Vec::new() }),
            dropped,
        });
        plan.persons = related;
    }

    /// The people of a row who have a record or get one, and the one among them who booked: rules of persons and the
    /// change of owner are about them, not about a guest. Who is left out is said.
    fn related(&mut self, item: &Item<'_>, people: &[Who<'_>], plan: &mut ItemPlan) -> (Vec<usize>, Option<usize>) {
        let (mut related, mut booker) = (Vec::new(), None);
        for (place, who) in people.iter().enumerate() {
            let person = self.person(item, who, false);
            if let Target::Nobody(reason) = &self.batch.persons[person].target {
                plan.notes.push(format!("{} is left out: {reason}", self.batch.persons[person].label));
            } else if !related.contains(&person) {
                related.push(person);
                booker = booker.or((place == 0).then_some(person));
            }
        }
        if related.len() > 1 && !self.org.relates_all() {
            let left_out: Vec<_> = related[1..].iter().map(|&i| self.batch.persons[i].label.as_str()).collect();
            plan.notes.push(format!("this org relates an Event to one person; left out: {}", left_out.join(", ")));
        }
        (related, booker)
    }

    /// The people of an Event that exists, if they are others than when it was last written. What rules write about
    /// who booked is written about who books now; nobody there is no reason to leave the Event without anybody.
    fn new_people(&mut self, item: &Item<'_>, sent: &Json, plan: &mut ItemPlan) -> Option<Related> {
        let all = self.org.relates_all();
        if !relates(item, self.guests, all) {
            return None;
        }
        let people = people(item);
        if people.first().is_none_or(|who| refusal(item, who).is_some()) || self.unanswered(item, &people).is_some() {
            plan.notes.push("who takes part is left as it is in Salesforce".to_owned());
            return None;
        }
        let (related, booker) = self.related(item, &people, plan);
        let before = written_people(sent);
        let id = |person: &usize| match &self.batch.persons[*person].target {
            Target::Record { id, .. } => Some(id.clone()),
            _ => None,
        };
        let now: Option<Vec<String>> = related.iter().map(id).collect();
        if related.is_empty() || now.as_ref().is_some_and(|now| relate::same(&before, now, all)) {
            return None;
        }
        if let Some(booker) = booker.filter(|booker| id(booker).as_ref() != before.first()) {
            self.booking_rules(item, booker, Moment::Create);
            self.change_owner(item, booker);
        }
        plan.persons = related;
        Some(Related { all, before })
    }

    fn event_rules(
        &self,
        item: &Item<'_>,
        known: Option<(&str, &Map<String, Json>)>,
        fields: &mut Map<String, Json>,
        notes: &mut Vec<String>,
    ) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        let canceled = item.activity.is_some_and(|activity| activity.state == State::Canceled);
        let sent = known.map(|(_, sent)| sent);
        // What stands there now; where it was not read, what we last wrote.
        let there = |field: &str| match known {
            Some((id, sent)) => self.found.event_fields.get(id).unwrap_or(sent).get(field),
            None => None,
        };
        let moments: &[Moment] = match (sent, canceled) {
            (None, _) => &[Moment::Create],
            (Some(_), true) => &[Moment::Update, Moment::Cancel],
            (Some(_), false) => &[Moment::Update],
        };
        let sources = Sources { contact: item.contact, activity: item.activity };
        for &moment in moments {
            let rendered = rules::render(&item.profile.rules, RuleObject::Event, moment, sources, self.org.event);
            notes.extend(rendered.notes);
            dropped.extend(rendered.dropped);
            for (field, value) in rendered.fields {
                let full = there(&field).is_some_and(|value| !is_unset(value));
                let ours = sent.and_then(|sent| sent.get(&field));
                let changed = ours.zip(there(&field)).is_some_and(|(ours, there)| !seen::same(there, ours));
                if changed && rendered.theirs_win.contains(&field) {
                    notes.push(theirs(&field));
                } else if !(full && rendered.only_if_empty.contains(&field)) {
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
        dropped
    }

    /// The Event of a booking that was written before the store was restored from an older copy: same start, subject
    /// and person. What else stands in it is not known, so all of it is written again.
    fn forgotten_event(&self, item: &Item<'_>) -> Option<(EventHit, Map<String, Json>)> {
        let activity = item.activity.filter(|_| may_have_event(item))?;
        let (subjects, people) = (event::subjects(activity), people(item));
        let is = |who: &Who<'_>, id: &String| {
            linked(item, who, self.guests).is_some_and(|(_, linked)| linked == *id)
                || who.email.iter().any(|email| {
                    let mut found = self.found.people("Contact", email);
                    found.extend(self.found.people("Lead", email));
                    found.iter().any(|person| person.id == *id)
                })
        };
        let mut hits = self.found.events.iter().filter(|hit| !self.adopted.contains(&hit.id));
        let hit = hits.find(|hit| {
            hit.start == activity.start
                && hit.subject.as_ref().is_some_and(|subject| subjects.contains(subject))
                && hit.who.as_ref().is_some_and(|id| people.iter().any(|who| is(who, id)))
        })?;
        let sent = hit.who.iter().map(|id| ("WhoId".to_owned(), Json::from(id.as_str()))).collect();
        Some((hit.clone(), sent))
    }

    fn event_owner(&self, item: &Item<'_>, notes: &mut Vec<String>) -> Option<String> {
        // Nobody asked whose it is if nothing is to be made.
        if !item.profile.organizer_owns || (!item.admitted && item.activity_link.is_none()) {
            return None;
        }
        self.owner(host_email(item), notes)
    }
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
