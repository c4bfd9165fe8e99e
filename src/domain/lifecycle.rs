//! How what a payload says changes an activity (OnceHub: booking lifecycle; Cal.com: webhooks).
//!
//! Deliveries come twice and out of order. The newer one, by the payload's own time, replaces; an older one only fills
//! what is still unknown and never moves the state back. A move that gave the booking another id counts more than times:
//! what is said under an id that it left behind is about the meeting that it was, whenever it is said.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::Email;
use super::activity::{Activity, ActivityUpdate, Attendee, Detail, Kind, State};
use super::{Source, Status};

/// A conversation is abandoned after more than this long without a word (OnceHub).
pub const IDLE_LIMIT: SignedDuration = SignedDuration::from_mins(10);

/// OnceHub's words for a booking that the clock completed.
const COMPLETED: &str = "Completed (Set by System)";

/// True if a booking in `from` may become `to`; conversations and forms may always move on.
/// A no-show stays one until it is taken back or moved, what was cancelled is not completed by the clock, and a payload
/// that merely still calls the booking accepted takes nothing back.
pub fn may_become(from: State, to: State) -> bool {
    !matches!(
        (from, to),
        (State::NoShow | State::Canceled, State::Completed)
            | (State::Canceled, State::NoShow)
            | (State::Completed | State::NoShow, State::Requested)
            | (State::Completed | State::NoShow | State::Rescheduled, State::Scheduled)
    )
}

/// Whether a contact status that a payload tells is a decision of its activity, or only says how the contact stood
/// already. `by_source` is the status that the source told of the contact last.
///
/// OnceHub sends the contact with everything, and what we decided since is not in it. So a status counts once per
/// activity, and of OnceHub's bookings and conversations under way only if it is another one than was told before. A
/// conversation that has ended, a form, and all that Cal.com sends (it has no contacts of its own) speak for themselves:
/// a bot that qualifies the same person again, months later, is heard.
pub fn status_is_news(told: Status, activity: Option<&Activity>, source: Source, by_source: Option<Status>) -> bool {
    let ended = |activity: &Activity| matches!(activity.state, State::Closed | State::Abandoned | State::Submitted);
    match activity {
        Some(Activity { detail: Detail { told_status: Some(before), .. }, .. }) => *before != told,
        Some(activity) if source == Source::CalCom || ended(activity) => true,
        _ => by_source != Some(told),
    }
}

/// The state when nothing says one: a booking is scheduled, a conversation started, a form submitted.
pub fn initial_state(kind: Kind) -> State {
    match kind {
        Kind::Booking => State::Scheduled,
        Kind::Conversation => State::Started,
        Kind::Form => State::Submitted,
    }
}

/// What the clock makes of an activity at `now`: a booking is completed at its end, not its start;
/// a conversation abandoned when idle for more than ten minutes. `None`: nothing.
pub fn by_clock(activity: &Activity, now: Timestamp) -> Option<State> {
    match activity.state {
        State::Scheduled | State::Rescheduled if activity.end.is_some_and(|end| end <= now) => Some(State::Completed),
        State::Started if now.duration_since(activity.source_at) > IDLE_LIMIT => Some(State::Abandoned),
        _ => None,
    }
}

/// A new activity from what its first payload says.
pub fn create(update: &ActivityUpdate, source: &str, at: Timestamp, now: Timestamp) -> Activity {
    let mut activity = Activity {
        id: 0,
        kind: update.kind,
        state: update.state.unwrap_or(initial_state(update.kind)),
        source: source.to_owned(),
        external_id: update.external_id.clone(),
        contact_id: None,
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
        utm: super::activity::Utm::default(),
        reason: None,
        reason_by: None,
        detail: Detail::default(),
        related_id: None,
        test: false,
        unread: true,
        trashed_at: None,
        source_at: at,
        created_at: update.created_at.unwrap_or(at),
        updated_at: now,
    };
    fill(&mut activity, update, at, now);
    activity
}

/// What [`update`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Anything at all.
    pub any: bool,
    /// The state before, if it changed.
    pub state_from: Option<State>,
    /// Start or end changed.
    pub times: bool,
    /// The host changed.
    pub user: bool,
}

impl Changed {
    /// What this and a later change did together.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            any: self.any || later.any,
            state_from: self.state_from.or(later.state_from),
            times: self.times || later.times,
            user: self.user || later.user,
        }
    }
}

/// What a payload says, with the address that an edit of the contact has put in the place of the one that the source goes
/// on naming (OnceHub reference 1.8: bookings to come carry the new address).
pub fn readdressed<'u>(activity: &Activity, update: &'u ActivityUpdate) -> Cow<'u, ActivityUpdate> {
    let Some(present) = activity.person_email.as_ref().filter(|_| !activity.detail.former_emails.is_empty()) else {
        return Cow::Borrowed(update);
    };
    let mut update = update.clone();
    let attendees = update.detail.attendees.iter_mut().map(|attendee| &mut attendee.email);
    for email in attendees.chain([&mut update.person_email]).filter_map(Option::as_mut) {
        if Email::parse(email).is_ok_and(|email| activity.was_booked_by(&email)) {
            email.clone_from(present);
        }
    }
    Cow::Owned(update)
}

/// Brings an activity up to date with a payload whose own time is `at`. `ids` are those under which its source has spoken
/// of it so far.
pub fn hear(
    activity: &mut Activity,
    update: &ActivityUpdate,
    ids: &[String],
    at: Timestamp,
    now: Timestamp,
) -> Changed {
    let (newer, former) = (at >= activity.source_at, is_of_former(activity, update, ids));
    // It says that what we have is the meeting before it was moved. A seat may be moved to where it was before.
    if update.previous_id.as_ref() == Some(&activity.external_id) && (newer || !former) {
        return bring(activity, update, true, at, now);
    }
    if former {
        return bring(activity, &of_former(update), false, at, now);
    }
    bring(activity, update, newer, at, now)
}

/// True if a payload names the booking by an id that it had before it was moved (Cal.com: a new uid each time). The seats
/// of a booking go by its id, too.
fn is_of_former(activity: &Activity, update: &ActivityUpdate, ids: &[String]) -> bool {
    let booking = update.seat_of.as_deref().unwrap_or(&update.external_id);
    let names = |id: &str| id.strip_prefix(booking).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !names(&activity.external_id) && ids.iter().any(|id| names(id))
}

/// What a payload about the meeting before it was moved still says of the one after: no times, no state or how it came
/// to be, and nobody's presence.
fn of_former(update: &ActivityUpdate) -> ActivityUpdate {
    let mut update = ActivityUpdate {
        state: None,
        no_show_undone: false,
        start: None,
        end: None,
        reason: None,
        reason_by: None,
        trashed: None,
        ..update.clone()
    };
    update.detail.detailed_state = None;
    for attendee in &mut update.detail.attendees {
        attendee.no_show = None;
    }
    update
}

/// Brings an activity up to date with a payload whose own time is `at`; an older one than what is known only fills in.
fn bring(activity: &mut Activity, update: &ActivityUpdate, newer: bool, at: Timestamp, now: Timestamp) -> Changed {
    let before = activity.clone();
    if newer {
        if update.previous_id.is_some() && update.start.is_some() && update.start != activity.start {
            activity.detail.previous_start = activity.start;
            activity.detail.previous_end = activity.end;
        }
        let moved = activity.detail.previous_start.is_some();
        if let Some(state) = update.state.filter(|&to| may_become(activity.state, to)) {
            // What was moved and had to be approved again is rescheduled, not merely scheduled.
            let approved = activity.state == State::Requested && state == State::Scheduled && moved;
            activity.state = if approved { State::Rescheduled } else { state };
        }
        activity.external_id.clone_from(&update.external_id);
        replace(activity, update, now);
        let missing = activity.detail.attendees.iter().any(|attendee| attendee.no_show == Some(true));
        if update.no_show_undone && activity.state == State::NoShow && !missing {
            activity.state = match activity.end {
                Some(end) if end <= now => State::Completed,
                _ if moved => State::Rescheduled,
                _ => State::Scheduled,
            };
        }
        activity.detail.detailed_state = detailed(&before, update, activity.state);
        activity.source_at = at;
    } else {
        fill(activity, update, at, now);
        // How it came to a state that it has long left says nothing about the present one.
        if update.state.is_some_and(|state| state != activity.state) {
            activity.detail.detailed_state.clone_from(&before.detail.detailed_state);
        }
    }
    let changed = *activity != Activity { source_at: activity.source_at, ..before.clone() };
    if changed {
        activity.updated_at = now;
        activity.unread = true;
    }
    Changed {
        any: changed,
        state_from: (before.state != activity.state).then_some(before.state),
        times: (before.start, before.end) != (activity.start, activity.end),
        user: before.user != activity.user,
    }
}

/// How it came to its state, in OnceHub's words (detailed status). What was known of another state is known no more, and
/// what a payload says of a state that it could not bring about is not taken.
fn detailed(before: &Activity, update: &ActivityUpdate, state: State) -> Option<String> {
    let refused = update.state.is_some_and(|to| !may_become(before.state, to));
    match &update.detail.detailed_state {
        Some(told) if !refused => Some(told.clone()),
        _ if state == before.state => before.detail.detailed_state.clone(),
        _ if before.state == State::Requested && matches!(state, State::Scheduled | State::Rescheduled) => {
            Some(format!("{state} (Approved by user)"))
        }
        _ => None,
    }
}

/// Makes of an activity what the clock makes of it ([`by_clock`]); `false`: nothing.
pub fn pass(activity: &mut Activity, now: Timestamp) -> bool {
    let Some(state) = by_clock(activity, now) else { return false };
    activity.state = state;
    activity.updated_at = now;
    activity.detail.detailed_state = (state == State::Completed).then(|| COMPLETED.to_owned());
    true
}

/// One booking was heard of under two ids before the payload that joins them came: the newer of the two says how it
/// stands now, the older one fills in. With `moved` the other one is what it was moved to, and so the newer one. It counts
/// as a change in any case: what was told of the two must be told of one.
pub fn join(kept: &mut Activity, other: &Activity, moved: bool) -> Changed {
    let as_update = |activity: &Activity| ActivityUpdate {
        state: Some(activity.state),
        person_name: activity.person_name.clone(),
        person_email: activity.person_email.clone(),
        person_phone: activity.person_phone.clone(),
        subject: activity.subject.clone(),
        start: activity.start,
        end: activity.end,
        customer_time_zone: activity.customer_time_zone.clone(),
        user: activity.user.clone(),
        event_type: activity.event_type.clone(),
        page: activity.page.clone(),
        bot: activity.bot.clone(),
        form: activity.form.clone(),
        location: activity.location.clone(),
        utm: activity.utm.clone(),
        reason: activity.reason.clone(),
        reason_by: activity.reason_by.clone(),
        detail: activity.detail.clone(),
        test: Some(activity.test),
        created_at: Some(activity.created_at),
        ..ActivityUpdate::new(activity.kind, &activity.external_id)
    };
    let now = kept.updated_at.max(other.updated_at);
    let newer = moved || other.source_at >= kept.source_at;
    let changed = bring(kept, &as_update(other), newer, other.source_at, now);
    kept.created_at = kept.created_at.min(other.created_at);
    Changed { any: true, ..changed }
}

macro_rules! each_field {
    ($apply:ident, $activity:ident, $update:ident) => {
        $apply!($activity.person_name, $update.person_name);
        $apply!($activity.person_email, $update.person_email);
        $apply!($activity.person_phone, $update.person_phone);
        $apply!($activity.subject, $update.subject);
        $apply!($activity.start, $update.start);
        $apply!($activity.end, $update.end);
        $apply!($activity.customer_time_zone, $update.customer_time_zone);
        $apply!($activity.user, $update.user);
        $apply!($activity.event_type, $update.event_type);
        $apply!($activity.page, $update.page);
        $apply!($activity.bot, $update.bot);
        $apply!($activity.form, $update.form);
        $apply!($activity.location, $update.location);
        $apply!($activity.utm.source, $update.utm.source);
        $apply!($activity.utm.medium, $update.utm.medium);
        $apply!($activity.utm.campaign, $update.utm.campaign);
        $apply!($activity.utm.term, $update.utm.term);
        $apply!($activity.utm.content, $update.utm.content);
        $apply!($activity.reason, $update.reason);
        $apply!($activity.reason_by, $update.reason_by);
        $apply!($activity.detail.notes, $update.detail.notes);
        $apply!($activity.detail.description, $update.detail.description);
        $apply!($activity.detail.join_url, $update.detail.join_url);
        $apply!($activity.detail.cancel_url, $update.detail.cancel_url);
        $apply!($activity.detail.reschedule_url, $update.detail.reschedule_url);
        $apply!($activity.detail.calendar, $update.detail.calendar);
        $apply!($activity.detail.detailed_state, $update.detail.detailed_state);
        $apply!($activity.detail.assignment_reason, $update.detail.assignment_reason);
        $apply!($activity.detail.recurrence, $update.detail.recurrence);
        $apply!($activity.detail.previous_start, $update.detail.previous_start);
        $apply!($activity.detail.previous_end, $update.detail.previous_end);
    };
}

/// What is said replaces; what is not said stays.
fn replace(activity: &mut Activity, update: &ActivityUpdate, now: Timestamp) {
    macro_rules! set {
        ($to:expr, $from:expr) => {
            if let Some(value) = &$from {
                $to = Some(value.clone());
            }
        };
    }
    each_field!(set, activity, update);
    attendees(&mut activity.detail.attendees, &update.detail.attendees, true);
    for answer in &update.detail.answers {
        match activity.detail.answers.iter_mut().find(|known| known.key == answer.key && known.form == answer.form) {
            Some(known) => *known = answer.clone(),
            None => activity.detail.answers.push(answer.clone()),
        }
    }
    if let Some(test) = update.test {
        activity.test = test;
    }
    match update.trashed {
        Some(true) => activity.trashed_at = activity.trashed_at.or(Some(now)),
        Some(false) => activity.trashed_at = None,
        None => {}
    }
}

/// Only what is unknown is filled.
fn fill(activity: &mut Activity, update: &ActivityUpdate, at: Timestamp, now: Timestamp) {
    macro_rules! set {
        ($to:expr, $from:expr) => {
            if $to.is_none() {
                $to.clone_from(&$from);
            }
        };
    }
    each_field!(set, activity, update);
    attendees(&mut activity.detail.attendees, &update.detail.attendees, false);
    for answer in &update.detail.answers {
        if !activity.detail.answers.iter().any(|known| known.key == answer.key && known.form == answer.form) {
            activity.detail.answers.push(answer.clone());
        }
    }
    activity.test |= update.test.unwrap_or(false);
    if update.trashed == Some(true) && activity.trashed_at.is_none() {
        activity.trashed_at = Some(now);
    }
    activity.created_at = activity.created_at.min(update.created_at.unwrap_or(at));
}

/// Attendees are the same when their emails are, whatever the case. A list of people replaces the list, keeping what was
/// known of each; entries that only say who came update in place.
fn attendees(known: &mut Vec<Attendee>, said: &[Attendee], newer: bool) {
    let same = |a: &Attendee, b: &Attendee| match (&a.email, &b.email) {
        (Some(a), Some(b)) => a.trim().eq_ignore_ascii_case(b.trim()),
        (None, None) => a.name == b.name,
        _ => false,
    };
    let only_presence = !said.is_empty() && said.iter().all(|a| a.no_show.is_some() && a.name.is_none());
    if newer && !said.is_empty() && !only_presence {
        let old = std::mem::take(known);
        *known = said
            .iter()
            .map(|attendee| {
                let before = old.iter().find(|a| same(a, attendee));
                Attendee { no_show: attendee.no_show.or(before.and_then(|a| a.no_show)), ..attendee.clone() }
            })
            .collect();
        return;
    }
    for attendee in said {
        match known.iter_mut().find(|a| same(a, attendee)) {
            Some(known) if newer => known.no_show = attendee.no_show.or(known.no_show),
            Some(known) => {
                let no_show = known.no_show.or(attendee.no_show);
                if known.name.is_none() {
                    *known = Attendee { no_show, ..attendee.clone() };
                }
            }
            None => known.push(attendee.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
