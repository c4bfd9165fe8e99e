//! The file of rejected rows, which exists only if there is something in it.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

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

    /// Gives the file its name, or throws it away.
    pub fn end(mut self, keep: bool) -> io::Result<Option<PathBuf>> {
        self.rejects.flush()?;
        drop(self.rejects);
        if keep {
            fs::rename(&self.part, &self.path)?;
            return Ok(Some(self.path));
        }
        fs::remove_file(&self.part)?;
        Ok(None)
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
