//! A person says which record a contact or a meeting is in Salesforce.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::domain::Field;
use crate::salesforce::soql::{datetime, quote};
use crate::salesforce::{ApiError, Client, Record, SfId, prefix};
use crate::store::{Entity, LinkWrite, OutboxRow, Store, StoreError};

/// What was linked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relinked {
    /// The item.
    pub item: i64,
    /// Contact or activity.
    pub entity: Entity,
    /// Which one.
    pub entity_id: i64,
    /// Lead, Contact or Event.
    pub object: &'static str,
    /// 18 characters.
    pub record: SfId,
    /// Name or subject of the record.
    pub name: String,
}

impl fmt::Display for Relinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is {} `{}` ({})", self.entity.key(), self.entity_id, self.object, self.name, self.record)
    }
}

/// Why nothing was linked.
#[derive(Debug, thiserror::Error)]
pub enum RelinkError {
    /// The record is of another kind than what the item is about.
    #[error("{record} is no record that the {what} of this item could be")]
    WrongObject {
        /// The record.
        record: SfId,
        /// contact or activity.
        what: &'static str,
    },
    /// The Lead has become a Contact.
    #[error("the Lead was converted to the Contact {}", .contact.map(|id| id.to_string()).unwrap_or_default())]
    Converted {
        /// That Contact, if it may be seen.
        contact: Option<SfId>,
    },
    /// The record stands for somebody or something else here.
    #[error("the record is linked to {} {id} already", .entity.key())]
    Taken {
        /// Contact or activity.
        entity: Entity,
        /// Which one.
        id: i64,
    },
    /// The item is on its way.
    #[error("the item is just being sent")]
    InFlight,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Salesforce does not show the record.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Reads the record, links it to the item's contact (Lead, Contact) or activity (Event), and lets the item be tried
/// again. Nothing was written there by us, as far as we know, so what differs is brought in step by the usual rules.
pub async fn relink(
    store: &Store,
    client: &Client,
    item: i64,
    record: SfId,
    now: Timestamp,
) -> Result<Relinked, RelinkError> {
    let row = store.outbox_row(item).await?;
    let (object, entity, fields): (_, _, &[&str]) = match record.object_prefix() {
        prefix::LEAD => ("Lead", Entity::Contact, &["Id", "Name", "IsConverted", "ConvertedContactId"]),
        prefix::CONTACT => ("Contact", Entity::Contact, &["Id", "Name"]),
        prefix::EVENT => ("Event", Entity::Activity, &["Id", "Subject"]),
        _ => return Err(RelinkError::WrongObject { record, what: row.entity.key() }),
    };
    let entity_id = match (entity, row.entity) {
        (Entity::Contact, _) => row.contact_id,
        (Entity::Activity, Entity::Activity) => Some(row.entity_id),
        (Entity::Activity, Entity::Contact) => None,
    };
    let Some(entity_id) = entity_id else { return Err(RelinkError::WrongObject { record, what: row.entity.key() }) };
    let read = client.get(object, record, fields).await?;
    if read.bool("IsConverted") == Some(true) {
        return Err(RelinkError::Converted { contact: read.sf_id("ConvertedContactId") });
    }
    match store.linked_to(&record.to_string()).await? {
        Some((linked, id)) if (linked, id) != (entity, entity_id) => {
            return Err(RelinkError::Taken { entity: linked, id });
        }
        _ => {}
    }
    let link = LinkWrite::Set {
        entity,
        id: entity_id,
        object: object.to_owned(),
        record_id: record.to_string(),
        sent: json!({}),
        seen: json!({}),
        candidates: Vec::new(),
    };
    if !store.outbox_relink(&row, &link, now).await? {
        return Err(RelinkError::InFlight);
    }
    let name = read.str("Name").or_else(|| read.str("Subject")).unwrap_or_default().to_owned();
    Ok(Relinked { item, entity, entity_id, object, record, name })
}

/// A record that may be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its id.
    pub record: SfId,
    /// Name and address, or subject.
    pub label: String,
    /// Lead, Contact or Event.
    pub object: String,
    /// What it stands for here already, if that is something else than the item or its contact: relinking it is refused.
    pub taken: Option<(Entity, i64)>,
}

/// Records that an item may mean, those that can be chosen first: people with the contact's email or last name, and
/// Events at the time of the booking.
pub async fn candidates(store: &Store, client: &Client, item: i64) -> Result<Vec<Candidate>, RelinkError> {
    let row = store.outbox_row(item).await?;
    let mut found = Vec::new();
    for answer in client.queries(&questions(store, &row).await?).await {
        found.extend(answer?.iter().filter_map(candidate));
    }
    for candidate in &mut found {
        let linked = store.linked_to(&candidate.record.to_string()).await?;
        candidate.taken = linked.filter(|linked| !is_own(&row, *linked));
    }
    found.sort_by_key(|candidate| candidate.taken.is_some());
    Ok(found)
}

async fn questions(store: &Store, row: &OutboxRow) -> Result<Vec<String>, StoreError> {
    let mut statements = Vec::new();
    if row.entity == Entity::Activity
        && let Some(detail) = store.activity_detail(row.entity_id).await?
        && let Some(start) = detail.activity.start
    {
        statements.push(format!(
            "SELECT Id, Subject, StartDateTime FROM Event WHERE StartDateTime = {} LIMIT 20",
            datetime(start)
        ));
    }
    let Some(id) = row.contact_id else { return Ok(statements) };
    let Some(detail) = store.contact_detail(id).await? else { return Ok(statements) };
    let values = &detail.contact.values;
    let mut conditions = Vec::new();
    conditions.extend(values.email().map(|email| format!("Email = {}", quote(email.as_str()))));
    conditions.extend(values.text(Field::LastName).map(|name| format!("LastName = {}", quote(name))));
    if !conditions.is_empty() {
        let condition = conditions.join(" OR ");
        statements.push(format!("SELECT Id, Name, Email, Title, Account.Name FROM Contact WHERE {condition} LIMIT 50"));
        statements.push(format!(
            "SELECT Id, Name, Email, Title, Company FROM Lead WHERE ({condition}) AND IsConverted = false LIMIT 50"
        ));
    }
    Ok(statements)
}

/// True of what the item is about, and of its contact: to link that once more changes nothing.
fn is_own(row: &OutboxRow, (entity, id): (Entity, i64)) -> bool {
    match entity {
        Entity::Contact => row.contact_id == Some(id),
        Entity::Activity => row.entity == Entity::Activity && row.entity_id == id,
    }
}

fn candidate(record: &Record) -> Option<Candidate> {
    let parts = ["Name", "Subject", "Email", "Title", "Account.Name", "Company", "StartDateTime"];
    let label: Vec<&str> = parts.iter().filter_map(|field| record.str(field)).collect();
    Some(Candidate { record: record.id()?, label: label.join(", "), object: record.object().to_owned(), taken: None })
}
