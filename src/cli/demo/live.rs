//! What happens while the demo is open: one thing after the other, without end.
//!
//! The generator remembers a few meetings and talks, and forgets the oldest: its memory stays flat.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::calcom;
use super::delivery::Delivery;
use super::dice::Dice;
use super::meeting::{Actor, CANCEL_REASONS, EventType, FOR_CUSTOMERS, FOR_PROSPECTS, MOVE_REASONS, Meeting, NOTES};
use super::people::{Cast, Host, Person};
use super::story::{self, Story};
use super::talk::{INTERESTS, Talk};
use crate::domain::{Source, Status};

/// Meetings that can still be moved or called off.
const UPCOMING: usize = 24;
/// Meetings of which may turn out that nobody came.
const HELD: usize = 12;
/// Talks that go on.
const TALKS: usize = 5;
/// New people of one run: the next run begins after them.
const PEOPLE_OF_A_RUN: u64 = 20_000;

/// The stream of events.
#[derive(Clone, Debug)]
pub struct Live {
    cast: Cast,
    dice: Dice,
    /// The next new person.
    person: u64,
    /// Cal.com's last booking number.
    number: u64,
    upcoming: VecDeque<Meeting>,
    held: VecDeque<Meeting>,
    talks: VecDeque<Talk>,
    /// A visitor who was told to book.
    eager: Option<Talk>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    NewBooking,
    KnownBooking,
    Move,
    Cancel,
    NoShow,
    TalkBegins,
    TalkEnds,
    Form,
}

const OFTEN: [(u32, Kind); 8] = [
    (22, Kind::NewBooking),
    (12, Kind::KnownBooking),
    (11, Kind::Move),
    (9, Kind::Cancel),
    (5, Kind::NoShow),
    (16, Kind::TalkBegins),
    (16, Kind::TalkEnds),
    (9, Kind::Form),
];

impl Live {
    /// The stream of the first, second, … run on one store. Runs share no ids and no new people.
    pub fn new(cast: Cast, seed: u64, run: u64) -> Self {
        Self {
            cast,
            dice: Dice::with_seed(seed ^ run.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            person: story::PEOPLE + run * PEOPLE_OF_A_RUN,
            number: (run + 1) * 1_000_000,
            upcoming: VecDeque::new(),
            held: VecDeque::new(),
            talks: VecDeque::new(),
            eager: None,
        }
    }

    /// Goes on where a story ended.
    pub fn continues(mut self, story: Story) -> Self {
        self.number = story.number;
        story.upcoming.into_iter().for_each(|meeting| remember(&mut self.upcoming, meeting, UPCOMING));
        story.held.into_iter().for_each(|meeting| remember(&mut self.held, meeting, HELD));
        story.talks.into_iter().for_each(|talk| remember(&mut self.talks, talk, TALKS));
        self
    }

    /// How long until the next event: one to three seconds.
    pub fn pause(&mut self) -> Duration {
        Duration::from_millis(self.dice.number(1_000, 3_000).unsigned_abs())
    }

    /// The next event.
    pub fn next(&mut self, now: Timestamp) -> Delivery {
        if let Some(talk) = self.eager.take() {
            let meeting = self.book(Source::OnceHub, talk.visitor.clone(), talk.owner.clone(), &FOR_PROSPECTS, now);
            return self.booked(Meeting { talk: Some(talk), ..meeting });
        }
        match self.dice.weighted(&OFTEN) {
            Kind::Move => self.moves(now),
            Kind::Cancel => self.cancels(now),
            Kind::NoShow => self.misses(now),
            Kind::TalkBegins => Some(self.talk_begins(now)),
            Kind::TalkEnds => self.talk_ends(now),
            Kind::Form => Some(self.form(now)),
            Kind::KnownBooking => Some(self.known_books(now)),
            Kind::NewBooking => None,
        }
        // What needs something that is not there gives way to what always can happen.
        .unwrap_or_else(|| self.stranger_books(now))
    }

    fn stranger_books(&mut self, now: Timestamp) -> Delivery {
        let guest = self.stranger();
        let host = self.host();
        let source = self.dice.weighted(&[(60, Source::CalCom), (40, Source::OnceHub)]);
        let meeting = self.book(source, guest, host, &FOR_PROSPECTS, now);
        self.booked(meeting)
    }

    /// A customer, a lead of the org, or somebody of the story.
    fn known_books(&mut self, now: Timestamp) -> Delivery {
        let host = self.host();
        let meeting = match self.dice.weighted(&[(40, 'c'), (20, 'l'), (40, 's')]) {
            'c' if !self.cast.customers.is_empty() => {
                let guest = self.dice.pick(&self.cast.customers).clone();
                self.book(Source::CalCom, guest, host, &FOR_CUSTOMERS, now)
            }
            'l' if !self.cast.leads.is_empty() => {
                let guest = self.dice.pick(&self.cast.leads).clone();
                self.book(Source::OnceHub, guest, host, &FOR_PROSPECTS, now)
            }
            _ => {
                let number = self.dice.number(0, story::PEOPLE as i64 - 1).unsigned_abs();
                self.book(Source::CalCom, Person::numbered(number), host, &FOR_PROSPECTS, now)
            }
        };
        self.booked(meeting)
    }

    fn moves(&mut self, now: Timestamp) -> Option<Delivery> {
        let index = self.one_of(self.upcoming.len())?;
        let mut meeting = self.upcoming.remove(index)?;
        let start = self.dice.slot(now, (1, 9), &story::zone(&meeting.host));
        self.number += 1; // Cal.com counts the moved booking as a new one
        let reason = *self.dice.pick(&MOVE_REASONS);
        let delivery = meeting.moved(now, start, reason, &mut self.dice);
        remember(&mut self.upcoming, meeting, UPCOMING);
        Some(delivery)
    }

    fn cancels(&mut self, now: Timestamp) -> Option<Delivery> {
        let index = self.one_of(self.upcoming.len())?;
        let meeting = self.upcoming.remove(index)?;
        let by = if self.dice.percent(75) { Actor::Guest } else { Actor::Host };
        let reason = *self.dice.pick(&CANCEL_REASONS);
        Some(meeting.canceled(now, reason, by, &mut self.dice))
    }

    fn misses(&mut self, now: Timestamp) -> Option<Delivery> {
        let meeting = self.held.pop_back()?;
        Some(meeting.missed(now, &mut self.dice))
    }

    fn talk_begins(&mut self, now: Timestamp) -> Delivery {
        let (visitor, owner) = (self.stranger(), self.host());
        let talk = Talk::new(visitor, owner, now, &mut self.dice);
        let delivery = talk.started(&mut self.dice);
        remember(&mut self.talks, talk, TALKS);
        delivery
    }

    fn talk_ends(&mut self, now: Timestamp) -> Option<Delivery> {
        let talk = self.talks.pop_front()?;
        let delivery = talk.closed(now, &mut self.dice);
        if talk.status != Some(Status::Disqualified) && self.dice.percent(35) {
            self.eager = Some(talk);
        }
        Some(delivery)
    }

    fn form(&mut self, now: Timestamp) -> Delivery {
        let sender = self.stranger();
        let (interest, note) = (*self.dice.pick(&INTERESTS), *self.dice.pick(&NOTES));
        calcom::form(&sender, interest, note, now)
    }

    fn book(
        &mut self,
        source: Source,
        guest: Person,
        host: Host,
        kinds: &'static [EventType],
        now: Timestamp,
    ) -> Meeting {
        self.number += 1;
        story::book(source, guest, host, kinds, now, self.number, &mut self.dice)
    }

    fn booked(&mut self, meeting: Meeting) -> Delivery {
        let delivery = meeting.booked();
        remember(&mut self.upcoming, meeting, UPCOMING);
        delivery
    }

    fn stranger(&mut self) -> Person {
        self.person += 1;
        Person::numbered(self.person)
    }

    fn host(&mut self) -> Host {
        story::host(&self.cast, &mut self.dice)
    }

    fn one_of(&mut self, count: usize) -> Option<usize> {
        let last = i64::try_from(count.checked_sub(1)?).ok()?;
        usize::try_from(self.dice.number(0, last)).ok()
    }
}

/// Puts something at the end and forgets the oldest if there are too many.
fn remember<T>(memory: &mut VecDeque<T>, new: T, most: usize) {
    memory.push_back(new);
    if memory.len() > most {
        memory.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use jiff::SignedDuration;

    use super::*;
    use crate::cli::demo::testing::{cast, understood};

    fn now() -> Timestamp {
        "2026-05-06T10:20:30Z".parse().unwrap()
    }

    fn stream(seed: u64, run: u64) -> impl Iterator<Item = Delivery> {
        let mut live = Live::new(cast(), seed, run).continues(Story::tell(&cast(), seed, now()));
        (1..).map(move |second| live.next(now() + SignedDuration::from_secs(second)))
    }

    #[test]
    fn every_payload_is_understood_without_a_warning() {
        for delivery in stream(1, 0).take(3_000) {
            let interaction = understood(&delivery);
            assert_eq!(interaction.at, delivery.at, "{}", delivery.body);
            assert!(interaction.activity.is_some(), "{}", delivery.body);
        }
    }

    #[test]
    fn everything_happens_within_two_minutes() {
        let mut events: HashMap<String, usize> = HashMap::new();
        for delivery in stream(1, 0).take(60) {
            *events.entry(understood(&delivery).event).or_default() += 1;
        }
        for event in [
            "BOOKING_CREATED",
            "BOOKING_RESCHEDULED",
            "BOOKING_CANCELLED",
            "FORM_SUBMITTED",
            "booking.scheduled",
            "conversation.started",
            "conversation.closed",
        ] {
            assert!(events.contains_key(event), "{event} is not among {events:?}");
        }
    }

    #[test]
    fn no_id_comes_twice_but_to_name_the_same_thing() {
        let keys: Vec<String> = stream(1, 0).take(2_000).map(|delivery| understood(&delivery).key).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        let again: HashSet<String> = stream(1, 1).take(2_000).map(|delivery| understood(&delivery).key).collect();
        assert!(keys.iter().all(|key| !again.contains(key)), "the next run is another one");
    }

    #[test]
    fn a_move_follows_the_meeting_and_memory_stays_flat() {
        let mut live = Live::new(cast(), 5, 0);
        let mut uids: HashSet<String> = HashSet::new();
        for second in 0..3_000 {
            let delivery = live.next(now() + SignedDuration::from_secs(second));
            let update = understood(&delivery).activity.unwrap();
            if let Some(previous) = update.previous_id {
                assert!(uids.contains(&previous), "{previous} was never booked");
            }
            uids.insert(update.external_id);
            assert!(live.upcoming.len() <= UPCOMING && live.held.len() <= HELD && live.talks.len() <= TALKS);
        }
    }

    #[test]
    fn pauses_are_between_one_and_three_seconds() {
        let mut live = Live::new(cast(), 5, 0);
        for _ in 0..500 {
            let pause = live.pause().as_millis();
            assert!((1_000..=3_000).contains(&pause), "{pause}");
        }
    }
}
