//! What Salesforce should hold, what it holds, and the way from one to the other.
//!
//! A batch of outbox rows goes through four steps: [`ask`] Salesforce what it must know, [`plan`] (pure, the only
//! planner), [`carry_out`], and settle. [`worker`] does this for ever, under a lease.

pub mod account;
pub mod ask;
pub mod batch;
pub mod budget;
pub mod calls;
pub mod carry_out;
pub mod doctor;
pub mod event;
pub mod explain;
pub mod external_id;
pub mod follow;
pub mod found;
pub mod intent;
pub mod mapping;
pub mod owner;
pub mod person;
pub mod plan;
pub mod profile;
pub mod relink;
pub mod reread;
pub mod retry;
pub mod rules;
pub mod seen;
pub mod settle;
pub mod setup;
pub mod status;
pub mod worker;
