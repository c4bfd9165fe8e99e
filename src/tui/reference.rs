//! The keys as documentation: docs/keys.md, the manual page rolodeck-keys(7), the table of the README and
//! `rolodeck config keys`. All of it comes from the action table; a test fails when a file differs.

use std::fmt::Write as _;

use super::actions::{self, ActionInfo, Place};
use super::keymap::Keymap;

/// Every place with the actions that count there, in the order of the table.
pub fn groups() -> Vec<(Place, Vec<&'static ActionInfo>)> {
    let mut groups: Vec<(Place, Vec<&'static ActionInfo>)> = Vec::new();
    for info in actions::all() {
        for place in info.places {
            match groups.iter_mut().find(|(known, _)| known == place) {
                Some((_, infos)) => infos.push(info),
                None => groups.push((*place, vec![info])),
            }
        }
    }
    groups
}

/// `j` or `g m`, as code.
fn code(keys: &[String]) -> String {
    keys.iter().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect::<Vec<_>>().join(", ")
}

/// docs/keys.md.
pub fn markdown(keymap: &Keymap) -> String {
    let mut text = String::from(
        "# Keys\n\n\
         Made by `rolodeck config keys --markdown`; do not edit by hand.\n\n\
         Keys that follow each other are parted by a blank: `g m` is `g`, then `m`; a popup shows what may follow after a\n\
         short pause. In a dialog its own keys count, then those of all dialogs; on a full screen its own, then those of\n\
         all screens, then moving and what counts everywhere; in a pane the pane's own, then moving and everywhere.\n\n\
         Change them in the configuration, by the action's name; `[]` takes all keys away, and what is wrong is said at\n\
         the start, with the line:\n\n\
         ```toml\n[keys]\nquit = [\"Q\", \"ctrl-c\"]\nmove-first = [\"home\"]\n```\n\n\
         Names of keys: a character as it is typed (`j`, `G`, `?`), `enter`, `esc`, `tab`, `shift-tab`, `space`,\n\
         `backspace`, `delete`, `insert`, `up`, `down`, `left`, `right`, `pgup`, `pgdn`, `home`, `end`, `f1` to `f12`,\n\
         each with `ctrl-` or `alt-` before it.\n",
    );
    for (place, infos) in groups() {
        let _ = write!(text, "\n## {}\n\n| keys | does | action |\n|---|---|---|\n", place.0);
        for info in infos {
            let _ = writeln!(text, "| {} | {} | `{}` |", code(keymap.keys(info)), info.label, info.name);
        }
    }
    text
}

/// rolodeck-keys(7).
pub fn man(keymap: &Keymap) -> String {
    let plain = |text: &str| text.replace('\\', "\\e").replace('-', "\\-");
    let mut text = String::from(
        ".TH rolodeck\\-keys 7\n.SH NAME\nrolodeck\\-keys \\- the keys of the rolodeck dashboard\n.SH DESCRIPTION\n\
         Keys that follow each other are parted by a blank. Change them in the table\n.B [keys]\nof the configuration:\n\
         the name of the action (in parentheses below) and a list of keys.\n",
    );
    for (place, infos) in groups() {
        let _ = writeln!(text, ".SH {}", plain(&place.0.to_uppercase()));
        for info in infos {
            let keys = keymap.keys(info).iter().map(|key| plain(key)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, ".TP\n\\&{keys}\n{} ({})", plain(info.label), plain(info.name));
        }
    }
    text
}

/// Rows of the README's table: names of actions that are shown together, and what people read.
const README: [(&[&str], &str); 25] = [
    (&["move-down", "move-up", "move-first", "move-last", "half-page-down", "half-page-up"], "move"),
    (&["focus-filters", "focus-contacts", "focus-activities", "focus-detail", "focus-sync", "next-pane"], "panes"),
    (
        &["set-status"],
        "set the contact status: then `q` Qualified, `m` Marketing qualified, `s` Sales qualified, `d` Disqualified, `n` none",
    ),
    (&["repeat-status"], "the same status again; on the one just set: for the next one"),
    (&["mark", "mark-range", "mark-all"], "mark rows, a range, all of the filter; what you do next is for all of them"),
    (&["edit-contact", "new-contact", "edit-cell"], "edit the contact in a form, a new one; one cell of the row"),
    (&["assign-owner", "merge-marked", "delete-contacts"], "assign an owner, merge the two marked contacts, delete"),
    (
        &["columns", "columns-left", "columns-right"],
        "columns of the list: which, in which order, sorted by which; scroll them",
    ),
    (&["duplicates"], "possible duplicates: merge or dismiss"),
    (&["imports", "import-file"], "imports, to see and to take back; import a CSV file"),
    (&["fields"], "custom fields"),
    (&["undo", "redo", "undo-list"], "undo, redo, the list of changes"),
    (&["filter", "filter-panel"], "filter while you type (`tab` completes), or by switches with counts"),
    (&["save-filter", "save-filter-as", "open-filter-1"], "keep the filter, also as another; open that of key 1"),
    (&["trash", "export"], "activities into the trash and back; export what is shown or marked"),
    (&["stop-work"], "stop the long work that is under way"),
    (&["open", "zoom"], "open; the pane over the whole screen"),
    (&["palette"], "do anything by its name, find anybody"),
    (&["copy-email", "copy-row", "copy-link"], "copy the email address, the row, the Salesforce link, also over SSH"),
    (&["pause-sync", "sync-now"], "pause the sync; sync now"),
    (&["retry", "skip"], "a failed item: send again, leave out"),
    (&["messages", "log"], "what was said, the log"),
    (&["wider", "narrower"], "size of the panes"),
    (&["help"], "the keys that count where you are"),
    (&["quit"], "quit"),
];

/// The README's table.
pub fn readme(keymap: &Keymap) -> String {
    let mut text = String::from("| keys | do |\n|---|---|\n");
    for (names, does) in README {
        let infos = names.iter().filter_map(|name| actions::all().find(|info| info.name == *name));
        let keys: Vec<String> = match names {
            [_] => infos.flat_map(|info| keymap.keys(info)).cloned().collect(),
            _ => infos.filter_map(|info| keymap.keys(info).first()).cloned().collect(),
        };
        let _ = writeln!(text, "| {} | {does} |", code(&keys).replace(", ", " "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        if std::env::var_os("ROLODECK_WRITE_DOCS").is_some() {
            let keymap = Keymap::default();
            let new = match path.extension().and_then(|end| end.to_str()) {
                _ if path.ends_with("README.md") => between(&text, &readme(&keymap)),
                _ => markdown(&keymap),
            };
            std::fs::write(&path, &new).unwrap();
            return new;
        }
        text
    }

    fn between(text: &str, table: &str) -> String {
        let (before, rest) = text.split_once("<!-- keys -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /keys -->").unwrap();
        format!("{before}<!-- keys -->\n{table}<!-- /keys -->{after}")
    }

    /// To write them anew: `ROLODECK_WRITE_DOCS=1 cargo test --lib tui::reference`.
    #[test]
    fn the_documents_say_what_the_table_says() {
        let keymap = Keymap::default();
        assert!(read("docs/keys.md") == markdown(&keymap), "docs/keys.md differs; see above how to write it anew");
        let text = read("README.md");
        assert!(text == between(&text, &readme(&keymap)), "the key table of README.md differs; see above");
        let example = include_str!("../../config.example.toml");
        assert!(example.contains("move-first = [\"g g\", \"home\"]"));
    }

    #[test]
    fn every_action_is_in_every_document_and_the_readme_names_none_that_is_not() {
        let keymap = Keymap::default();
        let (markdown, man) = (markdown(&keymap), man(&keymap));
        for info in actions::all() {
            assert!(markdown.contains(&format!("| `{}` |", info.name)), "{}", info.name);
            assert!(man.contains(&format!("({})", info.name.replace('-', "\\-"))), "{}", info.name);
        }
        for name in README.iter().flat_map(|(names, _)| *names) {
            assert!(actions::all().any(|info| info.name == *name), "{name}");
        }
    }
}
