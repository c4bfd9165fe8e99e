//! What is planned for the Event of a row.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::{
    Action, EventPlan, FieldWrite, Item, ItemPlan, Operation, Planner, Target, host_email, object, people, refusal,
};
use crate::domain::Activity;
use crate::domain::activity::State;
use crate::store::Fault;
use crate::sync::event::{self, Wish};
use crate::sync::found::{EventHit, Found, is_unset};
use crate::sync::intent;
use crate::sync::rules::{self, Moment, RuleObject, Sources};

impl Planner<'_> {
    pub(super) fn activity(&mut self, item: &Item<'_>, plan: &mut ItemPlan) {
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
                self.event_rules(item, Some((&id, &sent)), &mut fields, &mut plan.notes);
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
        if let Some(fault) = self.unanswered(item, &people) {
            plan.fault = Some(fault);
            return;
        }
        let mut related = Vec::new();
        for (i, who) in people.iter().enumerate() {
            let person = self.person(item, who, false);
            if let Target::Nobody(reason) = &self.batch.persons[person].target {
                plan.notes.push(format!("{} is left out: {reason}", self.batch.persons[person].label));
                continue;
            }
            if i == 0 {
                self.booking_rules(item, person, Moment::Create);
                self.change_owner(item, person);
            }
            related.push(person);
        }
        if related.is_empty() {
            plan.nothing = Some(plan.notes.join("; "));
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

    fn event_rules(
        &self,
        item: &Item<'_>,
        known: Option<(&str, &Map<String, Json>)>,
        fields: &mut Map<String, Json>,
        notes: &mut Vec<String>,
    ) {
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
            for (field, value) in rendered.fields {
                let full = there(&field).is_some_and(|value| !is_unset(value));
                if !(full && rendered.only_if_empty.contains(&field)) {
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
