//! rolodeck: one contact with one history for everyone who books, chats or fills in a form; Salesforce kept in step.
//!
//! The map of the house. Each room knows only the rooms above it in this list (and `config`):

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

/// What things are: contact, activity, identity, merge, time. Pure.
pub mod domain;

/// The one query language: lexer, parser, tree, presets, and its translation to SQL.
pub mod filter;

/// How Salesforce speaks: REST, composite, describe, limits, errors. Knows nothing of our domain.
pub mod salesforce;

/// Where everything is kept: SQLite.
pub mod store;

/// Payloads of other programs (Cal.com, OnceHub, CSV) become interactions here.
pub mod ingest;

/// Rows as CSV, JSON or JSON lines.
pub mod export;

/// What Salesforce should hold, what it holds, and the way from one to the other.
pub mod sync;

/// Events out: what happens here is told to other programs.
pub mod hooks;

/// The configuration file, paths, and their checks.
pub mod config;

/// A stand-in for Salesforce, for the demo and the tests.
pub mod sandbox;

/// The log file and its rules.
pub mod logging;

/// Errors in words for people, and exit codes for scripts.
pub mod words;

/// The terminal dashboard.
pub mod tui;

/// One file a subcommand.
pub mod cli;

/// Inputs that nobody thought of, for the tests of every room.
#[cfg(test)]
pub mod fuzz;
