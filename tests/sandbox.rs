//! The sandbox over HTTP, held against the recorded and documented facts about Salesforce, not against our client.

#[path = "sandbox/support.rs"]
mod support;

#[path = "sandbox/records.rs"]
mod records;
