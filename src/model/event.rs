//! What happened: failed operations and fencing.

use jiff::Timestamp;

use super::{NodeName, ResourceId};

/// One `<failure>`: an operation that failed and has not been cleaned up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, taken from the operation's key.
    pub resource: ResourceId,
    /// Where.
    pub node: NodeName,
    /// `start`, `monitor`, `stop` …
    pub operation: String,
    /// Milliseconds for a recurring operation, else 0.
    pub interval_ms: u64,
    /// `exitcode`: the agent's.
    pub exit_code: Option<i32>,
    /// `exitstatus`: the exit code in words, such as `not running`.
    pub exit_status: String,
    /// What the agent itself said about it, control characters removed; often empty.
    pub exit_reason: String,
    /// The execution status: `complete`, `Timed Out`, `error` …
    pub status: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// One `<fence_event>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FencingEvent {
    /// `reboot`, `off`, `on`; `fencing` where only a CIB tells of it.
    pub action: String,
    /// Who was, or is to be, fenced.
    pub target: NodeName,
    /// How it went.
    pub outcome: FencingOutcome,
    /// Which node's fencer carried it out.
    pub delegate: Option<NodeName>,
    /// The daemon or tool that asked for it.
    pub client: String,
    /// The node on which that ran.
    pub origin: Option<NodeName>,
    /// When it ended; `None` while it is pending, or where only a CIB tells of it.
    pub completed: Option<Timestamp>,
    /// Why it failed, where the version says (`exit-reason`, from 2.1.3).
    pub exit_reason: String,
}

/// How a fencing action went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum FencingOutcome {
    /// Still under way.
    Pending,
    /// Done.
    Success,
    /// Not done.
    Failed,
}
