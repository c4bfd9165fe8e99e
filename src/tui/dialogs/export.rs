//! What a list shows, or what is marked in it, into a file.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::text::counted;
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
/// The name of the work that tells how far it is.
const WORK: &str = "export";

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
    model.layers.open(ask(list, query, what, &name));
}

/// Asks for the file.
fn ask(list: List, query: String, what: String, text: &str) -> Prompt {
    let title = format!("Export {what}");
    let take = move |text: String, _: &mut Model, effects: &mut Vec<Effect>| {
        let path = home(text.trim());
        let Some(format) = format_of(&path) else {
            return Err("The name must end in .csv, .json or .jsonl".to_owned());
        };
        let (query, what) = (query.clone(), what.clone());
        effects.push(Effect::job(Export { list, query, what, text, path, format, overwrite: false }));
        Ok(())
    };
    Prompt::new(title, "File (.csv .json .jsonl)", text, take)
}

/// `~/` is the user's folder, as in a shell. The whole path is told afterwards: nobody should have to look for the file.
fn home(text: &str) -> PathBuf {
    let folder = text.strip_prefix("~/").zip(directories::BaseDirs::new());
    let path = folder.map_or_else(|| PathBuf::from(text), |(rest, dirs)| dirs.home_dir().join(rest));
    std::path::absolute(&path).unwrap_or(path)
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

/// How an export ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// So many rows are in the file.
    Rows(u64),
    /// There is such a file already; nothing was written.
    Exists,
    /// It was stopped; nothing is left of it.
    Stopped,
}

/// Writes the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    list: List,
    query: String,
    /// The same in words.
    what: String,
    /// The path as it was typed.
    text: String,
    path: PathBuf,
    format: Format,
    overwrite: bool,
}

impl Export {
    /// Asks for the file again, with the path that was typed and what was wrong with it; `false`: something else is open
    /// by now, and must not be covered.
    fn again(&self, problem: String, model: &mut Model) -> bool {
        let free = model.layers.is_empty() && model.input.is_none();
        if free {
            let prompt = ask(self.list, self.query.clone(), self.what.clone(), &self.text);
            model.layers.open(prompt.with_problem(Some(problem)));
        }
        free
    }
}

impl Job for Export {
    type Answer = Exported;

    fn kind(&self) -> Kind {
        Kind::Long(WORK)
    }

    async fn run(&self, hands: &Hands) -> Result<Exported, String> {
        let filter = hands.filter(self.list, &self.query).map_err(|error| words(&error))?;
        let custom = hands.store.custom_fields().await.map_err(|error| words(&error))?;
        let all = columns(self.list, &custom);
        let work = hands.work(WORK);
        let to = (self.path.as_path(), self.overwrite);
        let told = |rows| work.told(rows, None);
        let exported = tokio::select! {
            // Before the first rows come, or between two chunks of them: the unfinished file goes with the work.
            () = work.stopped() => return Ok(Exported::Stopped),
            exported = export_to_file(&hands.store, &filter, &all, self.format, to, told) => exported,
        };
        Err(match exported {
            Ok(rows) => return Ok(Exported::Rows(rows)),
            Err(ExportError::Stopped) => return Ok(Exported::Stopped),
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Exported::Exists);
            }
            Err(ExportError::Write(error)) => io_words(&error),
            Err(error) => words(&error),
        })
    }

    fn failed(&self, why: String, model: &mut Model, _: &mut Vec<Effect>) {
        if !self.again(format!("Nothing was exported: {why}"), model) {
            say(model, Tone::Bad, format!("Nothing was exported to {}: {why}", self.path.display()));
        }
    }

    fn take(&self, exported: Exported, model: &mut Model, _: &mut Vec<Effect>) {
        let path = self.path.display();
        match exported {
            Exported::Rows(rows) => {
                say(model, Tone::Good, format!("{} in {path}", counted(rows as usize, "row", "rows")));
            }
            Exported::Stopped if self.overwrite => {
                say(model, Tone::Info, format!("Export stopped: {path} is as it was"));
            }
            Exported::Stopped => say(model, Tone::Info, format!("Export stopped: there is no {path}")),
            Exported::Exists => {
                let question = format!("{path} exists. Overwrite it?");
                let again = Self { overwrite: true, ..self.clone() };
                // Below the question, for whoever says no and takes another name.
                let asked = self.again("There is such a file already".to_owned(), model);
                let yes = move |model: &mut Model, effects: &mut Vec<Effect>| {
                    if asked {
                        model.layers.close::<Prompt>();
                    }
                    effects.push(Effect::job(again));
                };
                model.layers.open(Confirm::new("Export", question, yes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::edit::Edit;
    use crate::domain::{Field, FieldValue};
    use crate::store::Store;
    use crate::tui::message::Message;

    /// A store of so many contacts, and hands to work on it.
    async fn hands(folder: &Path, contacts: usize) -> (Hands, mpsc::UnboundedReceiver<Message>) {
        let store = Store::open(&folder.join("rolodeck.db")).await.unwrap();
        let now = jiff::Timestamp::from_second(1_770_000_000).unwrap();
        for n in 0..contacts {
            let edit = Edit::default().with(Field::Email, FieldValue::text(&format!("p{n}@x.test")));
            store.add_contact(&edit, "manual", false, now).await.unwrap();
        }
        let (sender, messages) = mpsc::unbounded_channel();
        let who = (None, "rep@x.test".to_owned());
        (
            Hands::new(store, who, jiff::tz::TimeZone::UTC, Default::default(), std::sync::Arc::default(), sender),
            messages,
        )
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.contains(".db")).collect()
    }

    #[tokio::test]
    async fn a_stopped_export_leaves_nothing_behind_and_what_it_would_have_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (hands, mut messages) = hands(folder.path(), 1_100).await;
        let path = folder.path().join("people.csv");
        let export = |overwrite| Export {
            list: List::Contacts,
            query: String::new(),
            what: "contacts".to_owned(),
            text: "people.csv".to_owned(),
            path: path.clone(),
            format: Format::Csv,
            overwrite,
        };
        for overwrite in [false, true] {
            if overwrite {
                std::fs::write(&path, "before").unwrap();
            }
            let export = export(overwrite);
            let stop = async {
                // It has written rows when it is stopped.
                while let Some(message) = messages.recv().await {
                    if matches!(message, Message::Progress(progress) if progress.done > 0) {
                        assert!(files(folder.path()).iter().any(|name| name.starts_with(".rolodeck-export")));
                        return hands.works.stop(WORK);
                    }
                }
            };
            let (exported, ()) = tokio::join!(export.run(&hands), stop);
            assert_eq!(exported, Ok(Exported::Stopped));
            assert_eq!(files(folder.path()), if overwrite { vec!["people.csv"] } else { vec![] });
            assert!(std::iter::from_fn(|| messages.try_recv().ok()).any(|it| matches!(it, Message::Worked(WORK))));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        // Nobody stops it: the whole file.
        assert_eq!(export(true).run(&hands).await, Ok(Exported::Rows(1_100)));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1_101);
        assert_eq!(export(false).run(&hands).await, Ok(Exported::Exists));
    }

    #[test]
    fn the_name_says_the_format() {
        assert_eq!(format_of(Path::new("a.CSV")), Some(Format::Csv));
        assert_eq!(format_of(Path::new("/x/a.b.jsonl")), Some(Format::JsonLines));
        assert_eq!(format_of(Path::new("a.xlsx")), None);
        assert_eq!(format_of(Path::new("a")), None);
        assert!(home("a.csv").is_absolute() && home("a.csv").ends_with("a.csv"));
        assert!(home("~/a.csv").is_absolute());
    }
}
