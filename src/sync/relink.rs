//! A person says which record a contact or a meeting is in Salesforce.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::salesforce::{ApiError, Client, SfId, prefix};
use crate::store::{Entity, LinkWrite, Store, StoreError};

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
