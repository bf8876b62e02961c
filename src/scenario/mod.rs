//! Installation scenarios: what is done to which hosts, in which order, and what proves it. No IO.
//!
//! Two formats are read into one model: Markdown of ours, and phd's `.scenario`.

mod plan;
mod script;

pub use plan::{MASK, Plan, Secrecy, Value};
pub use script::{Check, Destroys, Format, Order, Scenario, Script, Step, Target};
