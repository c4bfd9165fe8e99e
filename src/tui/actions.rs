//! The one table of actions. Key dispatch, the hint line, the help and the status popup are generated from it.

use crate::domain::Status;

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
    /// Stop and go on syncing.
    PauseSync,
    /// Look for work now.
    SyncNow,
    /// Send the item again.
    Retry,
    /// Leave the item out.
    Skip,
    /// The keys of the focused pane.
    Help,
    /// Leave the program to the shell's job control.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
    /// In an input: keep it.
    Accept,
    /// In an input or popup: leave things as they were.
    Cancel,
    /// In the status popup: this status, or none.
    Choose(Option<Status>),
    /// In a question: yes.
    Confirm,
}

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everywhere but in inputs and popups.
    Global,
    /// Panes whose rows can be gone through.
    Rows,
    /// Saved filters and presets.
    Filters,
    /// The contact list.
    Contacts,
    /// The activity stream.
    Activities,
    /// The detail pane.
    Detail,
    /// The sync pane.
    Sync,
    /// An input line.
    Input,
    /// The status popup.
    StatusMenu,
    /// The help popup.
    Help,
    /// A question.
    Question,
}

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
    /// Its keys, the one to show first.
    pub keys: &'static [&'static str],
}

macro_rules! actions {
    ($($action:expr, $name:literal, $label:literal, $hint:literal, [$($place:ident)+], [$($key:literal)+];)+) => {
        /// Every action, in the order of help and hints.
        pub const ACTIONS: &[ActionInfo] = &[$(ActionInfo {
            action: $action,
            name: $name,
            label: $label,
            hint: $hint,
            places: &[$(Place::$place),+],
            keys: &[$($key),+],
        }),+];
    };
}

use Action as A;

actions! {
    A::SetStatus, "set-status", "Set contact status", "status", [Contacts Activities Detail], ["s"];
    A::RepeatStatus, "repeat-status", "Set the same status again", "", [Contacts Activities Detail], ["."];
    A::Open, "open", "Open", "open", [Contacts Activities Filters Sync], ["enter" "l" "right"];
    A::Filter, "filter", "Filter while you type", "filter", [Global], ["/"];
    A::Mark, "mark", "Mark the row and go on", "mark", [Contacts Activities], ["space"];
    A::MarkRange, "mark-range", "Mark a range, start or end", "", [Contacts Activities], ["v"];
    A::ToggleRead, "toggle-read", "Mark read or unread", "read", [Activities Detail], ["m"];
    A::Retry, "retry", "Send the item again", "retry", [Sync Detail], ["R"];
    A::Skip, "skip", "Leave the item out of Salesforce", "skip", [Sync Detail], ["X"];
    A::Undo, "undo", "Undo the last change", "undo", [Global], ["u"];
    A::CopyEmail, "copy-email", "Copy the email address", "copy", [Contacts Activities Detail], ["y"];
    A::Sort, "sort", "Order by the next column", "", [Contacts Activities], ["o"];
    A::ClearFilter, "clear-filter", "Show everything", "", [Contacts Activities], ["c"];
    A::SaveFilter, "save-filter", "Save the filter under a name", "", [Contacts Activities], ["w"];
    A::DeleteFilter, "delete-filter", "Delete the saved filter", "delete", [Filters], ["D" "delete"];
    A::Back, "back", "Back: marks, zoom, filter", "", [Global], ["esc"];
    A::Leave, "leave", "Back to the list", "back", [Detail Sync], ["h" "left"];
    A::MoveDown, "move-down", "Down", "", [Rows], ["j" "down"];
    A::MoveUp, "move-up", "Up", "", [Rows], ["k" "up"];
    A::HalfPageDown, "half-page-down", "Half a page down", "", [Rows], ["ctrl-d"];
    A::HalfPageUp, "half-page-up", "Half a page up", "", [Rows], ["ctrl-u"];
    A::PageDown, "page-down", "Page down", "", [Rows], ["pgdn" "ctrl-f"];
    A::PageUp, "page-up", "Page up", "", [Rows], ["pgup"];
    A::MoveFirst, "move-first", "To the top", "", [Rows], ["g" "home"];
    A::MoveLast, "move-last", "To the bottom", "", [Rows], ["G" "end"];
    A::NextPane, "next-pane", "Next pane", "", [Global], ["tab"];
    A::PreviousPane, "previous-pane", "Previous pane", "", [Global], ["shift-tab"];
    A::FocusFilters, "focus-filters", "Filters", "", [Global], ["1"];
    A::FocusContacts, "focus-contacts", "Contacts", "", [Global], ["2"];
    A::FocusActivities, "focus-activities", "Activity stream", "", [Global], ["3"];
    A::FocusDetail, "focus-detail", "Detail", "", [Global], ["4"];
    A::FocusSync, "focus-sync", "Sync status", "", [Global], ["5"];
    A::Zoom, "zoom", "Zoom the pane", "zoom", [Global], ["z"];
    A::PauseSync, "pause-sync", "Pause or resume sync", "pause", [Global], ["p"];
    A::SyncNow, "sync-now", "Sync now", "sync now", [Global], ["S"];
    A::Help, "help", "Help", "help", [Global], ["?" "f1"];
    A::Redraw, "redraw", "Draw the screen anew", "", [Global], ["ctrl-l"];
    A::Suspend, "suspend", "Suspend to the shell", "", [Global], ["ctrl-z"];
    A::Quit, "quit", "Quit", "quit", [Global], ["q" "ctrl-c"];
    A::Accept, "accept", "Keep", "keep", [Input], ["enter"];
    A::Cancel, "cancel", "Leave as it was", "cancel", [Input StatusMenu Help Question], ["esc" "ctrl-c"];
    A::Choose(Some(Status::Qualified)), "status-qualified", "Qualified", "", [StatusMenu], ["q"];
    A::Choose(Some(Status::MarketingQualified)), "status-marketing-qualified", "Marketing qualified", "", [StatusMenu], ["m"];
    A::Choose(Some(Status::SalesQualified)), "status-sales-qualified", "Sales qualified", "", [StatusMenu], ["s"];
    A::Choose(Some(Status::Disqualified)), "status-disqualified", "Disqualified", "", [StatusMenu], ["d"];
    A::Choose(None), "status-none", "No status", "", [StatusMenu], ["n"];
    A::Confirm, "confirm", "Yes", "yes", [Question], ["y" "enter"];
    A::Cancel, "decline", "No", "no", [Question], ["n" "q"];
    A::Cancel, "close-help", "Close", "close", [Help], ["?" "q" "f1"];
}

/// The lines of the table that count at one of `places`, in the table's order.
pub fn at(places: &[Place]) -> impl Iterator<Item = &'static ActionInfo> {
    let places = places.to_vec();
    ACTIONS.iter().filter(move |info| info.places.iter().any(|place| places.contains(place)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::keymap::{Key, Keymap};
    use super::*;

    #[test]
    fn names_are_kebab_case_and_given_once() {
        let mut seen = HashSet::new();
        for info in ACTIONS {
            assert!(info.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", info.name);
            assert!(seen.insert(info.name), "{} twice", info.name);
            assert!(!info.label.is_empty() && !info.keys.is_empty() && !info.places.is_empty(), "{}", info.name);
        }
    }

    #[test]
    fn every_key_is_readable_means_one_thing_and_is_dispatched() {
        let keymap = Keymap::default();
        let mut seen = HashSet::new();
        for info in ACTIONS {
            for name in info.keys {
                let key = Key::parse(name).unwrap_or_else(|| panic!("{name} of {}", info.name));
                assert_eq!(key.to_string(), *name);
                for place in info.places {
                    assert!(seen.insert((*place, key)), "{name} means two things at {place:?}");
                    assert_eq!(keymap.action(&[*place], key), Some(info.action), "{name} at {place:?}");
                }
            }
        }
    }

    #[test]
    fn no_pane_hides_a_key_that_counts_everywhere() {
        for info in ACTIONS.iter().filter(|info| info.places.contains(&Place::Global)) {
            for other in ACTIONS.iter().filter(|other| other.action != info.action) {
                let pane = |place: &Place| {
                    !matches!(place, Place::Input | Place::StatusMenu | Place::Help | Place::Question | Place::Global)
                };
                if other.places.iter().any(pane) {
                    let shared: Vec<_> = info.keys.iter().filter(|key| other.keys.contains(key)).collect();
                    assert!(shared.is_empty(), "{} and {} share {shared:?}", info.name, other.name);
                }
            }
        }
    }

    /// Flow control, and the prefixes of screen and tmux, never arrive (product: keys).
    #[test]
    fn keys_that_terminals_keep_are_not_used() {
        for info in ACTIONS {
            for key in ["ctrl-s", "ctrl-q", "ctrl-a", "ctrl-b"] {
                assert!(!info.keys.contains(&key), "{} uses {key}", info.name);
            }
        }
    }
}
