//! Installation scenarios: what is done to which hosts, in which order, and what proves it. No IO but for reading
//! the user's own.
//!
//! Two formats are read into one model: Markdown of ours (`docs/scenarios.md`), and phd's `.scenario`.

pub mod deployment;
mod fingerprint;
mod gate;
pub mod journal;
mod kind;
mod library;
mod markdown;
mod mask;
mod notes;
mod phd;
mod plan;
mod progress;
mod proof;
mod resolve;
mod script;
mod shell;
mod system;
mod value_file;
mod variable;

use crate::toml_file::Problems;

pub use gate::{Gate, Gates, NotAGate};
pub use library::{Library, NoOrder, NoScenario, Origin, Shelved};
pub use mask::{MaskStream, Masker};
pub use plan::{MASK, NoPlan, Plan, Secrecy, Value};
pub use progress::{Grade, Progress, Stand, State, Todo, Trouble};
pub use proof::{Deployed, Proved};
pub use resolve::{NoValue, NoValues, Resolved, Source, Sources};
pub use script::{Check, Destroys, Format, NotATarget, Order, Purpose, Scenario, Script, Step, Target};
pub use system::System;
pub use value_file::ValueFile;
pub use variable::{Generate, Kind, NotGenerated, Variable};

impl Scenario {
    /// Reads a scenario in whichever format it is written. `name` is what it is called on the command line, `file`
    /// what the problems call it; each of them has a line, and all are told at once.
    pub fn read(file: &str, name: &str, text: &str) -> Result<Self, Problems> {
        if phd::is_one(text) { phd::read(file, name, text) } else { markdown::read(file, name, text) }
    }
}
