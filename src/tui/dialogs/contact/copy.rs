//! To the clipboard: the row, the Salesforce link. (The email has an action of the core.)

use crate::domain::text::visible;
use crate::domain::{Field, Status};
use crate::store::{ContactDetail, Link};
use crate::tui::actions::{Place, actions};
use crate::tui::message::Effect;
use crate::tui::model::detail::Shown;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::update::say;

actions! {
    COPY_ROW = row: "copy-row", "Copy the row", "", [Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL], ["Y"];
    COPY_LINK = link: "copy-link", "Copy the Salesforce link", "", [Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL], ["ctrl-y"];
}

/// Cells as a spreadsheet takes them from the clipboard. Each is made visible text, so that no cell holds a tab.
fn cells(cells: &[Option<&str>]) -> String {
    cells.iter().map(|cell| visible(cell.unwrap_or_default()).into_owned()).collect::<Vec<_>>().join("\t")
}

fn of_detail(detail: &ContactDetail) -> String {
    let values = &detail.contact.values;
    let (name, status) = (values.display_name(), detail.contact.status.map(Status::label));
    let [company, email, phone] = [Field::Company, Field::Email, Field::MobilePhone].map(|field| values.text(field));
    cells(&[Some(&name), status, company, email, phone])
}

fn row(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = match model.focus {
        Pane::Contacts => model.contacts.list.current().map(|row| {
            let status = row.status.map(Status::label);
            cells(&[Some(&row.name), status, row.company.as_deref(), row.email.as_deref(), row.phone.as_deref()])
        }),
        Pane::Activities => model.activities.list.current().map(|row| {
            let start = row.start.map(|start| start.to_string());
            let state = Some(row.state.label());
            cells(&[Some(&row.name), row.email.as_deref(), row.subject.as_deref(), start.as_deref(), state])
        }),
        _ => model.detail.contact().map(of_detail),
    };
    match text {
        Some(text) => {
            say(model, Tone::Good, "Copied the row");
            effects.push(Effect::Copy(text));
        }
        None => say(model, Tone::Info, "Nothing to copy here"),
    }
}

fn link(model: &mut Model, effects: &mut Vec<Effect>) {
    let of = |link: &Option<Link>| link.as_ref().map(|link| link.record_id.clone());
    let id = match &model.detail.shown {
        Shown::Contact(detail) => of(&detail.link),
        Shown::Activity(detail) => of(&detail.link).or_else(|| detail.contact.as_ref().and_then(|contact| of(&contact.link))),
        Shown::Nothing | Shown::Gone => None,
    };
    let host = model.sync.own.connection.as_ref().map(|connection| connection.instance.clone());
    match (id, host) {
        (Some(id), Some(host)) => {
            let host = if host.contains("://") { host } else { format!("https://{host}") };
            let link = visible(&format!("{}/{id}", host.trim_end_matches('/'))).into_owned();
            say(model, Tone::Good, format!("Copied {link}"));
            effects.push(Effect::Copy(link));
        }
        (Some(_), None) => say(model, Tone::Info, "Not connected to Salesforce: its address is not known yet"),
        (None, _) => say(model, Tone::Info, "No Salesforce record here"),
    }
}
