//! `rolodeck completions`: scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Args;
use super::output::Out;
use crate::words::{Code, Failure};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck completions bash > ~/.local/share/bash-completion/completions/rolodeck\n  \
    rolodeck completions zsh > ~/.zfunc/_rolodeck\n  \
    rolodeck completions fish > ~/.config/fish/completions/rolodeck.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(&self) -> Result<Code, Failure> {
        let mut script = Vec::new(); // the generator panics when a pipe breaks
        clap_complete::generate(self.shell, &mut Args::command(), "rolodeck", &mut script);
        let mut out = Out::stdout();
        out.raw(&script)?;
        out.finish()?;
        Ok(Code::Done)
    }
}
