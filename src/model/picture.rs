//! A cluster at one moment, as one of its members saw it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Ban, Constraint, ConstraintId, Element, FailCount, FailedProbe, Failure, FencingEvent, HostName, Lease,
    Made, Node, NodeAttribute, NodeName, Primitive, Resource, ResourceId, Score, Ticket,
};

/// A cluster at one moment. Holds nothing that changes by itself (no time of asking), so that two
/// pictures of an unchanged cluster are equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    /// Who controls, and whether there is a quorum.
    pub summary: Summary,
    /// In `crm_mon`'s order.
    pub nodes: Vec<Node>,
    /// The top level, in `crm_mon`'s order.
    pub resources: Vec<Resource>,
    /// Node attributes.
    pub attributes: Vec<NodeAttribute>,
    /// Those above zero.
    pub fail_counts: Vec<FailCount>,
    /// The migration threshold of each resource that has run or been probed, `INFINITY` where failures ban it from no
    /// node. For an anonymous clone, its primitive's. Each resource once.
    pub thresholds: Vec<(ResourceId, Score)>,
    /// Probes that failed and are still on record.
    pub failed_probes: Vec<FailedProbe>,
    /// Failed operations that have not been cleaned up.
    pub failures: Vec<Failure>,
    /// Newest first.
    pub fencing: Vec<FencingEvent>,
    /// Negative location constraints.
    pub bans: Vec<Ban>,
    /// Tickets that the cluster knows.
    pub tickets: Vec<Ticket>,
    /// What only the CIB tells; `None` where only `crm_mon` was read.
    pub cib: Option<Arc<Cib>>,
    /// What there was too much of, as `1000 of 8000 failures`: the rest of it is in no list here.
    pub left_out: Vec<String>,
    /// What could not be understood, each with its place. Shown, never guessed at.
    pub oddities: Vec<String>,
}

impl Picture {
    /// Every `<resource>` element with the id of what directly contains it, in `crm_mon`'s order.
    pub fn primitives(&self) -> impl Iterator<Item = (Option<&ResourceId>, &Primitive)> {
        self.resources.iter().flat_map(Resource::primitives)
    }

    /// The full members, the ones that vote.
    pub fn members(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.kind == super::NodeKind::Member)
    }

    /// The migration threshold of a resource, where `crm_mon` prints it.
    pub fn threshold(&self, id: &ResourceId) -> Option<Score> {
        self.thresholds.iter().find(|(of, _)| of == id).map(|(_, threshold)| *threshold)
    }

    /// The lease of a ticket that isn't granted here.
    pub fn ungranted_lease(&self, ticket: &str) -> Option<&Lease> {
        let is_here = self.tickets.iter().any(|known| known.id == ticket && known.granted);
        self.cib.as_deref()?.lease(ticket).filter(|_| !is_here)
    }

    /// The node of that name.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// The node behind a host, going by names ([`HostName::is_node`]); the one of exactly that name, if there are two.
    pub fn node_of(&self, host: &HostName) -> Option<&Node> {
        let nodes = self.nodes.iter().filter(|node| host.is_node(&node.name));
        nodes.min_by_key(|node| node.name.as_str() != host.bare())
    }
}

/// `crm_mon`'s `<summary>`. A part that this version does not print is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// `corosync`, `heartbeat`, …
    pub stack: Option<String>,
    /// The state that `pacemakerd` gives of itself: `running`, `init`, `shutting_down` … (from 2.1.0).
    pub pacemakerd_state: Option<String>,
    /// The designated controller's name; `None` while there is none.
    pub dc: Option<NodeName>,
    /// Whether `crm_mon` said who the designated controller is, or that there is none.
    pub dc_told: bool,
    /// The DC's Pacemaker, such as `2.1.5-a3f44794f94`.
    pub version: Option<String>,
    /// Whether the partition that was asked has a majority.
    pub quorate: Option<bool>,
    /// Members run different versions (`mixed_version`, from 2.1.5).
    pub mixed_version: bool,
    /// When the configuration last changed.
    pub last_change: Option<Timestamp>,
    /// Who changed it.
    pub last_change_by: Author,
    /// How many nodes are configured.
    pub nodes_configured: Option<u32>,
    /// How many resource instances are configured.
    pub resources_configured: Option<u32>,
    /// Of these, how many are disabled.
    pub resources_disabled: Option<u32>,
    /// Of these, how many are blocked.
    pub resources_blocked: Option<u32>,
    /// The cluster's options.
    pub options: ClusterOptions,
}

/// The author of a change to the configuration, as far as Pacemaker recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Author {
    /// The login name, such as `root` or `hacluster`.
    pub user: Option<String>,
    /// The program, such as `crm_resource`.
    pub client: Option<String>,
    /// The node it was sent from.
    pub node: Option<NodeName>,
}

impl Author {
    /// Whether Pacemaker recorded nothing of it.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Display for Author {
    /// `root via crm_resource on db1`; empty where nothing is known.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let client = self.client.iter().map(|client| format!("via {client}"));
        let node = self.node.iter().map(|node| format!("on {node}"));
        f.pad(&self.user.iter().cloned().chain(client).chain(node).collect::<Vec<_>>().join(" "))
    }
}

/// The options that `crm_mon` prints; `None` is "not said".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterOptions {
    /// `stonith-enabled`, `fencing-enabled` from 3.0.2.
    pub fencing_enabled: Option<bool>,
    /// Resources may run anywhere unless forbidden.
    pub symmetric: Option<bool>,
    /// `stop`, `freeze`, `ignore`, `demote`, `suicide`.
    pub no_quorum_policy: Option<String>,
    /// The whole cluster is in maintenance mode.
    pub maintenance_mode: bool,
    /// All resources are to be stopped (from 2.0.5).
    pub stop_all_resources: bool,
    /// `stonith-timeout`, in milliseconds (from 2.1.1).
    pub fencing_timeout_ms: Option<u64>,
    /// `priority-fencing-delay`, in milliseconds (from 2.1.1).
    pub priority_fencing_delay_ms: Option<u64>,
    /// `stonith-watchdog-timeout`, which some builds print: SBD fences without a device where it is set.
    pub watchdog_timeout: Option<String>,
}

/// What the CIB tells and `crm_mon` does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cib {
    /// `admin_epoch.epoch.num_updates` without the last, which changes all the time.
    pub epoch: (u64, u64),
    /// Who made the last change to the configuration.
    pub changed_by: Author,
    /// `validate-with`: the schema.
    pub schema: Option<String>,
    /// `have-quorum`: whether the member that wrote it has quorum.
    pub quorate: Option<bool>,
    /// `cluster-name`.
    pub cluster_name: Option<String>,
    /// Every constraint, in the CIB's order.
    pub constraints: Vec<Constraint>,
    /// How leftover constraints came to be, of those of which it is known. The CIB itself does not tell.
    pub made: Vec<(ConstraintId, Made)>,
    /// Every property of `crm_config`, name and value, in the CIB's order.
    pub properties: Vec<(String, String)>,
    /// The primitives, groups, clones and bundles as configured.
    pub resources: Vec<ConfiguredResource>,
    /// `resource-defaults`: name and value.
    pub resource_defaults: Vec<(String, String)>,
    /// The ids of resource templates.
    pub templates: Vec<ResourceId>,
    /// Tags, each with what it stands for.
    pub tags: Vec<(ResourceId, Vec<ResourceId>)>,
    /// The capacity of each node that has one, as `utilization`.
    pub capacities: Vec<(NodeName, Vec<(String, i64)>)>,
    /// The lease of each ticket that booth manages. From the status: it changes while the configuration doesn't.
    pub leases: Vec<Lease>,
    /// `fencing-topology`: the devices to use for a node, in the order of their levels.
    pub levels: Vec<FencingLevel>,
    /// The `<configuration>` as it is written, for people to read: empty where there is none.
    pub configuration: Element,
    /// Whether any `stonith` class resource is configured.
    pub has_fencing_device: bool,
    /// What there was too much of, as [`Picture::left_out`].
    pub left_out: Vec<String>,
    /// What could not be understood, each with its place.
    pub oddities: Vec<String>,
}

impl Cib {
    /// A property of `crm_config`.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The default of a meta attribute for all resources.
    pub fn resource_default(&self, name: &str) -> Option<&str> {
        self.resource_defaults.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The lease of a ticket that booth manages.
    pub fn lease(&self, ticket: &str) -> Option<&Lease> {
        self.leases.iter().find(|lease| lease.ticket == ticket)
    }

    /// How that constraint came to be, where it is known.
    pub fn made(&self, id: &ConstraintId) -> Option<&Made> {
        self.made.iter().find(|(of, _)| of == id).map(|(_, made)| made)
    }

    /// The configuration of a resource.
    pub fn resource(&self, id: &str) -> Option<&ConfiguredResource> {
        self.resources.iter().find(|resource| resource.id == id)
    }
}

/// A resource as the CIB configures it, flattened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredResource {
    /// Unique in the CIB.
    pub id: ResourceId,
    /// `primitive`, `group`, `clone`, `master`, `bundle`.
    pub kind: String,
    /// What contains it.
    pub parent: Option<ResourceId>,
    /// The agent of a primitive, as `ocf:heartbeat:IPaddr2`.
    pub agent: Option<String>,
    /// Its meta attributes, such as `target-role`, `clone-max`, `promoted-max`: name and value.
    pub meta: Vec<(String, String)>,
    /// How many instance attributes it has; their values may be secrets and are not kept.
    pub parameters: u32,
    /// The few instance attributes that the judgement needs and that are never secrets: which nodes a fencing
    /// device reaches, what a ping resource counts.
    pub settings: Vec<(String, String)>,
    /// The template it is made from. Its meta attributes count as the resource's own.
    pub template: Option<ResourceId>,
    /// What it takes of a node's capacity.
    pub utilization: Vec<(String, i64)>,
}

/// One `<fencing-level>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FencingLevel {
    /// The nodes it applies to.
    pub target: LevelTarget,
    /// The lowest is tried first.
    pub index: u32,
    /// All of them must work.
    pub devices: Vec<ResourceId>,
}

/// The nodes that a fencing level applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelTarget {
    /// `target`: one node.
    Node(NodeName),
    /// `target-pattern`: an extended regular expression, found anywhere in the node's name.
    Pattern(String),
    /// `target-attribute` and `target-value`: every node whose attribute has that value.
    Attribute(String, String),
}

impl ConfiguredResource {
    /// A meta attribute of its own (not an inherited one).
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An instance attribute, of those that are kept.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What one member believes of the cluster: enough to see that two of them disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewpoint {
    /// Who was asked.
    pub host: HostName,
    /// What it said.
    pub belief: Belief,
}

impl Belief {
    /// What a member that gave that picture believes.
    pub fn of(picture: &Picture) -> Self {
        let mut online: Vec<_> =
            picture.members().filter(|node| node.online).map(|node| node.name.clone()).collect();
        online.sort();
        Self::Running { dc: picture.summary.dc.clone(), quorate: picture.summary.quorate, online }
    }
}

/// What one member answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belief {
    /// Its cluster stack runs.
    Running {
        /// Whom it believes to be the DC.
        dc: Option<NodeName>,
        /// Whether it believes to have a quorum.
        quorate: Option<bool>,
        /// The members that it sees online, sorted.
        online: Vec<NodeName>,
    },
    /// Its cluster stack is stopped.
    Stopped,
    /// It has not been asked: its login waits for its turn or is under way. Words for the screen.
    Waiting(String),
    /// It did not answer: why, in words for the screen.
    Silent(String),
    /// It belongs to another cluster than the entry's. What it says is not used.
    OtherCluster {
        /// That cluster's `cluster-name`.
        name: Option<String>,
        /// That cluster's members.
        members: Vec<NodeName>,
    },
}
