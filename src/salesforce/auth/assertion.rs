//! The signed assertion of the JWT bearer flow (RFC 7523, RS256): what a program shows instead of a password.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::AuthError;
use super::pkce::base64_url;

/// How long an assertion is good. Salesforce takes up to three minutes, and clocks differ.
const LIFE: SignedDuration = SignedDuration::from_secs(150);

/// An RSA key that signs assertions. Printing it does not print the key.
#[derive(Clone)]
pub struct AssertionKey(Arc<dyn SigningKey>);

impl std::fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AssertionKey([REDACTED])")
    }
}

impl AssertionKey {
    /// Reads a private key in PEM: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1), not encrypted.
    pub fn from_pem(pem: &SecretString) -> Result<Self, AuthError> {
        let text = pem.expose_secret();
        let refuse = |why: &str| AuthError::Unavailable(format!("the private key cannot be used: {why}"));
        if text.contains("ENCRYPTED") {
            return Err(refuse("it is encrypted; `openssl rsa` writes it without its passphrase"));
        }
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| refuse("it is not a key in PEM"))?;
        let key = rustls::crypto::ring::sign::any_supported_type(&der)
            .map_err(|_| refuse("it is not an RSA key of 2048 bits or more"))?;
        if key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).is_none() {
            return Err(refuse("it is not an RSA key, and Salesforce takes RS256 alone"));
        }
        Ok(Self(key))
    }

    /// An assertion that `username` is meant, for the app `client_id`, to be shown to `audience` (the login host).
    pub fn assert(
        &self,
        client_id: &str,
        username: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<SecretString, AuthError> {
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        let claims = json!({ "iss": client_id, "sub": username, "aud": audience, "exp": (now + LIFE).as_second() });
        let content =
            format!("{}.{}", base64_url(header.to_string().as_bytes()), base64_url(claims.to_string().as_bytes()));
        let failed = || AuthError::Unavailable("the assertion could not be signed".to_owned());
        let signer = self.0.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or_else(failed)?;
        let signature = signer.sign(content.as_bytes()).map_err(|_| failed())?;
        Ok(SecretString::from(format!("{content}.{}", base64_url(&signature))))
    }
}
