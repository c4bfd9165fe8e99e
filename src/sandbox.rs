//! A stand-in for Salesforce on the loopback: as strict as the real one, built from recorded and documented facts.
//!
//! It serves OAuth, describe, SOQL, single records, collections, composites, trees, graphs, batches, replication and
//! bulk ingest over real HTTP, keeps everything in memory, counts calls by Salesforce's own rules, and fails on
//! demand. The demo and the tests enter by [`Sandbox`]; the room knows nothing of the rest of the program.

mod admin;
mod bulk;
mod clock;
mod codec;
mod engine;
mod errors;
mod faults;
mod http;
mod ids;
mod metadata;
mod oauth;
mod org;
mod records;
mod rest;
mod server;
mod soql;
mod usage;
mod validate;

pub use faults::{Faults, FaultsError};
pub use org::{OrgFile, OrgFileError};
pub use server::{Sandbox, SandboxError};
