//! The first identifier of a person.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An email address, trimmed and case-folded, at most 80 characters (Salesforce's Email field).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is no email address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing but blanks.
    #[error("the email is empty")]
    Empty,
    /// More than 80 characters.
    #[error("the email is longer than 80 characters")]
    TooLong,
    /// Not of the form name@domain.
    #[error("`{0}` is not an email address (name@domain)")]
    Malformed(String),
}

impl Email {
    /// Trims, lower-cases and checks.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.chars().count() > 80 {
            return Err(EmailError::TooLong);
        }
        let malformed = || EmailError::Malformed(text.to_owned());
        let (local, domain) = text.rsplit_once('@').ok_or_else(malformed)?;
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>,;()[]\"\\@".contains(c);
        let label_is_bad = |label: &str| label.is_empty() || label.starts_with('-') || label.ends_with('-');
        if local.is_empty()
            || local.contains(forbidden)
            || domain.contains(forbidden)
            || !domain.contains('.')
            || domain.split('.').any(label_is_bad)
        {
            return Err(malformed());
        }
        Ok(Self(text.to_lowercase()))
    }

    /// The address as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_folded() {
        for (text, email) in [
            ("  Ana.Berg@Example.NO ", "ana.berg@example.no"),
            ("o'brien+x@mail.example.com", "o'brien+x@mail.example.com"),
            ("mailto:a@b.c", "a@b.c"),
            ("ÅSA@exämple.se", "åsa@exämple.se"),
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), email);
        }
        assert_eq!(Email::parse("a@mail.acme.com").unwrap().domain(), "mail.acme.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "  ", "ana", "@x.no", "ana@", "ana@x", "a b@x.no", "a@x..no", "a@-x.no", "a@b@c.no", "a@x.no\u{1b}[2J"]
        {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@x.no", "a".repeat(80))), Err(EmailError::TooLong));
    }
}
