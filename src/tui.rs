//! The terminal dashboard: what happens becomes a [`message::Message`], [`update::update`] changes the
//! [`model::Model`] and asks for [`message::Effect`]s, [`view::view`] draws. Neither of the two awaits, and there is no SQL
//! and no HTTP in this room.

pub mod actions;
mod app;
mod effects;
pub mod form;
pub mod keymap;
pub mod layout;
pub mod message;
pub mod model;
mod signals;
pub mod terminal;
pub mod theme;
mod turn;
pub mod update;
pub mod view;
pub mod when;

pub use app::{Tui, TuiError, TuiOptions, run};
