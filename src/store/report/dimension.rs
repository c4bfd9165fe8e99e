//! By what a report counts, how its values read, and how to find the contacts behind them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::super::StoreError;
use super::text_of;
use crate::domain::Status;

/// Half an hour in milliseconds: every zone's midnight falls on one.
const HALF_HOUR: i64 = 1_800_000;

/// By what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The contact's status.
    Status,
    /// The program that the contact came from.
    Source,
    /// Bot of a conversation.
    Bot,
    /// Form that was sent.
    Form,
    /// Booking page.
    Page,
    /// Event type of a booking.
    EventType,
    /// The contact's owner.
    Owner,
    /// `utm_source` of an activity.
    UtmSource,
    /// `utm_medium` of an activity.
    UtmMedium,
    /// `utm_campaign` of an activity.
    UtmCampaign,
    /// `utm_term` of an activity.
    UtmTerm,
    /// `utm_content` of an activity.
    UtmContent,
    /// Day of the first touch.
    Day,
    /// Week (from Monday) of the first touch.
    Week,
    /// Month of the first touch.
    Month,
    /// All of them together.
    #[serde(skip)]
    Nothing,
}

/// A value: what it sorts by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// There is none.
    None,
    /// The first day of the time.
    Day(Date),
    /// Text as stored.
    Text(String),
}

impl Key {
    pub fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Day(date) => date.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Dimension {
    /// Those that people choose from.
    pub const ALL: [Self; 15] = [
        Self::Status,
        Self::Source,
        Self::Bot,
        Self::Form,
        Self::Page,
        Self::EventType,
        Self::Owner,
        Self::UtmSource,
        Self::UtmMedium,
        Self::UtmCampaign,
        Self::UtmTerm,
        Self::UtmContent,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    /// The word on the command line; of most, the key of the filter language.
    pub fn key_word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Source => "source",
            Self::Bot => "bot",
            Self::Form => "form",
            Self::Page => "page",
            Self::EventType => "event_type",
            Self::Owner => "owner",
            Self::UtmSource => "utm_source",
            Self::UtmMedium => "utm_medium",
            Self::UtmCampaign => "utm_campaign",
            Self::UtmTerm => "utm_term",
            Self::UtmContent => "utm_content",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Nothing => "all",
        }
    }

    /// Finds it by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.key_word() == word)
    }

    /// A value as people read it.
    pub(super) fn label(self, key: &Key) -> String {
        match (self, key) {
            (Self::Status, Key::None) => "no status".to_owned(),
            (Self::Status, Key::Text(text)) => match Status::parse(text) {
                Ok(status) => status.label().to_owned(),
                Err(_) => text.clone(),
            },
            (Self::Owner, Key::None) => "nobody".to_owned(),
            (_, Key::None) => "none".to_owned(),
            (Self::Month, Key::Day(date)) => date.strftime("%b %Y").to_string(),
            (Self::Week, Key::Day(date)) => format!("week of {}", date.strftime("%-d %b %Y")),
            (_, Key::Day(date)) => date.strftime("%a %-d %b %Y").to_string(),
            (_, Key::Text(text)) => text.clone(),
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::Source => "Source",
            Self::Bot => "Bot",
            Self::Form => "Form",
            Self::Page => "Page",
            Self::EventType => "Event type",
            Self::Owner => "Owner",
            Self::UtmSource => "UTM source",
            Self::UtmMedium => "UTM medium",
            Self::UtmCampaign => "UTM campaign",
            Self::UtmTerm => "UTM term",
            Self::UtmContent => "UTM content",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Nothing => "All",
        }
    }

    /// True if activities tell it, so that one contact may be under several values.
    pub fn is_of_activity(self) -> bool {
        self.columns().1.is_some()
    }

    /// True if its values follow each other.
    pub fn is_of_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }

    /// An expression over the contact (`c`) and its owner (`o`), and the activity's column that is used instead.
    pub(super) fn columns(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Status => ("coalesce(c.status, '')", None),
            Self::Source => ("c.source", None),
            Self::Owner => ("coalesce(o.email, o.name, o.external_id, '')", None),
            Self::Day | Self::Week | Self::Month => ("c.created_at / 1800000", None),
            Self::Nothing => ("''", None),
            of_activity => ("", Some(of_activity.key_word())),
        }
    }

    pub(super) fn key(self, row: &SqliteRow, zone: &TimeZone) -> Result<Key, StoreError> {
        if !self.is_of_time() {
            return Ok(text_of(row)?.map_or(Key::None, Key::Text));
        }
        let halves: i64 = row.try_get("k")?;
        let Ok(at) = Timestamp::from_millisecond(halves * HALF_HOUR) else { return Ok(Key::None) };
        let day = at.to_zoned(zone.clone()).date();
        Ok(Key::Day(match self {
            Self::Month => day.first_of_month(),
            Self::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(since_monday.days()).unwrap_or(day)
            }
            _ => day,
        }))
    }

    /// The query of the contact list that finds the contacts of a value.
    pub(super) fn query(self, key: &Key) -> String {
        let word = self.key_word();
        match (self, key) {
            (Self::Nothing, _) => String::new(),
            (Self::Day, Key::Day(date)) => format!("contact.created:{date}"),
            (Self::Week, Key::Day(date)) => {
                let sunday = date.checked_add(6.days()).unwrap_or(*date);
                format!("contact.created:{date}..{sunday}")
            }
            (Self::Month, Key::Day(date)) => format!("contact.created:{}", date.strftime("%Y-%m")),
            (_, Key::None) if self.is_of_activity() => format!("activity.{word}:none"),
            (Self::Status | Self::Owner | Self::Source, Key::None) => format!("{word}:none"),
            (Self::Status, Key::Text(text)) => format!("status:{text}"),
            (Self::Source, Key::Text(text)) => format!("contact.source:{}", quoted(text)),
            (Self::Owner, Key::Text(text)) => format!("owner:{}", quoted(text)),
            (_, key) => format!("activity.{word}:{}", quoted(&key.text())),
        }
    }
}

/// A value as the filter language reads it: in quotes unless it is a plain word.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    if plain && !["none", "any", "me"].contains(&text) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
