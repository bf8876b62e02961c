//! Installation scenarios: what is done to which hosts, in which order, and what proves it. No IO.
//!
//! Two formats are read into one model: Markdown of ours, and phd's `.scenario`.

mod gate;
pub mod journal;
mod plan;
mod progress;
mod script;
mod system;
mod variable;

pub use gate::{Gate, Gates, NotAGate};
pub use plan::{MASK, Plan, Secrecy, Value};
pub use progress::{Grade, Progress, Stand, State, Todo, Trouble};
pub use script::{Check, Destroys, Format, Order, Scenario, Script, Step, Target};
pub use system::System;
pub use variable::{Generate, Kind, Variable};
