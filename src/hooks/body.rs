//! The JSON of an event. Contacts look as they do in the HTTP API.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::domain::{Activity, Contact, ContactId};
use crate::ingest::api::shape;
use crate::store::OutboxRow;

/// What an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The contact as it is now; `None`: gone.
    pub contact: Option<&'a Contact>,
    /// The number of a contact that is gone.
    pub gone: Option<ContactId>,
    /// The activity as it is now.
    pub activity: Option<&'a Activity>,
    /// What Salesforce could not be told.
    pub failure: Option<&'a OutboxRow>,
}

/// What every event says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub event: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: &'a str,
    /// Our own sync did it.
    pub own_sync: bool,
}

/// The event as JSON, in the form in which it is signed and sent.
pub fn body(head: Head<'_>, about: About<'_>, change: &Json) -> String {
    let mut object = Map::new();
    object.insert("object".into(), json!("event"));
    object.insert("id".into(), json!(head.id));
    object.insert("type".into(), json!(head.event));
    object.insert("creation_time".into(), json!(head.at));
    object.insert("actor".into(), json!(head.actor));
    object.insert("own_sync".into(), json!(head.own_sync));
    let contact = match (about.contact, about.gone) {
        (Some(contact), _) => shape::contact(contact),
        (None, Some(id)) => json!({ "object": "contact", "id": shape::id(id), "deleted": true }),
        (None, None) => Json::Null,
    };
    object.insert("contact".into(), contact);
    object.insert("activity".into(), about.activity.map_or(Json::Null, activity));
    object.insert("change".into(), change.clone());
    if let Some(row) = about.failure {
        object.insert("failure".into(), failure(row));
    }
    Json::Object(object).to_string()
}

fn activity(activity: &Activity) -> Json {
    let host = activity.user.as_ref().map(|user| user.label().to_owned());
    json!({
        "object": activity.kind.key(),
        "id": activity.external_id,
        "state": activity.state.key(),
        "source": activity.source,
        "subject": activity.subject,
        "start": activity.start,
        "end": activity.end,
        "host": host,
        "event_type": activity.event_type,
        "page": activity.page,
        "bot": activity.bot,
        "form": activity.form,
        "location": activity.location,
        "utm": activity.utm,
        "reason": activity.reason,
        "answers": activity.detail.answers,
        "test": activity.test,
    })
}

fn failure(row: &OutboxRow) -> Json {
    json!({
        "item": row.id,
        "what": row.cause,
        "object": row.object,
        "field": row.field,
        "code": row.code,
        "message": row.message,
        "attempts": row.attempts,
    })
}
