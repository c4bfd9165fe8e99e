//! The inputs of a form: what is in them, and what keys do to them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

use crate::domain::FieldKind;
use crate::tui::model::line::LineInput;

/// One of the values to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is kept.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A value that is its own label.
    pub fn plain(value: &str) -> Self {
        Self { value: value.to_owned(), label: value.to_owned() }
    }

    /// A value with a label.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A choice of one or many.
#[derive(Clone, Debug)]
pub struct Pick {
    choices: Vec<Choice>,
    chosen: Vec<String>,
    /// What was typed to find one, and the place among those found; `None`: the list is closed.
    open: Option<(String, usize)>,
}

/// An open list of choices.
pub struct OpenList<'p> {
    /// Those that what was typed finds, with whether each is chosen.
    pub found: Vec<(&'p Choice, bool)>,
    /// The place of the cursor.
    pub at: usize,
    /// What was typed.
    pub typed: &'p str,
}

/// An input.
#[derive(Clone, Debug)]
pub enum Control {
    /// One line.
    Line(LineInput),
    /// Several lines.
    Long(TextArea<'static>),
    /// One of several values, or none.
    One(Pick),
    /// Some of several values.
    Many(Pick),
    /// Yes, no, or nothing said.
    Tick(Option<bool>),
}

impl Pick {
    /// What is chosen, as people read it.
    pub fn label(&self) -> String {
        let label = |value: &String| {
            let found = self.choices.iter().find(|choice| choice.value == *value);
            found.map_or_else(|| value.clone(), |choice| choice.label.clone())
        };
        self.chosen.iter().map(label).collect::<Vec<_>>().join(", ")
    }

    /// The list of choices, if it is open.
    pub fn list(&self) -> Option<OpenList<'_>> {
        let (typed, at) = self.open.as_ref()?;
        let found = self.found(typed).map(|choice| (choice, self.chosen.contains(&choice.value))).collect();
        Some(OpenList { found, at: *at, typed })
    }

    fn found(&self, typed: &str) -> impl Iterator<Item = &Choice> {
        let typed = typed.to_lowercase();
        self.choices.iter().filter(move |choice| choice.label.to_lowercase().contains(&typed))
    }

    fn open(&mut self, typed: String) {
        let chosen = self.chosen.first();
        let at =
            if typed.is_empty() { self.choices.iter().position(|choice| Some(&choice.value) == chosen) } else { None };
        self.open = Some((typed, at.unwrap_or(0)));
    }

    fn move_by(&mut self, delta: isize) {
        let Some((typed, at)) = self.open.take() else { return };
        let last = self.found(&typed).count().saturating_sub(1);
        let at = at.saturating_add_signed(delta).min(last);
        self.open = Some((typed, at));
    }

    /// Takes the choice under the cursor, or takes it away again; a single one closes the list.
    fn take(&mut self, many: bool) {
        let Some((typed, at)) = self.open.take() else { return self.open(String::new()) };
        let found = self.found(&typed).nth(at).map(|choice| choice.value.clone());
        let Some(value) = found else {
            self.open = Some((typed, at));
            return;
        };
        if !many {
            self.chosen = vec![value];
            return;
        }
        match self.chosen.iter().position(|chosen| *chosen == value) {
            Some(place) => drop(self.chosen.remove(place)),
            None => self.chosen.push(value),
        }
        // In the order of the options, so that the order of ticking is no change.
        let place = |value: &String| self.choices.iter().position(|choice| choice.value == *value);
        let mut chosen = std::mem::take(&mut self.chosen);
        chosen.sort_by_key(|value| place(value).unwrap_or(usize::MAX));
        self.chosen = chosen;
        self.open = Some((typed, at));
    }

    fn key(&mut self, event: KeyEvent) -> bool {
        if event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return false;
        }
        match event.code {
            KeyCode::Char(c) => {
                let mut typed = self.open.take().map(|(typed, _)| typed).unwrap_or_default();
                typed.push(c);
                if self.found(&typed).next().is_none() {
                    typed.pop();
                }
                self.open(typed);
                true
            }
            KeyCode::Backspace if self.open.is_some() => {
                let mut typed = self.open.take().map(|(typed, _)| typed).unwrap_or_default();
                typed.pop();
                self.open(typed);
                true
            }
            _ => false,
        }
    }
}

impl Control {
    /// For a type of values.
    pub fn new(kind: FieldKind, options: &[String], texts: &[String]) -> Self {
        let first = texts.first().map_or("", String::as_str);
        let choices = || options.iter().map(|option| Choice::plain(option)).collect();
        match kind {
            FieldKind::TextLong => Self::Long(long(first)),
            FieldKind::Picklist => Self::One(Pick { choices: choices(), chosen: texts.to_vec(), open: None }),
            FieldKind::MultiPicklist => Self::Many(Pick { choices: choices(), chosen: texts.to_vec(), open: None }),
            FieldKind::Checkbox => Self::Tick(match first {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            }),
            _ => Self::Line(LineInput::new(first)),
        }
    }

    /// One of several values.
    pub fn one(choices: Vec<Choice>, chosen: Option<&str>) -> Self {
        let chosen = chosen.filter(|chosen| !chosen.is_empty()).map(str::to_owned).into_iter().collect();
        Self::One(Pick { choices, chosen, open: None })
    }

    /// What is in it; nothing, if it is blank.
    pub fn texts(&self) -> Vec<String> {
        let text = match self {
            Self::Line(line) => line.text().trim().to_owned(),
            Self::Long(area) => area.lines().join("\n").trim_end().to_owned(),
            Self::One(pick) | Self::Many(pick) => return pick.chosen.clone(),
            Self::Tick(ticked) => return ticked.iter().map(|yes| if *yes { "yes" } else { "no" }.to_owned()).collect(),
        };
        if text.is_empty() { Vec::new() } else { vec![text] }
    }

    /// Replaces what is in it.
    pub fn set(&mut self, text: &str) {
        match self {
            Self::Line(line) => *line = LineInput::new(text),
            Self::Long(area) => *area = long(text),
            Self::One(pick) => {
                pick.chosen = Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
            }
            Self::Many(pick) => {
                let items = text.split([';', ',']).map(str::trim).filter(|item| !item.is_empty());
                pick.chosen = items.map(str::to_owned).collect();
            }
            Self::Tick(ticked) => {
                *ticked = match text {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => None,
                }
            }
        }
    }

    /// True while its list of choices is open.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::One(Pick { open: Some(_), .. }) | Self::Many(Pick { open: Some(_), .. }))
    }

    /// Closes the list of choices.
    pub fn close(&mut self) {
        if let Self::One(pick) | Self::Many(pick) = self {
            pick.open = None;
        }
    }

    /// Opens the list, takes a choice, ticks.
    pub fn toggle(&mut self) {
        match self {
            Self::One(pick) => pick.take(false),
            Self::Many(pick) => pick.take(true),
            Self::Tick(ticked) => *ticked = Some(*ticked != Some(true)),
            Self::Line(_) | Self::Long(_) => {}
        }
    }

    /// In the list of choices: a blank goes on typing if a name has it there.
    pub fn blank(&mut self) {
        if let Self::One(pick) | Self::Many(pick) = self
            && let Some((typed, _)) = &pick.open
            && !typed.is_empty()
        {
            let longer = format!("{typed} ");
            if pick.found(&longer).next().is_some() {
                return pick.open(longer);
            }
        }
        self.toggle();
    }

    /// In the list of choices.
    pub fn move_by(&mut self, delta: isize) {
        if let Self::One(pick) | Self::Many(pick) = self {
            pick.move_by(delta);
        }
    }

    /// Blank.
    pub fn clear(&mut self) {
        match self {
            Self::Line(line) => *line = LineInput::new(""),
            Self::Long(area) => *area = long(""),
            Self::One(pick) | Self::Many(pick) => pick.chosen.clear(),
            Self::Tick(ticked) => *ticked = None,
        }
    }

    /// A key; `false`: it means nothing here.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match self {
            Self::Line(line) => line.key(event),
            Self::Long(area) => match event.code {
                KeyCode::Tab | KeyCode::BackTab => false,
                KeyCode::Char('u' | 'U') if ctrl => area.delete_line_by_head(),
                _ => {
                    let before = (area.cursor(), area.lines().to_vec());
                    area.input(event) || before != (area.cursor(), area.lines().to_vec())
                }
            },
            Self::One(pick) | Self::Many(pick) => pick.key(event),
            Self::Tick(ticked) => match event.code {
                KeyCode::Char('y' | 'Y') if !ctrl => {
                    *ticked = Some(true);
                    true
                }
                KeyCode::Char('n' | 'N') if !ctrl => {
                    *ticked = Some(false);
                    true
                }
                _ => false,
            },
        }
    }

    /// Text was pasted.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Line(line) => drop(line.paste(text)),
            Self::Long(area) => drop(area.insert_str(text.replace("\r\n", "\n").replace('\r', "\n"))),
            Self::One(pick) | Self::Many(pick) => {
                let text = text.trim();
                let found = pick.choices.iter().find(|c| c.value == text || c.label.eq_ignore_ascii_case(text));
                if let Some(value) = found.map(|choice| choice.value.clone()) {
                    pick.chosen = vec![value];
                }
            }
            Self::Tick(_) => {}
        }
    }
}

fn long(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.lines().map(str::to_owned).collect());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}
