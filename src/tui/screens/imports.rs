//! The imports there were: each opens as a contact list, can be taken back, and `n` begins another.

use std::cell::Cell;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};

use crate::domain::text::visible;
use crate::store::{Import, Undone};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::import::ImportDialog;
use crate::tui::dialogs::text::Text;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::{focus, say};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::window::{self, full};
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Imports");

actions! {
    OPEN = open: "imports", "Imports", "", [Place::GLOBAL], ["g i"];
    NEW: "import-new", "Import a CSV file", "new", [PLACE], ["n" "N"];
    SHOW: "import-contacts", "Its contacts as a list", "contacts", [PLACE], ["enter" "l"];
    REPORT: "import-report", "What became of its rows", "report", [PLACE], ["space"];
    UNDO: "import-undo", "Take the import back", "take back", [PLACE], ["x" "D"];
}

/// Imports that are listed.
const MOST: usize = 500;

/// The screen.
#[derive(Debug, Default)]
pub struct Imports {
    rows: Vec<Import>,
    cursor: Cell<Cursor>,
    loaded: bool,
    asked: bool,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.close::<Imports>();
    model.layers.open(Imports::default());
}

/// Reads the imports.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadImports;

impl Job for ReadImports {
    type Answer = Vec<Import>;

    fn kind(&self) -> Kind {
        Kind::Reading("imports")
    }

    async fn run(&self, hands: &Hands) -> Result<Vec<Import>, String> {
        hands.store.imports(MOST).await.map_err(|error| format!("The imports can not be read: {}", words(&error)))
    }

    fn take(&self, imports: Vec<Import>, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Imports>() {
            let same = screen.loaded && screen.rows == imports;
            screen.rows = imports;
            screen.loaded = true;
            model.dirty |= !same;
        }
    }
}

/// Takes an import back.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeBack {
    /// The change in the undo log.
    pub undo: i64,
}

impl Job for TakeBack {
    type Answer = Undone;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Undone, String> {
        let undone = hands.store.undo(self.undo, Timestamp::now()).await;
        undone.map_err(|error| format!("Not taken back: {}", words(&error)))
    }

    fn take(&self, undone: Undone, model: &mut Model, effects: &mut Vec<Effect>) {
        model.refresh.changed = true;
        effects.push(Effect::job(ReadImports));
        let left = if undone.left > 0 { format!("; {} changed since and stay", undone.left) } else { String::new() };
        say(model, Tone::Good, format!("Taken back: {}{left}", undone.label));
    }
}

/// How an import stands, in a word.
fn state(import: &Import) -> (&'static str, Meaning) {
    match import {
        Import { undone_at: Some(_), .. } => ("taken back", Meaning::Dim),
        Import { finished_at: None, .. } => ("running or broken off", Meaning::Warning),
        Import { canceled: true, .. } => ("stopped", Meaning::Warning),
        _ => ("done", Meaning::Good),
    }
}

fn report(import: &Import) -> String {
    let figures = &import.figures;
    let mut lines = vec![
        format!("File      {}", import.file),
        format!("By        {}", import.actor),
        format!("Created   {}", figures.created),
        format!("Updated   {}", figures.updated),
        format!("Unchanged {}", figures.unchanged),
        format!("Repeated  {}", figures.repeated),
        format!("Skipped   {}  (no email and no mobile phone)", figures.skipped),
        format!("Rejected  {}", figures.rejected),
    ];
    if let Some(path) = &import.rejects {
        lines.push(String::new());
        lines.push(format!("Rows to correct: {path}"));
    }
    lines.join("\n")
}

/// Everybody of an import, in the contact list.
pub fn show(model: &mut Model, id: i64, name: &str) {
    focus(model, Pane::Contacts);
    model.contacts.set_filter(format!("import:{id}"));
    model.contacts.name = Some(format!("Import {}", visible(name)));
    model.contacts.due = None;
}

impl Layer for Imports {
    fn title(&self) -> String {
        "Imports".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, _: &mut Vec<Effect>) -> After {
        let rows = self.rows.len();
        if self.cursor.get_mut().act(action, rows) {
            return After::Stay;
        }
        let current = self.rows.get(self.cursor.get_mut().at);
        match (action, current) {
            (NEW, _) => model.layers.open(ImportDialog::default()),
            (SHOW, Some(import)) => {
                show(model, import.id, &import.name);
                return After::Close;
            }
            (REPORT, Some(import)) => model.layers.open(Text::new(format!("Import {}", import.name), &report(import))),
            (UNDO, Some(Import { undone_at: Some(_), .. })) => say(model, Tone::Info, "It is taken back already"),
            (UNDO, Some(Import { undo: Some(undo), name, .. })) => {
                let undo = *undo;
                let question = format!(
                    "Take the import {} back?\nNew contacts go, changed ones get their values back.\n\
                     What somebody changed since stays.",
                    visible(name)
                );
                model.layers.open(Confirm::new("Take back", question, move |_, effects| {
                    effects.push(Effect::job(TakeBack { undo }));
                }));
            }
            (UNDO, Some(_)) => say(model, Tone::Info, "It was made before imports could be taken back"),
            _ => return After::Pass,
        }
        After::Stay
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if stale || !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(ReadImports));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let inner = full(canvas, body, "Imports", &thousands(self.rows.len() as i64));
        if self.rows.is_empty() {
            let words = if self.loaded { "Nothing was imported yet. n imports a CSV file." } else { "Reading" };
            window::words(canvas, inner, words);
            return None;
        }
        let number = |title, rank| Column::new(title, 8, 9, rank).right();
        let columns = [
            Column::new("Name", 14, 40, 10),
            Column::new("When", 6, 6, 8).right(),
            Column::new("By", 10, 26, 2),
            number("Contacts", 9),
            number("Created", 6),
            number("Updated", 5),
            number("Rejected", 4),
            Column::new("", 10, 21, 7),
        ];
        let widths = widths(&columns, inner.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..inner }, &columns, &widths, None);
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.rows.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        let count = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
        for (y, (index, import)) in (rows.y..rows.bottom()).zip(self.rows.iter().enumerate().skip(top)) {
            let (state, meaning) = state(import);
            let rejected = if import.figures.rejected > 0 { Meaning::Warning } else { Meaning::Text };
            let at = when::relative(import.at, model.setup.now.at, &model.setup.time_zone);
            let cells = [
                table::Cell::new(import.name.as_str(), Meaning::Text),
                table::Cell::new(at, Meaning::Dim),
                table::Cell::new(import.actor.as_str(), Meaning::Dim),
                table::Cell::new(count(import.contacts), Meaning::Text),
                table::Cell::new(count(import.figures.created), Meaning::Text),
                table::Cell::new(count(import.figures.updated), Meaning::Text),
                table::Cell::new(count(import.figures.rejected), rejected),
                table::Cell::new(state, meaning),
            ];
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, Rect { y, height: 1, ..rows }, &columns, &widths, &cells, look);
        }
        None
    }
}
