//! `contact add` and `contact edit`.

use serde_json::json;

use super::{Desk, input, json, merge};
use crate::domain::merge::FieldChange;
use crate::domain::merge::pair::Picks;
use crate::store::Edited;
use crate::words::{Code, Failure};

pub(super) async fn add(desk: &Desk<'_>, fields: &[String], update: bool) -> Result<Code, Failure> {
    let schema = desk.store.schema(desk.country()).await?;
    let edit = input::edit(&schema, fields)?;
    let added = desk.store.add_contact(&edit, "manual", update, desk.now).await?;
    let mut out = desk.context.out();
    if desk.context.json {
        out.json(&json!({ "created": added.created, "contact": json::contact(&added.contact) }))?;
    } else {
        let word = if added.created { "added" } else { "updated" };
        out.line(&format!("{word} contact {}: {}", added.contact.id, added.contact.values.display_name()))?;
    }
    out.finish()?;
    Ok(Code::Done)
}

/// `picks`: merge, if another contact has the new email or mobile phone.
pub(super) async fn edit(desk: &Desk<'_>, who: &str, fields: &[String], picks: Option<Picks>) -> Result<Code, Failure> {
    let id = input::find(desk, who).await?;
    let schema = desk.store.schema(desk.country()).await?;
    let edit = input::edit(&schema, fields)?;
    let mut out = desk.context.out();
    match (desk.store.edit(id, &edit, desk.now).await?, picks) {
        (Edited::Saved(saved), _) => {
            if desk.context.json {
                out.json(&json!({
                    "changes": saved.changes, "follow": saved.follow, "contact": json::contact(&saved.contact),
                }))?;
            } else if saved.changes.is_empty() && !saved.other {
                out.line("nothing to change")?;
            } else {
                for change in &saved.changes {
                    out.line(&line(change))?;
                }
                for followed in saved.follow.lines() {
                    out.line(&followed)?;
                }
            }
        }
        (Edited::NeedsMerge(prompt), Some(picks)) => {
            let merged = desk.store.merge(&prompt.confirm(picks), desk.now).await?;
            merge::tell(desk.context, &merged, &mut out)?;
        }
        (Edited::NeedsMerge(prompt), None) => {
            merge::show(desk.context, &prompt, &Picks::new(), &mut out)?;
            out.finish()?;
            return Err(Failure::new(
                "nothing was changed",
                format!("contact {} has this email or mobile phone", prompt.existing.id),
                "the same with --merge makes one contact of the two; --pick decides field by field",
            ));
        }
    }
    out.finish()?;
    Ok(Code::Done)
}

pub(super) fn line(change: &FieldChange) -> String {
    let text = |value: &Option<crate::domain::FieldValue>| {
        value.as_ref().map_or_else(|| "(blank)".to_owned(), ToString::to_string)
    };
    format!("{}: {} -> {}", change.field, text(&change.from), text(&change.to))
}
