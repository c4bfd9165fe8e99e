//! Forms: typed inputs with a message at the field that is wrong. Every dialog in which people type values uses this one,
//! so that Tab, Enter, Esc and paste do the same everywhere.
//!
//! A form is state ([`Form`]) and a picture of it ([`view`]). It does not know what its values are for: whoever opened it
//! reads them when [`Did::Save`] comes back, and may put messages at fields with [`Form::tell`].
//!
//! Enter saves from any field of one line; in a long text it starts a new line, and alt-enter saves. Tab, shift-tab and
//! the arrows go from field to field. A choice opens with space or by typing a part of it. Esc leaves, and asks only
//! when something would be lost.

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;

use crate::domain::phone::Country;
use crate::domain::{FieldKind, FieldValue};
use crate::tui::message::Effect;

mod control;
pub mod keys;
mod value;
pub mod view;

pub use control::Choice;
use control::Control;

/// What can be done in a form, whatever the key for it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next field.
    Next,
    /// To the field before.
    Previous,
    /// Opens or closes a list of choices, ticks a box, takes the choice.
    Toggle,
    /// In a list of choices: a blank, if a choice goes on with one after what was typed; else takes the choice.
    Blank,
    /// In a list of choices: down.
    Down,
    /// In a list of choices: up.
    Up,
    /// Empties the field.
    Clear,
    /// Save what was typed.
    Save,
    /// Leave without saving.
    Leave,
    /// In the question whether to leave: yes.
    Yes,
    /// In the question whether to leave: no.
    No,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Nothing that concerns anybody else.
    Stay,
    /// Every field can be read: take them.
    Save,
    /// The form is to be closed, and nothing kept.
    Leave,
}

/// Which keys count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One line is typed.
    Line,
    /// A text of several lines is typed.
    Long,
    /// A choice or a box has the focus.
    Choice,
    /// A list of choices is open.
    List,
    /// The question whether to leave is asked.
    Asking,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Entry {
    id: String,
    label: String,
    kind: FieldKind,
    control: Control,
    before: Vec<String>,
    required: bool,
    heading: Option<String>,
    hint: String,
    problem: Option<String>,
}

/// The fields, and where the cursor is.
#[derive(Clone, Debug)]
pub struct Form {
    entries: Vec<Entry>,
    at: usize,
    asking: bool,
    zone: TimeZone,
    country: Option<Country>,
    heading: Option<String>,
}

impl Entry {
    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What stands in it: one text, or the values of a choice of many.
    pub fn texts(&self) -> Vec<String> {
        self.control.texts()
    }

    /// What stands in it, as one text.
    pub fn text(&self) -> String {
        self.texts().join("; ")
    }

    /// True if it is not as it was.
    pub fn is_changed(&self) -> bool {
        self.texts() != self.before
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

impl Form {
    /// An empty form; times are the user's, phone numbers without a country are of this one.
    pub fn new(zone: TimeZone, country: Option<Country>) -> Self {
        Self { entries: Vec::new(), at: 0, asking: false, zone, country, heading: None }
    }

    /// A heading over the fields that follow.
    #[must_use]
    pub fn heading(mut self, heading: impl Into<String>) -> Self {
        self.heading = Some(heading.into());
        self
    }

    /// A field whose type says how it is typed. `options` are those of a picklist.
    #[must_use]
    pub fn field(
        mut self,
        id: &str,
        label: impl Into<String>,
        kind: FieldKind,
        options: &[String],
        value: Option<&FieldValue>,
    ) -> Self {
        let texts = value::texts(kind, value, &self.zone);
        let control = Control::new(kind, options, &texts);
        self.push(id, label.into(), kind, control);
        self
    }

    /// A choice among values with labels; blank if none is chosen.
    #[must_use]
    pub fn choice(mut self, id: &str, label: impl Into<String>, choices: Vec<Choice>, chosen: Option<&str>) -> Self {
        let control = Control::one(choices, chosen);
        self.push(id, label.into(), FieldKind::Picklist, control);
        self
    }

    /// A line of text.
    #[must_use]
    pub fn line(self, id: &str, label: impl Into<String>, text: &str) -> Self {
        let value = FieldValue::Text(text.to_owned());
        self.field(id, label, FieldKind::TextShort, &[], Some(&value))
    }

    /// The field added last must not be blank.
    #[must_use]
    pub fn required(mut self) -> Self {
        if let Some(entry) = self.entries.last_mut() {
            entry.required = true;
        }
        self
    }

    /// Words shown in the empty field added last.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(entry) = self.entries.last_mut() {
            entry.hint = hint.into();
        }
        self
    }

    fn push(&mut self, id: &str, label: String, kind: FieldKind, control: Control) {
        let before = control.texts();
        let (heading, hint) = (self.heading.take(), value::hint(kind).to_owned());
        let id = id.to_owned();
        self.entries.push(Entry { id, label, kind, control, before, required: false, heading, hint, problem: None });
    }

    /// The fields in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A field.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The text of a field; empty if there is no such field.
    pub fn text(&self, id: &str) -> String {
        self.entry(id).map(Entry::text).unwrap_or_default()
    }

    /// The focused field.
    pub fn focused(&self) -> Option<&Entry> {
        self.entries.get(self.at)
    }

    /// Puts the focus on a field.
    pub fn focus(&mut self, id: &str) {
        if let Some(at) = self.entries.iter().position(|entry| entry.id == id) {
            self.at = at;
        }
    }

    /// True if something would be lost.
    pub fn is_changed(&self) -> bool {
        self.entries.iter().any(Entry::is_changed)
    }

    /// The fields that are not as they were.
    pub fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_changed())
    }

    /// Replaces what stands in a field, as if it had been typed.
    pub fn set(&mut self, id: &str, text: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.control.set(text);
            entry.problem = None;
        }
    }

    /// Puts a message at a field and the focus on the first such field; `false`: there is no such field.
    pub fn tell(&mut self, id: &str, problem: impl Into<String>) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return false };
        let first = self.entries.iter().all(|entry| entry.problem.is_none());
        self.entries[at].problem = Some(problem.into());
        if first {
            self.at = at;
        }
        true
    }

    /// The typed value of a field; `None`: blank.
    pub fn value(&self, id: &str) -> Option<FieldValue> {
        self.entry(id).and_then(|entry| self.read(entry).ok().flatten())
    }

    /// The typed value of a field, or what is wrong with it.
    pub fn read(&self, entry: &Entry) -> Result<Option<FieldValue>, String> {
        let value = value::read(entry.kind, &entry.control, &self.zone, self.country)?;
        if entry.required && value.is_none() { Err("must not be empty".to_owned()) } else { Ok(value) }
    }

    /// Which keys count now.
    pub fn mode(&self) -> Mode {
        if self.asking {
            return Mode::Asking;
        }
        match self.focused().map(|entry| &entry.control) {
            Some(control) if control.is_open() => Mode::List,
            Some(Control::Long(_)) => Mode::Long,
            Some(Control::One(_) | Control::Many(_) | Control::Tick(_)) => Mode::Choice,
            Some(Control::Line(_)) | None => Mode::Line,
        }
    }

    /// Does what a key stands for.
    pub fn step(&mut self, step: Step) -> Did {
        if std::mem::take(&mut self.asking) {
            return if step == Step::Yes { Did::Leave } else { Did::Stay };
        }
        match step {
            Step::Next => self.go(1),
            Step::Previous => self.go(self.entries.len().saturating_sub(1)),
            Step::Toggle => self.control(Control::toggle),
            Step::Blank => self.control(Control::blank),
            Step::Down => self.control(|control| control.move_by(1)),
            Step::Up => self.control(|control| control.move_by(-1)),
            Step::Clear => self.control(Control::clear),
            Step::Save => return self.save(),
            Step::Leave if self.mode() == Mode::List => self.control(Control::close),
            Step::Leave if self.is_changed() => self.asking = true,
            Step::Leave => return Did::Leave,
            Step::Yes | Step::No => {}
        }
        Did::Stay
    }

    /// A key that means nothing else: typed into the focused field. `false`: it means nothing there either.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        if self.asking {
            return false;
        }
        let Some(entry) = self.entries.get_mut(self.at) else { return false };
        let taken = entry.control.key(event);
        if taken {
            entry.problem = None;
        }
        taken
    }

    /// Text was pasted.
    pub fn paste(&mut self, text: &str) {
        if let Some(entry) = self.entries.get_mut(self.at).filter(|_| !self.asking) {
            entry.control.paste(text);
            entry.problem = None;
        }
    }

    /// Gives the focused field's text to the user's editor.
    pub fn to_editor(&self) -> Option<Effect> {
        self.focused().map(|entry| Effect::Editor { text: entry.text(), suffix: ".txt" })
    }

    /// The focused field's text came back from an editor.
    pub fn edited(&mut self, text: &str) {
        if let Some(entry) = self.entries.get_mut(self.at) {
            entry.control.set(text.trim_end());
            entry.problem = None;
        }
    }

    fn control(&mut self, work: impl FnOnce(&mut Control)) {
        if let Some(entry) = self.entries.get_mut(self.at) {
            work(&mut entry.control);
            entry.problem = None;
        }
    }

    fn go(&mut self, by: usize) {
        self.control(Control::close);
        self.check(self.at);
        if !self.entries.is_empty() {
            self.at = (self.at + by) % self.entries.len();
        }
    }

    /// Says at once what is wrong with a field that is left; what nobody touched is left alone.
    fn check(&mut self, at: usize) {
        let Some(entry) = self.entries.get(at) else { return };
        let problem = if entry.is_changed() { self.read(entry).err() } else { entry.problem.clone() };
        self.entries[at].problem = problem;
    }

    fn save(&mut self) -> Did {
        self.control(Control::close);
        let problems: Vec<_> = self
            .entries
            .iter()
            .map(|entry| if entry.is_changed() || entry.required { self.read(entry).err() } else { None })
            .collect();
        let first = problems.iter().position(Option::is_some);
        for (entry, problem) in self.entries.iter_mut().zip(problems) {
            entry.problem = problem;
        }
        match first {
            Some(first) => {
                self.at = first;
                Did::Stay
            }
            None => Did::Save,
        }
    }
}

#[cfg(test)]
mod tests;
