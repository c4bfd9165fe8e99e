//! The errors of store, Salesforce, sync, ingest and sandbox in words.

use super::{Failure, Report, io_words};
use crate::export::ExportError;
use crate::ingest::csv::CsvError;
use crate::ingest::import::JobError;
use crate::ingest::listener::BindError;
use crate::ingest::poll::{HttpError, PollError};
use crate::salesforce::{ApiError, AuthError, words};
use crate::sandbox::SandboxError;
use crate::store::{ChangeError, Entity, FilterError, StoreError};
use crate::sync::batch::BatchError;
use crate::sync::relink::RelinkError;
use crate::sync::setup::SetupError;
use crate::sync::worker::SyncError;

impl Report for StoreError {
    fn report(&self) -> Failure {
        let (why, hint) = match self {
            Self::Open { path, source } => (
                format!("{}: {source}", path.display()),
                "check that the data directory exists and is yours, or name another with --data-dir",
            ),
            Self::NewerSchema { .. } => {
                (self.to_string(), "install the newer rolodeck; this one leaves the store as it is")
            }
            Self::NoStore { .. } => (self.to_string(), "name a file that `rolodeck backup` wrote"),
            Self::Backup { .. } => {
                (self.to_string(), "make room in the data directory and start again: nothing was changed")
            }
            Self::Migrate { path, source } => (
                format!("{}: {source}", path.display()),
                "nothing was changed; keep a copy of the file and report this",
            ),
            Self::Full => (self.to_string(), "make room, then do it again: nothing of it was written"),
            Self::ReadOnly => {
                (self.to_string(), "make the file and its directory writable, or name another with --data-dir")
            }
            Self::Locked => (self.to_string(), "wait for it, or stop it, then do it again: nothing was written"),
            Self::Disk(_) => (
                self.to_string(),
                "see whether a quota or a limit on file sizes is used up, or the disk fails; nothing of it was written",
            ),
            Self::Damaged => (
                self.to_string(),
                "put a copy in its place with `rolodeck restore FILE`; without one, `sqlite3 FILE .recover` may save what is in it",
            ),
            Self::Value { .. } => (self.to_string(), "another program wrote to the store; keep a copy and report this"),
            Self::NotFound { .. } => (self.to_string(), "look up the number in a list"),
            Self::Denied(_) => (self.to_string(), "ask an administrator"),
            Self::Sqlite(source) => (source.to_string(), "do it again; if it stays so, keep a copy and report this"),
        };
        match self {
            Self::NotFound { .. } => Failure::usage("there is nothing to show", why, hint),
            Self::Denied(_) => Failure::new("this is not allowed", why, hint),
            _ => Failure::new("the store cannot be used", why, hint),
        }
    }
}

impl Report for ChangeError {
    fn report(&self) -> Failure {
        let what = "nothing was changed";
        let hint = match self {
            Self::Store(error) => return error.report(),
            Self::Fields(_) => "correct these fields; `rolodeck field list` shows the fields and their types",
            Self::NoIdentifier => "give an email or a mobile phone with its country code",
            Self::TwoContacts { .. } => "merge those two first, or give only one of them",
            Self::CannotSave { .. } => {
                return Failure::new("Cannot save contact", self.to_string(), "ask an administrator");
            }
            Self::Exists { .. } => "edit or merge that contact, or add with --update",
            Self::ChangedMeanwhile => "look at both again, then merge",
            Self::Same => "name two contacts",
            Self::TooMany { .. } => "narrow the selection, and do it in several goes",
            Self::NoUser(_) => "`rolodeck user list` shows the users, `rolodeck user add` makes one",
            Self::UndoneAlready(_) => "`rolodeck contact redo` makes it again",
            Self::NotUndone(_) => "`rolodeck contact undo --list` shows what is undone",
            Self::NotYours { .. } => "ask them, or an administrator",
            Self::TakenSince { .. } => "change or merge that contact first",
            Self::ChangedSince { .. } => "do it by hand, now that it holds more than it did",
            Self::Refused(_) => "correct it and try again",
        };
        Failure::usage(what, self.to_string(), hint)
    }
}

impl Report for ApiError {
    fn report(&self) -> Failure {
        let words = words(&self.code());
        Failure::new("Salesforce did not do it", format!("{} ({self})", words.meaning), words.remedy)
    }
}

impl Report for AuthError {
    fn report(&self) -> Failure {
        let words = words(&self.code());
        Failure::new("the login to Salesforce failed", format!("{} ({self})", words.meaning), words.remedy)
    }
}

impl Report for BatchError {
    fn report(&self) -> Failure {
        match self {
            Self::Store(error) => error.report(),
            Self::Api(error) => error.report(),
        }
    }
}

impl Report for SyncError {
    fn report(&self) -> Failure {
        match self {
            Self::Elsewhere(_) => Failure::new(
                "nothing was sent",
                self.to_string(),
                "let it do the work, or stop it; another process takes over within 15 seconds",
            ),
            Self::Paused => {
                Failure::new("nothing was sent", self.to_string(), "let it go on with `rolodeck sync --resume`")
            }
            Self::Batch(error) => error.report(),
        }
    }
}

impl Report for RelinkError {
    fn report(&self) -> Failure {
        let hint = match self {
            Self::Store(error) => return error.report(),
            Self::Api(error) => return error.report(),
            Self::WrongObject { .. } => "name a Lead or Contact for a person, an Event for a meeting",
            Self::Converted { .. } => "relink to that Contact",
            Self::Taken { entity: Entity::Contact, .. } => "name another record, or merge the two here first",
            Self::Taken { entity: Entity::Activity, .. } => "name another Event: each is the record of one meeting",
            Self::InFlight => "wait until it is settled, then do it again",
        };
        Failure::usage("nothing was relinked", self.to_string(), hint)
    }
}

impl Report for SetupError {
    fn report(&self) -> Failure {
        let hint = match self {
            Self::Filter { error, .. } => error
                .suggestion
                .as_ref()
                .map_or_else(|| "correct the filter".to_owned(), |word| format!("did you mean `{word}`?")),
        };
        Failure::usage("the sync cannot be set up", self.to_string(), hint)
    }
}

impl Report for CsvError {
    fn report(&self) -> Failure {
        let what = "the file cannot be imported";
        match self {
            Self::Read { source, .. } => Failure::new(
                what,
                format!("{self}: {}", io_words(source)),
                "rows before it are stored; import it again",
            ),
            Self::NoColumn { .. } | Self::NoField(_) | Self::NoRule(_) | Self::Twice { .. } => {
                Failure::usage(what, self.to_string(), "`--dry-run` shows the columns and what they are mapped to")
            }
            _ => Failure::usage(what, self.to_string(), "save it as CSV (UTF-8) with a header line"),
        }
    }
}

impl Report for JobError {
    fn report(&self) -> Failure {
        let what = "the file cannot be imported";
        match self {
            Self::Unreadable { path, source } => Failure::usage(
                what,
                format!("{}: {}", path.display(), io_words(source)),
                "name a CSV file that you can read",
            ),
            Self::Directory(_) => Failure::usage(what, self.to_string(), "name the CSV file in it"),
            Self::Csv(error) => error.report(),
            Self::Store { line, source } => {
                let failure = source.report();
                let place = if *line == 0 { String::new() } else { format!("line {line}: ") };
                Failure { why: format!("{place}{}", failure.why), ..failure }
            }
            Self::Rejects { path, source } => Failure::usage(
                "the rejected rows cannot be written",
                format!("{}: {}", path.display(), io_words(source)),
                "make room, or name another file with --rejects; rows that were stored before stay stored",
            ),
        }
    }
}

impl Report for BindError {
    fn report(&self) -> Failure {
        Failure::new("the listener cannot start", self.to_string(), "set serve.listen in the configuration")
    }
}

impl Report for SandboxError {
    fn report(&self) -> Failure {
        let hint = match self {
            Self::NotLoopback(_) | Self::Listen { .. } => "choose another port with --port",
            Self::Org(_) => "correct the org file at that place",
        };
        Failure::usage("the sandbox cannot start", self.to_string(), hint)
    }
}

impl Report for PollError {
    fn report(&self) -> Failure {
        let hint = match self {
            Self::Store(error) => return error.report(),
            Self::Http(HttpError::Refused { .. }) => "check the API key, and that it may read bookings",
            Self::Http(HttpError::Limited { .. }) => "wait some minutes; it goes on where it stood",
            Self::Http(_) | Self::Shape { .. } => "check the address and try again; it goes on where it stood",
            Self::Elsewhere { .. } => "let it poll, or stop it first",
            Self::Stopped => "start it again; it goes on where it stood",
        };
        Failure::new("the source was not polled to its end", self.to_string(), hint)
    }
}

impl Report for FilterError {
    fn report(&self) -> Failure {
        let hint = match self {
            Self::Store(error) => return error.report(),
            Self::Unknown(_) => "`rolodeck filter list` shows those that there are",
            Self::Taken(_) => "take another name, or delete that one first",
            Self::Fixed(_) => "take another name",
            Self::Name => "give it a short name",
            Self::Key(_) => "take a key from 1 to 9",
        };
        Failure::usage("no filter was changed", self.to_string(), hint)
    }
}

impl Report for ExportError {
    fn report(&self) -> Failure {
        match self {
            Self::Store(error) => error.report(),
            Self::Write(error) => {
                Failure::new("the export failed", io_words(error), "make room, or write it elsewhere")
            }
            Self::Stopped => Failure::new("the export failed", self.to_string(), "start it again"),
        }
    }
}
