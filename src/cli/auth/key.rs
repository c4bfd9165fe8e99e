//! `rolodeck auth key`: keys of the HTTP API.

use std::io::Write;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::output::Table;
use crate::cli::{Context, connect};
use crate::ingest::api::key::NewKey;
use crate::store::ApiKey;
use crate::words::{Code, Failure};

/// Arguments of `auth key`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "A key opens the whole API: it reads, changes and deletes contacts. It is shown once; the store keeps a hash.\n\n\
    Examples:\n  \
    rolodeck auth key create zapier\n  \
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
        let store = connect::store(context).await?;
        let mut out = context.out();
        match &self.command {
            KeyCommand::Create { name } => {
                let name = name.trim();
                if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
                    return Err(Failure::usage(
                        "no key was made",
                        "a name has 1 to 100 characters, all of them visible",
                        "name it after the program that will use it, as in `rolodeck auth key create zapier`",
                    ));
                }
                let key = NewKey::generate()
                    .map_err(|error| Failure::new("no key was made", error.to_string(), "try again"))?;
                let Some(id) = store.api_key_create(name, &key.hash, Timestamp::now()).await? else {
                    return Err(Failure::usage(
                        "no key was made",
                        format!("there is a key `{name}` already"),
                        "choose another name, or revoke that key first",
                    ));
                };
                if context.json {
                    out.json(&json!({ "id": id, "name": name, "key": key.text() }))?;
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
        store.close().await;
        Ok(Code::Done)
    }
}

/// A key for scripts; its hash is nobody's business.
fn told(key: &ApiKey) -> serde_json::Value {
    json!({
        "id": key.id, "name": key.name, "created_at": key.created_at, "used_at": key.used_at, "revoked_at": key.revoked_at,
    })
}

fn table(keys: &[ApiKey]) -> Table {
    let mut table = Table::new(["name", "made", "last used", ""]);
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    for key in keys {
        let used = key.used_at.map_or_else(|| "never".to_owned(), time);
        let state = key.revoked_at.map_or_else(String::new, |at| format!("revoked {}", time(at)));
        table.row([key.name.clone(), time(key.created_at), used, state]);
    }
    table
}
