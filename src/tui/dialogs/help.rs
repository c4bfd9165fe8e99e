//! The keys that count where one is, from the action table.

use std::cell::Cell;

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::tui::actions::{self, Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Scroll;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::width;
use crate::tui::view::common::window::window;

/// Where its keys count.
pub const PLACE: Place = Place("Help");

actions! {
    CLOSE: "close-help", "Close", "close", [PLACE], ["?" "q" "f1"];
    OPEN_IN_DIALOG = Help::open: "help-dialog", "Help", "", [Place::DIALOG], ["f1"];
}

/// The dialog.
#[derive(Debug)]
pub struct Help {
    heading: String,
    places: &'static [Place],
    scroll: Cell<Scroll>,
}

impl Help {
    /// Opens it for what has the keys now.
    pub fn open(model: &mut Model, _: &mut Vec<Effect>) {
        let heading = model.layers.top().map_or_else(|| model.focus.label().to_owned(), Layer::title);
        model.layers.open(Self { heading, places: model.places(), scroll: Cell::default() });
    }

    /// Keys and words: what counts here, then moving, then what counts everywhere.
    pub fn lines(&self, model: &Model) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        let wide = [Place::ROWS, Place::SCREEN, Place::GLOBAL];
        let own: Vec<Place> = self.places.iter().copied().filter(|place| !wide.contains(place)).collect();
        let mut groups = vec![(self.heading.clone(), own)];
        let wide = wide.into_iter().filter(|place| self.places.contains(place));
        groups.extend(wide.map(|place| (place.0.to_owned(), vec![place])));
        for (heading, places) in groups {
            let infos = actions::at(&places).filter(|info| !model.keymap.keys(info).is_empty());
            let infos: Vec<_> = infos.map(|info| (model.keymap.keys(info).join("  "), info.label.to_owned())).collect();
            if !infos.is_empty() {
                lines.push((String::new(), heading));
                lines.extend(infos);
            }
        }
        lines
    }
}

impl Layer for Help {
    fn title(&self) -> String {
        "Keys".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, _: &mut Model, _: &mut Vec<Effect>) -> After {
        match action {
            CLOSE | OPEN_IN_DIALOG | Action::Accept => After::Close,
            _ if self.scroll.get_mut().act(action) => After::Stay,
            _ => After::Pass,
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let lines = self.lines(model);
        let keys = lines.iter().map(|(keys, _)| width(keys)).max().unwrap_or(0);
        let labels = lines.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
        let column = keys + labels + 4;
        // Two columns when one is too long and there is room.
        let height = usize::from(body.height.saturating_sub(2)).max(1);
        let two = lines.len() > height && usize::from(body.width) >= 2 * column + 6;
        let rows = if two { lines.len().div_ceil(2) } else { lines.len() };
        let columns = if two { 2 * column + 2 } else { column };
        let shown = rows.min(height);
        let mut scroll = self.scroll.get();
        let top = scroll.fit(rows, shown);
        self.scroll.set(scroll);
        let below = if shown < rows { "j k scroll  esc close" } else { "esc close" };
        let inner = window(canvas, body, (columns as u16, shown as u16), "Keys", below);
        for line in 0..shown {
            for (side, index) in [(0, line + top), (1, line + top + rows)].into_iter().take(1 + usize::from(two)) {
                let Some((name, label)) = lines.get(index) else { continue };
                let x = inner.x + (side * (column + 2)) as u16;
                let y = inner.y + line as u16;
                let room = inner.right().saturating_sub(x).min(column as u16);
                if name.is_empty() {
                    let heading = Line::from(canvas.span(label.clone(), Meaning::Heading));
                    canvas.rule(x, y, room, &heading);
                } else {
                    let style = canvas.style(Meaning::Key);
                    canvas.text(x, y, room, name, style);
                    let style = canvas.style(Meaning::Text);
                    canvas.text(x + keys as u16 + 2, y, room.saturating_sub(keys as u16 + 2), label, style);
                }
            }
        }
        None
    }
}
