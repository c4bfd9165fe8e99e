//! `rolodeck auth`: who may come in. Keys of the HTTP API.

use clap::Subcommand;

use super::Context;
use crate::words::{Code, Failure};

mod key;

/// Arguments of `auth`.
#[derive(Debug, clap::Args)]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum AuthCommand {
    /// Make, list and revoke keys of the HTTP API
    Key(key::KeyArgs),
}

impl AuthArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        match &self.command {
            AuthCommand::Key(args) => args.run(context).await,
        }
    }
}
