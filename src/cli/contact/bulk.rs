//! `contact status`, `contact assign` and `contact delete`: some contacts, or all that a filter finds.

use std::io::{IsTerminal, Write};

use serde_json::json;

use super::{Desk, input, list};
use crate::cli::Context;
use crate::domain::text::counted;
use crate::domain::{ContactId, Email, Status};
use crate::filter::Filter;
use crate::store::{Bulk, BulkProgress, DELETE_LIMIT, Selection};
use crate::words::{Code, Failure};

/// Arguments of `contact status`.
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Contacts (number, email or mobile phone), then the status
    #[arg(required = true, value_name = "WHO… STATUS")]
    words: Vec<String>,
    /// All contacts that this filter finds
    #[arg(long, short, allow_hyphen_values = true, value_name = "QUERY")]
    filter: Option<String>,
}

/// Arguments of `contact assign`.
#[derive(Debug, clap::Args)]
pub(super) struct AssignArgs {
    /// Number, email or mobile phone
    who: Vec<String>,
    /// All contacts that this filter finds
    #[arg(long, short, allow_hyphen_values = true, value_name = "QUERY")]
    filter: Option<String>,
    /// The owner's email, `me` or `none`
    #[arg(long, value_name = "EMAIL")]
    owner: String,
}

/// Arguments of `contact delete`.
#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// Number, email or mobile phone
    who: Vec<String>,
    /// All contacts that this filter finds
    #[arg(long, short, allow_hyphen_values = true, value_name = "QUERY")]
    filter: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Contacts as they were named.
enum Named {
    Ids(Vec<ContactId>),
    Filter(Filter),
}

impl Named {
    async fn of(desk: &Desk<'_>, who: &[String], query: Option<&str>) -> Result<Self, Failure> {
        match (who, query) {
            ([], Some(query)) => Ok(Self::Filter(list::filter(desk, query).await?)),
            ([], None) => {
                Err(Failure::usage("nothing was changed", "no contact was named", "name contacts, or use --filter"))
            }
            (who, None) => Ok(Self::Ids(input::find_all(desk, who).await?)),
            (_, Some(_)) => {
                Err(Failure::usage("nothing was changed", "contacts and a filter were named", "use one of the two"))
            }
        }
    }

    fn selection(&self) -> Selection<'_> {
        match self {
            Self::Ids(ids) => Selection::Ids(ids),
            Self::Filter(filter) => Selection::Filter(filter),
        }
    }
}

impl StatusArgs {
    pub(super) async fn run(&self, desk: &Desk<'_>) -> Result<Code, Failure> {
        let Some((word, who)) = self.words.split_last() else { return Ok(Code::Usage) };
        let status = match word.trim() {
            "none" => None,
            word => Some(Status::parse(word).map_err(|error| {
                Failure::usage("no status was set", error.to_string(), "give one of them, or `none`, as the last word")
            })?),
        };
        let named = Named::of(desk, who, self.filter.as_deref()).await?;
        let mut progress = progress(desk.context);
        let bulk = desk.store.set_status_of(named.selection(), status, &mut progress, desk.now).await?;
        tell(desk.context, bulk, &format!("set to {}", status.map_or("no status", Status::label)))
    }
}

impl AssignArgs {
    pub(super) async fn run(&self, desk: &Desk<'_>) -> Result<Code, Failure> {
        let owner = match self.owner.trim() {
            "none" => None,
            "me" => Some(desk.config.user.email().ok_or_else(|| {
                let why = "the configuration does not say who you are";
                Failure::usage("nothing was assigned", why, "set user.email, or give the email of a user")
            })?),
            email => Some(Email::parse(email).map_err(|error| {
                Failure::usage("nothing was assigned", error.to_string(), "give the email of a user, `me` or `none`")
            })?),
        };
        let named = Named::of(desk, &self.who, self.filter.as_deref()).await?;
        let mut progress = progress(desk.context);
        let bulk = desk.store.assign(named.selection(), owner.as_ref(), &mut progress, desk.now).await?;
        tell(
            desk.context,
            bulk,
            &owner.map_or_else(|| "without an owner".to_owned(), |owner| format!("assigned to {owner}")),
        )
    }
}

impl DeleteArgs {
    pub(super) async fn run(&self, desk: &Desk<'_>) -> Result<Code, Failure> {
        let named = Named::of(desk, &self.who, self.filter.as_deref()).await?;
        // What is asked about is what is deleted: the contacts as the filter finds them now.
        let ids = match &named {
            Named::Ids(ids) => ids.clone(),
            Named::Filter(filter) => desk.store.contact_ids(filter, DELETE_LIMIT + 1).await?,
        };
        if ids.is_empty() {
            return tell(desk.context, Bulk::default(), "deleted");
        }
        let what = match ids.as_slice() {
            [id] => match desk.store.contact_detail(*id).await? {
                Some(detail) => format!("contact {id}, {}", detail.contact.values.display_name()),
                None => format!("contact {id}"),
            },
            ids if ids.len() > DELETE_LIMIT => format!("more than {DELETE_LIMIT} contacts"),
            ids => count(ids.len()),
        };
        let question = format!("Delete {what}? Activities stay, Salesforce is left alone.");
        if ids.len() <= DELETE_LIMIT && !input::confirmed(desk.context, self.yes, &question)? {
            return Ok(Code::Done);
        }
        let bulk = desk.store.delete_contacts(Selection::Ids(&ids), desk.now).await?;
        tell(desk.context, bulk, "deleted")
    }
}

fn tell(context: &Context, bulk: Bulk, words: &str) -> Result<Code, Failure> {
    let mut out = context.out();
    if context.json {
        out.json(&json!(bulk))?;
    } else {
        out.line(&format!("{} {words}", count(bulk.changed)))?;
        if bulk.unchanged > 0 {
            out.line(&format!("{} so already", count(bulk.unchanged)))?;
        }
        if bulk.left > 0 {
            out.line(&format!("{} left alone: gone, or not yours to change", count(bulk.left)))?;
        }
        if let Some(entry) = bulk.undo {
            out.line(&format!("take it back: rolodeck contact undo {entry}"))?;
        }
    }
    out.finish()?;
    Ok(if bulk.left > 0 { Code::Partial } else { Code::Done })
}

fn count(n: usize) -> String {
    counted(n, "contact", "contacts")
}

/// A line on the terminal while many are worked through.
fn progress(context: &Context) -> impl FnMut(BulkProgress) -> bool + Send + use<> {
    let shown = !context.json && std::io::stderr().is_terminal();
    move |progress| {
        if shown && progress.of > 5_000 {
            let end = if progress.done == progress.of { "\r\u{1b}[K" } else { "" };
            // A terminal that went away need not be told.
            let _ = write!(std::io::stderr(), "\r{} of {}{end}", progress.done, progress.of);
        }
        true
    }
}
