//! What a template can name: `{answer}`, `{form:x}`, `{utm:x}`, `{contact.x}`, `{booking.x}`.

use std::fmt;

use crate::config::nearest;
use crate::domain::{Field, FieldKind};
use crate::filter::CustomField;

/// One reference of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{x}`: the answer to a question of the booking, by identifier or label.
    Answer(String),
    /// `{form:x}`: the answer to a question of the routing form, by identifier or label.
    Form(String),
    /// `{utm:x}`.
    Utm(UtmPart),
    /// `{contact.x}`.
    Contact(ContactPart),
    /// `{booking.x}`, `{assignmentReason}` and Cal.com's date references.
    Booking(BookingPart),
}

/// Why a text between braces names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// `{}`, `{form:}`.
    #[error("nothing is named between the braces")]
    Empty,
    /// None of the five campaign parameters.
    #[error("`{0}` is no campaign parameter; they are source, medium, campaign, term, content")]
    Utm(String),
    /// No part of a booking.
    #[error("a booking has no `{name}`{}", did_you_mean(*.near))]
    Booking {
        /// As written.
        name: String,
        /// The part that was probably meant.
        near: Option<&'static str>,
    },
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Declares the parts that a template can name: each with its names, the first of which is the canonical one, and the
/// type of its values.
macro_rules! parts {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident => $kind:ident, [$($name:literal),+];)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$variant_doc])* $variant),+
        }

        impl $type {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Every name by which it can be written; the first is the canonical one.
            pub fn names(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($name),+]),+ }
            }

            /// The name that people read.
            pub fn name(self) -> &'static str {
                self.names()[0]
            }

            /// The type of its values.
            pub fn kind(self) -> FieldKind {
                match self { $(Self::$variant => FieldKind::$kind),+ }
            }

            /// Finds it by one of its names, whatever the case.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|part| part.names().iter().any(|own| own.eq_ignore_ascii_case(name)))
            }
        }
    };
}

parts! {
    /// A campaign parameter.
    UtmPart {
        /// `utm_source`.
        Source => TextShort, ["source"];
        /// `utm_medium`.
        Medium => TextShort, ["medium"];
        /// `utm_campaign`.
        Campaign => TextShort, ["campaign"];
        /// `utm_term`.
        Term => TextShort, ["term"];
        /// `utm_content`.
        Content => TextShort, ["content"];
    }
}

parts! {
    /// What a contact has besides its fields.
    ContactOwn {
        /// The status, in `OnceHub`'s spelling.
        Status => Picklist, ["status"];
        /// Email of the user it belongs to.
        Owner => Email, ["owner", "owner_email"];
        /// Name of that user.
        OwnerName => TextShort, ["owner_name"];
        /// First and last name.
        Name => TextShort, ["name", "full_name"];
        /// Its number here.
        Id => TextShort, ["id"];
        /// Where it came from: calcom, oncehub, import, api, manual.
        Source => TextShort, ["source"];
        /// When it came into being here.
        Created => Datetime, ["created", "created_at"];
        /// When it last changed.
        Updated => Datetime, ["updated", "updated_at"];
        /// When the person last did something.
        Interacted => Datetime, ["interacted", "interacted_at"];
    }
}

parts! {
    /// A part of a booking, conversation or form submission.
    BookingPart {
        /// The source's id of it.
        Id => TextShort, ["id", "uid"];
        /// Booking, Conversation, Form.
        Kind => TextShort, ["kind"];
        /// Where it stands, in the words of queries: `no_show`.
        State => TextShort, ["state"];
        /// Where it stands, as people read it: `No-show`.
        Status => Picklist, ["status"];
        /// The source's own longer words for it, else the status.
        DetailedStatus => TextShort, ["detailed_status"];
        /// The title.
        Subject => TextShort, ["subject", "title"];
        /// When it starts.
        Start => Datetime, ["start", "start_time"];
        /// Its first day, on the guest's clock.
        StartDate => Date, ["start_date"];
        /// Its first minute, on the guest's clock.
        StartTimeOfDay => Time, ["start_clock"];
        /// When it ends.
        End => Datetime, ["end", "end_time"];
        /// How long it is, in minutes.
        Duration => Number, ["duration", "duration_minutes"];
        /// When it was booked, by the source's clock.
        Created => Datetime, ["created", "created_at"];
        /// When it was cancelled: what was last heard of a cancelled one.
        Canceled => Datetime, ["canceled", "cancelled", "canceled_at", "cancelled_at"];
        /// The start before the last reschedule.
        PreviousStart => Datetime, ["previous_start"];
        /// The end before the last reschedule.
        PreviousEnd => Datetime, ["previous_end"];
        /// Place or call, as the source names it.
        Location => TextShort, ["location"];
        /// Where to join the call.
        JoinUrl => TextShort, ["join_url", "meeting_url"];
        /// Why it was cancelled or moved.
        Reason => TextLong, ["reason", "cancellation_reason"];
        /// Who did.
        ReasonBy => TextShort, ["reason_by", "canceled_by", "cancelled_by"];
        /// Email of the host.
        Host => Email, ["host", "host_email"];
        /// Name of the host.
        HostName => TextShort, ["host_name"];
        /// Why this host was chosen.
        AssignmentReason => TextLong, ["assignment_reason"];
        /// Event type.
        EventType => TextShort, ["event_type"];
        /// Booking page or calendar.
        Page => TextShort, ["page"];
        /// Bot.
        Bot => TextShort, ["bot"];
        /// Form.
        Form => TextShort, ["form"];
        /// The program it came from: calcom, oncehub.
        Source => TextShort, ["source"];
        /// IANA zone of the guest.
        TimeZone => TextShort, ["time_zone", "timezone"];
        /// Additional notes of the guest.
        Notes => TextLong, ["notes"];
        /// What the event type says of itself.
        Description => TextLong, ["description"];
        /// Where to cancel.
        CancelUrl => TextShort, ["cancel_url"];
        /// Where to reschedule.
        RescheduleUrl => TextShort, ["reschedule_url"];
        /// The recurrence rule.
        Recurrence => TextShort, ["recurrence"];
        /// Name of the guest, as captured.
        GuestName => TextShort, ["guest_name"];
        /// Email of the guest, as captured.
        GuestEmail => Email, ["guest_email"];
        /// Phone of the guest, as captured.
        GuestPhone => Phone, ["guest_phone"];
        /// Emails of everyone invited.
        Attendees => TextLong, ["attendees"];
        /// Whether the guest stayed away.
        NoShow => Checkbox, ["no_show"];
        /// Whether it was a test.
        Test => Checkbox, ["test"];
    }
}

/// Cal.com's date references: they stand for a moment of the booking, in braces or as a rule's whole value.
pub const DATE_REFERENCES: [(&str, BookingPart); 3] = [
    ("booking_start_date", BookingPart::Start),
    ("booking_created_date", BookingPart::Created),
    ("booking_cancel_date", BookingPart::Canceled),
];

/// A part of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactPart {
    /// A system field.
    Field(Field),
    /// Status, owner, name and the like.
    Own(ContactOwn),
    /// A custom field, as written.
    Custom(String),
}

impl ContactPart {
    fn parse(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let own = || ContactOwn::parse(name).map(Self::Own);
        Field::parse(&lower).map(Self::Field).or_else(own).unwrap_or_else(|| Self::Custom(name.to_owned()))
    }

    /// The name that people read.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(field) => field.key(),
            Self::Own(own) => own.name(),
            Self::Custom(name) => name,
        }
    }
}

impl Token {
    /// Reads what stands between two braces.
    pub fn parse(inner: &str) -> Result<Self, TokenError> {
        let inner = inner.trim();
        if let Some(name) = after(inner, "form:") {
            return some(name).map(|name| Self::Form(name.to_owned()));
        }
        if let Some(name) = after(inner, "utm:") {
            let name = some(name)?;
            return UtmPart::parse(name).map(Self::Utm).ok_or_else(|| TokenError::Utm(name.to_owned()));
        }
        if let Some(name) = after(inner, "contact.") {
            return some(name).map(|name| Self::Contact(ContactPart::parse(name)));
        }
        if let Some(name) = after(inner, "booking.") {
            let name = some(name)?;
            let near = || nearest(name, BookingPart::ALL.iter().flat_map(|part| part.names().iter().copied()));
            return BookingPart::parse(name)
                .map(Self::Booking)
                .ok_or_else(|| TokenError::Booking { name: name.to_owned(), near: near() });
        }
        if inner.eq_ignore_ascii_case("assignmentReason") {
            return Ok(Self::Booking(BookingPart::AssignmentReason));
        }
        if let Some((_, part)) = DATE_REFERENCES.iter().find(|(name, _)| *name == inner) {
            return Ok(Self::Booking(*part));
        }
        some(inner).map(|name| Self::Answer(name.to_owned()))
    }

    /// The type of its values, as far as it is known before there is one; answers can be anything.
    pub fn kind(&self, custom: &[CustomField]) -> Option<FieldKind> {
        match self {
            Self::Answer(_) | Self::Form(_) => None,
            Self::Utm(part) => Some(part.kind()),
            Self::Contact(ContactPart::Field(field)) => Some(field.kind()),
            Self::Contact(ContactPart::Own(own)) => Some(own.kind()),
            Self::Contact(ContactPart::Custom(name)) => {
                custom.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.kind)
            }
            Self::Booking(part) => Some(part.kind()),
        }
    }

    /// Why it yields nothing, in words.
    pub fn missing(&self) -> String {
        match self {
            Self::Answer(name) => format!("there is no answer to `{name}`"),
            Self::Form(name) => format!("there is no answer to `{name}` in a form"),
            Self::Utm(part) => format!("there is no utm_{}", part.name()),
            Self::Contact(part) => format!("the contact has no {}", part.name()),
            Self::Booking(part) => format!("the booking has no {}", part.name()),
        }
    }
}

/// As it is written in a template.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(name) => write!(f, "{{{name}}}"),
            Self::Form(name) => write!(f, "{{form:{name}}}"),
            Self::Utm(part) => write!(f, "{{utm:{}}}", part.name()),
            Self::Contact(part) => write!(f, "{{contact.{}}}", part.name()),
            Self::Booking(part) => write!(f, "{{booking.{}}}", part.name()),
        }
    }
}

/// What follows a prefix that is written in any case.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| rest.trim())
}

fn some(name: &str) -> Result<&str, TokenError> {
    if name.is_empty() { Err(TokenError::Empty) } else { Ok(name) }
}
