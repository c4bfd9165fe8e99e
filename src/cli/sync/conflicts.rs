//! `rolodeck sync --reread` and `--conflicts`: what changed in Salesforce since rolodeck wrote it.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::cli::{Context, connect};
use crate::config::Config;
use crate::domain::text::visible;
use crate::store::Store;
use crate::sync::batch::BatchError;
use crate::sync::calls::counting;
use crate::sync::seen::Seen;
use crate::words::{Code, Failure};

/// The most records that are listed.
const MOST: usize = 10_000;

/// Looks now, page by page, until all is read.
pub(super) async fn reread(context: &Context, config: &Config, store: &Store) -> Result<Code, Failure> {
    let batcher = connect::batcher(config, store).await?;
    let before = batcher.client().calls_made();
    let work = async {
        let mut found = batcher.reread(Timestamp::now()).await?;
        while found.more {
            let next = batcher.reread(Timestamp::now()).await?;
            found.read += next.read;
            found.linked += next.linked;
            found.conflicts += next.conflicts;
            found.more = next.more;
        }
        Ok::<_, BatchError>(found)
    };
    let found = counting(store, batcher.client(), work).await?;
    let calls = batcher.client().calls_made() - before;
    let mut out = context.out();
    if context.json {
        out.json(&json!({ "read": found.read, "linked": found.linked, "conflicts": found.conflicts, "calls": calls }))?;
    } else {
        out.line(&format!(
            "{} records changed in Salesforce, {} of them linked, {} with fields that rolodeck had written; {calls} API calls",
            found.read, found.linked, found.conflicts
        ))?;
        if found.conflicts > 0 {
            out.line("`rolodeck sync --conflicts` lists them")?;
        }
    }
    out.finish()?;
    Ok(Code::Done)
}

/// Every linked record with fields that somebody changed, ours and theirs side by side.
pub(super) async fn list(context: &Context, store: &Store) -> Result<Code, Failure> {
    let found = store.conflicts(MOST).await?;
    let mut out = context.out();
    if context.json {
        let lines: Vec<Json> = found
            .iter()
            .map(|one| {
                json!({
                    "entity": one.entity, "id": one.entity_id, "name": one.label, "object": one.link.object,
                    "record": one.link.record_id, "seen": Seen::of(&one.link),
                })
            })
            .collect();
        out.json(&json!({ "conflicts": lines }))?;
    } else {
        for one in &found {
            let seen = Seen::of(&one.link);
            let owner = seen.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
            let line = format!("{} {} {}{owner}", one.link.object, one.link.record_id, one.label);
            out.line(&visible(&line))?;
            for conflict in &seen.conflicts {
                let line = format!(
                    "    {}: rolodeck wrote {}, Salesforce has {}",
                    conflict.field, conflict.ours, conflict.theirs
                );
                out.line(&visible(&line))?;
            }
        }
        if found.is_empty() {
            out.line("nothing that rolodeck wrote was changed in Salesforce, as far as it was read")?;
        } else {
            out.line("who wins at the next change says `wins` of the profile and of each write rule; `rolodeck plan` shows it")?;
        }
    }
    out.finish()?;
    Ok(Code::Done)
}
