//! Where the configuration and the data lie.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::ConfigError;

/// The two places that everything else follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// True if the user named it, so that it must exist.
    pub config_is_named: bool,
    /// The directory of the store and the logs.
    pub data_dir: PathBuf,
}

impl Paths {
    /// The places the user named, else the usual ones (XDG base directories on Linux).
    pub fn find(config: Option<&Path>, data_dir: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(Self {
            config_file: config.map_or_else(Self::usual_config, |path| Ok(path.to_owned()))?,
            config_is_named: config.is_some(),
            data_dir: match data_dir {
                Some(path) => path.to_owned(),
                None => usual()?.data_dir().to_owned(),
            },
        })
    }

    /// The usual configuration file.
    pub fn usual_config() -> Result<PathBuf, ConfigError> {
        Ok(usual()?.config_dir().join("config.toml"))
    }
}

fn usual() -> Result<ProjectDirs, ConfigError> {
    ProjectDirs::from("", "", "rolodeck").ok_or(ConfigError::NoHome)
}
