//! What the store hands out: rows of lists, and everything about one contact or activity.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::domain::activity::{Kind, State};
use crate::domain::{Activity, ActivityId, Contact, ContactId, Status, Values};

/// How a row stands with Salesforce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMark {
    /// Never sent, and nothing waits to be.
    #[default]
    None,
    /// Waits for the worker.
    Pending,
    /// With the worker, or on its way again after a passing fault.
    Working,
    /// Needs a person.
    Held,
    /// Salesforce holds it as it is here.
    Done,
}

/// One line of the contact list.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactRow {
    /// The contact.
    pub id: ContactId,
    /// Name, else company, email, mobile phone or salutation; empty if nothing is known.
    pub name: String,
    /// Email address.
    pub email: Option<String>,
    /// Mobile phone, else phone.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Position.
    pub job_title: Option<String>,
    /// Status.
    pub status: Option<Status>,
    /// Name or email of the owner.
    pub owner: Option<String>,
    /// calcom, oncehub, import, api, manual.
    pub source: String,
    /// Last interaction, else creation: the default order.
    pub recent_at: Timestamp,
    /// When it came into being here.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// One of its activities is unread.
    pub unread: bool,
    /// May be the same person as another contact.
    pub duplicate: bool,
    /// How it and its activities stand with Salesforce: the worst of them.
    pub sync: SyncMark,
    /// Every field, for the columns that people choose.
    pub values: Values,
}

/// One line of the activity stream.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRow {
    /// The activity.
    pub id: ActivityId,
    /// Booking, conversation or form.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// calcom, oncehub.
    pub source: String,
    /// `None`: contact deleted.
    pub contact_id: Option<ContactId>,
    /// Name of the contact, else as captured.
    pub name: String,
    /// Email of the contact, else as captured.
    pub email: Option<String>,
    /// Status of the contact.
    pub status: Option<Status>,
    /// Title.
    pub subject: Option<String>,
    /// Start of a meeting.
    pub start: Option<Timestamp>,
    /// End of a meeting.
    pub end: Option<Timestamp>,
    /// Name or email of the host.
    pub user: Option<String>,
    /// Not yet looked at.
    pub unread: bool,
    /// A test.
    pub test: bool,
    /// In the trash.
    pub trashed: bool,
    /// How it stands with Salesforce.
    pub sync: SyncMark,
    /// When it came into being.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One entry of a contact's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// An email, or: calcom, oncehub, import, salesforce, clock.
    pub actor: String,
    /// The activity it is about, if any.
    pub activity_id: Option<ActivityId>,
    /// created, field, status, owner, state, moved, merged, synced, ...
    pub what: String,
    /// `field`, `from`, `to`, and what else `what` needs.
    pub data: Json,
}

/// One page that a contact looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PageView {
    /// Address.
    pub url: String,
    /// Title.
    pub title: Option<String>,
    /// Time spent.
    pub seconds: Option<i64>,
    /// When.
    pub at: Timestamp,
}

/// The Salesforce record of a contact or activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Lead, Contact or Event.
    pub object: String,
    /// 18 characters.
    pub record_id: String,
    /// Field -> value last written by us.
    pub sent: Json,
    /// What was read last: owner, modification stamp.
    pub seen: Json,
    /// Ids of all records that matched, when there were several.
    pub candidates: Vec<String>,
    /// When it was linked.
    pub linked_at: Timestamp,
    /// When it was last written or read.
    pub updated_at: Timestamp,
}

/// Everything about one contact.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactDetail {
    /// The contact.
    pub contact: Contact,
    /// Its activities, newest first, at most 100.
    pub activities: Vec<ActivityRow>,
    /// How many there are in all.
    pub activity_count: i64,
    /// Its history, newest first, at most 100.
    pub history: Vec<HistoryEntry>,
    /// Page views, newest first, at most 50; none without consent.
    pub page_views: Vec<PageView>,
    /// Its Lead or Contact in Salesforce.
    pub link: Option<Link>,
    /// What waits or failed, of it and its activities.
    pub outbox: Vec<OutboxRow>,
    /// Contacts (or an identifier) that may be the same person, with the reason.
    pub duplicates: Vec<DuplicateHint>,
}

/// A possible duplicate, seen from one contact.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateHint {
    /// The other contact, if it is one.
    pub contact_id: Option<ContactId>,
    /// Its name, or the identifier that was not taken over.
    pub label: String,
    /// `identity_conflict`, ...
    pub reason: String,
}

/// Everything about one activity.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityDetail {
    /// The activity.
    pub activity: Activity,
    /// Its contact, unless that was deleted.
    pub contact: Option<ContactDetail>,
    /// Its Event in Salesforce.
    pub link: Option<Link>,
    /// Its row of the outbox: the open one, else the last.
    pub outbox: Option<OutboxRow>,
    /// The other half of a cancelled and rebooked pair.
    pub related: Vec<ActivityRow>,
    /// What happened to it, newest first.
    pub history: Vec<HistoryEntry>,
}

/// The state of an outbox row (architecture: the outbox).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Waits.
    Pending,
    /// Being sent.
    InFlight,
    /// Failed for now; again at `next_at`.
    Retry,
    /// Failed for good until a person, the data or the mapping changes.
    Held,
    /// Sent, but the answer never came: looked for before it is sent again.
    InDoubt,
    /// Salesforce holds it.
    Done,
    /// Needs no writing: the gate, a test, a person's decision.
    Skipped,
}

impl OutboxState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::InFlight, Self::Retry, Self::Held, Self::InDoubt, Self::Done, Self::Skipped];

    /// The word in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InFlight => "in_flight",
            Self::Retry => "retry",
            Self::Held => "held",
            Self::InDoubt => "in_doubt",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    /// Finds it by its key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "waiting",
            Self::InFlight => "sending",
            Self::Retry => "will retry",
            Self::Held => "needs you",
            Self::InDoubt => "checking",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }
}

/// What an outbox row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// The Lead or Contact of a contact.
    Contact,
    /// The Event of an activity.
    Activity,
}

impl Entity {
    /// The word in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Activity => "activity",
        }
    }
}

/// One thing to bring in step with Salesforce.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// Contact or activity.
    pub entity: Entity,
    /// Which one.
    pub entity_id: i64,
    /// The contact it belongs to.
    pub contact_id: Option<ContactId>,
    /// What people recognise it by: name and subject.
    pub label: String,
    /// scheduled, rescheduled, canceled, status, ...
    pub cause: String,
    /// Where it stands.
    pub state: OutboxState,
    /// Grows with each coalesced change.
    pub version: i64,
    /// Tries so far.
    pub attempts: i64,
    /// Not before.
    pub next_at: Timestamp,
    /// What was about to be created when the answer was lost.
    pub intent: Option<Json>,
    /// Salesforce's error code, or ours.
    pub code: Option<String>,
    /// The error as it came.
    pub message: Option<String>,
    /// The field it names.
    pub field: Option<String>,
    /// The object it is about.
    pub object: Option<String>,
    /// The class of the error.
    pub class: Option<String>,
    /// What was done or left out, for people.
    pub note: Vec<String>,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was settled.
    pub done_at: Option<Timestamp>,
}

impl OutboxRow {
    /// A contact as if it had just changed: for a plan of what need not wait.
    pub fn of_contact(id: ContactId, label: String) -> Self {
        Self { contact_id: Some(id), ..Self::made_up(Entity::Contact, id, label) }
    }

    /// The same of an activity.
    pub fn of_activity(activity: &Activity) -> Self {
        let label = [activity.person_name.as_deref(), activity.subject.as_deref()];
        let label = label.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Self { contact_id: activity.contact_id, ..Self::made_up(Entity::Activity, activity.id, label) }
    }

    fn made_up(entity: Entity, entity_id: i64, label: String) -> Self {
        let at = Timestamp::UNIX_EPOCH;
        Self {
            id: 0,
            entity,
            entity_id,
            contact_id: None,
            label,
            cause: "asked".to_owned(),
            state: OutboxState::Pending,
            version: 0,
            attempts: 0,
            next_at: at,
            intent: None,
            code: None,
            message: None,
            field: None,
            object: None,
            class: None,
            note: Vec::new(),
            created_at: at,
            updated_at: at,
            done_at: None,
        }
    }
}

/// How many outbox rows are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// Waiting.
    pub pending: i64,
    /// Being sent.
    pub in_flight: i64,
    /// Waiting for another try.
    pub retry: i64,
    /// Waiting for a person.
    pub held: i64,
    /// Being looked for.
    pub in_doubt: i64,
    /// Settled.
    pub done: i64,
    /// Left out.
    pub skipped: i64,
}

impl OutboxCounts {
    /// What is not settled.
    pub fn open(&self) -> i64 {
        self.pending + self.in_flight + self.retry + self.held + self.in_doubt
    }
}

/// How many contacts have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusCounts {
    /// No status yet.
    pub none: i64,
    /// Qualified.
    pub qualified: i64,
    /// Marketing qualified.
    pub marketing_qualified: i64,
    /// Sales qualified.
    pub sales_qualified: i64,
    /// Disqualified.
    pub disqualified: i64,
}

impl StatusCounts {
    /// All contacts.
    pub fn total(&self) -> i64 {
        self.none + self.qualified + self.marketing_qualified + self.sales_qualified + self.disqualified
    }
}

/// A filter that a user saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// Its number.
    pub id: i64,
    /// Its name, unique per user.
    pub name: String,
    /// `contacts` or `activities`.
    pub list: String,
    /// The query text.
    pub query: String,
    /// Its place in the pane.
    pub position: i64,
    /// The number key that opens it.
    pub pin: Option<u8>,
}

/// Another process's hold on a role, or our own.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// Random id of the process.
    pub owner: String,
    /// Its machine.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// When the hold ends unless renewed.
    pub until: Timestamp,
    /// Since when it holds.
    pub since: Timestamp,
    /// What it tells the others: a [`crate::sync::status::WorkerStatus`] as JSON.
    pub status: Json,
}
