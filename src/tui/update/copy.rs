//! To the clipboard of whoever looks at the terminal, also over SSH (OSC 52). What is copied is safe to paste: nothing in
//! it moves a cursor or runs as a key.

use super::act::say;
use crate::domain::text::visible;
use crate::domain::{Email, Field, Status};
use crate::tui::message::Effect;
use crate::tui::model::detail::Shown;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::when;

fn copy(model: &mut Model, text: Option<String>, none: &str, effects: &mut Vec<Effect>) {
    match text {
        Some(text) => {
            let text = visible(&text).into_owned();
            say(model, Tone::Good, format!("Copied {text}"));
            effects.push(Effect::Copy(text));
        }
        None => say(model, Tone::Info, none),
    }
}

/// The email address.
pub fn email(model: &mut Model, effects: &mut Vec<Effect>) {
    let email = match model.focus {
        Pane::Contacts => model.contacts.list.current().and_then(|row| row.email.clone()),
        Pane::Activities => model.activities.list.current().and_then(|row| row.email.clone()),
        _ => model.detail.contact().and_then(|detail| detail.contact.values.email()).map(String::from),
    };
    copy(model, email, "No email address here", effects);
}

/// What the row says, with tabs between, as a spreadsheet takes it.
pub fn row(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = match model.focus {
        Pane::Contacts => model.contacts.list.current().map(|row| {
            let status = row.status.map_or("", Status::label).to_owned();
            vec![row.name.clone(), text(&row.email), text(&row.phone), text(&row.company), status, text(&row.owner)]
        }),
        Pane::Activities => model.activities.list.current().map(|row| {
            let zone = &model.setup.time_zone;
            let start = row.start.map_or(String::new(), |at| when::moment(at, model.setup.now.at, zone));
            vec![
                row.name.clone(),
                text(&row.email),
                text(&row.subject),
                start,
                row.state.label().to_owned(),
                text(&row.user),
            ]
        }),
        _ => model.detail.contact().map(|detail| {
            let values = &detail.contact.values;
            let field = |field| values.text(field).unwrap_or_default().to_owned();
            let status = detail.contact.status.map_or("", Status::label).to_owned();
            let owner = detail
                .contact
                .owner
                .as_ref()
                .and_then(|owner| owner.name.clone().or(owner.email.as_ref().map(Email::to_string)));
            let [email, phone, company] = [Field::Email, Field::MobilePhone, Field::Company].map(field);
            vec![values.display_name(), email, phone, company, status, text(&owner)]
        }),
    };
    let Some(cells) = cells else { return say(model, Tone::Info, "No row here") };
    let cells: Vec<_> = cells.iter().map(|cell| visible(cell).into_owned()).collect();
    say(model, Tone::Good, "Copied the row");
    effects.push(Effect::Copy(cells.join("\t")));
}

/// The link to the record in Salesforce: the contact's, or an activity's Event.
pub fn link(model: &mut Model, effects: &mut Vec<Effect>) {
    let link = match model.detail.current() {
        Shown::Contact(detail) => detail.link.as_ref(),
        Shown::Activity(detail) => {
            detail.link.as_ref().or(detail.contact.as_ref().and_then(|contact| contact.link.as_ref()))
        }
        Shown::Nothing | Shown::Gone => None,
    };
    let instance = model.sync.status().connection.as_ref().map(|connection| connection.instance.as_str());
    let url = link.zip(instance).map(|(link, instance)| {
        let scheme = if instance.contains("://") { "" } else { "https://" };
        format!("{scheme}{}/{}", instance.trim_end_matches('/'), link.record_id)
    });
    copy(model, url, "No record in Salesforce is known here", effects);
}
