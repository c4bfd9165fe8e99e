//! A meeting from its booking to its end, told in the words of the program it was booked with.

use jiff::{SignedDuration, Timestamp};

use super::delivery::Delivery;
use super::dice::Dice;
use super::people::{Host, Person};
use super::talk::Talk;
use super::{calcom, oncehub};
use crate::domain::Source;

/// A kind of meeting that the team offers.
#[derive(Debug, PartialEq, Eq)]
pub struct EventType {
    /// Cal.com's slug.
    pub slug: &'static str,
    /// What people read.
    pub title: &'static str,
    /// Minutes.
    pub minutes: i64,
    /// OnceHub's booking calendar.
    pub calendar: &'static str,
}

/// For people who may become customers.
pub const FOR_PROSPECTS: [EventType; 4] = [
    EventType { slug: "intro-call", title: "Intro call", minutes: 15, calendar: "BKC-INTRO15" },
    EventType { slug: "demo", title: "Product demo", minutes: 30, calendar: "BKC-DEMO30" },
    EventType { slug: "pricing", title: "Pricing walkthrough", minutes: 30, calendar: "BKC-PRICING30" },
    EventType { slug: "deep-dive", title: "Technical deep dive", minutes: 60, calendar: "BKC-DEEPDIVE60" },
];

/// For people who are customers.
pub const FOR_CUSTOMERS: [EventType; 2] = [
    EventType { slug: "onboarding", title: "Onboarding session", minutes: 45, calendar: "BKC-ONBOARD45" },
    EventType { slug: "review", title: "Quarterly review", minutes: 30, calendar: "BKC-REVIEW30" },
];

/// What a booker adds, if anything.
pub const NOTES: [&str; 8] = [
    "We are twelve reps on two continents; time zones are our main pain.",
    "Please send an agenda beforehand.",
    "Could we look at the Salesforce sync in detail?",
    "My colleague from IT will join for the security part.",
    "We have to decide before the end of the quarter.",
    "Looking for something to replace our spreadsheet 🙈",
    "Merci d'avance — je préfère parler français si possible.",
    "Is there an API? And what does it cost?",
];

/// Where campaigns send people from.
#[derive(Debug, PartialEq, Eq)]
pub struct Campaign {
    /// `utm_source`.
    pub source: &'static str,
    /// `utm_medium`.
    pub medium: &'static str,
    /// `utm_campaign`.
    pub name: &'static str,
}

/// Campaigns that run.
pub const CAMPAIGNS: [Campaign; 5] = [
    Campaign { source: "newsletter", medium: "email", name: "spring-launch" },
    Campaign { source: "google", medium: "cpc", name: "crm-scheduling" },
    Campaign { source: "linkedin", medium: "social", name: "revops-guide" },
    Campaign { source: "partner", medium: "referral", name: "summit" },
    Campaign { source: "podcast", medium: "audio", name: "selling-hour" },
];

/// Why people call off.
pub const CANCEL_REASONS: [&str; 8] = [
    "Something came up",
    "Out sick today",
    "We went with another vendor",
    "Budget was cut, sorry",
    "Double-booked, will find a new time",
    "No longer relevant",
    "Travelling that day",
    "Ich bin im Urlaub – melde mich danach",
];

/// Why people move.
pub const MOVE_REASONS: [&str; 5] = [
    "Need a later slot",
    "My boss wants to join",
    "Clash with another meeting",
    "Public holiday here",
    "Train delayed",
];

/// One meeting.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// The program it was booked with.
    pub source: Source,
    /// That program's id; Cal.com gives a new one with each move.
    pub id: String,
    /// Cal.com's number, which goes up with each booking and each move.
    pub number: u64,
    /// How often it was moved.
    pub moves: u32,
    /// Who booked.
    pub guest: Person,
    /// Addresses of others whom the booker invited.
    pub others: Vec<String>,
    /// Who takes it.
    pub host: Host,
    /// What kind.
    pub kind: &'static EventType,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// When it starts.
    pub start: Timestamp,
    /// What the booker added.
    pub note: Option<&'static str>,
    /// What brought the booker.
    pub campaign: Option<&'static Campaign>,
    /// The talk with a bot that led to it (OnceHub).
    pub talk: Option<Talk>,
}

/// Who called off or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Who booked.
    Guest,
    /// Who takes the meeting.
    Host,
}

impl Meeting {
    /// When it ends.
    pub fn end(&self) -> Timestamp {
        self.start + SignedDuration::from_mins(self.kind.minutes)
    }

    /// It was booked.
    pub fn booked(&self) -> Delivery {
        let body = match self.source {
            Source::CalCom => calcom::created(self),
            Source::OnceHub => oncehub::scheduled(self),
        };
        self.delivery(self.booked_at, body)
    }

    /// It is moved.
    pub fn moved(&mut self, at: Timestamp, start: Timestamp, reason: &str, dice: &mut Dice) -> Delivery {
        let before = self.clone();
        self.start = start;
        self.moves += 1;
        let body = match self.source {
            Source::CalCom => {
                self.id = dice.uid();
                self.number += 1;
                calcom::rescheduled(self, &before, at, reason)
            }
            Source::OnceHub => oncehub::rescheduled(self, at, reason, dice),
        };
        self.delivery(at, body)
    }

    /// It is called off.
    pub fn canceled(&self, at: Timestamp, reason: &str, by: Actor, dice: &mut Dice) -> Delivery {
        let body = match self.source {
            Source::CalCom => calcom::cancelled(self, at, reason, by),
            Source::OnceHub => oncehub::canceled(self, at, reason, by, dice),
        };
        self.delivery(at, body)
    }

    /// The guest did not come.
    pub fn missed(&self, at: Timestamp, dice: &mut Dice) -> Delivery {
        let body = match self.source {
            Source::CalCom => calcom::no_show(self, at),
            Source::OnceHub => oncehub::no_show(self, at, dice),
        };
        self.delivery(at, body)
    }

    /// It is over.
    pub fn ended(&self, dice: &mut Dice) -> Delivery {
        let body = match self.source {
            Source::CalCom => calcom::ended(self),
            Source::OnceHub => oncehub::completed(self, dice),
        };
        self.delivery(self.end(), body)
    }

    fn delivery(&self, at: Timestamp, body: serde_json::Value) -> Delivery {
        Delivery { at, source: self.source, body }
    }
}
