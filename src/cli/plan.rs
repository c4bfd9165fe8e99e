//! `rolodeck plan`: what would be written to Salesforce, and why; nothing is.

use jiff::Timestamp;
use serde_json::json;

use super::output::Out;
use super::{Context, connect};
use crate::domain::Email;
use crate::domain::text::visible;
use crate::store::{Entity, OutboxRow, OutboxState, Store};
use crate::sync::explain;
use crate::sync::plan::BatchPlan;
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
    /// This contact, whether or not something of it waits: its email or number
    #[arg(long, value_name = "CONTACT", conflicts_with = "items")]
    contact: Option<String>,
    /// This activity, whether or not it waits: its number
    #[arg(long, value_name = "ACTIVITY", conflicts_with_all = ["items", "contact"])]
    activity: Option<i64>,
    /// At most so many items
    #[arg(long, default_value_t = 200)]
    limit: usize,
}

impl PlanArgs {
    /// Everything that waits.
    pub(super) fn whole_queue() -> Self {
        Self { items: Vec::new(), contact: None, activity: None, limit: usize::MAX >> 1 }
    }

    async fn contact_id(&self, store: &Store, who: &str) -> Result<i64, Failure> {
        let known = match (who.parse(), Email::parse(who)) {
            (Ok(id), _) => Some(id),
            (_, Ok(email)) => store.contact_by_email(&email).await?,
            _ => None,
        };
        known.ok_or_else(|| {
            Failure::new("there is no plan", format!("no contact is `{who}`"), "name an email address or a number")
        })
    }

    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let store = connect::store(context).await?;
        let batcher = connect::batcher(&config, &store).await?;
        let rows = if let Some(id) = self.activity {
            vec![store.outbox_preview(Entity::Activity, id, Timestamp::now()).await?]
        } else if let Some(contact) = &self.contact {
            let id = self.contact_id(&store, contact).await?;
            vec![store.outbox_preview(Entity::Contact, id, Timestamp::now()).await?]
        } else if self.items.is_empty() {
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
    for (_, line) in explain::lines(rows, plan) {
        out.line(&visible(&line))?;
    }
    if rows.is_empty() {
        out.line("nothing is waiting")?;
    }
    Ok(())
}
