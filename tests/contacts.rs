//! Contacts in the hands of people: edit, merge, delete, undo, roles, fields, duplicates, erasure.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, missing_docs)]

#[path = "contacts/duplicates.rs"]
mod duplicates;
#[path = "contacts/edit.rs"]
mod edit;
#[path = "contacts/erase.rs"]
mod erase;
#[path = "contacts/merge.rs"]
mod merge;
#[path = "contacts/roles.rs"]
mod roles;
#[path = "contacts/undo.rs"]
mod undo;

#[path = "support/words.rs"]
mod words;

use jiff::Timestamp;
use rolodeck::domain::activity::{ActivityUpdate, Attendee, Kind, State};
use rolodeck::domain::edit::Edit;
use rolodeck::domain::{ContactId, Field, FieldValue, Interaction, Person, Source};
use rolodeck::store::{Applied, IdentityRules, Store};

/// A store in a folder of its own.
pub struct Scratch {
    pub store: Store,
    pub folder: tempfile::TempDir,
}

pub async fn scratch() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    Scratch { store, folder }
}

impl Scratch {
    /// Asks, or does something to, the file itself.
    pub async fn query(&self, sql: &str) -> Vec<String> {
        let path = self.folder.path().join("rolodeck.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&pool).await.unwrap();
        pool.close().await;
        rows.into_iter().map(|(text,)| text).collect()
    }

    pub async fn run(&self, sql: &str) {
        let path = self.folder.path().join("rolodeck.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// Everything that people see of contacts and activities, but for when rows were last touched: what an undo must
    /// bring back.
    pub async fn picture(&self) -> Vec<String> {
        words::in_step(&self.folder.path().join("rolodeck.db")).await;
        let mut columns: Vec<String> = Field::ALL.iter().map(|field| field.key().to_owned()).collect();
        columns.extend(
            ["id", "custom", "status", "owner_id", "source", "name_key", "created_at", "interacted_at"].map(Into::into),
        );
        let contact: Vec<String> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
        let mut picture = Vec::new();
        for sql in [
            format!("SELECT json_object({}) FROM contact ORDER BY id", contact.join(", ")),
            "SELECT json_array(id, contact_id, person_email, person_phone, detail, state) FROM activity ORDER BY id"
                .into(),
            "SELECT json_array(contact_id, url, at) FROM page_view ORDER BY 1".into(),
            "SELECT json_array(entity, entity_id, object, record_id, sent, candidates) FROM link ORDER BY 1".into(),
            "SELECT json_array(import_id, contact_id, created) FROM import_contact ORDER BY 1".into(),
            "SELECT json_array(a, b, other, reason, state) FROM possible_duplicate ORDER BY 1".into(),
            "SELECT json_array(id, place, text) FROM contact_text ORDER BY id".into(),
            "SELECT json_array(id, contact_id) FROM delivery ORDER BY id".into(),
        ] {
            picture.extend(self.query(&sql).await);
        }
        picture
    }
}

/// Seconds after an arbitrary beginning.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub fn text(text: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(text.to_owned()))
}

/// An edit of text fields; blank clears.
pub fn edit(fields: &[(Field, &str)]) -> Edit {
    fields.iter().fold(Edit::default(), |edit, (field, value)| edit.with(*field, FieldValue::text(value)))
}

/// A contact made by hand.
pub async fn contact(store: &Store, fields: &[(Field, &str)]) -> ContactId {
    store.add_contact(&edit(fields), "manual", false, at(0)).await.unwrap().contact.id
}

/// A booking by a person; it starts at `start`.
pub fn booking(uid: &str, email: &str, start: i64, calendar: Option<&str>) -> Interaction {
    let mut person = Person::default();
    person.values.set(Field::Email, Some(rolodeck::domain::Email::parse(email).unwrap().into()));
    let mut update = ActivityUpdate {
        state: Some(State::Scheduled),
        subject: Some("Intro call".into()),
        start: Some(at(start)),
        end: Some(at(start + 1800)),
        person_email: Some(email.to_owned()),
        ..ActivityUpdate::new(Kind::Booking, uid)
    };
    update.detail.calendar = calendar.map(str::to_owned);
    update.detail.attendees.push(Attendee { email: Some(email.to_owned()), ..Attendee::default() });
    Interaction {
        source: Source::CalCom,
        key: format!("{uid}/{start}"),
        event: "BOOKING_CREATED".into(),
        at: at(1),
        person: Some(person),
        activity: Some(update),
        payload: format!("{{\"attendee\":\"{email}\"}}"),
    }
}

pub async fn apply(store: &Store, interaction: &Interaction) -> Applied {
    store.apply(interaction, IdentityRules::default(), interaction.at).await.unwrap()
}
