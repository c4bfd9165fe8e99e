//! One cell of the contact list, edited where it stands. Tab goes on to the next column of the same contact.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::{Basis, Save, edit_of};
use crate::domain::ContactId;
use crate::domain::text::visible;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::early::Early;
use crate::tui::effects::Hands;
use crate::tui::form::{Form, keys, view};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::columns::Shown;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::{retype, say};
use crate::tui::view::common::canvas::{Canvas, Frame};

actions! {
    EDIT_CELL = open: "edit-cell", "Edit a cell of the row", "", [Place::CONTACTS], ["i"];
}

/// The line over the row.
#[derive(Debug)]
pub struct CellEdit {
    contact: ContactId,
    columns: Vec<String>,
    basis: Option<Box<Basis>>,
    form: Option<Form>,
    asked: bool,
    /// What was typed is on its way to the store.
    pub saving: bool,
    early: Early,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let Some(row) = model.contacts.list.current() else { return say(model, Tone::Info, "No contact here") };
    let contact = row.id;
    // The columns on the screen, with the name in its parts.
    let mut columns: Vec<String> = Vec::new();
    for column in &model.columns.shown {
        match column {
            Shown::Name => columns.extend(["first_name".to_owned(), "last_name".to_owned()]),
            Shown::Status => columns.push("status".to_owned()),
            Shown::Owner => columns.push("owner".to_owned()),
            Shown::Phone => columns.push("mobile_phone".to_owned()),
            Shown::Field(key) => columns.push(key.as_str().to_owned()),
            Shown::Time | Shown::Added | Shown::Changed | Shown::Seen | Shown::Source | Shown::Sync => {}
        }
    }
    columns.dedup();
    let early = Early::default();
    model.layers.open(CellEdit { contact, columns, basis: None, form: None, asked: false, saving: false, early });
}

/// Reads what the cells are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct PrepareCell(pub ContactId);

impl Job for PrepareCell {
    type Answer = Basis;

    fn kind(&self) -> Kind {
        Kind::Reading("contact-cell")
    }

    async fn run(&self, hands: &Hands) -> Result<Basis, String> {
        Basis::read(hands, Some(self.0)).await
    }

    fn take(&self, basis: Basis, model: &mut Model, effects: &mut Vec<Effect>) {
        if basis.contact.is_none() {
            model.layers.close::<CellEdit>();
            return say(model, Tone::Info, "The contact is gone");
        }
        let (zone, last) = (model.setup.time_zone.clone(), model.columns.edited.clone());
        let Some(cell) = model.layers.find_mut::<CellEdit>().filter(|cell| cell.contact == self.0) else { return };
        let mut form = Form::new(zone, basis.schema.country);
        for id in &cell.columns {
            form = basis.add(form, id);
        }
        form.focus(last.as_deref().unwrap_or("company"));
        cell.form = Some(form);
        cell.basis = Some(Box::new(basis));
        let early = cell.early.take();
        model.dirty = true;
        retype(model, early, effects);
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<CellEdit>();
        say(model, Tone::Bad, error);
    }
}

impl CellEdit {
    /// Puts a message at a cell; `false`: there is no such one.
    pub fn tell(&mut self, field: &str, reason: &str) -> bool {
        self.form.as_mut().is_some_and(|form| form.tell(field, reason))
    }
}

impl Layer for CellEdit {
    fn title(&self) -> String {
        "Edit a cell".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        self.form.as_ref().map_or(&[keys::WAITING], keys::places)
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let (Some(form), Some(basis)) = (&mut self.form, &self.basis) else {
            return if action == keys::CANCEL { After::Close } else { After::Stay };
        };
        match keys::act(form, action) {
            keys::Outcome::Save if self.saving => {}
            keys::Outcome::Save if !form.is_changed() => return After::Close,
            keys::Outcome::Save => {
                model.columns.edited = form.focused().map(|entry| entry.id().to_owned());
                match edit_of(form, &basis.schema) {
                    Ok(edit) => {
                        self.saving = true;
                        effects.push(Effect::job(Save { contact: Some(self.contact), edit }));
                    }
                    Err(errors) => {
                        for error in errors {
                            form.tell(&error.field, error.reason);
                        }
                    }
                }
            }
            keys::Outcome::Leave => return After::Close,
            keys::Outcome::Pass => return After::Pass,
            keys::Outcome::Editor => effects.extend(form.to_editor()),
            keys::Outcome::Stay => {}
        }
        After::Stay
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        match &mut self.form {
            Some(form) => drop(form.key(event)),
            None => self.early.key(event),
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        match &mut self.form {
            Some(form) => form.paste(text),
            None => self.early.paste(text),
        }
    }

    fn edited(&mut self, text: String, _: &mut Model, _: &mut Vec<Effect>) {
        if let Some(form) = &mut self.form {
            form.edited(&text);
        }
    }

    fn settle(&mut self, _: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(PrepareCell(self.contact)));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let form = self.form.as_ref()?;
        let pane = model.layout.pane(Pane::Contacts).unwrap_or(body);
        let lines = view::focused_height(form, pane.width.saturating_sub(4))
            + u16::from(form.mode() == crate::tui::form::Mode::Asking);
        // Frame, head, rows: the line of the row is the line of the cell, as far as there is room below.
        let line = model.contacts.list.cursor_line() as u16 + model.input_lines(Pane::Contacts) + 2;
        let height = (lines + 2).min(pane.height);
        let y = (pane.y + line).saturating_sub(1).min(pane.bottom().saturating_sub(height));
        let area = Rect { y, height, ..pane };
        canvas.clear(area);
        let name = model.contacts.list.current().map(|row| visible(&row.name).into_owned()).unwrap_or_default();
        let title = ratatui::text::Line::from(canvas.span(name, Meaning::TitleFocused));
        let below = ratatui::text::Line::from(canvas.span("enter saves  tab next cell", Meaning::Dim));
        let frame = Frame { title, right: ratatui::text::Line::default(), below, focused: true };
        let inner = canvas.frame(area, &frame);
        view::draw(form, canvas, Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner })
    }
}
