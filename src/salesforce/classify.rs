//! What a failure asks of the worker. Pure.

use serde::{Deserialize, Serialize};

use super::codes::lookup;
use super::error::{ApiError, ErrorEntry};

/// What to do about a failure.
///
/// The order is the order of precedence when a record has several complaints: what makes the others pointless comes
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The session is dead. The client has already renewed it once and sent the call again, so: stop and tell.
    Reauth,
    /// An allowance is used up: stop all work for long, then probe with growing delay.
    Limit,
    /// Mapping, rights or settings: a person must act; the same would happen to others.
    TellUser,
    /// We built something wrong: hold it, show it, never repeat it by itself.
    Bug,
    /// This record's data must change first: hold it with the reason.
    Park,
    /// What we believe about the record is out of date: look it up again, then plan anew.
    Rematch,
    /// Too much at once, or one of several is unreadable: send again in halves. A single record that still fails so is
    /// parked.
    Split,
    /// Try again later with backoff.
    Transient,
    /// A write conflict: try again soon, with jitter and in smaller batches.
    Lock,
    /// Another record's fault: send again without it.
    Neutral,
}

/// What else a failure stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This record alone.
    Record,
    /// The other records of the same request fail for the same cause.
    Request,
    /// Every create; updates still work.
    Creates,
    /// All work with this org.
    Org,
}

impl ErrorClass {
    /// The class in one lower-case word, as it is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reauth => "reauth",
            Self::Limit => "limit",
            Self::TellUser => "tell_user",
            Self::Bug => "bug",
            Self::Park => "park",
            Self::Rematch => "rematch",
            Self::Split => "split",
            Self::Transient => "transient",
            Self::Lock => "lock",
            Self::Neutral => "neutral",
        }
    }
}

/// The class of one complaint about one record.
pub fn classify_entry(entry: &ErrorEntry) -> ErrorClass {
    classify_in(None, entry)
}

/// The class of a record with one or several complaints: the one that makes the others pointless. A record without any
/// was refused without a reason, which only a person can follow up.
pub fn classify_entries(entries: &[ErrorEntry]) -> ErrorClass {
    entries.iter().map(classify_entry).min().unwrap_or(ErrorClass::Park)
}

/// The class of a failed call.
pub fn classify(error: &ApiError) -> ErrorClass {
    match error {
        ApiError::Api { status, errors } => {
            errors.iter().map(|entry| classify_in(Some(*status), entry)).min().unwrap_or_else(|| by_status(*status))
        }
        ApiError::Http { status, .. } => by_status(*status),
        ApiError::Auth(auth) if auth.is_transient() => ErrorClass::Transient,
        ApiError::Skipped(cause) => classify(cause),
        ApiError::Transport { .. } | ApiError::Auth(_) | ApiError::Request(_) => {
            lookup(&error.code()).map_or(ErrorClass::TellUser, |row| row.class)
        }
    }
}

/// What else the complaint stops.
pub fn scope_of_entry(entry: &ErrorEntry) -> Scope {
    lookup(&entry.code).map_or(Scope::Record, |row| row.scope)
}

/// What else the failed call stops.
pub fn scope(error: &ApiError) -> Scope {
    match error {
        ApiError::Api { errors, .. } => errors.iter().map(scope_of_entry).max().unwrap_or(Scope::Record),
        ApiError::Skipped(cause) => scope(cause),
        _ => lookup(&error.code()).map_or(Scope::Org, |row| row.scope),
    }
}

fn classify_in(status: Option<u16>, entry: &ErrorEntry) -> ErrorClass {
    // A trigger that lost a lock reports the trigger, with the lock in its text; the code in it is not translated.
    let automation =
        matches!(entry.code.as_str(), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "CANNOT_EXECUTE_FLOW_TRIGGER");
    if automation && entry.message.contains("UNABLE_TO_LOCK_ROW") {
        return ErrorClass::Lock;
    }
    match (lookup(&entry.code), status) {
        (Some(row), _) => row.class,
        (None, Some(status @ 300..)) => by_status(status),
        // A row of a call that itself succeeded.
        (None, _) => ErrorClass::Park,
    }
}

/// The class of an answer whose code is unknown, or that has none.
fn by_status(status: u16) -> ErrorClass {
    match (lookup(&format!("HTTP_{status}")), status) {
        (Some(row), _) => row.class,
        // A success that could not be read is a transport failure.
        (None, ..400) => ErrorClass::Transient,
        (None, _) => ErrorClass::Park,
    }
}

#[cfg(test)]
mod tests;
