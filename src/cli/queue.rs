//! `rolodeck queue`: what waits for Salesforce, what failed, and what to do about it.

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::salesforce::{SfId, words};
use crate::store::{OutboxRow, OutboxState};
use crate::sync::relink::relink;
use crate::words::{Code, Failure};

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
    /// Try items again, now
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
    /// Leave items out for good; a later change of the same thing is sent again
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
        let mut out = context.out();
        match &self.command {
            QueueCommand::List { state, limit } => {
                let states = states(state)?;
                let rows = store.outbox(&states, *limit).await?;
                if context.json {
                    out.json(&rows)?;
                } else if rows.is_empty() {
                    out.line("nothing is waiting")?;
                } else {
                    out.table(&table(&rows))?;
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
                    ids.extend(store.outbox(&[OutboxState::Held], 10_000).await?.iter().map(|row| row.id));
                }
                if ids.is_empty() {
                    return Err(Failure::usage("nothing to retry", "no item was named", "name items, or use --held"));
                }
                let n = store.outbox_retry(&ids, Timestamp::now()).await?;
                tell(context, &mut out, "retried", n, "will be tried again now")?;
            }
            QueueCommand::Relink { id, record } => {
                let client = connect::client(&config, &context.paths.data_dir)?;
                let relinked = relink(&store, &client, *id, *record, Timestamp::now()).await?;
                if context.json {
                    out.json(&relinked)?;
                } else {
                    out.line(&format!("{relinked}; it will be tried again now"))?;
                }
            }
            QueueCommand::Skip { ids } => {
                let n = store.outbox_skip(ids, Timestamp::now()).await?;
                tell(context, &mut out, "skipped", n, "left out")?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

/// How many items were changed.
fn tell(context: &Context, out: &mut Out, key: &str, n: u64, words: &str) -> Result<(), Failure> {
    if context.json {
        out.json(&json!({ key: n }))?;
    } else {
        out.line(&format!("{n} {words}"))?;
    }
    Ok(())
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
