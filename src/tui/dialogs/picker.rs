//! One of many: type to narrow the list down, enter to choose.

use std::cell::Cell;
use std::fmt;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::tui::actions::{Action, Place, actions};
use crate::tui::fuzzy;
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::line::LineInput;
use crate::tui::model::scroll::Cursor;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::typed::typed;
use crate::tui::view::common::window::window;

/// Where its keys count.
pub const PLACE: Place = Place("Pickers");

actions! {
    NEXT: "picker-next", "Next", "", [PLACE], ["down" "ctrl-n" "tab"];
    PREVIOUS: "picker-previous", "Previous", "", [PLACE], ["up" "ctrl-p" "shift-tab"];
    PAGE_DOWN: "picker-page-down", "Page down", "", [PLACE], ["pgdn"];
    PAGE_UP: "picker-page-up", "Page up", "", [PLACE], ["pgup"];
}

/// The movement that a key of a picker means; its letters are typed.
pub fn movement(action: Action) -> Action {
    match action {
        NEXT => Action::MoveDown,
        PREVIOUS => Action::MoveUp,
        PAGE_DOWN => Action::PageDown,
        PAGE_UP => Action::PageUp,
        other => other,
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// What is chosen by it.
    pub value: T,
    /// What people read and search in.
    pub label: String,
    /// At the right, dimmed: a key, a number, a group.
    pub note: String,
}

/// What happens with what was chosen.
type Take<T> = Box<dyn FnOnce(T, &mut Model, &mut Vec<Effect>) + Send>;

/// The dialog.
pub struct Picker<T> {
    title: String,
    items: Vec<Item<T>>,
    line: LineInput,
    /// Places of the items that match, best first, with the characters that did.
    shown: Vec<(usize, Vec<u32>)>,
    cursor: Cell<Cursor>,
    take: Option<Take<T>>,
}

impl<T: Clone + Send + 'static> Picker<T> {
    /// Asks for one of the items.
    pub fn new(
        title: impl Into<String>,
        items: Vec<Item<T>>,
        take: impl FnOnce(T, &mut Model, &mut Vec<Effect>) + Send + 'static,
    ) -> Self {
        let (line, cursor, shown) = (LineInput::new(""), Cell::default(), Vec::new());
        let mut picker = Self { title: title.into(), items, line, shown, cursor, take: Some(Box::new(take)) };
        picker.narrow();
        picker
    }

    /// Begins at the item for which `is` holds.
    #[must_use]
    pub fn at(mut self, is: impl Fn(&T) -> bool) -> Self {
        if let Some(at) = self.shown.iter().position(|(index, _)| is(&self.items[*index].value)) {
            self.cursor.get_mut().at = at;
        }
        self
    }

    fn narrow(&mut self) {
        let labels = self.items.iter().map(|item| item.label.as_str());
        self.shown = fuzzy::rank(self.line.text(), labels);
        self.cursor.get_mut().at = 0;
    }
}

impl<T> fmt::Debug for Picker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picker").field("title", &self.title).field("line", &self.line).finish_non_exhaustive()
    }
}

impl<T: Clone + Send + 'static> Layer for Picker<T> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        if action == Action::Accept {
            let chosen = self.shown.get(self.cursor.get().at).map(|(index, _)| self.items[*index].value.clone());
            let Some((value, take)) = chosen.zip(self.take.take()) else { return After::Stay };
            take(value, model, effects);
            return After::Close;
        }
        if self.cursor.get_mut().act(movement(action), self.shown.len()) { After::Stay } else { After::Pass }
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        if self.line.key(event) {
            self.narrow();
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        if self.line.paste(text) {
            self.narrow();
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let _ = model;
        let lines = (self.items.len() as u16 + 2).clamp(4, body.height.saturating_sub(4).max(4));
        let below = format!("{} of {}", self.shown.len(), self.items.len());
        let inner = window(canvas, body, (64, lines), &self.title, &below);
        let style = canvas.style(Meaning::Key);
        let used = canvas.text(inner.x, inner.y, inner.width, canvas.theme.glyphs.focus, style);
        let line = Rect { x: inner.x + used + 1, width: inner.width.saturating_sub(used + 1), height: 1, ..inner };
        let cursor = typed(canvas, line, &self.line);
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        let mut at = self.cursor.get();
        let top = at.fit(self.shown.len(), usize::from(list.height));
        self.cursor.set(at);
        for (y, (index, (item, hits))) in (list.y..list.bottom()).zip(self.shown.iter().enumerate().skip(top)) {
            let item = &self.items[*item];
            entry(canvas, Rect { y, height: 1, ..list }, &item.label, hits, &item.note, index == at.at);
        }
        Some(cursor)
    }
}

/// One line of a list that is searched: what matched stands out.
pub fn entry(canvas: &mut Canvas<'_>, area: Rect, label: &str, hits: &[u32], note: &str, lit: bool) {
    let mut line = Line::default();
    for (index, c) in label.chars().enumerate() {
        let meaning = if hits.contains(&(index as u32)) { Meaning::Accent } else { Meaning::Text };
        let same = line.spans.last().is_some_and(|span: &Span<'_>| span.style == canvas.style(meaning));
        match line.spans.last_mut().filter(|_| same) {
            Some(span) => span.content.to_mut().push(c),
            None => line.push_span(canvas.span(c.to_string(), meaning)),
        }
    }
    let style = canvas.style(Meaning::Dim);
    let note_width = crate::tui::view::common::cut::width(&crate::domain::text::visible(note)) as u16;
    canvas.line(area.x + 1, area.y, area.width.saturating_sub(note_width + 3), &line);
    canvas.text_right(area.x, area.y, area.width.saturating_sub(1), note, style);
    if lit {
        let style = canvas.style(Meaning::Cursor);
        canvas.tint(area, style);
    }
}
