//! Full screens: they take the place of the panes, between head and foot line. One file each; how to add one stands in
//! [`crate::tui`].

// The screen itself: log.
pub mod log;

// Contacts, forms, duplicates, fields, imports.
pub mod duplicates;
pub mod fields;
pub mod imports;

// Filters, facets, export, trash, bulk.

// Sync monitor, queue, plan.
pub mod monitor;

// Report.
pub mod report;

// Mapping, hooks, doctor.
pub mod hooks;
pub mod mapping;
