//! The programs as a person runs them: the binary, with real files, pipes and processes.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

#[path = "programs/care.rs"]
mod care;
#[path = "programs/clock.rs"]
mod clock;
#[path = "programs/completions.rs"]
mod completions;
#[path = "programs/contact.rs"]
mod contact;
#[path = "programs/doctor.rs"]
mod doctor;
#[path = "programs/end_to_end.rs"]
mod end_to_end;
#[path = "programs/filter.rs"]
mod filter;
#[path = "programs/hook.rs"]
mod hook;
#[path = "programs/import.rs"]
mod import;
#[path = "programs/keys.rs"]
mod keys;
#[path = "programs/login.rs"]
mod login;
#[path = "support/place.rs"]
mod place;
#[path = "programs/plan.rs"]
mod plan;
#[path = "programs/queue.rs"]
mod queue;
#[path = "programs/serve.rs"]
mod serve;
#[path = "programs/survival.rs"]
mod survival;

pub use place::{Place, Running, http, name, place, sandbox};
