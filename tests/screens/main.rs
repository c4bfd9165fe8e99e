//! The screen, by keys and pictures: messages in, frames out, no terminal.
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

mod bytes;
mod contacts;
mod dialogs;
mod filters;
mod held;
mod imports;
mod keys;
mod mapping;
mod operating;
mod pictures;
mod states;
mod triage;
mod world;
