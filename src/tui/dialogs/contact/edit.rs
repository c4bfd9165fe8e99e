//! The form of one contact: every system and custom field, status and owner.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::{Answer, Basis, Save, edit_of};
use crate::domain::text::visible;
use crate::domain::{ContactId, Field};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::contact::cell::CellEdit;
use crate::tui::dialogs::contact::merge::MergeDialog;
use crate::tui::dialogs::text::Text;
use crate::tui::early::Early;
use crate::tui::effects::Hands;
use crate::tui::form::{Form, keys, view};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::detail::Target;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::{focus, retype, say};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::window::{keys_line, window};

actions! {
    EDIT = open: "edit-contact", "Edit the contact", "edit", [Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL], ["e"];
    NEW = open_new: "new-contact", "New contact", "", [Place::GLOBAL], ["N"];
}

/// The dialog.
#[derive(Debug, Default)]
pub struct EditForm {
    /// `None`: a new one.
    contact: Option<ContactId>,
    title: String,
    basis: Option<Box<Basis>>,
    form: Option<Form>,
    asked: bool,
    saving: bool,
    early: Early,
}

impl EditForm {
    /// The form of a contact.
    pub fn of(id: ContactId) -> Self {
        Self { contact: Some(id), title: "Edit contact".to_owned(), ..Self::default() }
    }
}

/// The selected contact of the focused pane.
pub fn selected(model: &Model) -> Option<ContactId> {
    match model.focus {
        Pane::Contacts => model.contacts.list.current().map(|row| row.id),
        Pane::Activities => model.activities.list.current().and_then(|row| row.contact_id),
        _ => model.detail_contact().map(|(id, _)| id),
    }
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    match selected(model) {
        Some(id) => model.layers.open(EditForm::of(id)),
        None => say(model, Tone::Info, "No contact here"),
    }
}

fn open_new(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.open(EditForm { title: "New contact".to_owned(), ..EditForm::default() });
}

/// Reads what the form is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepare(pub Option<ContactId>);

impl Job for Prepare {
    type Answer = Basis;

    fn kind(&self) -> Kind {
        Kind::Reading("contact-form")
    }

    async fn run(&self, hands: &Hands) -> Result<Basis, String> {
        Basis::read(hands, self.0).await
    }

    fn take(&self, basis: Basis, model: &mut Model, effects: &mut Vec<Effect>) {
        if self.0.is_some() && basis.contact.is_none() {
            model.layers.close::<EditForm>();
            return say(model, Tone::Info, "The contact is gone");
        }
        let (zone, me) = (model.setup.time_zone.clone(), model.setup.me.clone());
        let Some(dialog) = model.layers.find_mut::<EditForm>().filter(|dialog| dialog.contact == self.0) else {
            return;
        };
        if let Some(contact) = &basis.contact {
            dialog.title = format!("Edit {}", visible(&contact.values.display_name()));
        }
        let mut form = Form::new(zone, basis.schema.country);
        for field in [
            Field::FirstName,
            Field::LastName,
            Field::Email,
            Field::MobilePhone,
            Field::Phone,
            Field::Company,
            Field::JobTitle,
        ] {
            form = basis.add(form, field.key());
        }
        form = basis.add(form, "status");
        form = basis.add(form, "owner");
        if !basis.schema.custom.is_empty() {
            form = form.heading("Custom fields");
        }
        for field in &basis.schema.custom {
            form = basis.add(form, &field.name);
        }
        form = form.heading("More");
        for field in Field::ALL {
            if form.entry(field.key()).is_none() {
                form = basis.add(form, field.key());
            }
        }
        // A new contact belongs to whoever enters it, unless they say otherwise.
        if let Some(me) = me
            .filter(|me| self.0.is_none() && basis.users.iter().any(|user| user.email.as_deref() == Some(me.as_str())))
        {
            form.set("owner", me.as_str());
        }
        form.focus(Field::FirstName.key());
        dialog.form = Some(form);
        dialog.basis = Some(Box::new(basis));
        let early = dialog.early.take();
        model.dirty = true;
        retype(model, early, effects);
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<EditForm>();
        say(model, Tone::Bad, error);
    }
}

/// What became of a form that was to be saved.
pub fn saved(answer: Answer, model: &mut Model, effects: &mut Vec<Effect>) {
    model.dirty = true;
    if let Some(dialog) = model.layers.find_mut::<EditForm>() {
        dialog.saving = false;
    }
    if let Some(cell) = model.layers.find_mut::<CellEdit>() {
        cell.saving = false;
    }
    match answer {
        Answer::Saved(saved) => {
            model.layers.close::<EditForm>();
            model.layers.close::<CellEdit>();
            super::tell(&saved, model);
            model.refresh.changed = true;
        }
        Answer::Added(contact) => {
            model.layers.close::<EditForm>();
            let dot = model.setup.theme.glyphs.dot;
            let name = visible(&contact.values.display_name()).into_owned();
            say(model, Tone::Good, format!("{name} added {dot} u undoes it"));
            model.refresh.changed = true;
            // Wherever it stands in the list: whoever made it wants to see it.
            if model.layers.is_empty() {
                focus(model, Pane::Detail);
                model.detail.pinned = Some(Target::Contact(contact.id));
            }
        }
        Answer::Merge(prompt) => model.layers.open(MergeDialog::new(*prompt)),
        Answer::Fields(errors) => {
            let mut rest = Vec::new();
            for error in errors {
                let told = match model.layers.find_mut::<EditForm>().and_then(|dialog| dialog.form.as_mut()) {
                    Some(form) => form.tell(&error.field, error.reason.clone()),
                    None => {
                        model.layers.find_mut::<CellEdit>().is_some_and(|cell| cell.tell(&error.field, &error.reason))
                    }
                };
                if !told {
                    rest.push(format!("{}: {}", error.field, error.reason));
                }
            }
            if !rest.is_empty() {
                model.layers.open(Text::new("Not saved", &rest.join("\n")));
            }
        }
        Answer::Refused(title, why) => model.layers.open(Text::new(title, &why)),
    }
    let _ = effects;
}

impl EditForm {
    fn save(&mut self, effects: &mut Vec<Effect>) -> After {
        let (Some(form), Some(basis)) = (&mut self.form, &self.basis) else { return After::Stay };
        if self.saving {
            return After::Stay;
        }
        if !form.is_changed() {
            return After::Close;
        }
        match edit_of(form, &basis.schema) {
            Ok(edit) => {
                self.saving = true;
                effects.push(Effect::job(Save { contact: self.contact, edit }));
            }
            Err(errors) => {
                for error in errors {
                    form.tell(&error.field, error.reason);
                }
            }
        }
        After::Stay
    }

    /// The form, once it is there.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        self.form.as_mut()
    }
}

impl Layer for EditForm {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn places(&self) -> &'static [Place] {
        self.form.as_ref().map_or(&[keys::WAITING], keys::places)
    }

    fn act(&mut self, action: Action, _: &mut Model, effects: &mut Vec<Effect>) -> After {
        let Some(form) = &mut self.form else {
            return if action == keys::CANCEL { After::Close } else { After::Stay };
        };
        match keys::act(form, action) {
            keys::Outcome::Stay => After::Stay,
            keys::Outcome::Save => self.save(effects),
            keys::Outcome::Leave => After::Close,
            keys::Outcome::Editor => {
                effects.extend(form.to_editor());
                After::Stay
            }
            keys::Outcome::Pass => After::Pass,
        }
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
            effects.push(Effect::job(Prepare(self.contact)));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let columns = 72;
        let room = columns.min(body.width.saturating_sub(4));
        let lines = self.form.as_ref().map_or(3, |form| view::height(form, room));
        let inner = window(canvas, body, (columns, lines + 2), &self.title, "");
        let Some(form) = &self.form else {
            let style = canvas.style(Meaning::Dim);
            canvas.text(inner.x, inner.y, inner.width, "Reading", style);
            return None;
        };
        let line = if self.saving {
            ratatui::text::Line::from(canvas.span("Saving", Meaning::Dim))
        } else {
            keys_line(model, canvas, keys::places(form))
        };
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &line);
        // A short window has no line to spare between fields and keys.
        let spare = if inner.height > 8 { 2 } else { 1 };
        view::draw(form, canvas, Rect { height: inner.height.saturating_sub(spare), ..inner })
    }
}
