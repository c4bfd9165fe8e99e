//! From what Salesforce answered to how a row ends. Pure.

use jiff::{SignedDuration, Timestamp};

use super::retry;
use crate::salesforce::{
    ApiError, ErrorClass, ErrorEntry, Scope, classify, classify_entries, lookup_code, scope, scope_of_entry, words,
};
use crate::store::{Fault, Outcome};

/// Rematching more often than this means that something else is wrong.
const REMATCHES: i64 = 3;
/// The same for rows that failed because of others.
const NEUTRALS: i64 = 8;

/// A failure of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What is kept in the outbox.
    pub fault: Fault,
    /// What it asks for.
    pub class: ErrorClass,
    /// The record may have been written all the same.
    pub in_doubt: bool,
    /// What else it stops. [`Scope::Org`]: all work waits, and no row is blamed.
    pub scope: Scope,
}

impl Failure {
    /// A failure that we found ourselves.
    pub fn ours(code: &str, message: &str, class: ErrorClass, scope: Scope) -> Self {
        let (code, message) = (code.to_owned(), message.to_owned());
        let fault = Fault { code, message, class: class.as_str().to_owned(), ..Fault::default() };
        Self { fault, class, in_doubt: false, scope }
    }

    /// A record that Salesforce refused.
    pub fn of_row(object: &str, errors: &[ErrorEntry]) -> Self {
        let class = classify_entries(errors);
        let first = errors.first();
        let message = errors.iter().map(|entry| entry.message.as_str()).collect::<Vec<_>>().join("; ");
        Self {
            fault: Fault {
                code: first.map_or("REFUSED", |entry| entry.code.as_str()).to_owned(),
                message,
                field: first.and_then(|entry| entry.fields.first()).cloned(),
                object: Some(object.to_owned()),
                class: class.as_str().to_owned(),
            },
            class,
            in_doubt: false,
            scope: errors.iter().map(scope_of_entry).max().unwrap_or(Scope::Record),
        }
    }

    /// A call that failed as a whole; `creates`: it held records that must not be sent twice.
    pub fn of_call(object: &str, error: &ApiError, creates: bool) -> Self {
        let class = classify(error);
        Self {
            fault: Fault {
                code: error.code().into_owned(),
                message: error.to_string(),
                field: error.entries().first().and_then(|entry| entry.fields.first()).cloned(),
                object: (!object.is_empty()).then(|| object.to_owned()),
                class: class.as_str().to_owned(),
            },
            class,
            in_doubt: creates && error.may_have_committed(),
            scope: if class == ErrorClass::Transient { Scope::Org } else { scope(error) },
        }
    }

    /// The same of a record that was sent by itself: what could be another's fault is its own.
    #[must_use]
    pub fn alone(mut self) -> Self {
        if self.class == ErrorClass::Split {
            self.class = ErrorClass::Park;
            ErrorClass::Park.as_str().clone_into(&mut self.fault.class);
        }
        self
    }

    /// How the row ends after so many tries.
    pub fn outcome(&self, attempts: i64, now: Timestamp, random: f64) -> Outcome {
        let fault = self.fault.clone();
        if self.in_doubt {
            return Outcome::InDoubt(retry::in_doubt(attempts, now, random), fault);
        }
        if self.fault.code == super::carry_out::ENDING {
            return Outcome::Release(now);
        }
        let backoff = match self.class {
            ErrorClass::Transient => retry::TRANSIENT,
            ErrorClass::Lock => retry::LOCK,
            ErrorClass::Limit | ErrorClass::Reauth => retry::LIMIT,
            _ if self.scope >= Scope::Creates => retry::LIMIT,
            ErrorClass::Rematch if attempts <= REMATCHES => return Outcome::Retry(now, fault),
            // Another record's fault, or too much at once: again soon, among others.
            ErrorClass::Neutral | ErrorClass::Split if attempts <= NEUTRALS => retry::LOCK,
            _ => return Outcome::Held(fault),
        };
        Outcome::Retry(backoff.after(attempts, now, random).max(self.earliest(now)), fault)
    }

    /// Until when all work waits after so many such failures in a row.
    pub fn pause(&self, failures: i64, now: Timestamp, random: f64) -> Timestamp {
        let backoff = if self.class == ErrorClass::Transient { retry::TRANSIENT } else { retry::LIMIT };
        backoff.after(failures, now, random).max(self.earliest(now))
    }

    /// Some codes say how long it takes at least.
    fn earliest(&self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_secs(lookup_code(&self.fault.code).map_or(0, |code| i64::from(code.wait)))
    }

    /// One line for the sync pane.
    pub fn words(&self) -> String {
        format!("{}: {}", self.fault.code, words(&self.fault.code).meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_770_000_000).unwrap()
    }

    #[test]
    fn each_class_ends_in_its_own_way() {
        let seconds = |code: &str, attempts| match Failure::of_row("Lead", &[ErrorEntry::new(code, "text")]).outcome(
            attempts,
            now(),
            1.0,
        ) {
            Outcome::Retry(at, fault) if fault.code == code => Some(at.duration_since(now()).as_secs()),
            Outcome::Held(fault) if fault.code == code => None,
            other => panic!("{code}: {other:?}"),
        };
        for (code, attempts, expected) in [
            ("UNABLE_TO_LOCK_ROW", 1, Some(1)),
            ("UNABLE_TO_LOCK_ROW", 99, Some(30)),
            ("SERVER_UNAVAILABLE", 2, Some(4)),
            ("ENTITY_IS_LOCKED", 1, Some(3600)),
            ("STORAGE_LIMIT_EXCEEDED", 1, Some(300)),
            ("REQUEST_LIMIT_EXCEEDED", 1, Some(300)),
            ("STRING_TOO_LONG", 1, None),
            ("INVALID_FIELD", 1, None),
            ("ENTITY_IS_DELETED", 3, Some(0)),
            ("ENTITY_IS_DELETED", 4, None),
            ("ALL_OR_NONE_OPERATION_ROLLED_BACK", 1, Some(1)),
            ("ALL_OR_NONE_OPERATION_ROLLED_BACK", 9, None),
        ] {
            assert_eq!(seconds(code, attempts), expected, "{code} after {attempts}");
        }
    }

    #[test]
    fn a_create_without_an_answer_is_in_doubt_and_an_update_is_sent_again() {
        let lost = ApiError::Http { status: 503, body_excerpt: String::new() };
        assert!(matches!(Failure::of_call("Event", &lost, true).outcome(1, now(), 0.5), Outcome::InDoubt(..)));
        assert!(matches!(Failure::of_call("Event", &lost, false).outcome(1, now(), 0.5), Outcome::Retry(..)));
    }

    #[test]
    fn what_stays_unreadable_by_itself_is_held() {
        let unreadable = ApiError::Api { status: 400, errors: vec![ErrorEntry::new("JSON_PARSER_ERROR", "text")] };
        let failure = Failure::of_call("Event", &unreadable, true);
        assert!(matches!(failure.outcome(1, now(), 0.5), Outcome::Retry(..)));
        assert!(matches!(failure.alone().outcome(1, now(), 0.5), Outcome::Held(fault) if fault.class == "park"));
    }
}
