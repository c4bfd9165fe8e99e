//! (room: tui)
