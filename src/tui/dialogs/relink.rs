//! Saying which Salesforce record an item means: one of those that match, or any other by its id (product S9).

use jiff::Timestamp;

use super::picker::{Item, Picker};
use super::plan;
use super::prompt::Prompt;
use crate::salesforce::soql::{datetime, quote};
use crate::salesforce::{Record, SfId};
use crate::store::{Entity, OutboxRow};
use crate::sync::relink::relink;
use crate::tui::actions::{Place, actions};
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::say;

actions! {
    OPEN = open: "relink", "Say which Salesforce record is meant", "", [Place::SYNC, Place::DETAIL], ["L"];
}

/// A record that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub record: SfId,
    /// Name and address, or subject.
    pub label: String,
    /// Lead, Contact or Event.
    pub note: String,
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    match plan::item(model) {
        Some(item) => {
            say(model, Tone::Info, "Looking in Salesforce for records that match");
            effects.push(Effect::job(Candidates { item: item.id }));
        }
        None => say(model, Tone::Info, "No item of the queue is selected"),
    }
}

/// Asks for records that may be meant.
#[derive(Debug, PartialEq)]
struct Candidates {
    item: i64,
}

impl Job for Candidates {
    type Answer = Vec<Candidate>;

    fn kind(&self) -> Kind {
        Kind::Reading("candidates")
    }

    async fn run(&self, hands: &Hands) -> Result<Self::Answer, String> {
        let failed = |error: &dyn std::error::Error| format!("Records can not be looked for: {}", words(error));
        let planner = hands.planner().ok_or("Salesforce is not connected")?;
        let row = hands.store.outbox_row(self.item).await.map_err(|error| failed(&error))?;
        let statements = questions(hands, &row).await.map_err(|error| failed(&error))?;
        let mut found = Vec::new();
        for answer in planner.client().queries(&statements).await {
            let records = answer.map_err(|error| failed(&error))?;
            found.extend(records.iter().filter_map(candidate));
        }
        Ok(found)
    }

    fn take(&self, found: Vec<Candidate>, model: &mut Model, _: &mut Vec<Effect>) {
        let item = self.item;
        let mut items: Vec<Item<Option<SfId>>> = found
            .into_iter()
            .map(|found| Item {
                value: Some(found.record),
                label: found.label,
                note: format!("{} {}", found.note, found.record),
            })
            .collect();
        items.push(Item { value: None, label: "Another record, by its id".to_owned(), note: String::new() });
        let take = move |chosen, model: &mut Model, effects: &mut Vec<Effect>| match chosen {
            Some(record) => effects.push(Effect::job(Relink { item, record })),
            None => model.layers.open(Prompt::new(
                "Relink",
                "Id, of 15 or 18 characters",
                "",
                move |text, _, effects: &mut Vec<Effect>| {
                    let record = text.trim().parse::<SfId>().map_err(|error| error.to_string())?;
                    effects.push(Effect::job(Relink { item, record }));
                    Ok(())
                },
            )),
        };
        model.layers.open(Picker::new("Which record is it?", items, take));
        model.dirty = true;
    }
}

/// People with the contact's email or last name; Events at the time of the booking.
async fn questions(hands: &Hands, row: &OutboxRow) -> Result<Vec<String>, crate::store::StoreError> {
    let mut statements = Vec::new();
    if row.entity == Entity::Activity
        && let Some(detail) = hands.store.activity_detail(row.entity_id).await?
        && let Some(start) = detail.activity.start
    {
        statements.push(format!(
            "SELECT Id, Subject, StartDateTime FROM Event WHERE StartDateTime = {} LIMIT 20",
            datetime(start)
        ));
    }
    let Some(id) = row.contact_id else { return Ok(statements) };
    let Some(detail) = hands.store.contact_detail(id).await? else { return Ok(statements) };
    let values = &detail.contact.values;
    let mut conditions = Vec::new();
    conditions.extend(values.email().map(|email| format!("Email = {}", quote(email.as_str()))));
    conditions.extend(values.text(crate::domain::Field::LastName).map(|name| format!("LastName = {}", quote(name))));
    if !conditions.is_empty() {
        let condition = conditions.join(" OR ");
        statements.push(format!("SELECT Id, Name, Email, Title, Account.Name FROM Contact WHERE {condition} LIMIT 50"));
        statements.push(format!(
            "SELECT Id, Name, Email, Title, Company FROM Lead WHERE ({condition}) AND IsConverted = false LIMIT 50"
        ));
    }
    Ok(statements)
}

fn candidate(record: &Record) -> Option<Candidate> {
    let parts = ["Name", "Subject", "Email", "Title", "Account.Name", "Company", "StartDateTime"];
    let label: Vec<&str> = parts.iter().filter_map(|field| record.str(field)).collect();
    Some(Candidate { record: record.id()?, label: label.join(" · "), note: record.object().to_owned() })
}

/// Links and lets the item be tried again.
#[derive(Debug, PartialEq)]
struct Relink {
    item: i64,
    record: SfId,
}

impl Job for Relink {
    type Answer = String;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<String, String> {
        let planner = hands.planner().ok_or("Salesforce is not connected")?;
        let relinked = relink(&hands.store, planner.client(), self.item, self.record, Timestamp::now()).await;
        let relinked = relinked.map_err(|error| format!("Nothing was linked: {}", words(&error)))?;
        Ok(format!("{} {} is meant; it is tried again now", relinked.object, relinked.name))
    }

    fn take(&self, said: String, model: &mut Model, _: &mut Vec<Effect>) {
        say(model, Tone::Good, said);
    }
}
