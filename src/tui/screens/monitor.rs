//! The sync over the whole screen, for watching over SSH (product S11): how the worker fares, in whatever process it is,
//! what waits, what the sources delivered, and every failed item with what can be done about it.

use std::cell::Cell;

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::store::{Entity, OutboxRow, OutboxState, SourceState, StoreError};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::skip::{self, NOTHING_WAITS};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::detail::Target;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::{focus, say};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::wrap;
use crate::tui::view::common::window::full;
use crate::tui::view::panes::{sync, sync_items};
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Sync monitor");

actions! {
    OPEN = open: "sync-monitor", "The sync over the whole screen", "", [Place::GLOBAL], ["g m"];
}

/// No more items than this are listed.
const ITEMS: usize = 500;
/// Lines of words about the selected item.
const WORDS: u16 = 3;

/// The screen.
#[derive(Debug, Default)]
pub struct Monitor {
    found: Option<Found>,
    rows: Cell<Cursor>,
    asked: bool,
}

/// What it reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Items that failed or are in doubt, last changed first.
    pub items: Vec<OutboxRow>,
    /// Polled sources.
    pub sources: Vec<SourceState>,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    if model.layers.find::<Monitor>().is_none() {
        model.layers.open(Monitor::default());
    }
}

impl Monitor {
    /// The selected item.
    pub fn current(&self) -> Option<&OutboxRow> {
        self.found.as_ref()?.items.get(self.rows.get().at)
    }

    fn len(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.items.len())
    }
}

impl Layer for Monitor {
    fn title(&self) -> String {
        "Sync monitor".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SYNC, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let rows = self.len();
        match action {
            Action::Retry | Action::Skip => {
                match self.current() {
                    Some(item) if action == Action::Skip => skip::ask(model, item),
                    Some(item) => effects.push(Effect::Retry(vec![item.id])),
                    None => say(model, Tone::Info, NOTHING_WAITS),
                }
                After::Stay
            }
            Action::Open | Action::Accept => {
                let Some(item) = self.current() else { return After::Stay };
                let target = match item.entity {
                    Entity::Contact => Target::Contact(item.entity_id),
                    Entity::Activity => Target::Activity(item.entity_id),
                };
                focus(model, Pane::Detail);
                model.detail.pinned = Some(target);
                After::Close
            }
            _ if self.rows.get_mut().act(action, rows) => After::Stay,
            _ => After::Pass,
        }
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.asked, true) || stale {
            effects.push(Effect::job(ReadMonitor));
        }
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        !matches!(action, Action::Retry | Action::Skip) || self.current().is_some()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let (symbol, _, word) = sync::lamp(model);
        let inner = full(canvas, body, "Sync monitor", &format!("{symbol} {word}"));
        let nothing = Found::default();
        let found = self.found.as_ref().unwrap_or(&nothing);
        let figures = figures(model, canvas, inner, found);
        let below = Rect { y: inner.y + figures, height: inner.height.saturating_sub(figures), ..inner };
        self.items(model, canvas, below, &found.items);
        None
    }
}

/// Figures at the left, errors and last results at the right where there is room, else below; lines used.
fn figures(model: &Model, canvas: &mut Canvas<'_>, area: Rect, found: &Found) -> u16 {
    let wide = area.width >= 96;
    let left = Rect { width: if wide { area.width / 2 - 1 } else { area.width }, ..area };
    let mut lines = sync::figures(model, canvas, left.width);
    lines.extend(sources(model, canvas, &found.sources));
    // At least a third of the screen is for the items; on a low one nearly all of it.
    let most = match area.height {
        height if found.items.is_empty() => height.saturating_sub(1),
        ..12 => 1,
        height => height * 2 / 3,
    };
    let news = sync::news(model, canvas, if wide { 14 } else { 5 });
    if wide {
        let used = (lines.len().max(news.len()) as u16).min(most);
        put(canvas, Rect { height: used, ..left }, &lines);
        let x = area.x + left.width + 2;
        put(canvas, Rect { x, width: area.right().saturating_sub(x), height: used, ..area }, &news);
        return used + 1;
    }
    lines.extend(news);
    let used = (lines.len() as u16).min(most);
    put(canvas, Rect { height: used, ..area }, &lines);
    used + u16::from(area.height > 30)
}

impl Monitor {
    fn items(&self, model: &Model, canvas: &mut Canvas<'_>, area: Rect, items: &[OutboxRow]) {
        if area.height < 3 {
            return;
        }
        let heading = match (&self.found, items.len()) {
            (None, _) => "Reading".to_owned(),
            (_, 0) => "Nothing waits for you, or for another try".to_owned(),
            (_, n) => format!("{n} wait for you, or for another try"),
        };
        let heading = Line::from(canvas.span(heading, Meaning::Heading));
        canvas.rule(area.x, area.y, area.width, &heading);
        if items.is_empty() {
            return;
        }
        let words = WORDS.min(area.height.saturating_sub(4));
        let rows = Rect { y: area.y + 1, height: area.height - 1 - words, ..area };
        let mut cursor = self.rows.get();
        let top = cursor.fit(items.len(), usize::from(rows.height.saturating_sub(1)));
        self.rows.set(cursor);
        let shown = items.iter().enumerate().skip(top).map(|(index, item)| (item, index == cursor.at));
        sync_items::rows(model, canvas, rows, shown);
        if let Some(item) = items.get(cursor.at) {
            let text = sync_items::explain(item);
            let text = if text.is_empty() { item.label.clone() } else { text };
            let ellipsis = canvas.glyphs().ellipsis;
            let room = usize::from(area.width.max(5)) - 2;
            let place = area.bottom() - words..area.bottom();
            for (y, line) in place.zip(wrap(&text, room, usize::from(words), ellipsis)) {
                let line = Line::from(vec![Span::raw("  "), canvas.span(line, sync_items::meaning(item.state))]);
                canvas.line(area.x, y, area.width, &line);
            }
        }
    }
}

/// Each polled source with when it was last read to its end, or why it was not.
fn sources<'t>(model: &Model, canvas: &Canvas<'_>, sources: &[SourceState]) -> Vec<Line<'t>> {
    let (now, zone) = (model.setup.now.at, &model.setup.time_zone);
    let line = |source: &SourceState| {
        let mut line = Line::from(canvas.span(format!("{:<9}", source.source), Meaning::Label));
        let read = source.last_success_at.map_or_else(|| "never".to_owned(), |at| when::relative(at, now, zone));
        line.push_span(canvas.span(format!("read {read}"), Meaning::Text));
        if let Some(error) = source.error() {
            line.push_span(canvas.span(format!("  {error}"), Meaning::Bad));
        }
        line
    };
    sources.iter().map(line).collect()
}

fn put(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>]) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        canvas.line(area.x, y, area.width, line);
    }
}

/// Asks for items and sources.
#[derive(Debug, PartialEq)]
pub struct ReadMonitor;

impl Job for ReadMonitor {
    type Answer = Found;

    fn kind(&self) -> Kind {
        Kind::Reading("monitor")
    }

    async fn run(&self, hands: &Hands) -> Result<Found, String> {
        let failed = |error: StoreError| format!("The queue can not be read: {}", words(&error));
        let states = [OutboxState::Held, OutboxState::Retry, OutboxState::InDoubt];
        let items = hands.store.outbox(&states, ITEMS).await.map_err(failed)?;
        Ok(Found { items, sources: hands.store.sources().await.map_err(failed)? })
    }

    fn take(&self, found: Found, model: &mut Model, _: &mut Vec<Effect>) {
        let Some(monitor) = model.layers.find_mut::<Monitor>() else { return };
        if monitor.found.as_ref() == Some(&found) {
            return;
        }
        // The same item stays selected, wherever it moved.
        let at = monitor.current().map(|item| item.id);
        if let Some(place) = at.and_then(|id| found.items.iter().position(|item| item.id == id)) {
            monitor.rows.get_mut().at = place;
        }
        monitor.found = Some(found);
        model.dirty = true;
    }
}
