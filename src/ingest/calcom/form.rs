//! A routing form that was sent, with or without a booking after it.

use serde_json::{Map, Value as Json, json};

use super::{Told, people, responses};
use crate::domain::{ActivityUpdate, Kind, State};
use crate::ingest::json::{object, text};
use crate::ingest::{Context, PayloadError, content_key};

/// Keys beside the answers; older versions repeat the answers flat among them.
const OWN_KEYS: [&str; 12] = [
    "triggerEvent",
    "createdAt",
    "payload",
    "formId",
    "formName",
    "teamId",
    "responseId",
    "responses",
    "redirect",
    "queuedFormResponseId",
    "routedTo",
    "metadata",
];

/// `FORM_SUBMITTED` in both versions (at the root and inside `payload`) and `FORM_SUBMITTED_NO_EVENT`.
pub fn submitted(body: &Json, data: &Json, context: &Context) -> Result<Told, PayloadError> {
    let data = if text(data, "formId").is_some() { data } else { body };
    let form_id = text(data, "formId").ok_or(PayloadError::Missing("formId"))?;
    let answered = match object(data, "responses") {
        Some(responses) => responses.clone(),
        None => flat(data),
    };
    // Only the second event of a submission tells its number. What was answered is in both, so the two meet.
    let content_id = content_key(&json!([form_id, &answered]));
    let mut update = ActivityUpdate::new(Kind::Form, format!("{form_id}:{}", &content_id[..16]));
    update.state = Some(State::Submitted);
    update.subject = text(data, "formName");
    update.form = text(data, "formName").or(Some(form_id));
    update.utm = responses::utm(data);
    update.detail.answers = responses::of_form(&answered);
    let sender = people::sender(&update.detail.answers, context);
    Ok(Told::of(update, sender))
}

fn flat(data: &Json) -> Map<String, Json> {
    let entries = data.as_object().into_iter().flatten();
    entries
        .filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
