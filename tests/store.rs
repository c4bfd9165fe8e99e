//! The store through its public door: interactions in, contacts, activities, history and outbox out.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

#[path = "store/apply.rs"]
mod apply;
#[path = "store/care.rs"]
mod care;
#[path = "store/finding.rs"]
mod finding;
#[path = "store/import.rs"]
mod import;
#[path = "store/lifecycle.rs"]
mod lifecycle;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/seats.rs"]
mod seats;
#[path = "store/survival.rs"]
mod survival;
#[path = "store/trash.rs"]
mod trash;
#[path = "store/triage.rs"]
mod triage;

#[path = "support/words.rs"]
mod words;

use jiff::{SignedDuration, Timestamp};
use rolodeck::domain::activity::{ActivityUpdate, Attendee, Kind, State};
use rolodeck::domain::{Field, FieldValue, Interaction, Person, Source};
use rolodeck::store::{Applied, Holder, IdentityRules, Store};

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

/// Seconds after an arbitrary beginning.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// A person by fields.
pub fn person(fields: &[(Field, &str)]) -> Person {
    let mut person = Person::default();
    for (field, text) in fields {
        person.values.set(*field, Some(FieldValue::Text((*text).to_owned())));
    }
    person
}

/// A booking of a person; `uid` is its id, `seconds` the payload's own time.
pub fn booking(uid: &str, state: State, seconds: i64, person: Person) -> Interaction {
    let mut update = ActivityUpdate {
        state: Some(state),
        subject: Some("Intro call".into()),
        start: Some(at(10_000)),
        end: Some(at(11_800)),
        person_email: person.values.text(Field::Email).map(Into::into),
        person_name: Some(person.values.full_name()).filter(|name| !name.is_empty()),
        ..ActivityUpdate::new(Kind::Booking, uid)
    };
    update.detail.attendees.push(Attendee {
        email: update.person_email.clone(),
        name: update.person_name.clone(),
        ..Attendee::default()
    });
    Interaction {
        source: Source::CalCom,
        key: format!("{uid}/{}/{seconds}", state.key()),
        event: format!("TEST_{}", state.key().to_uppercase()),
        at: at(seconds),
        person: Some(person),
        activity: Some(update),
        payload: "{}".into(),
    }
}

/// Gives an owner the lease for a second.
pub async fn hold(store: &Store, owner: &str, now: Timestamp) {
    let holder = Holder { owner: owner.into(), host: "here".into(), pid: 1 };
    assert!(store.lease_take("sync", &holder, SignedDuration::from_secs(1), now).await.unwrap());
}

pub async fn apply(store: &Store, interaction: &Interaction) -> Applied {
    store.apply(interaction, IdentityRules::default(), interaction.at).await.unwrap()
}
