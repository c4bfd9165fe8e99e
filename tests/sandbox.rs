//! The sandbox over HTTP, held against the recorded and documented facts about Salesforce, not against our client.

#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, clippy::expect_used)] // a test may fail

#[path = "sandbox/support.rs"]
mod support;

#[path = "sandbox/bulk.rs"]
mod bulk;
#[path = "sandbox/collections.rs"]
mod collections;
#[path = "sandbox/composite.rs"]
mod composite;
#[path = "sandbox/events.rs"]
mod events;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/jwt.rs"]
mod jwt;
#[path = "sandbox/many.rs"]
mod many;
#[path = "sandbox/oauth.rs"]
mod oauth;
#[path = "sandbox/query.rs"]
mod query;
#[path = "sandbox/records.rs"]
mod records;
#[path = "sandbox/resources.rs"]
mod resources;
