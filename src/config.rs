//! The configuration file: its shape, its defaults, reading and checking it, and where things lie on disk.
//!
//! The names are product.md section 6's: keys may be added, never renamed. Every key has a default, so rolodeck starts
//! with no file at all. Secrets never stand in the file; it names the environment variable or the file that holds one.
//! Uses `domain` for the few values that have a type there (email, country) and nothing else of the house.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod check;
mod data_dir;
pub mod edit;
mod hook;
mod paths;
mod problem;
mod read;
mod secret;
mod sections;
mod suggest;
mod sync;
pub mod zone;

pub use check::{check, check_secrets};
pub use data_dir::{DataDir, DataDirError};
pub use hook::{EVENTS, Hook};
pub use paths::Paths;
pub use problem::{Place, Problem, Severity};
pub use read::read;
pub use secret::{SecretError, SecretSource, is_secret_name};
pub use sections::{
    Auth, CalcomSource, Identity, Keeping, Keys, OncehubSource, OwnerLookup, OwnerRule, Role, RuleAction, Salesforce,
    Serve, Sources, Styles, Theme, Ui, User,
};
pub use suggest::nearest;
pub use sync::{Base, FieldType, OnCancel, Operation, Profile, Record, Sync, Target, TieRule, When, Wins, WriteRule};

/// The documented example: every key with its default, commented out.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// Everything the configuration file can say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who sits at the keyboard.
    pub user: User,
    /// How people are told apart.
    pub identity: Identity,
    /// The org and the way in.
    pub salesforce: Salesforce,
    /// How long things are kept.
    pub store: Keeping,
    /// The worker and its profiles.
    pub sync: Sync,
    /// Whose lead is it: the lookup for round robin.
    pub owner_lookup: OwnerLookup,
    /// The listener.
    pub serve: Serve,
    /// The programs that send webhooks.
    pub source: Sources,
    /// Events out.
    #[serde(rename = "hook")]
    pub hooks: Vec<Hook>,
    /// The screen.
    pub ui: Ui,
    /// Key bindings.
    pub keys: Keys,
    /// Styles by meaning, over the theme's.
    pub theme: Styles,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for by name does not exist.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// It exists and cannot be read.
    #[error("{} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is no text.
    #[error("{}:{line}: not UTF-8 text", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first line (from 1) with bytes that are no text.
        line: usize,
    },
    /// It is text and wrong; at least one of the problems is an error.
    #[error("{}: {} problems", .path.display(), .problems.len())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All of them, in the order of the file.
        problems: Vec<Problem>,
    },
    /// The user has no home directory, so there is no usual place for files.
    #[error("no home directory")]
    NoHome,
}

impl Config {
    /// Reads and checks a configuration file; `None`: the usual one, which need not exist.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(path) = path {
            return Self::inspect(path).and_then(Inspected::into_config);
        }
        match Self::inspect(&Paths::usual_config()?) {
            Err(ConfigError::Missing(_)) => Ok(Self::default()),
            file => file.and_then(Inspected::into_config),
        }
    }

    /// Reads a file and gives the configuration, if it can be understood, with everything that is wrong or doubtful.
    pub fn inspect(path: &Path) -> Result<Inspected, ConfigError> {
        Self::inspect_with(path, &|_| Vec::new())
    }

    /// The same, with the problems that rooms above this one find.
    pub fn inspect_with(path: &Path, more: &dyn Fn(&Self) -> Vec<Problem>) -> Result<Inspected, ConfigError> {
        let bytes = fs::read(path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Unreadable { path: path.to_owned(), cause },
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + good.split(|byte| *byte == b'\n').count().saturating_sub(1);
            ConfigError::NotText { path: path.to_owned(), line }
        })?;
        let (config, problems) = read::read_with(&text, more);
        Ok(Inspected { path: path.to_owned(), config, problems })
    }
}

/// A configuration file that was read.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The file.
    pub path: PathBuf,
    /// What it says; `None` if a value or the syntax is wrong. Keys that are not known are left out.
    pub config: Option<Config>,
    /// Errors and warnings in the order of the file.
    pub problems: Vec<Problem>,
}

impl Inspected {
    /// The configuration, if no problem is an error.
    pub fn into_config(self) -> Result<Config, ConfigError> {
        match self.config {
            Some(config) if !self.problems.iter().any(Problem::is_error) => Ok(config),
            _ => Err(ConfigError::Invalid { path: self.path, problems: self.problems }),
        }
    }
}

#[cfg(test)]
mod tests;
