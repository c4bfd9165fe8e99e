//! The screen, by keys and pictures: messages in, frames out, no terminal.
#![allow(clippy::unwrap_used, missing_docs)]

mod bytes;
mod keys;
mod pictures;
mod world;
