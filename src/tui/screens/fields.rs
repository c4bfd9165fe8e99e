//! Custom fields: listed, added, changed, taken out of use and brought back.

use std::cell::Cell;

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::layout::{Position, Rect};

use crate::domain::{FieldKind, FieldValue};
use crate::store::FieldDef;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::form::{Choice, Form, keys, view};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::window::{self, full, keys_line, window};

/// Where its keys count.
pub const PLACE: Place = Place("Custom fields");

actions! {
    OPEN = open: "fields", "Custom fields", "", [Place::GLOBAL], ["g f"];
    NEW: "field-new", "New field", "new", [PLACE], ["n" "N"];
    EDIT: "field-edit", "Change label and options", "edit", [PLACE], ["enter" "e"];
    ARCHIVE: "field-archive", "Out of use, or back into use", "archive", [PLACE], ["x" "D"];
}

/// The types, as people read them.
pub const KINDS: [(FieldKind, &str); 11] = [
    (FieldKind::TextShort, "Text, one line"),
    (FieldKind::TextLong, "Text, several lines"),
    (FieldKind::Number, "Number"),
    (FieldKind::Date, "Date"),
    (FieldKind::Time, "Time of day"),
    (FieldKind::Datetime, "Date and time"),
    (FieldKind::Phone, "Phone"),
    (FieldKind::Picklist, "Choice of one"),
    (FieldKind::MultiPicklist, "Choice of many"),
    (FieldKind::Checkbox, "Yes or no"),
    (FieldKind::Email, "Email"),
];

/// A type as people read it.
pub fn kind_label(kind: FieldKind) -> &'static str {
    KINDS.iter().find(|(other, _)| *other == kind).map_or("", |(_, label)| label)
}

/// The screen.
#[derive(Debug, Default)]
pub struct Fields {
    rows: Vec<(FieldDef, i64)>,
    cursor: Cell<Cursor>,
    loaded: bool,
    asked: bool,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.close::<Fields>();
    model.layers.open(Fields::default());
}

/// Reads the fields, with how many contacts have a value of each.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFields;

impl Job for ReadFields {
    type Answer = Vec<(FieldDef, i64)>;

    fn kind(&self) -> Kind {
        Kind::Reading("fields")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let failed = |error: crate::store::StoreError| format!("The fields can not be read: {}", words(&error));
        let mut found = Vec::new();
        for field in hands.store.fields(true).await.map_err(failed)? {
            let used = hands.store.field_use(&field.name).await.map_err(failed)?;
            found.push((field, used));
        }
        found.sort_by_key(|(field, _)| field.archived_at.is_some());
        // Queries and columns know them from now on.
        hands.set_custom(&hands.store.custom_fields().await.map_err(failed)?);
        Ok(found)
    }

    fn take(&self, fields: Self::Answer, model: &mut Model, _: &mut Vec<Effect>) {
        model.setup.custom = fields
            .iter()
            .filter(|(field, _)| field.archived_at.is_none())
            .map(|(field, _)| crate::filter::CustomField {
                name: field.name.clone(),
                label: field.label.clone(),
                kind: field.kind,
                options: field.options.clone(),
            })
            .collect();
        if let Some(screen) = model.layers.find_mut::<Fields>() {
            let same = screen.loaded && screen.rows == fields;
            screen.rows = fields;
            screen.loaded = true;
            model.dirty |= !same;
        }
    }
}

/// A change of the fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new one.
    Add {
        /// What people read; its identifier comes of it.
        label: String,
        /// Its type.
        kind: FieldKind,
        /// The values of a picklist.
        options: Vec<String>,
    },
    /// Another label, and for a picklist other values.
    Edit {
        /// Which.
        name: String,
        /// What people read.
        label: String,
        /// The values of a picklist; `None`: it is none.
        options: Option<Vec<String>>,
    },
    /// Out of use.
    Archive(String),
    /// Back into use.
    Restore(String),
}

impl Job for Change {
    type Answer = FieldDef;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<FieldDef, String> {
        let (store, now) = (&hands.store, Timestamp::now());
        let done = match self {
            Self::Add { label, kind, options } => store.add_field(label, Some(label), *kind, options, now).await,
            Self::Edit { name, label, options } => {
                let known = store.fields(true).await.map_err(|error| words(&error))?;
                let before = known.into_iter().find(|field| field.name == *name);
                let mut done = None;
                if before.as_ref().is_none_or(|before| before.label != *label) {
                    done = Some(store.rename_field(name, label, now).await);
                }
                if let Some(options) = options
                    && done.as_ref().is_none_or(Result::is_ok)
                    && before.as_ref().is_none_or(|before| before.options != *options)
                {
                    done = Some(store.set_field_options(name, options, now).await);
                }
                match (done, before) {
                    (Some(done), _) => done,
                    (None, Some(before)) => Ok(before),
                    (None, None) => return Err(format!("There is no field {name} any more")),
                }
            }
            Self::Archive(name) => store.archive_field(name, now).await,
            Self::Restore(name) => store.restore_field(name, now).await,
        };
        done.map_err(|error| words(&error))
    }

    fn take(&self, field: FieldDef, model: &mut Model, effects: &mut Vec<Effect>) {
        model.layers.close::<FieldForm>();
        effects.push(Effect::job(ReadFields));
        let dot = model.setup.theme.glyphs.dot;
        let done = match self {
            Self::Add { .. } => "added",
            Self::Edit { .. } => "changed",
            Self::Archive(_) => "out of use; its values stay",
            Self::Restore(_) => "in use again",
        };
        say(model, Tone::Good, format!("Field {} {done} {dot} u undoes it", field.name));
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        match model.layers.find_mut::<FieldForm>() {
            Some(dialog) => {
                dialog.saving = false;
                let id = if error.contains("option") { "options" } else { "label" };
                dialog.form.tell(id, error);
                model.dirty = true;
            }
            None => say(model, Tone::Bad, error),
        }
    }
}

impl Fields {
    fn current(&mut self) -> Option<&FieldDef> {
        self.rows.get(self.cursor.get_mut().at).map(|(field, _)| field)
    }
}

impl Layer for Fields {
    fn title(&self) -> String {
        "Custom fields".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let rows = self.rows.len();
        match action {
            NEW => model.layers.open(FieldForm::new(model, None)),
            EDIT => {
                if let Some(field) = self.current().cloned() {
                    model.layers.open(FieldForm::new(model, Some(field)));
                }
            }
            ARCHIVE => {
                if let Some(field) = self.current() {
                    let (name, archived) = (field.name.clone(), field.archived_at.is_some());
                    let change = if archived { Change::Restore(name) } else { Change::Archive(name) };
                    effects.push(Effect::job(change));
                }
            }
            action => return if self.cursor.get_mut().act(action, rows) { After::Stay } else { After::Pass },
        }
        After::Stay
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if stale || !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(ReadFields));
        }
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let inner = full(canvas, body, "Custom fields", &thousands(self.rows.len() as i64));
        if self.rows.is_empty() {
            let words = if self.loaded { "No custom fields yet. n makes one." } else { "Reading" };
            window::words(canvas, inner, words);
            return None;
        }
        let columns = [
            Column::new("Label", 14, 30, 10),
            Column::new("Name", 10, 26, 6),
            Column::new("Type", 12, 20, 8),
            Column::new("Options", 10, 50, 5),
            Column::new("Used by", 7, 9, 7).right(),
            Column::new("", 10, 10, 9),
        ];
        let widths = widths(&columns, inner.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..inner }, &columns, &widths, None);
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.rows.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        for (y, (index, (field, used))) in (rows.y..rows.bottom()).zip(self.rows.iter().enumerate().skip(top)) {
            let archived = field.archived_at.is_some();
            let text = if archived { Meaning::Dim } else { Meaning::Text };
            let cells = [
                table::Cell::new(field.label.as_str(), text),
                table::Cell::new(field.name.as_str(), Meaning::Dim),
                table::Cell::new(kind_label(field.kind), text),
                table::Cell::new(field.options.join(", "), Meaning::Dim),
                table::Cell::new(thousands(*used), text),
                table::Cell::new(if archived { "out of use" } else { "" }, Meaning::Warning),
            ];
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, Rect { y, height: 1, ..rows }, &columns, &widths, &cells, look);
        }
        None
    }
}

/// The form of one field.
#[derive(Debug)]
pub struct FieldForm {
    field: Option<FieldDef>,
    form: Form,
    saving: bool,
}

impl FieldForm {
    /// Of a field, or of a new one.
    pub fn new(model: &Model, field: Option<FieldDef>) -> Self {
        let mut form = Form::new(model.setup.time_zone.clone(), None);
        form = form.line("label", "Label", field.as_ref().map_or("", |field| &field.label)).required();
        if field.is_none() {
            let kinds = KINDS.iter().map(|(kind, label)| Choice::new(key(*kind), *label)).collect();
            form = form.choice("kind", "Type", kinds, Some(&key(FieldKind::TextShort)));
        }
        let has_options = field.as_ref().is_none_or(|field| is_picklist(field.kind));
        if has_options {
            let lines = field.as_ref().map(|field| field.options.join("\n")).unwrap_or_default();
            let lines = FieldValue::Text(lines);
            form = form.field("options", "Options", FieldKind::TextLong, &[], Some(&lines)).hint("one a line");
        }
        Self { field, form, saving: false }
    }

    fn save(&mut self, effects: &mut Vec<Effect>) {
        if self.saving {
            return;
        }
        let label = self.form.text("label");
        let options: Vec<String> = self
            .form
            .text("options")
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        let change = if let Some(field) = &self.field {
            let options = is_picklist(field.kind).then_some(options);
            Change::Edit { name: field.name.clone(), label, options }
        } else {
            let chosen = self.form.text("kind");
            let kind = KINDS.iter().map(|(kind, _)| *kind).find(|kind| key(*kind) == chosen);
            let kind = kind.unwrap_or(FieldKind::TextShort);
            if is_picklist(kind) && options.is_empty() {
                self.form.tell("options", "what is there to choose from? one a line");
                return;
            }
            if !is_picklist(kind) && !options.is_empty() {
                self.form.tell("kind", "only choices have options: take one of those types, or empty the options");
                return;
            }
            Change::Add { label, kind, options }
        };
        self.saving = true;
        effects.push(Effect::job(change));
    }
}

fn is_picklist(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Picklist | FieldKind::MultiPicklist)
}

/// As it is stored.
fn key(kind: FieldKind) -> String {
    serde_json::to_value(kind).ok().and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Layer for FieldForm {
    fn title(&self) -> String {
        self.field.as_ref().map_or_else(|| "New field".to_owned(), |field| format!("Field {}", field.name))
    }

    fn places(&self) -> &'static [Place] {
        keys::places(&self.form)
    }

    fn act(&mut self, action: Action, _: &mut Model, effects: &mut Vec<Effect>) -> After {
        match keys::act(&mut self.form, action) {
            keys::Outcome::Save => self.save(effects),
            keys::Outcome::Leave => return After::Close,
            keys::Outcome::Pass => return After::Pass,
            keys::Outcome::Editor => effects.extend(self.form.to_editor()),
            keys::Outcome::Stay => {}
        }
        After::Stay
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        self.form.key(event);
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        self.form.paste(text);
    }

    fn edited(&mut self, text: String, _: &mut Model, _: &mut Vec<Effect>) {
        self.form.edited(&text);
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let inner = window(canvas, body, (60, view::height(&self.form) + 2), &self.title(), "");
        let keys = keys_line(model, canvas, keys::places(&self.form));
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        let spare = if inner.height > 8 { 2 } else { 1 };
        view::draw(&self.form, canvas, Rect { height: inner.height.saturating_sub(spare), ..inner })
    }
}
