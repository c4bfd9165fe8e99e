//! From what Salesforce answered to how a row ends. Pure.

use jiff::Timestamp;

use super::retry;
use crate::salesforce::{
    ApiError, ErrorClass, ErrorEntry, Scope, classify, classify_entries, scope, scope_of_entry, words,
};
use crate::store::{Fault, Outcome};

/// Rematching more often than this means that something else is wrong.
const REMATCHES: i64 = 3;

/// A failure of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What is kept in the outbox.
    pub fault: Fault,
    /// What it asks for.
    pub class: ErrorClass,
    /// The record may have been written all the same.
    pub in_doubt: bool,
    /// It concerns the org or the login and no record: all work waits, and no row is blamed.
    pub org: bool,
}

impl Failure {
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
            org: errors.iter().any(|entry| scope_of_entry(entry) == Scope::Org),
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
            org: scope(error) == Scope::Org || class == ErrorClass::Transient,
        }
    }

    /// How the row ends after so many tries.
    pub fn outcome(&self, attempts: i64, now: Timestamp, random: f64) -> Outcome {
        let fault = self.fault.clone();
        if self.in_doubt {
            return Outcome::InDoubt(retry::TRANSIENT.after(attempts, now, random), fault);
        }
        match self.class {
            ErrorClass::Transient | ErrorClass::Lock => {}
            _ if self.org => return Outcome::Retry(retry::LIMIT.after(attempts, now, random), fault),
            _ => {}
        }
        match self.class {
            ErrorClass::Transient => Outcome::Retry(retry::TRANSIENT.after(attempts, now, random), fault),
            ErrorClass::Lock => Outcome::Retry(retry::LOCK.after(attempts, now, random), fault),
            ErrorClass::Limit | ErrorClass::Reauth => Outcome::Retry(retry::LIMIT.after(attempts, now, random), fault),
            ErrorClass::Rematch if attempts <= REMATCHES => Outcome::Retry(now, fault),
            // Another record's fault, or too much at once: again soon, among others.
            ErrorClass::Neutral | ErrorClass::Split if attempts <= 8 => {
                Outcome::Retry(retry::LOCK.after(attempts, now, random), fault)
            }
            _ => Outcome::Held(fault),
        }
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
        let end = |code: &str, attempts| {
            Failure::of_row("Lead", &[ErrorEntry::new(code, "text")]).outcome(attempts, now(), 0.5)
        };
        assert!(matches!(end("UNABLE_TO_LOCK_ROW", 1), Outcome::Retry(at, _) if at > now()));
        assert!(matches!(end("SERVER_UNAVAILABLE", 1), Outcome::Retry(at, _) if at > now()));
        assert!(matches!(end("STRING_TOO_LONG", 1), Outcome::Held(fault) if fault.code == "STRING_TOO_LONG"));
        assert!(matches!(end("INVALID_FIELD", 1), Outcome::Held(_)));
        assert!(matches!(end("ENTITY_IS_DELETED", 1), Outcome::Retry(at, _) if at == now()));
        assert!(matches!(end("ENTITY_IS_DELETED", 4), Outcome::Held(_)));
        assert!(matches!(end("ALL_OR_NONE_OPERATION_ROLLED_BACK", 1), Outcome::Retry(..)));
    }

    #[test]
    fn a_create_without_an_answer_is_in_doubt_and_an_update_is_sent_again() {
        let lost = ApiError::Http { status: 503, body_excerpt: String::new() };
        assert!(matches!(Failure::of_call("Event", &lost, true).outcome(1, now(), 0.5), Outcome::InDoubt(..)));
        assert!(matches!(Failure::of_call("Event", &lost, false).outcome(1, now(), 0.5), Outcome::Retry(..)));
    }
}
