//! What every program starts from.

use super::Global;
use super::output::Out;
use crate::config::{Config, ConfigError, DataDir, Inspected, Paths, Problem};
use crate::tui::{keymap, theme};
use crate::words::Failure;

/// The places of this run and how it prints.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where configuration and data lie.
    pub paths: Paths,
    /// Print JSON.
    pub json: bool,
    /// How many `-v`.
    pub verbose: u8,
}

impl Context {
    /// From the options of every program.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        let paths = Paths::find(global.config.as_deref(), global.data_dir.as_deref())?;
        Ok(Self { paths, json: global.json, verbose: global.verbose })
    }

    /// The configuration: the file's, which need not exist if nobody named it.
    pub fn config(&self) -> Result<Config, Failure> {
        match self.inspect().and_then(Inspected::into_config) {
            Err(ConfigError::Missing(_)) if !self.paths.config_is_named => Ok(Config::default()),
            loaded => Ok(loaded?),
        }
    }

    /// The configuration file with everything that is wrong with it, what only the screen knows included.
    fn inspect(&self) -> Result<Inspected, ConfigError> {
        self.inspect_with(&|_| Vec::new())
    }

    /// The same, with problems that not every program looks for.
    pub fn inspect_with(&self, more: &dyn Fn(&Config) -> Vec<Problem>) -> Result<Inspected, ConfigError> {
        Config::inspect_with(&self.paths.config_file, &|config| {
            [keymap::check(&config.keys), theme::check(&config.theme), more(config)].concat()
        })
    }

    /// The data directory, made if need be.
    pub fn data_dir(&self) -> Result<DataDir, Failure> {
        Ok(DataDir::open(&self.paths.data_dir)?)
    }

    /// Where to print.
    pub fn out(&self) -> Out {
        Out::stdout()
    }
}
