//! Statuses that are shown ahead of the store: rows that were read before the store took a status still have the old one,
//! and must not take back what the person sees, and what the next key builds on.

use crate::domain::{ContactId, Status};

/// Statuses that were asked for and that not every reading has seen yet, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    asked: Vec<Asked>,
    answers: u64,
}

#[derive(Clone, Debug)]
struct Asked {
    contacts: Vec<ContactId>,
    status: Option<Status>,
    /// The number of the answer; `None`: the store has not answered yet.
    answered: Option<u64>,
}

impl Ahead {
    /// The store is asked to set a status.
    pub fn ask(&mut self, contacts: Vec<ContactId>, status: Option<Status>) {
        self.asked.push(Asked { contacts, status, answered: None });
    }

    /// The store answered the oldest question without an answer; `kept`: it has the status now.
    pub fn answer(&mut self, kept: bool) {
        let Some(at) = self.asked.iter().position(|asked| asked.answered.is_none()) else { return };
        if kept {
            self.answers += 1;
            self.asked[at].answered = Some(self.answers);
        } else {
            self.asked.remove(at);
        }
    }

    /// How many answers there were: what a reading that begins now has seen.
    pub fn seen(&self) -> u64 {
        self.answers
    }

    /// The status of a contact that a reading with so many answers may have missed.
    #[allow(clippy::option_option)] // no status is a status that can be asked for
    pub fn status(&self, contact: ContactId, seen: u64) -> Option<Option<Status>> {
        let missed = |asked: &&Asked| asked.answered.is_none_or(|answer| answer > seen);
        let mut newest = self.asked.iter().rev().filter(missed);
        newest.find(|asked| asked.contacts.contains(&contact)).map(|asked| asked.status)
    }

    /// Forgets what the readings under way have all seen.
    pub fn forget(&mut self, seen: u64) {
        self.asked.retain(|asked| asked.answered.is_none_or(|answer| answer > seen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_from_before_the_answer_does_not_take_the_status_back() {
        let mut ahead = Ahead::default();
        ahead.ask(vec![1, 2], Some(Status::Qualified));
        ahead.ask(vec![2], None);
        let early = ahead.seen();
        ahead.answer(true);
        let later = ahead.seen();
        // The first reading may have missed both, the second only what has no answer yet.
        assert_eq!((ahead.status(1, early), ahead.status(2, early)), (Some(Some(Status::Qualified)), Some(None)));
        assert_eq!((ahead.status(1, later), ahead.status(2, later)), (None, Some(None)));
        ahead.forget(later);
        assert_eq!(ahead.status(1, early), None);
        // Refused: what the store has is true.
        ahead.answer(false);
        assert_eq!(ahead.status(2, early), None);
        ahead.answer(true);
        assert_eq!(ahead.seen(), later, "there was no question left");
    }
}
