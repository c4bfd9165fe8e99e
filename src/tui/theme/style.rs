//! Styles as people write them: `light-magenta bold on black`.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use super::Meaning;
use crate::config::{Problem, nearest};

const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// Reads a style; the error is the word that is none.
pub fn parse(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word == "on" {
            let ground = words.next().unwrap_or("on");
            style = style.bg(colour(ground).ok_or(ground)?);
        } else if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else {
            style = style.fg(colour(word).ok_or(word)?);
        }
    }
    Ok(style)
}

fn colour(word: &str) -> Option<Color> {
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Some(*colour);
    }
    if let Some(digits) = word.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii()) {
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        return Some(Color::Rgb(part(0)?, part(2)?, part(4)?));
    }
    word.parse().ok().map(Color::Indexed)
}

/// Unknown meanings and styles.
pub fn check(styles: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, text) in styles {
        let at = format!("theme.{name}");
        if Meaning::by_name(name).is_none() {
            let hint = nearest(name, Meaning::NAMES.iter().map(|(_, name)| *name));
            let hint = hint.map_or("`rolodeck config example` names the meanings".to_owned(), |meant| {
                format!("did you mean `{meant}`?")
            });
            problems.push(Problem::error(&at, format!("unknown meaning `{name}`")).hint(hint));
        }
        if let Err(word) = parse(text) {
            let known = COLOURS.iter().map(|(name, _)| *name).chain(MODIFIERS.iter().map(|(name, _)| *name));
            let hint = nearest(&word, known)
                .map_or("write it as in \"light-blue bold on default\"".to_owned(), |meant| {
                    format!("did you mean `{meant}`?")
                });
            problems.push(Problem::error(&at, format!("`{word}` is no colour or attribute")).hint(hint));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_read_and_slips_are_told() {
        assert_eq!(parse("").unwrap(), Style::new());
        assert_eq!(parse("red bold on default").unwrap(), Style::new().fg(Color::Red).bg(Color::Reset).bold());
        for wrong in ["rad", "on", "#12345", "#12345g", "256", "bold on sky"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let styles = [("accnt", "red"), ("bad", "rde")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let problems = check(&BTreeMap::from(styles));
        let told: Vec<_> =
            problems.iter().map(|problem| (problem.key.as_str(), problem.hint.as_deref().unwrap())).collect();
        assert_eq!(told, [("theme.accnt", "did you mean `accent`?"), ("theme.bad", "did you mean `red`?")]);
    }
}
