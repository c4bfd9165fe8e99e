//! What a list shows, or what is marked in it, into a file.

use std::io;
use std::path::{Path, PathBuf};

use crate::export::{ExportError, Format, columns, export_to_file};
use crate::filter::List;
use crate::tui::actions::{Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::{in_force, say};
use crate::tui::view::common::cut::thousands;
use crate::words::io_words;

/// So many marked rows can be exported; beyond, a filter has to do.
const MOST_MARKED: usize = 2_000;

actions! {
    OPEN = open: "export", "Export what the list shows, or what is marked", "export", [Place::CONTACTS, Place::ACTIVITIES], ["x"];
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    let Some(list) = model.focus.list() else { return };
    let (marked, total): (Vec<i64>, _) = match list {
        List::Contacts => (model.contacts.list.marks().keys().copied().collect(), model.contacts.total),
        List::Activities => (model.activities.list.marks().keys().copied().collect(), model.activities.total),
    };
    if marked.len() > MOST_MARKED {
        let words = format!("More than {} are marked: export a filter instead", thousands(MOST_MARKED as i64));
        return say(model, Tone::Info, words);
    }
    let (query, what) = if marked.is_empty() {
        let n = total.map_or_else(String::new, |n| format!("{}{} ", thousands(n.n), if n.capped { "+" } else { "" }));
        (in_force(model, list).0.to_owned(), format!("{n}{}", list.key()))
    } else {
        let ids: Vec<String> = marked.iter().map(i64::to_string).collect();
        let trash = if list == List::Activities { " trash:any" } else { "" };
        (format!("id:{}{trash}", ids.join(",")), format!("{} marked {}", marked.len(), list.key()))
    };
    let day = model.setup.now.at.to_zoned(model.setup.time_zone.clone()).date();
    let name = format!("{}-{day}.csv", list.key());
    let take = move |text: String, _: &mut Model, effects: &mut Vec<Effect>| {
        let path = home(text.trim());
        let Some(format) = format_of(&path) else {
            return Err("The name must end in .csv, .json or .jsonl".to_owned());
        };
        effects.push(Effect::job(Export { list, query: query.clone(), path, format, overwrite: false }));
        Ok(())
    };
    model.layers.open(Prompt::new(format!("Export {what}"), "File (.csv .json .jsonl)", &name, take));
}

/// `~/` is the user's folder, as in a shell.
fn home(text: &str) -> PathBuf {
    let folder = text.strip_prefix("~/").zip(directories::BaseDirs::new());
    folder.map_or_else(|| PathBuf::from(text), |(rest, dirs)| dirs.home_dir().join(rest))
}

fn format_of(path: &Path) -> Option<Format> {
    let suffix = path.extension()?.to_str()?.to_lowercase();
    Some(match suffix.as_str() {
        "csv" => Format::Csv,
        "json" => Format::Json,
        "jsonl" | "ndjson" => Format::JsonLines,
        _ => return None,
    })
}

/// Writes the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    list: List,
    query: String,
    path: PathBuf,
    format: Format,
    overwrite: bool,
}

impl Job for Export {
    /// The rows; `None`: there is such a file already.
    type Answer = Option<u64>;

    fn kind(&self) -> Kind {
        Kind::Long("export")
    }

    async fn run(&self, hands: &Hands) -> Result<Option<u64>, String> {
        let filter = hands.filter(self.list, &self.query).map_err(|error| words(&error))?;
        let custom = hands.store.custom_fields().await.map_err(|error| words(&error))?;
        let all = columns(self.list, &custom);
        let told = |rows| {
            hands.progress("export", rows, None);
            true
        };
        let to = (self.path.as_path(), self.overwrite);
        let why = match export_to_file(&hands.store, &filter, &all, self.format, to, told).await {
            Ok(rows) => return Ok(Some(rows)),
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            Err(ExportError::Write(error)) => io_words(&error),
            Err(error) => words(&error),
        };
        Err(format!("Nothing was exported to {}: {why}", self.path.display()))
    }

    fn take(&self, rows: Option<u64>, model: &mut Model, _: &mut Vec<Effect>) {
        let Some(rows) = rows else {
            let question = format!("{} exists. Overwrite it?", self.path.display());
            let again = Self { overwrite: true, ..self.clone() };
            let yes = move |_: &mut Model, effects: &mut Vec<Effect>| effects.push(Effect::job(again));
            return model.layers.open(Confirm::new("Export", question, yes));
        };
        let word = if rows == 1 { "row" } else { "rows" };
        say(model, Tone::Good, format!("{} {word} in {}", thousands(rows as i64), self.path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format() {
        assert_eq!(format_of(Path::new("a.CSV")), Some(Format::Csv));
        assert_eq!(format_of(Path::new("/x/a.b.jsonl")), Some(Format::JsonLines));
        assert_eq!(format_of(Path::new("a.xlsx")), None);
        assert_eq!(format_of(Path::new("a")), None);
        assert_eq!(home("a.csv"), PathBuf::from("a.csv"));
        assert!(home("~/a.csv").is_absolute());
    }
}
