//! `contact list` and `contact show`.

use jiff::tz::TimeZone;
use serde_json::json;

use super::{Desk, input, json};
use crate::cli::output::{Out, Table};
use crate::domain::text::{counted, visible};
use crate::domain::{FieldKey, Status};
use crate::filter::{self, Filter, List};
use crate::store::{Anchor, ContactDetail, ContactOrder, Key, Order};
use crate::words::{Code, Failure};

/// Arguments of `contact list`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Only contacts that this filter finds, in the language of the screen
    #[arg(long, short, allow_hyphen_values = true, value_name = "QUERY")]
    pub filter: Option<String>,
    /// The order: recent, name, created or updated
    #[arg(long, default_value = "recent", value_parser = ["recent", "name", "created", "updated"])]
    pub sort: String,
    /// The other way round
    #[arg(long)]
    pub reverse: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// The page behind this place: what the page before gave as `next`
    #[arg(long, value_name = "PLACE")]
    pub after: Option<String>,
}

/// A filter of the contact list, understood for who asks.
pub(super) async fn filter(desk: &Desk<'_>, query: &str) -> Result<Filter, Failure> {
    let context = filter::Context {
        zone: desk.config.user.time_zone(),
        me: desk.config.user.email(),
        custom: desk.store.custom_fields().await?,
        ..filter::Context::new(List::Contacts, desk.now)
    };
    Filter::parse(query, &context).map_err(|error| {
        let hint = error.suggestion.as_ref().map(|word| format!("did you mean `{word}`?"));
        Failure::usage(
            "the filter cannot be understood",
            error.message,
            hint.unwrap_or_else(|| "correct it; the manual page lists keys and values".to_owned()),
        )
    })
}

impl ListArgs {
    pub(super) async fn run(&self, desk: &Desk<'_>) -> Result<Code, Failure> {
        let filter = filter(desk, self.filter.as_deref().unwrap_or_default()).await?;
        let by = match self.sort.as_str() {
            "name" => ContactOrder::Name,
            "created" => ContactOrder::Created,
            "updated" => ContactOrder::Updated,
            _ => ContactOrder::Recent,
        };
        // Names from A, times from the newest.
        let descending = (by != ContactOrder::Name) != self.reverse;
        let order = Order { by, descending };
        let anchor = match &self.after {
            None => Anchor::First,
            Some(text) => Anchor::After(place(text)?),
        };
        let window = desk.store.contact_page(&filter, order, &anchor, self.limit.clamp(1, 1_000)).await?;
        let next =
            window.rows.last().filter(|_| window.after).map(|(key, _)| serde_json::to_string(key).unwrap_or_default());
        let mut out = desk.context.out();
        if desk.context.json {
            let rows: Vec<_> = window.rows.iter().map(|(_, row)| json::row(row)).collect();
            out.json(&json!({ "contacts": rows, "next": next }))?;
        } else if window.rows.is_empty() {
            out.line("no contacts")?;
        } else {
            let mut table = Table::new(["id", "name", "email", "phone", "company", "status", "owner"]).right(0);
            for (_, row) in &window.rows {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                table.row([
                    row.id.to_string(),
                    row.name.clone(),
                    text(&row.email),
                    text(&row.phone),
                    text(&row.company),
                    row.status.map_or_else(String::new, |status| status.label().to_owned()),
                    text(&row.owner),
                ]);
            }
            out.table(&table)?;
            if let Some(next) = next {
                out.line(&format!("more: --after '{next}'"))?;
            }
        }
        out.finish()?;
        Ok(Code::Done)
    }
}

fn place(text: &str) -> Result<Key, Failure> {
    serde_json::from_str(text).map_err(|_| {
        Failure::usage(
            "there is no such page",
            format!("`{text}` is no place of a list"),
            "copy what the page before gave as next",
        )
    })
}

pub(super) async fn show(desk: &Desk<'_>, who: &str) -> Result<Code, Failure> {
    let id = input::find(desk, who).await?;
    let detail = desk.store.contact_detail(id).await?;
    let detail = detail.ok_or(crate::store::StoreError::NotFound { what: "contact", id })?;
    let mut out = desk.context.out();
    if desk.context.json {
        out.json(&json::detail(&detail))?;
    } else {
        print(&detail, &desk.config.user.time_zone(), &mut out)?;
    }
    out.finish()?;
    Ok(Code::Done)
}

fn print(detail: &ContactDetail, zone: &TimeZone, out: &mut Out) -> Result<(), Failure> {
    let contact = &detail.contact;
    let time = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let mut table = Table::new(Vec::<String>::new());
    table.row(["contact".to_owned(), contact.id.to_string()]);
    table.row(["status".to_owned(), contact.status.map_or("none", Status::label).to_owned()]);
    table.row(["owner".to_owned(), contact.owner.as_ref().map_or("nobody", |owner| owner.label()).to_owned()]);
    for field in crate::domain::Field::ALL {
        if let Some(value) = contact.values.get(field) {
            table.row([field.key().to_owned(), value.to_string()]);
        }
    }
    for (key, value) in contact.values.iter().filter(|(key, _)| matches!(key, FieldKey::Custom(_))) {
        table.row([key.to_string(), value.to_string()]);
    }
    table.row(["source".to_owned(), contact.source.clone()]);
    table.row(["created".to_owned(), time(contact.created_at)]);
    table.row(["updated".to_owned(), time(contact.updated_at)]);
    if let Some(at) = contact.interacted_at {
        table.row(["interacted".to_owned(), time(at)]);
    }
    if let Some(link) = &detail.link {
        table.row(["salesforce".to_owned(), format!("{} {}", link.object, link.record_id)]);
        let seen = crate::sync::seen::Seen::of(link);
        if !seen.line().is_empty() {
            table.row(["in salesforce".to_owned(), seen.line()]);
        }
        for conflict in &seen.conflicts {
            let words =
                format!("{}: rolodeck wrote {}, Salesforce has {}", conflict.field, conflict.ours, conflict.theirs);
            table.row(["changed there".to_owned(), words]);
        }
        if link.candidates.len() > 1 {
            table.row(["candidates".to_owned(), link.candidates.join(", ")]);
        }
    }
    for row in &detail.outbox {
        table.row(["queue".to_owned(), format!("item {}: {} ({})", row.id, row.state.label(), row.cause)]);
    }
    for hint in &detail.duplicates {
        table.row(["duplicate?".to_owned(), format!("{} ({})", hint.label, crate::store::reason_words(&hint.reason))]);
    }
    out.table(&table)?;
    if !detail.activities.is_empty() {
        out.line("")?;
        out.line(&counted(detail.activity_count as usize, "activity", "activities"))?;
        let mut table = Table::new(Vec::<String>::new());
        for activity in detail.activities.iter().take(20) {
            table.row([
                format!("  {}", time(activity.start.unwrap_or(activity.created_at))),
                activity.kind.label().to_owned(),
                activity.state.label().to_owned(),
                activity.subject.clone().unwrap_or_default(),
            ]);
        }
        out.table(&table)?;
    }
    if !detail.page_views.is_empty() {
        out.line("")?;
        out.line("page views")?;
        for view in detail.page_views.iter().take(20) {
            let seconds = view.seconds.map(|seconds| format!("  {seconds} s")).unwrap_or_default();
            out.line(&format!("  {}  {}{seconds}", time(view.at), visible(&view.url)))?;
        }
    }
    out.line("")?;
    out.line("history")?;
    for entry in detail.history.iter().take(20) {
        out.line(&format!("  {}  {}  {}{}", time(entry.at), visible(&entry.actor), entry.what, what(&entry.data)))?;
    }
    Ok(())
}

/// From and to, as far as an entry has them.
fn what(data: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "(blank)".to_owned(),
        serde_json::Value::String(text) => visible(text).into_owned(),
        other => other.to_string(),
    };
    let changes = data.get("changes").and_then(serde_json::Value::as_array);
    let list: Vec<String> = changes
        .into_iter()
        .flatten()
        .map(|change| format!("{}: {} -> {}", text(&change["field"]), text(&change["from"]), text(&change["to"])))
        .collect();
    if !list.is_empty() {
        return format!("  {}", list.join("; "));
    }
    match (data.get("from"), data.get("to")) {
        (Some(from), Some(to)) => format!("  {} -> {}", text(from), text(to)),
        _ => String::new(),
    }
}
