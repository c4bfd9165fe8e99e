//! Signatures of webhooks: HMAC-SHA256 over the raw body, compared in constant time.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Cal.com's header.
pub const CALCOM_HEADER: &str = "x-cal-signature-256";

/// OnceHub's header.
pub const ONCEHUB_HEADER: &str = "oncehub-signature";

/// Why a delivery is not believed. Tells the sender which part failed, and nothing of what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No header, or the sender has no secret.
    #[error("the delivery is not signed; set the same secret at the sender")]
    Unsigned,
    /// We have no secret for this source, so nothing of it can be believed.
    #[error("no secret is set here for this source, so that its deliveries cannot be checked")]
    NoSecret,
    /// A header of another form.
    #[error("the signature header has another form than it must have")]
    Malformed,
    /// The signed time is further from now than the tolerance allows.
    #[error("the signature is too old, or the clocks differ")]
    Stale,
    /// Another secret or another body.
    #[error("the signature does not fit")]
    Wrong,
}

/// Checks Cal.com's signature: the hex digest of the body. Cal.com sends `no-secret-provided` when it has no secret;
/// where we have one, that is as good as no signature.
pub fn verify_calcom(secret: &SecretString, header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
    let header = header.map(str::trim).filter(|header| !header.is_empty() && *header != "no-secret-provided");
    let digest = unhex(header.ok_or(SignatureError::Unsigned)?).ok_or(SignatureError::Malformed)?;
    mac(secret)?.chain_update(body).verify_slice(&digest).map_err(|_| SignatureError::Wrong)
}

/// Checks OnceHub's signature, `t=<unix seconds>,s=<hex>`: the digest of time, a dot and the body. A time more than
/// `tolerance` before or after `now` is refused, so that a captured delivery cannot be sent again later.
pub fn verify_oncehub(
    secret: &SecretString,
    header: Option<&str>,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), SignatureError> {
    let header = header.map(str::trim).filter(|header| !header.is_empty()).ok_or(SignatureError::Unsigned)?;
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let time = part("t").ok_or(SignatureError::Malformed)?;
    let digest = part("s").and_then(unhex).ok_or(SignatureError::Malformed)?;
    let seconds: i64 = time.parse().map_err(|_| SignatureError::Malformed)?;
    // The digest first: of an unsigned delivery nothing is judged.
    let mac = mac(secret)?.chain_update(time).chain_update(b".").chain_update(body);
    mac.verify_slice(&digest).map_err(|_| SignatureError::Wrong)?;
    if now.as_second().abs_diff(seconds) > tolerance.as_secs() {
        return Err(SignatureError::Stale);
    }
    Ok(())
}

/// Signs what we send (`hooks`): `t=<unix seconds>,s=<hex>`, as OnceHub does. `None` never happens with any secret.
pub fn sign(secret: &SecretString, now: Timestamp, body: &[u8]) -> Option<String> {
    let time = now.as_second().to_string();
    let mac = mac(secret).ok()?.chain_update(&time).chain_update(b".").chain_update(body);
    Some(format!("t={time},s={}", super::hex(&mac.finalize().into_bytes())))
}

fn mac(secret: &SecretString) -> Result<Hmac<Sha256>, SignatureError> {
    // HMAC takes keys of any length, so this cannot fail; if it did, no delivery may pass.
    Hmac::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| SignatureError::Wrong)
}

/// 64 hex digits as 32 bytes.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOLERANCE: Duration = Duration::from_mins(5);

    fn secret() -> SecretString {
        "Jefe".into()
    }

    /// RFC 4231, test case 2.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const DIGEST: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn calcom_is_the_published_hmac_of_the_raw_body() {
        assert_eq!(verify_calcom(&secret(), Some(DIGEST), BODY), Ok(()));
        assert_eq!(verify_calcom(&secret(), Some(&DIGEST.to_uppercase()), BODY), Ok(()));
        for (header, body, error) in [
            (Some(DIGEST), &b"what do ya want for nothing? "[..], SignatureError::Wrong),
            (Some("no-secret-provided"), BODY, SignatureError::Unsigned),
            (Some(""), BODY, SignatureError::Unsigned),
            (None, BODY, SignatureError::Unsigned),
            (Some("5bdcc1"), BODY, SignatureError::Malformed),
            (Some(&DIGEST.replace('5', "g")), BODY, SignatureError::Malformed),
        ] {
            assert_eq!(verify_calcom(&secret(), header, body), Err(error), "{header:?}");
        }
        assert_eq!(verify_calcom(&"jefe".into(), Some(DIGEST), BODY), Err(SignatureError::Wrong));
    }

    fn signed(seconds: i64, body: &str) -> String {
        sign(&secret(), Timestamp::from_second(seconds).unwrap(), body.as_bytes()).unwrap()
    }

    #[test]
    fn what_we_send_is_signed_as_the_documentation_says() {
        // printf '1772700000.{}' | openssl dgst -sha256 -hmac Jefe
        let expected = "t=1772700000,s=0fa808511719a783ec7a94a0bfaf1ba2a923ff2cd6313b3f52f70ce4ab9c4b85";
        assert_eq!(signed(1_772_700_000, "{}"), expected);
    }

    #[test]
    fn oncehub_signs_the_time_with_the_body() {
        let now = Timestamp::from_second(1_772_700_000).unwrap();
        let check = |header: &str, body: &str| verify_oncehub(&secret(), Some(header), body.as_bytes(), now, TOLERANCE);
        for seconds in [0, 300, -300] {
            assert_eq!(check(&signed(now.as_second() + seconds, "{}"), "{}"), Ok(()));
        }
        for seconds in [301, -301] {
            assert_eq!(check(&signed(now.as_second() + seconds, "{}"), "{}"), Err(SignatureError::Stale));
        }
        let header = signed(now.as_second(), "{}");
        assert_eq!(check(&header, "{} "), Err(SignatureError::Wrong));
        let moved = header.replace(&now.as_second().to_string(), &(now.as_second() + 1).to_string());
        assert_eq!(check(&moved, "{}"), Err(SignatureError::Wrong));
        for header in ["t=1", "s=00", "t=x,s=y", "v1=abc", &format!("t=soon,s={DIGEST}")] {
            assert_eq!(check(header, "{}"), Err(SignatureError::Malformed), "{header}");
        }
        assert_eq!(verify_oncehub(&secret(), None, b"{}", now, TOLERANCE), Err(SignatureError::Unsigned));
    }

    proptest! {
        #[test]
        fn no_header_passes_by_chance_or_panics(header in any::<String>(), body in any::<Vec<u8>>()) {
            prop_assert!(verify_calcom(&secret(), Some(&header), &body).is_err());
            prop_assert!(verify_oncehub(&secret(), Some(&header), &body, Timestamp::UNIX_EPOCH, TOLERANCE).is_err());
        }
    }
}
