//! Payloads of other programs (Cal.com, OnceHub, CSV files) become interactions and rows here.
//!
//! What comes in is hostile until it is a type of `domain`: every reader returns an error in words or a warning for the
//! part that it could not take, and never panics. Reading is pure; only `listener`, `file`, `import` and `poll` touch the world.

pub mod api;
mod bytes;
pub mod calcom;
pub mod csv;
pub mod document;
pub mod error;
mod figures;
pub mod file;
#[cfg(test)]
mod fuzz;
pub mod import;
mod json;
pub mod listener;
pub mod oncehub;
mod person;
pub mod poll;
pub mod signature;
pub mod sink;
mod synonyms;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

pub use error::{PayloadError, Warning};

use crate::domain::edit::CustomKind;
use crate::domain::phone::Country;
use crate::domain::{FieldKey, Interaction, Source};

/// What a reader must know of this installation.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The country of phone numbers that are written without one.
    pub country: Option<Country>,
    /// The custom fields of contacts; an answer under the name or label of one is a value of the contact.
    pub custom_fields: Vec<CustomKind>,
}

impl Context {
    /// The custom field that a question asks for, by its key or else by its label. A system field's own name asks for
    /// that field.
    fn asked_for(&self, key: &str, label: Option<&str>) -> Option<&CustomKind> {
        [Some(key), label].into_iter().flatten().find_map(|name| match synonyms::own(name, &self.custom_fields)? {
            FieldKey::Custom(field) => self.custom_fields.iter().find(|known| known.name == field),
            FieldKey::System(_) => None,
        })
    }
}

/// A payload, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// At least one. Two when one payload tells of two activities (OnceHub: cancelled, then rescheduled elsewhere);
    /// they belong into one transaction.
    pub interactions: Vec<Interaction>,
    /// What could not be taken over and why; the rest was.
    pub warnings: Vec<Warning>,
}

/// Understands one JSON payload. Without a `source` it is found out from the payload's shape; `now` is the time of an
/// event that does not tell its own.
pub fn understand(
    source: Option<Source>,
    payload: &str,
    context: &Context,
    now: Timestamp,
) -> Result<Parsed, PayloadError> {
    let json = serde_json::from_str(payload).map_err(|error| PayloadError::not_json(&error))?;
    understand_json(source, &json, payload, context, now)
}

/// The same for a payload that is parsed already; `payload` is its text as it came.
pub fn understand_json(
    source: Option<Source>,
    json: &Json,
    payload: &str,
    context: &Context,
    now: Timestamp,
) -> Result<Parsed, PayloadError> {
    let mut parsed = match source.or_else(|| detect(json)) {
        Some(Source::CalCom) => calcom::read(json, payload, context, now),
        Some(Source::OnceHub) => oncehub::read(json, payload, context, now),
        None if json.is_object() => Err(PayloadError::Unrecognized),
        None => Err(PayloadError::not_an_object(json)),
    }?;
    not_ahead(&mut parsed, now);
    Ok(parsed)
}

/// Clocks differ by so much at most. A payload from further ahead would outrank all that comes after it, until then.
pub const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What calls itself later than now is taken to have happened now.
fn not_ahead(parsed: &mut Parsed, now: Timestamp) {
    let latest = now.saturating_add(CLOCKS_DIFFER).unwrap_or(Timestamp::MAX);
    let mut ahead = None;
    for interaction in &mut parsed.interactions {
        if interaction.at > latest {
            ahead = Some(std::mem::replace(&mut interaction.at, now));
        }
        if let Some(created) = interaction.activity.as_mut().and_then(|activity| activity.created_at.as_mut()) {
            *created = (*created).min(latest);
        }
    }
    if let Some(at) = ahead {
        let reason = format!("{at} is yet to come; the time of receipt stands for it");
        parsed.warnings.push(Warning::new("the payload's own time", reason));
    }
}

/// Which program wrote a payload: Cal.com's name their trigger, OnceHub's their object.
pub fn detect(body: &Json) -> Option<Source> {
    let json = body.as_object()?;
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    if json.contains_key("triggerEvent") {
        return Some(Source::CalCom);
    }
    let by_prefix = text("id").is_some_and(|id| id.contains('-'));
    if !by_prefix && !json.contains_key("object") && calcom::api::is_booking(body) {
        return Some(Source::CalCom);
    }
    let oncehub_object = text("object").is_some_and(|object| oncehub::OBJECTS.contains(&object));
    let oncehub_id =
        text("id").is_some_and(|id| ["EVNT-", "BKNG-", "CVR-"].iter().any(|prefix| id.starts_with(prefix)));
    (oncehub_object || oncehub_id).then_some(Source::OnceHub)
}

/// A key that is the same for the same JSON, whatever its blanks and the order of its keys, and differs for any other.
/// Cal.com sends no delivery id, and two events of one booking may share every time they carry.
fn content_key(json: &Json) -> String {
    // serde_json keeps objects sorted by key, so that its compact text is canonical.
    hex(&Sha256::digest(json.to_string().as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
