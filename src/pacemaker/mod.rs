//! Pacemaker's bytes turned into the model, and the argument vectors of the commands that ask for them.
//!
//! No input or output here: [`argv`] says what to run, [`parse`] reads what it printed, [`diagnose`] explains why it
//! did not, [`discover`] finds a cluster's name and members from one host. One reader serves every version from 1.1.10
//! to 3.0.x: it goes by what is written, never by the version that claims to have written it.

pub mod argv;
mod date;
pub mod diagnose;
pub mod discover;
pub mod log;
pub mod parse;
pub mod stack;
mod xml;

pub use crate::model::text;
