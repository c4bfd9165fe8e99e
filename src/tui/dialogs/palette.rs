//! Do anything by its name, find anybody: actions that count here, filters, screens, contacts.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::picker::{self, entry};
use crate::domain::ContactId;
use crate::filter::List;
use crate::store::Anchor;
use crate::tui::actions::{self, Action, ActionInfo, Place, actions};
use crate::tui::effects::Hands;
use crate::tui::fuzzy;
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::detail::Target;
use crate::tui::model::filters::Entry;
use crate::tui::model::line::LineInput;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::{DEFAULT_CONTACT_ORDER, Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::typed::typed;
use crate::tui::view::common::window::window;

actions! {
    OPEN = open: "palette", "Palette: actions, filters, people", "palette", [Place::GLOBAL], [":" "ctrl-p"];
}

/// People are asked for when no key came for so long.
const PAUSE: Duration = Duration::from_millis(80);
/// So many people are shown.
const PEOPLE: usize = 8;

/// What is chosen.
#[derive(Clone, Debug)]
enum Choice {
    Action(&'static ActionInfo),
    Filter(Entry),
    Contact(ContactId),
}

#[derive(Clone, Debug)]
struct Item {
    choice: Choice,
    label: String,
    note: String,
}

/// The dialog.
#[derive(Debug)]
pub struct Palette {
    items: Vec<Item>,
    people: Vec<Item>,
    line: LineInput,
    shown: Vec<(usize, Vec<u32>)>,
    cursor: Cell<Cursor>,
    due: Option<Instant>,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let places = model.places();
    let useful = |info: &&ActionInfo| !matches!(info.action, OPEN | Action::Accept | Action::Cancel);
    let mut items: Vec<Item> = actions::at(places)
        .filter(useful)
        .filter(|info| !info.places.contains(&Place::ROWS))
        .map(|info| Item {
            choice: Choice::Action(info),
            label: info.label.to_owned(),
            note: model.keymap.keys(info).join("  "),
        })
        .collect();
    items.extend(model.filters.entries().into_iter().map(|entry| Item {
        label: format!("Filter: {}", entry.name),
        note: entry.query.clone(),
        choice: Choice::Filter(entry),
    }));
    let line = LineInput::new("");
    let mut palette =
        Palette { items, people: Vec::new(), line, shown: Vec::new(), cursor: Cell::default(), due: None };
    palette.narrow();
    model.layers.open(palette);
}

impl Palette {
    fn narrow(&mut self) {
        self.shown = fuzzy::rank(self.line.text(), self.items.iter().map(|item| item.label.as_str()));
        self.cursor.get_mut().at = 0;
    }

    fn rows(&self) -> usize {
        self.shown.len() + self.people.len()
    }

    /// A row: first what is known here, then people.
    fn row(&self, at: usize) -> Option<(&Item, &[u32])> {
        match self.shown.get(at) {
            Some((index, hits)) => Some((&self.items[*index], hits)),
            None => Some((self.people.get(at - self.shown.len())?, &[])),
        }
    }

    fn typed(&mut self, now: Instant) {
        self.narrow();
        self.people.clear();
        self.due = (self.line.text().trim().chars().count() >= 2).then_some(now + PAUSE);
    }
}

impl Layer for Palette {
    fn title(&self) -> String {
        "Palette".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[picker::PLACE, Place::DIALOG]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        if action != Action::Accept {
            let rows = self.rows();
            let moved = self.cursor.get_mut().act(picker::movement(action), rows);
            return if moved { After::Stay } else { After::Pass };
        }
        let Some((item, _)) = self.row(self.cursor.get().at) else { return After::Stay };
        match item.choice.clone() {
            Choice::Action(info) => update::run(model, info, effects),
            Choice::Filter(entry) => update::open_filter(model, entry),
            Choice::Contact(id) => {
                update::focus(model, Pane::Contacts);
                update::focus(model, Pane::Detail);
                model.detail.pinned = Some(Target::Contact(id));
            }
        }
        After::Close
    }

    fn key(&mut self, event: KeyEvent, model: &mut Model, _: &mut Vec<Effect>) -> After {
        if self.line.key(event) {
            self.typed(model.setup.now.instant);
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, model: &mut Model, _: &mut Vec<Effect>) {
        if self.line.paste(text) {
            self.typed(model.setup.now.instant);
        }
    }

    fn settle(&mut self, _: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        if self.due.take_if(|due| *due <= model.setup.now.instant).is_some() {
            effects.push(Effect::job(FindPeople(self.line.text().to_owned())));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let lines = 18.min(body.height.saturating_sub(2));
        let inner = window(canvas, body, (68, lines), "Palette", "enter does it  esc closes");
        let style = canvas.style(Meaning::Key);
        canvas.text(inner.x, inner.y, inner.width, ":", style);
        let line = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: 1, ..inner };
        let cursor = typed(canvas, line, &self.line);
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        let mut at = self.cursor.get();
        let top = at.fit(self.rows(), usize::from(list.height));
        self.cursor.set(at);
        for (y, index) in (list.y..list.bottom()).zip(top..) {
            let Some((item, hits)) = self.row(index) else { break };
            entry(canvas, Rect { y, height: 1, ..list }, &item.label, hits, &item.note, index == at.at);
        }
        if self.rows() == 0 {
            let style = canvas.style(Meaning::Dim);
            canvas.text(list.x + 1, list.y, list.width.saturating_sub(1), "Nothing has that name", style);
        }
        Some(cursor)
    }
}

/// People whom a text finds. A text that is no filter finds nobody.
#[derive(Debug, PartialEq)]
pub struct FindPeople(pub String);

impl Job for FindPeople {
    type Answer = Vec<(ContactId, String, String)>;

    fn kind(&self) -> Kind {
        Kind::Reading("palette")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let Ok(filter) = hands.filter(List::Contacts, &self.0) else { return Ok(Vec::new()) };
        let page = hands.store.contact_page(&filter, DEFAULT_CONTACT_ORDER, &Anchor::First, PEOPLE).await;
        let rows = page.map_err(|error| error.to_string())?.rows;
        Ok(rows.into_iter().map(|(_, row)| (row.id, row.name, row.email.unwrap_or_default())).collect())
    }

    fn take(&self, people: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(palette) = model.layers.find_mut::<Palette>().filter(|palette| palette.line.text() == self.0) {
            palette.people = people
                .into_iter()
                .map(|(id, name, email)| Item { choice: Choice::Contact(id), label: name, note: email })
                .collect();
        }
    }
}
