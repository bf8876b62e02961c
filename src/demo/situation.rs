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
    /// The member whose second ring is down.
    pub(super) cut: Option<usize>,
    /// The index of the designated controller.
    pub(super) dc: usize,
    pub(super) quorate: bool,
    /// The property `maintenance-mode`; `None`: not set.
    pub(super) maintenance: Option<bool>,
    /// The site holds the cluster's ticket.
    pub(super) ticket_granted: bool,
    /// When it was last granted.
    pub(super) ticket_at: Timestamp,
    pub(super) marks: Vec<Mark>,
    /// Meta attributes that were set.
    pub(super) meta: Vec<Meta>,
    /// As [`Blueprint::resources`]: where each goes first.
    pub(super) seats: Vec<Seat>,
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
    /// The program that changed it.
    pub(super) changed_by: &'static str,
    /// How often it has changed.
    pub(super) epoch: u64,
}

/// Where a resource goes first, or stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seat {
    /// To that member, if it may run there: its home, or where it was put and stays.
    At(usize),
    /// It stays as it is, whatever is said of it.
    Held(Vec<Spot>),
}

/// Where a part of a resource runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// The primitive's number in what contains it; of a bundle the replica's.
    pub(super) part: usize,
    pub(super) node: usize,
    pub(super) role: &'static str,
}

/// A meta attribute of a resource.
#[derive(Debug, Clone)]
pub(super) struct Meta {
    /// A primitive's id, or that of what is at the top level.
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Whose doing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// An episode's, which shows its own consequences.
    Episode,
    /// An operation's: what depends on it follows.
    Operation,
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
    pub(super) asked: Asked,
    pub(super) outcome: FencingOutcome,
}

/// Who asked for a fencing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The cluster itself, for a reboot.
    Controller,
    /// `stonith_admin`, for that action.
    Admin(&'static str),
    /// `stonith_admin --confirm`: a person says that it is off.
    Human,
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
    /// `Started`, or `Promoted` where it speaks of the promoted role alone.
    pub(super) role: &'static str,
    /// When it ends by itself, and whether that is past.
    pub(super) lifetime: Option<Lifetime>,
    /// When it was written.
    pub(super) made: Timestamp,
    pub(super) origin: Origin,
}

/// How long a constraint applies. Pacemaker leaves it in the CIB when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) end: Timestamp,
    pub(super) over: bool,
}

/// Which of its commands wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftoverKind {
    /// `--move`.
    Prefer,
    /// `--ban`.
    Ban,
}

impl LeftoverKind {
    pub(super) const fn score(self) -> &'static str {
        match self {
            Self::Prefer => "INFINITY",
            Self::Ban => "-INFINITY",
        }
    }
}

impl Leftover {
    /// Whether it still places anything.
    pub(super) fn applies(&self) -> bool {
        self.lifetime.is_none_or(|lifetime| !lifetime.over)
    }

    /// Whether both have the same id.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let is_named_alike = self.node == other.node || self.kind == LeftoverKind::Prefer;
        self.resource == other.resource && self.kind == other.kind && is_named_alike
    }

    /// The id that `crm_resource` gives it.
    pub(super) fn id(&self, node_name: &str) -> String {
        match self.kind {
            LeftoverKind::Prefer => format!("cli-prefer-{}", self.resource),
            LeftoverKind::Ban => format!("cli-ban-{}-on-{node_name}", self.resource),
        }
    }
}

impl Situation {
    /// Everything runs where it should, since `booted`.
    pub(super) fn healthy(blueprint: &Blueprint, booted: Timestamp) -> Self {
        Self {
            nodes: vec![NodeCondition::default(); blueprint.nodes.len()],
            hosts: [HostCondition::GOOD; MEMBERS],
            cut: None,
            dc: 0,
            quorate: true,
            maintenance: None,
            ticket_granted: true,
            ticket_at: booted,
            marks: Vec::new(),
            meta: Vec::new(),
            seats: blueprint.resources.iter().map(|spec| Seat::At(spec.home)).collect(),
            fail_counts: Vec::new(),
            failures: Vec::new(),
            fencing: Vec::new(),
            leftovers: Vec::new(),
            booted,
            changed: booted,
            changed_by: "crm_resource",
            epoch: 40 + blueprint.resources.len() as u64,
        }
    }

    /// Says something of a resource; `node`: only there.
    pub(super) fn mark(&mut self, resource: &str, node: Option<usize>, kind: MarkKind) {
        self.marks.push(Mark { resource: resource.to_owned(), node, kind });
    }

    /// Writes a constraint, in place of the one of the same id.
    pub(super) fn constrain(&mut self, leftover: Leftover) {
        self.leftovers.retain(|it| !it.is_same_as(&leftover));
        self.leftovers.push(leftover);
    }

    /// Sets a meta attribute of a resource.
    pub(super) fn set_meta(&mut self, resource: &str, name: &str, value: &str, origin: Origin) {
        self.unset_meta(resource, name);
        let [resource, name, value] = [resource, name, value].map(str::to_owned);
        self.meta.push(Meta { resource, name, value, origin });
    }

    /// Removes a meta attribute of a resource.
    pub(super) fn unset_meta(&mut self, resource: &str, name: &str) {
        self.meta.retain(|meta| meta.resource != resource || meta.name != name);
    }

    /// A meta attribute of that very resource.
    pub(super) fn meta_of(&self, resource: &str, name: &str) -> Option<&Meta> {
        self.meta.iter().find(|meta| meta.resource == resource && meta.name == name)
    }

    /// Whether nothing of the cluster is managed.
    pub(super) fn is_in_maintenance(&self) -> bool {
        self.maintenance == Some(true)
    }

    /// The user and the program that made the last change: the cluster itself, since it was started.
    pub(super) fn last_change_by(&self) -> (&'static str, &'static str) {
        if self.changed == self.booted { ("hacluster", "crmd") } else { ("root", self.changed_by) }
    }

    /// The configuration was changed at that moment.
    pub(super) fn reconfigure(&mut self, at: Timestamp) {
        self.changed = at;
        self.epoch += 1;
    }

    /// After members came or went: whether they are a majority, and who leads them.
    pub(super) fn count_members(&mut self) {
        let takes_part =
            |node: &&NodeCondition| matches!(node.presence, Presence::Online | Presence::Pending);
        self.quorate = 2 * self.nodes.iter().take(MEMBERS).filter(takes_part).count() > MEMBERS;
        if self.nodes[self.dc].presence != Presence::Online {
            self.elect();
        }
    }

    /// The first member that is fit to be the DC becomes it.
    pub(super) fn elect(&mut self) {
        if let Some(member) = (0..MEMBERS).find(|member| self.nodes[*member].presence == Presence::Online) {
            self.dc = member;
        }
    }
}
