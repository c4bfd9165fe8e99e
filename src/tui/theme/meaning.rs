//! What pieces of the screen mean, and where a meaning without a style of its own takes it from.

use crate::domain::Status;
use crate::domain::activity::State;
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
pub(super) const COUNT: usize = Meaning::Input as usize + 1;

impl Meaning {
    /// Every meaning with its name in the configuration.
    pub const NAMES: [(Self, &str); COUNT] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Strong, "strong"),
        (Self::Accent, "accent"),
        (Self::Border, "border"),
        (Self::BorderFocused, "border-focused"),
        (Self::Title, "title"),
        (Self::TitleFocused, "title-focused"),
        (Self::Heading, "heading"),
        (Self::Cursor, "cursor"),
        (Self::CursorAway, "cursor-away"),
        (Self::Mark, "mark"),
        (Self::Unread, "unread"),
        (Self::Label, "label"),
        (Self::Key, "key"),
        (Self::Good, "good"),
        (Self::Warning, "warning"),
        (Self::Bad, "bad"),
        (Self::Info, "info"),
        (Self::Badge, "badge"),
        (Self::Qualified, "qualified"),
        (Self::MarketingQualified, "marketing-qualified"),
        (Self::SalesQualified, "sales-qualified"),
        (Self::Disqualified, "disqualified"),
        (Self::Upcoming, "upcoming"),
        (Self::Requested, "requested"),
        (Self::Past, "past"),
        (Self::Lost, "lost"),
        (Self::Chart, "chart"),
        (Self::ChartRest, "chart-rest"),
        (Self::Input, "input"),
    ];

    /// The meaning of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(meaning, _)| *meaning)
    }

    /// Where a meaning that the theme does not name takes its style from.
    pub(super) fn fallback(self) -> Option<Self> {
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
