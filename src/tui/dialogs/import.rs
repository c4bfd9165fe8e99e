//! A CSV file into the contacts: which file, which column is which field, a trial, and the import itself.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use tokio_util::sync::CancellationToken;

use crate::ingest::import::Preview;
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::meter::bar;
use crate::tui::view::common::window::{keys_line, window};

mod choose;
pub mod files;
pub mod jobs;
mod mapping;

use choose::{Choose, Chosen};
use jobs::{Given, Peek, ReadFolder, Run, WORK};
use mapping::Mapping;

/// While a file is chosen.
pub const FILES: Place = Place("Choosing a file");
/// While columns are mapped.
pub const MAPPING: Place = Place("Mapping columns");
/// While the import runs.
pub const RUNNING: Place = Place("Importing");

actions! {
    IMPORT = open: "import-file", "Import a CSV file", "", [Place::GLOBAL], ["g I"];
    TAKE: "import-take", "Open the folder, take the file", "take", [FILES], ["enter"];
    COMPLETE: "import-complete", "Complete the path", "complete", [FILES], ["tab"];
    DOWN: "import-file-down", "Down", "", [FILES], ["down" "ctrl-n"];
    UP: "import-file-up", "Up", "", [FILES], ["up" "ctrl-p"];
    START: "import-start", "Import", "import", [MAPPING], ["i"];
    TRY: "import-try", "Try it: what would happen", "try", [MAPPING], ["t"];
    CHANGE: "import-map", "Another field for the column, or a new one", "field", [MAPPING], ["enter" "space"];
    IGNORE: "import-ignore", "Leave the column out", "leave out", [MAPPING], ["x"];
    SAMPLE: "import-sample", "The next rows as a sample", "rows", [MAPPING], ["l" "right"];
    SAMPLE_BACK: "import-sample-back", "The rows before as a sample", "", [MAPPING], ["h" "left"];
    DELIMITER: "import-delimiter", "Cells are parted otherwise", "cells", [MAPPING], ["d"];
    NAME: "import-name", "Another name for the import", "name", [MAPPING], ["r"];
    SYNC: "import-sync", "To Salesforce, too, or not", "Salesforce", [MAPPING], ["s"];
    LEAVE: "import-leave", "Leave", "", [MAPPING], ["q"];
    STOP: "import-stop", "Stop; what is stored stays", "stop", [RUNNING], ["esc" "ctrl-c"];
}

/// How far the dialog is.
#[derive(Debug)]
enum Stage {
    Files,
    Mapping(Box<Mapping>),
    Running { dry: bool, stop: CancellationToken, back: Box<Mapping> },
}

/// The dialog.
#[derive(Debug)]
pub struct ImportDialog {
    choose: Choose,
    stage: Stage,
    /// What was asked for last, which may yet be refused.
    given: Given,
    name: Option<String>,
    sync: bool,
    problem: Option<String>,
}

impl Default for ImportDialog {
    fn default() -> Self {
        Self {
            choose: Choose::default(),
            stage: Stage::Files,
            given: Given::default(),
            name: None,
            sync: false,
            problem: None,
        }
    }
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.open(ImportDialog::default());
}

impl ImportDialog {
    fn ask(&mut self, given: Given, effects: &mut Vec<Effect>) {
        self.given = given;
        effects.push(Effect::job(Peek(self.given.clone())));
    }

    /// What the file is taken for.
    fn looked(&mut self, given: &Given, preview: Preview) {
        self.problem = None;
        match &mut self.stage {
            Stage::Files => self.stage = Stage::Mapping(Box::new(Mapping::new(given.clone(), preview))),
            Stage::Mapping(mapping) => mapping.again(given.clone(), preview),
            Stage::Running { .. } => {}
        }
    }

    /// It cannot be read like that: what held before holds on.
    fn refused(&mut self, problem: String) {
        self.problem = Some(problem);
        if let Stage::Mapping(mapping) = &self.stage {
            self.given = mapping.given.clone();
        }
    }

    /// A column becomes a field.
    fn map_column(&mut self, at: usize, field: String, effects: &mut Vec<Effect>) {
        let given = self.given.mapped(at, field);
        self.ask(given, effects);
    }

    fn run(&mut self, dry: bool, effects: &mut Vec<Effect>) {
        let Stage::Mapping(mapping) = &self.stage else { return };
        if !mapping.preview.identifies {
            self.problem = Some("Say first which column holds the email or the mobile phone".to_owned());
            return;
        }
        let stop = CancellationToken::new();
        let Stage::Mapping(back) = std::mem::replace(&mut self.stage, Stage::Files) else { return };
        let given = back.given.clone();
        self.stage = Stage::Running { dry, stop: stop.clone(), back };
        self.problem = None;
        effects.push(Effect::job(Run { given, name: self.name.clone(), dry, sync: self.sync, stop }));
    }

    fn back_to_mapping(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Files) {
            Stage::Running { back, .. } => Stage::Mapping(back),
            stage => stage,
        };
    }

    fn ask_name(&self, model: &mut Model) {
        let name = self.name.clone().unwrap_or_else(|| self.given.stem());
        model.layers.open(Prompt::new("Name of the import", "Name", &name, |name, model, _| {
            let name = name.trim().to_owned();
            if let Some(dialog) = model.layers.find_mut::<Self>() {
                dialog.name = (!name.is_empty()).then_some(name);
            }
            Ok(())
        }));
    }

    fn act_mapping(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let Stage::Mapping(mapping) = &mut self.stage else { return After::Pass };
        match action {
            CHANGE => mapping.choose(model),
            IGNORE => {
                let at = mapping.at();
                self.map_column(at, "ignore".to_owned(), effects);
            }
            SAMPLE => mapping.sample(true),
            SAMPLE_BACK => mapping.sample(false),
            DELIMITER => {
                let given = mapping.next_delimiter();
                self.ask(given, effects);
            }
            NAME => self.ask_name(model),
            SYNC => self.sync = !self.sync,
            TRY => self.run(true, effects),
            START => self.run(false, effects),
            LEAVE => return After::Close,
            action if mapping.go(action) => {}
            _ => return After::Pass,
        }
        After::Stay
    }
}

impl Layer for ImportDialog {
    fn title(&self) -> String {
        "Import a CSV file".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        match self.stage {
            Stage::Files => &[FILES, Place::DIALOG],
            Stage::Mapping(_) => &[MAPPING, Place::DIALOG, Place::ROWS],
            Stage::Running { .. } => &[RUNNING],
        }
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match (&self.stage, action) {
            (Stage::Files, TAKE) => match self.choose.take() {
                Chosen::File(file) => {
                    self.problem = None;
                    self.ask(Given { file, ..Given::default() }, effects);
                }
                Chosen::Folder => self.problem = None,
                Chosen::Nothing => self.problem = Some("There is no such file".to_owned()),
            },
            (Stage::Files, COMPLETE) => self.choose.complete(),
            (Stage::Files, DOWN) => self.choose.go(Action::MoveDown),
            (Stage::Files, UP) => self.choose.go(Action::MoveUp),
            (Stage::Mapping(_), action) => return self.act_mapping(action, model, effects),
            (Stage::Running { stop, .. }, STOP) => {
                stop.cancel();
                say(model, Tone::Info, "Stopping after the rows that are under way");
            }
            _ => return After::Pass,
        }
        After::Stay
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        if matches!(self.stage, Stage::Files) && self.choose.key(event) {
            self.problem = None;
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        if matches!(self.stage, Stage::Files) {
            self.choose.paste(text);
            self.problem = None;
        }
    }

    fn settle(&mut self, _: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if matches!(self.stage, Stage::Files)
            && let Some(folder) = self.choose.unlisted()
        {
            effects.push(Effect::job(ReadFolder(folder)));
        }
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        action != Action::Accept
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let lines = match &self.stage {
            Stage::Files => 24,
            Stage::Mapping(mapping) => mapping.lines(),
            Stage::Running { .. } => 4,
        };
        let inner = window(canvas, body, (110, lines), &self.title(), "");
        let keys = keys_line(model, canvas, &self.places()[..1]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        let mut area = Rect { height: inner.height.saturating_sub(1), ..inner };
        if let Some(problem) = &self.problem {
            area.height = area.height.saturating_sub(1);
            let style = canvas.style(Meaning::Bad);
            canvas.text(area.x, area.bottom(), area.width, problem, style);
        }
        match &self.stage {
            Stage::Files => Some(self.choose.draw(canvas, area)),
            Stage::Mapping(mapping) => {
                let name = self.name.clone().unwrap_or_else(|| self.given.stem());
                mapping.draw(&name, self.sync, canvas, area);
                None
            }
            Stage::Running { dry, .. } => {
                let word = if *dry { "Trying" } else { "Importing" };
                let style = canvas.style(Meaning::Strong);
                canvas.text(area.x, area.y, area.width, &format!("{word} {}", self.given.file_name()), style);
                let progress = model.progress.iter().find(|progress| progress.name == WORK);
                let (done, of) = progress.map_or((0, 1), |progress| (progress.done, progress.of.unwrap_or(1).max(1)));
                let room = usize::from(area.width.saturating_sub(6));
                let mut line = Line::default();
                line.extend(bar(canvas, done.min(of), of, room, Meaning::Chart));
                line.push_span(canvas.span(format!(" {}%", done.min(of) * 100 / of), Meaning::Text));
                canvas.line(area.x, area.y + 1, area.width, &line);
                None
            }
        }
    }
}
