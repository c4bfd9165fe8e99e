//! Which file: a path that is typed, completed or pasted, with the entries of its folder below.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};

use super::files::{self, Entry};
use crate::tui::actions::Action;
use crate::tui::model::line::LineInput;
use crate::tui::model::scroll::Cursor;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::typed::typed;

/// What enter meant.
pub enum Chosen {
    /// This file.
    File(PathBuf),
    /// A folder, which is listed now.
    Folder,
    /// There is no such file.
    Nothing,
}

/// The path and the folder.
#[derive(Debug)]
pub struct Choose {
    line: LineInput,
    /// Nobody has touched the line yet: the folder in it is an offer.
    offered: bool,
    entries: Vec<Entry>,
    /// The folder whose entries are at hand or asked for.
    listed: Option<PathBuf>,
    cursor: Cell<Cursor>,
}

impl Default for Choose {
    fn default() -> Self {
        let mut here = std::env::current_dir().unwrap_or_default().display().to_string();
        if !here.ends_with('/') {
            here.push('/');
        }
        Self { line: LineInput::new(&here), offered: true, entries: Vec::new(), listed: None, cursor: Cell::default() }
    }
}

impl Choose {
    /// The folder of the path, if its entries were not asked for yet.
    pub fn unlisted(&mut self) -> Option<PathBuf> {
        let folder = files::folder(self.line.text());
        (self.listed.replace(folder.clone()).as_ref() != Some(&folder)).then_some(folder)
    }

    /// The entries of a folder; of another than the path is in now they are void.
    pub fn list(&mut self, folder: &Path, entries: Vec<Entry>) {
        if self.listed.as_deref() == Some(folder) {
            self.entries = entries;
            self.cursor.get_mut().at = 0;
        }
    }

    /// A key of the path.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        // A whole path does not go on from the folder that is offered.
        if std::mem::take(&mut self.offered) && matches!(event.code, KeyCode::Char('/' | '~')) {
            self.line = LineInput::new("");
        }
        let changed = self.line.key(event);
        if changed {
            self.cursor.get_mut().at = 0;
        }
        changed
    }

    /// A path was pasted: instead of what stands there.
    pub fn paste(&mut self, text: &str) {
        // Terminals paste a dropped file with quotes around it.
        self.offered = false;
        self.line = LineInput::new("");
        self.line.paste(text.trim().trim_matches(['\'', '"']));
        self.cursor.get_mut().at = 0;
    }

    /// Up and down.
    pub fn go(&mut self, action: Action) {
        let rows = self.found().len();
        self.cursor.get_mut().act(action, rows);
    }

    /// The entries that what is typed after the last slash begins.
    fn found(&self) -> Vec<&Entry> {
        let name = self.line.text().rsplit('/').next().unwrap_or_default();
        let hidden = name.starts_with('.');
        let name = name.to_lowercase();
        let matches =
            |entry: &&Entry| entry.name.to_lowercase().starts_with(&name) && (hidden || !entry.name.starts_with('.'));
        self.entries.iter().filter(matches).collect()
    }

    /// Enter: the typed file, else the entry under the cursor.
    pub fn take(&mut self) -> Chosen {
        self.offered = false;
        let typed = files::expand(self.line.text());
        if !self.line.text().ends_with('/') && typed.is_file() {
            return Chosen::File(typed);
        }
        let chosen = self.found().get(self.cursor.get().at).map(|entry| (entry.name.clone(), entry.folder));
        let Some((name, folder)) = chosen else { return Chosen::Nothing };
        let path = files::folder(self.line.text()).join(&name);
        self.line = LineInput::new(&format!("{}{}", path.display(), if folder { "/" } else { "" }));
        if folder { Chosen::Folder } else { Chosen::File(path) }
    }

    /// Tab: as far as all entries agree.
    pub fn complete(&mut self) {
        self.offered = false;
        let names: Vec<(String, bool)> = self.found().iter().map(|entry| (entry.name.clone(), entry.folder)).collect();
        if let Some(common) = files::common(&names) {
            let path = files::folder(self.line.text()).join(common);
            let slash = matches!(&names[..], [(_, true)]);
            self.line = LineInput::new(&format!("{}{}", path.display(), if slash { "/" } else { "" }));
        }
    }

    /// Draws it; returns where the cursor stands.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) -> Position {
        let style = canvas.style(Meaning::Label);
        let used = canvas.text(area.x, area.y, area.width, "File ", style);
        let line = Rect { x: area.x + used, width: area.width.saturating_sub(used), height: 1, ..area };
        let cursor = typed(canvas, line, &self.line);
        let found = self.found();
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let mut at = self.cursor.get();
        let top = at.fit(found.len(), usize::from(list.height));
        self.cursor.set(at);
        if found.is_empty() {
            let style = canvas.style(Meaning::Dim);
            canvas.text(list.x + 1, list.y, list.width.saturating_sub(1), "Nothing here has such a name", style);
        }
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
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    fn typed(choose: &mut Choose, text: &str) -> String {
        for c in text.chars() {
            choose.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
        choose.line.text().to_owned()
    }

    #[test]
    fn a_whole_path_does_not_go_on_from_the_folder_that_is_offered() {
        let here = Choose::default().line.text().to_owned();
        assert!(here.ends_with('/'));
        assert_eq!(typed(&mut Choose::default(), "/data/t.csv"), "/data/t.csv");
        assert_eq!(typed(&mut Choose::default(), "~/t.csv"), "~/t.csv");
        assert_eq!(typed(&mut Choose::default(), "t/a.csv"), format!("{here}t/a.csv"));
    }
}
