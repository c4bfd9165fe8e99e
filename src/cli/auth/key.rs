//! `rolodeck auth key`: keys of the HTTP API.

use std::io::Write;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::output::Table;
use crate::cli::{Context, connect};
use crate::domain::Email;
use crate::ingest::api::key::NewKey;
use crate::store::ApiKey;
use crate::words::{Code, Failure};

/// Arguments of `auth key`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "A key may do what its user may (`rolodeck user --help`); a user without a role is a member. A key without a user acts as an administrator:\n\
    it reads, changes and deletes every contact. It is shown once; the store keeps a hash.\n\n\
    Examples:\n  \
    rolodeck auth key create zapier\n  \
    rolodeck auth key create form --user ana@seller.test\n  \
    curl -H \"Authorization: Bearer $KEY\" http://127.0.0.1:8787/v2/test\n  \
    rolodeck auth key revoke zapier"
)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum KeyCommand {
    /// Make a key and print it, this once
    Create {
        /// What it is called, in lists and in the history of what it changes
        name: String,
        /// The user whose key it is: it sees and changes what they may
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
    },
    /// List the keys
    List,
    /// Close what a key opens, from the next request on
    Revoke {
        /// Its name
        name: String,
    },
}

impl KeyArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let whole = connect::store(context).await?;
        let store = connect::acting(&whole, &config).await?;
        let mut out = context.out();
        match &self.command {
            KeyCommand::Create { name, user } => {
                let name = name.trim();
                if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
                    return Err(Failure::usage(
                        "no key was made",
                        "a name has 1 to 100 characters, all of them visible",
                        "name it after the program that will use it, as in `rolodeck auth key create zapier`",
                    ));
                }
                let user = user.as_deref().map(user_email).transpose()?;
                let key = NewKey::generate()
                    .map_err(|error| Failure::new("no key was made", error.to_string(), "try again"))?;
                let Some(id) = store.api_key_create(name, &key.hash, user.as_ref(), Timestamp::now()).await? else {
                    return Err(Failure::usage(
                        "no key was made",
                        format!("there is a key `{name}` already"),
                        "choose another name, or revoke that key first",
                    ));
                };
                if context.json {
                    out.json(&json!({ "id": id, "name": name, "user": user, "key": key.text() }))?;
                } else {
                    // The key alone on standard output, for `KEY=$(rolodeck auth key create zapier)`.
                    out.line(key.text())?;
                    out.finish()?;
                    // A closed stderr has nobody to be told.
                    let _ = writeln!(std::io::stderr(), "This is the only time that the key is shown: keep it.");
                }
            }
            KeyCommand::List => {
                let keys = store.api_keys().await?;
                if context.json {
                    out.json(&keys.iter().map(told).collect::<Vec<_>>())?;
                } else if keys.is_empty() {
                    out.line("there are no keys; make one with `rolodeck auth key create NAME`")?;
                } else {
                    out.table(&table(&keys))?;
                }
            }
            KeyCommand::Revoke { name } => {
                if !store.api_key_revoke(name.trim(), Timestamp::now()).await? {
                    return Err(Failure::usage(
                        "no key was revoked",
                        format!("there is no living key `{}`", name.trim()),
                        "`rolodeck auth key list` shows the keys",
                    ));
                }
                if context.json {
                    out.json(&json!({ "name": name.trim(), "revoked": true }))?;
                } else {
                    out.line(&format!("{} opens nothing any more", name.trim()))?;
                }
            }
        }
        out.finish()?;
        drop(store);
        whole.close().await;
        Ok(Code::Done)
    }
}

fn user_email(text: &str) -> Result<Email, Failure> {
    let hint = "give a user's email; `rolodeck user list` shows the users";
    Email::parse(text).map_err(|error| Failure::usage("no key was made", error.to_string(), hint))
}

/// A key for scripts; its hash is nobody's business.
fn told(key: &ApiKey) -> serde_json::Value {
    json!({
        "id": key.id, "name": key.name, "user": key.user, "created_at": key.created_at, "used_at": key.used_at, "revoked_at": key.revoked_at,
    })
}

fn table(keys: &[ApiKey]) -> Table {
    let mut table = Table::new(["name", "user", "made", "last used", ""]);
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    for key in keys {
        let last = key.used_at.map_or_else(|| "never".to_owned(), time);
        let state = match key.revoked_at {
            Some(at) => format!("revoked {}", time(at)),
            None if !key.user_active => "closed: its user is not active".to_owned(),
            None => String::new(),
        };
        let user = key.user.as_ref().map_or("- (administrator)", |user| user.as_str()).to_owned();
        table.row([key.name.clone(), user, time(key.created_at), last, state]);
    }
    table
}
