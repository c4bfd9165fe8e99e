//! Files to choose from.

use std::path::{Path, PathBuf};

/// Entries of one folder that are listed.
const MOST: usize = 2_000;

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// It is a folder.
    pub folder: bool,
    /// It looks like a CSV file.
    pub csv: bool,
    /// Bytes.
    pub size: u64,
}

/// The entries of a folder: folders, CSV files, then all others, by name.
pub fn read(folder: &Path) -> Result<Vec<Entry>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut found: Vec<Entry> = entries
        .take(MOST)
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // What a link points at counts.
            let about = std::fs::metadata(entry.path()).ok();
            let folder = about.as_ref().is_some_and(std::fs::Metadata::is_dir);
            let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
            let csv = !folder && ["csv", "tsv", "txt"].contains(&ending.as_str());
            Entry { size: about.map_or(0, |about| about.len()), folder, csv, name }
        })
        .collect();
    found.sort_by_key(|entry| (!entry.folder, !entry.csv, entry.name.to_lowercase()));
    Ok(found)
}

/// A typed path with `~` as the home.
pub fn expand(typed: &str) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match (typed.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ if typed == "~" => directories::BaseDirs::new().map_or_else(PathBuf::new, |dirs| dirs.home_dir().to_owned()),
        _ => PathBuf::from(typed),
    }
}

/// The folder of a typed path: all up to the last slash.
pub fn folder(typed: &str) -> PathBuf {
    match typed.rsplit_once('/') {
        Some((folder, _)) => expand(&format!("{folder}/")),
        None => PathBuf::from("."),
    }
}

/// What all names begin with.
pub fn common(names: &[(String, bool)]) -> Option<String> {
    let (first, _) = names.first()?;
    let mut common = first.clone();
    for (name, _) in names {
        while !name.starts_with(&common) {
            common.pop();
        }
    }
    (!common.is_empty()).then_some(common)
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_csv_files_next() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.png", "A.TSV"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join("zed")).unwrap();
        let names: Vec<_> = read(folder.path()).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["zed", "A.TSV", "b.csv", "a.png"]);
        assert!(read(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn completion_goes_as_far_as_all_agree() {
        let names = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), false)).collect::<Vec<_>>();
        assert_eq!(common(&names(&["people-1.csv", "people-2.csv"])), Some("people-".to_owned()));
        assert_eq!(common(&names(&["änderung", "äpfel"])), Some("ä".to_owned()));
        assert_eq!(common(&names(&["a", "b"])), None);
        assert_eq!(common(&[]), None);
    }

    #[test]
    fn a_typed_path_has_a_folder() {
        assert_eq!(folder("/data/peo"), PathBuf::from("/data/"));
        assert_eq!(folder("/peo"), PathBuf::from("/"));
        assert_eq!(folder("peo"), PathBuf::from("."));
    }
}
