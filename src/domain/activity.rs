//! An activity: a booking, a conversation or a form submission.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{ContactId, Status, UserRef};

/// The number of an activity in the store.
pub type ActivityId = i64;

/// What kind of activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A meeting.
    Booking,
    /// A talk with a bot.
    Conversation,
    /// A form that was sent.
    Form,
}

/// Where an activity stands (OnceHub: booking and conversation lifecycle).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A booking that waits for approval.
    Requested,
    /// A booking.
    Scheduled,
    /// A booking at a new time.
    Rescheduled,
    /// A booking whose end has passed.
    Completed,
    /// A booking that was called off or declined.
    Canceled,
    /// A booking whose guest did not come.
    NoShow,
    /// A conversation that goes on.
    Started,
    /// A conversation that ended.
    Closed,
    /// A conversation idle for more than ten minutes.
    Abandoned,
    /// A form that was sent.
    Submitted,
}

macro_rules! words {
    ($type:ty { $($variant:ident => $key:literal, $label:literal;)+ }) => {
        impl $type {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the store and in queries.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }

            /// What people read.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            /// Finds it by its key.
            pub fn parse(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.label())
            }
        }
    };
}

words!(Kind {
    Booking => "booking", "Booking";
    Conversation => "conversation", "Conversation";
    Form => "form", "Form";
});

words!(State {
    Requested => "requested", "Requested";
    Scheduled => "scheduled", "Scheduled";
    Rescheduled => "rescheduled", "Rescheduled";
    Completed => "completed", "Completed";
    Canceled => "canceled", "Canceled";
    NoShow => "no_show", "No-show";
    Started => "started", "Started";
    Closed => "closed", "Closed";
    Abandoned => "abandoned", "Abandoned";
    Submitted => "submitted", "Submitted";
});

impl State {
    /// True while the meeting is still to come or going on.
    pub fn is_open_booking(self) -> bool {
        matches!(self, Self::Requested | Self::Scheduled | Self::Rescheduled)
    }
}

/// Someone who takes part in a booking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attendee {
    /// As the source wrote it; the first attendee is the one who booked.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Given name, if the source knows it apart.
    pub first_name: Option<String>,
    /// Family name, if the source knows it apart.
    pub last_name: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// As the source wrote it.
    pub phone: Option<String>,
    /// Whether they came; `None`: nothing said.
    pub no_show: Option<bool>,
}

/// What was answered to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Identifier of the question: what a template names.
    pub key: String,
    /// What the person read.
    #[serde(default)]
    pub label: Option<String>,
    /// The answer as it came.
    pub value: Json,
    /// True if it belongs to a routing form (`{form:x}`), false if to the booking (`{x}`).
    #[serde(default)]
    pub form: bool,
}

/// Campaign parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Utm {
    /// `utm_source`.
    pub source: Option<String>,
    /// `utm_medium`.
    pub medium: Option<String>,
    /// `utm_campaign`.
    pub campaign: Option<String>,
    /// `utm_term`.
    pub term: Option<String>,
    /// `utm_content`.
    pub content: Option<String>,
}

/// What is shown when an activity is opened but never searched by column: kept as one JSON object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// Everyone invited, the booker first; hosts are not among them.
    pub attendees: Vec<Attendee>,
    /// Questions and answers in order.
    pub answers: Vec<Answer>,
    /// Additional notes of the booker.
    pub notes: Option<String>,
    /// What the event type says of itself.
    pub description: Option<String>,
    /// Where to join a video call.
    pub join_url: Option<String>,
    /// Where to cancel.
    pub cancel_url: Option<String>,
    /// Where to reschedule.
    pub reschedule_url: Option<String>,
    /// The host's calendar: `google`, `exchange`, `office_365`, `icloud`, …
    pub calendar: Option<String>,
    /// "Scheduled (Reassigned by user)" and the like.
    pub detailed_state: Option<String>,
    /// Start before the last reschedule.
    pub previous_start: Option<Timestamp>,
    /// End before the last reschedule.
    pub previous_end: Option<Timestamp>,
    /// Why this host was chosen.
    pub assignment_reason: Option<String>,
    /// The recurrence rule, as RRULE text.
    pub recurrence: Option<String>,
    /// Nothing has told yet whose it is: a mark came before the booking itself. Not the same as a contact deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nobody_yet: bool,
    /// Addresses of the booker that an edit of the contact has replaced here. The source goes on naming them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former_emails: Vec<String>,
    /// The meeting lies in a Google or Exchange calendar, whose guest list must follow the edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_change: Option<GuestChange>,
    /// The contact status that it set, so that a source which repeats itself does not undo a person's later decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_status: Option<Status>,
}

/// A guest list that carries a new address (OnceHub reference 1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestChange {
    /// The address that the invitation went to.
    pub from: Option<String>,
    /// The address that it goes to now.
    pub to: String,
    /// When the contact was edited.
    pub at: Timestamp,
}

impl Detail {
    /// True if the host's calendar is one whose guest lists follow an edit: Google or Microsoft Exchange (OnceHub
    /// reference 1.8). Other calendars are left alone to avoid a flood of notices.
    pub fn calendar_follows(&self) -> bool {
        self.calendar.as_deref().is_some_and(|calendar| {
            let calendar = calendar.to_lowercase();
            ["google", "exchange", "office365", "office_365", "outlook"].iter().any(|known| calendar.contains(known))
        })
    }
}

/// An activity as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its number.
    pub id: ActivityId,
    /// Booking, conversation or form.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The program it came from: calcom, oncehub.
    pub source: String,
    /// The id that program uses now.
    pub external_id: String,
    /// The person; `None`: the contact was deleted.
    pub contact_id: Option<ContactId>,
    /// Name as captured.
    pub person_name: Option<String>,
    /// Email as captured.
    pub person_email: Option<String>,
    /// Phone as captured.
    pub person_phone: Option<String>,
    /// Title of the meeting, bot or form.
    pub subject: Option<String>,
    /// Start of the meeting.
    pub start: Option<Timestamp>,
    /// End of the meeting.
    pub end: Option<Timestamp>,
    /// IANA zone of the guest.
    pub customer_time_zone: Option<String>,
    /// The host or assigned user.
    pub user: Option<UserRef>,
    /// Event type.
    pub event_type: Option<String>,
    /// Booking page or calendar.
    pub page: Option<String>,
    /// Bot.
    pub bot: Option<String>,
    /// Form.
    pub form: Option<String>,
    /// Place or address of the call.
    pub location: Option<String>,
    /// Campaign parameters.
    pub utm: Utm,
    /// Why it was cancelled or moved.
    pub reason: Option<String>,
    /// Who did.
    pub reason_by: Option<String>,
    /// The rest.
    pub detail: Detail,
    /// The other half of a cancelled and rebooked pair.
    pub related_id: Option<ActivityId>,
    /// Made by a test of a bot or form.
    pub test: bool,
    /// Not yet looked at.
    pub unread: bool,
    /// In the trash since.
    pub trashed_at: Option<Timestamp>,
    /// The source's own time of what was heard last.
    pub source_at: Timestamp,
    /// When it came into being, by the source's clock.
    pub created_at: Timestamp,
    /// When it last changed here.
    pub updated_at: Timestamp,
}

impl Activity {
    /// True if the booker's address was this one before an edit of the contact replaced it.
    pub fn was_booked_by(&self, email: &super::Email) -> bool {
        let same = |former: &String| super::Email::parse(former).is_ok_and(|former| former == *email);
        self.detail.former_emails.iter().any(same)
    }
}

/// What a payload says about an activity. `None` and empty: it says nothing about that.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityUpdate {
    /// Booking, conversation or form.
    pub kind: Kind,
    /// The source's id of it.
    pub external_id: String,
    /// The id it had before, when a reschedule gave it a new one (Cal.com: `rescheduleUid`).
    pub previous_id: Option<String>,
    /// Further ids under which it may be known (Cal.com: the seat's own id).
    pub aliases: Vec<String>,
    /// The booking whose seat it is, when several people share one (Cal.com: `seatsPerTimeSlot`).
    pub seat_of: Option<String>,
    /// The id of the booking that this one replaces on another page (OnceHub: cancelled, then rescheduled).
    pub related_id: Option<String>,
    /// The new state.
    pub state: Option<State>,
    /// Taken back: someone marked as no-show did come (Cal.com: `noShow: false`).
    pub no_show_undone: bool,
    /// Name as captured.
    pub person_name: Option<String>,
    /// Email as captured.
    pub person_email: Option<String>,
    /// Phone as captured.
    pub person_phone: Option<String>,
    /// Title.
    pub subject: Option<String>,
    /// Start.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// IANA zone of the guest.
    pub customer_time_zone: Option<String>,
    /// Host or assigned user.
    pub user: Option<UserRef>,
    /// Event type.
    pub event_type: Option<String>,
    /// Booking page or calendar.
    pub page: Option<String>,
    /// Bot.
    pub bot: Option<String>,
    /// Form.
    pub form: Option<String>,
    /// Place.
    pub location: Option<String>,
    /// Campaign parameters.
    pub utm: Utm,
    /// Why cancelled or moved.
    pub reason: Option<String>,
    /// Who did.
    pub reason_by: Option<String>,
    /// The rest; attendees with `no_show` alone update those with the same email.
    pub detail: Detail,
    /// A test.
    pub test: Option<bool>,
    /// In the source's trash.
    pub trashed: Option<bool>,
    /// When the activity came into being, if the payload says so.
    pub created_at: Option<Timestamp>,
}

impl ActivityUpdate {
    /// An update that says nothing yet but which activity it is about.
    pub fn new(kind: Kind, external_id: impl Into<String>) -> Self {
        Self {
            kind,
            external_id: external_id.into(),
            previous_id: None,
            aliases: Vec::new(),
            seat_of: None,
            related_id: None,
            state: None,
            no_show_undone: false,
            person_name: None,
            person_email: None,
            person_phone: None,
            subject: None,
            start: None,
            end: None,
            customer_time_zone: None,
            user: None,
            event_type: None,
            page: None,
            bot: None,
            form: None,
            location: None,
            utm: Utm::default(),
            reason: None,
            reason_by: None,
            detail: Detail::default(),
            test: None,
            trashed: None,
            created_at: None,
        }
    }
}
