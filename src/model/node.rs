//! Nodes: members, remote nodes, guests and bundle replicas.

use jiff::Timestamp;

use super::{NodeName, ResourceId};

/// One `<node>` of `crm_mon`'s `<nodes>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its `uname`.
    pub name: NodeName,
    /// Corosync's node id for a member; a remote node's is its name.
    pub id: String,
    /// What kind of node it is.
    pub kind: NodeKind,
    /// Whether it takes part in the cluster now.
    pub online: bool,
    /// An administrator has set it aside: it runs no resource.
    pub standby: bool,
    /// It was set aside by a failure (`on-fail=standby`).
    pub standby_on_fail: bool,
    /// Its resources are left alone.
    pub maintenance: bool,
    /// It is a corosync member, but its controller has not joined yet.
    pub pending: bool,
    /// Its state is unknown or faulty and it has to be fenced before its resources may run elsewhere.
    pub unclean: bool,
    /// It is leaving the cluster in an orderly way.
    pub shutdown: bool,
    /// Pacemaker expects it to be a member.
    pub expected_up: bool,
    /// It is the designated controller.
    pub is_dc: bool,
    /// From its health attributes (`#health-…`); from Pacemaker 2.1.3, else green.
    pub health: NodeHealth,
    /// How many resources run there; `None` where `crm_mon` does not say.
    pub resources_running: Option<u32>,
    /// The feature set of its Pacemaker; from 2.1.5.
    pub feature_set: Option<String>,
}

/// What kind of node it is. `crm_mon` says `remote` for the last three; what manages it tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A full member of the corosync cluster; votes.
    Member,
    /// A host that runs `pacemaker_remoted`, managed by an `ocf:pacemaker:remote` resource.
    Remote,
    /// A guest whose virtual machine is a resource of the cluster (`remote-node`).
    Guest {
        /// The resource that is the guest's machine (`id_as_resource`, `container_id` in 1.1.13).
        resource: Option<ResourceId>,
    },
    /// A replica of a bundle that runs `pacemaker_remoted` in its container.
    Bundle {
        /// The replica's container (`id_as_resource`).
        resource: Option<ResourceId>,
    },
    /// `ping` or `unknown`, or a word that this version does not know.
    Other(String),
}

impl NodeKind {
    /// The word for it: `member`, `remote`, `guest`, `bundle`, or what `crm_mon` said.
    pub fn word(&self) -> &str {
        match self {
            Self::Member => "member",
            Self::Remote => "remote",
            Self::Guest { .. } => "guest",
            Self::Bundle { .. } => "bundle",
            Self::Other(word) => word,
        }
    }
}

/// A node's health as Pacemaker's `node-health-strategy` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, strum::Display, strum::EnumString)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum NodeHealth {
    /// Good, or not said.
    #[default]
    Green,
    /// Degraded.
    Yellow,
    /// Bad: resources may be moved away.
    Red,
}

/// One attribute of a node, permanent or transient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAttribute {
    /// Whose it is.
    pub node: NodeName,
    /// Its name, such as `master-galera` or `pingd`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// The value that a ping resource would give when all its hosts answered (`expected`, from 2.1.0).
    pub expected: Option<String>,
}

impl NodeAttribute {
    /// The resource whose promotion score it is (`promotion-`, and `master-` of older agents).
    pub fn promotes(&self) -> Option<&str> {
        self.name.strip_prefix("master-").or_else(|| self.name.strip_prefix("promotion-"))
    }
}

/// A resource's fail count on one node, from `<node_history>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailCount {
    /// Where it failed.
    pub node: NodeName,
    /// What failed. For an anonymous clone, its primitive.
    pub resource: ResourceId,
    /// How often, or `INFINITY`.
    pub count: Score,
    /// From how many failures on the resource is banned from the node; `None` or infinite: never.
    pub migration_threshold: Option<Score>,
    /// When it last failed, where `crm_mon` says.
    pub last_failure: Option<Timestamp>,
}

impl FailCount {
    /// Whether the node is now out of bounds for the resource because it failed there too often.
    pub fn at_threshold(&self) -> bool {
        match (self.count, self.migration_threshold) {
            (Score::Infinity, _) => true,
            (Score::Finite(count), Some(Score::Finite(threshold))) => threshold > 0 && count >= threshold,
            _ => false,
        }
    }
}

/// A probe that found something it shouldn't have: neither a resource that runs nor one that doesn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedProbe {
    /// Where Pacemaker asked.
    pub node: NodeName,
    /// What it asked for. For an anonymous clone, its primitive.
    pub resource: ResourceId,
    /// The agent's exit code.
    pub exit_code: i32,
    /// The same in words, such as `not installed`; may be empty.
    pub exit_status: String,
    /// When, where `crm_mon` says.
    pub at: Option<Timestamp>,
}

/// A score or a count that may be infinite. Pacemaker's infinity is 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Score {
    /// `-INFINITY`: never.
    MinusInfinity,
    /// Between -999,999 and 999,999.
    Finite(i32),
    /// `INFINITY`: always.
    Infinity,
}

impl Score {
    /// Pacemaker's `INFINITY` as a number.
    pub const INFINITY: i64 = 1_000_000;

    /// Reads a score as Pacemaker does: a number, or infinity with or without a sign.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let (negative, size) = match value.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, value.strip_prefix('+').unwrap_or(value)),
        };
        if size.eq_ignore_ascii_case("INFINITY") {
            return Some(if negative { Self::MinusInfinity } else { Self::Infinity });
        }
        value.parse().ok().map(Self::from_number)
    }

    /// A number as Pacemaker reads it: from a million on it is infinite.
    pub fn from_number(number: i64) -> Self {
        if number >= Self::INFINITY {
            Self::Infinity
        } else if number <= -Self::INFINITY {
            Self::MinusInfinity
        } else {
            Self::Finite(number as i32)
        }
    }

    /// Whether it speaks against rather than for.
    pub fn is_negative(self) -> bool {
        self < Self::Finite(0)
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinusInfinity => f.pad("-INFINITY"),
            Self::Finite(number) => std::fmt::Display::fmt(number, f),
            Self::Infinity => f.pad("INFINITY"),
        }
    }
}
