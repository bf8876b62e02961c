//! What can be done to a cluster, and the wish to do it.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr, VariantNames};

use crate::model::{ClusterName, NodeName};

/// Everything that can be done. The words are those of `quorate op`, of keymaps and of the audit log.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    Display,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verb {
    /// A resource, or the promoted role of a clone, goes to another node and no constraint stays behind.
    Move,
    /// A resource is kept off a node until it is cleared.
    Ban,
    /// The constraints that a move or a ban has left are removed.
    Clear,
    /// Failures of a resource are forgotten, and it is tried again.
    Cleanup,
    /// All that is known of a resource is forgotten and found out anew.
    Refresh,
    /// A resource, and what depends on it, is stopped and started.
    Restart,
    /// A resource that was disabled may run again.
    Enable,
    /// A resource is stopped and stays so.
    Disable,
    /// Pacemaker manages a resource again.
    Manage,
    /// Pacemaker leaves a resource alone, but watches it.
    Unmanage,
    /// Pacemaker leaves a resource alone and does not even watch it.
    Maintenance,
    /// The end of that.
    MaintenanceOff,
    /// An instance of a promotable clone may be promoted again.
    Promote,
    /// No instance of a promotable clone stays promoted.
    Demote,
    /// All resources leave a node.
    Standby,
    /// A node in standby may run resources again.
    Online,
    /// Pacemaker leaves all resources of a node alone.
    NodeMaintenance,
    /// The end of that.
    NodeMaintenanceOff,
    /// A node is switched off.
    FenceOff,
    /// A node is switched off and on.
    FenceReboot,
    /// A person vouches that a node is dead, where fencing can't find out.
    ConfirmDead,
    /// Pacemaker leaves everything in the cluster alone.
    ClusterMaintenance,
    /// The end of that.
    ClusterMaintenanceOff,
    /// All failures are forgotten.
    CleanupAll,
    /// All that is recorded of fencing is forgotten.
    FencingHistoryCleanup,
    /// This cluster gets a ticket.
    Grant,
    /// This cluster loses a ticket.
    Revoke,
}

/// What a verb acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display)]
#[strum(serialize_all = "lowercase")]
pub enum SubjectKind {
    /// A primitive, group, clone or bundle.
    Resource,
    /// A member or a remote node.
    Node,
    /// The whole cluster.
    Cluster,
    /// A ticket.
    Ticket,
}

/// How much care a confirmation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Yes or no, and no is the default.
    Ordinary,
    /// The subject's name is to be typed.
    TypeTheName,
}

impl Verb {
    /// Whether its plan depends on what is configured, so that it takes the CIB.
    pub(super) const fn reads_configuration(self) -> bool {
        matches!(
            self,
            Self::Clear
                | Self::Restart
                | Self::Enable
                | Self::Disable
                | Self::Manage
                | Self::Unmanage
                | Self::Maintenance
                | Self::MaintenanceOff
                | Self::Promote
                | Self::Demote
                | Self::ClusterMaintenance
                | Self::ClusterMaintenanceOff
        )
    }

    /// What it acts on.
    pub const fn subject(self) -> SubjectKind {
        match self {
            Self::Move
            | Self::Ban
            | Self::Clear
            | Self::Cleanup
            | Self::Refresh
            | Self::Restart
            | Self::Enable
            | Self::Disable
            | Self::Manage
            | Self::Unmanage
            | Self::Maintenance
            | Self::MaintenanceOff
            | Self::Promote
            | Self::Demote => SubjectKind::Resource,
            Self::Standby
            | Self::Online
            | Self::NodeMaintenance
            | Self::NodeMaintenanceOff
            | Self::FenceOff
            | Self::FenceReboot
            | Self::ConfirmDead => SubjectKind::Node,
            Self::ClusterMaintenance
            | Self::ClusterMaintenanceOff
            | Self::CleanupAll
            | Self::FencingHistoryCleanup => SubjectKind::Cluster,
            Self::Grant | Self::Revoke => SubjectKind::Ticket,
        }
    }

    /// How much care a confirmation asks for.
    pub const fn danger(self) -> Danger {
        match self {
            Self::FenceOff | Self::FenceReboot | Self::ConfirmDead | Self::ClusterMaintenance => {
                Danger::TypeTheName
            }
            _ => Danger::Ordinary,
        }
    }

    /// Whether a node may be named besides the subject (`--to`).
    pub const fn takes_a_node(self) -> bool {
        matches!(self, Self::Move | Self::Ban | Self::Clear | Self::Cleanup | Self::Refresh)
    }
}

/// What somebody wants to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// In which cluster.
    pub cluster: ClusterName,
    /// What.
    pub verb: Verb,
    /// To what: a resource, a node or a ticket by its name, or the cluster by its own.
    pub subject: String,
    /// The node to move to, to be banned from, or to which clearing or a cleanup is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NodeName>,
}

impl Intent {
    /// Another thing done to the same cluster.
    pub(super) fn reverse(&self, verb: Verb, subject: &str, to: Option<NodeName>) -> Self {
        Self { cluster: self.cluster.clone(), verb, subject: subject.to_owned(), to }
    }

    /// As it is typed: `op move lb vip-db --to lb2`.
    pub fn command_line(&self) -> Vec<String> {
        let mut words =
            vec!["quorate".to_owned(), "op".to_owned(), self.verb.to_string(), self.cluster.to_string()];
        let subject = (self.verb.subject() != SubjectKind::Cluster).then(|| self.subject.clone());
        // A name that begins with a hyphen is no option.
        if subject.as_ref().is_some_and(|subject| subject.starts_with('-')) {
            words.extend(self.to.as_ref().map(|node| format!("--to={node}")));
            words.push("--".to_owned());
            words.extend(subject);
            return words;
        }
        words.extend(subject);
        match &self.to {
            Some(node) if node.as_str().starts_with('-') => words.push(format!("--to={node}")),
            Some(node) => words.extend(["--to".to_owned(), node.to_string()]),
            None => {}
        }
        words
    }
}
