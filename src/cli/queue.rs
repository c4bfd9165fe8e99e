//! `rolodeck queue`: what waits for Salesforce, what failed, and what to do about it.

use std::collections::BTreeSet;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::domain::text::counted;
use crate::salesforce::{SfId, words};
use crate::store::{OutboxRow, OutboxState, Store, StoreError};
use crate::sync::calls::counting;
use crate::sync::relink::relink;
use crate::words::{Code, Failure};

/// More than any queue holds, and still a number of the store's.
const ALL: usize = usize::MAX >> 1;

/// Arguments of `queue`.
#[derive(Debug, clap::Args)]
pub struct QueueArgs {
    #[command(subcommand)]
    command: QueueCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum QueueCommand {
    /// List what waits, is being tried again, or is held
    List {
        /// Only these states: pending, `in_flight`, retry, held, `in_doubt`, done, skipped
        #[arg(long, value_delimiter = ',')]
        state: Vec<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show one item whole
    Show {
        /// Its number
        id: i64,
    },
    /// Try items again, now; also what was left out
    ///
    /// Exit status 1 if none of them was changed, 3 if not all were.
    Retry {
        /// Their numbers
        ids: Vec<i64>,
        /// All that are held
        #[arg(long)]
        held: bool,
    },
    /// Say which Salesforce record an item means, and try again
    ///
    /// A Lead or Contact becomes the record of the item's contact, an Event that of its activity. The record is read
    /// first; what differs is then written to it as to any other.
    Relink {
        /// The item's number
        id: i64,
        /// The record's id, of 15 or 18 characters
        #[arg(long, value_name = "ID")]
        record: SfId,
    },
    /// Leave items out; a later change of the same thing is sent again, and `retry` takes it back
    ///
    /// Exit status 1 if none of them was changed, 3 if not all were.
    Skip {
        /// Their numbers
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

impl QueueArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &config).await?;
        let (mut out, mut code) = (context.out(), Code::Done);
        match &self.command {
            QueueCommand::List { state, limit } => {
                let states = states(state)?;
                // One more than is shown tells whether there are more.
                let mut rows = store.outbox(&states, limit.saturating_add(1).min(ALL)).await?;
                let more = rows.len() > *limit;
                rows.truncate(*limit);
                if context.json {
                    out.json(&rows)?;
                } else if rows.is_empty() {
                    out.line("nothing is waiting")?;
                } else {
                    out.table(&table(&rows))?;
                    if more {
                        out.line(&format!("there are more than these {limit}: --limit shows them, --state fewer"))?;
                    }
                }
            }
            QueueCommand::Show { id } => {
                let row = store.outbox_row(*id).await?;
                if context.json {
                    out.json(&row)?;
                } else {
                    show(&row, &mut out)?;
                }
            }
            QueueCommand::Retry { ids, held } => {
                let mut ids = ids.clone();
                if *held {
                    let all = store.outbox(&[OutboxState::Held], ALL).await?;
                    ids.extend(all.iter().map(|row| row.id));
                } else if ids.is_empty() {
                    return Err(Failure::usage("nothing to retry", "no item was named", "name items, or use --held"));
                }
                let changed = store.outbox_retry(&ids, Timestamp::now()).await?;
                code = Repaired::of(&store, &ids, &changed).await?.tell(context, &mut out, RETRIED)?;
            }
            QueueCommand::Relink { id, record } => {
                let client = connect::client(&config, &context.paths.data_dir)?;
                let relinked =
                    counting(&store, &client, relink(&store, &client, *id, *record, Timestamp::now())).await?;
                if context.json {
                    out.json(&relinked)?;
                } else {
                    out.line(&format!("{relinked}; it will be tried again now"))?;
                }
            }
            QueueCommand::Skip { ids } => {
                let changed = store.outbox_skip(ids, Timestamp::now()).await?;
                code = Repaired::of(&store, ids, &changed).await?.tell(context, &mut out, SKIPPED)?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(code)
    }
}

/// What became of the items that somebody named.
struct Repaired {
    changed: usize,
    /// Those that are as they were, and why.
    unchanged: Vec<(i64, String)>,
}

/// The key for programs and the words for people.
type Said = (&'static str, &'static str);
const RETRIED: Said = ("retried", "will be tried again now");
const SKIPPED: Said = ("skipped", "left out; `rolodeck queue retry` takes it back");

impl Repaired {
    async fn of(store: &Store, named: &[i64], changed: &[i64]) -> Result<Self, Failure> {
        let (named, changed): (BTreeSet<i64>, BTreeSet<i64>) =
            (named.iter().copied().collect(), changed.iter().copied().collect());
        let mut unchanged = Vec::new();
        for &id in named.difference(&changed) {
            let why = match store.outbox_row(id).await {
                Ok(row) => why_unchanged(&row, store.outbox_newer(&row).await?),
                Err(StoreError::NotFound { .. }) => "there is no such item".to_owned(),
                Err(error) => return Err(error.into()),
            };
            unchanged.push((id, why));
        }
        Ok(Self { changed: changed.len(), unchanged })
    }

    /// Names those that were not changed; the exit status says whether any was.
    fn tell(&self, context: &Context, out: &mut Out, (key, words): Said) -> Result<Code, Failure> {
        if context.json {
            let unchanged: Vec<_> = self.unchanged.iter().map(|(id, why)| json!({ "item": id, "why": why })).collect();
            out.json(&json!({ key: self.changed, "unchanged": unchanged }))?;
        } else {
            match (self.changed, self.unchanged.is_empty()) {
                (0, false) => out.line("nothing was changed")?,
                (n, _) => out.line(&format!("{} {words}", counted(n, "item", "items")))?,
            }
            for (id, why) in &self.unchanged {
                out.line(&format!("item {id} is as it was: {why}"))?;
            }
        }
        Ok(match (self.changed, self.unchanged.is_empty()) {
            (_, true) => Code::Done,
            (0, false) => Code::Failed,
            (_, false) => Code::Partial,
        })
    }
}

/// Why nothing could be done to an item; `newer`: the last one about the same thing that came after it.
fn why_unchanged(row: &OutboxRow, newer: Option<i64>) -> String {
    match (row.state, newer) {
        (OutboxState::Done | OutboxState::Skipped, Some(newer)) => format!("item {newer} has taken its place"),
        (OutboxState::Done, None) => "it is done, and nothing has changed since".to_owned(),
        (OutboxState::Skipped, None) => "it is left out already".to_owned(),
        (OutboxState::InFlight, _) => "it is just being sent".to_owned(),
        (OutboxState::Pending, _) => "it waits already and is sent by itself".to_owned(),
        (OutboxState::Held | OutboxState::Retry | OutboxState::InDoubt, _) => "it has changed meanwhile".to_owned(),
    }
}

fn states(words: &[String]) -> Result<Vec<OutboxState>, Failure> {
    if words.is_empty() {
        use OutboxState::{Held, InDoubt, InFlight, Pending, Retry};
        return Ok(vec![Held, Retry, InDoubt, InFlight, Pending]);
    }
    words
        .iter()
        .map(|word| {
            OutboxState::parse(word.trim()).ok_or_else(|| {
                let all: Vec<_> = OutboxState::ALL.iter().map(|state| state.key()).collect();
                Failure::usage(
                    "there is nothing to list",
                    format!("`{word}` is no state"),
                    format!("use one of: {}", all.join(", ")),
                )
            })
        })
        .collect()
}

fn table(rows: &[OutboxRow]) -> Table {
    let mut table = Table::new(["item", "state", "what", "who", "tries", "code", "means"]).right(0).right(4);
    for row in rows {
        let code = row.code.clone().unwrap_or_default();
        let means = if code.is_empty() { String::new() } else { words(&code).meaning.to_owned() };
        table.row([
            row.id.to_string(),
            row.state.label().to_owned(),
            row.cause.clone(),
            row.label.clone(),
            row.attempts.to_string(),
            code,
            means,
        ]);
    }
    table
}

fn show(row: &OutboxRow, out: &mut Out) -> Result<(), Failure> {
    let mut line = |name: &str, text: String| -> Result<(), Failure> {
        if !text.is_empty() {
            out.line(&format!("{name:<10} {text}"))?;
        }
        Ok(())
    };
    line("item", row.id.to_string())?;
    line("who", row.label.clone())?;
    line("what", format!("{} {} ({})", row.entity.key(), row.entity_id, row.cause))?;
    line("state", format!("{}, {} tries", row.state.label(), row.attempts))?;
    if matches!(row.state, OutboxState::Retry | OutboxState::InDoubt | OutboxState::Pending) {
        line("next try", row.next_at.to_string())?;
    }
    if let Some(code) = &row.code {
        let words = words(code);
        line("object", row.object.clone().unwrap_or_default())?;
        line("field", row.field.clone().unwrap_or_default())?;
        line("code", code.clone())?;
        line("message", row.message.clone().unwrap_or_default())?;
        line("means", words.meaning.to_owned())?;
        line("do", words.remedy.to_owned())?;
    }
    for note in &row.note {
        line("note", note.clone())?;
    }
    Ok(())
}
