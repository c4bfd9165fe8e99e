//! Colours by meaning. A theme may be partial: what it does not say falls back along a chain.
//!
//! The default uses the terminal's own 16 colours and never black or white, so that it reads on dark and light
//! backgrounds; the monochrome one uses attributes alone (`NO_COLOR`). Nothing is told by colour only.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::domain::activity::State;
use crate::domain::{Kind, Status};
use crate::store::SyncMark;

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Meaning {
    /// Plain text; the end of every chain.
    Text,
    /// Secondary text.
    Dim,
    /// Text that matters most.
    Strong,
    /// The colour of what is active.
    Accent,
    /// Border of a pane without focus.
    Border,
    /// Border of the focused pane.
    BorderFocused,
    /// Title of a pane without focus.
    Title,
    /// Title of the focused pane.
    TitleFocused,
    /// Column heads and section heads.
    Heading,
    /// The selected row of the focused list.
    Cursor,
    /// The selected row of another list.
    CursorAway,
    /// A marked row.
    Mark,
    /// What nobody has looked at.
    Unread,
    /// The name of a value.
    Label,
    /// A key on the hint line and in help.
    Key,
    /// It went well.
    Good,
    /// It needs attention some time.
    Warning,
    /// It went wrong.
    Bad,
    /// Something to know.
    Info,
    /// A badge such as DEMO.
    Badge,
    /// Qualified.
    Qualified,
    /// Marketing qualified.
    MarketingQualified,
    /// Sales qualified.
    SalesQualified,
    /// Disqualified.
    Disqualified,
    /// A meeting to come.
    Upcoming,
    /// Asks for an answer.
    Requested,
    /// Over.
    Past,
    /// Called off, not come, given up.
    Lost,
    /// A bar or a line of a chart.
    Chart,
    /// The unfilled part of a bar.
    ChartRest,
    /// What is typed.
    Input,
}

/// Number of meanings.
const COUNT: usize = Meaning::Input as usize + 1;

impl Meaning {
    /// Where a meaning that the theme does not name takes its style from.
    fn fallback(self) -> Option<Self> {
        Some(match self {
            Self::Text => return None,
            Self::Border | Self::Heading | Self::Label | Self::ChartRest | Self::Past | Self::Disqualified => Self::Dim,
            Self::BorderFocused | Self::TitleFocused | Self::Key | Self::Mark | Self::SalesQualified => Self::Accent,
            Self::Cursor | Self::Unread | Self::Title => Self::Strong,
            Self::Qualified | Self::Upcoming => Self::Good,
            Self::MarketingQualified | Self::Chart => Self::Info,
            Self::Badge | Self::Requested => Self::Warning,
            Self::Lost => Self::Bad,
            Self::CursorAway => Self::Mark,
            Self::Dim
            | Self::Strong
            | Self::Accent
            | Self::Good
            | Self::Warning
            | Self::Bad
            | Self::Info
            | Self::Input => Self::Text,
        })
    }

    /// The meaning of a contact status.
    pub fn of_status(status: Option<Status>) -> Self {
        match status {
            None => Self::Dim,
            Some(Status::Qualified) => Self::Qualified,
            Some(Status::MarketingQualified) => Self::MarketingQualified,
            Some(Status::SalesQualified) => Self::SalesQualified,
            Some(Status::Disqualified) => Self::Disqualified,
        }
    }

    /// The meaning of an activity's state.
    pub fn of_state(state: State) -> Self {
        match state {
            State::Requested => Self::Requested,
            State::Scheduled | State::Rescheduled | State::Started => Self::Upcoming,
            State::Completed | State::Closed | State::Submitted => Self::Past,
            State::Canceled | State::NoShow | State::Abandoned => Self::Lost,
        }
    }

    /// The meaning of a sync mark.
    pub fn of_sync(mark: SyncMark) -> Self {
        match mark {
            SyncMark::None => Self::Dim,
            SyncMark::Pending => Self::Warning,
            SyncMark::Working => Self::Info,
            SyncMark::Held => Self::Bad,
            SyncMark::Done => Self::Good,
        }
    }
}

/// Styles by meaning, and the symbols that the terminal can show.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: [Option<Style>; COUNT],
    /// The symbols.
    pub glyphs: Glyphs,
}

impl Theme {
    /// The theme of that name: `default` or `monochrome`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "default" | "" => Some(Self::colours()),
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

/// The symbols of the screen, each one column wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Border of panes and popups.
    pub border: border::Set<'static>,
    /// Stands before the title of the focused pane.
    pub focus: &'static str,
    /// Stands before the selected row.
    pub cursor: &'static str,
    /// Stands before a marked row.
    pub mark: &'static str,
    /// Stands before an unread row.
    pub unread: &'static str,
    /// What was cut.
    pub ellipsis: &'static str,
    /// Between the two times of a range.
    pub dash: &'static str,
    /// From one value to another.
    pub arrow: &'static str,
    /// Between parts of one line.
    pub dot: &'static str,
    /// It went well.
    pub good: &'static str,
    /// It went wrong.
    pub bad: &'static str,
    /// Something to know.
    pub info: &'static str,
    /// Waits.
    pub waiting: &'static str,
    /// On its way.
    pub working: &'static str,
    /// Needs a person.
    pub held: &'static str,
    /// A state lamp.
    pub lamp: &'static str,
    /// A state lamp that is off.
    pub lamp_off: &'static str,
    /// A booking.
    pub booking: &'static str,
    /// A conversation.
    pub conversation: &'static str,
    /// A form.
    pub form: &'static str,
    /// Sorted with the largest first.
    pub descending: &'static str,
    /// Sorted with the smallest first.
    pub ascending: &'static str,
    /// Columns of a sparkline, from empty to full.
    pub spark: [&'static str; 9],
    /// The filled part of a bar.
    pub bar: &'static str,
    /// The unfilled part of a bar.
    pub bar_rest: &'static str,
    /// The scrollbar's handle.
    pub thumb: &'static str,
    /// Points at a place in the line above.
    pub caret: &'static str,
    /// A rule between parts.
    pub rule: &'static str,
}

impl Glyphs {
    /// For terminals that show UTF-8.
    pub const UNICODE: Self = Self {
        border: border::ROUNDED,
        focus: "▸",
        cursor: "▌",
        mark: "◆",
        unread: "•",
        ellipsis: "…",
        dash: "–",
        arrow: "→",
        dot: "·",
        good: "✓",
        bad: "✗",
        info: "›",
        waiting: "◦",
        working: "»",
        held: "!",
        lamp: "●",
        lamp_off: "○",
        booking: "▣",
        conversation: "◌",
        form: "≡",
        descending: "↓",
        ascending: "↑",
        spark: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        bar: "━",
        bar_rest: "─",
        thumb: "┃",
        caret: "▲",
        rule: "─",
    };

    /// For all others.
    pub const ASCII: Self = Self {
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        focus: ">",
        cursor: ">",
        mark: "*",
        unread: "o",
        ellipsis: "~",
        dash: "-",
        arrow: ">",
        dot: "-",
        good: "+",
        bad: "x",
        info: ">",
        waiting: ".",
        working: "=",
        held: "!",
        lamp: "*",
        lamp_off: "o",
        booking: "B",
        conversation: "C",
        form: "F",
        descending: "v",
        ascending: "^",
        spark: [" ", "_", "_", ".", ".", "-", "-", "=", "#"],
        bar: "#",
        bar_rest: ".",
        thumb: "#",
        caret: "^",
        rule: "-",
    };

    /// The symbol of a sync mark; a blank for what was never sent.
    pub fn sync(&self, mark: SyncMark) -> &'static str {
        match mark {
            SyncMark::None => " ",
            SyncMark::Pending => self.waiting,
            SyncMark::Working => self.working,
            SyncMark::Held => self.held,
            SyncMark::Done => self.good,
        }
    }

    /// The symbol of a kind of activity.
    pub fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Booking => self.booking,
            Kind::Conversation => self.conversation,
            Kind::Form => self.form,
        }
    }
}

/// The status in three columns at most: Q, MQL, SQL, DQ.
pub fn short_status(status: Option<Status>) -> &'static str {
    match status {
        None => "",
        Some(Status::Qualified) => "Q",
        Some(Status::MarketingQualified) => "MQL",
        Some(Status::SalesQualified) => "SQL",
        Some(Status::Disqualified) => "DQ",
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
