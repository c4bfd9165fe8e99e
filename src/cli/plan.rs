//! `rolodeck plan`: what would be written to Salesforce, and why; nothing is.

use jiff::Timestamp;

use super::{Context, connect};
use crate::domain::Email;
use crate::domain::text::counted;
use crate::store::{Entity, OutboxRow, OutboxState, Store};
use crate::sync::calls::counting;
use crate::words::{Code, Failure};

mod show;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Salesforce is asked what is there; nothing is written, there or here. The worker would carry out\n\
    exactly this plan.\n\n\
    Examples:\n  \
    rolodeck plan                              everything that waits\n  \
    rolodeck plan 12 13                        two items of the queue\n  \
    rolodeck plan --contact bo@buyer.example   one contact, whether it waits or not\n  \
    rolodeck plan --activity 7 --json          one booking, for a script"
)]
pub struct PlanArgs {
    /// Only these items of the queue
    items: Vec<i64>,
    /// A contact, by its number or email, as if it had just changed
    #[arg(long, value_name = "ID|EMAIL", conflicts_with_all = ["items", "activity"])]
    contact: Option<String>,
    /// An activity, by its number, as if it had just changed
    #[arg(long, value_name = "ID", conflicts_with = "items")]
    activity: Option<i64>,
    /// At most so many items
    #[arg(long, default_value_t = 200)]
    limit: usize,
    /// Leave out what the worker would not send.
    #[arg(skip)]
    dry_run: bool,
}

impl PlanArgs {
    /// What `sync --once` would carry out: everything that waits, and nothing that is held.
    pub(super) fn dry_run() -> Self {
        Self { items: Vec::new(), contact: None, activity: None, limit: usize::MAX >> 1, dry_run: true }
    }

    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let bare = connect::store_of_now(context).await?;
        let batcher = connect::batcher(&config, &bare).await?;
        let rows = self.rows(&connect::acting(&bare, &config).await?).await?;
        let plan = counting(&bare, batcher.client(), batcher.plan(&rows, Timestamp::now())).await?;
        let mut out = context.out();
        if context.json {
            out.json(&show::as_json(&rows, &plan))?;
        } else {
            show::print(&rows, &plan, &mut out)?;
            let held = bare.outbox_counts().await?.held;
            if self.dry_run && held > 0 {
                let items = counted(held as usize, "item is", "items are");
                out.line(&format!("{items} held and would not be sent: `rolodeck queue list --state held`"))?;
            }
        }
        out.finish()?;
        bare.close().await;
        Ok(Code::Done)
    }

    async fn rows(&self, store: &Store) -> Result<Vec<OutboxRow>, Failure> {
        if let Some(said) = &self.contact {
            let detail = store.contact_detail(contact(store, said).await?).await?;
            let detail = detail.ok_or_else(|| nothing(&format!("there is no contact {said}")))?;
            let waiting = detail.outbox.into_iter().find(|row| row.entity == Entity::Contact);
            let contact = &detail.contact;
            let label = contact.values.display_name();
            return Ok(vec![waiting.unwrap_or_else(|| OutboxRow::of_contact(contact.id, label))]);
        }
        if let Some(id) = self.activity {
            let detail = store.activity_detail(id).await?;
            let detail = detail.ok_or_else(|| nothing(&format!("there is no activity {id}")))?;
            let settled = |row: &OutboxRow| matches!(row.state, OutboxState::Done | OutboxState::Skipped);
            let waiting = detail.outbox.filter(|row| !settled(row));
            return Ok(vec![waiting.unwrap_or_else(|| OutboxRow::of_activity(&detail.activity))]);
        }
        if self.items.is_empty() {
            let mut states = vec![OutboxState::Pending, OutboxState::Retry, OutboxState::InDoubt];
            states.extend((!self.dry_run).then_some(OutboxState::Held));
            let mut rows = store.outbox(&states, self.limit).await?;
            rows.sort_by_key(|row| row.id);
            return Ok(rows);
        }
        let mut rows = Vec::new();
        for id in &self.items {
            rows.push(store.outbox_row(*id).await?);
        }
        Ok(rows)
    }
}

/// A contact's number, by number or email.
async fn contact(store: &Store, said: &str) -> Result<i64, Failure> {
    if let Ok(id) = said.trim().parse() {
        return Ok(id);
    }
    let email = Email::parse(said).map_err(|error| {
        Failure::usage(
            "Nothing is planned",
            error.to_string(),
            "give a contact's number, or an address as in ana@example.com",
        )
    })?;
    store.contact_by_email(&email).await?.ok_or_else(|| nothing(&format!("there is no contact {email}")))
}

fn nothing(why: &str) -> Failure {
    Failure::new("Nothing is planned", why, "the lists of the dashboard show each contact and activity with its number")
}
