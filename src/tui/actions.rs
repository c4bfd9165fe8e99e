//! The one table of actions. Key dispatch, the hint line, help, the palette, the manual page of keys and the documentation
//! are generated from it.
//!
//! The table is made of parts: [`core`] holds what the panes do; every dialog and screen declares its own part in its own
//! file with [`actions!`](crate::tui::actions::actions), and [`PARTS`] lists them.

use super::message::Effect;
use super::model::Model;
use super::{dialogs, form, screens};

pub mod core;

pub use core::ACTIONS as CORE;

/// Something that a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Next row or line.
    MoveDown,
    /// Previous row or line.
    MoveUp,
    /// Half a page on.
    HalfPageDown,
    /// Half a page back.
    HalfPageUp,
    /// A page on.
    PageDown,
    /// A page back.
    PageUp,
    /// To the first row.
    MoveFirst,
    /// To the last row.
    MoveLast,
    /// The pane to the right or below.
    NextPane,
    /// The pane to the left or above.
    PreviousPane,
    /// Pane 1.
    FocusFilters,
    /// Pane 2.
    FocusContacts,
    /// Pane 3.
    FocusActivities,
    /// Pane 4.
    FocusDetail,
    /// Pane 5.
    FocusSync,
    /// One pane over the whole screen, or back.
    Zoom,
    /// Open what is selected.
    Open,
    /// One step back: marks, then zoom, then the filter; to the list from other panes.
    Back,
    /// Back to the list.
    Leave,
    /// Type a filter.
    Filter,
    /// Back to everything.
    ClearFilter,
    /// Keep the filter under a name.
    SaveFilter,
    /// Delete a saved filter.
    DeleteFilter,
    /// Order by the next column.
    Sort,
    /// Choose a contact status.
    SetStatus,
    /// Give the last chosen status again.
    RepeatStatus,
    /// Mark the row.
    Mark,
    /// Mark every row that the cursor passes.
    MarkRange,
    /// Read or unread.
    ToggleRead,
    /// Take the last change back.
    Undo,
    /// Email address to the clipboard.
    CopyEmail,
    /// What the row says to the clipboard.
    CopyRow,
    /// The link to the record in Salesforce to the clipboard.
    CopyLink,
    /// More room for the lists.
    Wider,
    /// Less room for the lists.
    Narrower,
    /// The mouse is for rolodeck, or for the terminal's own selection.
    Mouse,
    /// Stop and go on syncing.
    PauseSync,
    /// Look for work now.
    SyncNow,
    /// Send the item again.
    Retry,
    /// Leave the item out.
    Skip,
    /// The keys that count here.
    Help,
    /// Leave the program to the shell's job control.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
    /// In an input or dialog: keep it, choose it, yes.
    Accept,
    /// In an input or dialog: leave things as they were.
    Cancel,
    /// Of a screen: back to what was there before.
    Close,
    /// Declared by a dialog or screen in its own file; known by its name.
    Own(&'static str),
}

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place(pub &'static str);

impl Place {
    /// Everywhere but in inputs and dialogs.
    pub const GLOBAL: Self = Self("Everywhere");
    /// Whatever has rows or lines that can be gone through.
    pub const ROWS: Self = Self("Moving");
    /// Saved filters and presets.
    pub const FILTERS: Self = Self("Filters");
    /// The contact list.
    pub const CONTACTS: Self = Self("Contacts");
    /// The activity stream.
    pub const ACTIVITIES: Self = Self("Stream");
    /// The detail pane.
    pub const DETAIL: Self = Self("Detail");
    /// The sync pane.
    pub const SYNC: Self = Self("Sync");
    /// The line of a filter.
    pub const INPUT: Self = Self("Filter line");
    /// Every dialog.
    pub const DIALOG: Self = Self("Dialogs");
    /// Every full screen.
    pub const SCREEN: Self = Self("Screens");
}

/// What an action does when nothing nearer takes it.
pub type Run = fn(&mut Model, &mut Vec<Effect>);

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    /// What it does.
    pub action: Action,
    /// Its name in configuration and documentation.
    pub name: &'static str,
    /// What people read in help.
    pub label: &'static str,
    /// What people read on the hint line; empty: not shown there.
    pub hint: &'static str,
    /// Where it counts.
    pub places: &'static [Place],
    /// Its keys, the one to show first. Keys that follow each other are parted by a blank: `g m`.
    pub keys: &'static [&'static str],
    /// For actions declared outside of the core: what happens, unless the open dialog or screen takes it itself.
    pub run: Option<Run>,
}

/// Declares the actions of a dialog or screen: a constant for each, and `ACTIONS`, its part of the table.
///
/// ```text
/// actions! {
///     // constant (= function that opens or does it): name, help, hint, places, keys;
///     OPEN = open: "report", "What works: the report", "report", [Place::GLOBAL], ["g r"];
///     NEXT: "report-next", "Next table", "table", [PLACE], ["n" "right"];
/// }
/// ```
macro_rules! actions {
    (@run) => { None };
    (@run $run:path) => { Some($run) };
    ($($id:ident $(= $run:path)?: $name:literal, $label:literal, $hint:literal, [$($place:expr),+], [$($key:literal)+];)+) => {
        $(
            #[doc = $label]
            pub const $id: $crate::tui::actions::Action = $crate::tui::actions::Action::Own($name);
        )+
        /// This part of the action table.
        pub const ACTIONS: &[$crate::tui::actions::ActionInfo] = &[$($crate::tui::actions::ActionInfo {
            action: $id,
            name: $name,
            label: $label,
            hint: $hint,
            places: &[$($place),+],
            keys: &[$($key),+],
            run: $crate::tui::actions::actions!(@run $($run)?),
        }),+];
    };
}
pub(crate) use actions;

/// Every part of the table, in the order of help. A new dialog or screen adds one line under its heading.
#[rustfmt::skip]
pub const PARTS: &[&[ActionInfo]] = &[
    core::ACTIONS,
    super::work::ACTIONS,

    // The screen itself: help, palette, messages, log.
    dialogs::confirm::ACTIONS,
    dialogs::palette::ACTIONS,
    dialogs::undo::ACTIONS,
    dialogs::messages::ACTIONS,
    screens::log::ACTIONS,
    dialogs::help::ACTIONS,
    dialogs::picker::ACTIONS,
    dialogs::text::ACTIONS,

    // Contacts, forms, duplicates, fields, imports.
    dialogs::status::ACTIONS,
    dialogs::contact::edit::ACTIONS,
    dialogs::contact::cell::ACTIONS,
    dialogs::contact::bulk::ACTIONS,
    dialogs::contact::merge::ACTIONS,
    dialogs::columns::ACTIONS,
    form::keys::ACTIONS,
    screens::duplicates::ACTIONS,
    screens::fields::ACTIONS,
    screens::imports::ACTIONS,
    dialogs::import::ACTIONS,

    // Filters, facets, export, trash, bulk.
    dialogs::saved::ACTIONS,
    dialogs::facets::ACTIONS,
    dialogs::trash::ACTIONS,
    dialogs::export::ACTIONS,
    super::update::complete::ACTIONS,

    // Sync monitor, queue, plan.
    screens::monitor::ACTIONS,
    dialogs::plan::ACTIONS,
    dialogs::relink::ACTIONS,

    // Report.
    screens::report::ACTIONS,

    // Mapping, hooks, doctor.
    screens::hooks::ACTIONS,
    screens::mapping::ACTIONS,

    // Others.
];

/// Every action, in the order of help and hints.
pub fn all() -> impl Iterator<Item = &'static ActionInfo> {
    PARTS.iter().copied().flatten()
}

/// The lines of the table that count at one of `places`, in the table's order.
pub fn at(places: &[Place]) -> impl Iterator<Item = &'static ActionInfo> {
    let places = places.to_vec();
    all().filter(move |info| info.places.iter().any(|place| places.contains(place)))
}

#[cfg(test)]
mod tests;
