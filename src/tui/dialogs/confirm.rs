//! A question with yes and no.

use std::cell::Cell;
use std::fmt;

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::domain::text::visible;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Scroll;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::{width, wrap};
use crate::tui::view::common::window::{keys_line, window};

/// Where its keys count.
pub const PLACE: Place = Place("Questions");

actions! {
    YES: "confirm", "Yes", "yes", [PLACE], ["y" "enter"];
    NO: "decline", "No", "no", [PLACE], ["n" "q"];
}

/// What happens on yes.
type Yes = Box<dyn FnOnce(&mut Model, &mut Vec<Effect>) + Send>;

/// The dialog.
pub struct Confirm {
    title: String,
    question: String,
    yes: Option<Yes>,
    scroll: Cell<Scroll>,
}

impl Confirm {
    /// Asks; `yes` happens only after a yes. The question may have several lines.
    pub fn new(
        title: impl Into<String>,
        question: impl Into<String>,
        yes: impl FnOnce(&mut Model, &mut Vec<Effect>) + Send + 'static,
    ) -> Self {
        Self { title: title.into(), question: question.into(), yes: Some(Box::new(yes)), scroll: Cell::default() }
    }
}

impl fmt::Debug for Confirm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirm").field("question", &self.question).finish_non_exhaustive()
    }
}

impl Layer for Confirm {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match action {
            YES => {
                if let Some(yes) = self.yes.take() {
                    yes(model, effects);
                }
                After::Close
            }
            NO => After::Close,
            _ if self.scroll.get_mut().act(action) => After::Stay,
            _ => After::Pass,
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let room = usize::from(body.width.saturating_sub(6).clamp(10, 64));
        let mut lines = Vec::new();
        for line in self.question.lines() {
            lines.extend(wrap(&visible(line), room, 20, canvas.glyphs().ellipsis));
        }
        let columns = lines.iter().map(|line| width(line)).max().unwrap_or(0).clamp(24, 64) as u16;
        // A low screen has no line to spare between the question and the keys; what does not fit is a key away.
        let most = usize::from(body.height.saturating_sub(2));
        let shown = if lines.len() + 2 <= most { lines.len() } else { most.saturating_sub(1) };
        let mut scroll = self.scroll.get();
        let top = scroll.fit(lines.len(), shown);
        self.scroll.set(scroll);
        let below = match lines.len().saturating_sub(top + shown) {
            0 => String::new(),
            n => format!("{n} more {}", canvas.glyphs().descending),
        };
        let inner = window(canvas, body, (columns, lines.len() as u16 + 2), &self.title, &below);
        let style = canvas.style(Meaning::Text);
        for (y, line) in (inner.y..inner.bottom().saturating_sub(1)).zip(lines.iter().skip(top).take(shown)) {
            canvas.text(inner.x, y, inner.width, line, style);
        }
        let keys: Line<'_> = keys_line(model, canvas, &[PLACE]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        None
    }
}
