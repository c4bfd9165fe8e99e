//! One file a pane.

pub mod activities;
pub mod contacts;
pub mod detail;
pub mod filters;
mod listing;
pub mod sync;
pub mod sync_items;
