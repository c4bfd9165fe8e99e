//! Text to read: a message in full, a plan, a log entry.

use std::cell::Cell;

use ratatui::layout::{Position, Rect};

use crate::domain::text::visible;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Scroll;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::{width, wrap};
use crate::tui::view::common::window::window;

/// Where its keys count.
pub const PLACE: Place = Place("Texts");

actions! {
    CLOSE: "close-text", "Close", "close", [PLACE], ["q" "enter"];
    COPY: "copy-text", "Copy the text", "copy", [PLACE], ["y"];
}

/// The dialog.
#[derive(Debug)]
pub struct Text {
    title: String,
    /// Lines with what they mean.
    lines: Vec<(String, Meaning)>,
    scroll: Cell<Scroll>,
}

impl Text {
    /// Shows a text; line ends count.
    pub fn new(title: impl Into<String>, text: &str) -> Self {
        Self::of_lines(title, text.lines().map(|line| (line.to_owned(), Meaning::Text)).collect())
    }

    /// Shows lines, each with what it means.
    pub fn of_lines(title: impl Into<String>, lines: Vec<(String, Meaning)>) -> Self {
        Self { title: title.into(), lines, scroll: Cell::default() }
    }
}

impl Layer for Text {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match action {
            CLOSE => After::Close,
            COPY => {
                let lines: Vec<_> = self.lines.iter().map(|(line, _)| visible(line).into_owned()).collect();
                effects.push(Effect::Copy(lines.join("\n")));
                crate::tui::update::say(model, crate::tui::model::toast::Tone::Good, "Copied");
                After::Stay
            }
            _ if self.scroll.get_mut().act(action) => After::Stay,
            _ => After::Pass,
        }
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let room = usize::from(body.width.saturating_sub(4)).clamp(1, 100);
        let mut lines = Vec::new();
        for (line, meaning) in &self.lines {
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            let parts = wrap(&visible(line), room - indent.len().min(room / 2), 200, canvas.glyphs().ellipsis);
            if parts.is_empty() {
                lines.push((String::new(), *meaning));
            }
            lines.extend(parts.into_iter().map(|part| (format!("{indent}{part}"), *meaning)));
        }
        let columns = lines.iter().map(|(line, _)| width(line)).max().unwrap_or(0).clamp(24, room.max(24));
        let height = usize::from(body.height.saturating_sub(2)).min(lines.len()).max(1);
        let below = if height < lines.len() { "j k scroll  esc close" } else { "esc close" };
        let inner = window(canvas, body, (columns as u16, height as u16), &self.title, below);
        let mut scroll = self.scroll.get();
        let top = scroll.fit(lines.len(), usize::from(inner.height));
        self.scroll.set(scroll);
        for (y, (line, meaning)) in (inner.y..inner.bottom()).zip(lines.iter().skip(top)) {
            let style = canvas.style(*meaning);
            canvas.text(inner.x, y, inner.width, line, style);
        }
        None
    }
}
