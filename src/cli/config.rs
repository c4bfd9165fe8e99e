//! `rolodeck config`: where the configuration lies, what it says, and what is wrong with it.

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::Context;
use super::output::{Out, Table};
use crate::config::{self, Config, ConfigError, DataDir, Inspected, Problem, Severity};
use crate::filter::{self, CustomField, Filter, List};
use crate::store::custom_fields_of;
use crate::tui::{actions, keymap, reference};
use crate::words::{Code, Failure};

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    mkdir -p ~/.config/rolodeck\n  \
    rolodeck config example > ~/.config/rolodeck/config.toml\n  \
    $EDITOR \"$(rolodeck config path --file)\"\n  \
    rolodeck config check --json")]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum ConfigCommand {
    /// Print the configuration in effect, defaults included
    ///
    /// The output is a configuration file that says the same. There are no secrets in it.
    Show,
    /// Print where configuration, store and logs lie
    Path {
        /// Only the configuration file
        #[arg(long)]
        file: bool,
    },
    /// Say what is wrong with the configuration, and where
    ///
    /// Exit status 0 if nothing is an error, 2 otherwise.
    Check,
    /// Print the keys of the dashboard, as they are in force
    ///
    /// The names of actions are what the table [keys] of the configuration takes.
    Keys {
        /// As docs/keys.md has them
        #[arg(long)]
        markdown: bool,
    },
    /// Print the documented example: every key, commented out, with its default
    Example,
}

impl ConfigArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let mut out = context.out();
        let code = match self.command {
            ConfigCommand::Show => show(context, &mut out)?,
            ConfigCommand::Path { file } => path(context, file, &mut out)?,
            ConfigCommand::Check => check(context, &mut out).await?,
            ConfigCommand::Keys { markdown } => keys(context, markdown, &mut out)?,
            ConfigCommand::Example => {
                out.raw(config::EXAMPLE.as_bytes())?;
                Code::Done
            }
        };
        out.finish()?;
        Ok(code)
    }
}

fn show(context: &Context, out: &mut Out) -> Result<Code, Failure> {
    let config = context.config()?;
    let file = context.paths.config_file.display().to_string();
    let exists = context.paths.config_file.exists();
    if context.json {
        out.json(&json!({
            "config_file": file,
            "exists": exists,
            "data_dir": context.paths.data_dir.display().to_string(),
            "config": config,
        }))?;
        return Ok(Code::Done);
    }
    let text = toml::to_string(&config).map_err(|error| {
        Failure::new("the configuration cannot be shown", error.to_string(), "use --json, and report this as a bug")
    })?;
    let origin = if exists { "with the defaults of what it leaves out" } else { "which does not exist: all defaults" };
    out.line(&format!("# from {file}, {origin}"))?;
    out.line("")?;
    out.raw(text.as_bytes())?;
    Ok(Code::Done)
}

fn path(context: &Context, file_alone: bool, out: &mut Out) -> Result<Code, Failure> {
    let paths = &context.paths;
    let places = [
        ("config_file", &paths.config_file),
        ("data_dir", &paths.data_dir),
        ("database", &DataDir::database_in(&paths.data_dir)),
        ("logs", &DataDir::logs_in(&paths.data_dir)),
    ];
    match (context.json, file_alone) {
        (true, true) => out.json(&paths.config_file.display().to_string())?,
        (true, false) => {
            let places = places.map(|(name, path)| (name.to_owned(), json!(path.display().to_string())));
            out.json(&serde_json::Map::from_iter(places))?;
        }
        (false, true) => {
            // For `$(...)`: the bytes of the path as they are.
            out.raw(paths.config_file.as_os_str().as_encoded_bytes())?;
            out.raw(b"\n")?;
        }
        (false, false) => {
            let mut table = Table::new(Vec::<String>::new());
            for (name, path) in places {
                table.row([name.replace('_', " "), path.display().to_string()]);
            }
            out.raw(table.render(None, false).as_bytes())?; // never cut: a path is there to be used
        }
    }
    Ok(Code::Done)
}

fn keys(context: &Context, markdown: bool, out: &mut Out) -> Result<Code, Failure> {
    let keymap = keymap::configured(&context.config()?.keys);
    if markdown {
        out.raw(reference::markdown(&keymap).as_bytes())?;
        return Ok(Code::Done);
    }
    if context.json {
        let actions = actions::all().map(|info| {
            let places: Vec<_> = info.places.iter().map(|place| place.0).collect();
            json!({ "action": info.name, "label": info.label, "places": places, "keys": keymap.keys(info) })
        });
        out.json(&actions.collect::<Vec<_>>())?;
        return Ok(Code::Done);
    }
    for (place, infos) in reference::groups() {
        out.line(place.0)?;
        let mut table = Table::new(Vec::<String>::new());
        for info in infos {
            table.row([keymap.keys(info).join("  "), info.name.to_owned(), info.label.to_owned()]);
        }
        out.raw(table.render(None, false).as_bytes())?;
        out.line("")?;
    }
    Ok(Code::Done)
}

async fn check(context: &Context, out: &mut Out) -> Result<Code, Failure> {
    let file = context.paths.config_file.display().to_string();
    let (exists, problems) = match examine(context).await {
        Ok(examined) => (true, examined.problems),
        Err(ConfigError::Missing(_)) if !context.paths.config_is_named => (false, Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    if context.json {
        out.json(&json!({ "config_file": file, "exists": exists, "ok": errors == 0, "problems": problems }))?;
    } else {
        for problem in &problems {
            print_problem(&file, problem, out)?;
        }
        let found = match (errors, problems.len() - errors) {
            (0, 0) => "no problems".to_owned(),
            (errors, 0) => count(errors, "error"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        };
        let missing = if exists { "" } else { "there is no such file, so the defaults count: " };
        out.line(&format!("{file}: {missing}{found}"))?;
    }
    Ok(if errors == 0 { Code::Done } else { Code::Usage })
}

/// The configuration file with everything that is wrong with it, its filters and the files of its secrets included. The
/// custom fields that its filters know are those of this store, if there is one that can be read.
pub(super) async fn examine(context: &Context) -> Result<Inspected, ConfigError> {
    let custom = custom_fields_of(&DataDir::database_in(&context.paths.data_dir)).await.unwrap_or_default();
    let mut examined = context.inspect_with(&|config| filters(config, &custom))?;
    examined.problems.extend(examined.config.iter().flat_map(config::check_secrets));
    Ok(examined)
}

/// What is wrong with the filters: programs that use them would not start.
fn filters(config: &Config, custom: &[CustomField]) -> Vec<Problem> {
    let gate = ("sync.gate".to_owned(), &config.sync.gate, List::Contacts);
    let profiles = config.sync.profiles.iter().enumerate();
    let profiles = profiles.map(|(i, profile)| (format!("sync.profile[{i}].when"), &profile.when, List::Activities));
    let hooks = config.hooks.iter().enumerate().filter(|(_, hook)| hook.enabled);
    let hooks = hooks.map(|(i, hook)| (format!("hook[{i}].filter"), &hook.filter, List::Contacts));
    let said = [gate].into_iter().chain(profiles).chain(hooks).filter(|(_, text, _)| !text.trim().is_empty());
    let wrong = said.filter_map(|(key, text, list)| {
        let (zone, me) = (config.user.time_zone(), config.user.email());
        let context = filter::Context { list, now: Timestamp::now(), zone, me, custom: custom.to_vec() };
        Some(Problem::error(key, Filter::parse(text, &context).err()?.to_string()))
    });
    wrong.collect()
}

fn print_problem(file: &str, problem: &Problem, out: &mut Out) -> Result<(), Failure> {
    let place = problem.place.as_ref().map_or(String::new(), |place| format!(":{}:{}", place.line, place.column));
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let key = if problem.key.is_empty() { String::new() } else { format!("{}: ", problem.key) };
    out.line(&format!("{file}{place}: {severity}: {key}{}", problem.message))?;
    if let Some(place) = &problem.place {
        out.line(&format!("    {}", place.text))?;
    }
    if let Some(hint) = &problem.hint {
        out.line(&format!("    fix: {hint}"))?;
    }
    Ok(())
}

fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
