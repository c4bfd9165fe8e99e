//! The JWT bearer grant: an assertion's header and claims, and its signature where the org knows the public key.

use rustls::SignatureScheme;
use serde_json::Value;

use super::OauthError;
use crate::sandbox::codec::parse_base64;
use crate::sandbox::engine::Engine;

/// How far in the future an assertion may end, in seconds: three minutes, and two for clocks that differ.
const MAX_LIFE: i64 = 300;
/// The login hosts that an assertion may be meant for, beside the org's own address.
const AUDIENCES: [&str; 2] = ["https://login.salesforce.com", "https://test.salesforce.com"];

/// What the assertion says.
pub struct Claims {
    /// The client id.
    pub issuer: String,
    /// The username.
    pub subject: String,
}

fn refuse(description: &str) -> OauthError {
    OauthError::new("invalid_grant", description)
}

/// Checks an assertion.
pub fn check(engine: &Engine, assertion: &str) -> Result<Claims, OauthError> {
    let malformed = || refuse("invalid assertion");
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let json = |part: &str| parse_base64(part).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (header, claims) = json(header).zip(json(claims)).ok_or_else(malformed)?;
    let signature = parse_base64(signature).filter(|bytes| !bytes.is_empty()).ok_or_else(malformed)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(refuse("algorithm not supported"));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let issuer = text("iss").ok_or_else(malformed)?;
    if engine.org.settings.client_id.as_ref().is_some_and(|known| *known != issuer) {
        return Err(OauthError::new("invalid_client_id", "client identifier invalid"));
    }
    let audience = text("aud").unwrap_or_default();
    let audience = audience.trim_end_matches('/');
    if audience != engine.sessions.address() && !AUDIENCES.contains(&audience) {
        return Err(refuse("audience is invalid"));
    }
    let now = engine.org.now().as_second();
    let expires = claims.get("exp").and_then(Value::as_i64);
    if !expires.is_some_and(|at| now < at && at <= now + MAX_LIFE) {
        return Err(refuse("expired authorization code"));
    }
    if let Some(pem) = &engine.org.settings.jwt_public_key {
        let verified = public_key(pem).is_some_and(|key| verify_rs256(&key, signed.as_bytes(), &signature));
        if !verified {
            return Err(refuse("invalid assertion"));
        }
    }
    Ok(Claims { issuer, subject: text("sub").ok_or_else(malformed)? })
}

fn verify_rs256(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let mut matching = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256);
    matching.any(|(_, algorithms)| {
        algorithms.iter().any(|algorithm| algorithm.verify_signature(key, message, signature).is_ok())
    })
}

/// The PKCS#1 key inside a PEM public key. `BEGIN PUBLIC KEY` wraps it in its algorithm, `BEGIN RSA PUBLIC KEY` does not.
fn public_key(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = parse_base64(&body)?;
    if pem.contains("BEGIN RSA PUBLIC KEY") {
        return Some(der);
    }
    let (_, inside, _) = element(&der)?;
    let (_, _, after_algorithm) = element(inside)?;
    let (tag, bits, _) = element(after_algorithm)?;
    // A bit string begins with the number of unused bits, which is none.
    (tag == 0x03).then(|| bits.strip_prefix(&[0]).map(<[u8]>::to_vec)).flatten()
}

/// The first DER element: tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let bytes = rest.get(..count).filter(|_| count <= 4)?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), &rest[count..])
    };
    Some((tag, rest.get(..length)?, &rest[length..]))
}
