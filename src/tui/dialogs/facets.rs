//! The filter panel: dimensions with live counts, switched by keys. Its switches change the text of the filter, and the
//! text its switches. The list stays beside it and follows.
//!
//! A count says how many rows there would be with that value alone in its dimension, all others as they are.

mod dimensions;

use std::time::{Duration, Instant};

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use self::dimensions::{Choice, Dimension, dimensions};
use crate::filter::{List, Query};
use crate::store::Count;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::Pane;
use crate::tui::model::scroll::Cursor;
use crate::tui::theme::Meaning;
use crate::tui::update::complete::ReadWords;
use crate::tui::update::{focus, in_force, set_filter};
use crate::tui::view::common::canvas::{Canvas, Frame};
use crate::tui::view::common::cut::short;
use crate::tui::view::common::window::keys_line;

/// Where its keys count.
pub const PLACE: Place = Place("Filter panel");

/// Columns of the panel.
const COLUMNS: u16 = 38;
/// Counting stops here.
const CAP: i64 = 1_000;
/// Between two counts while the store keeps changing.
const AGAIN: Duration = Duration::from_secs(2);

actions! {
    OPEN = open: "filter-panel", "Filter by switches, with counts", "panel", [Place::CONTACTS, Place::ACTIVITIES, Place::FILTERS], ["F"];
    TOGGLE: "panel-toggle", "Switch the value on or off", "switch", [PLACE], ["space" "enter" "x"];
    NEXT: "panel-next", "Next dimension", "", [PLACE], ["tab" "l" "right"];
    PREVIOUS: "panel-previous", "Dimension before", "", [PLACE], ["shift-tab" "h" "left"];
    CLEAR: "panel-clear", "Everything off", "clear", [PLACE], ["c"];
    TYPE: "panel-type", "Go on by typing", "type", [PLACE], ["/"];
    CLOSE: "panel-close", "Keep the filter", "done", [PLACE], ["F" "q"];
}

/// The panel.
#[derive(Debug)]
pub struct Panel {
    list: List,
    query: Query,
    text: Option<String>,
    dimensions: Vec<Dimension>,
    counts: Vec<Option<Count>>,
    cursor: std::cell::Cell<Cursor>,
    counted: Option<Instant>,
    due: Option<Instant>,
}

/// A line of the panel.
enum PanelLine<'p> {
    Heading(&'static str),
    Choice(usize, &'p Choice),
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let pane = model.list;
    let Some(list) = pane.list() else { return };
    focus(model, pane);
    effects.push(Effect::job(ReadWords));
    let cursor = std::cell::Cell::default();
    let (dimensions, counts) = (Vec::new(), Vec::new());
    let query = Query::default();
    model.layers.open(Panel { list, query, text: None, dimensions, counts, cursor, counted: None, due: None });
}

impl Panel {
    fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.dimensions.iter().flat_map(|dimension| &dimension.choices)
    }

    /// Takes the text of the filter over.
    fn follow(&mut self, model: &Model, text: &str) {
        self.query = Query::parse(text).unwrap_or_default();
        self.text = Some(text.to_owned());
        let selected = self.choices().nth(self.cursor.get().at).cloned();
        self.dimensions = dimensions(self.list, &self.query, &model.filters.words, model.setup.me.is_some());
        self.counts = vec![None; self.choices().count()];
        // Values that come into being by the switch must not move the cursor to another one.
        if let Some(at) = selected.and_then(|it| self.choices().position(|choice| *choice == it)) {
            self.cursor.get_mut().at = at;
        }
    }

    fn toggle(&mut self, model: &mut Model) {
        let Some(choice) = self.choices().nth(self.cursor.get().at) else { return };
        let text = choice.toggled(&self.query).to_string();
        set_filter(model, self.list, text, None);
    }

    /// To the first value of the next dimension, or of the one before.
    fn leap(&mut self, forward: bool) {
        let at = self.cursor.get().at;
        let mut start = 0;
        let starts: Vec<usize> = self
            .dimensions
            .iter()
            .map(|dimension| {
                let first = start;
                start += dimension.choices.len();
                first
            })
            .collect();
        let to = if forward {
            starts.iter().find(|first| **first > at).or(starts.first())
        } else {
            starts.iter().rev().find(|first| **first < at).or(starts.last())
        };
        self.cursor.get_mut().at = to.copied().unwrap_or(0);
    }

    /// What is listed, and the line of the selected value.
    fn lines(&self) -> (Vec<PanelLine<'_>>, usize) {
        let mut lines = Vec::new();
        let (mut index, mut at) = (0, 0);
        for dimension in &self.dimensions {
            lines.push(PanelLine::Heading(dimension.title));
            for choice in &dimension.choices {
                if index == self.cursor.get().at {
                    at = lines.len();
                }
                lines.push(PanelLine::Choice(index, choice));
                index += 1;
            }
        }
        (lines, at)
    }

    fn ask(&mut self, model: &Model, effects: &mut Vec<Effect>) {
        let queries = self.choices().map(|choice| choice.alone(&self.query).to_string()).collect();
        let text = self.text.clone().unwrap_or_default();
        effects.push(Effect::job(CountFacets { list: self.list, text, queries }));
        self.counted = Some(model.setup.now.instant);
        self.due = None;
    }
}

impl Layer for Panel {
    fn title(&self) -> String {
        "Filter".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::ROWS, Place::DIALOG]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match action {
            TOGGLE => self.toggle(model),
            NEXT => self.leap(true),
            PREVIOUS => self.leap(false),
            CLEAR => set_filter(model, self.list, String::new(), None),
            CLOSE => return After::Close,
            TYPE => {
                focus(model, Pane::of(self.list));
                crate::tui::update::open_input(model, effects);
                return After::Close;
            }
            _ => {
                let rows = self.choices().count();
                return if self.cursor.get_mut().act(action, rows) { After::Stay } else { After::Pass };
            }
        }
        After::Stay
    }

    /// A click on a value switches it; one beside the panel leaves it, the filter stays.
    fn click(&mut self, at: Position, body: Rect, model: &mut Model, _: &mut Vec<Effect>) -> After {
        let area = area(body);
        if !area.contains(at) {
            return After::Close;
        }
        // Frame, and the line of the keys.
        let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        if !rows.contains(at) {
            return After::Stay;
        }
        let (lines, selected) = self.lines();
        let line = top(selected, usize::from(rows.height)) + usize::from(at.y - rows.y);
        let (index, switch) = match lines.get(line) {
            Some(PanelLine::Choice(index, _)) => (*index, true),
            Some(PanelLine::Heading(_)) => match lines.get(line + 1) {
                Some(PanelLine::Choice(index, _)) => (*index, false),
                _ => return After::Stay,
            },
            None => return After::Stay,
        };
        self.cursor.get_mut().at = index;
        if switch {
            self.toggle(model);
        }
        After::Stay
    }

    fn settle(&mut self, stale: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        let now = model.setup.now.instant;
        let text = in_force(model, self.list).0.to_owned();
        if self.text.as_ref() != Some(&text) {
            self.follow(model, &text);
            self.ask(model, effects);
        } else if stale && self.due.is_none() {
            self.due = Some(self.counted.map_or(now, |at| (at + AGAIN).max(now)));
        }
        if self.due.is_some_and(|due| due <= now) {
            self.ask(model, effects);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let area = area(body);
        let title = Line::from(canvas.span("Filter", Meaning::TitleFocused));
        let right = Line::from(canvas.span(self.list.key(), Meaning::Dim));
        canvas.clear(area);
        let inner = canvas.frame(area, &Frame { title, right, below: Line::default(), focused: true });
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let rows = Rect { height: inner.height.saturating_sub(1), ..inner };
        let keys = keys_line(model, canvas, &[PLACE]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);

        let mut cursor = self.cursor.get();
        cursor.fit(self.counts.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        let (lines, at) = self.lines();
        let top = top(at, usize::from(rows.height));
        for (y, line) in (rows.y..rows.bottom()).zip(lines.into_iter().skip(top)) {
            let (index, choice) = match line {
                PanelLine::Heading(title) => {
                    let heading = Line::from(canvas.span(title, Meaning::Heading));
                    canvas.rule(rows.x, y, rows.width, &heading);
                    continue;
                }
                PanelLine::Choice(index, choice) => (index, choice),
            };
            let on = choice.is_on(&self.query);
            let box_style = canvas.style(if on { Meaning::Accent } else { Meaning::Dim });
            let style = canvas.style(if on { Meaning::Accent } else { Meaning::Text });
            let dim = canvas.style(Meaning::Dim);
            let count = self.counts.get(index).copied().flatten();
            let count =
                count.map_or_else(String::new, |n| format!("{}{}", short(n.n), if n.capped { "+" } else { "" }));
            canvas.text(rows.x, y, 3, if on { "[x]" } else { "[ ]" }, box_style);
            canvas.text(rows.x + 4, y, rows.width.saturating_sub(11), &choice.label, style);
            canvas.text_right(rows.x, y, rows.width, &count, dim);
            if index == cursor.at {
                let style = canvas.style(Meaning::Cursor);
                canvas.tint(Rect { y, height: 1, ..rows }, style);
            }
        }
        None
    }
}

/// The panel on the screen.
fn area(body: Rect) -> Rect {
    let columns = COLUMNS.min(body.width);
    Rect { x: body.right() - columns, width: columns, ..body }
}

/// First visible line, so that the line `at` is visible; turns by half pages, so that few steps redraw everything.
fn top(at: usize, height: usize) -> usize {
    let half = (height / 2).max(1);
    if at < height { 0 } else { ((at - height) / half + 1) * half }
}

/// Counts what each query finds.
#[derive(Clone, Debug, PartialEq)]
pub struct CountFacets {
    /// The list.
    pub list: List,
    /// The filter in force, to know the answer by.
    pub text: String,
    /// The queries, in the order of the panel.
    pub queries: Vec<String>,
}

impl Job for CountFacets {
    type Answer = Vec<Option<Count>>;

    fn kind(&self) -> Kind {
        Kind::Reading("facets")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let mut counts = Vec::with_capacity(self.queries.len());
        for query in &self.queries {
            // A value that can not be asked for has no count; the filter line says why.
            let Ok(filter) = hands.filter(self.list, query) else {
                counts.push(None);
                continue;
            };
            let count = match self.list {
                List::Contacts => hands.store.contact_total(&filter, CAP).await,
                List::Activities => hands.store.activity_total(&filter, CAP).await,
            };
            counts.push(Some(count.map_err(|error| format!("Rows can not be counted: {}", words(&error)))?));
        }
        Ok(counts)
    }

    fn take(&self, counts: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(panel) = model.layers.find_mut::<Panel>()
            && panel.text.as_ref() == Some(&self.text)
            && panel.counts.len() == counts.len()
        {
            panel.counts = counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_is_always_visible() {
        for height in 1..30 {
            for at in 0..200 {
                let top = top(at, height);
                assert!((top..top + height).contains(&at), "{at} of {height} from {top}");
            }
        }
    }
}
