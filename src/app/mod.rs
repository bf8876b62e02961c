//! What the console is doing: events in, state and effects out. No clock, no socket.

mod action;

pub use action::{Action, Context};
