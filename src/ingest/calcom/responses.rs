//! Answers of booking forms and routing forms: `{key: {label, value}}`, and the looser shapes of routing forms.

use serde_json::{Map, Value as Json};

use crate::domain::activity::{Answer, Utm};
use crate::ingest::json::{as_text, is_blank, text};
use crate::ingest::synonyms::normalize;

/// Questions that Cal.com itself asks on every booking form; their answers are also kept in the booking's own fields.
const SYSTEM: [&str; 9] = [
    "name",
    "email",
    "location",
    "guests",
    "notes",
    "title",
    "rescheduleReason",
    "attendeePhoneNumber",
    "smsReminderNumber",
];

/// True for a question that every Cal.com booking form asks: what it was answered stands elsewhere in the booking too.
pub fn is_system_question(key: &str) -> bool {
    SYSTEM.contains(&key)
}

/// The answer to one question of a booking form.
pub fn value<'a>(booking: &'a Json, key: &str) -> Option<&'a Json> {
    let entry = booking.get("responses")?.get(key)?;
    let value = if entry.is_object() { entry.get("value")? } else { entry };
    (!is_blank(value)).then_some(value)
}

/// The answer as text.
pub fn value_text(booking: &Json, key: &str) -> Option<String> {
    value(booking, key).and_then(as_text)
}

/// The answers of a booking form. `userFieldsResponses` repeats a part and `customInputs` is the older form of them.
pub fn of_booking(booking: &Json) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for place in ["responses", "userFieldsResponses", "customInputs"] {
        let Some(entries) = booking.get(place).and_then(Json::as_object) else { continue };
        for (key, entry) in entries {
            if !answers.iter().any(|known| known.key == *key)
                && let Some((label, value)) = unwrap(entry)
            {
                let value = if key == "location" { location(value) } else { value.clone() };
                answers.push(Answer { key: key.clone(), label, value, form: false });
            }
        }
    }
    answers.retain(|answer| !is_blank(&answer.value));
    answers
}

/// The answers of a routing form.
pub fn of_form(responses: &Map<String, Json>) -> Vec<Answer> {
    let answer = |(key, entry): (&String, &Json)| {
        let (label, value) = match entry.get("response") {
            Some(response) if !is_blank(response) => (text(entry, "label"), response),
            _ => unwrap(entry)?,
        };
        let value = chosen_labels(value);
        let label = label.or_else(|| Some(key.clone()));
        (!is_blank(&value)).then(|| Answer { key: key.clone(), label, value, form: true })
    };
    responses.iter().filter_map(answer).collect()
}

/// Label and value of an entry, whether it is wrapped or plain.
fn unwrap(entry: &Json) -> Option<(Option<String>, &Json)> {
    match entry {
        Json::Object(map) if map.contains_key("value") || map.contains_key("label") => {
            map.get("value").filter(|value| !is_blank(value)).map(|value| (text(entry, "label"), value))
        }
        plain => (!is_blank(plain)).then_some((None, plain)),
    }
}

/// What was typed with the kind of place, else the kind.
fn location(value: &Json) -> Json {
    text(value, "optionValue").or_else(|| text(value, "value")).map_or_else(|| value.clone(), Json::from)
}

/// Options come as `{label, id}`: people and templates mean the label. One option is a text, several are a list.
fn chosen_labels(value: &Json) -> Json {
    let label = |option: &Json| match option {
        Json::Object(_) => text(option, "label").or_else(|| text(option, "value")).or_else(|| text(option, "id")),
        plain => as_text(plain),
    };
    match value {
        Json::Array(options) => {
            let mut labels: Vec<Json> = options.iter().filter_map(label).map(Json::from).collect();
            match labels.len() {
                0 => Json::Null,
                1 => labels.remove(0),
                _ => Json::Array(labels),
            }
        }
        Json::Object(_) => label(value).map_or_else(|| value.clone(), Json::from),
        plain => plain.clone(),
    }
}

/// Campaign parameters, wherever they were put. Cal.com itself does not send them; hidden questions and metadata do.
pub fn utm(content: &Json) -> Utm {
    let find = |name: &str| {
        let key = format!("utm_{name}");
        let places = ["metadata", "tracking", "utm_params"].iter().filter_map(|place| content.get(place));
        places
            .chain(std::iter::once(content))
            .find_map(|place| text(place, &key))
            .or_else(|| value_text(content, &key))
            .or_else(|| content.get("tracking").and_then(|tracking| text(tracking, name)))
    };
    Utm {
        source: find("source"),
        medium: find("medium"),
        campaign: find("campaign"),
        term: find("term"),
        content: find("content"),
    }
}

/// True if a name or label of a question asks for someone's full name.
pub fn asks_for_name(question: &str) -> bool {
    matches!(normalize(question).as_str(), "name" | "fullname" | "yourname" | "contactname")
}
