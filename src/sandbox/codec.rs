//! The two text encodings of the wire: percent-encoded forms, and base64 in its URL alphabet.

/// Reads `a=1&b=x+y%21` into pairs. What is not valid UTF-8 after decoding is replaced, never dropped.
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        })
        .collect()
}

/// Decodes one segment of a path, where `+` is a plus.
pub fn decode_path(text: &str) -> String {
    decode(text, false)
}

fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) if plus_is_space => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Encodes one value of a query string.
pub fn encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 in the URL alphabet, without padding.
pub fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            out.push(char::from(BASE64[(bits >> (18 - 6 * index) & 63) as usize]));
        }
    }
    out
}

/// Reads base64 in either alphabet, padded or not; white space is skipped. `None`: not base64.
pub fn parse_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let byte = match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
        let digit = BASE64.iter().position(|b| *b == byte)?;
        bits = (bits << 6 | digit as u32) & 0xFF_FFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xFF) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let pairs = parse_form("q=SELECT+Id%2CName&x=a%2Bb&flag&bad=%zz&utf=%C3%A9");
        let expected = [("q", "SELECT Id,Name"), ("x", "a+b"), ("flag", ""), ("bad", "%zz"), ("utf", "é")]
            .map(|(k, v)| (k.into(), v.into()));
        assert_eq!(pairs, expected);
        assert_eq!(decode_path("a+b%40c"), "a+b@c");
        assert_eq!(parse_form(&format!("q={}", encode("a b+c&d=é"))), [("q".into(), "a b+c&d=é".into())]);
    }

    #[test]
    fn base64_both_ways() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"foob", b"\xff\xfe\xfd\xfc"] {
            assert_eq!(parse_base64(&base64url(bytes)).unwrap(), bytes);
        }
        assert_eq!(base64url(b"\xff\xff\xff"), "____");
        assert_eq!(parse_base64("//8=\n").unwrap(), b"\xff\xff");
        assert_eq!(parse_base64("a*b"), None);
    }
}
