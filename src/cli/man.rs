//! `rolodeck man`: manual pages, made from the same text as `--help`.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;

use super::Args;
use super::output::{Out, OutputError};
use crate::tui::keymap::Keymap;
use crate::tui::reference;
use crate::words::{Code, Failure, io_words};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck man | man -l -\n  \
    rolodeck man --dir ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write the pages of all commands into this directory, which is made if need be
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub(super) fn run(&self) -> Result<Code, Failure> {
        let Some(dir) = &self.dir else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page).map_err(OutputError::from)?;
            let mut out = Out::stdout();
            out.raw(&page)?;
            out.finish()?;
            return Ok(Code::Done);
        };
        let keys = reference::man(&Keymap::default());
        let written = fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Args::command(), dir))
            .and_then(|()| fs::write(dir.join("rolodeck-keys.7"), keys));
        written.map_err(|cause| {
            let why = format!("{}: {}", dir.display(), io_words(&cause));
            Failure::new("the manual pages cannot be written", why, "name a directory of yours with --dir")
        })?;
        Ok(Code::Done)
    }
}
