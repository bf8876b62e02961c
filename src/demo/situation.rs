//! How a simulated cluster is at one moment: the part that faults change.
//!
//! A situation begins as [`Situation::healthy`]; whatever is going on is laid over it, layer by layer.

use std::time::Duration;

use jiff::Timestamp;

use super::blueprint::{Blueprint, MEMBERS};

/// A cluster at one moment as one of its members sees it.
#[derive(Debug, Clone)]
pub(super) struct Situation {
    /// As [`Blueprint::nodes`]. A bundle node is online while its replica runs, whatever is said here.
    pub(super) nodes: Vec<NodeCondition>,
    /// How each member's host answers.
    pub(super) hosts: [HostCondition; MEMBERS],
    /// The index of the designated controller.
    pub(super) dc: usize,
    pub(super) quorate: bool,
    pub(super) maintenance: bool,
    /// The site holds the cluster's ticket.
    pub(super) ticket_granted: bool,
    pub(super) marks: Vec<Mark>,
    pub(super) fail_counts: Vec<FailCount>,
    /// Newest first, as `crm_mon` lists them.
    pub(super) failures: Vec<FailedOperation>,
    /// Newest first.
    pub(super) fencing: Vec<Fencing>,
    /// Constraints that tools left behind.
    pub(super) leftovers: Vec<Leftover>,
    /// When the cluster was last started.
    pub(super) booted: Timestamp,
    /// When the configuration last changed.
    pub(super) changed: Timestamp,
    /// How often it has changed.
    pub(super) epoch: u64,
}

/// What a node is like.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NodeCondition {
    pub(super) presence: Presence,
    pub(super) standby: bool,
    pub(super) maintenance: bool,
    pub(super) health: Health,
}

/// Whether a node takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    #[default]
    Online,
    /// It has joined corosync, and its controller not yet the cluster.
    Pending,
    Offline,
    /// It fell silent and is not yet fenced: what ran there may still run.
    Unclean,
}

/// A node's health attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Health {
    #[default]
    Green,
    Yellow,
    Red,
}

/// How a member's host answers a login and a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum HostCondition {
    /// At once; its clock is that far ahead.
    Answers { ahead: Duration },
    /// It answers, and its cluster stack does not run.
    Stopped,
    /// There is no answer to the login.
    #[default]
    Silent,
    /// Nothing listens.
    Refuses,
    /// The login works, and the command never ends.
    Hangs,
}

impl HostCondition {
    /// It answers at once and its clock is right.
    pub(super) const GOOD: Self = Self::Answers { ahead: Duration::ZERO };
}

/// Something that is said of a resource.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// A primitive's id, or that of what is at the top level.
    pub(super) resource: String,
    /// Only there; `None`: everywhere.
    pub(super) node: Option<usize>,
    pub(super) kind: MarkKind,
}

/// What is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// Its last operation failed.
    Failed,
    /// It failed, and only a person can help. Pacemaker leaves it alone.
    Blocked,
    /// Pacemaker leaves it alone.
    Unmanaged,
    /// It is to be stopped.
    Disabled,
    /// It may not run there.
    KeptOff,
    /// It may not be promoted there.
    KeptUnpromoted,
    /// It is on its way to another role.
    InTransit(&'static str),
    /// A recurring operation is awaited.
    Awaiting(&'static str),
}

/// How often a resource failed on a node.
#[derive(Debug, Clone)]
pub(super) struct FailCount {
    pub(super) resource: String,
    pub(super) node: usize,
    /// 1,000,000 is infinite.
    pub(super) count: u32,
    pub(super) at: Timestamp,
}

/// An operation that failed and has not been cleaned up.
#[derive(Debug, Clone)]
pub(super) struct FailedOperation {
    pub(super) resource: String,
    pub(super) node: usize,
    pub(super) error: OperationError,
    pub(super) at: Timestamp,
}

/// How an operation failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperationError {
    pub(super) operation: &'static str,
    pub(super) interval_ms: u32,
    pub(super) exit_code: u8,
    pub(super) exit_status: &'static str,
    pub(super) exit_reason: &'static str,
    /// The execution status.
    pub(super) status: &'static str,
}

/// A fencing action.
#[derive(Debug, Clone)]
pub(super) struct Fencing {
    pub(super) target: usize,
    /// The member that asks and the one that acts.
    pub(super) by: usize,
    pub(super) outcome: FencingOutcome,
}

/// How a fencing action went, and when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FencingOutcome {
    Pending,
    Done(Timestamp),
    Failed(Timestamp),
}

/// A location constraint that `crm_resource` wrote.
#[derive(Debug, Clone)]
pub(super) struct Leftover {
    pub(super) resource: String,
    pub(super) node: usize,
    pub(super) kind: LeftoverKind,
}

/// Which of its commands wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftoverKind {
    /// `--move`.
    Prefer,
    /// `--ban`.
    Ban,
}

impl Situation {
    /// Everything runs where it should, since `booted`.
    pub(super) fn healthy(blueprint: &Blueprint, booted: Timestamp) -> Self {
        Self {
            nodes: vec![NodeCondition::default(); blueprint.nodes.len()],
            hosts: [HostCondition::GOOD; MEMBERS],
            dc: 0,
            quorate: true,
            maintenance: false,
            ticket_granted: true,
            marks: Vec::new(),
            fail_counts: Vec::new(),
            failures: Vec::new(),
            fencing: Vec::new(),
            leftovers: Vec::new(),
            booted,
            changed: booted,
            epoch: 40 + blueprint.resources.len() as u64,
        }
    }

    /// Says something of a resource; `node`: only there.
    pub(super) fn mark(&mut self, resource: &str, node: Option<usize>, kind: MarkKind) {
        self.marks.push(Mark { resource: resource.to_owned(), node, kind });
    }

    /// The configuration was changed at that moment.
    pub(super) fn reconfigure(&mut self, at: Timestamp) {
        self.changed = at;
        self.epoch += 1;
    }

    /// The first member that is fit to be the DC becomes it.
    pub(super) fn elect(&mut self) {
        if let Some(member) = (0..MEMBERS).find(|member| self.nodes[*member].presence == Presence::Online) {
            self.dc = member;
        }
    }
}
