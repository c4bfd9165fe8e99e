//! A contact in full.

use super::Page;
use crate::domain::{Field, FieldKey, FieldValue, Status, UserRef};
use crate::store::{ContactDetail, HistoryEntry, Link, OutboxState};
use crate::sync::seen::Seen;
use crate::tui::theme::Meaning;
use crate::tui::view::panes::sync_items;

/// Fields that the head of the page shows already, or that say little on their own.
const SHOWN: [Field; 7] = [
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::MobilePhone,
    Field::Company,
    Field::JobTitle,
    Field::Salutation,
];

impl<'m> Page<'m> {
    /// Everything about a contact. `alone`: not below one of its activities.
    pub(super) fn contact(&mut self, detail: &'m ContactDetail, alone: bool) {
        let contact = &detail.contact;
        let name = contact.values.display_name();
        let name = if name.is_empty() { "(nothing known)".to_owned() } else { name };
        let status = contact.status.map_or("No status", Status::label);
        let spans = vec![
            self.span(name, Meaning::Strong),
            self.span("  ", Meaning::Text),
            self.span(self.theme.glyphs.lamp, Meaning::of_status(contact.status)),
            self.span(format!(" {status}"), Meaning::of_status(contact.status)),
        ];
        self.line(spans);
        let work = [Field::JobTitle, Field::Company].into_iter().filter_map(|field| contact.values.text(field));
        let work = work.collect::<Vec<_>>().join(" at ");
        if !work.is_empty() {
            let span = self.span(work, Meaning::Text);
            self.line(vec![span]);
        }
        self.maybe("Email", contact.values.text(Field::Email));
        self.maybe("Mobile", contact.values.text(Field::MobilePhone));
        if alone {
            self.latest(detail);
            self.standing(detail);
        }
        for (key, value) in contact.values.iter() {
            match key {
                FieldKey::System(field) if SHOWN.contains(field) => {}
                FieldKey::System(field) => self.pair(field.label(), &value.to_string(), Meaning::Text),
                FieldKey::Custom(name) => self.pair(name, &value.to_string(), Meaning::Text),
            }
        }
        self.maybe("Owner", contact.owner.as_ref().map(UserRef::label));
        let added = format!("{} from {}", self.moment(contact.created_at), contact.source);
        self.pair("Added", &added, Meaning::Dim);
        if let Some(at) = contact.interacted_at {
            let at = self.moment(at);
            self.pair("Last seen", &at, Meaning::Dim);
        }
        self.salesforce(detail);
        self.duplicates(detail);
        if alone || detail.activities.len() > 1 {
            self.heading("Activities");
            for row in &detail.activities {
                self.activity_line(row);
            }
            if detail.activities.is_empty() {
                self.text("None", Meaning::Dim);
            }
            let more = detail.activity_count - detail.activities.len() as i64;
            if more > 0 {
                let span = self.span(format!("and {more} earlier ones"), Meaning::Dim);
                self.line(vec![span]);
            }
        }
        self.page_views(detail);
        self.heading("History");
        self.history(&detail.history);
    }

    /// Pages with the time spent on each, the one seen last first. Only with consent (OnceHub: page views).
    fn page_views(&mut self, detail: &'m ContactDetail) {
        if detail.contact.values.bool(Field::HasConsent) == Some(false) {
            self.heading("Page views");
            return self.text("Not kept: no consent", Meaning::Dim);
        }
        if detail.page_views.is_empty() {
            return;
        }
        self.heading("Page views");
        let mut pages: Vec<Viewed> = Vec::new();
        for view in &detail.page_views {
            let seconds = view.seconds.unwrap_or(0);
            match pages.iter_mut().find(|page| page.url == view.url) {
                Some(page) => {
                    page.seconds += seconds;
                    page.visits += 1;
                }
                None => {
                    pages.push(Viewed {
                        url: &view.url,
                        title: view.title.as_deref(),
                        seconds,
                        visits: 1,
                        at: view.at,
                    });
                }
            }
        }
        for page in pages {
            let at = self.moment(page.at);
            let spent = if page.seconds > 0 { format!("  {}", spent(page.seconds)) } else { String::new() };
            let visits = if page.visits > 1 { format!("  {} visits", page.visits) } else { String::new() };
            let about = spent + &visits;
            let spans = vec![
                self.span(format!("{at}  "), Meaning::Dim),
                self.span(page.title.unwrap_or(page.url), Meaning::Text),
                self.span(about, Meaning::Dim),
            ];
            self.line(spans);
        }
    }

    /// The meeting to come, else what was heard last.
    fn latest(&mut self, detail: &ContactDetail) {
        let now = self.model.setup.now.at;
        let coming = detail.activities.iter().filter(|row| row.state.is_open_booking());
        let coming =
            coming.filter(|row| row.end.or(row.start).is_some_and(|end| end > now)).min_by_key(|row| row.start);
        let Some(row) = coming.or(detail.activities.first()) else { return };
        let subject = row.subject.as_deref().unwrap_or_else(|| row.kind.label());
        let at = self.moment(row.start.unwrap_or(row.updated_at));
        let label = if coming.is_some() { "Next" } else { "Latest" };
        self.pair(label, &format!("{at}  {subject}  {}", row.state.label()), Meaning::of_state(row.state));
    }

    /// Where it is in Salesforce, in a word.
    fn standing(&mut self, detail: &ContactDetail) {
        let open = detail.outbox.iter().find(|row| !matches!(row.state, OutboxState::Done | OutboxState::Skipped));
        let link = detail.link.as_ref().map(|link| link.object.as_str());
        match (open, link) {
            (Some(row), link) => {
                let words = [link.unwrap_or("not there yet"), row.state.label()].join(", ");
                self.pair("Salesforce", &words, sync_items::meaning(row.state));
            }
            (None, Some(object)) => self.pair("Salesforce", &format!("{object}, up to date"), Meaning::Good),
            (None, None) => {}
        }
    }

    fn salesforce(&mut self, detail: &'m ContactDetail) {
        if detail.link.is_none() && detail.outbox.is_empty() {
            return;
        }
        self.heading("Salesforce");
        if let Some(link) = &detail.link {
            self.link(link);
        }
        for item in &detail.outbox {
            self.outbox(item);
        }
    }

    pub(super) fn link(&mut self, link: &'m Link) {
        self.pair(&link.object, &link.record_id, Meaning::Text);
        if link.candidates.len() > 1 {
            let words = format!("{} records matched: {}", link.candidates.len(), link.candidates.join(", "));
            self.pair("Multiple", &words, Meaning::Warning);
        }
        let at = self.moment(link.updated_at);
        self.pair("Written", &at, Meaning::Dim);
        self.seen(link);
    }

    /// What was last read of the record there, and what somebody changed since we wrote it.
    fn seen(&mut self, link: &Link) {
        let seen = Seen::of(link);
        if let Some(owner) = &seen.owner {
            self.pair("Owner there", owner, Meaning::Text);
        }
        if let Some(status) = &seen.status {
            self.pair("Status there", status, Meaning::Text);
        }
        if let Some(became) = &seen.became {
            self.pair("Became", became, Meaning::Warning);
        }
        if seen.gone {
            self.pair("Deleted", "there, not here", Meaning::Warning);
        }
        for conflict in &seen.conflicts {
            let words = format!("{} there, {} from here", conflict.theirs, conflict.ours);
            self.pair(&conflict.field, &words, Meaning::Warning);
        }
    }

    fn duplicates(&mut self, detail: &'m ContactDetail) {
        if detail.duplicates.is_empty() {
            return;
        }
        self.heading("Possibly the same person");
        for hint in &detail.duplicates {
            let spans = vec![
                self.span(&*hint.label, Meaning::Warning),
                self.span(format!("  {}", hint.reason.replace('_', " ")), Meaning::Dim),
            ];
            self.line(spans);
        }
    }

    pub(super) fn history(&mut self, entries: &'m [HistoryEntry]) {
        for entry in entries {
            let at = self.moment(entry.at);
            let spans = vec![
                self.span(format!("{at}  "), Meaning::Dim),
                self.span(words(entry, self.theme.glyphs.arrow), Meaning::Text),
                self.span(format!("  {}", entry.actor), Meaning::Dim),
            ];
            self.line(spans);
            for change in changes(entry, self.theme.glyphs.arrow) {
                let span = self.span(format!("  {change}"), Meaning::Dim);
                self.line(vec![span]);
            }
        }
    }
}

/// A page, however often it was seen.
struct Viewed<'v> {
    url: &'v str,
    title: Option<&'v str>,
    seconds: i64,
    visits: usize,
    at: jiff::Timestamp,
}

/// `42 s`, `3 min 5 s`.
fn spent(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// "Company: Acme → Acme Inc", a line for each field that changed.
fn changes(entry: &HistoryEntry, arrow: &str) -> Vec<String> {
    let Some(changes) = entry.data.get("changes").and_then(serde_json::Value::as_array) else { return Vec::new() };
    let text = |value: Option<&serde_json::Value>| {
        let value = value.and_then(FieldValue::from_json);
        value.map_or_else(|| "blank".to_owned(), |value| value.to_string())
    };
    let line = |change: &serde_json::Value| {
        let key = FieldKey::parse(change.get("field")?.as_str()?);
        let label = match &key {
            FieldKey::System(field) => field.label().to_owned(),
            FieldKey::Custom(name) => name.clone(),
        };
        Some(format!("{label}: {} {arrow} {}", text(change.get("from")), text(change.get("to"))))
    };
    changes.iter().filter_map(line).collect()
}

/// "status: Qualified → Disqualified", "created", "field company: Acme → Acme Inc".
fn words(entry: &HistoryEntry, arrow: &str) -> String {
    let value = |key: &str| match entry.data.get(key) {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => {
            Some(Status::parse(text).map_or(text.clone(), |s| s.label().to_owned()))
        }
        Some(other) => Some(other.to_string()),
    };
    let mut words = entry.what.replace('_', " ");
    if let Some(field) = value("field") {
        words = format!("{words} {}", field.replace('_', " "));
    }
    if let Some(name) = value("import_name") {
        words = format!("{words} by import {name}");
    }
    match (value("from"), value("to")) {
        (None, None) => words,
        (from, to) => {
            let blank = || "none".to_owned();
            format!("{words}: {} {arrow} {}", from.unwrap_or_else(blank), to.unwrap_or_else(blank))
        }
    }
}
