//! Text cut to a width: between graphemes, never inside one, and with a mark where something is missing.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub use crate::domain::text::thousands;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The longest beginning of `text` that fits `columns`, with `ellipsis` (one column) if it is not all.
pub fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if fits(text, columns) {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(ellipsis.width());
    let mut kept = String::with_capacity(text.len().min(columns * 4));
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if width > room {
            break;
        }
        room -= width;
        kept.push_str(grapheme);
    }
    if columns > 0 {
        kept.push_str(ellipsis);
    }
    kept
}

fn fits(text: &str, columns: usize) -> bool {
    (text.len() <= columns && text.is_ascii()) || text.width() <= columns
}

/// The text in lines of at most `columns`, broken at blanks where possible, at most `most` lines.
pub fn wrap(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    'lines: for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let (have, need) = (width(&line), width(word));
            if have > 0 && have + 1 + need > columns {
                lines.push(std::mem::take(&mut line));
                if lines.len() > most {
                    break 'lines;
                }
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for grapheme in word.graphemes(true) {
                // A sign with its marks may be wider than a whole line.
                let grapheme = if width(grapheme) > columns { ellipsis } else { grapheme };
                if width(&line) + width(grapheme) > columns {
                    // An address goes on with its domain, a path with its next part, rather than with a lone letter.
                    let at = seam(&line, columns).unwrap_or(line.len());
                    let rest = line.split_off(at);
                    lines.push(std::mem::replace(&mut line, rest));
                    if lines.len() > most {
                        break 'lines;
                    }
                }
                line.push_str(grapheme);
            }
        }
        lines.push(line);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(last, columns - 1, ellipsis);
            if !last.ends_with(ellipsis) {
                last.push_str(ellipsis);
            }
        }
    }
    lines
}

/// Where the end of a line that is too long for its word can be moved to the next one: before its last `@`, else after
/// its last `/`, `-`, `_`, `.`, `&`, `?` or `=`, if enough stays behind. Narrow columns need every place that they have.
fn seam(line: &str, columns: usize) -> Option<usize> {
    if columns < 16 {
        return None;
    }
    let after = |line: &str| line.rfind(['/', '-', '_', '.', '&', '?', '=']).map(|at| at + 1);
    let at = line.rfind('@').or_else(|| after(line)).filter(|at| *at < line.len())?;
    (at * 3 >= line.len() && !line[at..].contains(' ')).then_some(at)
}

/// A number in at most four columns: `999`, `9.9k`, `15k`, `1.2M`.
pub fn short(n: i64) -> String {
    let (unit, of) = match n {
        ..1_000 => return n.to_string(),
        1_000..999_500 => ("k", 1_000),
        _ => ("M", 1_000_000),
    };
    let tenths = n / (of / 10);
    match tenths {
        ..100 if tenths % 10 != 0 => format!("{}.{}{unit}", tenths / 10, tenths % 10),
        _ => format!("{}{unit}", (n + of / 2) / of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_and_joined_characters_are_kept_whole() {
        assert_eq!(cut("Ana Berg", 20, "…"), "Ana Berg");
        assert_eq!(cut("Ana Berg", 5, "…"), "Ana …");
        assert_eq!(cut("李小龙", 5, "…"), "李小…");
        assert_eq!(cut("李小龙", 4, "…"), "李…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
        assert_eq!(cut("👩‍💻👩‍💻", 3, "…"), "👩‍💻…");
        assert_eq!(cut("abc", 0, "…"), "");
    }

    #[test]
    fn long_text_is_broken_at_blanks() {
        assert_eq!(wrap("one two three", 7, 9, "…"), ["one two", "three"]);
        assert_eq!(wrap("\u{1facf}\u{b02}", 2, 9, "…"), ["…"]);
        assert_eq!(wrap("abcdefghij", 4, 9, "…"), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\nb\nc\nd", 9, 2, "…"), ["a", "b…"]);
        let address = "naomi.espinoza@brackenfield.test";
        assert_eq!(wrap(address, 31, 9, "…"), ["naomi.espinoza", "@brackenfield.test"]);
        assert_eq!(wrap("https://seller.test/pricing/teams", 30, 9, "…"), ["https://seller.test/pricing/", "teams"]);
    }

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(thousands(n), text);
        }
    }

    #[test]
    fn short_numbers_are_short() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_482, "1.4k"),
            (9_999, "9.9k"),
            (15_000, "15k"),
            (999_400, "999k"),
            (1_234_567, "1.2M"),
        ] {
            assert_eq!(short(n), text);
        }
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), columns in 0_usize..30) {
            let text = crate::domain::text::visible(&text).into_owned();
            prop_assert!(width(&cut(&text, columns, "…")) <= columns);
            for line in wrap(&text, columns.max(2), 5, "…") {
                prop_assert!(width(&line) <= columns.max(2));
            }
        }
    }
}
