//! `rolodeck user` and `rolodeck team`: who works here, and what they may do.

use clap::Subcommand;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::domain::{Email, Role};
use crate::store::UserRow;
use crate::words::{Code, Failure};

/// Arguments of `user`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Users are also made on sight: whoever hosts a meeting, owns a contact or is user.email of the configuration is one.\n\n\
    A role that is set here counts over user.role of the configuration. An administrator does everything; a team manager\n\
    sees and changes contacts of the team; a member their own. Roles keep honest people out of each other's way: whoever\n\
    can write the database file can do everything."
)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum UserCommand {
    /// List the users
    List,
    /// Make a user, or give one a name
    Add {
        /// Their email
        email: String,
        /// Their name
        #[arg(long)]
        name: Option<String>,
        /// administrator, `team_manager` or member
        #[arg(long)]
        role: Option<String>,
        /// Their team, made if it is not there
        #[arg(long)]
        team: Option<String>,
    },
    /// Set the role of a user
    Role {
        /// Their email
        email: String,
        /// administrator, `team_manager` or member
        role: String,
    },
    /// Put a user into a team; `none` for no team
    Team {
        /// Their email
        email: String,
        /// The team, made if it is not there
        team: String,
    },
    /// Say that a user no longer works here
    Deactivate {
        /// Their email
        email: String,
    },
    /// Say that a user works here again
    Activate {
        /// Their email
        email: String,
    },
}

/// Arguments of `team`.
#[derive(Debug, clap::Args)]
pub struct TeamArgs {
    #[command(subcommand)]
    command: TeamCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum TeamCommand {
    /// List the teams with their members
    List,
    /// Dissolve a team; its members stay users
    Remove {
        /// Its name
        name: String,
    },
}

impl UserArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &context.config()?).await?;
        let mut out = context.out();
        let user = match &self.command {
            UserCommand::List => {
                list(context, &store.users().await?, &mut out)?;
                None
            }
            UserCommand::Add { email, name, role, team } => {
                let (email, role) = (address(email)?, role.as_deref().map(role_of).transpose()?);
                let mut user = store.add_user(&email, name.as_deref()).await?;
                if let Some(role) = role {
                    user = store.set_role(&email, role).await?;
                }
                if let Some(team) = team {
                    user = store.set_team(&email, Some(team)).await?;
                }
                Some(user)
            }
            UserCommand::Role { email, role } => Some(store.set_role(&address(email)?, role_of(role)?).await?),
            UserCommand::Team { email, team } => {
                let team = Some(team.as_str()).filter(|team| *team != "none");
                Some(store.set_team(&address(email)?, team).await?)
            }
            UserCommand::Deactivate { email } => Some(store.set_active(&address(email)?, false).await?),
            UserCommand::Activate { email } => Some(store.set_active(&address(email)?, true).await?),
        };
        if let Some(user) = user {
            if context.json {
                out.json(&user)?;
            } else {
                list(context, &[user], &mut out)?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

impl TeamArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &context.config()?).await?;
        let mut out = context.out();
        match &self.command {
            TeamCommand::List => {
                let teams = store.teams().await?;
                if context.json {
                    out.json(&teams)?;
                } else if teams.is_empty() {
                    out.line("no teams; `rolodeck user team EMAIL TEAM` makes one")?;
                } else {
                    let mut table = Table::new(["team", "members"]);
                    for team in teams {
                        table.row([team.name, team.members.join(", ")]);
                    }
                    out.table(&table)?;
                }
            }
            TeamCommand::Remove { name } => {
                store.remove_team(name).await?;
                if context.json {
                    out.json(&serde_json::json!({ "removed": name }))?;
                } else {
                    out.line(&format!("team {name} is dissolved"))?;
                }
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

fn list(context: &Context, users: &[UserRow], out: &mut Out) -> Result<(), Failure> {
    if context.json {
        out.json(&users)?;
        return Ok(());
    }
    if users.is_empty() {
        out.line("no users yet")?;
        return Ok(());
    }
    let mut table = Table::new(["email", "name", "role", "team", "contacts", ""]).right(4);
    for user in users {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        table.row([
            user.email.clone().or_else(|| user.external_id.clone()).unwrap_or_default(),
            text(&user.name),
            user.role.map_or("by configuration", Role::label).to_owned(),
            text(&user.team),
            user.contacts.to_string(),
            if user.active { String::new() } else { "not active".to_owned() },
        ]);
    }
    out.table(&table)?;
    Ok(())
}

fn address(text: &str) -> Result<Email, Failure> {
    Email::parse(text).map_err(|error| Failure::usage("nothing was changed", error.to_string(), "give a user's email"))
}

fn role_of(text: &str) -> Result<Role, Failure> {
    Role::parse(text).ok_or_else(|| {
        let why = format!("`{text}` is no role");
        Failure::usage("nothing was changed", why, "use administrator, team_manager or member")
    })
}
