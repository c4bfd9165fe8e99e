//! The symbols of the screen.

use ratatui::symbols::border;

use crate::domain::{Kind, Status};
use crate::store::SyncMark;

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
