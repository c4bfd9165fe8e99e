//! The filter language against a real SQLite: what the SQL finds is what the evaluator finds, and by which indexes.

#![allow(clippy::unwrap_used)] // a test's panic is its report

mod agreement;
mod data;
mod plans;
