//! `rolodeck plan`: what would be written to Salesforce, and why; nothing is.

use jiff::Timestamp;
use serde_json::json;

use super::output::Out;
use super::{Context, connect};
use crate::domain::text::visible;
use crate::store::{OutboxRow, OutboxState};
use crate::sync::plan::{Action, BatchPlan, Operation};
use crate::words::{Code, Failure};

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Salesforce is asked what is there; nothing is written, there or here. The worker would carry out\n\
    exactly this plan."
)]
pub struct PlanArgs {
    /// Only these items of the queue
    items: Vec<i64>,
    /// At most so many items
    #[arg(long, default_value_t = 200)]
    limit: usize,
}

impl PlanArgs {
    /// Everything that waits.
    pub(super) fn whole_queue() -> Self {
        Self { items: Vec::new(), limit: usize::MAX >> 1 }
    }

    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        let batcher = connect::batcher(&config, &store).await?;
        let rows = if self.items.is_empty() {
            let states = [OutboxState::Pending, OutboxState::Retry, OutboxState::InDoubt, OutboxState::Held];
            let mut rows = store.outbox(&states, self.limit).await?;
            rows.sort_by_key(|row| row.id);
            rows
        } else {
            let mut rows = Vec::new();
            for id in &self.items {
                rows.push(store.outbox_row(*id).await?);
            }
            rows
        };
        let plan = batcher.plan(&rows, Timestamp::now()).await?;
        let mut out = context.out();
        if context.json {
            out.json(&as_json(&rows, &plan))?;
        } else {
            print(&rows, &plan, &mut out)?;
        }
        out.finish()?;
        store.close().await;
        Ok(Code::Done)
    }
}

fn as_json(rows: &[OutboxRow], plan: &BatchPlan) -> serde_json::Value {
    let items: Vec<_> = rows
        .iter()
        .zip(&plan.items)
        .map(|(row, item)| {
            let people: Vec<_> = item
                .persons
                .iter()
                .map(|&i| {
                    let person = &plan.persons[i];
                    json!({ "who": person.label, "operation": person.operation, "candidates": person.candidates, "notes": person.notes })
                })
                .collect();
            json!({
                "item": row.id, "who": row.label, "cause": row.cause, "people": people,
                "event": item.event.as_ref().map(|event| &event.operation), "nothing": item.nothing,
                "fault": item.fault.as_ref().map(|fault| &fault.message), "notes": item.notes,
            })
        })
        .collect();
    json!({ "items": items })
}

fn print(rows: &[OutboxRow], plan: &BatchPlan, out: &mut Out) -> Result<(), Failure> {
    let mut told = std::collections::HashSet::new();
    for (row, item) in rows.iter().zip(&plan.items) {
        out.line(&format!("item {}: {} ({})", row.id, visible(&row.label), row.cause))?;
        if let Some(reason) = &item.nothing {
            out.line(&format!("  nothing: {}", visible(reason)))?;
        }
        if let Some(fault) = &item.fault {
            out.line(&format!("  held: {}", visible(&fault.message)))?;
        }
        for &index in &item.persons {
            let person = &plan.persons[index];
            match &person.operation {
                Some(operation) if told.insert(index) => show(operation, &person.label, out)?,
                Some(_) => out.line(&format!("  {}: as above", visible(&person.label)))?,
                None => {}
            }
            for note in &person.notes {
                out.line(&format!("  note: {}", visible(note)))?;
            }
        }
        if let Some(event) = &item.event {
            match &event.operation {
                Some(operation) => show(operation, "", out)?,
                None => out.line("  Event: in step")?,
            }
        }
        for note in &item.notes {
            out.line(&format!("  note: {}", visible(note)))?;
        }
    }
    if rows.is_empty() {
        out.line("nothing is waiting")?;
    }
    Ok(())
}

fn show(operation: &Operation, who: &str, out: &mut Out) -> Result<(), Failure> {
    let action = match &operation.action {
        Action::Create => format!("create {}", operation.object),
        Action::Update(id) => format!("update {} {id}", operation.object),
        Action::Delete(id) => format!("delete {} {id}", operation.object),
    };
    out.line(&format!("  {action} {} ({})", visible(who), visible(&operation.reason)))?;
    for write in &operation.fields {
        let after = visible(&write.after.to_string()).into_owned();
        match &write.before {
            Some(before) => out.line(&format!("    {}: {} -> {after}", write.field, visible(&before.to_string())))?,
            None => out.line(&format!("    {}: {after}", write.field))?,
        }
    }
    Ok(())
}
