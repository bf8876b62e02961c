//! Resources as a tree: primitives, groups, clones, bundles.

use super::{NodeName, ResourceId};

/// One child of `<resources>`, `<group>`, `<clone>` or a bundle's `<replica>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A single resource or one instance of a clone.
    Primitive(Primitive),
    /// Members that start in order on one node.
    Group(Group),
    /// Instances of a primitive or a group on many nodes.
    Clone(CloneResource),
    /// A containerised resource.
    Bundle(Bundle),
}

/// One `<resource>` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primitive {
    /// Shared by the instances of an anonymous clone.
    pub id: ResourceId,
    /// Always in the form `ocf:heartbeat:IPaddr2`, whatever the version wrote.
    pub agent: String,
    /// What it does now.
    pub role: Role,
    /// What an administrator has asked for; `None` is "started".
    pub target_role: Option<Role>,
    /// Whether it runs anywhere.
    pub active: bool,
    /// Whether Pacemaker manages it.
    pub managed: bool,
    /// Its last operation failed.
    pub failed: bool,
    /// It failed, and `on-fail=ignore` says to carry on.
    pub failure_ignored: bool,
    /// It failed in a way that Pacemaker can't recover from without help.
    pub blocked: bool,
    /// It still runs but is no longer configured (`orphaned`, `removed` from 3.0.2).
    pub orphaned: bool,
    /// It is in maintenance mode by itself (`maintenance`, from 2.1.6).
    pub maintenance: bool,
    /// The operation under way, such as `Monitoring` or `Starting`.
    pub pending: Option<String>,
    /// The node to which it is bound while that node restarts (`shutdown-lock`, from 2.1.5).
    pub locked_to: Option<NodeName>,
    /// Where it runs; more than one for a primitive means trouble.
    pub nodes: Vec<NodeName>,
}

/// A `<group>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// With the instance number for a cloned group (`web:0`).
    pub id: ResourceId,
    /// Whether Pacemaker manages it; true where the version does not say.
    pub managed: bool,
    /// Its `target-role` is `Stopped`.
    pub disabled: bool,
    /// It is in maintenance mode by itself.
    pub maintenance: bool,
    /// In the order in which they start.
    pub members: Vec<Resource>,
}

/// A `<clone>`, promotable or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneResource {
    /// The clone's own id.
    pub id: ResourceId,
    /// Whether an instance can be promoted (`multi_state`).
    pub promotable: bool,
    /// Whether each instance has an identity of its own (`unique`).
    pub unique: bool,
    /// Whether Pacemaker manages it.
    pub managed: bool,
    /// Its `target-role` is `Stopped`; from 2.0.5.
    pub disabled: bool,
    /// It is in maintenance mode by itself.
    pub maintenance: bool,
    /// An instance failed.
    pub failed: bool,
    /// A failure is ignored.
    pub failure_ignored: bool,
    /// `target-role` of the whole clone, where said.
    pub target_role: Option<Role>,
    /// Primitives or groups. A stopped instance has no node.
    pub instances: Vec<Resource>,
}

/// A `<bundle>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The bundle's id.
    pub id: ResourceId,
    /// `docker`, `podman`, `rkt` …
    pub container: String,
    /// The container image.
    pub image: String,
    /// Whether each replica has an identity of its own.
    pub unique: bool,
    /// Whether Pacemaker manages it.
    pub managed: bool,
    /// It is in maintenance mode by itself.
    pub maintenance: bool,
    /// A replica failed.
    pub failed: bool,
    /// In the order of their ids.
    pub replicas: Vec<Replica>,
}

/// A `<replica>` of a bundle: its address, container, remote connection and the resource inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// 0, 1, 2 …
    pub id: String,
    /// What it is made of.
    pub resources: Vec<Resource>,
}

/// The state of a resource. Normalised by value: a version that says `Master` means [`Role::Promoted`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Role {
    /// It does not run.
    Stopped,
    /// It runs.
    Started,
    /// An instance of a promotable clone that is not promoted (formerly `Slave`).
    Unpromoted,
    /// A promoted instance (formerly `Master`).
    Promoted,
    /// On its way up.
    Starting,
    /// On its way down.
    Stopping,
    /// On its way to another node, live.
    Migrating,
    /// On its way to promoted.
    Promoting,
    /// On its way to unpromoted.
    Demoting,
    /// A word that this version does not know, as it was.
    Other(String),
}

impl Role {
    /// Reads the word of any version.
    pub fn from_word(word: &str) -> Self {
        match word {
            "Stopped" => Self::Stopped,
            "Started" => Self::Started,
            "Unpromoted" | "Slave" => Self::Unpromoted,
            "Promoted" | "Master" => Self::Promoted,
            "Starting" => Self::Starting,
            "Stopping" => Self::Stopping,
            "Migrating" => Self::Migrating,
            "Promoting" => Self::Promoting,
            "Demoting" => Self::Demoting,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word of Pacemaker 2.1 and later.
    pub fn word(&self) -> &str {
        match self {
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
            Self::Starting => "Starting",
            Self::Stopping => "Stopping",
            Self::Migrating => "Migrating",
            Self::Promoting => "Promoting",
            Self::Demoting => "Demoting",
            Self::Other(word) => word,
        }
    }

    /// Whether it is on its way from one state to another.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Starting | Self::Stopping | Self::Migrating | Self::Promoting | Self::Demoting)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl Resource {
    /// Its id.
    pub fn id(&self) -> &ResourceId {
        match self {
            Self::Primitive(primitive) => &primitive.id,
            Self::Group(group) => &group.id,
            Self::Clone(clone) => &clone.id,
            Self::Bundle(bundle) => &bundle.id,
        }
    }

    /// What it directly contains, in `crm_mon`'s order; nothing for a primitive.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Primitive(_) => Box::new(std::iter::empty()),
            Self::Group(group) => Box::new(group.members.iter()),
            Self::Clone(clone) => Box::new(clone.instances.iter()),
            Self::Bundle(bundle) => {
                Box::new(bundle.replicas.iter().flat_map(|replica| replica.resources.iter()))
            }
        }
    }

    /// Every `<resource>` element at or below it with the id of what directly contains it, in
    /// `crm_mon`'s order.
    pub fn primitives(&self) -> Vec<(Option<&ResourceId>, &Primitive)> {
        let mut found = Vec::new();
        self.collect(None, &mut found);
        found
    }

    fn collect<'a>(
        &'a self,
        parent: Option<&'a ResourceId>,
        found: &mut Vec<(Option<&'a ResourceId>, &'a Primitive)>,
    ) {
        match self {
            Self::Primitive(primitive) => found.push((parent, primitive)),
            Self::Group(_) | Self::Clone(_) | Self::Bundle(_) => {
                for child in self.children() {
                    child.collect(Some(self.id()), found);
                }
            }
        }
    }
}
