//! Foreign text, made safe to show and to log.

use secrecy::{ExposeSecret, SecretString};

/// What stands in place of something that could be a secret.
const REDACTED: &str = "[redacted]";
/// Runs of token characters from this length on are taken for secrets. Ids (18) and API codes stay readable.
const TOKEN_LENGTH: usize = 40;
/// Longest excerpt, in characters.
const EXCERPT: usize = 160;
/// Longest message kept, in characters.
const MESSAGE: usize = 2_000;

/// One line: control characters (terminal escapes among them) become spaces, runs of spaces one; at most `limit`
/// characters.
fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    let mut kept = 0;
    for c in text.chars() {
        // Bidirectional overrides and zero-width characters could make a line read as another.
        let hidden =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        let c = if c.is_control() || c.is_whitespace() || hidden { ' ' } else { c };
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if kept == limit {
            line.truncate(line.trim_end().len());
            line.push('…');
            return line;
        }
        line.push(c);
        kept += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// A message of Salesforce, on one line.
pub(super) fn message(text: &str) -> String {
    one_line(text, MESSAGE)
}

/// A code or name of Salesforce, on one line and short.
pub(super) fn name(text: &str) -> String {
    one_line(text, 120)
}

/// The first words of a body: tags removed, one line, everything that looks like a token redacted.
pub(super) fn excerpt(body: &[u8]) -> String {
    // Enough to show something even if most of the head is markup. A word cut in two could be a token, so it goes.
    let head = match body.get(..4_096) {
        Some(head) => &head[..head.iter().rposition(u8::is_ascii_whitespace).unwrap_or(0)],
        None => body,
    };
    let head = String::from_utf8_lossy(head);
    let line = one_line(&redact_runs(&strip_tags(&head)), EXCERPT);
    line.trim().to_owned()
}

/// Replaces one known secret wherever it stands.
pub(super) fn redact(text: &str, secret: &SecretString) -> String {
    match secret.expose_secret() {
        "" => text.to_owned(),
        secret => text.replace(secret, REDACTED),
    }
}

fn strip_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        // What a style or script element holds is not for people. Lower case keeps every byte in its place.
        let lower = tag.to_ascii_lowercase();
        let end = ["style", "script"].iter().find(|name| lower.starts_with(**name)).map(|name| format!("</{name}>"));
        let end = end.as_deref().unwrap_or(">");
        rest = lower.find(end).map_or("", |at| &tag[at + end.len()..]);
    }
    plain.push_str(rest);
    plain
}

fn redact_runs(text: &str) -> String {
    let part_of_token = |c: char| c.is_ascii_alphanumeric() || "._!+/=-~%".contains(c);
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(part_of_token) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c| !part_of_token(c)).unwrap_or(run.len());
        let (run, after) = run.split_at(end);
        safe.push_str(before);
        safe.push_str(if run.len() >= TOKEN_LENGTH || looks_like_session(run) { REDACTED } else { run });
        rest = after;
    }
    safe.push_str(rest);
    safe
}

/// `00D…!…`: an org id, an exclamation mark, and the secret.
fn looks_like_session(run: &str) -> bool {
    run.find("00D").is_some_and(|at| run[at..].contains('!'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn excerpts_are_short_and_plain() {
        for (body, expected) in [
            ("", ""),
            ("  busy\r\n\tnow ", "busy now"),
            ("<html><head><style>p{}</style></head><body><h1>Down</h1> for <b>now</b></body>", "Down for now"),
            ("<HTML><SCRIPT>steal()</SCRIPT>Sorry", "Sorry"),
            ("text <unclosed", "text"),
            ("\u{1b}[31mred\u{7}\u{202e}", "[31mred"),
            ("session 00D000000000001!AQ.x ended", "session [redacted] ended"),
            ("id 00Q000000000001EAA is fine", "id 00Q000000000001EAA is fine"),
        ] {
            assert_eq!(excerpt(body.as_bytes()), expected);
        }
        let long = excerpt("word ".repeat(500).as_bytes());
        assert!(long.chars().count() <= EXCERPT + 1 && long.ends_with('…'), "{long}");
        assert_eq!(excerpt(&[0xff, 0xfe, b'a']), "\u{fffd}\u{fffd}a");
    }

    #[test]
    fn known_secrets_go_whatever_they_look_like() {
        assert_eq!(
            redact("Bearer abc, again abc.", &SecretString::from("abc")),
            "Bearer [redacted], again [redacted]."
        );
        assert_eq!(redact("text", &SecretString::from("")), "text");
    }

    proptest! {
        #[test]
        fn tokens_never_show(
            before in "[ a-z<>\"]{0,80}",
            token in "00D[A-Za-z0-9]{12}![A-Za-z0-9._]{20,90}",
            after in any::<String>(),
        ) {
            let shown = excerpt(format!("{before}{token} {after}").as_bytes());
            prop_assert!(!shown.contains(&token[16..30]), "{}", shown);
        }

        #[test]
        fn arbitrary_bodies_become_one_harmless_line(body in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(!excerpt(&body).chars().any(char::is_control));
        }

        #[test]
        fn messages_are_one_line(text in any::<String>()) {
            prop_assert!(!message(&text).chars().any(char::is_control));
        }
    }
}
