//! Record ids: 15 case-sensitive characters, and three more that make them safe where case is lost.

use std::fmt;

/// The alphabet of ids: base 62, in Salesforce's order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The alphabet of the three checking characters: 5 bits each.
const CHECK: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The id of a record, kept in its 15-character form so that both spellings compare equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 15]);

impl RecordId {
    /// The `number`th id of the objects with this three-character key prefix.
    pub fn new(prefix: &str, mut number: u64) -> Self {
        let mut id = *b"0005g0000000000";
        for (slot, byte) in id.iter_mut().zip(prefix.bytes().take(3)) {
            *slot = byte;
        }
        for slot in id[6..].iter_mut().rev() {
            *slot = DIGITS[(number % 62) as usize];
            number /= 62;
        }
        Self(id)
    }

    /// Reads either form. The 18-character form must carry the right checking characters, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 15 | 18) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let mut id = [0; 15];
        id.copy_from_slice(&bytes[..15]);
        let id = Self(id);
        (bytes.len() == 15 || id.check().eq_ignore_ascii_case(&bytes[15..])).then_some(id)
    }

    /// The three characters that say which object the record belongs to.
    pub fn prefix(&self) -> &str {
        std::str::from_utf8(&self.0[..3]).unwrap_or_default()
    }

    /// One bit for each capital letter, five letters to a character.
    fn check(&self) -> [u8; 3] {
        std::array::from_fn(|block| {
            let letters = &self.0[block * 5..block * 5 + 5];
            let bits = letters
                .iter()
                .enumerate()
                .filter(|(_, c)| c.is_ascii_uppercase())
                .fold(0, |bits, (j, _)| bits | 1 << j);
            CHECK[bits]
        })
    }
}

impl fmt::Display for RecordId {
    /// The 18-character form, which is what the API answers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = self.check();
        for byte in self.0.iter().chain(&check) {
            write!(f, "{}", char::from(*byte))?;
        }
        Ok(())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ids_get_their_known_check() {
        for (short, long) in [("001D000000IRFma", "001D000000IRFmaIAH"), ("0015200001CX73x", "0015200001CX73xAAD")] {
            assert_eq!(RecordId::parse(short).unwrap().to_string(), long);
            assert_eq!(RecordId::parse(long), RecordId::parse(short));
            assert_eq!(RecordId::parse(&long.to_lowercase()), None, "lower case changes the id, so the check fails");
        }
    }

    #[test]
    fn numbers_count_in_base_62() {
        assert!(RecordId::new("003", 61).to_string().starts_with("0035g000000000z"));
        assert!(RecordId::new("003", 62).to_string().starts_with("0035g0000000010"));
        assert_eq!(RecordId::new("00Q", 7).prefix(), "00Q");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "003", "0035g00000000", "0035g000000000zAAB", "0035g0000000é0", "0035g00000000-1"] {
            assert_eq!(RecordId::parse(text), None, "{text}");
        }
    }
}
