//! The file of rejected rows, which exists only if there is something in it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::ingest::csv::{Plan, Rejects};

/// A rejects file under way: its text stands in a `.part` file until the end of the import.
pub struct RejectsFile {
    path: PathBuf,
    part: PathBuf,
    pub rejects: Rejects<BufWriter<File>>,
}

impl RejectsFile {
    pub fn begin(path: &Path, plan: &Plan) -> io::Result<Self> {
        let part = path.with_extension("csv.part");
        let rejects = Rejects::new(BufWriter::new(private(&part)?), plan)?;
        Ok(Self { path: path.to_owned(), part, rejects })
    }

    /// Gives the file its name, or throws it away. A file of that name that somebody corrected stays as it is, and this one
    /// gets the next free name; `written`: the rejects files there were, and when we wrote them.
    pub fn end(mut self, keep: bool, written: &HashMap<PathBuf, Timestamp>) -> io::Result<Option<PathBuf>> {
        self.rejects.flush()?;
        drop(self.rejects);
        if keep {
            let names = (1_u64..).map(|n| numbered(&self.path, n));
            let path = names.into_iter().find(|path| is_ours(path, &self.part, written)).unwrap_or(self.path);
            fs::rename(&self.part, &path)?;
            return Ok(Some(path));
        }
        fs::remove_file(&self.part)?;
        Ok(None)
    }
}

/// `people.rejected.csv`, `people.rejected-2.csv`, …
fn numbered(path: &Path, n: u64) -> PathBuf {
    if n == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{n}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// True if nothing is lost when `new` takes the place of what is there: nothing is there, or the same, or what we wrote
/// and nobody touched since.
fn is_ours(path: &Path, new: &Path, written: &HashMap<PathBuf, Timestamp>) -> bool {
    let Ok(there) = fs::symlink_metadata(path) else { return true };
    if !there.is_file() {
        return false;
    }
    let written = std::path::absolute(path).ok().and_then(|path| written.get(&path));
    let changed = there.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    // Both are rounded down to the millisecond, for that is how the store keeps time.
    let untouched = |at: &Timestamp| changed.is_some_and(|changed| changed.as_millisecond() <= at.as_millisecond());
    written.is_some_and(untouched) || same(path, new).unwrap_or(false)
}

/// True if two files hold the same.
fn same(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut here, mut there) = (Vec::new(), Vec::new());
    loop {
        here.clear();
        there.clear();
        a.by_ref().take(1 << 16).read_to_end(&mut here)?;
        b.by_ref().take(1 << 16).read_to_end(&mut there)?;
        if here != there {
            return Ok(false);
        }
        if here.is_empty() {
            return Ok(true);
        }
    }
}

/// The rows hold people, who are nobody else's business.
fn private(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
