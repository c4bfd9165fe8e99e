//! What people change by hand, and why it may be refused.

use crate::domain::ContactId;
use crate::domain::edit::FieldError;

use super::StoreError;

/// Why a change by hand was not made. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The store, or the role of who asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Values that do not fit their fields.
    #[error("{}", .0.iter().map(|error| format!("{}: {}", error.field, error.reason)).collect::<Vec<_>>().join("; "))]
    Fields(Vec<FieldError>),
    /// Both identifiers would be gone, or a new contact has none (OnceHub reference 1.6).
    #[error("a contact needs an email or a mobile phone")]
    NoIdentifier,
    /// The email of one contact and the mobile phone of another at once (OnceHub reference 1.6).
    #[error("the email belongs to one contact and the mobile phone to another: change one at a time")]
    TwoContacts {
        /// Who holds the email.
        email_of: ContactId,
        /// Who holds the mobile phone.
        mobile_of: ContactId,
    },
    /// The identifier belongs to a contact that the actor may not merge with (OnceHub: Cannot Save Contact).
    #[error("this {field} belongs to a contact that you have no access to")]
    CannotSave {
        /// Email or mobile phone.
        field: &'static str,
    },
    /// A new contact would have the identifier of one that exists.
    #[error("contact {id} has this {field} already")]
    Exists {
        /// That contact.
        id: ContactId,
        /// Email or mobile phone.
        field: &'static str,
    },
    /// One of two records changed after they were shown.
    #[error("one of the two contacts was changed meanwhile")]
    ChangedMeanwhile,
    /// A contact cannot be merged with itself.
    #[error("a contact cannot be merged with itself")]
    Same,
    /// More than can be done at once.
    #[error("{n} contacts at once are too many; the most is {limit}")]
    TooMany {
        /// How many were asked for.
        n: usize,
        /// How many can be.
        limit: usize,
    },
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(String),
    /// The change is undone already.
    #[error("change {0} is undone already")]
    UndoneAlready(i64),
    /// Only what was undone can be redone.
    #[error("change {0} is not undone")]
    NotUndone(i64),
    /// Somebody else's change.
    #[error("change {id} was made by {actor}")]
    NotYours {
        /// The change.
        id: i64,
        /// Who made it.
        actor: String,
    },
    /// An identifier that was given up has been taken.
    #[error("{value} belongs to contact {by} now")]
    TakenSince {
        /// The identifier.
        value: String,
        /// Who has it.
        by: ContactId,
    },
    /// A contact that would go has changed or has activities since.
    #[error("contact {contact} has changed since")]
    ChangedSince {
        /// The contact.
        contact: ContactId,
    },
    /// A name that is taken, or no name at all; why, in words.
    #[error("{0}")]
    Refused(String),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<crate::domain::access::Denied> for ChangeError {
    fn from(denied: crate::domain::access::Denied) -> Self {
        Self::Store(denied.into())
    }
}
