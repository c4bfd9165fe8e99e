//! What every pane, dialog and screen is painted with.

pub mod canvas;
pub mod columns;
pub mod cut;
pub mod meter;
pub mod table;
pub mod typed;
pub mod window;
