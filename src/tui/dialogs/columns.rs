//! Which columns the contact list shows, in which order, and which one it is sorted by. What is changed counts at once.

use std::cell::Cell;

use ratatui::layout::{Position, Rect};

use crate::store::Order;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::columns::{Columns, Shown};
use crate::tui::model::scroll::Cursor;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::window::{keys_line, window};

/// Where its keys count.
pub const PLACE: Place = Place("Columns");

actions! {
    OPEN = open: "columns", "Columns of the contact list", "", [Place::CONTACTS], ["C"];
    LEFT = left: "columns-left", "Columns to the left", "", [Place::CONTACTS], ["<"];
    RIGHT = right: "columns-right", "Columns to the right", "", [Place::CONTACTS], [">"];
    REVERSE = reverse: "reverse-order", "The other way round", "", [Place::CONTACTS], ["O"];
    TOGGLE: "column-toggle", "Show or hide the column", "show", [PLACE], ["space"];
    EARLIER: "column-earlier", "Further to the left", "", [PLACE], ["K" "<"];
    LATER: "column-later", "Further to the right", "move", [PLACE], ["J" ">"];
    SORT: "column-sort", "Order the list by it; again: the other way", "order", [PLACE], ["o"];
    RESET: "columns-reset", "The usual columns", "reset", [PLACE], ["r"];
    DONE: "columns-done", "Done", "done", [PLACE], ["q" "enter"];
}

/// The dialog.
#[derive(Debug)]
pub struct ColumnsDialog {
    all: Vec<Shown>,
    cursor: Cell<Cursor>,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let all = model.columns.all(&model.setup.custom);
    model.layers.open(ColumnsDialog { all, cursor: Cell::default() });
}

fn left(model: &mut Model, _: &mut Vec<Effect>) {
    model.columns.scroll(-1);
}

fn right(model: &mut Model, _: &mut Vec<Effect>) {
    model.columns.scroll(1);
}

fn reverse(model: &mut Model, _: &mut Vec<Effect>) {
    let pane = &mut model.contacts;
    pane.order.descending = !pane.order.descending;
    pane.list.reorder();
}

/// Sorts by a column; by the same once more: the other way round.
pub fn sort(model: &mut Model, column: &Shown) {
    let Some(by) = column.order() else { return };
    let pane = &mut model.contacts;
    let descending = if pane.order.by == by {
        !pane.order.descending
    } else {
        // People look for the latest of times, and for the first of everything else.
        matches!(column, Shown::Time | Shown::Seen | Shown::Added | Shown::Changed)
    };
    pane.order = Order { by, descending };
    pane.list.reorder();
}

impl ColumnsDialog {
    fn current(&mut self) -> Option<Shown> {
        self.all.get(self.cursor.get_mut().at).cloned()
    }

    fn refresh(&mut self, model: &Model, keep: &Shown) {
        self.all = model.columns.all(&model.setup.custom);
        if let Some(at) = self.all.iter().position(|column| column == keep) {
            self.cursor.get_mut().at = at;
        }
    }
}

impl Layer for ColumnsDialog {
    fn title(&self) -> String {
        "Columns".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, model: &mut Model, _: &mut Vec<Effect>) -> After {
        let rows = self.all.len();
        if self.cursor.get_mut().act(action, rows) {
            return After::Stay;
        }
        let Some(column) = self.current() else { return After::Pass };
        match action {
            TOGGLE => {
                let at = self.cursor.get_mut().at;
                model.columns.toggle(&column);
                self.refresh(model, &column);
                // What was hidden goes down to the others; the eye stays where it was.
                if !model.columns.shown.contains(&column) {
                    self.cursor.get_mut().at = at;
                }
            }
            EARLIER | LATER => {
                model.columns.shift(&column, action == LATER);
                self.refresh(model, &column);
            }
            SORT => sort(model, &column),
            RESET => {
                model.columns = Columns { edited: model.columns.edited.take(), ..Columns::default() };
                self.refresh(model, &column);
            }
            DONE => return After::Close,
            _ => return After::Pass,
        }
        After::Stay
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let lines = (self.all.len() as u16 + 2).min(body.height.saturating_sub(2)).max(4);
        let inner = window(canvas, body, (58, lines), "Columns", "");
        let keys = keys_line(model, canvas, &[PLACE]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        let list = Rect { height: inner.height.saturating_sub(if inner.height > 8 { 2 } else { 1 }), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.all.len(), usize::from(list.height));
        self.cursor.set(cursor);
        let glyphs = *canvas.glyphs();
        let order = &model.contacts.order;
        for (y, (index, column)) in (list.y..list.bottom()).zip(self.all.iter().enumerate().skip(top)) {
            let shown = model.columns.shown.contains(column);
            let sign = if shown { glyphs.good } else { " " };
            let style = canvas.style(Meaning::Good);
            canvas.text(list.x + 1, y, 1, sign, style);
            let style = canvas.style(if shown { Meaning::Text } else { Meaning::Dim });
            canvas.text(list.x + 3, y, list.width.saturating_sub(6), column.label(), style);
            if column.is_of(&order.by) {
                let mark = if order.descending { glyphs.descending } else { glyphs.ascending };
                let style = canvas.style(Meaning::Accent);
                canvas.text_right(list.x, y, list.width.saturating_sub(1), mark, style);
            }
            if index == cursor.at {
                let style = canvas.style(Meaning::Cursor);
                canvas.tint(Rect { y, height: 1, ..list }, style);
            }
        }
        None
    }
}
