//! The words of the language: keys, what they are about, and what they mean in a sentence.

use super::List;

/// A key with a fixed meaning. Fields of contacts are further keys, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Booking, conversation or form.
    Kind,
    /// Where an activity stands.
    State,
    /// Status of a contact.
    Status,
    /// Owner of a contact.
    Owner,
    /// Host or assigned user of an activity.
    Host,
    /// Mine: my contact, or an activity that I host.
    Mine,
    /// What a contact has.
    Has,
    /// Program it came from.
    Source,
    /// Event type.
    EventType,
    /// Bot.
    Bot,
    /// Form.
    Form,
    /// Booking page.
    Page,
    /// Start of the meeting.
    Start,
    /// When it came into being.
    Created,
    /// When it last changed.
    Updated,
    /// When the person last did something.
    Interacted,
    /// `utm_source`.
    UtmSource,
    /// `utm_medium`.
    UtmMedium,
    /// `utm_campaign`.
    UtmCampaign,
    /// `utm_term`.
    UtmTerm,
    /// `utm_content`.
    UtmContent,
    /// Not yet looked at.
    Unread,
    /// Made by a test.
    Test,
    /// In the trash.
    Trash,
    /// How it stands with Salesforce.
    Sync,
    /// Its number, or an id that another program gave it.
    Id,
    /// The CSV import it came with.
    Import,
}

/// What a key speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The contact, or the contact of the activity.
    Contact,
    /// The activity, or some activity of the contact.
    Activity,
    /// The row of the list, be it a contact or an activity.
    Row,
}

/// What values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A user's email, name, or `me`.
    User,
    /// Any text, with `*`.
    Text,
    /// A date or a range of dates.
    Date,
    /// Nothing, or yes and no.
    Flag,
    /// A number or an identifier.
    Id,
}

/// What there is to say about a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyInfo {
    /// The key.
    pub key: Key,
    /// How it is written.
    pub name: &'static str,
    /// What it speaks about.
    pub about: About,
    /// What values it takes.
    pub takes: Takes,
    /// For completion and help.
    pub help: &'static str,
}

const fn info(key: Key, name: &'static str, about: About, takes: Takes, help: &'static str) -> KeyInfo {
    KeyInfo { key, name, about, takes, help }
}

/// Values of `kind`.
pub(super) const KINDS: &[&str] = &["booking", "conversation", "form"];
/// Values of `state`.
pub(super) const STATES: &[&str] = &[
    "requested",
    "scheduled",
    "rescheduled",
    "completed",
    "canceled",
    "no_show",
    "started",
    "closed",
    "abandoned",
    "submitted",
];
/// Values of `status`.
pub(super) const STATUSES: &[&str] =
    &["qualified", "marketing_qualified", "sales_qualified", "disqualified", "none", "any"];
/// Values of `has`.
pub(super) const HAS: &[&str] = &["booking", "conversation", "form", "email", "phone", "duplicate", "salesforce"];
/// Values of `sync`.
pub(super) const SYNC: &[&str] = &["none", "pending", "done", "held", "failed"];
/// Values of `source` that this version gives; others are taken as they are.
pub(super) const SOURCES: &[&str] = &["calcom", "oncehub", "import", "api", "manual"];

/// Every key, in the order of the documentation.
pub const KEYS: [KeyInfo; 27] = [
    info(Key::Kind, "kind", About::Activity, Takes::Words(KINDS), "booking, conversation or form"),
    info(Key::State, "state", About::Activity, Takes::Words(STATES), "state of the activity"),
    info(Key::Status, "status", About::Contact, Takes::Words(STATUSES), "status of the contact"),
    info(Key::Owner, "owner", About::Contact, Takes::User, "owner of the contact"),
    info(Key::Host, "host", About::Activity, Takes::User, "host or assigned user"),
    info(Key::Mine, "mine", About::Row, Takes::Flag, "contacts that I own, activities that I host"),
    info(Key::Has, "has", About::Contact, Takes::Words(HAS), "what the contact has"),
    info(Key::Source, "source", About::Row, Takes::Text, "program it came from"),
    info(Key::EventType, "event_type", About::Activity, Takes::Text, "event type"),
    info(Key::Bot, "bot", About::Activity, Takes::Text, "bot"),
    info(Key::Form, "form", About::Activity, Takes::Text, "form"),
    info(Key::Page, "page", About::Activity, Takes::Text, "booking page"),
    info(Key::Start, "start", About::Activity, Takes::Date, "start of the meeting"),
    info(Key::Created, "created", About::Row, Takes::Date, "when it came into being"),
    info(Key::Updated, "updated", About::Row, Takes::Date, "when it last changed"),
    info(Key::Interacted, "interacted", About::Contact, Takes::Date, "when the person last did something"),
    info(Key::UtmSource, "utm_source", About::Activity, Takes::Text, "campaign source"),
    info(Key::UtmMedium, "utm_medium", About::Activity, Takes::Text, "campaign medium"),
    info(Key::UtmCampaign, "utm_campaign", About::Activity, Takes::Text, "campaign name"),
    info(Key::UtmTerm, "utm_term", About::Activity, Takes::Text, "campaign term"),
    info(Key::UtmContent, "utm_content", About::Activity, Takes::Text, "campaign content"),
    info(Key::Unread, "unread", About::Activity, Takes::Flag, "not yet looked at"),
    info(Key::Test, "test", About::Activity, Takes::Flag, "made by a test of a bot or form"),
    info(Key::Trash, "trash", About::Activity, Takes::Flag, "in the trash; left out unless named"),
    info(Key::Sync, "sync", About::Row, Takes::Words(SYNC), "how it stands with Salesforce"),
    info(Key::Id, "id", About::Row, Takes::Id, "its number, or an id of the source or Salesforce"),
    info(Key::Import, "import", About::Contact, Takes::Text, "name or number of a CSV import"),
];

impl Key {
    /// What there is to say about it.
    pub fn info(self) -> &'static KeyInfo {
        // Every key is in the table; a test goes through them.
        KEYS.iter().find(|info| info.key == self).unwrap_or(&KEYS[0])
    }

    /// Finds a key by its name, whatever the case.
    pub fn parse(name: &str) -> Option<Self> {
        KEYS.iter().find(|info| info.name.eq_ignore_ascii_case(name)).map(|info| info.key)
    }

    /// What it speaks about on a list.
    pub fn about(self, list: List) -> About {
        match (self.info().about, list) {
            (About::Row, List::Contacts) => About::Contact,
            (About::Row, List::Activities) => About::Activity,
            (about, _) => about,
        }
    }
}

/// The way a known key is written, if it is one.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    Key::parse(name).map(|key| key.info().name)
}

/// The flag that a bare word is.
pub(super) fn flag(word: &str) -> Option<&'static str> {
    let is_flag = |info: &&KeyInfo| info.takes == Takes::Flag && info.name.eq_ignore_ascii_case(word);
    KEYS.iter().find(is_flag).map(|info| info.name)
}

/// Words that people type for a key that is called otherwise.
pub(super) fn other_name(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "name" | "surname" | "lastname" => "last_name",
        "firstname" => "first_name",
        "type" | "eventtype" | "event" => "event_type",
        "user" | "assigned" | "assignee" => "host",
        "campaign" => "utm_campaign",
        "medium" => "utm_medium",
        "title" | "job" => "job_title",
        "mobile" | "cell" => "mobile_phone",
        "date" | "time" | "starts" => "start",
        "modified" | "changed" => "updated",
        "is" | "read" => "unread",
        "zip" | "postcode" => "post_code",
        "address" | "street" => "street_address",
        "tz" | "zone" => "time_zone",
        "size" => "company_size",
        "consent" => "has_consent",
        "calendar" => "page",
        "list" => "import",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Kind, State, Status};

    #[test]
    fn every_key_is_in_the_table_once_and_the_words_are_those_of_the_domain() {
        for info in &KEYS {
            assert_eq!(info.key.info().name, info.name);
            assert_eq!(Key::parse(&info.name.to_uppercase()), Some(info.key));
        }
        assert!(Kind::ALL.iter().map(|kind| kind.key()).eq(KINDS.iter().copied()));
        assert!(State::ALL.iter().map(|state| state.key()).eq(STATES.iter().copied()));
        assert!(Status::ALL.iter().map(|status| status.key()).eq(STATUSES[..4].iter().copied()));
    }

    #[test]
    fn other_names_lead_to_real_keys() {
        for name in ["name", "type", "user", "campaign", "mobile", "date", "zip", "tz", "list", "calendar"] {
            let key = other_name(name).unwrap();
            assert!(Key::parse(key).is_some() || crate::domain::Field::parse(key).is_some(), "{key}");
        }
    }
}
