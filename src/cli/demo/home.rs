//! Where the demo's store lies, and the org between two runs.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::DemoError;
use crate::config::DataDir;
use crate::sandbox::OrgFile;

/// The records of the org, as the sandbox told them last. That it is there makes a directory a demo's.
const ORG: &str = "demo-org.json";
/// Held by the demo that uses the directory.
const LOCK: &str = "demo.lock";

/// A directory of one run, or one that is kept.
#[derive(Debug)]
pub struct Home {
    data: DataDir,
    kept: Option<Kept>,
    /// Removed with this.
    _temporary: Option<TempDir>,
}

#[derive(Debug)]
struct Kept {
    org: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Home {
    /// A directory of one's own, gone when this is.
    pub fn temporary() -> Result<Self, DemoError> {
        let directory = tempfile::Builder::new().prefix("rolodeck-demo-").tempdir().map_err(DemoError::Temporary)?;
        Ok(Self { data: DataDir::open(directory.path())?, kept: None, _temporary: Some(directory) })
    }

    /// A directory that stays. A store that no demo made is never touched.
    pub fn kept(directory: &Path) -> Result<Self, DemoError> {
        let data = DataDir::open(directory)?;
        let org = directory.join(ORG);
        if DataDir::database_in(directory).exists() && !org.exists() {
            return Err(DemoError::NotADemo(directory.to_owned()));
        }
        let lock = File::create(directory.join(LOCK)).map_err(|cause| kept(directory, cause))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DemoError::InUse(directory.to_owned()),
            TryLockError::Error(cause) => kept(directory, cause),
        })?;
        Ok(Self { data, kept: Some(Kept { org, _lock: lock }), _temporary: None })
    }

    /// Where things lie.
    pub fn data(&self) -> &DataDir {
        &self.data
    }

    /// The org as it was left, or a fresh one.
    pub fn org(&self) -> Result<OrgFile, DemoError> {
        let fresh = OrgFile::demo();
        let Some(kept) = &self.kept else { return Ok(fresh) };
        let text = match fs::read_to_string(&kept.org) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fresh),
            Err(cause) => return Err(self::kept(self.data.path(), cause)),
        };
        fresh.with_records(&text).map_err(|error| DemoError::Org { path: kept.org.clone(), error })
    }

    /// Writes down what the org holds, if the directory is kept; whole or not at all.
    pub fn keep_org(&self, dump: &serde_json::Value) -> Result<(), DemoError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let directory = self.data.path();
        let write = || -> io::Result<()> {
            let mut file = NamedTempFile::new_in(directory)?;
            file.write_all(dump.to_string().as_bytes())?;
            file.persist(&kept.org)?;
            Ok(())
        };
        write().map_err(|cause| self::kept(directory, cause))
    }

    /// True if the directory outlives this.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }
}

fn kept(directory: &Path, cause: io::Error) -> DemoError {
    DemoError::Kept { path: directory.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_no_demo_made_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(DataDir::database_in(directory.path()), "precious").unwrap();
        assert!(matches!(Home::kept(directory.path()), Err(DemoError::NotADemo(_))));
        assert_eq!(fs::read(DataDir::database_in(directory.path())).unwrap(), b"precious");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_demo_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = Home::kept(directory.path()).unwrap();
        assert!(matches!(Home::kept(directory.path()), Err(DemoError::InUse(_))));
        drop(first);
        assert!(Home::kept(directory.path()).is_ok());
    }

    #[test]
    fn a_temporary_home_leaves_nothing() {
        let home = Home::temporary().unwrap();
        let path = home.data().path().to_owned();
        home.keep_org(&serde_json::json!({})).unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        drop(home);
        assert!(!path.exists());
    }
}
