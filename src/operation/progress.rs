//! What is told of an operation while it is carried out, and of one that nobody carries out any more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Ran};
use super::plan::Plan;
use super::site::Site;
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
    /// The processes that have carried it out, the first one first; while one of them lives, it may be under way.
    pub by: Vec<Process>,
    /// The cluster's hosts, as the console that began it was told; empty in the log of an earlier version.
    pub hosts: Vec<HostName>,
    /// What it was to do.
    pub plan: Plan,
    /// Its commands that were sent, or may have been.
    pub sent: Vec<Sent>,
}

impl Unfinished {
    /// The cluster in which it began.
    pub fn site(&self) -> Site {
        Site::of_plan(&self.plan, &self.hosts)
    }
}

/// A command of an operation that was sent, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What.
    pub argv: Vec<String>,
    /// How it ended, as far as is known.
    pub ran: Ran,
}

/// A process of one boot of one machine. A PID alone is soon another process's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// The kernel's id of that boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The machine's host name: a log may be shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The PID namespace, as the kernel writes it: a container counts its processes from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
