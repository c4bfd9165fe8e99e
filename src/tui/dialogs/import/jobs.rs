//! What the import dialog asks of files and store.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::ImportDialog;
use super::files::{self, Entry};
use crate::domain::FieldKind;
use crate::ingest::csv::{MapRule, Options};
use crate::ingest::import::{self, Done, How, Preview};
use crate::tui::dialogs::text::Text;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::screens::imports::{ReadImports, show};
use crate::tui::update::say;
use crate::tui::view::common::cut::thousands;

/// The name of the work that tells how far it is.
pub const WORK: &str = "import";

/// Rows of the sample.
const ROWS: usize = 50;

/// A file, and what was said by hand of how to read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// The file.
    pub file: PathBuf,
    /// What was mapped by hand.
    pub map: Vec<MapRule>,
    /// What parts cells; found out if not given.
    pub delimiter: Option<u8>,
}

impl Given {
    /// The file's name.
    pub fn file_name(&self) -> String {
        self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The file's name without its ending: what the import is called if nobody says otherwise.
    pub fn stem(&self) -> String {
        self.file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The same with a column (from 0) as that field. Another column that was made the same field by hand is free again.
    #[must_use]
    pub fn mapped(&self, at: usize, field: String) -> Self {
        let column = format!("#{}", at + 1);
        let mut map = self.map.clone();
        map.retain(|rule| rule.column != column && (field == "ignore" || rule.field != field));
        map.push(MapRule { column, field });
        Self { map, ..self.clone() }
    }

    async fn options(&self, hands: &Hands) -> Result<Options, String> {
        let known = import::known(&hands.store, hands.config.identity.country()).await;
        let options = known.map_err(|error| words(&error))?;
        Ok(Options { map: self.map.clone(), delimiter: self.delimiter, ..options })
    }
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
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>() {
            dialog.choose.list(&self.0, entries);
            model.dirty = true;
        }
    }

    fn failed(&self, _: String, model: &mut Model, effects: &mut Vec<Effect>) {
        // A folder that is being typed is no folder yet.
        self.take(Vec::new(), model, effects);
    }
}

/// Looks into a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Peek(pub Given);

impl Job for Peek {
    type Answer = Preview;

    fn kind(&self) -> Kind {
        Kind::Reading("import-preview")
    }

    async fn run(&self, hands: &Hands) -> Result<Preview, String> {
        let options = self.0.options(hands).await?;
        let file = self.0.file.clone();
        let read = tokio::task::spawn_blocking(move || Preview::read(&file, options, ROWS)).await;
        read.map_err(|error| error.to_string())?.map_err(|error| words(&error))
    }

    fn take(&self, preview: Preview, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>().filter(|dialog| dialog.given == self.0) {
            dialog.looked(&self.0, preview);
            model.dirty = true;
        }
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(dialog) = model.layers.find_mut::<ImportDialog>().filter(|dialog| dialog.given == self.0) {
            dialog.refused(error);
            model.dirty = true;
        }
    }
}

/// Makes a field out of a column, then maps it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewField {
    /// The column, from 0.
    pub column: usize,
    /// Its header: the field's label.
    pub label: String,
    /// The type.
    pub kind: FieldKind,
    /// What a picklist offers.
    pub options: Vec<String>,
}

impl Job for NewField {
    type Answer = String;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<String, String> {
        let label = Some(self.label.as_str());
        let made = hands.store.add_field(&self.label, label, self.kind, &self.options, Timestamp::now()).await;
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
            dialog.map_column(self.column, name, effects);
        }
    }
}

/// Imports, or tries it.
#[derive(Clone, Debug)]
pub struct Run {
    /// The file.
    pub given: Given,
    /// What it is called, if not as the file.
    pub name: Option<String>,
    /// Only find out what would happen.
    pub dry: bool,
    /// New and changed contacts wait for Salesforce.
    pub sync: bool,
    /// Ends it early.
    pub stop: CancellationToken,
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        (&self.given, &self.name, self.dry, self.sync) == (&other.given, &other.name, other.dry, other.sync)
    }
}

impl Run {
    async fn import(&self, hands: &Hands) -> Result<Done, String> {
        let options = self.given.options(hands).await?;
        let job = import::Job::open(&self.given.file, options).map_err(|error| words(&error))?;
        let name = self.name.clone();
        let how = How { name, actor: hands.actor.clone(), dry_run: self.dry, sync: self.sync, ..How::default() };
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

fn count(n: u64) -> String {
    thousands(i64::try_from(n).unwrap_or(i64::MAX))
}

fn summary(done: &Done, dry: bool) -> String {
    let report = &done.report;
    let would = if dry { "would be " } else { "" };
    format!("{} {would}created, {} {would}updated", count(report.created), count(report.updated))
}

/// The report as people read it.
fn told(done: &Done, dry: bool) -> String {
    let report = &done.report;
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
    if let Some(line) = report.first_odd_line {
        lines.push(import::odd(line));
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
