//! API keys: made here, shown once, known afterwards only by their hash.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::ingest::hex;

/// What every key begins with, so that people and leak scanners know one when they see it.
const PREFIX: &str = "rdk_";

/// A new key.
#[derive(Debug)]
pub struct NewKey {
    /// Its text: the prefix and 256 random bits. Never stored.
    pub secret: SecretString,
    /// What the store keeps of it.
    pub hash: String,
}

/// The system gave no randomness; without it no key is made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

impl NewKey {
    /// Makes one.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|_| NoRandomness)?;
        let text = format!("{PREFIX}{}", hex(&random));
        Ok(Self { hash: hash(&text), secret: text.into() })
    }

    /// The text, to be shown this once.
    pub fn text(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// What the store keeps of a key: SHA-256 in hex. The key has 256 random bits, so that a slow hash would add nothing.
pub fn hash(key: &str) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

/// True if two hashes are the same; takes as long wherever they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| std::hint::black_box(differs | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_random_and_its_hash_is_all_that_is_kept() {
        let (one, other) = (NewKey::generate().unwrap(), NewKey::generate().unwrap());
        assert!(one.text().starts_with(PREFIX) && one.text().len() == PREFIX.len() + 64);
        assert_ne!(one.text(), other.text());
        assert_eq!(one.hash, hash(one.text()));
        assert!(!one.hash.contains(&one.text()[4..]) && !format!("{one:?}").contains(one.text()));
        // FIPS 180-2, "abc".
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn hashes_are_the_same_or_not() {
        for (a, b, expected) in [("ab", "ab", true), ("ab", "ac", false), ("ab", "bb", false), ("ab", "abc", false)] {
            assert_eq!(same(a, b), expected, "{a} {b}");
        }
    }
}
