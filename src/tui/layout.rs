//! Where each pane stands, from the size of the terminal and the focus. Pure arithmetic, so that a resize is instant.

use ratatui::layout::{Rect, Size};

use super::model::Pane;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Three columns: filters and sync, both lists, detail.
    Wide,
    /// Two columns: filters and sync, lists over detail.
    Medium,
    /// One column: a list over the detail; filters pop up.
    Normal,
    /// One pane.
    Narrow,
    /// Too small for anything but saying so.
    TooSmall,
}

/// The least width and height that show anything.
pub const LEAST: Size = Size::new(40, 10);

/// Where things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much room there is.
    pub mode: Mode,
    /// The line at the top.
    pub head: Rect,
    /// What is between the two lines.
    pub body: Rect,
    /// The line at the bottom.
    pub foot: Rect,
    /// The visible panes from back to front.
    pub panes: Vec<(Pane, Rect)>,
}

/// What the layout depends on, besides the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focus {
    /// The focused pane.
    pub pane: Pane,
    /// The list that was focused last.
    pub list: Pane,
    /// The focused pane fills the screen.
    pub zoomed: bool,
    /// Room that the lists have more of than usual, in percent of what they share with the detail.
    pub share: i16,
}

impl Layout {
    /// Arranges the panes.
    pub fn new(size: Size, focus: Focus) -> Self {
        let area = Rect::new(0, 0, size.width, size.height);
        let mode = mode(size);
        if mode == Mode::TooSmall {
            let none = Rect::default();
            return Self { mode, head: none, body: area, foot: none, panes: Vec::new() };
        }
        let head = Rect { height: 1, ..area };
        let foot = Rect { y: area.height - 1, height: 1, ..area };
        let body = Rect { y: 1, height: area.height - 2, ..area };
        let panes = if focus.zoomed {
            vec![(focus.pane, body)]
        } else {
            match mode {
                Mode::Wide => wide(body, focus),
                Mode::Medium => medium(body, focus),
                Mode::Normal => normal(body, focus),
                Mode::Narrow | Mode::TooSmall => vec![(focus.pane, body)],
            }
        };
        Self { mode, head, body, foot, panes }
    }

    /// The place of a pane, if it is visible.
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, area)| *area)
    }
}

fn mode(size: Size) -> Mode {
    match (size.width, size.height) {
        (width, height) if width < LEAST.width || height < LEAST.height => Mode::TooSmall,
        (width, height) if width < 72 || height < 18 => Mode::Narrow,
        (width, height) if width >= 140 && height >= 24 => Mode::Wide,
        (width, height) if width >= 100 && height >= 24 => Mode::Medium,
        _ => Mode::Normal,
    }
}

/// The room of the detail: `usual`, less what the lists were given of `all`; the lists keep as much as they need, too.
fn with_share(usual: u16, all: u16, share: i16, least: u16) -> u16 {
    let moved = i32::from(usual) - i32::from(all) * i32::from(share) / 100;
    let most = all.saturating_sub(if least > 20 { 36 + 48 } else { 7 }).max(least);
    moved.clamp(i32::from(least), i32::from(most)) as u16
}

/// The upper part with `top` rows, and the rest.
fn rows(area: Rect, top: u16) -> (Rect, Rect) {
    let top = top.min(area.height);
    (Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area })
}

/// The left part with `left` columns, and the rest.
fn columns(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area })
}

fn wide(body: Rect, focus: Focus) -> Vec<(Pane, Rect)> {
    let (rest, detail) =
        columns(body, body.width - with_share((body.width * 3 / 10).clamp(42, 72), body.width, focus.share, 36));
    let (left, middle) = columns(rest, if body.width >= 150 { 36 } else { 30 });
    if focus.pane == Pane::Sync {
        let (above, sync) = rows(rest, rest.height / 2);
        let (filters, list) = columns(above, left.width);
        return vec![(Pane::Filters, filters), (focus.list, list), (Pane::Detail, detail), (Pane::Sync, sync)];
    }
    let (filters, sync) = rows(left, left.height.saturating_sub(15).max(left.height / 2));
    let mut panes = vec![(Pane::Filters, filters), (Pane::Sync, sync), (Pane::Detail, detail)];
    panes.extend(lists(middle, focus));
    panes
}

fn medium(body: Rect, focus: Focus) -> Vec<(Pane, Rect)> {
    let (left, right) = columns(body, 30);
    if focus.pane == Pane::Sync {
        let (above, sync) = rows(body, body.height / 2);
        let (filters, list) = columns(above, left.width);
        return vec![(Pane::Filters, filters), (focus.list, list), (Pane::Sync, sync)];
    }
    let (filters, sync) = rows(left, left.height.saturating_sub(15).max(left.height / 2));
    let mut panes = vec![(Pane::Filters, filters), (Pane::Sync, sync)];
    panes.extend(lists_over_detail(right, focus));
    panes
}

fn normal(body: Rect, focus: Focus) -> Vec<(Pane, Rect)> {
    if focus.pane == Pane::Sync {
        return vec![(Pane::Sync, body)];
    }
    let mut panes = lists_over_detail(body, focus);
    if focus.pane == Pane::Filters {
        panes.push((Pane::Filters, columns(body, 36).0));
    }
    panes
}

fn lists_over_detail(area: Rect, focus: Focus) -> Vec<(Pane, Rect)> {
    let share = if focus.pane == Pane::Detail { 66 } else { 40 };
    let (above, detail) = rows(area, area.height - with_share(area.height * share / 100, area.height, focus.share, 5));
    let mut panes = lists(above, focus);
    panes.push((Pane::Detail, detail));
    panes
}

/// Both lists if there is room for ten lines each, else the last used one.
fn lists(area: Rect, focus: Focus) -> Vec<(Pane, Rect)> {
    if area.height < 20 {
        return vec![(focus.list, area)];
    }
    let (contacts, activities) = rows(area, area.height / 2);
    vec![(Pane::Contacts, contacts), (Pane::Activities, activities)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No pane leaves the screen, none is too small to draw, and the focused one is always there.
    #[test]
    fn panes_fit_at_every_size() {
        for width in 0..220 {
            for height in 0..70 {
                for pane in Pane::ALL {
                    let states = [
                        (Pane::Contacts, false, 0),
                        (Pane::Activities, false, 30),
                        (Pane::Contacts, false, -30),
                        (Pane::Contacts, true, 0),
                    ];
                    for (list, zoomed, share) in states {
                        let size = Size::new(width, height);
                        let layout = Layout::new(size, Focus { pane, list, zoomed, share });
                        let screen = Rect::new(0, 0, width, height);
                        assert!(layout.panes.iter().all(|(_, area)| screen.contains_rect(*area)), "{size} {layout:?}");
                        if layout.mode == Mode::TooSmall {
                            assert!(layout.panes.is_empty());
                            continue;
                        }
                        let shown = if pane == Pane::Contacts && list == Pane::Activities { list } else { pane };
                        let shown = if pane == Pane::Activities && list == Pane::Contacts { list } else { shown };
                        if zoomed || layout.mode == Mode::Narrow {
                            assert!(layout.pane(pane).is_some());
                        } else {
                            assert!(layout.pane(shown).is_some(), "{size} {pane:?}");
                        }
                        assert!(layout.panes.iter().all(|(_, area)| area.width >= 20 && area.height >= 5), "{size}");
                    }
                }
            }
        }
    }

    trait Within {
        fn contains_rect(&self, inner: Rect) -> bool;
    }

    impl Within for Rect {
        fn contains_rect(&self, inner: Rect) -> bool {
            inner.x >= self.x && inner.y >= self.y && inner.right() <= self.right() && inner.bottom() <= self.bottom()
        }
    }
}
