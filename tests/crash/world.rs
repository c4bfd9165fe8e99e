//! What happened in the world, as the audit must find it: bookings made, moved and cancelled.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::place::Place;

/// A booking as it should stand.
pub struct Booking {
    /// The id that Cal.com uses now.
    uid: String,
    /// Never changes, and no other booking has it.
    pub title: String,
    /// Emails: who booked, then guests.
    pub people: Vec<String>,
    pub start: Timestamp,
    pub canceled: bool,
}

impl Booking {
    pub fn end(&self) -> Timestamp {
        self.start + SignedDuration::from_mins(30)
    }
}

pub struct World {
    random: fastrand::Rng,
    pub bookings: Vec<Booking>,
    people: Vec<String>,
    /// Every payload that was ever sent.
    sent: Vec<String>,
    /// Things that happened: each is a second later than the one before.
    clock: i64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed ^ 0x00c0_ffee);
        Self { random, bookings: Vec::new(), people: Vec::new(), sent: Vec::new(), clock: 1_930_000_000 }
    }

    /// Something happens, and is told by `ingest`. Whoever is killed while it tells is told again, as a source would.
    pub fn feed(&mut self, place: &Place) {
        let lines: Vec<String> = (0..self.random.usize(1..12)).map(|_| self.happen().to_string()).collect();
        let text = lines.join("\n");
        self.sent.extend(lines);
        loop {
            let mut ingest = place.command(&["ingest", "-"]);
            let ingest = ingest.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut ingest = ingest.spawn().unwrap();
            // A process that was killed reads no more.
            let _ = ingest.stdin.take().unwrap().write_all(text.as_bytes());
            if self.random.u8(..10) == 0 {
                std::thread::sleep(Duration::from_millis(self.random.u64(..60)));
                let _ = ingest.kill();
            }
            if ingest.wait().unwrap().success() {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(self.random.u64(..150)));
    }

    /// Everyone whose booking stands: they must be in Salesforce. Who only cancelled may be.
    pub fn expected(&self) -> BTreeSet<&str> {
        let standing = self.bookings.iter().filter(|booking| !booking.canceled);
        standing.flat_map(|booking| &booking.people).map(String::as_str).collect()
    }

    /// Everyone who was ever heard of.
    pub fn known(&self) -> BTreeSet<&str> {
        self.people.iter().map(String::as_str).collect()
    }

    fn happen(&mut self) -> Value {
        let standing: Vec<usize> = (0..self.bookings.len()).filter(|&i| !self.bookings[i].canceled).collect();
        match (self.random.u8(..100), standing.as_slice()) {
            (0..8, _) if !self.sent.is_empty() => {
                let again = self.random.usize(..self.sent.len());
                serde_json::from_str(&self.sent[again]).unwrap()
            }
            (8..30, [_, ..]) => {
                let i = standing[self.random.usize(..standing.len())];
                let (start, old) = (self.time(), self.bookings[i].uid.clone());
                let booking = &mut self.bookings[i];
                booking.uid = format!("{old}x");
                booking.start = start;
                self.tell("BOOKING_RESCHEDULED", i, json!({"rescheduleUid": old}))
            }
            (30..42, [_, ..]) => {
                let i = standing[self.random.usize(..standing.len())];
                self.bookings[i].canceled = true;
                self.tell("BOOKING_CANCELLED", i, json!({"status": "CANCELLED"}))
            }
            _ => {
                let (n, start) = (self.bookings.len(), self.time());
                let mut people = vec![self.somebody()];
                if self.random.u8(..4) == 0 {
                    let guest = self.somebody();
                    people.extend((!people.contains(&guest)).then_some(guest));
                }
                let (uid, title) = (format!("u{n}-"), format!("Meeting {n}"));
                self.bookings.push(Booking { uid, title, people, start, canceled: false });
                self.tell("BOOKING_CREATED", n, json!({}))
            }
        }
    }

    fn somebody(&mut self) -> String {
        if !self.people.is_empty() && self.random.u8(..3) == 0 {
            return self.people[self.random.usize(..self.people.len())].clone();
        }
        let email = format!("p{}@buyer{}.test", self.people.len(), self.random.u8(..20));
        self.people.push(email.clone());
        email
    }

    /// Half an hour in some year to come, so that no clock completes it.
    fn time(&mut self) -> Timestamp {
        Timestamp::from_second(1_940_000_400 + self.random.i64(..9_000) * 1_800).unwrap()
    }

    fn tell(&mut self, trigger: &str, booking: usize, change: Value) -> Value {
        self.clock += 1;
        let booking = &self.bookings[booking];
        let attendee =
            |email: &String| json!({"email": email, "name": format!("Guest {email}"), "timeZone": "Europe/Oslo"});
        let mut payload = json!({
            "uid": booking.uid, "type": "demo", "title": booking.title, "status": "ACCEPTED",
            "startTime": booking.start.to_string(), "endTime": booking.end().to_string(),
            "organizer": {"name": "Ann Host", "email": "ann@seller.test", "timeZone": "Europe/Oslo"},
            "attendees": booking.people.iter().map(attendee).collect::<Vec<_>>()
        });
        for (key, value) in change.as_object().unwrap() {
            payload[key] = value.clone();
        }
        let at = Timestamp::from_second(self.clock).unwrap();
        json!({"triggerEvent": trigger, "createdAt": at.to_string(), "payload": payload})
    }
}
