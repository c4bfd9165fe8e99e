//! The filter language against a real SQLite: what the SQL finds is what the evaluator finds, and by which indexes.

mod agreement;
mod data;
mod plans;
