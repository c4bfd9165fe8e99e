//! Tests of the language: its exact texts, its errors, and that no text makes it panic.
