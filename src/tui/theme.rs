//! Colours by meaning. A theme may be partial: what it does not say falls back along a chain.
//!
//! The default uses the terminal's own 16 colours and never black or white, so that it reads on dark and light
//! backgrounds; the monochrome one uses attributes alone (`NO_COLOR`). Nothing is told by colour only.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

mod glyphs;
mod meaning;
mod style;

pub use glyphs::{Glyphs, short_status};
use meaning::COUNT;
pub use meaning::Meaning;
pub use style::check;

/// Styles by meaning, and the symbols that the terminal can show.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: [Option<Style>; COUNT],
    /// The symbols.
    pub glyphs: Glyphs,
}

impl Theme {
    /// The theme of that name: `default`, `light`, `high-contrast` or `monochrome`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "default" | "" => Some(Self::colours()),
            "light" => Some(Self::light()),
            "high-contrast" => Some(Self::high_contrast()),
            "monochrome" => Some(Self::monochrome()),
            _ => None,
        }
    }

    /// The named theme as this terminal can show it: `NO_COLOR` takes the colours away, a locale that is not UTF-8 the
    /// symbols. `None`: there is no such theme.
    pub fn for_terminal(name: &str, env: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |key: &str| env(key).filter(|value| !value.is_empty());
        let mut theme = Self::by_name(name)?;
        if set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb") {
            theme = Self { glyphs: theme.glyphs, ..Self::monochrome() };
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let utf8 = locale.is_none_or(|name| {
            let name = name.to_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        });
        if !utf8 {
            theme.glyphs = Glyphs::ASCII;
        }
        Some(theme)
    }

    fn from_pairs(pairs: &[(Meaning, Style)]) -> Self {
        let mut styles = [None; COUNT];
        for (meaning, style) in pairs {
            styles[*meaning as usize] = Some(*style);
        }
        Self { styles, glyphs: Glyphs::UNICODE }
    }

    /// The terminal's own 16 colours.
    pub fn colours() -> Self {
        let plain = Style::new();
        Self::from_pairs(&[
            (Meaning::Dim, plain.add_modifier(Modifier::DIM)),
            (Meaning::Strong, plain.add_modifier(Modifier::BOLD)),
            (Meaning::Accent, plain.fg(Color::Cyan)),
            (Meaning::BorderFocused, plain.fg(Color::Cyan).add_modifier(Modifier::BOLD)),
            (Meaning::TitleFocused, plain.fg(Color::Cyan).add_modifier(Modifier::BOLD)),
            (Meaning::Title, plain),
            (Meaning::Cursor, plain.add_modifier(Modifier::REVERSED)),
            (Meaning::Mark, plain.fg(Color::Yellow)),
            (Meaning::CursorAway, plain.fg(Color::Cyan)),
            (Meaning::Good, plain.fg(Color::Green)),
            (Meaning::Warning, plain.fg(Color::Yellow)),
            (Meaning::Bad, plain.fg(Color::Red)),
            (Meaning::Info, plain.fg(Color::LightBlue)),
            (Meaning::SalesQualified, plain.fg(Color::Magenta)),
            (Meaning::Badge, plain.fg(Color::Yellow).add_modifier(Modifier::REVERSED | Modifier::BOLD)),
        ])
    }

    /// For a light background: the darker half of the sixteen, and no yellow, which is not seen there.
    pub fn light() -> Self {
        let plain = Style::new();
        Self::colours().with(&[
            (Meaning::Accent, plain.fg(Color::Blue)),
            (Meaning::BorderFocused, plain.fg(Color::Blue).add_modifier(Modifier::BOLD)),
            (Meaning::TitleFocused, plain.fg(Color::Blue).add_modifier(Modifier::BOLD)),
            (Meaning::Mark, plain.fg(Color::Magenta)),
            (Meaning::CursorAway, plain.fg(Color::Blue)),
            (Meaning::Warning, plain.fg(Color::Magenta)),
            (Meaning::Info, plain.fg(Color::Blue)),
            (Meaning::SalesQualified, plain.fg(Color::Magenta)),
            (Meaning::Badge, plain.fg(Color::Magenta).add_modifier(Modifier::REVERSED | Modifier::BOLD)),
        ])
    }

    /// Strong colours in bold, nothing dimmed.
    pub fn high_contrast() -> Self {
        let bold = |colour| Style::new().fg(colour).add_modifier(Modifier::BOLD);
        Self::colours().with(&[
            (Meaning::Dim, Style::new()),
            (Meaning::Accent, bold(Color::LightCyan)),
            (Meaning::BorderFocused, bold(Color::LightYellow)),
            (Meaning::TitleFocused, bold(Color::LightYellow)),
            (Meaning::Title, Style::new().add_modifier(Modifier::BOLD)),
            (Meaning::Cursor, Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD)),
            (Meaning::Mark, bold(Color::LightYellow)),
            (Meaning::CursorAway, bold(Color::LightCyan)),
            (Meaning::Good, bold(Color::LightGreen)),
            (Meaning::Warning, bold(Color::LightYellow)),
            (Meaning::Bad, bold(Color::LightRed)),
            (Meaning::Info, bold(Color::LightBlue)),
            (Meaning::SalesQualified, bold(Color::LightMagenta)),
        ])
    }

    fn with(mut self, pairs: &[(Meaning, Style)]) -> Self {
        for (meaning, style) in pairs {
            self.styles[*meaning as usize] = Some(*style);
        }
        self
    }

    /// The same with the styles of a configuration over its own. What is wrong in them was said before ([`check`]).
    /// Where colours are off, the attributes count.
    #[must_use]
    pub fn restyled(self, styles: &BTreeMap<String, String>) -> Self {
        let plain = self.is_plain();
        let own = styles.iter().filter_map(|(name, text)| {
            let style = style::parse(text).ok()?;
            let style = if plain { Style { fg: None, bg: None, ..style } } else { style };
            Some((Meaning::by_name(name)?, style))
        });
        let own: Vec<_> = own.collect();
        self.with(&own)
    }

    /// True without any colour.
    fn is_plain(&self) -> bool {
        self.styles.iter().flatten().all(|style| style.fg.is_none() && style.bg.is_none())
    }

    /// Attributes alone.
    pub fn monochrome() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self::from_pairs(&[
            (Meaning::Dim, plain.add_modifier(Modifier::DIM)),
            (Meaning::Strong, bold),
            (Meaning::Accent, bold),
            (Meaning::Title, plain),
            (Meaning::Cursor, plain.add_modifier(Modifier::REVERSED)),
            (Meaning::CursorAway, plain.add_modifier(Modifier::UNDERLINED)),
            (Meaning::Good, plain),
            (Meaning::Warning, bold),
            (Meaning::Bad, bold),
            (Meaning::Badge, plain.add_modifier(Modifier::REVERSED | Modifier::BOLD)),
        ])
    }

    /// The style of a meaning, by way of the fallback chain.
    pub fn style(&self, meaning: Meaning) -> Style {
        let mut meaning = meaning;
        loop {
            if let Some(style) = self.styles[meaning as usize] {
                return style;
            }
            match meaning.fallback() {
                Some(next) => meaning = next,
                None => return Style::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_partial_theme_falls_back_and_every_chain_ends() {
        let theme = Theme::from_pairs(&[(Meaning::Good, Style::new().fg(Color::Green))]);
        assert_eq!(theme.style(Meaning::Upcoming), Style::new().fg(Color::Green));
        assert_eq!(theme.style(Meaning::CursorAway), Style::new());
    }

    #[test]
    fn every_meaning_has_its_name_at_its_place() {
        for (index, (meaning, name)) in Meaning::NAMES.iter().enumerate() {
            assert_eq!((*meaning as usize, Meaning::by_name(name)), (index, Some(*meaning)));
        }
    }

    #[test]
    fn styles_of_the_configuration_lie_over_the_theme() {
        let styles = BTreeMap::from([
            ("accent".to_owned(), "light-magenta bold on #102030".to_owned()),
            ("bad".to_owned(), "9".to_owned()),
        ]);
        let theme = Theme::colours().restyled(&styles);
        let accent = Style::new().fg(Color::LightMagenta).bg(Color::Rgb(16, 32, 48)).add_modifier(Modifier::BOLD);
        assert_eq!(theme.style(Meaning::Accent), accent);
        assert_eq!(theme.style(Meaning::Key), accent, "by the fallback");
        assert_eq!(theme.style(Meaning::Bad).fg, Some(Color::Indexed(9)));
        let theme = Theme::monochrome().restyled(&styles);
        assert_eq!(theme.style(Meaning::Accent), Style::new().add_modifier(Modifier::BOLD), "NO_COLOR stays so");
    }

    /// Nothing is told by black or white, which one of dark and light backgrounds swallows.
    #[test]
    fn themes_are_read_on_dark_and_light() {
        for name in ["default", "light", "high-contrast", "monochrome"] {
            let theme = Theme::by_name(name).unwrap();
            for style in theme.styles.iter().flatten() {
                for colour in [Color::Black, Color::White, Color::Gray, Color::DarkGray] {
                    assert!(style.fg != Some(colour) && style.bg != Some(colour), "{name}");
                }
            }
            assert!(theme.style(Meaning::Cursor).add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn no_color_leaves_no_colour() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        };
        let theme = Theme::for_terminal("default", env(&[("NO_COLOR", "1"), ("LANG", "C")])).unwrap();
        assert!(theme.styles.iter().flatten().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert_eq!(theme.glyphs, Glyphs::ASCII);
        let theme = Theme::for_terminal("default", env(&[("NO_COLOR", ""), ("LANG", "nb_NO.UTF-8")])).unwrap();
        assert_eq!(theme.style(Meaning::Good).fg, Some(Color::Green));
        assert_eq!(theme.glyphs, Glyphs::UNICODE);
        assert!(Theme::for_terminal("nosuch", env(&[])).is_none());
    }

    #[test]
    fn glyphs_are_one_column_wide() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let mut all = vec![glyphs.focus, glyphs.cursor, glyphs.mark, glyphs.unread, glyphs.ellipsis, glyphs.dash];
            all.extend([
                glyphs.arrow,
                glyphs.dot,
                glyphs.good,
                glyphs.bad,
                glyphs.info,
                glyphs.waiting,
                glyphs.working,
            ]);
            all.extend([glyphs.held, glyphs.lamp, glyphs.lamp_off, glyphs.booking, glyphs.conversation, glyphs.form]);
            all.extend([glyphs.descending, glyphs.ascending, glyphs.bar, glyphs.bar_rest, glyphs.thumb, glyphs.caret]);
            all.extend(glyphs.spark);
            assert!(all.iter().all(|glyph| glyph.width() == 1), "{all:?}");
        }
    }
}
