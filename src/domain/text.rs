//! Text that strangers wrote, made safe to show and easy to find.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text for a terminal, title, clipboard, log or file: control characters (escape sequences above all) become visible
/// symbols, bidirectional controls and zero-width characters are dropped, line ends become `⏎` and tabs blanks.
/// Zero-width joiners stay between visible characters, where emoji and some scripts need them.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().all(is_plain) {
        return text.into();
    }
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' => Some('⏎'),
            '\t' => Some(' '),
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
            '\u{7f}' => Some('␡'),
            '\u{80}'..='\u{9f}' => Some('\u{fffd}'),
            c if is_invisible(c) => None,
            c => Some(c),
        })
        .collect::<String>()
        .into()
}

/// The same for text of several lines: line ends stay.
pub fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(line).into_owned()).collect::<Vec<_>>().join("\n")
}

/// Text for the records of another program, which shows them to people who cannot see what is in them: control
/// characters but line ends and tabs, bidirectional controls and invisible characters are left out. What joins or parts
/// letters in emoji and in some scripts stays.
pub fn told(text: &str) -> std::borrow::Cow<'_, str> {
    let joins = |c: char| matches!(c, '\n' | '\t' | '\u{200c}');
    if text.chars().all(|c| is_plain(c) || joins(c)) {
        return text.into();
    }
    let lines = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    lines.chars().filter(|c| is_plain(*c) || joins(*c)).collect::<String>().into()
}

/// The same in one line, trimmed, for names and the like.
pub fn told_in_line(text: &str) -> String {
    told(text).split(['\n', '\t']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A value as it may stand in a message: visible, at most 60 characters.
pub fn excerpt(text: &str) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// A number with its thousands apart: `1,234`.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    if n < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many of a thing, in words: `1 contact`, `1,234 contacts`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(n as i64)) }
}

fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') || (c > '\u{9f}' && !is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text as the search index holds it and as a search word is compared: lower case, without accents, strokes and
/// ligatures, blanks single. Whoever changes it changes what is stored (see the migrations).
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut blank = false;
    let mut push = |c: char| {
        if c.is_whitespace() || c.is_control() {
            blank = true;
        } else {
            if blank && !folded.is_empty() {
                folded.push(' ');
            }
            blank = false;
            folded.push(c);
        }
    };
    if text.is_ascii() {
        text.chars().map(|c| c.to_ascii_lowercase()).for_each(&mut push);
    } else {
        let letters = text.chars().flat_map(char::to_lowercase).nfd().filter(|c| !is_combining_mark(*c));
        for c in letters {
            match unstroked(c) {
                Some(plain) => plain.chars().for_each(&mut push),
                None => push(c),
            }
        }
    }
    folded
}

/// Letters whose mark is part of them, as people type them who do not have the key.
fn unstroked(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        _ => return None,
    })
}

/// A name reduced to what people mean by it: lower case, no accents, letters and digits only.
pub fn normalize(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_are_seen_and_not_obeyed() {
        assert_eq!(visible("a\u{1b}]52;c;x\u{7}b"), "a␛]52;c;x␇b");
        assert_eq!(visible("one\r\ntwo\tx"), "one⏎two x");
        assert_eq!(visible("user\u{202e}gpj.exe\u{200b}"), "usergpj.exe");
        assert_eq!(visible("\u{9b}31m"), "\u{fffd}31m");
        assert_eq!(visible("Ærlig 李 👩‍💻"), "Ærlig 李 👩‍💻");
        assert_eq!(visible_lines("a\nb\u{1b}"), "a\nb␛");
    }

    #[test]
    fn what_others_are_told_has_nothing_hidden() {
        assert_eq!(told("a\u{1b}]52;c;x\u{7}b"), "a]52;c;xb");
        assert_eq!(told("one\r\ntwo\tx\rthree\u{2028}four"), "one\ntwo\tx\nthree\nfour");
        assert_eq!(told("user\u{202e}gpj.exe\u{200b}\u{9b}\u{0}"), "usergpj.exe");
        assert_eq!(told("Ærlig 李 👩‍💻 می‌خواهم"), "Ærlig 李 👩‍💻 می‌خواهم");
        assert_eq!(told_in_line(" Ana\r\n\tBerg \u{7}"), "Ana Berg");
        assert_eq!(told_in_line("\u{1b}\u{202e}"), "");
    }

    #[test]
    fn search_text_has_no_case_and_no_accents() {
        assert_eq!(fold("  Åsa   ÉRIC\tØdegård "), "asa eric odegard");
        assert_eq!(fold("ÆRØ ŒUVRE Straße Łódź ÐÞ Iı"), "aero oeuvre strasse lodz dth ii");
        assert_eq!(fold("Ana.Berg@X.no"), "ana.berg@x.no");
    }

    proptest! {
        #[test]
        fn nothing_that_moves_a_cursor_gets_through(text in any::<String>()) {
            let shown = visible(&text).into_owned();
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(visible(&shown), shown.as_str());
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
