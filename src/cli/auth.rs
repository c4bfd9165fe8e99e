//! `rolodeck auth`: who may come in, here and there: the login to Salesforce, keys of the HTTP API.

use clap::Subcommand;

use super::Context;
use crate::words::{Code, Failure};

mod browser;
mod key;
mod login;
mod logout;
mod redirect;
mod status;

/// Arguments of `auth`.
#[derive(Debug, clap::Args)]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum AuthCommand {
    /// Log in to Salesforce, or try the login that the configuration describes
    Login(login::LoginArgs),
    /// Say as whom rolodeck is logged in to Salesforce
    Status(status::StatusArgs),
    /// End the login to Salesforce
    Logout(logout::LogoutArgs),
    /// Make, list and revoke keys of the HTTP API
    Key(key::KeyArgs),
}

impl AuthArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        match &self.command {
            AuthCommand::Login(args) => args.run(context).await,
            AuthCommand::Status(args) => args.run(context).await,
            AuthCommand::Logout(args) => args.run(context).await,
            AuthCommand::Key(args) => args.run(context).await,
        }
    }
}
