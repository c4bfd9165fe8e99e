//! What the Event of a booking should hold.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::person::cut;
use super::profile::{OnCancel, Profile};
use crate::domain::activity::{Activity, State};
use crate::domain::text::{told, told_in_line};

/// What has to become of a booking's Event.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// It should be there with these fields.
    Hold(Map<String, Json>),
    /// It should not be there.
    Gone,
    /// Nothing is to be written; why, in words.
    Nothing(&'static str),
}

/// What a booking asks of its Event; `exists`: it has one. `owner`: the host's Salesforce user.
pub fn wish(
    activity: &Activity,
    profile: &Profile,
    exists: bool,
    owner: Option<&str>,
    notes: &mut Vec<String>,
) -> Wish {
    match activity.state {
        State::Requested if !exists => Wish::Nothing("it waits for approval"),
        // A new time that waits for approval: the old one no longer holds (Cal.com).
        State::Requested => match profile.on_cancel {
            OnCancel::Delete => Wish::Gone,
            OnCancel::Update => Wish::Hold(fields(activity, owner, notes)),
        },
        State::Canceled if !exists => Wish::Nothing("it was cancelled before it was sent"),
        State::Canceled if profile.on_cancel == OnCancel::Delete => Wish::Gone,
        _ => Wish::Hold(fields(activity, owner, notes)),
    }
}

/// Subject, times in UTC, place, description, owner (Cal.com: event body).
/// A cancelled booking says so in its subject and description, and no longer blocks the host's calendar.
fn fields(activity: &Activity, owner: Option<&str>, notes: &mut Vec<String>) -> Map<String, Json> {
    let mut fields = Map::new();
    let canceled = activity.state == State::Canceled;
    fields.insert("Subject".to_owned(), Json::from(subject(activity, canceled, notes)));
    if let Some(start) = activity.start {
        fields.insert("StartDateTime".to_owned(), Json::from(datetime(start)));
        // Without an end, Salesforce still wants one: a meeting of unknown length is shown as a moment.
        fields.insert("EndDateTime".to_owned(), Json::from(datetime(activity.end.unwrap_or(start))));
    }
    if let Some(location) = place(activity) {
        fields.insert("Location".to_owned(), Json::from(cut("Location", told_in_line(&location), 255, notes)));
    }
    fields.insert(
        "Description".to_owned(),
        Json::from(cut("Description", written(&description(activity)), 32_000, notes)),
    );
    if canceled {
        fields.insert("ShowAs".to_owned(), Json::from("Free"));
    }
    if let Some(owner) = owner {
        fields.insert("OwnerId".to_owned(), Json::from(owner));
    }
    fields
}

fn subject(activity: &Activity, canceled: bool, notes: &mut Vec<String>) -> String {
    let title = activity.subject.as_deref().map(told_in_line).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| "Meeting".to_owned());
    let subject = if canceled { format!("Canceled: {title}") } else { title };
    cut("Subject", subject, 255, notes)
}

/// The subjects that a booking's Event may have: while it takes place, and after it was cancelled.
pub fn subjects(activity: &Activity) -> [String; 2] {
    [false, true].map(|canceled| subject(activity, canceled, &mut Vec::new()))
}

/// The address of the call, else the place (Cal.com: order of locations).
fn place(activity: &Activity) -> Option<String> {
    activity.detail.join_url.clone().or_else(|| activity.location.clone())
}

fn description(activity: &Activity) -> String {
    let mut paragraphs = Vec::new();
    if activity.state == State::Canceled {
        let by = activity.reason_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let reason = activity.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        paragraphs.push(format!("Canceled{by}{reason}"));
    } else if let Some(reason) = &activity.reason {
        paragraphs.push(format!("Rescheduled: {reason}"));
    }
    if let Some(zone) = &activity.customer_time_zone {
        paragraphs.push(format!("Invitee's time zone: {zone}"));
    }
    let notes = activity.detail.notes.as_deref().map(str::trim).filter(|notes| !notes.is_empty());
    paragraphs.push(format!("Additional notes:\r\n{}", notes.unwrap_or("-")));
    paragraphs.join("\r\n\r\n")
}

/// Nothing hidden in it; lines end as Salesforce ends them.
fn written(text: &str) -> String {
    told(text).replace('\n', "\r\n")
}

/// Salesforce's form of a moment, always UTC.
pub fn datetime(at: Timestamp) -> String {
    crate::salesforce::format_datetime(at)
}
