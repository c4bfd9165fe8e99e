//! Two contacts made one, from `contact merge`, `contact edit --merge` and `duplicates merge`.

use jiff::Timestamp;
use serde_json::json;

use super::{change, json};
use crate::cli::Context;
use crate::cli::output::{Out, Table};
use crate::domain::ContactId;
use crate::domain::merge::pair::{Picks, Side};
use crate::domain::text::counted;
use crate::store::{MergePrompt, Merged, Store};
use crate::words::{Code, Failure};

/// `(a, b, survivor)`.
pub(in crate::cli) async fn run(
    context: &Context,
    store: &Store,
    (a, b, survivor): (ContactId, ContactId, Option<ContactId>),
    picks: Picks,
    dry_run: bool,
    now: Timestamp,
) -> Result<Code, Failure> {
    if survivor.is_some_and(|survivor| survivor != a && survivor != b) {
        return Err(Failure::usage("nothing was merged", "the survivor is none of the two", "name one of them"));
    }
    let prompt = store.merge_prompt(a, b, survivor).await?;
    let unknown = picks.keys().find(|field| !prompt.rows.iter().any(|row| row.field == **field));
    if let Some(field) = unknown {
        let fields: Vec<&str> = prompt.rows.iter().map(|row| row.field.as_str()).collect();
        let why = format!("neither contact has a field {field}");
        return Err(Failure::usage("nothing was merged", why, format!("pick among: {}", fields.join(", "))));
    }
    let mut out = context.out();
    if dry_run {
        show(context, &prompt, &picks, &mut out)?;
    } else {
        let merged = store.merge(&prompt.confirm(picks), now).await?;
        tell(context, &merged, &mut out)?;
    }
    out.finish()?;
    Ok(Code::Done)
}

/// Both records side by side, and what comes of it.
pub(super) fn show(context: &Context, prompt: &MergePrompt, picks: &Picks, out: &mut Out) -> Result<(), Failure> {
    if context.json {
        out.json(&json!({
            "survivor": json::contact(&prompt.existing), "incoming": json::contact(&prompt.incoming), "fields": prompt.rows,
            "picks": picks,
        }))?;
        return Ok(());
    }
    let stays = format!("contact {} (stays)", prompt.existing.id);
    let mut table =
        Table::new(["field".to_owned(), stays, format!("contact {}", prompt.incoming.id), "taken".to_owned()]);
    for row in &prompt.rows {
        let side = picks.get(&row.field).copied().filter(|_| row.differs).unwrap_or(row.default);
        let taken = match side {
            Side::Existing => &row.existing,
            Side::Incoming => &row.incoming,
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        table.row([row.field.clone(), text(&row.existing), text(&row.incoming), text(taken)]);
    }
    out.table(&table)?;
    Ok(())
}

pub(super) fn tell(context: &Context, merged: &Merged, out: &mut Out) -> Result<(), Failure> {
    if context.json {
        out.json(&json!({
            "contact": json::contact(&merged.contact), "gone": merged.gone, "changes": merged.changes,
            "activities": merged.activities, "page_views": merged.page_views, "follow": merged.follow,
            "left_in_salesforce": merged.left_in_salesforce.as_ref().map(|(object, id)| json!({ "object": object, "id": id })),
        }))?;
        return Ok(());
    }
    out.line(&format!(
        "contact {} is part of contact {} now: {} and {} came over",
        merged.gone,
        merged.contact.id,
        counted(merged.activities as usize, "activity", "activities"),
        counted(merged.page_views as usize, "page view", "page views")
    ))?;
    for changed in &merged.changes {
        out.line(&change::line(changed))?;
    }
    if let Some((object, id)) = &merged.left_in_salesforce {
        out.line(&format!("Salesforce: {object} {id} stays as it is; merge it there, or relink"))?;
    }
    for line in merged.follow.lines() {
        out.line(&line)?;
    }
    Ok(())
}
