//! Quorate: a terminal operations console for many Pacemaker clusters.
//!
//! What flows where, and which module may know which, is in `ARCHITECTURE.md`.

pub mod app;
pub mod health;
pub mod model;
pub mod pacemaker;
pub mod theme;
pub mod transport;
pub mod watch;
