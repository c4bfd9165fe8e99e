//! A question that is answered with one line of text.

use std::fmt;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use crate::domain::text::visible;
use crate::tui::actions::{Action, Place};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::line::LineInput;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::{width, wrap};
use crate::tui::view::common::typed::typed;
use crate::tui::view::common::window::{keys_line, window};

/// What happens with the text; an error is shown below the line, and the dialog stays.
type Take = Box<dyn FnMut(String, &mut Model, &mut Vec<Effect>) -> Result<(), String> + Send>;

/// The dialog.
pub struct Prompt {
    title: String,
    label: String,
    line: LineInput,
    problem: Option<String>,
    take: Take,
}

impl Prompt {
    /// Asks for a text; the line starts with `text`.
    pub fn new(
        title: impl Into<String>,
        label: impl Into<String>,
        text: &str,
        take: impl FnMut(String, &mut Model, &mut Vec<Effect>) -> Result<(), String> + Send + 'static,
    ) -> Self {
        let line = LineInput::new(text);
        Self { title: title.into(), label: label.into(), line, problem: None, take: Box::new(take) }
    }

    /// Says from the beginning what is wrong with the text.
    #[must_use]
    pub fn with_problem(mut self, problem: Option<String>) -> Self {
        self.problem = problem;
        self
    }
}

/// So much room there must be beside a label to type in.
const LEAST: u16 = 24;
/// Columns of the window.
const COLUMNS: u16 = 56;
/// The same where the label is a sentence: what is typed is long, too, and has a line of its own.
const WIDE: u16 = 72;
/// Lines of what is wrong.
const PROBLEM: usize = 3;

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("title", &self.title).field("line", &self.line).finish_non_exhaustive()
    }
}

impl Layer for Prompt {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::DIALOG]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        if action != Action::Accept {
            return After::Pass;
        }
        match (self.take)(self.line.text().to_owned(), model, effects) {
            Ok(()) => After::Close,
            Err(problem) => {
                self.problem = Some(problem);
                After::Stay
            }
        }
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        if self.line.key(event) {
            self.problem = None;
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        self.line.paste(text);
        self.problem = None;
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        // A label that leaves too little beside it stands above.
        let used = width(&visible(&self.label)) as u16;
        let wide = used > COLUMNS / 4;
        let columns = if wide { WIDE } else { COLUMNS };
        let room = usize::from(columns.min(body.width.saturating_sub(4)));
        let problem = self.problem.as_deref().map(visible).unwrap_or_default();
        let problem = wrap(&problem, room, PROBLEM, canvas.glyphs().ellipsis);
        let lines = 3 + problem.len().max(1) as u16;
        let inner = window(canvas, body, (columns, lines), &self.title, "");
        let style = canvas.style(Meaning::Label);
        let above = (wide || used + 1 + LEAST > inner.width) && inner.height >= 4;
        canvas.text(inner.x, inner.y, inner.width, &self.label, style);
        let line = if above {
            Rect { y: inner.y + 1, height: 1, ..inner }
        } else {
            Rect { x: inner.x + used + 1, width: inner.width.saturating_sub(used + 1), height: 1, ..inner }
        };
        let cursor = typed(canvas, line, &self.line);
        let longest = problem.iter().map(|line| width(line)).max().unwrap_or(0) as u16;
        let x = line.x.min(inner.right().saturating_sub(longest)).max(inner.x);
        let style = canvas.style(Meaning::Bad);
        for (y, words) in (line.y + 1..inner.bottom().saturating_sub(1)).zip(&problem) {
            canvas.text(x, y, inner.right().saturating_sub(x), words, style);
        }
        let keys = keys_line(model, canvas, &[Place::DIALOG]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        Some(cursor)
    }
}
