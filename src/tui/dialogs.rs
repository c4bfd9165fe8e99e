//! Dialogs: they lie over what is below and take every key. One file each; how to add one stands in [`crate::tui`].

// The screen itself: help, palette, messages, log; and those that others use.
pub mod confirm;
pub mod help;
pub mod messages;
pub mod palette;
pub mod picker;
pub mod prompt;
pub mod text;
pub mod undo;

// Contacts, forms, duplicates, fields, imports.
pub mod columns;
pub mod contact;
pub mod import;
pub mod status;

// Filters, facets, export, trash, bulk.
pub mod export;
pub mod facets;
pub mod saved;
pub mod trash;

// Sync monitor, queue, plan.
pub mod plan;
pub mod relink;
pub mod skip;

// Mapping, hooks, doctor.
