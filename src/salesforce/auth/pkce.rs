//! Proof Key for Code Exchange (RFC 7636): the code is worth nothing without the verifier that stays here.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::AuthError;

/// The verifier of one login.
#[derive(Debug, Clone)]
pub struct Pkce(SecretString);

impl Pkce {
    /// A new verifier: 32 random bytes, 43 characters.
    pub fn generate() -> Result<Self, AuthError> {
        Ok(Self(SecretString::from(random_text()?)))
    }

    /// A verifier kept from before.
    pub fn from_verifier(verifier: SecretString) -> Self {
        Self(verifier)
    }

    /// What goes with the code.
    pub fn verifier(&self) -> &SecretString {
        &self.0
    }

    /// What goes into the authorize URL (method `S256`).
    pub fn challenge(&self) -> String {
        base64_url(&Sha256::digest(self.0.expose_secret().as_bytes()))
    }

    /// A random `state` for the authorize URL.
    pub fn random_state() -> Result<String, AuthError> {
        random_text()
    }
}

fn random_text() -> Result<String, AuthError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| AuthError::Unavailable(format!("the system gave no random numbers ({error})")))?;
    Ok(base64_url(&bytes))
}

/// Base64 in the URL alphabet without padding (RFC 4648, section 5).
pub(super) fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let pkce = Pkce::from_verifier(SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn base64_of_every_remainder() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{3f}\u{3e}\u{7f}", "Pz5_")]
        {
            assert_eq!(base64_url(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn verifiers_are_long_enough_and_differ() {
        let (a, b) = (Pkce::generate().unwrap(), Pkce::generate().unwrap());
        assert_eq!(a.verifier().expose_secret().len(), 43, "RFC 7636 asks for 43 to 128 characters");
        assert_ne!(a.challenge(), b.challenge());
        assert!(!format!("{a:?}").contains(a.verifier().expose_secret()));
    }
}
