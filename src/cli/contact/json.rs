//! A contact as scripts read it: OnceHub's names, every field there, null if blank.

use serde_json::{Map, Value as Json, json};

use crate::domain::{Contact, Field, FieldKey, Status};
use crate::store::{ContactDetail, ContactRow};

/// What `contact edit -` takes back.
pub(super) fn contact(contact: &Contact) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("object".to_owned(), json!("contact"));
    object.insert("id".to_owned(), json!(contact.id));
    for field in Field::ALL {
        let value = contact.values.get(field).map(crate::domain::FieldValue::to_json);
        object.insert(field.key().to_owned(), value.unwrap_or_default());
    }
    object.insert("status".to_owned(), json!(contact.status.map(Status::label)));
    let owner = contact.owner.as_ref().map(|owner| json!({ "email": owner.email, "name": owner.name }));
    object.insert("owner".to_owned(), owner.unwrap_or_default());
    let custom: Map<String, Json> = contact
        .values
        .iter()
        .filter_map(|(key, value)| match key {
            FieldKey::Custom(name) => Some((name.clone(), value.to_json())),
            FieldKey::System(_) => None,
        })
        .collect();
    object.insert("custom_fields".to_owned(), Json::Object(custom));
    object.insert("source".to_owned(), json!(contact.source));
    object.insert("created_at".to_owned(), json!(contact.created_at));
    object.insert("updated_at".to_owned(), json!(contact.updated_at));
    object.insert("interacted_at".to_owned(), json!(contact.interacted_at));
    object
}

/// The contact with what belongs to it.
pub(super) fn detail(detail: &ContactDetail) -> Json {
    let mut object = contact(&detail.contact);
    let activities: Vec<Json> = detail
        .activities
        .iter()
        .map(|activity| {
            json!({
                "id": activity.id, "kind": activity.kind, "state": activity.state, "subject": activity.subject,
                "start": activity.start, "end": activity.end, "user": activity.user, "source": activity.source,
            })
        })
        .collect();
    let history: Vec<Json> = detail
        .history
        .iter()
        .map(|entry| {
            json!({
                "at": entry.at, "actor": entry.actor, "what": entry.what, "activity": entry.activity_id,
                "data": entry.data,
            })
        })
        .collect();
    let views: Vec<Json> = detail
        .page_views
        .iter()
        .map(|view| json!({ "url": view.url, "title": view.title, "seconds": view.seconds, "at": view.at }))
        .collect();
    let duplicates: Vec<Json> = detail
        .duplicates
        .iter()
        .map(|hint| json!({ "contact": hint.contact_id, "label": hint.label, "reason": hint.reason }))
        .collect();
    let salesforce = detail.link.as_ref().map(|link| {
        json!({ "object": link.object, "id": link.record_id, "candidates": link.candidates, "updated_at": link.updated_at,
            "seen": crate::sync::seen::Seen::of(link) })
    });
    object.insert("activity_count".to_owned(), json!(detail.activity_count));
    object.insert("activities".to_owned(), json!(activities));
    object.insert("page_views".to_owned(), json!(views));
    object.insert("history".to_owned(), json!(history));
    object.insert("duplicates".to_owned(), json!(duplicates));
    object.insert("salesforce".to_owned(), salesforce.unwrap_or_default());
    object.insert("queue".to_owned(), json!(detail.outbox));
    Json::Object(object)
}

/// One line of the list.
pub(super) fn row(row: &ContactRow) -> Json {
    json!({
        "id": row.id, "name": row.name, "email": row.email, "phone": row.phone, "company": row.company,
        "job_title": row.job_title, "status": row.status.map(Status::label), "owner": row.owner, "source": row.source,
        "created_at": row.created_at, "updated_at": row.updated_at, "recent_at": row.recent_at, "unread": row.unread,
        "duplicate": row.duplicate, "sync": row.sync,
    })
}
