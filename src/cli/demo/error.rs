//! Why there is no demo, in facts and in words.

use std::io;
use std::path::PathBuf;

use crate::config::DataDirError;
use crate::salesforce::{ApiError, AuthError};
use crate::sandbox::{OrgFileError, SandboxError};
use crate::store::StoreError;
use crate::sync::setup::SetupError;
use crate::words::{Failure, Report, io_words};

/// Why the demo cannot start or end well.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no place for temporary files.
    #[error("no temporary directory: {0}")]
    Temporary(#[source] io::Error),
    /// The directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DataDirError),
    /// The directory holds a store that no demo made.
    #[error("{} holds a store that no demo made", .0.display())]
    NotADemo(PathBuf),
    /// Another demo uses the directory.
    #[error("another demo uses {}", .0.display())]
    InUse(PathBuf),
    /// A file of the kept directory cannot be read or written.
    #[error("{}: {cause}", .path.display())]
    Kept {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The org that was kept cannot be read.
    #[error("{}: {error}", .path.display())]
    Org {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: OrgFileError,
    },
    /// The sandbox does not start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client does not come up.
    #[error(transparent)]
    Client(#[from] ApiError),
    /// The client has no session.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The demo's own configuration is refused.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl Report for DemoError {
    fn report(&self) -> Failure {
        let failed = |why: String, hint: &str| Failure::new("the demo cannot run", why, hint);
        match self {
            Self::Directory(error) => error.report(),
            Self::Sandbox(error) => error.report(),
            Self::Store(error) => error.report(),
            Self::Client(error) => error.report(),
            Self::Auth(error) => error.report(),
            Self::Setup(error) => error.report(),
            Self::Temporary(cause) => failed(
                format!("no temporary directory: {}", io_words(cause)),
                "set TMPDIR, or name a directory: --keep DIR",
            ),
            Self::NotADemo(_) => Failure::usage(
                "the demo does not run there",
                self.to_string(),
                "name a directory of its own, so that made-up people and real ones never mix",
            ),
            Self::InUse(_) => failed(self.to_string(), "leave the other one first, or name another directory"),
            Self::Kept { path, cause } => {
                failed(format!("{}: {}", path.display(), io_words(cause)), "see whether you may write there")
            }
            Self::Org { .. } => failed(self.to_string(), "remove that directory; the next demo makes it anew"),
        }
    }
}
