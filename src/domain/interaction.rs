//! What every source is turned into before anything is decided: who, what, when, from where.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ActivityUpdate, Email, Status, Values};

/// The program that an activity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Cal.com.
    CalCom,
    /// OnceHub.
    OnceHub,
}

impl Source {
    /// The word in the store, in queries and in webhook paths.
    pub fn key(self) -> &'static str {
        match self {
            Self::CalCom => "calcom",
            Self::OnceHub => "oncehub",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::CalCom => "Cal.com",
            Self::OnceHub => "OnceHub",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A user of the team, by whatever the source says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserRef {
    /// Their email.
    pub email: Option<Email>,
    /// Their name.
    pub name: Option<String>,
    /// The source's id (OnceHub: USR-…).
    pub external_id: Option<String>,
}

impl UserRef {
    /// Name, else email, else the source's id.
    pub fn label(&self) -> &str {
        let email = self.email.as_ref().map(Email::as_str);
        self.name.as_deref().or(email).or(self.external_id.as_deref()).unwrap_or_default()
    }
}

/// Who acted: incoming values, blank ones absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Fields, identifiers among them.
    pub values: Values,
    /// A status that the activity sets (OnceHub: the bot's Contact status action).
    pub status: Option<Status>,
    /// The owner that the source names.
    pub owner: Option<UserRef>,
}

/// One payload, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Where from.
    pub source: Source,
    /// What makes a repeated delivery the same one: the source's event id, or a hash of the body.
    pub key: String,
    /// The source's own word for the event.
    pub event: String,
    /// The payload's own time: out of order, the newer one wins.
    pub at: Timestamp,
    /// Who; `None` with an event that is about nobody.
    pub person: Option<Person>,
    /// What; `None`: an event of a type that we do not know, which is stored and shown.
    pub activity: Option<ActivityUpdate>,
    /// The payload as it came.
    pub payload: String,
}
