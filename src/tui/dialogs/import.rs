//! A CSV file into the contacts: which file, which column is which field, a trial, and the import itself.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use tokio_util::sync::CancellationToken;

use crate::domain::text::visible;
use crate::domain::{Field, FieldKind};
use crate::ingest::csv::{Found, MapRule};
use crate::ingest::import::{self, Done, How, Preview};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::dialogs::text::Text;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::line::LineInput;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::screens::imports::{ReadImports, show};
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::typed::typed;
use crate::tui::view::common::window::{keys_line, window};

mod files;

use files::Entry;

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
    CHANGE: "import-map", "Another field for the column", "field", [MAPPING], ["enter" "space"];
    IGNORE: "import-ignore", "Leave the column out", "ignore", [MAPPING], ["x"];
    SAMPLE: "import-sample", "Another row as a sample", "sample", [MAPPING], ["l" "right"];
    TRY: "import-try", "Try it: what would happen", "try", [MAPPING], ["t"];
    SYNC: "import-sync", "To Salesforce, too, or not", "", [MAPPING], ["s"];
    START: "import-start", "Import", "import", [MAPPING], ["i"];
    LEAVE: "import-leave", "Leave", "", [MAPPING], ["q"];
    STOP: "import-stop", "Stop; what is stored stays", "stop", [RUNNING], ["esc" "ctrl-c"];
}

/// The name of the work that tells how far it is.
const WORK: &str = "import";
/// Rows of the sample.
const ROWS: usize = 50;

/// How far the dialog is.
#[derive(Debug)]
enum Stage {
    Files,
    Mapping(Box<Preview>),
    Running { dry: bool, stop: CancellationToken },
}

/// The dialog.
#[derive(Debug)]
pub struct ImportDialog {
    line: LineInput,
    entries: Vec<Entry>,
    /// The folder whose entries are at hand.
    listed: Option<PathBuf>,
    problem: Option<String>,
    stage: Stage,
    file: PathBuf,
    map: Vec<MapRule>,
    sample: usize,
    sync: bool,
    cursor: Cell<Cursor>,
    preview: Option<Box<Preview>>,
}

impl Default for ImportDialog {
    fn default() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let mut path = here.display().to_string();
        if !path.ends_with('/') {
            path.push('/');
        }
        Self {
            line: LineInput::new(&path),
            entries: Vec::new(),
            listed: None,
            problem: None,
            stage: Stage::Files,
            file: PathBuf::new(),
            map: Vec::new(),
            sample: 0,
            sync: false,
            cursor: Cell::default(),
            preview: None,
        }
    }
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.open(ImportDialog::default());
}

/// Reads a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFolder(pub PathBuf);

impl Job for ReadFolder {
    type Answer = Vec<Entry>;

    fn kind(&self) -> Kind {
        Kind::Reading("folder")
    }

    async fn run(&self, _: &Hands) -> Result<Vec<Entry>, String> {
        let folder = self.0.clone();
        let read = tokio::task::spawn_blocking(move || files::read(&folder)).await;
        read.map_err(|error| error.to_string())?
    }

    fn take(&self, entries: Vec<Entry>, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(dialog) =
            model.layers.find_mut::<ImportDialog>().filter(|dialog| dialog.listed.as_ref() == Some(&self.0))
        {
            dialog.entries = entries;
            dialog.cursor.get_mut().at = 0;
            model.dirty = true;
        }
    }

    fn failed(&self, _: String, model: &mut Model, _: &mut Vec<Effect>) {
        // A folder that is being typed is no folder yet.
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
            dialog.entries.clear();
            model.dirty = true;
        }
    }
}

/// Looks into a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Peek {
    /// The file.
    pub file: PathBuf,
    /// What was mapped by hand.
    pub map: Vec<MapRule>,
}

impl Job for Peek {
    type Answer = Preview;

    fn kind(&self) -> Kind {
        Kind::Reading("import-preview")
    }

    async fn run(&self, hands: &Hands) -> Result<Preview, String> {
        let known = import::known(&hands.store, hands.config.identity.country()).await;
        let options = known.map_err(|error| words(&error))?;
        let options = crate::ingest::csv::Options { map: self.map.clone(), ..options };
        let file = self.file.clone();
        let read = tokio::task::spawn_blocking(move || Preview::read(&file, options, ROWS)).await;
        read.map_err(|error| error.to_string())?.map_err(|error| words(&error))
    }

    fn take(&self, preview: Preview, model: &mut Model, _: &mut Vec<Effect>) {
        let Some(dialog) = model.layers.find_mut::<ImportDialog>().filter(|dialog| dialog.file == self.file) else {
            return;
        };
        if matches!(dialog.stage, Stage::Files) {
            *dialog.cursor.get_mut() = Cursor::default();
        }
        dialog.problem = None;
        dialog.stage = Stage::Mapping(Box::new(preview));
        model.dirty = true;
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
            dialog.problem = Some(error);
            // A rule that does not hold is not kept.
            dialog.map.pop();
            model.dirty = true;
        }
    }
}

/// Makes a field out of a column, then maps it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewField {
    /// The column.
    pub column: String,
    /// Its header: the field's label.
    pub label: String,
    /// The type.
    pub kind: FieldKind,
}

impl Job for NewField {
    type Answer = String;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<String, String> {
        let made = hands.store.add_field(&self.label, Some(&self.label), self.kind, &[], Timestamp::now()).await;
        let made = made.map_err(|error| format!("No new field: {}", words(&error)))?;
        if let Ok(custom) = hands.store.custom_fields().await {
            hands.set_custom(&custom);
        }
        Ok(made.name)
    }

    fn take(&self, name: String, model: &mut Model, effects: &mut Vec<Effect>) {
        say(model, Tone::Good, format!("New field {name}"));
        effects.push(Effect::job(crate::tui::screens::fields::ReadFields));
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
            dialog.map_column(self.column.clone(), name, effects);
        }
    }
}

/// Imports, or tries it.
#[derive(Clone, Debug)]
pub struct Run {
    /// The file.
    pub file: PathBuf,
    /// What was mapped by hand.
    pub map: Vec<MapRule>,
    /// Only find out what would happen.
    pub dry: bool,
    /// New and changed contacts wait for Salesforce.
    pub sync: bool,
    stop: CancellationToken,
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        (&self.file, &self.map, self.dry, self.sync) == (&other.file, &other.map, other.dry, other.sync)
    }
}

impl Run {
    async fn import(&self, hands: &Hands) -> Result<Done, String> {
        let known = import::known(&hands.store, hands.config.identity.country()).await;
        let options = known.map_err(|error| words(&error))?;
        let options = crate::ingest::csv::Options { map: self.map.clone(), ..options };
        let job = import::Job::open(&self.file, options).map_err(|error| words(&error))?;
        let how = How { actor: hands.actor.clone(), dry_run: self.dry, sync: self.sync, ..How::default() };
        let tell = |progress: &import::Progress| hands.progress(WORK, progress.bytes, Some(progress.size));
        job.run(&hands.store, &how, &self.stop, tell).await.map_err(|error| words(&error))
    }
}

impl Job for Run {
    type Answer = Done;

    fn kind(&self) -> Kind {
        Kind::Long(WORK)
    }

    async fn run(&self, hands: &Hands) -> Result<Done, String> {
        let (work, hands) = (self.clone(), hands.clone());
        // Its own thread: reading and checking rows is work for a processor, and waits for nobody.
        let runtime = tokio::runtime::Handle::current();
        let done = tokio::task::spawn_blocking(move || runtime.block_on(work.import(&hands))).await;
        done.map_err(|error| error.to_string())?
    }

    fn take(&self, done: Done, model: &mut Model, effects: &mut Vec<Effect>) {
        let Some(dialog) = model.layers.find_mut::<ImportDialog>() else {
            return say(model, Tone::Good, summary(&done, self.dry));
        };
        if self.dry {
            dialog.back_to_mapping();
            return model.layers.open(Text::new("What would happen", &told(&done, true)));
        }
        model.layers.close::<ImportDialog>();
        effects.push(Effect::job(ReadImports));
        model.refresh.changed = true;
        let text = told(&done, false);
        if let Some(id) = done.import {
            show(model, id, &done.name);
        }
        model.layers.open(Text::new(format!("Imported {}", done.name), &text));
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        match model.layers.find_mut::<ImportDialog>() {
            Some(dialog) => {
                dialog.back_to_mapping();
                dialog.problem = Some(error);
                model.dirty = true;
            }
            None => say(model, Tone::Bad, error),
        }
    }
}

fn summary(done: &Done, dry: bool) -> String {
    let count = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let report = &done.report;
    let would = if dry { "would be " } else { "" };
    format!("{} {would}created, {} {would}updated", count(report.created), count(report.updated))
}

/// The report as people read it.
fn told(done: &Done, dry: bool) -> String {
    let report = &done.report;
    let count = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let would = if dry { " would be" } else { "" };
    let mut lines = vec![format!("{} rows", count(report.rows()))];
    for (n, word) in [
        (report.created, "created"),
        (report.updated, "updated"),
        (report.unchanged, "unchanged"),
        (report.repeated, "about somebody of an earlier row"),
        (report.skipped, "left out: no email and no mobile phone"),
        (report.rejected, "rejected"),
    ] {
        if n > 0 || matches!(word, "created" | "updated" | "rejected") {
            lines.push(format!("{:>9}{would} {word}", count(n)));
        }
    }
    if report.canceled {
        lines.push("Stopped before the end. The same file again takes the rest.".to_owned());
    }
    if let Some(path) = &done.rejects {
        lines.push(format!("Correct {} and import it.", path.display()));
    }
    if !report.listed.is_empty() {
        lines.push(String::new());
        lines.extend(report.listed.iter().map(ToString::to_string));
    }
    if !dry && done.import.is_some() {
        lines.push(String::new());
        lines.push("g i lists the imports; x takes one back.".to_owned());
    }
    lines.join("\n")
}

impl ImportDialog {
    fn back_to_mapping(&mut self) {
        self.stage = match self.preview.take() {
            Some(preview) => Stage::Mapping(preview),
            None => Stage::Files,
        };
    }

    /// The entries that what is typed after the last slash begins.
    fn found(&self) -> Vec<&Entry> {
        let name = self.line.text().rsplit('/').next().unwrap_or_default();
        let hidden = name.starts_with('.');
        let matches = |entry: &&Entry| {
            entry.name.to_lowercase().starts_with(&name.to_lowercase()) && (hidden || !entry.name.starts_with('.'))
        };
        self.entries.iter().filter(matches).collect()
    }

    fn take(&mut self, effects: &mut Vec<Effect>) {
        let typed = files::expand(self.line.text());
        let chosen = self.found().get(self.cursor.get().at).map(|entry| (entry.name.clone(), entry.folder));
        let name_typed = !self.line.text().ends_with('/');
        if name_typed && typed.is_file() {
            self.file = typed;
        } else if let Some((name, folder)) = chosen {
            let path = files::folder(self.line.text()).join(&name);
            self.line = LineInput::new(&format!("{}{}", path.display(), if folder { "/" } else { "" }));
            if folder {
                return;
            }
            self.file = path;
        } else {
            self.problem = Some("there is no such file".to_owned());
            return;
        }
        self.map.clear();
        effects.push(Effect::job(Peek { file: self.file.clone(), map: Vec::new() }));
    }

    fn complete(&mut self) {
        let names: Vec<(String, bool)> = self.found().iter().map(|entry| (entry.name.clone(), entry.folder)).collect();
        if let Some(common) = files::common(&names) {
            let path = files::folder(self.line.text()).join(common);
            let slash = matches!(&names[..], [(_, true)]);
            self.line = LineInput::new(&format!("{}{}", path.display(), if slash { "/" } else { "" }));
        }
    }

    fn map_column(&mut self, column: String, field: String, effects: &mut Vec<Effect>) {
        self.map.retain(|rule| rule.column != column);
        self.map.push(MapRule { column, field });
        effects.push(Effect::job(Peek { file: self.file.clone(), map: self.map.clone() }));
    }

    fn choose(&mut self, model: &mut Model) {
        let Stage::Mapping(preview) = &self.stage else { return };
        let at = self.cursor.get().at;
        let Some(column) = preview.plan.columns.get(at) else { return };
        let number = format!("#{}", at + 1);
        let header = if column.header.is_empty() { format!("Column {}", at + 1) } else { column.header.clone() };
        let mut items =
            vec![Item { value: To::Field("ignore".to_owned()), label: "Leave it out".to_owned(), note: String::new() }];
        let mut field = |key: &str, label: &str, note: &str| {
            let (label, note) = (label.to_owned(), note.to_owned());
            items.push(Item { value: To::Field(key.to_owned()), label, note });
        };
        for known in Field::ALL {
            field(known.key(), known.label(), "");
        }
        field("name", "Full name", "first and last name");
        field("status", "Status", "");
        field("owner", "Owner", "email or name");
        field("source", "Source", "");
        for custom in &model.setup.custom {
            field(&custom.name, &custom.name, "custom field");
        }
        for kind in [
            FieldKind::TextShort,
            FieldKind::TextLong,
            FieldKind::Number,
            FieldKind::Date,
            FieldKind::Datetime,
            FieldKind::Phone,
            FieldKind::Checkbox,
        ] {
            let label = format!("New field: {}", crate::tui::screens::fields::kind_label(kind));
            items.push(Item { value: To::New(kind), label, note: visible(&header).into_owned() });
        }
        let title = format!("{} is", visible(&header));
        let now = column.target.as_ref().map(|target| target.key().to_owned());
        let picker = Picker::new(title, items, move |to, model, effects| match to {
            To::Field(field) => {
                if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
                    dialog.map_column(number, field, effects);
                }
            }
            To::New(kind) => effects.push(Effect::job(NewField { column: number, label: header, kind })),
        });
        model.layers.open(picker.at(|to| matches!(to, To::Field(field) if Some(field) == now.as_ref())));
    }

    fn run(&mut self, dry: bool, effects: &mut Vec<Effect>) {
        let stop = CancellationToken::new();
        let before = std::mem::replace(&mut self.stage, Stage::Running { dry, stop: stop.clone() });
        if let Stage::Mapping(preview) = before {
            self.preview = Some(preview);
        }
        self.problem = None;
        let (file, map, sync) = (self.file.clone(), self.map.clone(), self.sync);
        effects.push(Effect::job(Run { file, map, dry, sync, stop }));
    }
}

/// What a column becomes.
#[derive(Clone, Debug)]
enum To {
    Field(String),
    New(FieldKind),
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
            (Stage::Files, TAKE) => self.take(effects),
            (Stage::Files, COMPLETE) => self.complete(),
            (Stage::Files, DOWN | UP) => {
                let rows = self.found().len();
                self.cursor.get_mut().act(if action == DOWN { Action::MoveDown } else { Action::MoveUp }, rows);
            }
            (Stage::Mapping(_), CHANGE) => self.choose(model),
            (Stage::Mapping(_), IGNORE) => {
                let number = format!("#{}", self.cursor.get().at + 1);
                self.map_column(number, "ignore".to_owned(), effects);
            }
            (Stage::Mapping(preview), SAMPLE) => self.sample = (self.sample + 1) % preview.sample.len().max(1),
            (Stage::Mapping(_), SYNC) => self.sync = !self.sync,
            (Stage::Mapping(_), TRY) => self.run(true, effects),
            (Stage::Mapping(_), START) => self.run(false, effects),
            (Stage::Mapping(_), LEAVE) => return After::Close,
            (Stage::Running { stop, .. }, STOP) => {
                stop.cancel();
                say(model, Tone::Info, "Stopping after the rows that are under way");
            }
            (Stage::Mapping(preview), action) => {
                let rows = preview.plan.columns.len();
                return if self.cursor.get_mut().act(action, rows) { After::Stay } else { After::Pass };
            }
            _ => return After::Pass,
        }
        After::Stay
    }

    fn key(&mut self, event: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        if matches!(self.stage, Stage::Files) && self.line.key(event) {
            self.problem = None;
            self.cursor.get_mut().at = 0;
        }
        After::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Model, _: &mut Vec<Effect>) {
        if matches!(self.stage, Stage::Files) {
            // Terminals paste a dropped file with quotes around it.
            let path = text.trim().trim_matches(['\'', '"']);
            self.line = LineInput::new("");
            self.line.paste(path);
            self.problem = None;
        }
    }

    fn settle(&mut self, _: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if !matches!(self.stage, Stage::Files) {
            return;
        }
        let folder = files::folder(self.line.text());
        if self.listed.as_ref() != Some(&folder) {
            self.listed = Some(folder.clone());
            effects.push(Effect::job(ReadFolder(folder)));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let inner = window(canvas, body, (110, body.height.saturating_sub(2).min(34)), &self.title(), "");
        let keys = keys_line(model, canvas, &self.places()[..1]);
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        let mut area = Rect { height: inner.height.saturating_sub(1), ..inner };
        if let Some(problem) = &self.problem {
            area.height = area.height.saturating_sub(1);
            let style = canvas.style(Meaning::Bad);
            canvas.text(area.x, area.bottom(), area.width, problem, style);
        }
        match &self.stage {
            Stage::Files => Some(self.draw_files(canvas, area)),
            Stage::Mapping(preview) => {
                self.draw_mapping(preview, canvas, area);
                None
            }
            Stage::Running { dry, .. } => {
                let word = if *dry { "Trying" } else { "Importing" };
                let name = name(&self.file);
                let style = canvas.style(Meaning::Strong);
                canvas.text(area.x, area.y, area.width, &format!("{word} {name}"), style);
                if let Some(progress) = model.progress.iter().find(|progress| progress.name == WORK) {
                    let of = progress.of.unwrap_or(1).max(1);
                    let room = u64::from(area.width.saturating_sub(8));
                    let full = (progress.done.min(of) * room / of) as usize;
                    let glyphs = *canvas.glyphs();
                    let line = Line::from(vec![
                        canvas.span(glyphs.bar.repeat(full), Meaning::Chart),
                        canvas.span(glyphs.bar_rest.repeat(room as usize - full), Meaning::ChartRest),
                        canvas.span(format!(" {}%", progress.done.min(of) * 100 / of), Meaning::Text),
                    ]);
                    canvas.line(area.x, area.y + 1, area.width, &line);
                }
                None
            }
        }
    }
}

impl ImportDialog {
    fn draw_files(&self, canvas: &mut Canvas<'_>, area: Rect) -> Position {
        let style = canvas.style(Meaning::Label);
        let used = canvas.text(area.x, area.y, area.width, "File ", style);
        let line = Rect { x: area.x + used, width: area.width.saturating_sub(used), height: 1, ..area };
        let cursor = typed(canvas, line, &self.line);
        let found = self.found();
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let mut at = self.cursor.get();
        let top = at.fit(found.len(), usize::from(list.height));
        self.cursor.set(at);
        for (y, (index, entry)) in (list.y..list.bottom()).zip(found.iter().enumerate().skip(top)) {
            let meaning = match (entry.folder, entry.csv) {
                (true, _) => Meaning::Accent,
                (false, true) => Meaning::Strong,
                (false, false) => Meaning::Dim,
            };
            let style = canvas.style(meaning);
            let words = format!("{}{}", entry.name, if entry.folder { "/" } else { "" });
            canvas.text(list.x + 1, y, list.width.saturating_sub(12), &words, style);
            if !entry.folder {
                let style = canvas.style(Meaning::Dim);
                canvas.text_right(list.x, y, list.width.saturating_sub(1), &files::size(entry.size), style);
            }
            if index == at.at {
                let style = canvas.style(Meaning::Cursor);
                canvas.tint(Rect { y, height: 1, ..list }, style);
            }
        }
        cursor
    }

    fn draw_mapping(&self, preview: &Preview, canvas: &mut Canvas<'_>, area: Rect) {
        let plan = &preview.plan;
        let salesforce = if self.sync { "; then to Salesforce" } else { "; not to Salesforce (s)" };
        let about = format!("{}: {} columns{salesforce}", name(&self.file), plan.columns.len());
        let style = canvas.style(Meaning::Strong);
        canvas.text(area.x, area.y, area.width, &about, style);
        // What is doubtful takes the last lines, but leaves room for the columns.
        let mut notes: Vec<String> = preview.warnings.clone();
        if preview.bad > 0 {
            notes.push(format!("{} of the first {} rows would be refused or left out", preview.bad, preview.looked_at));
        }
        notes.extend(preview.problems.iter().map(ToString::to_string));
        let room = usize::from(area.height.saturating_sub(5)).min(5);
        notes.truncate(room);
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + notes.len() as u16), ..area };
        for (y, note) in (list.bottom()..area.bottom()).zip(&notes) {
            let style = canvas.style(Meaning::Warning);
            canvas.text(area.x, y, area.width, note, style);
        }
        let columns =
            [Column::new("Column", 10, 30, 10), Column::new("Sample", 8, 44, 8), Column::new("becomes", 10, 26, 9)];
        let widths = widths(&columns, list.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..list }, &columns, &widths, None);
        let rows = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(plan.columns.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        let sample = preview.sample.get(self.sample.min(preview.sample.len().saturating_sub(1)));
        for (y, (index, column)) in (rows.y..rows.bottom()).zip(plan.columns.iter().enumerate().skip(top)) {
            let cell = sample.and_then(|cells| cells.get(index)).map_or("", String::as_str);
            let (becomes, meaning) = match (&column.target, &column.found) {
                (Some(target), Found::ByHand) => (label(target.key()), Meaning::Accent),
                (Some(target), _) => (label(target.key()), Meaning::Good),
                (None, Found::Ignored) => ("left out".to_owned(), Meaning::Dim),
                (None, _) => ("left out".to_owned(), Meaning::Warning),
            };
            let cells = [
                table::Cell::new(column.header.as_str(), Meaning::Text),
                table::Cell::new(cell, Meaning::Dim),
                table::Cell::new(becomes, meaning),
            ];
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, Rect { y, height: 1, ..rows }, &columns, &widths, &cells, look);
        }
    }
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A target as people read it.
fn label(key: &str) -> String {
    match key {
        "name" => "Full name".to_owned(),
        "status" => "Status".to_owned(),
        "owner" => "Owner".to_owned(),
        "source" => "Source".to_owned(),
        key => Field::parse(key).map_or_else(|| key.to_owned(), |field| field.label().to_owned()),
    }
}
