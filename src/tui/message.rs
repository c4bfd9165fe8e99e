//! Everything that can happen to the screen, and everything that it can ask for.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;

use super::job::{Answered, AnyJob, Job};
use super::model::list::{Load, Request};
use super::model::session::Session;
use crate::domain::{ActivityId, ContactId, Status};
use crate::filter::{CustomField, List};
use crate::store::{
    ActivityDetail, ActivityOrder, ActivityRow, ContactDetail, ContactOrder, ContactRow, Count, Lease, Order,
    OutboxCounts, OutboxRow, SavedFilter, StatusCounts, Window,
};
use crate::sync::status::WorkerStatus;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used; only while it is on.
    Mouse(MouseEvent),
    /// The editor was left with this text, or could not be started.
    Edited(Result<String, String>),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// A moment came that the model waited for ([`super::model::Model::deadline`]).
    Wake,
    /// The store changed, by this process or another.
    Changed,
    /// The worker of this process says how it stands.
    Worker(Box<WorkerStatus>),
    /// The store answered.
    Reply(Reply),
    /// Something that was asked for did not work.
    Failed {
        /// What was asked for.
        request: Failed,
        /// Why not, for people.
        error: String,
    },
    /// Long work says how far it is.
    Progress(Progress),
    /// Long work of that name is at its end.
    Worked(&'static str),
    /// The screen is visible again after the program was suspended.
    Resumed,
    /// The process shall end: a signal, or the terminal is gone.
    Stop,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Rows of the contact list.
    Contacts(u64, Load, Window<ContactRow>),
    /// Rows of the activity stream.
    Activities(u64, Load, Window<ActivityRow>),
    /// How many contacts the filter shows, by generation of the filter.
    ContactTotal(u64, Count),
    /// How many activities the filter shows, by generation of the filter.
    ActivityTotal(u64, Count),
    /// How many rows a filter of the filter pane shows.
    FilterTotal(FilterId, Count),
    /// A contact in full; `None`: it is gone.
    Contact(u64, Option<Box<ContactDetail>>),
    /// An activity in full; `None`: it is gone.
    Activity(u64, Option<Box<ActivityDetail>>),
    /// A status was set on so many contacts.
    StatusSet(Option<Status>, usize),
    /// So many activities were marked.
    ReadSet(bool, u64),
    /// The user's saved filters.
    SavedFilters(Vec<SavedFilter>),
    /// A filter was saved under this name.
    FilterSaved(String),
    /// A saved filter was deleted.
    FilterDeleted,
    /// What waits or failed.
    Outbox(Vec<OutboxRow>),
    /// So many items will be sent again.
    Retried(u64),
    /// So many items are left out.
    Skipped(u64),
    /// The figures of the head line and the sync pane.
    Overview(Box<Overview>),
    /// The answer to a job of a dialog or screen.
    Job(Answered),
    /// How the screen was left (`None`: this is the first time), and the custom fields that queries may name.
    Session(Option<Box<Session>>, Vec<CustomField>),
}

/// How far long work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its name ([`super::job::Kind::Long`]).
    pub name: &'static str,
    /// Done so far.
    pub done: u64,
    /// Of so many, if that is known.
    pub of: Option<u64>,
}

/// Small figures that are read together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// Contacts by status.
    pub statuses: StatusCounts,
    /// The outbox by state.
    pub outbox: OutboxCounts,
    /// Who works, this process or another.
    pub lease: Option<Lease>,
    /// A person paused syncing.
    pub paused: bool,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Rows of the contact list, by generation.
    Contacts(u64),
    /// Rows of the activity stream, by generation.
    Activities(u64),
    /// A detail, by generation.
    Detail(u64),
    /// Reading figures.
    Reading,
    /// A change; what was shown ahead of it must be read again.
    Change,
    /// A status; what was shown ahead of it must be read again.
    Status,
}

/// One line of the filter pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilterId {
    /// A preset, by its place.
    Preset(usize),
    /// A saved filter, by its number.
    Saved(i64),
}

/// Something to do. Each ends in exactly one [`Message::Reply`] or [`Message::Failed`], unless a newer one of its kind
/// takes its place, or it says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read rows of the contact list.
    Contacts {
        /// The filter.
        filter: String,
        /// The order.
        order: Order<ContactOrder>,
        /// Which rows.
        request: Request,
    },
    /// Read rows of the activity stream.
    Activities {
        /// The filter.
        filter: String,
        /// The order.
        order: Order<ActivityOrder>,
        /// Which rows.
        request: Request,
    },
    /// Count what a list's filter shows.
    Total {
        /// The list.
        list: List,
        /// Its filter.
        filter: String,
        /// Generation of the filter.
        generation: u64,
    },
    /// Count what filters of the filter pane show; one reply each.
    FilterTotals(Vec<(FilterId, List, String)>),
    /// Read a contact.
    Contact(u64, ContactId),
    /// Read an activity.
    Activity(u64, ActivityId),
    /// Set the status of contacts.
    SetStatus(Vec<ContactId>, Option<Status>),
    /// Mark activities as read or unread, by hand: it can be undone.
    MarkRead(Vec<ActivityId>, bool),
    /// An activity was opened, which makes it read.
    Opened(ActivityId),
    /// Read the saved filters.
    SavedFilters,
    /// Save a filter under a name.
    SaveFilter(String, List, String),
    /// Delete a saved filter.
    DeleteFilter(i64),
    /// Read what waits or failed.
    Outbox,
    /// Send items again.
    Retry(Vec<i64>),
    /// Leave items out.
    Skip(Vec<i64>),
    /// Read the figures.
    Overview,
    /// Stop syncing, or go on; ends in [`Reply::Overview`].
    Pause(bool),
    /// Tell the worker to look for work; no reply.
    SyncNow,
    /// Do a job of a dialog or screen; ends in [`Reply::Job`].
    Job(AnyJob),
    /// End long work of that name ([`super::work`]); it answers as it sees fit.
    Stop(&'static str),
    /// Read how the screen was left.
    LoadSession,
    /// Keep how the screen was left; no reply.
    SaveSession(Box<Session>),
    /// Text to the clipboard; no reply.
    Copy(String),
    /// The mouse is for rolodeck, or for the terminal's own selection; no reply.
    Mouse(bool),
    /// Lend the terminal to `$EDITOR` with a text; ends in [`Message::Edited`].
    Editor {
        /// The text.
        text: String,
        /// End of the file's name, for the editor's colours: `.txt`.
        suffix: &'static str,
    },
    /// Leave the screen to the shell; ends in [`Message::Resumed`].
    Suspend,
    /// Draw every cell anew; no reply.
    Redraw,
    /// Leave; no reply.
    Quit,
}

impl Effect {
    /// Does a job of a dialog or screen.
    pub fn job(job: impl Job) -> Self {
        Self::Job(AnyJob::new(job))
    }
}
