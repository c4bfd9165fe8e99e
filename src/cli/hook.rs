//! `rolodeck hook`: what other programs are told, what they would not take, and what to do about it.

use std::io::Write as _;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::output::{Out, Table};
use super::{Context, connect, hooking};
use crate::config::{Config, EVENTS, Hook};
use crate::domain::text::counted;
use crate::hooks::Receiver;
use crate::hooks::send::Sender;
use crate::store::{HookDelivery, HookState, Store};
use crate::words::{Code, Failure};

/// Arguments of `hook`.
#[derive(Debug, clap::Args)]
pub struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum HookCommand {
    /// List deliveries: what waits, is being tried again, or is held
    List {
        /// Only these states: pending, retry, held, done, skipped
        #[arg(long, value_delimiter = ',')]
        state: Vec<String>,
        /// Only this hook
        #[arg(long, value_name = "NAME")]
        hook: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show one delivery with its JSON
    Show {
        /// Its number
        id: i64,
    },
    /// Send deliveries again, now; also those that the receiver has already
    Retry {
        /// Their numbers
        ids: Vec<i64>,
        /// All that are held
        #[arg(long)]
        held: bool,
    },
    /// Leave deliveries out for good
    Skip {
        /// Their numbers
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Send what is due now and end, for cron; programs that stay (the dashboard, serve, sync) do it by themselves
    Send,
    /// Send a made-up event to a hook, at once and kept nowhere, to see whether the receiver takes it
    Test {
        /// The hook's name
        name: String,
    },
    /// List the events that a hook can choose
    Events,
}

impl HookArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let mut out = context.out();
        match &self.command {
            HookCommand::Test { name } => return test(context, &config.hooks, name, &mut out).await,
            HookCommand::Events => {
                if context.json {
                    out.json(&EVENTS)?;
                } else {
                    for event in EVENTS {
                        out.line(event)?;
                    }
                }
                out.finish()?;
                return Ok(Code::Done);
            }
            _ => {}
        }
        let opened = connect::store(context).await?;
        if matches!(self.command, HookCommand::Send) {
            let code = send(context, &config, &opened, &mut out).await?;
            opened.close().await;
            return Ok(code);
        }
        let store = connect::acting(&opened, &config).await?;
        let code = self.on_store(context, &store, (&config, &opened), &mut out).await?;
        out.finish()?;
        drop(store);
        opened.close().await;
        Ok(code)
    }

    /// `whole`: the configuration, and the store in nobody's hands, for what programs that stay would do with them.
    async fn on_store(
        &self,
        context: &Context,
        store: &Store,
        whole: (&Config, &Store),
        out: &mut Out,
    ) -> Result<Code, Failure> {
        match &self.command {
            HookCommand::List { state, hook, limit } => {
                let states = states(state)?;
                let rows = store.hook_deliveries(&states, hook.as_deref(), *limit).await?;
                let new =
                    if states.contains(&HookState::Pending) { untold(whole, hook.as_deref()).await? } else { None };
                if context.json {
                    out.json(&rows.iter().map(shape).collect::<Vec<_>>())?;
                    if let Some(new) = new {
                        out.finish()?;
                        // The list is of deliveries; a closed stderr has nobody to be told.
                        let _ = writeln!(std::io::stderr(), "{new}");
                    }
                } else {
                    match (rows.is_empty(), &new) {
                        (true, None) if whole.0.hooks.is_empty() => out.line("no hook is configured")?,
                        (true, None) => out.line("nothing is waiting")?,
                        (true, Some(_)) => {}
                        (false, _) => out.table(&table(&rows))?,
                    }
                    if let Some(new) = new {
                        out.line(&new)?;
                    }
                }
                let held = rows.iter().any(|row| row.state == HookState::Held);
                return Ok(if held { Code::Partial } else { Code::Done });
            }
            HookCommand::Show { id } => {
                let row = store.hook_delivery(*id).await?;
                if context.json {
                    out.json(&shape(&row))?;
                } else {
                    show(&row, out)?;
                }
            }
            HookCommand::Retry { ids, held } => {
                let mut ids = ids.clone();
                if *held {
                    let rows = store.hook_deliveries(&[HookState::Held], None, 100_000).await?;
                    ids.extend(rows.iter().map(|row| row.id));
                } else if ids.is_empty() {
                    let hint = "name deliveries, or use --held";
                    return Err(Failure::usage("nothing to retry", "no delivery was named", hint));
                }
                let n = store.hook_retry(&ids).await?;
                tell(context, out, "retried", n, "will be sent again now")?;
            }
            HookCommand::Skip { ids } => {
                let n = store.hook_skip(ids, Timestamp::now()).await?;
                tell(context, out, "skipped", n, "left out")?;
            }
            HookCommand::Send | HookCommand::Test { .. } | HookCommand::Events => {}
        }
        Ok(Code::Done)
    }
}

/// What happened and is no delivery yet, in words; `None`: nothing.
async fn untold((config, store): (&Config, &Store), hook: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(worker) = hooking::worker(config, store).await? else { return Ok(None) };
    let (n, all) = worker.untold(hook).await?;
    let deliveries = counted(n, "event is", "events are");
    let more = if all { "" } else { " or more" };
    Ok((n > 0).then(|| {
        format!("{deliveries}{more} not handed out yet: `rolodeck hook send` does it, and every program that stays")
    }))
}

/// Tells what is new and makes what is due.
async fn send(context: &Context, config: &Config, store: &Store, out: &mut Out) -> Result<Code, Failure> {
    let what = "nothing was sent";
    let Some(worker) = hooking::worker(config, store).await? else {
        let hint = "add a [[hook]] to the configuration; docs/hooks.md says how";
        return Err(Failure::usage(what, "no hook is configured", hint));
    };
    let Some(sent) = worker.once(&CancellationToken::new()).await? else {
        let hint = "leave it to that process: the dashboard, serve or sync";
        return Err(Failure::new(what, "another process tells the hooks of this store", hint));
    };
    if context.json {
        out.json(&sent)?;
    } else {
        out.line(&format!("{} delivered, {} failed", sent.delivered, sent.failed))?;
    }
    out.finish()?;
    Ok(if sent.failed > 0 { Code::Partial } else { Code::Done })
}

/// Sends an event that tells of nobody.
async fn test(context: &Context, hooks: &[Hook], name: &str, out: &mut Out) -> Result<Code, Failure> {
    let what = format!("the hook `{name}` cannot be tried");
    let Some(hook) = hooks.iter().find(|hook| hook.name == name) else {
        let names: Vec<&str> = hooks.iter().map(|hook| hook.name.as_str()).collect();
        let hint = if names.is_empty() {
            "add a [[hook]] to the configuration; docs/hooks.md says how".to_owned()
        } else {
            format!("use one of: {}", names.join(", "))
        };
        return Err(Failure::usage(what, "there is none of that name in the configuration", hint));
    };
    let now = Timestamp::now();
    let event_id = format!("evt_test_{}", now.as_millisecond());
    let body = json!({
        "object": "event", "id": event_id, "type": "test", "creation_time": now, "actor": connect::actor(&context.config()?),
        "own_sync": false, "contact": null, "activity": null, "change": {},
    });
    let delivery = HookDelivery {
        id: 0,
        hook: hook.name.clone(),
        event: "test".to_owned(),
        event_id,
        body: body.to_string(),
        state: HookState::Pending,
        attempts: 0,
        next_at: now,
        message: None,
        created_at: now,
        done_at: None,
    };
    match Sender::new(Receiver::new(hook)).send(&delivery, now).await {
        Ok(()) => {
            if context.json {
                out.json(&json!({ "hook": hook.name, "delivered": true }))?;
            } else {
                out.line("the receiver took it")?;
            }
            out.finish()?;
            Ok(Code::Done)
        }
        Err(error) => Err(Failure::new(
            "the receiver did not take the event",
            error.to_string(),
            "look at the receiver, and at url or command, secret_env and secret_file of this hook",
        )),
    }
}

fn states(words: &[String]) -> Result<Vec<HookState>, Failure> {
    if words.is_empty() {
        return Ok(vec![HookState::Held, HookState::Retry, HookState::Pending]);
    }
    let all = || HookState::ALL.map(HookState::key).join(", ");
    words
        .iter()
        .map(|word| {
            HookState::parse(word.trim()).ok_or_else(|| {
                let why = format!("`{word}` is no state");
                Failure::usage("there is nothing to list", why, format!("use one of: {}", all()))
            })
        })
        .collect()
}

/// For scripts: the event as JSON, not as a text of JSON.
fn shape(row: &HookDelivery) -> Json {
    let mut shape = serde_json::to_value(row).unwrap_or_default();
    shape["body"] = serde_json::from_str(&row.body).unwrap_or_else(|_| json!(row.body));
    shape
}

fn tell(context: &Context, out: &mut Out, key: &str, n: u64, words: &str) -> Result<(), Failure> {
    if context.json {
        out.json(&json!({ key: n }))?;
    } else {
        out.line(&format!("{n} {words}"))?;
    }
    Ok(())
}

fn table(rows: &[HookDelivery]) -> Table {
    let mut table =
        Table::new(["delivery", "state", "hook", "event", "tries", "next try", "last answer"]).right(0).right(4);
    for row in rows {
        let open = matches!(row.state, HookState::Pending | HookState::Retry);
        let next = match open {
            true if row.next_at.as_millisecond() == 0 => "now".to_owned(),
            true => row.next_at.to_string(),
            false => String::new(),
        };
        table.row([
            row.id.to_string(),
            row.state.key().to_owned(),
            row.hook.clone(),
            row.event.clone(),
            row.attempts.to_string(),
            next,
            row.message.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn show(row: &HookDelivery, out: &mut Out) -> Result<(), Failure> {
    let mut line = |name: &str, text: &str| -> Result<(), Failure> {
        if !text.is_empty() {
            out.line(&format!("{name:<9} {text}"))?;
        }
        Ok(())
    };
    line("delivery", &row.id.to_string())?;
    line("hook", &row.hook)?;
    line("event", &format!("{} ({})", row.event, row.event_id))?;
    let tries = if row.attempts == 1 { "try" } else { "tries" };
    line("state", &format!("{}, {} {tries}", row.state.key(), row.attempts))?;
    line("answer", row.message.as_deref().unwrap_or_default())?;
    line("written", &row.created_at.to_string())?;
    line("ended", &row.done_at.map(|at| at.to_string()).unwrap_or_default())?;
    let body: Json = serde_json::from_str(&row.body).unwrap_or_default();
    for text in serde_json::to_string_pretty(&body).unwrap_or_default().lines() {
        out.line(text)?;
    }
    Ok(())
}
