//! `rolodeck doctor`: whether everything is as it should be, and what to do where it is not.

use std::net::SocketAddr;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::config::examine as examine_file;
use super::{Context, connect, login};
use crate::config::{Auth, Config, ConfigError, DataDir};
use crate::domain::text::counted;
use crate::ingest::listener::{self, BindError};
use crate::salesforce::KeptLogin;
use crate::store::{Health, Store};
use crate::sync::calls;
use crate::sync::doctor::{Level, Line, examine, owner_lookup};
use crate::sync::setup::{Setup, Surroundings};
use crate::words::{Code, Failure};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Looks at the configuration, the data directory, the store (every page of it), Salesforce (connection, limits, rights, every option and\n\
    write rule of the profiles against the org) and the listener's address. Nothing is written to Salesforce.\n\n\
    Exit status: 0 all is well, 1 something does not work, 3 it works but something is doubtful."
)]
pub struct DoctorArgs {
    /// Ask Salesforce nothing
    #[arg(long)]
    offline: bool,
}

impl DoctorArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let mut lines = Vec::new();
        let config = configuration(context, &mut lines).await;
        let store = store(context, &mut lines).await;
        if let Some(config) = &config {
            lines.extend(kept_login(config, &context.paths.data_dir));
            if !self.offline {
                salesforce(config, &context.paths.data_dir, store.as_ref(), &mut lines).await;
            }
            lines.extend(listener_address(config).await);
        }
        if let Some(store) = store {
            store.close().await;
        }
        let worst = lines.iter().map(|line| line.level).max().unwrap_or(Level::Ok);
        let mut out = context.out();
        if context.json {
            out.json(&json!({ "ok": worst != Level::Error, "lines": lines }))?;
        } else {
            for line in &lines {
                let level = match line.level {
                    Level::Ok => "ok",
                    Level::Warning => "warning",
                    Level::Error => "error",
                };
                out.line(&format!("{level:<8} {}: {}", line.about, line.finding))?;
                if let Some(remedy) = &line.remedy {
                    out.line(&format!("         fix: {remedy}"))?;
                }
            }
        }
        out.finish()?;
        Ok(match worst {
            Level::Ok => Code::Done,
            Level::Warning => Code::Partial,
            Level::Error => Code::Failed,
        })
    }
}

/// A failure of another room as a line.
fn failed(about: &str, failure: Failure) -> Line {
    Line::error(about, failure.why, failure.hint)
}

async fn configuration(context: &Context, lines: &mut Vec<Line>) -> Option<Config> {
    const ABOUT: &str = "configuration";
    let file = context.paths.config_file.display();
    let (config, problems) = match examine_file(context).await {
        Ok(examined) => (examined.config, examined.problems),
        Err(ConfigError::Missing(_)) if !context.paths.config_is_named => {
            lines.push(Line::ok(ABOUT, format!("there is no {file}: all defaults")));
            return Some(Config::default());
        }
        Err(error) => {
            lines.push(failed(ABOUT, error.into()));
            return None;
        }
    };
    if problems.is_empty() {
        lines.push(Line::ok(ABOUT, format!("{file} has no problems")));
    }
    for problem in problems {
        let place = problem.place.as_ref().map_or(String::new(), |place| format!(":{}:{}", place.line, place.column));
        let key = if problem.key.is_empty() { String::new() } else { format!("{}: ", problem.key) };
        let finding = format!("{file}{place}: {key}{}", problem.message);
        let level = if problem.is_error() { Level::Error } else { Level::Warning };
        lines.push(Line { about: ABOUT.to_owned(), level, finding, remedy: problem.hint });
    }
    config
}

async fn store(context: &Context, lines: &mut Vec<Line>) -> Option<Store> {
    let directory = match context.data_dir() {
        Ok(directory) => directory,
        Err(failure) => {
            lines.push(failed("data directory", failure));
            return None;
        }
    };
    lines.push(rights(&directory));
    let opened = match directory.database() {
        Ok(path) => connect::open(&path).await.map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    match opened {
        Ok(store) => {
            let place = store.path().display();
            lines.push(Line::ok("store", format!("{place} opens and its schema is current")));
            lines.push(health(&store).await);
            lines.extend(time(&store).await);
            lines.extend(queue(&store).await);
            Some(store)
        }
        Err(failure) => {
            lines.push(failed("store", failure));
            None
        }
    }
}

/// What lies in the directory is people's data: nobody else should look into it.
fn rights(directory: &DataDir) -> Line {
    const ABOUT: &str = "data directory";
    let place = directory.path().display();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(directory.path()).map(|at| at.permissions().mode() & 0o777);
        if let Ok(mode) = mode
            && mode & 0o077 != 0
        {
            let finding = format!("{place} can be entered by others (mode {mode:o})");
            return Line::warning(ABOUT, finding, format!("chmod 700 {place}, unless it is shared on purpose"));
        }
    }
    Line::ok(ABOUT, format!("{place} can be written to"))
}

/// Looks through the whole file.
async fn health(store: &Store) -> Line {
    const ABOUT: &str = "store";
    match store.health().await {
        Ok(health) if health.problems.is_empty() => {
            let Health { contacts, activities, bytes, free_bytes, .. } = health;
            let size = format!(
                "{}, {}, {} KiB of which {} KiB are unused",
                counted(contacts as usize, "contact", "contacts"),
                counted(activities as usize, "activity", "activities"),
                bytes.div_ceil(1024),
                free_bytes / 1024
            );
            Line::ok(ABOUT, format!("it is whole: {size}"))
        }
        Ok(health) => Line::error(
            ABOUT,
            format!("it is damaged: {}", health.problems.join("; ")),
            "stop rolodeck and put a copy in its place: `rolodeck restore FILE`; without one, `sqlite3 FILE .recover`",
        ),
        Err(error) => failed(ABOUT, error.into()),
    }
}

/// What was written last lies in the past, or a clock was put back.
async fn time(store: &Store) -> Option<Line> {
    let now = Timestamp::now();
    let last = store.last_written().await.ok().flatten()?;
    (last > now + SignedDuration::from_mins(2)).then(|| {
        Line::warning(
            "clock",
            format!("the store was written {} seconds in the future", last.duration_since(now).as_secs()),
            "see whether this machine's clock is right; what is planned for then waits until then",
        )
    })
}

/// The login that is kept between runs.
fn kept_login(config: &Config, data_dir: &Path) -> Option<Line> {
    const ABOUT: &str = "login";
    if !matches!(config.salesforce.auth, Auth::Pkce | Auth::RefreshToken) {
        return None;
    }
    match login::file(data_dir).load() {
        Ok(None) => None,
        Ok(Some(KeptLogin { ended: Some(why), .. })) => Some(Line::error(ABOUT, why, "run `rolodeck auth login`")),
        Ok(Some(KeptLogin { refresh_token: None, .. })) => Some(Line::warning(
            ABOUT,
            "it has no refresh token and ends with its session",
            "allow the scope refresh_token in the app's settings, then run `rolodeck auth login`",
        )),
        Ok(Some(_)) => Some(Line::ok(ABOUT, "it is kept, for this user alone, and can be renewed")),
        Err(error) => Some(failed(ABOUT, error.into())),
    }
}

async fn queue(store: &Store) -> Option<Line> {
    match store.outbox_counts().await {
        Ok(counts) if counts.held > 0 => {
            let remedy = "see `rolodeck queue list --state held`, then retry or skip them";
            Some(Line::warning(
                "queue",
                format!("{} waiting for a person", counted(counts.held as usize, "item", "items")),
                remedy,
            ))
        }
        Ok(_) => Some(Line::ok("queue", "no item waits for a person")),
        Err(error) => Some(failed("queue", error.into())),
    }
}

async fn salesforce(config: &Config, data_dir: &Path, store: Option<&Store>, lines: &mut Vec<Line>) {
    let custom = match store {
        Some(store) => store.custom_fields().await.unwrap_or_default(),
        None => Vec::new(),
    };
    let surroundings = Surroundings { zone: config.user.time_zone(), me: config.user.email(), custom: custom.clone() };
    let client = match connect::client(config, data_dir) {
        Ok(client) => client,
        Err(failure) => {
            lines.push(Line::warning("Salesforce", format!("not connected: {}", failure.why), failure.hint));
            return;
        }
    };
    // Filters that are wrong are told with the configuration.
    let Ok(setup) = Setup::from_config(config, &surroundings) else { return };
    let mut found = examine(&client, &setup, &custom).await;
    let reached = found.iter().all(|line| line.about != "Salesforce" || line.level != Level::Error);
    if reached {
        found.extend(owner_lookup(&client, &config.owner_lookup).await);
    }
    lines.extend(found);
    if let Some(store) = store {
        calls::count(store, &client, Timestamp::now()).await;
    }
}

/// The address is tried and given back at once.
async fn listener_address(config: &Config) -> Vec<Line> {
    const ABOUT: &str = "listener";
    let address: SocketAddr = config.serve.listen;
    let bound = match listener::bind(&address.to_string()).await {
        Ok(_given_back) => Line::ok(ABOUT, format!("{address} can be listened on")),
        Err(error @ BindError::InUse(_)) => {
            Line::warning(ABOUT, error.to_string(), "if that program is `rolodeck serve`, all is well")
        }
        Err(error) => failed(ABOUT, error.into()),
    };
    let mut lines = vec![bound];
    let secrets = [config.source.calcom.secret(), config.source.oncehub.secret()];
    if secrets.iter().all(|secret| matches!(secret, Ok(None))) {
        let remedy = "set source.calcom.secret_env or secret_file (or oncehub's), if webhooks are to come in";
        lines.push(Line::ok(
            ABOUT,
            format!("no source has a secret, so `rolodeck serve` believes no delivery; {remedy}"),
        ));
    }
    lines
}
