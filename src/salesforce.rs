//! (room: salesforce)
