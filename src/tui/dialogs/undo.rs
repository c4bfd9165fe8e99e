//! The last changes, each to be taken back or made again.

use std::cell::Cell;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::domain::text::visible;
use crate::store::{UndoEntry, Undone};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::{thousands, wrap};
use crate::tui::view::common::window::window;
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Undo list");

actions! {
    REDO = redo: "redo", "Make the change again that was undone", "", [Place::GLOBAL], ["ctrl-r"];
    OPEN = open: "undo-list", "The last changes, to undo and redo", "", [Place::GLOBAL], ["g u"];
    TOGGLE: "undo-this", "Undo it, or make it again", "undo or redo", [PLACE], ["enter" "u"];
    CLOSE: "close-undo-list", "Close", "close", [PLACE], ["q"];
}

/// So many are listed.
const MOST: usize = 200;

fn redo(_: &mut Model, effects: &mut Vec<Effect>) {
    effects.push(Effect::job(Change { what: What::RedoLatest }));
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.open(UndoList::default());
}

/// The dialog.
#[derive(Debug, Default)]
pub struct UndoList {
    entries: Option<Vec<UndoEntry>>,
    asked: bool,
    cursor: Cell<Cursor>,
}

impl Layer for UndoList {
    fn title(&self) -> String {
        "Changes".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, _: &mut Model, effects: &mut Vec<Effect>) -> After {
        let entries = self.entries.as_deref().unwrap_or_default();
        match action {
            CLOSE => After::Close,
            TOGGLE => {
                if let Some(entry) = entries.get(self.cursor.get().at) {
                    let what = if entry.undone_at.is_some() { What::Redo(entry.id) } else { What::Undo(entry.id) };
                    effects.push(Effect::job(Change { what }));
                }
                After::Stay
            }
            _ if self.cursor.get_mut().act(action, entries.len()) => After::Stay,
            _ => After::Pass,
        }
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        action != Action::Accept
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if stale || !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(ReadChanges));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let entries = self.entries.as_deref().unwrap_or_default();
        let lines = (entries.len() as u16).clamp(3, body.height.saturating_sub(6).max(3));
        let window = window(canvas, body, (76, lines + 2), "Changes", "enter undoes or redoes  esc closes");
        // Below the list: what the selected one leaves as it is.
        let below = if window.height >= 5 { 2 } else { 0 };
        let inner = Rect { height: window.height - below, ..window };
        let mut at = self.cursor.get();
        let top = at.fit(entries.len(), usize::from(inner.height));
        self.cursor.set(at);
        if let Some(note) = entries.get(at.at).and_then(|entry| entry.note.as_ref()).filter(|_| below > 0) {
            let style = canvas.style(Meaning::Warning);
            let ellipsis = canvas.glyphs().ellipsis;
            let lines = wrap(&visible(note), usize::from(window.width), usize::from(below), ellipsis);
            for (y, line) in (inner.bottom()..window.bottom()).zip(&lines) {
                canvas.text(window.x, y, window.width, line, style);
            }
        }
        if entries.is_empty() {
            let text = if self.entries.is_some() { "Nothing was changed by hand yet" } else { "Reading" };
            let style = canvas.style(Meaning::Dim);
            canvas.text(inner.x, inner.y, inner.width, text, style);
        }
        let now = model.setup.now.at;
        for (y, (index, entry)) in (inner.y..inner.bottom()).zip(entries.iter().enumerate().skip(top)) {
            let undone = entry.undone_at.is_some();
            let mut line = Line::from(vec![
                canvas.span(format!("{:>5}  ", when::relative(entry.at, now, &model.setup.time_zone)), Meaning::Dim),
                canvas.span(entry.label.clone(), if undone { Meaning::Dim } else { Meaning::Text }),
            ]);
            if undone {
                line.push_span(canvas.span("  undone", Meaning::Warning));
            }
            if let Some(note) = &entry.note {
                line.push_span(Span::raw("  "));
                line.push_span(canvas.span(note.clone(), Meaning::Dim));
            }
            canvas.line(inner.x, y, inner.width, &line);
            if index == at.at {
                let style = canvas.style(Meaning::Cursor);
                canvas.tint(Rect { y, height: 1, ..inner }, style);
            }
        }
        None
    }
}

/// Reads the list.
#[derive(Debug, PartialEq)]
pub struct ReadChanges;

impl Job for ReadChanges {
    type Answer = Vec<UndoEntry>;

    fn kind(&self) -> Kind {
        Kind::Reading("undo-list")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let entries = hands.store.undo_entries(MOST).await;
        entries.map_err(|error| format!("The changes can not be read: {}", words(&error)))
    }

    fn take(&self, entries: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(list) = model.layers.find_mut::<UndoList>() {
            list.entries = Some(entries);
        }
    }
}

/// Takes a change back or makes it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    what: What,
}

impl Change {
    /// Takes back the last change.
    pub const fn undo() -> Self {
        Self { what: What::UndoLatest }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Undo(i64),
    Redo(i64),
    RedoLatest,
    UndoLatest,
}

impl Job for Change {
    type Answer = Option<Undone>;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let (store, now) = (&hands.store, Timestamp::now());
        let done = match self.what {
            What::Undo(id) => store.undo(id, now).await.map(Some),
            What::Redo(id) => store.redo(id, now).await.map(Some),
            What::RedoLatest => store.redo_latest(now).await,
            What::UndoLatest => store.undo_latest(now).await,
        };
        done.map_err(|error| format!("Nothing was changed: {}", words(&error)))
    }

    fn take(&self, done: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        model.refresh.changed = true;
        let undo = matches!(self.what, What::Undo(_) | What::UndoLatest);
        let Some(done) = done else {
            return say(model, Tone::Info, if undo { "Nothing to undo" } else { "Nothing to redo" });
        };
        if self.what == What::UndoLatest {
            model.toasts.retract_undo();
        }
        let word = if undo { "Undone" } else { "Redone" };
        let left = match done.left {
            0 => String::new(),
            n => format!("; {} changed since and stay", thousands(i64::try_from(n).unwrap_or(i64::MAX))),
        };
        let note = done.note.map_or(String::new(), |note| format!(" ({note})"));
        say(model, Tone::Good, format!("{word}: {}{left}{note}", done.label));
    }
}
