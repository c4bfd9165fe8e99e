//! `contact undo`, `contact redo` and `contact erase`.

use serde_json::json;

use super::Desk;
use crate::cli::output::Table;
use crate::domain::Email;
use crate::store::{Erased, Undone};
use crate::sync::worker::ROLE;
use crate::words::{Code, Failure};

pub(super) async fn list(desk: &Desk<'_>, limit: usize) -> Result<Code, Failure> {
    let entries = desk.store.undo_entries(limit).await?;
    let mut out = desk.context.out();
    if desk.context.json {
        out.json(&entries)?;
    } else if entries.is_empty() {
        out.line("nothing to undo")?;
    } else {
        let zone = desk.config.user.time_zone();
        let mut table = Table::new(["change", "when", "who", "what", ""]).right(0);
        for entry in entries {
            let at = entry.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            let state = if entry.undone_at.is_some() { "undone" } else { "" };
            table.row([entry.id.to_string(), at, entry.actor, entry.label, state.to_owned()]);
        }
        out.table(&table)?;
    }
    out.finish()?;
    Ok(Code::Done)
}

pub(super) async fn undo(desk: &Desk<'_>, id: Option<i64>) -> Result<Code, Failure> {
    let undone = match id {
        Some(id) => Some(desk.store.undo(id, desk.now).await?),
        None => desk.store.undo_latest(desk.now).await?,
    };
    tell(desk, undone.as_ref(), "undone")
}

pub(super) async fn redo(desk: &Desk<'_>, id: Option<i64>) -> Result<Code, Failure> {
    let redone = match id {
        Some(id) => Some(desk.store.redo(id, desk.now).await?),
        None => desk.store.redo_latest(desk.now).await?,
    };
    tell(desk, redone.as_ref(), "redone")
}

fn tell(desk: &Desk<'_>, done: Option<&Undone>, word: &str) -> Result<Code, Failure> {
    let mut out = desk.context.out();
    if desk.context.json {
        out.json(&done)?;
    } else if let Some(done) = done {
        out.line(&format!("{word}: {}", done.label))?;
        if done.left > 0 {
            out.line(&format!("{} left as somebody made them since", done.left))?;
        }
        if let Some(note) = &done.note {
            out.line(note)?;
        }
    } else {
        out.line(&format!("nothing can be {word}"))?;
    }
    out.finish()?;
    Ok(if done.is_some_and(|done| done.left > 0) { Code::Partial } else { Code::Done })
}

pub(super) async fn erase(desk: &Desk<'_>, email: &str, yes: bool) -> Result<Code, Failure> {
    let email = Email::parse(email)
        .map_err(|error| Failure::usage("nobody was erased", error.to_string(), "give the person's email"))?;
    let erased = desk.store.erase(&email, !yes, desk.now).await?;
    let running = desk.store.lease(ROLE).await?.is_some_and(|lease| lease.until > desk.now);
    let mut out = desk.context.out();
    if desk.context.json {
        out.json(&json!({ "erased": yes, "report": erased, "worker_running": running }))?;
    } else if erased.is_empty() {
        out.line(&format!("nothing here is about {email}"))?;
    } else {
        out.line(&format!("{} {email}:", if yes { "erased" } else { "would erase" }))?;
        let mut table = Table::new(Vec::<String>::new()).right(0);
        for (n, what) in figures(&erased) {
            if n > 0 {
                table.row([n.to_string(), what.to_owned()]);
            }
        }
        out.table(&table)?;
        for (object, id) in &erased.in_salesforce {
            out.line(&format!("still in Salesforce: {object} {id}; erase it there"))?;
        }
        for place in &erased.named_in {
            out.line(&format!("still named in: {place}"))?;
        }
        if let Some(why) = &erased.remnants {
            out.line(&format!(
                "the file could not be written anew ({why}): bytes of older versions may still stand in it; do it again"
            ))?;
        }
        if running {
            out.line("a worker runs, and its last messages may name them: stop it, then do it again")?;
        }
        out.line("not looked at: calendars, exported files, log files, copies of the store")?;
        if !yes {
            out.line("nothing was changed; do it with --yes")?;
        }
    }
    out.finish()?;
    Ok(Code::Done)
}

fn figures(erased: &Erased) -> [(u64, &'static str); 10] {
    [
        (erased.contacts, "contact"),
        (erased.activities, "activities, which name nobody any more"),
        (erased.as_guest, "activities of others, from which the guest is gone"),
        (erased.payloads, "payloads, emptied"),
        (erased.history, "entries of the history"),
        (erased.undo, "entries of the undo log"),
        (erased.page_views, "page views"),
        (erased.queue_items, "items of the queue"),
        (erased.hook_deliveries, "events out"),
        (erased.mentions, "other mentions"),
    ]
}
