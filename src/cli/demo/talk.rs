//! A talk with a bot, or a routing form of OnceHub's, which is one to OnceHub too.

use jiff::Timestamp;

use super::delivery::Delivery;
use super::dice::Dice;
use super::oncehub;
use super::people::{Host, Person};
use crate::domain::{Source, Status};

/// Something that talks to visitors.
#[derive(Debug, PartialEq, Eq)]
pub struct Bot {
    /// OnceHub's id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The page on which it lives.
    pub url: &'static str,
}

/// The bots of the team's website.
pub const BOTS: [Bot; 4] = [
    Bot { id: "BOT-WELCOME", name: "Website concierge", url: "https://seller.test/" },
    Bot { id: "BOT-PRICING", name: "Pricing helper", url: "https://seller.test/pricing" },
    Bot { id: "BOT-DEMO", name: "Book a demo form", url: "https://seller.test/demo" },
    Bot { id: "BOT-DOCS", name: "Docs assistant", url: "https://seller.test/docs" },
];

/// What people want.
pub const INTERESTS: [&str; 6] = [
    "Salesforce sync",
    "Round-robin routing",
    "Security review",
    "Team pricing",
    "Migrating from spreadsheets",
    "API access",
];

/// When they want it.
pub const TIMELINES: [&str; 4] = ["This month", "This quarter", "This year", "Just looking"];

/// One talk.
#[derive(Clone, Debug)]
pub struct Talk {
    /// OnceHub's id.
    pub id: String,
    /// OnceHub's id of the person.
    pub contact_id: String,
    /// Who talks.
    pub visitor: Person,
    /// To whom the person is assigned.
    pub owner: Host,
    /// With which bot.
    pub bot: &'static Bot,
    /// Since when.
    pub started_at: Timestamp,
    /// The bot knew who it was from the start.
    pub introduced: bool,
    /// What the visitor wants.
    pub interest: &'static str,
    /// And when.
    pub timeline: &'static str,
    /// How many would use it.
    pub seats: i64,
    /// The bot's contact status action.
    pub status: Option<Status>,
}

impl Talk {
    /// A talk that begins; the answers are the visitor's secret still.
    pub fn new(visitor: Person, owner: Host, at: Timestamp, dice: &mut Dice) -> Self {
        let timeline = *dice.pick(&TIMELINES);
        let seats = dice.number(1, 120);
        // What a bot decides by: how many, and how soon.
        let status = match (timeline, seats) {
            ("Just looking", ..5) => Some(Status::Disqualified),
            ("This month", 20..) => Some(Status::SalesQualified),
            ("This month" | "This quarter", 10..) => Some(Status::Qualified),
            (_, 40..) => Some(Status::MarketingQualified),
            _ => None,
        };
        Self {
            id: dice.oncehub_id("CVR"),
            contact_id: dice.oncehub_id("CTC"),
            visitor,
            owner,
            bot: dice.pick(&BOTS),
            started_at: at,
            introduced: dice.percent(75),
            interest: *dice.pick(&INTERESTS),
            timeline,
            seats,
            status,
        }
    }

    /// The visitor's first words.
    pub fn started(&self, dice: &mut Dice) -> Delivery {
        delivery(self.started_at, oncehub::talk_started(self, dice))
    }

    /// Everything was asked and answered.
    pub fn closed(&self, at: Timestamp, dice: &mut Dice) -> Delivery {
        delivery(at, oncehub::talk_closed(self, at, dice))
    }

    /// The visitor has been silent for too long.
    pub fn abandoned(&self, at: Timestamp, dice: &mut Dice) -> Delivery {
        delivery(at, oncehub::talk_abandoned(self, at, dice))
    }
}

fn delivery(at: Timestamp, body: serde_json::Value) -> Delivery {
    Delivery { at, source: Source::OnceHub, body }
}
