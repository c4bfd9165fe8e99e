//! The log of this process, as it goes to the file: without secrets, and with nothing that moves a cursor.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ratatui::layout::{Position, Rect};

use crate::logging;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Scroll;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::wrap;
use crate::tui::view::common::window::full;

/// Where its keys count.
pub const PLACE: Place = Place("Log");

actions! {
    OPEN = open: "log", "The log of this process", "", [Place::GLOBAL], ["g l"];
    FOLLOW: "log-follow", "Follow the newest line, or stop following", "follow", [PLACE], ["f"];
    COPY: "log-copy", "Copy the log", "copy", [PLACE], ["y"];
}

/// While it is open, new lines are looked for this often.
const EVERY: Duration = Duration::from_secs(1);

/// The screen.
#[derive(Debug)]
pub struct Log {
    lines: Vec<String>,
    /// Lines that were ever logged, when these were read.
    seen: u64,
    follow: bool,
    next: Instant,
    scroll: Cell<Scroll>,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let (seen, lines) = logging::recent();
    let next = model.setup.now.instant + EVERY;
    model.layers.open(Log { lines, seen, follow: true, next, scroll: Cell::default() });
}

impl Layer for Log {
    fn title(&self) -> String {
        "Log".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match action {
            FOLLOW => self.follow = !self.follow,
            COPY => {
                effects.push(Effect::Copy(self.lines.join("\n")));
                say(model, Tone::Good, "Copied the log");
            }
            _ => {
                let moved = self.scroll.get_mut().act(action);
                if moved {
                    self.follow = action == Action::MoveLast;
                }
                return if moved { After::Stay } else { After::Pass };
            }
        }
        After::Stay
    }

    fn settle(&mut self, _: bool, model: &mut Model, _: &mut Vec<Effect>) {
        let now = model.setup.now.instant;
        if self.next > now {
            return;
        }
        self.next = now + EVERY;
        if logging::recent_count() != self.seen {
            (self.seen, self.lines) = logging::recent();
            model.dirty = true;
        }
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.next)
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let right = if self.follow { "follows" } else { "" };
        let inner = full(canvas, body, "Log", right);
        let mut lines = Vec::new();
        for line in &self.lines {
            let meaning = match line.split_whitespace().nth(1) {
                Some("ERROR") => Meaning::Bad,
                Some("WARN") => Meaning::Warning,
                Some("DEBUG" | "TRACE") => Meaning::Dim,
                _ => Meaning::Text,
            };
            let parts = wrap(line, usize::from(inner.width), 8, canvas.glyphs().ellipsis);
            lines.extend(parts.into_iter().map(|part| (part, meaning)));
        }
        let mut scroll = self.scroll.get();
        if self.follow {
            scroll.top = usize::MAX;
        }
        let top = scroll.fit(lines.len(), usize::from(inner.height));
        self.scroll.set(scroll);
        if lines.is_empty() {
            lines.push(("Nothing was logged yet".to_owned(), Meaning::Dim));
        }
        for (y, (line, meaning)) in (inner.y..inner.bottom()).zip(lines.iter().skip(top)) {
            let style = canvas.style(*meaning);
            canvas.text(inner.x, y, inner.width, line, style);
        }
        None
    }
}
