//! What the detail pane shows: the selected contact or activity, read a moment after the cursor rests.

use std::time::{Duration, Instant};

use crate::domain::{ActivityId, ContactId, Status};
use crate::store::{ActivityDetail, ContactDetail, OutboxRow, OutboxState};

/// The cursor must rest this long before a detail is read: a held key sends the detail once.
pub const REST: Duration = Duration::from_millis(120);

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A contact.
    Contact(ContactId),
    /// An activity.
    Activity(ActivityId),
}

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Nothing is selected.
    Nothing,
    /// It is gone.
    Gone,
    /// A contact.
    Contact(Box<ContactDetail>),
    /// An activity with its contact.
    Activity(Box<ActivityDetail>),
}

/// The pane.
#[derive(Clone, Debug)]
pub struct DetailPane {
    /// What is to be shown.
    pub target: Option<Target>,
    /// Shown instead of the selection of the list: what was opened, or what the pane showed when it got the focus. It
    /// stays until the focus goes elsewhere, even if it leaves the list: opening reads, and a status may end a filter.
    pub pinned: Option<Target>,
    /// What is shown.
    pub shown: Shown,
    /// When it is read.
    pub due: Option<Instant>,
    /// Answers to another generation are dropped.
    pub generation: u64,
    /// First visible line.
    pub scroll: usize,
    /// Reading is under way.
    pub in_flight: bool,
    /// How many statuses the store had taken when that began.
    pub seen: u64,
    /// It may be out of date.
    pub stale: bool,
}

impl Default for DetailPane {
    fn default() -> Self {
        Self {
            target: None,
            pinned: None,
            shown: Shown::Nothing,
            due: None,
            generation: 0,
            scroll: 0,
            in_flight: false,
            seen: 0,
            stale: false,
        }
    }
}

impl DetailPane {
    /// What is shown, if it is what the cursor stands on: for a moment after a move it is still what was there before,
    /// and no key may act on that.
    pub fn current(&self) -> &Shown {
        let shown = match &self.shown {
            Shown::Contact(detail) => Some(Target::Contact(detail.contact.id)),
            Shown::Activity(detail) => Some(Target::Activity(detail.activity.id)),
            Shown::Nothing | Shown::Gone => None,
        };
        if shown == self.target { &self.shown } else { &Shown::Nothing }
    }

    /// The contact that is shown.
    pub fn contact(&self) -> Option<&ContactDetail> {
        match self.current() {
            Shown::Contact(detail) => Some(detail),
            Shown::Activity(detail) => detail.contact.as_ref(),
            Shown::Nothing | Shown::Gone => None,
        }
    }

    /// The queue item that asks for a person, if what is shown has one.
    pub fn problem(&self) -> Option<&OutboxRow> {
        let open =
            |row: &&OutboxRow| matches!(row.state, OutboxState::Held | OutboxState::Retry | OutboxState::InDoubt);
        match self.current() {
            Shown::Contact(detail) => detail.outbox.iter().find(open),
            Shown::Activity(detail) => {
                let others = detail.contact.iter().flat_map(|contact| &contact.outbox);
                detail.outbox.iter().chain(others).find(open)
            }
            Shown::Nothing | Shown::Gone => None,
        }
    }
}

impl DetailPane {
    /// Shows a status ahead of the store's answer.
    pub fn show_status(&mut self, contacts: &[ContactId], status: Option<Status>) {
        let contact = match &mut self.shown {
            Shown::Contact(detail) => Some(&mut detail.contact),
            Shown::Activity(detail) => detail.contact.as_mut().map(|detail| &mut detail.contact),
            Shown::Nothing | Shown::Gone => None,
        };
        if let Some(contact) = contact.filter(|contact| contacts.contains(&contact.id)) {
            contact.status = status;
        }
    }
}
