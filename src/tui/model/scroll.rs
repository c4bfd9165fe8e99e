//! Places in lists and texts that are held in memory as a whole. Lists of the store are windows
//! ([`list::List`](super::list::List)).

use crate::tui::actions::Action;

/// How far a text is scrolled. The view knows how long and how high it is, and says so with [`Scroll::fit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// First visible line.
    pub top: usize,
    height: usize,
}

impl Scroll {
    /// Moves; `false`: the action is none that moves.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.height.max(2) as isize;
        let Some(delta) = delta(action, page) else { return false };
        self.top = self.top.saturating_add_signed(delta);
        true
    }

    /// Keeps it within a text of so many lines of which `height` are visible; returns the first visible one.
    pub fn fit(&mut self, lines: usize, height: usize) -> usize {
        self.height = height;
        self.top = self.top.min(lines.saturating_sub(height));
        self.top
    }
}

/// The selected row of a list in memory, and the first visible one. Scrolls by whole pages, so that a step within a page
/// changes two lines of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected row.
    pub at: usize,
    height: usize,
}

impl Cursor {
    /// Moves among so many rows; `false`: the action is none that moves.
    pub fn act(&mut self, action: Action, rows: usize) -> bool {
        let page = self.height.max(2) as isize;
        let Some(delta) = delta(action, page) else { return false };
        self.at = self.at.saturating_add_signed(delta).min(rows.saturating_sub(1));
        true
    }

    /// Keeps it among so many rows of which `height` are visible; returns the first visible one.
    pub fn fit(&mut self, rows: usize, height: usize) -> usize {
        self.height = height;
        self.at = self.at.min(rows.saturating_sub(1));
        if height == 0 { 0 } else { self.at - self.at % height }
    }
}

fn delta(action: Action, page: isize) -> Option<isize> {
    Some(match action {
        Action::MoveDown => 1,
        Action::MoveUp => -1,
        Action::HalfPageDown => page / 2,
        Action::HalfPageUp => -page / 2,
        Action::PageDown => page,
        Action::PageUp => -page,
        Action::MoveFirst => isize::MIN,
        Action::MoveLast => isize::MAX,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_scrolled_past_its_end() {
        let mut scroll = Scroll::default();
        assert!(scroll.act(Action::MoveLast));
        assert_eq!(scroll.fit(100, 30), 70);
        assert!(scroll.act(Action::PageUp));
        assert_eq!(scroll.fit(100, 30), 40);
        assert_eq!(scroll.fit(10, 30), 0);
        assert!(!scroll.act(Action::Accept));
    }

    #[test]
    fn a_list_turns_whole_pages() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.fit(25, 10), 0);
        for (action, at, top) in [
            (Action::MoveDown, 1, 0),
            (Action::PageDown, 11, 10),
            (Action::MoveUp, 10, 10),
            (Action::MoveUp, 9, 0),
            (Action::MoveLast, 24, 20),
            (Action::MoveDown, 24, 20),
            (Action::MoveFirst, 0, 0),
        ] {
            assert!(cursor.act(action, 25));
            assert_eq!((cursor.at, cursor.fit(25, 10)), (at, top), "{action:?}");
        }
        assert_eq!((cursor.fit(0, 10), cursor.at), (0, 0));
    }
}
