//! `rolodeck deliveries`: payloads as they came in, also those that nobody understood.

use serde_json::{Value as Json, json};

use super::output::Table;
use super::{Context, connect};
use crate::store::StoreError;
use crate::words::{Code, Failure};

/// Arguments of `deliveries`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Every payload is kept as it came. One of a type that rolodeck does not know changes nothing;\n\
    `--unknown` lists those, and a number shows the payload itself. Whoever it is about: administrators alone see it."
)]
pub struct DeliveriesArgs {
    /// Show this one whole
    id: Option<i64>,
    /// Only those of a type that rolodeck does not know
    #[arg(long)]
    unknown: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl DeliveriesArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &context.config()?).await?;
        let mut out = context.out();
        if let Some(id) = self.id {
            let (delivery, payload) = store.delivery(id).await?.ok_or(StoreError::NotFound { what: "delivery", id })?;
            let payload: Json = serde_json::from_str(&payload).unwrap_or(Json::String(payload));
            if context.json {
                out.json(&json!({ "delivery": delivery, "payload": payload }))?;
            } else {
                out.line(&format!("{} from {} at {}", delivery.event, delivery.source, delivery.received_at))?;
                out.json(&payload)?;
            }
        } else {
            let rows = store.deliveries(self.unknown, self.limit).await?;
            if context.json {
                out.json(&rows)?;
            } else if rows.is_empty() {
                out.line("nothing came in")?;
            } else {
                let mut table = Table::new(["ID", "RECEIVED", "SOURCE", "TYPE", "ACTIVITY", "CONTACT"]).right(0);
                for row in &rows {
                    let number = |n: Option<i64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
                    let event = if row.unknown { format!("{} (unknown)", row.event) } else { row.event.clone() };
                    let cells = [
                        row.id.to_string(),
                        row.received_at.to_string(),
                        row.source.clone(),
                        event,
                        number(row.activity_id),
                        number(row.contact_id),
                    ];
                    table.row(cells);
                }
                out.table(&table)?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}
