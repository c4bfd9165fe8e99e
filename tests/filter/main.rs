//! The filter language against a real SQLite: what the SQL finds is what the evaluator finds, and by which indexes.

#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used)] // a test's panic is its report

mod agreement;
mod data;
mod plans;
