//! What Salesforce should hold, what it holds, and the way from one to the other.

pub mod status;
