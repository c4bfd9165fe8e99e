//! The data directory: who may look into it, and what lies in it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A directory that exists and can be written to; what rolodeck makes in it is for its user alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Why a data directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It does not exist and cannot be made.
    #[error("{} cannot be created: {cause}", .path.display())]
    NotCreated {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Something of that name is there and is no directory.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// It exists and nothing can be written to it or to a file in it.
    #[error("{} cannot be written to: {cause}", .path.display())]
    NotWritable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl DataDir {
    /// Makes the directory (mode 0700) unless it is there, and tries whether it can be written to.
    /// An existing directory keeps its mode: it may be one that the user shares on purpose.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        make_private(path)?;
        match tempfile::Builder::new().prefix(".write-test").tempfile_in(path) {
            Ok(_gone_at_once) => Ok(Self(path.to_owned())),
            Err(cause) => Err(DataDirError::NotWritable { path: path.to_owned(), cause }),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database file, made (empty, mode 0600) unless it is there. SQLite gives its side files the same mode.
    pub fn database(&self) -> Result<PathBuf, DataDirError> {
        let path = Self::database_in(&self.0);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(&path).and_then(|file| only_for_owner(&file));
        made.map_err(|cause| DataDirError::NotWritable { path: path.clone(), cause })?;
        Ok(path)
    }

    /// Where the database of a data directory lies, whether it exists or not.
    pub fn database_in(data_dir: &Path) -> PathBuf {
        data_dir.join("rolodeck.db")
    }

    /// The login to Salesforce that is kept between runs, whether it exists or not.
    pub fn login_in(data_dir: &Path) -> PathBuf {
        data_dir.join("salesforce-login.json")
    }

    /// The directory of copies of the store, made (mode 0700) unless it is there.
    pub fn backups(&self) -> Result<PathBuf, DataDirError> {
        let path = self.0.join("backups");
        make_private(&path)?;
        Ok(path)
    }

    /// The directory of the logs, made (mode 0700) unless it is there.
    pub fn logs(&self) -> Result<PathBuf, DataDirError> {
        let path = Self::logs_in(&self.0);
        make_private(&path)?;
        Ok(path)
    }

    /// Where the logs of a data directory lie, whether they exist or not.
    pub fn logs_in(data_dir: &Path) -> PathBuf {
        data_dir.join("logs")
    }
}

fn make_private(path: &Path) -> Result<(), DataDirError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => Ok(()),
        Err(_) if path.exists() && !path.is_dir() => Err(DataDirError::NotADirectory(path.to_owned())),
        Err(cause) => Err(DataDirError::NotCreated { path: path.to_owned(), cause }),
    }
}

fn only_for_owner(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_is_made_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&temp.path().join("a/b")).unwrap();
        assert_eq!(mode(dir.path()), 0o700);
        assert_eq!(mode(&dir.logs().unwrap()), 0o700);
        let database = dir.database().unwrap();
        assert_eq!(mode(&database), 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "the write test leaves nothing behind");

        fs::write(&database, "rows").unwrap();
        fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(DataDir::open(dir.path()).unwrap().database().unwrap(), database);
        assert_eq!(mode(&database), 0o600);
        assert_eq!(fs::read(&database).unwrap(), b"rows", "an existing store is left as it is");

        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        DataDir::open(dir.path()).unwrap();
        assert_eq!(mode(dir.path()), 0o755, "a directory of the user keeps its mode");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(DataDir::open(&file), Err(DataDirError::NotADirectory(path)) if path == file));
        assert!(matches!(DataDir::open(&file.join("x")), Err(DataDirError::NotCreated { .. })));
        let dir = DataDir::open(temp.path()).unwrap();
        fs::create_dir(temp.path().join("rolodeck.db")).unwrap();
        assert!(matches!(dir.database(), Err(DataDirError::NotWritable { .. })));
    }
}
