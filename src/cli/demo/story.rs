//! What happened before the demo was opened: six weeks of bookings, talks and forms, and what the team made of them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::calcom;
use super::delivery::Delivery;
use super::dice::Dice;
use super::meeting::{
    Actor, CAMPAIGNS, CANCEL_REASONS, EventType, FOR_CUSTOMERS, FOR_PROSPECTS, MOVE_REASONS, Meeting, NOTES,
};
use super::people::{Cast, Host, Person};
use super::talk::{INTERESTS, Talk};
use crate::domain::{Source, Status};

/// How many of the numbered people the story is about.
pub const PEOPLE: u64 = 236;

/// How far back it goes.
const WEEKS: i64 = 6;
/// Customers and leads of the org who take part.
const CUSTOMERS: usize = 26;
const LEADS: usize = 16;
/// How long after its end a missed meeting is marked.
const MARKED_AFTER: SignedDuration = SignedDuration::from_mins(4);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A webhook came.
    Heard(Delivery),
    /// Somebody of the team judged a contact.
    Judged(Judgement),
}

/// A status that a person set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// When.
    pub at: Timestamp,
    /// The contact's address.
    pub email: String,
    /// What it became.
    pub status: Status,
    /// Who did it.
    pub by: String,
}

impl Step {
    /// When.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Heard(delivery) => delivery.at,
            Self::Judged(judgement) => judgement.at,
        }
    }
}

/// Everything up to now.
#[derive(Clone, Debug)]
pub struct Story {
    /// In the order in which it happened; nothing is later than now.
    pub steps: Vec<Step>,
    /// Meetings that are still to come.
    pub upcoming: Vec<Meeting>,
    /// Meetings that were held.
    pub held: Vec<Meeting>,
    /// Talks that go on.
    pub talks: Vec<Talk>,
    /// Cal.com's last booking number.
    pub number: u64,
}

impl Story {
    /// Tells the story that ends at `now`; the same cast and seed tell the same one.
    pub fn tell(cast: &Cast, seed: u64, now: Timestamp) -> Self {
        let mut teller = Teller {
            cast,
            now,
            dice: Dice::with_seed(seed),
            story: Self { steps: Vec::new(), upcoming: Vec::new(), held: Vec::new(), talks: Vec::new(), number: 4_100 },
        };
        teller.introductions();
        for number in cast.hosts.len() as u64..PEOPLE {
            teller.stranger(&Person::numbered(number));
        }
        for person in Person::odd() {
            teller.stranger(&person);
        }
        for person in cast.customers.iter().step_by(2).take(CUSTOMERS) {
            teller.customer(person);
        }
        for person in cast.leads.iter().step_by(2).take(LEADS) {
            teller.stranger(person);
        }
        teller.second_addresses();
        let mut story = teller.story;
        story.steps.sort_by_key(Step::at);
        story.held.sort_by_key(|meeting| meeting.start);
        story
    }
}

struct Teller<'a> {
    cast: &'a Cast,
    now: Timestamp,
    dice: Dice,
    story: Story,
}

impl Teller<'_> {
    /// The first talk of each host tells their address, by which Cal.com knows them, with their OnceHub id.
    fn introductions(&mut self) {
        for (host, number) in self.cast.hosts.iter().zip(0..) {
            let at = self.now - SignedDuration::from_hours(WEEKS * 7 * 24 + 30 - number);
            let visitor = Person::numbered(number.unsigned_abs());
            let talk = Talk::new(visitor, host.clone(), at, &mut self.dice);
            let closed_at = at + self.dice.minutes(2, 6);
            let steps = [talk.started(&mut self.dice), talk.closed(closed_at, &mut self.dice)];
            self.story.steps.extend(steps.map(Step::Heard));
        }
    }

    /// Somebody whom the team did not know.
    fn stranger(&mut self, person: &Person) {
        let at = self.some_time();
        let host = self.host();
        match self.dice.weighted(&[(42, 'c'), (24, 'o'), (21, 't'), (13, 'f')]) {
            'c' => {
                let meeting = self.booking(Source::CalCom, person, &host, &FOR_PROSPECTS, at);
                self.course(meeting);
            }
            'o' => {
                let meeting = self.booking(Source::OnceHub, person, &host, &FOR_PROSPECTS, at);
                self.course(meeting);
            }
            't' => self.talk(person, &host, at),
            _ => {
                let (interest, note) = (*self.dice.pick(&INTERESTS), *self.dice.pick(&NOTES));
                self.heard(calcom::form(person, interest, note, at));
                if self.dice.percent(40) {
                    let booked_at = at + self.dice.minutes(3, 600);
                    let meeting = self.booking(Source::CalCom, person, &host, &FOR_PROSPECTS, booked_at);
                    self.course(meeting);
                }
            }
        }
    }

    /// Customers meet the team again and again.
    fn customer(&mut self, person: &Person) {
        let host = self.host();
        for _ in 0..self.dice.number(1, 3) {
            let at = self.some_time();
            let meeting = self.booking(Source::CalCom, person, &host, &FOR_CUSTOMERS, at);
            self.course(meeting);
        }
    }

    fn talk(&mut self, person: &Person, host: &Host, at: Timestamp) {
        let talk = Talk::new(person.clone(), host.clone(), at, &mut self.dice);
        let started = talk.started(&mut self.dice);
        self.heard(started);
        let given_up = self.dice.percent(18);
        let closed_at = at + if given_up { SignedDuration::from_secs(660) } else { self.dice.minutes(2, 9) };
        if closed_at > self.now {
            return self.story.talks.push(talk);
        }
        if given_up {
            let abandoned = talk.abandoned(closed_at, &mut self.dice);
            return self.heard(abandoned);
        }
        let closed = talk.closed(closed_at, &mut self.dice);
        self.heard(closed);
        if talk.status != Some(Status::Disqualified) && self.dice.percent(40) {
            let booked_at = closed_at + self.dice.seconds(20, 90);
            let meeting = self.booking(Source::OnceHub, person, host, &FOR_PROSPECTS, booked_at);
            self.course(Meeting { talk: Some(talk), ..meeting });
        }
    }

    /// Some come again from another address, or with another's phone: possible duplicates.
    fn second_addresses(&mut self) {
        let mut with_mobile = (40..).map(Person::numbered).filter(|person| person.mobile.is_some());
        for person in with_mobile.by_ref().take(3) {
            let (host, at) = (self.host(), self.now - self.dice.minutes(90, 2_000));
            let meeting = self.booking(Source::CalCom, &person.at_home(), &host, &FOR_PROSPECTS, at);
            self.course(meeting);
        }
        if let (Some(one), Some(other)) = (with_mobile.next(), with_mobile.next()) {
            let (host, at) = (self.host(), self.now - self.dice.minutes(30, 600));
            let borrowed = Person { mobile: other.mobile, ..one };
            let meeting = self.booking(Source::OnceHub, &borrowed, &host, &FOR_PROSPECTS, at);
            self.course(meeting);
        }
    }

    fn booking(
        &mut self,
        source: Source,
        guest: &Person,
        host: &Host,
        kinds: &'static [EventType],
        booked_at: Timestamp,
    ) -> Meeting {
        self.story.number += 1;
        book(source, guest.clone(), host.clone(), kinds, booked_at, self.story.number, &mut self.dice)
    }

    /// What becomes of a meeting, as far as it has come by now.
    fn course(&mut self, mut meeting: Meeting) {
        if meeting.booked_at > self.now {
            return;
        }
        self.heard(meeting.booked());
        let fate = self.dice.weighted(&[(64, 'h'), (14, 'm'), (13, 'c'), (9, 'n')]);
        if matches!(fate, 'm' | 'c') {
            let most = meeting.start.duration_since(meeting.booked_at).as_secs();
            let at = meeting.booked_at + self.dice.seconds(60, most.max(120) - 60);
            if at > self.now {
                return self.story.upcoming.push(meeting);
            }
            if fate == 'c' {
                let reason = *self.dice.pick(&CANCEL_REASONS);
                let by = if self.dice.percent(80) { Actor::Guest } else { Actor::Host };
                let canceled = meeting.canceled(at, reason, by, &mut self.dice);
                self.heard(canceled);
                if reason.contains("vendor") {
                    self.judged(&meeting, at, Status::Disqualified);
                }
                return;
            }
            let zone = zone(&meeting.host);
            let start = self.dice.slot(at, (1, 7), &zone);
            let reason = *self.dice.pick(&MOVE_REASONS);
            self.story.number += 1; // Cal.com counts the moved booking as a new one
            let moved = meeting.moved(at, start, reason, &mut self.dice);
            self.heard(moved);
        }
        if meeting.end() > self.now {
            return self.story.upcoming.push(meeting);
        }
        if fate == 'n' {
            let at = meeting.end() + MARKED_AFTER;
            let missed = meeting.missed(at, &mut self.dice);
            self.heard(missed);
            if self.dice.percent(30) {
                self.judged(&meeting, at, Status::Disqualified);
            }
            return;
        }
        let ended = meeting.ended(&mut self.dice);
        self.heard(ended);
        if self.dice.percent(45) {
            let status = self.dice.weighted(&[
                (40, Status::Qualified),
                (30, Status::SalesQualified),
                (15, Status::MarketingQualified),
                (15, Status::Disqualified),
            ]);
            self.judged(&meeting, meeting.end(), status);
        }
        self.story.held.push(meeting);
    }

    /// What lies ahead is not told.
    fn heard(&mut self, delivery: Delivery) {
        if delivery.at <= self.now {
            self.story.steps.push(Step::Heard(delivery));
        }
    }

    /// The manager goes through the meetings some time after them.
    fn judged(&mut self, meeting: &Meeting, after: Timestamp, status: Status) {
        let at = after + self.dice.minutes(2, 200);
        if let Some(by) = self.cast.hosts.last()
            && at <= self.now
        {
            let (email, by) = (meeting.guest.email.clone(), by.email.clone());
            self.story.steps.push(Step::Judged(Judgement { at, email, status, by }));
        }
    }

    /// Some time within the story; the nearer to now, the more happens.
    fn some_time(&mut self) -> Timestamp {
        let share = self.dice.number(1, 1000);
        let seconds = WEEKS * 7 * 24 * 3600 * share * share / 1_000_000;
        self.now - SignedDuration::from_secs(seconds + 60)
    }

    fn host(&mut self) -> Host {
        host(self.cast, &mut self.dice)
    }
}

/// Who takes a meeting: the first of the team more often than the others.
pub fn host(cast: &Cast, dice: &mut Dice) -> Host {
    match cast.hosts.first() {
        Some(first) if dice.percent(30) => first.clone(),
        _ => dice.pick(&cast.hosts).clone(),
    }
}

/// The zone of a host's calendar.
pub fn zone(host: &Host) -> TimeZone {
    TimeZone::get(&host.zone).unwrap_or(TimeZone::UTC)
}

/// A new meeting, some days after it was booked.
pub fn book(
    source: Source,
    guest: Person,
    host: Host,
    kinds: &'static [EventType],
    booked_at: Timestamp,
    number: u64,
    dice: &mut Dice,
) -> Meeting {
    let id = match source {
        Source::CalCom => dice.uid(),
        Source::OnceHub => dice.oncehub_id("BKNG"),
    };
    let colleague = guest.email.split_once('@').map(|(_, domain)| format!("colleague@{domain}"));
    let others = if dice.percent(7) { colleague.into_iter().collect() } else { Vec::new() };
    let start = dice.slot(booked_at, (1, 9), &zone(&host));
    let kind = dice.pick(kinds);
    let note = dice.percent(25).then(|| *dice.pick(&NOTES));
    let campaign = dice.percent(35).then(|| dice.pick(&CAMPAIGNS));
    Meeting { source, id, number, moves: 0, guest, others, host, kind, booked_at, start, note, campaign, talk: None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::cli::demo::testing::{cast, understood};
    use crate::domain::activity::{Kind, State};

    fn now() -> Timestamp {
        "2026-05-06T10:20:30Z".parse().unwrap()
    }

    fn heard(story: &Story) -> impl Iterator<Item = &Delivery> {
        story.steps.iter().filter_map(|step| match step {
            Step::Heard(delivery) => Some(delivery),
            Step::Judged(_) => None,
        })
    }

    #[test]
    fn every_payload_is_understood_without_a_warning() {
        for seed in 0..4 {
            let story = Story::tell(&cast(), seed, now());
            for delivery in heard(&story) {
                let interaction = understood(delivery);
                assert_eq!(interaction.at, delivery.at, "{}", delivery.body);
                assert!(interaction.activity.is_some(), "{}", delivery.body);
            }
        }
    }

    #[test]
    fn it_is_the_same_every_time_and_never_ahead() {
        let story = Story::tell(&cast(), 1, now());
        assert_eq!(story.steps, Story::tell(&cast(), 1, now()).steps);
        assert_ne!(story.steps, Story::tell(&cast(), 2, now()).steps);
        assert!(story.steps.is_sorted_by_key(Step::at));
        assert!(story.steps.iter().all(|step| step.at() <= now()));
        assert!(story.upcoming.iter().all(|meeting| meeting.end() > now()));
        assert!(story.held.iter().all(|meeting| meeting.end() <= now()));
    }

    #[test]
    fn everything_that_can_happen_happens() {
        let story = Story::tell(&cast(), 1, now());
        let interactions: Vec<_> = heard(&story).map(understood).collect();
        let activities: Vec<_> = interactions.iter().filter_map(|interaction| interaction.activity.as_ref()).collect();
        for kind in Kind::ALL {
            assert!(activities.iter().any(|activity| activity.kind == *kind), "{kind}");
        }
        for state in State::ALL.iter().filter(|state| **state != State::Requested) {
            assert!(activities.iter().any(|activity| activity.state == Some(*state)), "{state}");
        }
        let statuses = interactions.iter().filter_map(|interaction| interaction.person.as_ref()?.status);
        assert!(statuses.count() > 5);
        assert!(story.steps.iter().any(|step| matches!(step, Step::Judged(_))));
        assert!(activities.iter().any(|activity| activity.reason.is_some()));
        assert!(activities.iter().any(|activity| activity.utm.source.is_some()));
        assert!(activities.iter().any(|activity| activity.detail.attendees.len() > 1));
        let zones: HashSet<_> = activities.iter().filter_map(|activity| activity.customer_time_zone.as_ref()).collect();
        assert!(zones.len() > 10, "{zones:?}");
        assert!(story.upcoming.len() > 10 && story.held.len() > 50);
        let people: HashSet<_> =
            interactions.iter().filter_map(|interaction| interaction.person.as_ref()?.values.email()).collect();
        assert!((260..340).contains(&people.len()), "{}", people.len());
    }
}
