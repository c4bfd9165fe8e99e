//! The programs of the command line: one file a subcommand, each of which asks the rooms below and prints.
//!
//! A subcommand is a `clap::Args` struct and `async fn run(&self, context: &Context) -> Result<Code, Failure>`; to add one,
//! write its file, its variant in [`Command`] and its line in [`Command::run`].

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::logging;
use crate::words::{Code, Failure};

mod auth;
mod backup;
mod completions;
mod config;
mod connect;
mod contact;
mod context;
mod dashboard;
mod deliveries;
pub mod demo;
mod doctor;
mod duplicates;
mod export;
mod field;
mod filter;
mod hook;
mod hooking;
mod import;
mod ingest;
mod keeper;
mod login;
mod man;
pub mod output;
mod owner;
mod plan;
mod poll;
mod polling;
mod queue;
mod report;
mod sandbox;
mod serve;
mod sync;
mod syncing;
mod user;

pub use completions::answer_shell;
pub use context::Context;

/// Everything that stands on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "rolodeck",
    version,
    about = "Qualify leads from the keyboard; Salesforce kept in step",
    long_about = "Qualify leads from the keyboard; Salesforce kept in step.\n\n\
        Everyone who books a meeting, talks to a bot or fills in a form becomes one contact with one history.",
    after_help = "Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some items are held or failed.",
    after_long_help = "Examples:\n  \
        rolodeck config example > ~/.config/rolodeck/config.toml   a configuration to begin with\n  \
        rolodeck config check                                      what is wrong with it\n  \
        source <(rolodeck completions bash)                        completion in this shell\n\n\
        Environment:\n  \
        ROLODECK_CONFIG    as --config\n  \
        ROLODECK_DATA_DIR  as --data-dir\n  \
        ROLODECK_LOG       what goes into the log file, as in warn,rolodeck=debug\n  \
        NO_COLOR           no colours, if set\n\n\
        Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some items are held or failed."
)]
pub struct Args {
    /// Options of every program.
    #[command(flatten)]
    pub global: Global,
    /// The program.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Args {
    /// Those of this process. The dashboard has the options of every program and no more: the arguments of all the others
    /// need not be made before its first frame.
    pub fn of_process() -> Self {
        /// The dashboard.
        #[derive(Parser)]
        #[command(disable_help_flag = true)]
        struct Dashboard {
            #[command(flatten)]
            global: Global,
        }
        match Dashboard::try_parse() {
            Ok(Dashboard { global }) => Self { global, command: None },
            // Another program, or help, or something to be told.
            Err(_) => Self::parse(),
        }
    }
}

/// Options of every program.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Configuration file to use instead of the usual one
    #[arg(long, global = true, value_name = "FILE", env = "ROLODECK_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Directory of the store and the logs to use instead of the usual one
    #[arg(long, global = true, value_name = "DIR", env = "ROLODECK_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
    /// Print JSON, for scripts; errors too, on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Show on stderr what is going on; twice and thrice show more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The programs.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Look around with made-up people: no account, no network
    Demo(demo::DemoArgs),
    /// Take in contacts from a CSV file
    Import(import::ImportArgs),
    /// Take in Cal.com and OnceHub payloads from a file or a pipe
    Ingest(ingest::IngestArgs),
    /// Add, show, list, edit, merge or delete contacts
    Contact(contact::ContactArgs),
    /// Define fields of contacts
    Field(field::FieldArgs),
    /// List, merge or dismiss possible duplicates, or look for more
    Duplicates(duplicates::DuplicatesArgs),
    /// Users and what they may do
    User(user::UserArgs),
    /// Teams of users
    Team(user::TeamArgs),
    /// Receive webhooks, with the sync beside it
    Serve(serve::ServeArgs),
    /// Write what a filter shows as CSV, JSON or JSON lines
    Export(export::ExportArgs),
    /// List, save, arrange, share and check filters
    Filter(filter::FilterArgs),
    /// Ask the APIs of Cal.com and OnceHub for what changed
    Poll(poll::PollArgs),
    /// Show what the sources sent, also what nobody understood
    Deliveries(deliveries::DeliveriesArgs),
    /// Bring Salesforce in step, without a screen
    Sync(sync::SyncArgs),
    /// Show what would be written to Salesforce
    Plan(plan::PlanArgs),
    /// Say whose lead somebody is, for round robin
    Owner(owner::OwnerArgs),
    /// Log in to Salesforce, and make keys of the HTTP API
    Auth(auth::AuthArgs),
    /// Look whether everything is as it should be
    Doctor(doctor::DoctorArgs),
    /// Show what works: contacts and bookings by status, source, campaign and more
    Report(report::ReportArgs),
    /// Copy the store, while everything goes on
    Backup(backup::BackupArgs),
    /// Put a copy in place of the store
    Restore(backup::RestoreArgs),
    /// List, show, retry, relink or skip what waits for Salesforce
    Queue(queue::QueueArgs),
    /// List, show, retry or skip what other programs are told, or try a hook
    Hook(hook::HookArgs),
    /// Run a stand-in for Salesforce on this machine
    Sandbox(sandbox::SandboxArgs),
    /// Show, check or locate the configuration
    Config(config::ConfigArgs),
    /// Print a script that completes commands and options in a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(man::ManArgs),
}

impl Command {
    async fn run(&self, context: &Context) -> Result<Code, Failure> {
        match self {
            Self::Demo(args) => args.run(context).await,
            Self::Import(args) => args.run(context).await,
            Self::Ingest(args) => args.run(context).await,
            Self::Contact(args) => args.run(context).await,
            Self::Field(args) => args.run(context).await,
            Self::Duplicates(args) => args.run(context).await,
            Self::User(args) => args.run(context).await,
            Self::Team(args) => args.run(context).await,
            Self::Serve(args) => args.run(context).await,
            Self::Export(args) => args.run(context).await,
            Self::Filter(args) => args.run(context).await,
            Self::Poll(args) => args.run(context).await,
            Self::Deliveries(args) => args.run(context).await,
            Self::Sync(args) => args.run(context).await,
            Self::Plan(args) => args.run(context).await,
            Self::Owner(args) => args.run(context).await,
            Self::Auth(args) => args.run(context).await,
            Self::Doctor(args) => args.run(context).await,
            Self::Report(args) => args.run(context).await,
            Self::Backup(args) => args.run(context).await,
            Self::Restore(args) => args.run(context).await,
            Self::Queue(args) => args.run(context).await,
            Self::Hook(args) => args.run(context).await,
            Self::Sandbox(args) => args.run(context).await,
            Self::Config(args) => args.run(context).await,
            Self::Completions(args) => args.run(),
            Self::Man(args) => args.run(),
        }
    }

    /// True for the programs that work on the store: they keep a log beside it.
    fn uses_data_dir(&self) -> bool {
        match self {
            Self::Import(_)
            | Self::Ingest(_)
            | Self::Serve(_)
            | Self::Sync(_)
            | Self::Export(_)
            | Self::Filter(_)
            | Self::Poll(_)
            | Self::Deliveries(_)
            | Self::Plan(_)
            | Self::Auth(_)
            | Self::Report(_)
            | Self::Restore(_)
            | Self::Contact(_)
            | Self::Field(_)
            | Self::Duplicates(_)
            | Self::User(_)
            | Self::Team(_)
            | Self::Hook(_)
            | Self::Queue(_) => true,
            Self::Demo(_)
            | Self::Owner(_)
            | Self::Backup(_)
            | Self::Doctor(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Sandbox(_) => false,
        }
    }
}

/// Starts the log that fits the program. Keep the guard to the end of `main`.
pub fn start_log(args: &Args) -> Result<logging::Guard, Failure> {
    let context = Context::new(&args.global)?;
    let uses_data_dir = args.command.as_ref().is_none_or(Command::uses_data_dir);
    let directory = if uses_data_dir { Some(context.data_dir()?.logs()?) } else { None };
    // On a screen, what goes on is for the log file alone.
    let screen = matches!(args.command, None | Some(Command::Demo(_)));
    // A configuration that is wrong is told by the program that reads it.
    let files = context.config().unwrap_or_default().store.log_files;
    Ok(logging::start(directory.as_deref(), usize::from(files), if screen { 0 } else { args.global.verbose })?)
}

/// Runs the program that was asked for and tells what went wrong, if anything did.
pub async fn run(args: Args) -> ExitCode {
    match dispatch(&args).await {
        Ok(code) => code.into(),
        Err(failure) => tell(&failure, args.global.json),
    }
}

async fn dispatch(args: &Args) -> Result<Code, Failure> {
    let context = Context::new(&args.global)?;
    let (config, data_dir) = (&context.paths.config_file, &context.paths.data_dir);
    tracing::debug!(config = %config.display(), data_dir = %data_dir.display(), "places");
    if let Some(command) = &args.command {
        return command.run(&context).await;
    }
    dashboard::run(&context).await
}

/// Writes a failure to stderr, for people or for scripts, and gives the exit status.
pub fn tell(failure: &Failure, json: bool) -> ExitCode {
    if !failure.is_quiet() {
        let text = if json {
            failure.to_json()
        } else if io::stderr().is_terminal() && output::colours_are_wanted() {
            failure.to_string().replacen("error:", "\u{1b}[1;31merror:\u{1b}[0m", 1)
        } else {
            failure.to_string()
        };
        let _ = writeln!(io::stderr(), "{text}"); // a closed stderr has nobody to be told
    }
    failure.code.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// R5: whatever stands on the command line, everybody on the machine can read.
    #[test]
    fn no_argument_takes_a_secret() {
        fn look(command: &clap::Command, seen: &mut usize) {
            for argument in command.get_arguments() {
                *seen += 1;
                let name = argument.get_id().as_str();
                assert!(!crate::config::is_secret_name(name), "{} {name}", command.get_name());
                for value in argument.get_value_names().unwrap_or_default() {
                    assert!(!crate::config::is_secret_name(value), "{} {name}", command.get_name());
                }
            }
            command.get_subcommands().for_each(|command| look(command, seen));
        }
        let mut seen = 0;
        look(&Args::command(), &mut seen);
        assert!(seen > 100, "{seen}");
    }
}
