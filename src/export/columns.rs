//! The columns of an export: what they are called and what stands in them.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::domain::activity::Attendee;
use crate::domain::{Activity, Contact, Field, FieldKey, Status};
use crate::filter::{CustomField, List};

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As it stands in the header and after `--columns`.
    pub name: String,
    cell: Cell,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// A field of the contact, or of the activity's contact.
    Field(FieldKey),
    /// Something else about the contact.
    Contact(&'static str),
    /// Something about the activity.
    Activity(&'static str),
}

/// No such column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no column `{name}`")]
pub struct UnknownColumn {
    /// As it was written.
    pub name: String,
    /// What may be meant.
    pub suggestion: Option<String>,
}

const OF_CONTACT: [&str; 7] = ["id", "status", "owner", "source", "created", "updated", "interacted"];

const OF_ACTIVITY: [&str; 33] = [
    "id",
    "kind",
    "state",
    "test",
    "trashed",
    "unread",
    "source",
    "external_id",
    "subject",
    "start",
    "end",
    "created",
    "updated",
    "customer_time_zone",
    "host",
    "event_type",
    "page",
    "bot",
    "form",
    "location",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "reason",
    "reason_by",
    "person_name",
    "person_email",
    "person_phone",
    "attendees",
    "answers",
    "notes",
];

/// Everything that can be exported of a list, in the order of the header.
pub fn columns(list: List, custom: &[CustomField]) -> Vec<Column> {
    let contact = |prefix: &str| {
        let prefix = prefix.to_owned();
        let named = |name: &str| format!("{prefix}{name}");
        let mut columns = vec![Column { name: named("id"), cell: Cell::Contact("id") }];
        columns.extend(
            Field::ALL.into_iter().map(|field| Column { name: named(field.key()), cell: Cell::Field(field.into()) }),
        );
        columns.extend(OF_CONTACT[1..].iter().map(|name| Column { name: named(name), cell: Cell::Contact(name) }));
        columns.extend(custom.iter().map(|field| Column {
            name: named(&format!("custom.{}", field.name)),
            cell: Cell::Field(FieldKey::Custom(field.name.clone())),
        }));
        columns
    };
    match list {
        List::Contacts => contact(""),
        List::Activities => {
            let own = OF_ACTIVITY.iter().map(|name| Column { name: (*name).to_owned(), cell: Cell::Activity(name) });
            own.chain(contact("contact.")).collect()
        }
    }
}

/// The columns of these names, in this order. A custom field may be named without `custom.`.
pub fn pick<'n>(all: &[Column], names: impl IntoIterator<Item = &'n str>) -> Result<Vec<Column>, UnknownColumn> {
    let find = |name: &str| {
        let is = |column: &&Column, wanted: &str| column.name.eq_ignore_ascii_case(wanted);
        let custom = [format!("custom.{name}"), format!("contact.{name}"), format!("contact.custom.{name}")];
        all.iter()
            .find(|column| is(column, name))
            .or_else(|| custom.iter().find_map(|wanted| all.iter().find(|column| is(column, wanted))))
            .cloned()
            .ok_or_else(|| UnknownColumn {
                name: name.to_owned(),
                suggestion: crate::config::nearest(name, all.iter().map(|column| column.name.as_str()))
                    .map(str::to_owned),
            })
    };
    names.into_iter().map(str::trim).filter(|name| !name.is_empty()).map(find).collect()
}

static NOTHING: LazyLock<Json> = LazyLock::new(|| Json::Null);

impl Column {
    /// What stands in it for a contact.
    pub fn of_contact(&self, contact: &Contact) -> Json {
        match &self.cell {
            Cell::Field(key) => {
                contact.values.get(key.clone()).map_or(NOTHING.clone(), crate::domain::FieldValue::to_json)
            }
            Cell::Contact(name) => of_contact(contact, name),
            Cell::Activity(_) => Json::Null,
        }
    }

    /// What stands in it for an activity.
    pub fn of_activity(&self, activity: &Activity, contact: Option<&Contact>) -> Json {
        match (&self.cell, contact) {
            (Cell::Activity(name), _) => of_activity(activity, name),
            (_, Some(contact)) => self.of_contact(contact),
            (_, None) => Json::Null,
        }
    }
}

fn of_contact(contact: &Contact, name: &str) -> Json {
    match name {
        "id" => json!(contact.id),
        "status" => json!(contact.status.map(Status::key)),
        "owner" => user(contact.owner.as_ref()),
        "source" => json!(contact.source),
        "created" => time(Some(contact.created_at)),
        "updated" => time(Some(contact.updated_at)),
        _ => time(contact.interacted_at),
    }
}

fn of_activity(activity: &Activity, name: &str) -> Json {
    let (utm, detail) = (&activity.utm, &activity.detail);
    match name {
        "id" => json!(activity.id),
        "kind" => json!(activity.kind.key()),
        "state" => json!(activity.state.key()),
        "test" => json!(activity.test),
        "trashed" => json!(activity.trashed_at.is_some()),
        "unread" => json!(activity.unread),
        "source" => json!(activity.source),
        "external_id" => json!(activity.external_id),
        "subject" => json!(activity.subject),
        "start" => time(activity.start),
        "end" => time(activity.end),
        "created" => time(Some(activity.created_at)),
        "updated" => time(Some(activity.updated_at)),
        "customer_time_zone" => json!(activity.customer_time_zone),
        "host" => user(activity.user.as_ref()),
        "event_type" => json!(activity.event_type),
        "page" => json!(activity.page),
        "bot" => json!(activity.bot),
        "form" => json!(activity.form),
        "location" => json!(activity.location),
        "utm_source" => json!(utm.source),
        "utm_medium" => json!(utm.medium),
        "utm_campaign" => json!(utm.campaign),
        "utm_term" => json!(utm.term),
        "utm_content" => json!(utm.content),
        "reason" => json!(activity.reason),
        "reason_by" => json!(activity.reason_by),
        "person_name" => json!(activity.person_name),
        "person_email" => json!(activity.person_email),
        "person_phone" => json!(activity.person_phone),
        "attendees" => detail.attendees.iter().map(attendee).collect(),
        "answers" => {
            let answers = detail.answers.iter();
            Json::Object(answers.map(|answer| (answer.key.clone(), answer.value.clone())).collect())
        }
        _ => json!(detail.notes),
    }
}

fn attendee(attendee: &Attendee) -> Json {
    json!(attendee.email.as_ref().or(attendee.name.as_ref()).or(attendee.phone.as_ref()))
}

fn user(user: Option<&crate::domain::UserRef>) -> Json {
    json!(user.map(|user| user.email.as_ref().map_or_else(|| user.label().to_owned(), ToString::to_string)))
}

fn time(at: Option<Timestamp>) -> Json {
    json!(at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
}
