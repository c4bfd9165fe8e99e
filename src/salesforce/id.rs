//! Record ids.
//!
//! An id is 15 case-sensitive base-62 characters; the API appends three more so that programs which fold case can still
//! tell ids apart. Both forms are accepted everywhere and mean the same record, so the 15-character form is the
//! identity and the 18-character form is how we write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Key prefixes of the standard objects this program meets.
pub mod prefix {
    /// `Account`
    pub const ACCOUNT: &str = "001";
    /// `Contact`
    pub const CONTACT: &str = "003";
    /// `User`
    pub const USER: &str = "005";
    /// `Organization`
    pub const ORGANIZATION: &str = "00D";
    /// `Group`: queues and public groups
    pub const GROUP: &str = "00G";
    /// `Lead`
    pub const LEAD: &str = "00Q";
    /// `Event`
    pub const EVENT: &str = "00U";
}

/// A Salesforce record id, compared on its 15-character form and written with 18.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SfId([u8; 15]);

/// Why a text is not a record id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SfIdError {
    /// Neither 15 nor 18 characters.
    #[error("a Salesforce id has 15 or 18 characters, not {0}")]
    Length(usize),
    /// A character outside `A-Z a-z 0-9`.
    #[error("a Salesforce id holds only letters and digits")]
    Character,
    /// The last three of 18 characters do not belong to the first 15: a typing error, or the case was changed on the
    /// way.
    #[error("the last three characters of the Salesforce id do not fit the rest (was its case changed?)")]
    Checksum,
}

impl SfId {
    /// The 15-character form: the id's identity.
    pub fn short(&self) -> &str {
        // Only ASCII letters and digits get past `from_str`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first three characters, which name the object (see [`prefix`]).
    pub fn object_prefix(&self) -> &str {
        &self.short()[..3]
    }

    /// Whether the record belongs to the object with this key prefix.
    pub fn is_a(&self, prefix: &str) -> bool {
        self.object_prefix() == prefix
    }

    /// The three characters that make the 15 into 18: for each block of five, bit j says whether character j is a
    /// capital.
    fn checksum(&self) -> [u8; 3] {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
        let mut suffix = [b'A'; 3];
        for (letter, block) in suffix.iter_mut().zip(self.0.chunks(5)) {
            let bits =
                block.iter().enumerate().fold(0, |bits, (j, c)| bits | (usize::from(c.is_ascii_uppercase()) << j));
            *letter = ALPHABET[bits];
        }
        suffix
    }
}

impl FromStr for SfId {
    type Err = SfIdError;

    fn from_str(text: &str) -> Result<Self, SfIdError> {
        let bytes = text.as_bytes();
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(SfIdError::Character);
        }
        let (Some((head, tail)), true) = (bytes.split_first_chunk::<15>(), matches!(bytes.len(), 15 | 18)) else {
            return Err(SfIdError::Length(bytes.len()));
        };
        let id = Self(*head);
        if tail.is_empty() || tail == id.checksum() { Ok(id) } else { Err(SfIdError::Checksum) }
    }
}

impl fmt::Display for SfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())?;
        self.checksum().iter().try_for_each(|c| fmt::Write::write_char(f, char::from(*c)))
    }
}

impl fmt::Debug for SfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SfId({self})")
    }
}

impl Serialize for SfId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SfId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_suffix_follows_from_the_capitals() {
        for (short, long) in [
            ("001000000000000", "001000000000000AAA"),
            ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
            ("00QABCDE0000abc", "00QABCDE0000abc2HA"),
            ("ABCDEABCDEABCDE", "ABCDEABCDEABCDE555"),
            ("abcdeabcdeabcde", "abcdeabcdeabcdeAAA"),
        ] {
            let id: SfId = short.parse().unwrap();
            assert_eq!(id.to_string(), long);
            assert_eq!(long.parse::<SfId>().unwrap(), id, "both forms are one id");
        }
    }

    #[test]
    fn refusals() {
        for (text, why) in [
            ("", SfIdError::Length(0)),
            ("003", SfIdError::Length(3)),
            ("0030000000000001", SfIdError::Length(16)),
            ("00300000000000-", SfIdError::Character),
            ("00300000000000é", SfIdError::Character),
            ("00QABCDE0000abc2HB", SfIdError::Checksum),
            ("00qabcde0000abc2HA", SfIdError::Checksum),
        ] {
            assert_eq!(text.parse::<SfId>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn case_is_part_of_the_identity() {
        assert_ne!("0030000000000aB".parse::<SfId>(), "0030000000000Ab".parse::<SfId>());
    }

    #[test]
    fn prefix_names_the_object() {
        let id: SfId = "00Q000000000001".parse().unwrap();
        assert_eq!(id.object_prefix(), prefix::LEAD);
        assert!(id.is_a(prefix::LEAD) && !id.is_a(prefix::CONTACT));
    }

    #[test]
    fn serialises_with_18_and_reads_both() {
        let id: SfId = serde_json::from_str("\"00QABCDE0000abc\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"00QABCDE0000abc2HA\"");
        assert!(serde_json::from_str::<SfId>("\"nonsense\"").is_err());
    }

    proptest! {
        #[test]
        fn any_15_characters_survive_the_way_through_18(short in "[A-Za-z0-9]{15}") {
            let id: SfId = short.parse().unwrap();
            prop_assert_eq!(id.short(), &short);
            prop_assert_eq!(id.to_string().parse::<SfId>().unwrap(), id);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,24}") {
            let _ = text.parse::<SfId>();
        }
    }
}
