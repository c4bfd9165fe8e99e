//! Bookings whose contact comes as an id alone.
//!
//! What a list expands is told in two ways: by the bare name, as the schema has it, and with `data.` before it (OnceHub
//! reference 5.1). The bare one is tried first. Where neither is heard, the contact of a booking whose form does not say
//! who booked is asked for by its id.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::http::HttpError;
use super::{PollError, Run};
use crate::ingest::json::{is_blank, text};

/// How the objects within bookings are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Expand {
    #[default]
    Bare,
    Prefixed,
    /// Not at all: contacts are asked for one by one.
    Apart,
}

impl Expand {
    /// The parameter of the question.
    pub fn query(self) -> Option<(&'static str, String)> {
        match self {
            Self::Bare => Some(("expand", "contact,conversation,owner".to_owned())),
            Self::Prefixed => Some(("expand", "data.contact,data.conversation,data.owner".to_owned())),
            Self::Apart => None,
        }
    }

    /// What to try after an answer that was a refusal, or in which nothing was expanded; `None`: the answer will do.
    pub fn after(self, answer: &Result<Json, PollError>) -> Option<Self> {
        let heard = match answer {
            Ok(answer) => answer.get("data").and_then(Json::as_array).is_none_or(|items| heard(items)),
            Err(PollError::Http(HttpError::Status { status: 400 | 422, .. })) => false,
            Err(_) => true,
        };
        match self {
            _ if heard => None,
            Self::Bare => Some(Self::Prefixed),
            Self::Prefixed => Some(Self::Apart),
            Self::Apart => None,
        }
    }
}

/// False if there are contacts, and none of them is more than an id.
fn heard(items: &[Json]) -> bool {
    let contacts = || items.iter().filter_map(|item| item.get("contact")).filter(|contact| !is_blank(contact));
    contacts().next().is_none() || contacts().any(Json::is_object)
}

/// The id of the contact that a booking needs: it is not expanded, and the form says neither email nor mobile phone.
fn needed(booking: &Json) -> Option<String> {
    let form = booking.get("form_submission").unwrap_or(&Json::Null);
    let told = text(form, "email").or_else(|| text(form, "mobile_phone")).is_some();
    booking.get("contact").filter(|_| !told)?.as_str().map(str::trim).filter(|id| is_id(id)).map(str::to_owned)
}

/// It becomes part of a path.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Puts the contacts that are needed into their bookings; `known` are those that were asked for before, `None` one that
/// is not there.
pub(super) async fn contacts(
    run: &Run<'_>,
    bookings: &mut [Json],
    known: &mut HashMap<String, Option<Json>>,
) -> Result<(), PollError> {
    for booking in bookings {
        let Some(id) = needed(booking) else { continue };
        if !known.contains_key(&id) {
            let contact = match run.get(&format!("/v2/contacts/{id}"), &[]).await {
                Ok(contact) => Some(contact).filter(Json::is_object),
                // The booking is taken without it.
                Err(PollError::Http(HttpError::Status { status: status @ 400..=499, .. })) => {
                    tracing::warn!(contact = id, status, "the contact of a booking is not told");
                    None
                }
                Err(error) => return Err(error),
            };
            known.insert(id.clone(), contact);
        }
        if let Some(Some(contact)) = known.get(&id) {
            booking["contact"] = contact.clone();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_heard_is_said_in_another_way() {
        let answer = |contacts: Json| {
            let items: Vec<_> =
                contacts.as_array().unwrap().iter().map(|contact| json!({"contact": contact})).collect();
            Ok(json!({ "data": items }))
        };
        for (contacts, next) in [
            (json!(["CTC-1", null]), Some(Expand::Prefixed)),
            (json!(["CTC-1", {"id": "CTC-2"}]), None), // one that could not be expanded
            (json!([null, ""]), None),
            (json!([]), None),
        ] {
            assert_eq!(Expand::Bare.after(&answer(contacts.clone())), next, "{contacts}");
        }
        assert_eq!(Expand::Prefixed.after(&answer(json!(["CTC-1"]))), Some(Expand::Apart));
        assert_eq!(Expand::Apart.after(&answer(json!(["CTC-1"]))), None);
        let refused =
            |status| Err(PollError::Http(HttpError::Status { host: String::new(), status, reason: String::new() }));
        assert_eq!(Expand::Bare.after(&refused(400)), Some(Expand::Prefixed));
        assert_eq!(Expand::Bare.after(&refused(500)), None);
    }

    #[test]
    fn a_contact_is_needed_where_the_form_does_not_say_who() {
        let needed = |form: Json, contact: Json| super::needed(&json!({"form_submission": form, "contact": contact}));
        assert_eq!(needed(json!(null), json!("CTC-77")), Some("CTC-77".to_owned()));
        assert_eq!(needed(json!({"email": "", "name": "Bo"}), json!("CTC-77")), Some("CTC-77".to_owned()));
        assert_eq!(needed(json!({"email": "bo@x.test"}), json!("CTC-77")), None);
        assert_eq!(needed(json!({"mobile_phone": "+4790000000"}), json!("CTC-77")), None);
        assert_eq!(needed(json!(null), json!({"id": "CTC-77"})), None);
        assert_eq!(needed(json!(null), json!("../users")), None);
    }
}
