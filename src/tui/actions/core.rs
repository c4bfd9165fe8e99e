//! What the panes do, and what counts everywhere.

use super::{Action as A, ActionInfo, Place as P};

macro_rules! core {
    ($($action:expr, $name:literal, $label:literal, $hint:literal, [$($place:ident)+], [$($key:literal)+];)+) => {
        /// The core of the action table.
        pub const ACTIONS: &[ActionInfo] = &[$(ActionInfo {
            action: $action,
            name: $name,
            label: $label,
            hint: $hint,
            places: &[$(P::$place),+],
            keys: &[$($key),+],
            run: None,
        }),+];
    };
}

core! {
    A::SetStatus, "set-status", "Set contact status", "status", [CONTACTS ACTIVITIES DETAIL], ["s"];
    A::RepeatStatus, "repeat-status", "Set the same status again", "", [CONTACTS ACTIVITIES DETAIL], ["."];
    A::Open, "open", "Open", "open", [CONTACTS ACTIVITIES FILTERS SYNC], ["enter" "l" "right"];
    A::Filter, "filter", "Filter while you type", "filter", [GLOBAL], ["/"];
    A::Mark, "mark", "Mark the row and go on", "mark", [CONTACTS ACTIVITIES], ["space"];
    A::MarkRange, "mark-range", "Mark a range, start or end", "", [CONTACTS ACTIVITIES], ["v"];
    A::ToggleRead, "toggle-read", "Mark read or unread", "read", [ACTIVITIES DETAIL], ["m"];
    A::Retry, "retry", "Send the item again", "retry", [SYNC DETAIL], ["R"];
    A::Skip, "skip", "Leave the item out of Salesforce", "skip", [SYNC DETAIL], ["X"];
    A::Undo, "undo", "Undo the last change", "undo", [GLOBAL], ["u"];
    A::CopyEmail, "copy-email", "Copy the email address", "copy", [CONTACTS ACTIVITIES DETAIL], ["y"];
    A::CopyRow, "copy-row", "Copy the row", "", [CONTACTS ACTIVITIES DETAIL], ["Y"];
    A::CopyLink, "copy-link", "Copy the link to Salesforce", "", [CONTACTS ACTIVITIES DETAIL], ["ctrl-y"];
    A::Sort, "sort", "Order by the next column", "", [CONTACTS ACTIVITIES], ["o"];
    A::ClearFilter, "clear-filter", "Show everything", "", [CONTACTS ACTIVITIES], ["c"];
    A::SaveFilter, "save-filter", "Save the filter under a name", "", [CONTACTS ACTIVITIES], ["w"];
    A::DeleteFilter, "delete-filter", "Delete the saved filter", "delete", [FILTERS], ["D" "delete"];
    A::Back, "back", "Back: marks, zoom, filter", "", [GLOBAL], ["esc"];
    A::Leave, "leave", "Back to the list", "back", [DETAIL SYNC], ["h" "left"];
    A::MoveDown, "move-down", "Down", "", [ROWS], ["j" "down"];
    A::MoveUp, "move-up", "Up", "", [ROWS], ["k" "up"];
    A::HalfPageDown, "half-page-down", "Half a page down", "", [ROWS], ["ctrl-d"];
    A::HalfPageUp, "half-page-up", "Half a page up", "", [ROWS], ["ctrl-u"];
    A::PageDown, "page-down", "Page down", "", [ROWS], ["pgdn" "ctrl-f"];
    A::PageUp, "page-up", "Page up", "", [ROWS], ["pgup"];
    A::MoveFirst, "move-first", "To the top", "", [ROWS], ["g g" "home"];
    A::MoveLast, "move-last", "To the bottom", "", [ROWS], ["G" "end"];
    A::NextPane, "next-pane", "Next pane", "", [GLOBAL], ["tab"];
    A::PreviousPane, "previous-pane", "Previous pane", "", [GLOBAL], ["shift-tab"];
    A::FocusFilters, "focus-filters", "Filters", "", [GLOBAL], ["1"];
    A::FocusContacts, "focus-contacts", "Contacts", "", [GLOBAL], ["2"];
    A::FocusActivities, "focus-activities", "Activity stream", "", [GLOBAL], ["3"];
    A::FocusDetail, "focus-detail", "Detail", "", [GLOBAL], ["4"];
    A::FocusSync, "focus-sync", "Sync status", "", [GLOBAL], ["5"];
    A::Zoom, "zoom", "Zoom the pane", "zoom", [GLOBAL], ["z"];
    A::Wider, "wider", "More room for the lists", "", [GLOBAL], ["+"];
    A::Narrower, "narrower", "Less room for the lists", "", [GLOBAL], ["-"];
    A::Mouse, "mouse", "Mouse for rolodeck or for selecting text", "", [GLOBAL], ["g c"];
    A::PauseSync, "pause-sync", "Pause or resume sync", "pause", [GLOBAL], ["p"];
    A::SyncNow, "sync-now", "Sync now", "sync now", [GLOBAL], ["S"];
    A::Help, "help", "Help", "help", [GLOBAL], ["?" "f1"];
    A::Redraw, "redraw", "Draw the screen anew", "", [GLOBAL], ["ctrl-l"];
    A::Suspend, "suspend", "Suspend to the shell", "", [GLOBAL], ["ctrl-z"];
    A::Quit, "quit", "Quit", "quit", [GLOBAL], ["q" "ctrl-c"];
    A::Accept, "accept", "Accept", "ok", [INPUT DIALOG], ["enter"];
    A::Cancel, "cancel", "Leave as it was", "cancel", [INPUT DIALOG], ["esc" "ctrl-c"];
    A::Close, "close", "Back to the panes", "close", [SCREEN], ["esc" "q"];
}
