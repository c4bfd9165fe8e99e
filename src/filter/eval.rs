//! The condition on data in memory: what the SQL must agree with, and what decides about one contact at hand.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::compile::short_record_id;
use super::condition::{
    ActivityTest, ActivityTime, Bool, Column, ContactTest, ContactTime, Custom, FieldTest, IdTest, ImportTest, Leaf,
    SyncTest, Trash,
};
use super::text::{activity_text, contact_text};
use super::values::{Number, TextTest, UserTest};
use crate::domain::{Activity, Contact, Field, FieldKey, FieldKind, FieldValue, UserRef, Values};

/// What is known when a row is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The contact; with [`super::List::Activities`] the activity's, `None` if it was deleted.
    pub contact: Option<ContactFacts<'a>>,
    /// The activity at hand; with [`super::List::Activities`] the row itself.
    pub activity: Option<ActivityFacts<'a>>,
    /// The contact's other activities, as far as they matter.
    pub others: &'a [ActivityFacts<'a>],
}

/// A contact and what the store knows about it besides.
#[derive(Clone, Copy, Debug)]
pub struct ContactFacts<'a> {
    /// The contact.
    pub contact: &'a Contact,
    /// It is in an open pair of possible duplicates.
    pub duplicate: bool,
    /// Numbers and names of the imports that it came with.
    pub imports: &'a [(i64, String)],
    /// How it stands with Salesforce.
    pub sync: SyncFacts<'a>,
}

/// An activity and what the store knows about it besides.
#[derive(Clone, Copy, Debug)]
pub struct ActivityFacts<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// Ids under which its source spoke of it earlier.
    pub former_ids: &'a [String],
    /// How it stands with Salesforce.
    pub sync: SyncFacts<'a>,
}

/// How something stands with Salesforce.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyncFacts<'a> {
    /// The record that it is linked to.
    pub record: Option<&'a str>,
    /// Its open row of the outbox.
    pub open: Option<OpenRow>,
}

/// A row of the outbox that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRow {
    /// Where it stands.
    pub state: OpenState,
    /// Failed tries so far.
    pub attempts: i64,
}

/// Where an open row of the outbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenState {
    /// Waiting, being sent, or being looked for.
    Waiting,
    /// Waiting for another try.
    Retry,
    /// Waiting for a person.
    Held,
}

impl<'a> Facts<'a> {
    /// A contact, with the activity at hand if there is one.
    pub fn new(contact: Option<&'a Contact>, activity: Option<&'a Activity>) -> Self {
        let known = |contact| ContactFacts { contact, duplicate: false, imports: &[], sync: SyncFacts::default() };
        let acted = |activity| ActivityFacts { activity, former_ids: &[], sync: SyncFacts::default() };
        Self { contact: contact.map(known), activity: activity.map(acted), others: &[] }
    }

    fn activities(&self) -> impl Iterator<Item = &ActivityFacts<'a>> {
        self.activity.iter().chain(self.others)
    }
}

/// Every conjunct holds.
pub(super) fn holds(conjuncts: &[Bool<Leaf>], facts: &Facts<'_>, on_activities: bool) -> bool {
    let leaf = |leaf: &Leaf| match leaf {
        Leaf::Text(needle) => {
            facts.contact.is_some_and(|known| needle.found_in(&contact_text(&known.contact.values)))
                || (on_activities
                    && facts.activity.is_some_and(|known| needle.found_in(&activity_text(known.activity))))
        }
        Leaf::Contact(test) => facts.contact.is_some_and(|known| contact(test, &known, facts)),
        Leaf::Activity(test) => facts.activity.is_some_and(|known| activity(test, &known)),
        Leaf::Some(group) => {
            facts.contact.is_some() && facts.activities().any(|known| group.holds(&|test| activity(test, known)))
        }
    };
    conjuncts.iter().all(|part| part.holds(&leaf))
}

fn contact(test: &ContactTest, known: &ContactFacts<'_>, facts: &Facts<'_>) -> bool {
    let ContactFacts { contact, duplicate, imports, sync } = *known;
    let values = &contact.values;
    match test {
        ContactTest::Id(tests) => tests.iter().any(|test| match test {
            IdTest::Number(number, _) => *number == contact.id,
            IdTest::Text(id) => is_record(sync, id),
        }),
        ContactTest::Status(tests) => tests.iter().any(|test| test.matches(contact.status)),
        ContactTest::Owner(tests) => tests.iter().any(|test| user(test, contact.owner.as_ref())),
        ContactTest::Source(tests) => text(tests, Some(&contact.source)),
        ContactTest::Time(time, tests) => {
            let at = match time {
                ContactTime::Created => Some(contact.created_at),
                ContactTime::Updated => Some(contact.updated_at),
                ContactTime::Interacted => contact.interacted_at,
            };
            tests.iter().any(|test| test.matches(at.map(Timestamp::as_millisecond)))
        }
        ContactTest::Field(key, tests) => tests.iter().any(|test| field(test, *key, values)),
        ContactTest::Custom(key, tests) => tests.iter().any(|test| custom(test, key, values)),
        ContactTest::Duplicate(_) => duplicate,
        ContactTest::Linked => sync.record.is_some(),
        ContactTest::Import(tests) => {
            let is = |test: &ImportTest, id: i64, name: &str| test.id == Some(id) || test.name.matches(name);
            imports.iter().any(|(id, name)| tests.iter().any(|test| is(test, *id, name)))
        }
        ContactTest::Sync(tests) => {
            let rows: Vec<OpenRow> =
                sync.open.into_iter().chain(facts.activities().filter_map(|known| known.sync.open)).collect();
            stands(tests, sync.record.is_some(), &rows)
        }
    }
}

fn activity(test: &ActivityTest, known: &ActivityFacts<'_>) -> bool {
    let ActivityFacts { activity, former_ids, sync } = *known;
    match test {
        ActivityTest::Id(tests) => tests.iter().any(|test| {
            let ours = matches!(test, IdTest::Number(number, _) if *number == activity.id);
            let wanted = test.text();
            ours || activity.external_id == wanted
                || former_ids.iter().any(|id| id == wanted)
                || (matches!(test, IdTest::Text(_)) && is_record(sync, wanted))
        }),
        ActivityTest::Kind(kinds) => kinds.contains(&activity.kind),
        ActivityTest::State(states) => states.contains(&activity.state),
        ActivityTest::Host(tests) => tests.iter().any(|test| user(test, activity.user.as_ref())),
        ActivityTest::Text(column, tests) => text(tests, column_of(activity, *column)),
        ActivityTest::Time(time, tests) => {
            let at = match time {
                ActivityTime::Start => activity.start,
                ActivityTime::Created => Some(activity.created_at),
                ActivityTime::Updated => Some(activity.updated_at),
            };
            tests.iter().any(|test| test.matches(at.map(Timestamp::as_millisecond)))
        }
        ActivityTest::Unread(yes) => activity.unread == *yes,
        ActivityTest::Test(yes) => activity.test == *yes,
        ActivityTest::Trash(Trash::In) => activity.trashed_at.is_some(),
        ActivityTest::Trash(Trash::Out) => activity.trashed_at.is_none(),
        ActivityTest::Trash(Trash::Both) => true,
        ActivityTest::Linked => sync.record.is_some(),
        ActivityTest::Sync(tests) => stands(tests, sync.record.is_some(), sync.open.as_slice()),
    }
}

fn column_of(activity: &Activity, column: Column) -> Option<&str> {
    match column {
        Column::Source => Some(activity.source.as_str()),
        Column::EventType => activity.event_type.as_deref(),
        Column::Bot => activity.bot.as_deref(),
        Column::Form => activity.form.as_deref(),
        Column::Page => activity.page.as_deref(),
        Column::UtmSource => activity.utm.source.as_deref(),
        Column::UtmMedium => activity.utm.medium.as_deref(),
        Column::UtmCampaign => activity.utm.campaign.as_deref(),
        Column::UtmTerm => activity.utm.term.as_deref(),
        Column::UtmContent => activity.utm.content.as_deref(),
    }
}

fn text(tests: &[TextTest], value: Option<&str>) -> bool {
    tests.iter().any(|test| test.matches(value))
}

fn is_record(sync: SyncFacts<'_>, text: &str) -> bool {
    sync.record.is_some_and(|record| record == text || (short_record_id(text) && record.starts_with(text)))
}

fn stands(tests: &[SyncTest], linked: bool, rows: &[OpenRow]) -> bool {
    let any = |is: &dyn Fn(&OpenRow) -> bool| rows.iter().any(is);
    tests.iter().any(|test| match test {
        SyncTest::None => !linked && rows.is_empty(),
        SyncTest::Done => linked && rows.is_empty(),
        SyncTest::Pending => any(&|row| row.state != OpenState::Held),
        SyncTest::Held => any(&|row| row.state == OpenState::Held),
        SyncTest::Failed => {
            any(&|row| row.state == OpenState::Held || (row.state == OpenState::Retry && row.attempts > 0))
        }
    })
}

fn user(test: &UserTest, user: Option<&UserRef>) -> bool {
    let email = user.and_then(|user| user.email.as_ref()).map(crate::domain::Email::as_str);
    let name = user.and_then(|user| user.name.as_deref());
    match test {
        UserTest::None => user.is_none(),
        UserTest::Any => user.is_some(),
        // Numbers of users are the store's; no query names them, only the reach of whoever asks it.
        UserTest::Nobody | UserTest::Id(_) => false,
        UserTest::Email(wanted) => email == Some(wanted),
        UserTest::Word(word) => {
            let (within, head) = UserTest::word_patterns(word);
            user.is_some_and(|user| user.external_id.as_ref() == Some(word))
                || name.is_some_and(|name| within.matches(&format!(" {name} ")))
                || email.is_some_and(|email| head.matches(email))
        }
        UserTest::Like(pattern) => [name, email].into_iter().flatten().any(|text| pattern.matches(text)),
    }
}

fn field(test: &FieldTest, field: Field, values: &Values) -> bool {
    one_value(test, values.get(field))
}

fn custom(test: &FieldTest, custom: &Custom, values: &Values) -> bool {
    let value = values.get(FieldKey::Custom(custom.name.clone()));
    match (test, value) {
        (FieldTest::Text(pattern), Some(FieldValue::List(items))) if custom.kind == FieldKind::MultiPicklist => {
            items.iter().any(|item| pattern.matches(item))
        }
        (test, value) => one_value(test, value),
    }
}

fn one_value(test: &FieldTest, value: Option<&FieldValue>) -> bool {
    match (test, value) {
        (FieldTest::None, value) => value.is_none(),
        (FieldTest::Any, value) => value.is_some(),
        (FieldTest::Text(pattern), Some(FieldValue::Text(known))) => pattern.matches(known),
        (FieldTest::Number(within), Some(FieldValue::Integer(n))) => within.contains(&Number::Whole(*n)),
        (FieldTest::Number(within), Some(FieldValue::Number(n))) => within.contains(&Number::Real(*n)),
        (FieldTest::Bool(yes), Some(FieldValue::Bool(value))) => yes == value,
        (FieldTest::Moment(within), Some(FieldValue::Text(known))) => {
            moment(known).is_some_and(|at| within.contains(at.as_millisecond()))
        }
        (FieldTest::Day { from, to }, Some(FieldValue::Text(known))) => {
            from.as_ref().is_none_or(|from| known >= from) && to.as_ref().is_none_or(|to| known < to)
        }
        (FieldTest::Clock(within), Some(FieldValue::Text(known))) => {
            within.contains(&format!("{known}:00").chars().take(8).collect())
        }
        _ => false,
    }
}

/// A stored date and time; without an offset it is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>().ok().or_else(local)
}
