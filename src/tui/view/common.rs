//! What every pane is painted with.

pub mod canvas;
pub mod columns;
pub mod cut;
pub mod meter;
pub mod table;
