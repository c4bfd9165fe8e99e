//! The contact status: one of four presets, or none (OnceHub: contact status).

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a contact is in the qualification pipeline. "No status" is `Option::None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Worth a conversation.
    Qualified,
    /// Ready for marketing's attention, not yet for a seller's.
    MarketingQualified,
    /// Ready for a seller.
    SalesQualified,
    /// Not a customer to be.
    Disqualified,
}

/// A text that is none of the four statuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a contact status; it is one of Qualified, Marketing qualified, Sales qualified, Disqualified")]
pub struct UnknownStatus(pub String);

impl Status {
    /// In the order in which people read them.
    pub const ALL: [Self; 4] = [Self::Qualified, Self::MarketingQualified, Self::SalesQualified, Self::Disqualified];

    /// OnceHub's spelling, which is also ours on every screen and in every export.
    pub fn label(self) -> &'static str {
        match self {
            Self::Qualified => "Qualified",
            Self::MarketingQualified => "Marketing qualified",
            Self::SalesQualified => "Sales qualified",
            Self::Disqualified => "Disqualified",
        }
    }

    /// The word in the store and in queries.
    pub fn key(self) -> &'static str {
        match self {
            Self::Qualified => "qualified",
            Self::MarketingQualified => "marketing_qualified",
            Self::SalesQualified => "sales_qualified",
            Self::Disqualified => "disqualified",
        }
    }

    /// The one key that sets it, after the status key: q, m, s, d.
    pub fn letter(self) -> char {
        match self {
            Self::Qualified => 'q',
            Self::MarketingQualified => 'm',
            Self::SalesQualified => 's',
            Self::Disqualified => 'd',
        }
    }

    /// Reads the label, the key or the usual short form (MQL, SQL), whatever the case; blanks, `_` and `-` between the
    /// letters do not count. Any other sign may say the opposite (`!qualified`), so it is not passed over.
    /// An unknown text is an error and never "none" (OnceHub's API stores null there; we do not).
    pub fn parse(text: &str) -> Result<Self, UnknownStatus> {
        let separator = |c: char| c.is_whitespace() || matches!(c, '_' | '-');
        let written = text.trim();
        if written.starts_with(separator) || written.ends_with(separator) {
            return Err(UnknownStatus(text.to_owned()));
        }
        let plain: String = written.chars().filter(|c| !separator(*c)).flat_map(char::to_lowercase).collect();
        match plain.as_str() {
            "qualified" => Ok(Self::Qualified),
            "marketingqualified" | "mql" => Ok(Self::MarketingQualified),
            "salesqualified" | "sql" => Ok(Self::SalesQualified),
            "disqualified" => Ok(Self::Disqualified),
            _ => Err(UnknownStatus(text.to_owned())),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_and_nothing_else() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.label()), Ok(status));
            assert_eq!(Status::parse(status.key()), Ok(status));
        }
        assert_eq!(Status::parse("MQL"), Ok(Status::MarketingQualified));
        assert_eq!(Status::parse("sales-qualified"), Ok(Status::SalesQualified));
        assert_eq!(Status::parse("Kwalified"), Err(UnknownStatus("Kwalified".into())));
        assert_eq!(Status::parse(" marketing  Qualified "), Ok(Status::MarketingQualified));
        for text in
            ["", "-", "!qualified", "-qualified", "qualified-", "_qualified", "qual!fied", "qualified?", "(SQL)"]
        {
            assert_eq!(Status::parse(text), Err(UnknownStatus(text.into())), "{text}");
        }
    }
}
