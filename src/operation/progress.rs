//! What is told of an operation while it is carried out, and of one that nobody carries out any more.

use jiff::Timestamp;

use super::course::{Outcome, Ran};
use super::plan::Plan;
use crate::model::HostName;

/// What happens while an operation is carried out, for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A command is about to be run.
    Running {
        /// Where.
        host: HostName,
        /// What, without its environment.
        argv: Vec<String>,
    },
    /// How that command ended.
    Ran(Ran),
    /// It is asked what the scheduler would do without the constraint.
    Simulating,
    /// What is awaited; told when it changes.
    Waiting(String),
    /// It is over.
    Ended(Outcome),
}

/// An operation that began and never ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// Who began it.
    pub user: String,
    /// The process that had it in hand last; while it lives, so may the operation.
    pub pid: u32,
    /// What it was to do.
    pub plan: Plan,
    /// How many of its commands were sent.
    pub sent: usize,
}
