//! Where the values of a template come from: the contact and the activity at hand.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Sources;
use super::token::{BookingPart, ContactOwn, ContactPart, Token, UtmPart};
use super::value::Value;
use crate::domain::activity::Answer;
use crate::domain::{Activity, Contact, Field, FieldKey, Kind, State, UserRef};

/// What templates speak of, and the clock on which days and times of day are read.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    sources: Sources<'a>,
    zone: TimeZone,
}

impl<'a> Scope<'a> {
    /// The clock is the guest's: the day of a meeting is the day that the guest was told. The activity's zone counts,
    /// else the contact's, else UTC.
    pub fn new(sources: Sources<'a>) -> Self {
        let guest = sources.activity.and_then(|activity| activity.customer_time_zone.as_deref());
        let contact = sources.contact.and_then(|contact| contact.values.text(Field::TimeZone));
        let zone = [guest, contact].into_iter().flatten().find_map(|name| TimeZone::get(name.trim()).ok());
        Self { sources, zone: zone.unwrap_or(TimeZone::UTC) }
    }

    /// The guest's clock.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The value of a reference; `None`: there is none.
    pub fn value(&self, token: &Token) -> Option<Value> {
        match token {
            Token::Answer(name) => self.sources.activity.and_then(|activity| answer(activity, name)),
            Token::Form(name) => self.sources.activity.and_then(|activity| find(activity, name, true).ok()?),
            Token::Utm(part) => self.sources.activity.and_then(|activity| utm(activity, *part)),
            Token::Contact(part) => self.sources.contact.and_then(|contact| of_contact(contact, part)),
            Token::Booking(part) => self.sources.activity.and_then(|activity| self.of_booking(activity, *part)),
        }
    }

    fn of_booking(&self, activity: &Activity, part: BookingPart) -> Option<Value> {
        let detail = &activity.detail;
        let moment = Value::Moment;
        let local = |format: &str| {
            let start: DateTime = activity.start?.to_zoned(self.zone.clone()).datetime();
            Value::of_text(&start.strftime(format).to_string())
        };
        match part {
            BookingPart::Id => Value::of_text(&activity.external_id),
            BookingPart::Kind => Value::of_text(activity.kind.label()),
            BookingPart::State => Value::of_text(activity.state.key()),
            BookingPart::Status => Value::of_text(activity.state.label()),
            BookingPart::DetailedStatus => {
                Value::of_text(detail.detailed_state.as_deref().unwrap_or_else(|| activity.state.label()))
            }
            BookingPart::Subject => text(activity.subject.as_deref()),
            BookingPart::Start => activity.start.map(moment),
            BookingPart::StartDate => local("%Y-%m-%d"),
            BookingPart::StartTimeOfDay => local("%H:%M"),
            BookingPart::End => activity.end.map(moment),
            BookingPart::Duration => {
                let seconds = activity.end?.as_second() - activity.start?.as_second();
                (seconds >= 0).then_some(Value::Integer(seconds / 60))
            }
            BookingPart::Created => Some(moment(activity.created_at)),
            BookingPart::Canceled => (activity.state == State::Canceled).then_some(moment(activity.source_at)),
            BookingPart::PreviousStart => detail.previous_start.map(moment),
            BookingPart::PreviousEnd => detail.previous_end.map(moment),
            BookingPart::Location => text(activity.location.as_deref()).or_else(|| text(detail.join_url.as_deref())),
            BookingPart::JoinUrl => text(detail.join_url.as_deref()),
            BookingPart::Reason => text(activity.reason.as_deref()),
            BookingPart::ReasonBy => text(activity.reason_by.as_deref()),
            BookingPart::Host => email(activity.user.as_ref()),
            BookingPart::HostName => text(activity.user.as_ref().and_then(|user| user.name.as_deref())),
            BookingPart::AssignmentReason => text(detail.assignment_reason.as_deref()),
            BookingPart::EventType => text(activity.event_type.as_deref()),
            BookingPart::Page => text(activity.page.as_deref()),
            BookingPart::Bot => text(activity.bot.as_deref()),
            BookingPart::Form => text(activity.form.as_deref()),
            BookingPart::Source => Value::of_text(&activity.source),
            BookingPart::TimeZone => text(activity.customer_time_zone.as_deref()),
            BookingPart::Notes => text(detail.notes.as_deref()),
            BookingPart::Description => text(detail.description.as_deref()),
            BookingPart::CancelUrl => text(detail.cancel_url.as_deref()),
            BookingPart::RescheduleUrl => text(detail.reschedule_url.as_deref()),
            BookingPart::Recurrence => text(detail.recurrence.as_deref()),
            BookingPart::GuestName => text(activity.person_name.as_deref()),
            BookingPart::GuestEmail => text(activity.person_email.as_deref()),
            BookingPart::GuestPhone => text(activity.person_phone.as_deref()),
            BookingPart::Attendees => {
                Value::of_list(detail.attendees.iter().filter_map(|attendee| attendee.email.clone()))
            }
            BookingPart::NoShow => Some(Value::Bool(activity.state == State::NoShow)),
            BookingPart::Test => Some(Value::Bool(activity.test)),
        }
    }
}

fn text(text: Option<&str>) -> Option<Value> {
    text.and_then(Value::of_text)
}

fn email(user: Option<&UserRef>) -> Option<Value> {
    text(user?.email.as_ref().map(crate::domain::Email::as_str))
}

fn utm(activity: &Activity, part: UtmPart) -> Option<Value> {
    let utm = &activity.utm;
    text(match part {
        UtmPart::Source => utm.source.as_deref(),
        UtmPart::Medium => utm.medium.as_deref(),
        UtmPart::Campaign => utm.campaign.as_deref(),
        UtmPart::Term => utm.term.as_deref(),
        UtmPart::Content => utm.content.as_deref(),
    })
}

fn of_contact(contact: &Contact, part: &ContactPart) -> Option<Value> {
    match part {
        ContactPart::Field(field) => contact.values.get(*field).and_then(Value::of_field),
        ContactPart::Own(own) => match own {
            ContactOwn::Status => text(contact.status.map(crate::domain::Status::label)),
            ContactOwn::Owner => email(contact.owner.as_ref()),
            ContactOwn::OwnerName => text(contact.owner.as_ref().and_then(|user| user.name.as_deref())),
            ContactOwn::Name => Value::of_text(&contact.values.full_name()),
            ContactOwn::Id => Some(Value::Integer(contact.id)),
            ContactOwn::Source => Value::of_text(&contact.source),
            ContactOwn::Created => Some(Value::Moment(contact.created_at)),
            ContactOwn::Updated => Some(Value::Moment(contact.updated_at)),
            ContactOwn::Interacted => contact.interacted_at.map(Value::Moment),
        },
        ContactPart::Custom(name) => {
            let same = |key: &FieldKey| matches!(key, FieldKey::Custom(own) if own.eq_ignore_ascii_case(name));
            let exact = contact.values.get(FieldKey::Custom(name.clone()));
            let any_case = || contact.values.iter().find(|(key, _)| same(key)).map(|(_, value)| value);
            exact.or_else(any_case).and_then(Value::of_field)
        }
    }
}

/// The answer to a question of the booking. Some sources tell a booker's name, email, notes and place outside the
/// answers (`OnceHub`); Cal.com tells them as answers, and templates name them so.
fn answer(activity: &Activity, name: &str) -> Option<Value> {
    match find(activity, name, false) {
        Ok(found) => found,
        Err(NoSuchQuestion) => told_elsewhere(activity, name),
    }
}

fn told_elsewhere(activity: &Activity, name: &str) -> Option<Value> {
    match name.to_ascii_lowercase().as_str() {
        "name" => text(activity.person_name.as_deref()),
        "email" => text(activity.person_email.as_deref()),
        "notes" => text(activity.detail.notes.as_deref()),
        "location" => text(activity.location.as_deref()),
        _ => None,
    }
}

/// Nobody was asked that; not the same as a question that was left blank.
struct NoSuchQuestion;

/// The answer to a question: by its identifier, else by its label, exactly before in any case; `None`: it was left
/// blank. Only a booking tells its own questions from those of a routing form.
fn find(activity: &Activity, name: &str, form: bool) -> Result<Option<Value>, NoSuchQuestion> {
    let same = |text: &str| text.trim().to_lowercase() == name.to_lowercase();
    let tests: [&dyn Fn(&Answer) -> bool; 4] = [
        &|answer| answer.key == name,
        &|answer| answer.label.as_deref() == Some(name),
        &|answer| same(&answer.key),
        &|answer| answer.label.as_deref().is_some_and(same),
    ];
    let pool: Vec<&Answer> =
        activity.detail.answers.iter().filter(|answer| answer.form == form || activity.kind != Kind::Booking).collect();
    let hits = tests.iter().find_map(|test| {
        let mut hits = pool.iter().filter(|answer| test(answer)).peekable();
        hits.peek()?;
        Some(hits)
    });
    Ok(hits.ok_or(NoSuchQuestion)?.find_map(|answer| Value::of_json(&answer.value)))
}
